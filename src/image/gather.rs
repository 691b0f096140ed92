//! The layers of an image, read side by side where they lie on a disk.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::archive::{ArchivePart, ArchiveParts, DiskPlace, part};
use super::disk;
use super::error::ImageError;
use super::layer::Reading;
use super::name;

/// Layers that are read at the same time at the most. Each may take 128 MiB for the window
/// of its packing.
const MOST_READERS: usize = 8;

/// Reads those of the named parts that are not read yet.
pub(super) fn read_layers<'a>(
    parts: &mut ArchiveParts,
    names: impl IntoIterator<Item = &'a str>,
    reading: &Reading<'_>,
) {
    let names: BTreeSet<String> = names
        .into_iter()
        .filter_map(|name| match parts.find(name)? {
            (name, ArchivePart::Unread(_)) => Some(name.to_owned()),
            _ => None,
        })
        .collect();
    let mut waiting: Vec<(String, DiskPlace)> = names
        .into_iter()
        .filter_map(|name| match parts.take(&name)? {
            ArchivePart::Unread(place) => Some((name, place)),
            _ => None,
        })
        .collect();
    // The largest is taken first.
    waiting.sort_by_key(|(_, place)| place.bytes);
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let readers = processors.min(MOST_READERS).min(waiting.len());
    let waiting = Mutex::new(waiting);
    let done = Mutex::new(Vec::new());
    let work = || {
        loop {
            let next = lock(&waiting).pop();
            let Some((name, place)) = next else { break };
            let part = read_one(&name, &place, reading);
            lock(&done).push((name, part));
        }
    };
    if readers <= 1 {
        work();
    } else {
        thread::scope(|scope| {
            for _ in 0..readers {
                scope.spawn(work);
            }
        });
    }
    for (name, part) in done.into_inner().unwrap_or_else(PoisonError::into_inner) {
        parts.put(&name, part);
    }
}

fn read_one(name: &str, place: &DiskPlace, reading: &Reading<'_>) -> ArchivePart {
    // What turns out to be a document is none of the image's: those were read before.
    let mut kept = u64::MAX - place.bytes;
    let read = disk::open(place);
    let read = read.and_then(|reader| part(place.bytes, reader, name, reading, &mut kept));
    read.unwrap_or_else(|source| {
        ArchivePart::Layer(Err(ImageError::Layer {
            layer: name::brief(name),
            source,
        }))
    })
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}
