//! Which metrics stand side by side in a chart of samples.

use super::Chart;
use super::matter::Matter;
use super::panels::{Strips, draw};
use crate::record::Metric;

const BUILDS: Strips<'_> = Strips {
    what: "builds",
    title: "Building and rebuilding",
    words: "From the request until the image is in the store",
    metrics: &[
        (Metric::BuildCold, Some(Metric::FloorBuildCold)),
        (Metric::BuildCached, Some(Metric::FloorBuildCached)),
        (Metric::RebuildSource, None),
        (Metric::RebuildDependency, None),
    ],
};

const MOUNTS: Strips<'_> = Strips {
    what: "mounts",
    title: "Rebuilding with warm and with cold cache mounts",
    words: "Layers are warm in all",
    metrics: &[
        (Metric::RebuildSource, None),
        (Metric::RebuildSourceColdMounts, None),
        (Metric::RebuildDependency, None),
        (Metric::RebuildDependencyColdMounts, None),
    ],
};

const STARTS: Strips<'_> = Strips {
    what: "starts",
    title: "From create to ready",
    words: "Create: its call; started and ready: from the start call on",
    metrics: &[
        (Metric::StartCreate, Some(Metric::FloorStartCreate)),
        (Metric::StartStarted, Some(Metric::FloorStartStarted)),
        (Metric::StartReady, None),
        (Metric::StartHealthy, None),
    ],
};

const RUNNING: Strips<'_> = Strips {
    what: "running",
    title: "Memory when ready, and the stop",
    words: "Anonymous resident memory; from the stop signal until the exit",
    metrics: &[
        (Metric::MemoryReady, None),
        (Metric::StopTime, Some(Metric::FloorStopTime)),
    ],
};

const LOAD: Strips<'_> = Strips {
    what: "load",
    title: "Under load",
    words: "The scenario's fixed load on the ready app",
    metrics: &[
        (Metric::ServeRps, None),
        (Metric::ServeP50, None),
        (Metric::ServeP99, None),
    ],
};

const PULLS: Strips<'_> = Strips {
    what: "pulls",
    title: "Pulling, by link",
    words: "Cold: nothing there; base there: only the base's layers; update: the image before an edit",
    metrics: &[
        (Metric::PullCold, None),
        (Metric::PullBase, None),
        (Metric::PullUpdate, None),
    ],
};

/// Cold, cached, after a source edit, after a dependency edit.
pub(super) fn builds(matter: &Matter<'_, '_>) -> Option<Chart> {
    draw(matter, &BUILDS)
}

/// Rebuilds with emptied cache mounts, where any were taken.
pub(super) fn mounts(matter: &Matter<'_, '_>) -> Option<Chart> {
    let cold = [
        Metric::RebuildSourceColdMounts,
        Metric::RebuildDependencyColdMounts,
    ];
    let any = cold.into_iter().any(|metric| matter.is_taken(metric));
    any.then(|| draw(matter, &MOUNTS)).flatten()
}

/// Create, started, ready, and healthy where it was taken.
pub(super) fn starts(matter: &Matter<'_, '_>) -> Option<Chart> {
    draw(matter, &STARTS)
}

/// Memory and stop.
pub(super) fn running(matter: &Matter<'_, '_>) -> Option<Chart> {
    draw(matter, &RUNNING)
}

/// Throughput and latencies, where there was a load.
pub(super) fn load(matter: &Matter<'_, '_>) -> Option<Chart> {
    draw(matter, &LOAD)
}

/// Pulls over each link, where anything was pulled.
pub(super) fn pulls(matter: &Matter<'_, '_>) -> Option<Chart> {
    draw(matter, &PULLS)
}

/// One metric alone.
pub(super) fn alone(matter: &Matter<'_, '_>, metric: Metric) -> Option<Chart> {
    let floor = format!("floor.{metric}").parse().ok();
    let strips = Strips {
        what: &metric.id().replace('.', "-"),
        title: metric.id(),
        words: &capital(metric.definition()),
        metrics: &[(metric, floor)],
    };
    draw(matter, &strips)
}

/// The text as a sentence begins.
pub(super) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}
