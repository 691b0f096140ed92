//! The facts that the engine reports about itself.

use bollard::models::{SystemInfo, SystemVersion};

use super::error::failed;
use super::{Builder, DockerEngine};
use crate::engine::Result;
use crate::record::{ApiRange, EngineFacts, ImageStore};

const OPERATION: &str = "describe engine";

/// The text for an unknown fact.
const UNSAID: &str = "unknown";

/// Storage drivers that store layers as unpacked trees. `overlay` is Podman's name for overlay2.
const GRAPH_DRIVERS: &[&str] = &[
    "overlay2",
    "overlay",
    "fuse-overlayfs",
    "btrfs",
    "zfs",
    "vfs",
    "aufs",
    "devicemapper",
    "windowsfilter",
];

impl DockerEngine {
    pub(super) async fn describe(&self) -> Result<EngineFacts> {
        let subject = self.endpoint.to_string();
        let version = self
            .docker
            .version()
            .await
            .map_err(failed(OPERATION, &subject))?;
        let info = self
            .docker
            .info()
            .await
            .map_err(failed(OPERATION, &subject))?;
        let name = if is_podman(&version) {
            "Podman Engine"
        } else {
            "Docker Engine"
        };
        Ok(EngineFacts {
            name: name.to_owned(),
            api_version: self.api.to_string(),
            api_range: Some(ApiRange {
                oldest: self.api_range.oldest.to_string(),
                newest: self.api_range.newest.to_string(),
            }),
            store: store(&info),
            backing: status(&info, "Backing Filesystem")
                .map(str::to_owned)
                .or_else(|| self.backing.clone()),
            builder: self.builder.word().to_owned(),
            own_frontend: self.builder == Builder::BuildKit && has_own_frontend(&version),
            platform: platform(&version),
            cgroup_version: said(info.cgroup_version.map(|version| version.to_string())),
            version: said(version.version),
            driver: said(info.driver),
            runtime: said(info.default_runtime),
            data_root: info.docker_root_dir.filter(|root| !root.is_empty()),
            kernel: said(info.kernel_version),
            endpoint: subject,
        })
    }
}

/// Podman's socket answers like Docker's; only its list of components differs.
pub(super) fn is_podman(version: &SystemVersion) -> bool {
    version
        .components
        .iter()
        .flatten()
        .any(|component| component.name.contains("Podman"))
}

/// The first Docker with BuildKit 0.30, which takes `BUILDKIT_SYNTAX=dockerfile.v0` for its own
/// frontend; earlier ones would ask a registry for an image of that name. No answer of the
/// engine names the version of its BuildKit. Source: `go.mod` of moby at `docker-v29.4.0`
/// (0.29) and `docker-v29.5.0` (0.30), and pull request 6594 of moby/buildkit.
const OWN_FRONTEND_SINCE: (u32, u32) = (29, 5);

fn has_own_frontend(version: &SystemVersion) -> bool {
    let text = version.version.as_deref().unwrap_or_default();
    let mut parts = text.split('.').map(str::parse);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= OWN_FRONTEND_SINCE,
        _ => false,
    }
}

fn store(info: &SystemInfo) -> ImageStore {
    if status(info, "driver-type") == Some("io.containerd.snapshotter.v1") {
        return ImageStore::Containerd;
    }
    match info.driver.as_deref() {
        Some(driver) if GRAPH_DRIVERS.contains(&driver) => ImageStore::GraphDriver,
        _ => ImageStore::Unknown,
    }
}

fn status<'a>(info: &'a SystemInfo, key: &str) -> Option<&'a str> {
    info.driver_status
        .iter()
        .flatten()
        .find_map(|pair| match pair.as_slice() {
            [name, value] if name == key => Some(value.as_str()),
            _ => None,
        })
}

fn platform(version: &SystemVersion) -> String {
    let os = version.os.as_deref().unwrap_or(UNSAID);
    let arch = version.arch.as_deref().unwrap_or(UNSAID);
    format!("{os}/{arch}")
}

fn said(text: Option<String>) -> String {
    text.filter(|text| !text.is_empty())
        .unwrap_or_else(|| UNSAID.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(driver: &str, status: &[(&str, &str)]) -> SystemInfo {
        SystemInfo {
            driver: Some(driver.to_owned()),
            driver_status: Some(
                status
                    .iter()
                    .map(|(key, value)| vec![(*key).to_owned(), (*value).to_owned()])
                    .collect(),
            ),
            ..SystemInfo::default()
        }
    }

    #[test]
    fn the_frontend_is_the_builders_own_from_docker_29_5_on() {
        let of = |version: Option<&str>| {
            has_own_frontend(&SystemVersion {
                version: version.map(str::to_owned),
                ..SystemVersion::default()
            })
        };
        for version in ["29.5.0", "29.10.1", "30.0.0-rc.1"] {
            assert!(of(Some(version)), "{version}");
        }
        for version in [
            "20.10.24+dfsg1",
            "28.5.2",
            "29.4.3",
            "29",
            "dev",
            "",
            "library-import",
        ] {
            assert!(!of(Some(version)), "{version}");
        }
        assert!(!of(None));
    }

    #[test]
    fn the_driver_type_identifies_the_containerd_store() {
        // Docker names the snapshotter as its driver then, and that may be a
        // graph driver's name too.
        let containerd = info(
            "overlayfs",
            &[("driver-type", "io.containerd.snapshotter.v1")],
        );
        assert_eq!(store(&containerd), ImageStore::Containerd);
        let graph = info("overlay2", &[("Backing Filesystem", "extfs")]);
        assert_eq!(store(&graph), ImageStore::GraphDriver);
        assert_eq!(status(&graph, "Backing Filesystem"), Some("extfs"));
        assert_eq!(store(&info("new", &[])), ImageStore::Unknown);
    }
}
