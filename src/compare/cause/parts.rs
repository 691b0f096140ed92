//! The parts of a change, and which of them are listed.

use crate::units::{Bytes, Count, Nanos};

/// Causes of a kind that are listed.
const LISTED: usize = 3;

/// Something that accounts for a change, or for a part of it. What is on one side only has
/// nothing on the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The base image weighs something else.
    Base {
        /// In base.
        before: Bytes,
        /// In head.
        after: Bytes,
    },
    /// Layers of an instruction.
    Instruction {
        /// As in the history of the image.
        text: String,
        /// In base.
        before: Option<Bytes>,
        /// In head.
        after: Option<Bytes>,
    },
    /// A file or a folder of the image.
    Name {
        /// Its path; a folder's ends in a slash.
        path: String,
        /// In base, where it was among the heaviest.
        before: Option<Bytes>,
        /// In head.
        after: Option<Bytes>,
    },
    /// A step of the build.
    Step {
        /// Stage and instruction.
        name: String,
        /// In base; nothing where the cache had it.
        before: Option<Nanos>,
        /// In head.
        after: Option<Nanos>,
        /// Whether the cache had it in base and not in head.
        lost_cache: bool,
    },
    /// Blobs of the manifest.
    Blobs {
        /// That only head has.
        count: Count,
        /// What they weigh.
        bytes: Bytes,
        /// The heaviest, by its digest.
        heaviest: String,
    },
}

/// The heaviest parts of a change: those that go its way, the largest first.
pub(super) fn largest<T>(mut parts: Vec<(f64, T)>, change: f64) -> Vec<T> {
    parts.retain(|(part, _)| part.signum() == change.signum() && *part != 0.0);
    parts.sort_by(|one, other| other.0.abs().total_cmp(&one.0.abs()));
    parts.truncate(LISTED);
    // What is a hundredth of the whole explains nothing.
    let least = change.abs() / 100.0;
    let parts = parts.into_iter().filter(|(part, _)| part.abs() >= least);
    parts.map(|(_, cause)| cause).collect()
}
