//! The interface of a run's registry.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;

use crate::record::{Link, ManifestRecord};
use crate::units::{Bytes, Count};

/// The registry endpoint of an engine. Each engine has its own, so that their traffic is counted
/// separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegistryEndpoint {
    /// For the user's engine when it only supplies the bases. Never shaped.
    Supply,
    /// For the engine that builds and pushes. Never shaped.
    Build,
    /// For the engine that pulls. Shaped.
    Pull,
}

/// The first path segment of every repository of a run.
pub const REPOSITORIES: &str = "plimsoll-run";

/// The tag of base images.
pub const TAG_BASE: &str = "base";

/// A repository of a run. Run ids contain two capital letters, which repository names may not.
pub fn run_repository(run: &str, name: &str) -> String {
    format!("{REPOSITORIES}/{}/{name}", run.to_lowercase())
}

/// The run of an image tag that was created for a push to a run's registry:
/// `127.0.0.1:PORT/plimsoll-run/<run>/<name>:<tag>`.
pub fn run_of_tag(tag: &str) -> Option<String> {
    let (port, rest) = tag.strip_prefix("127.0.0.1:")?.split_once('/')?;
    port.parse::<u16>().ok()?;
    let (run, name) = rest
        .strip_prefix(REPOSITORIES)?
        .strip_prefix('/')?
        .split_once('/')?;
    // `20261120t204000z-node-go`
    let (stamp, _) = run.split_at_checked(STAMP)?;
    let shape = |(at, b): (usize, u8)| match at {
        8 => b == b't',
        15 => b == b'z',
        16 => b == b'-',
        _ => b.is_ascii_digit(),
    };
    let known = !name.is_empty() && stamp.bytes().enumerate().all(|(at, b)| shape((at, b)));
    known.then(|| format!("{}{}", stamp.to_uppercase(), &run[STAMP..]))
}

/// Length of `20261120t204000z-`.
const STAMP: usize = 17;

/// The traffic of an endpoint since the last reset. Bytes are those of blobs; manifests count as
/// requests only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traffic {
    /// All requests.
    pub requests: Count,
    /// Bytes served, per digest of a blob. Bodies that broke off are included.
    pub served: BTreeMap<String, Bytes>,
    /// Bytes received in completed uploads, per digest.
    pub received: BTreeMap<String, Bytes>,
    /// Requests whose body broke off, in either direction.
    pub broken: Count,
}

/// A registry that serves one run.
pub trait Registry: Send + Sync + 'static {
    /// `host:port` of the endpoint, for image references of its engine.
    fn authority(&self, endpoint: RegistryEndpoint) -> String;

    /// Shapes the traffic to the pulling engine from now on.
    fn shape(&self, link: Link);

    /// Resets the traffic counter of an endpoint.
    fn reset_traffic(&self, endpoint: RegistryEndpoint);

    /// The traffic of the endpoint since then.
    fn traffic(&self, endpoint: RegistryEndpoint) -> Traffic;

    /// The image manifest of a tag or digest. For an index, it is the image for `platform`
    /// (`linux/amd64`) or the only image; attestations are not images.
    ///
    /// # Errors
    /// The manifest does not exist, or is not an image manifest.
    fn manifest(
        &self,
        repository: &str,
        reference: &str,
        platform: &str,
    ) -> Result<ManifestRecord, Box<dyn Error + Send + Sync>>;

    /// The content of a blob of a repository.
    ///
    /// # Errors
    /// The blob does not exist, or its file cannot be opened.
    fn blob(
        &self,
        repository: &str,
        digest: &str,
    ) -> Result<Box<dyn Read + Send>, Box<dyn Error + Send + Sync>>;

    /// Removes a repository and the blobs that no other repository has. A missing repository is
    /// not an error.
    ///
    /// # Errors
    /// Files cannot be removed.
    fn forget(&self, repository: &str) -> Result<(), Box<dyn Error + Send + Sync>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_is_parsed_from_a_tag_of_its_registry() {
        let run = "20261120T204000Z-node-go";
        let tag = format!("127.0.0.1:41234/{}:base", run_repository(run, "base-0"));
        assert_eq!(run_of_tag(&tag).as_deref(), Some(run));
        for foreign in [
            "127.0.0.1:5000/plimsoll-run/mine/x:1",
            "127.0.0.1:5000/plimsoll-run/20261120t204000z-x:1",
            "127.0.0.1:5000/plimsoll-run/20261120t20400zz-x/y:1",
            "127.0.0.1:x/plimsoll-run/20261120t204000z-x/y:1",
            "example.com/plimsoll-run/20261120t204000z-x/y:1",
            "127.0.0.1:5000/mine/plimsoll-run/20261120t204000z-x/y:1",
        ] {
            assert_eq!(run_of_tag(foreign), None, "{foreign}");
        }
    }
}
