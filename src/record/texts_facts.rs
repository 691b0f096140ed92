//! The texts of facts: of revisions, engines and hosts.

use super::texts::{Texts, Visit};
use super::{EngineFacts, HostFacts, Revision};

impl Texts for Revision {
    fn each_text(&mut self, _visit: &mut Visit<'_>) {}

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        let Self {
            commit: _,
            name,
            dirty: _,
        } = self;
        visit(name);
    }
}

impl Texts for EngineFacts {
    fn each_text(&mut self, _visit: &mut Visit<'_>) {}

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        let Self {
            name,
            version,
            api_version,
            api_range,
            store: _,
            driver,
            backing,
            builder,
            own_frontend: _,
            platform,
            cgroup_version,
            runtime,
            data_root,
            kernel,
            endpoint,
        } = self;
        let range = api_range
            .iter_mut()
            .flat_map(|range| [&mut range.oldest, &mut range.newest]);
        [name, version, api_version, driver, builder, platform]
            .into_iter()
            .chain([cgroup_version, runtime, kernel, endpoint])
            .chain(backing)
            .chain(data_root)
            .chain(range)
            .for_each(visit);
    }
}

impl Texts for HostFacts {
    fn each_text(&mut self, _visit: &mut Visit<'_>) {}

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        let Self {
            os,
            kernel,
            cpu,
            cpus: _,
            memory_bytes: _,
            load,
            virtualisation,
        } = self;
        [os, kernel, cpu]
            .into_iter()
            .chain(load)
            .chain(virtualisation)
            .for_each(visit);
    }
}
