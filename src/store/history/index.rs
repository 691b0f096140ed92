//! The index: digests of runs in one file.
//!
//! `plimsoll history index\n`, then four numbers of 4 bytes, little-endian: the version of
//! the form, a fingerprint of what the digests rest on, the length of the rest and its
//! CRC-32. The rest is a list of entries in the postcard format. Digests are kept as bytes
//! within it: those that are still good are copied and not made anew.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};

use super::item::{Digested, Item, Stamp};
use crate::files;
use crate::record::{Metric, SCHEMA_VERSION};
use crate::store::atomic;
use crate::store::parallel::in_parallel;

const MAGIC: &[u8] = b"plimsoll history index\n";

/// The version of the format and of the contents of digests; increase it when either changes.
const VERSION: u32 = 6;

const NUMBER: usize = size_of::<u32>();
const HEAD: usize = MAGIC.len() + 4 * NUMBER;

/// A run in the index.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct IndexEntry<'a> {
    key: &'a str,
    stamp: Option<Stamp>,
    /// A [`Digested`].
    #[serde(serialize_with = "as_bytes")]
    digest: &'a [u8],
}

fn as_bytes<S: Serializer>(bytes: &&[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

/// The file in memory.
pub(super) struct IndexFile(Vec<u8>);

impl IndexFile {
    /// The entries by key; empty if the index cannot be read.
    pub(super) fn entries(&self) -> HashMap<&str, IndexEntry<'_>> {
        let entries = postcard::from_bytes::<Vec<IndexEntry<'_>>>(&self.0[HEAD..]);
        let entries = entries.unwrap_or_default().into_iter();
        entries.map(|entry| (entry.key, entry)).collect()
    }
}

/// Reads the first of these files that is valid.
pub(super) fn read(places: &[PathBuf]) -> Option<IndexFile> {
    let whole = |bytes: &Vec<u8>| {
        let (head, body) = bytes.split_at_checked(HEAD)?;
        (head == self::head(body)).then_some(())
    };
    let files = places.iter().filter_map(|place| files::read(place).ok());
    files
        .into_iter()
        .find(|bytes| whole(bytes).is_some())
        .map(IndexFile)
}

/// Writes the index to the first writable place, if there is one. `fresh` are the indexes of the
/// items that were read, ascending.
pub(super) fn write(
    places: &[PathBuf],
    items: &[Item],
    digests: &[Option<Digested>],
    fresh: &[usize],
    known: &HashMap<&str, IndexEntry<'_>>,
) {
    let made: Vec<Option<Vec<u8>>> = fresh
        .iter()
        .map(|at| postcard::to_stdvec(digests[*at].as_ref()?).ok())
        .collect();
    let entries = items.iter().enumerate().filter_map(|(at, item)| {
        let digest = match fresh.binary_search(&at) {
            Ok(which) => made[which].as_deref()?,
            // The entry is unchanged and is not encoded again.
            Err(_) => known.get(item.key.as_str())?.digest,
        };
        Some(IndexEntry {
            key: &item.key,
            stamp: item.stamp,
            digest,
        })
    });
    let entries: Vec<IndexEntry<'_>> = entries.collect();
    // One buffer, because an index may have a hundred megabytes.
    let Ok(mut bytes) = postcard::to_extend(&entries, vec![0; HEAD]) else {
        return;
    };
    let head = head(&bytes[HEAD..]);
    bytes[..HEAD].copy_from_slice(&head);
    for place in places {
        if let Some(folder) = place.parent()
            && fs::create_dir_all(folder).is_ok()
            && atomic::write(place, &bytes).is_ok()
        {
            return;
        }
    }
}

/// The digests of the items that are unchanged since the index was written.
pub(super) fn look_up(
    items: &[Item],
    known: &HashMap<&str, IndexEntry<'_>>,
) -> Vec<Option<Digested>> {
    in_parallel(items, |item| {
        let entry = known.get(item.key.as_str());
        let entry = entry.filter(|entry| entry.stamp == item.stamp)?;
        postcard::from_bytes(entry.digest).ok()
    })
}

fn head(body: &[u8]) -> Vec<u8> {
    // A body of more than 4 GB has a wrong length, so the index is rebuilt each time.
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let mut head = MAGIC.to_vec();
    for number in [VERSION, fingerprint(), length, crc32fast::hash(body)] {
        head.extend(number.to_le_bytes());
    }
    head
}

/// Another catalogue, record version or program invalidates the digests.
fn fingerprint() -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    hasher.update(&SCHEMA_VERSION.to_le_bytes());
    for metric in Metric::ALL {
        hasher.update(metric.id().as_bytes());
        hasher.update(b" ");
    }
    hasher.finalize()
}
