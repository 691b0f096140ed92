//! The blobs that a pull of head fetches in addition to those of base.

use super::parts::Cause;
use crate::record::{CaseRecord, ManifestRecord};
use crate::units::{Bytes, Count};

/// Blobs that only head's manifest has. New blobs do not explain a decrease.
pub(super) fn new_ones(old: &CaseRecord, new: &CaseRecord, change: f64) -> Vec<Cause> {
    let (Some(before), Some(after)) = (manifest(old), manifest(new)) else {
        return Vec::new();
    };
    let (before, after) = (before.blobs(), after.blobs());
    let added: Vec<_> = after
        .iter()
        .filter(|(digest, _)| !before.contains_key(*digest))
        .collect();
    let Some((heaviest, _)) = added.iter().max_by_key(|(_, bytes)| **bytes) else {
        return Vec::new();
    };
    if change < 0.0 {
        return Vec::new();
    }
    vec![Cause::Blobs {
        count: Count(added.len() as u64),
        bytes: added.iter().map(|(_, bytes)| **bytes).sum::<Bytes>(),
        heaviest: (**heaviest).to_owned(),
    }]
}

fn manifest(case: &CaseRecord) -> Option<&ManifestRecord> {
    case.image.as_ref()?.manifest.as_ref()
}
