//! The registry of a run, as the runner sees it.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;

use crate::record::{Link, ManifestRecord};
use crate::units::{Bytes, Count};

/// Which engine asks: each has its own way in, so that what the one is served
/// is never taken for what the other was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Door {
    /// The user's engine where it only brings the bases in. Never shaped.
    Supply,
    /// The engine that builds and pushes. Never shaped.
    Build,
    /// The engine that pulls. Shaped.
    Pull,
}

/// First part of every repository of a run.
pub const REPOSITORIES: &str = "plimsoll-run";

/// The tag of bases.
pub const TAG_BASE: &str = "base";

/// A repository of a run. Run ids carry two capitals, which names may not.
pub fn run_repository(run: &str, name: &str) -> String {
    format!("{REPOSITORIES}/{}/{name}", run.to_lowercase())
}

/// The run whose repository a tag names, which an engine was given for the way to the
/// registry: `127.0.0.1:PORT/plimsoll-run/<run>/<name>:<tag>`.
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

/// What went through a door since its ledger was opened. Bytes are those of blobs;
/// manifests are requests only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Traffic {
    /// All requests.
    pub requests: Count,
    /// Bytes served, per digest of a blob. Bytes of a body that broke off count too.
    pub served: BTreeMap<String, Bytes>,
    /// Bytes taken in, of uploads that were completed, per digest.
    pub received: BTreeMap<String, Bytes>,
    /// Requests whose body broke off, in either direction.
    pub broken: Count,
}

/// A registry that serves one run.
pub trait Registry: Send + Sync + 'static {
    /// `host:port` as the engine at that door names it in references.
    fn authority(&self, door: Door) -> String;

    /// Shapes what the pulling engine is served from now on.
    fn shape(&self, link: Link);

    /// Begins a new ledger at a door.
    fn open_ledger(&self, door: Door);

    /// What went through the door since then.
    fn traffic(&self, door: Door) -> Traffic;

    /// The image manifest of a tag or digest of a repository. Of an index it is the image for
    /// `platform` (`linux/amd64`), or the only image in it; attestations are no images.
    ///
    /// # Errors
    /// Where there is none, or it is no image manifest.
    fn manifest(
        &self,
        repository: &str,
        reference: &str,
        platform: &str,
    ) -> Result<ManifestRecord, Box<dyn Error + Send + Sync>>;

    /// The content of a blob of a repository.
    ///
    /// # Errors
    /// Where there is none, or its file cannot be opened.
    fn blob(
        &self,
        repository: &str,
        digest: &str,
    ) -> Result<Box<dyn Read + Send>, Box<dyn Error + Send + Sync>>;

    /// Drops a repository, and the blobs that no other repository has. None is fine.
    ///
    /// # Errors
    /// Where files cannot be removed.
    fn forget(&self, repository: &str) -> Result<(), Box<dyn Error + Send + Sync>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_is_read_off_a_tag_of_its_registry() {
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
