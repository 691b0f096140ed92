//! Whether a push or a pull was what its metric asks for: pure judgements of the
//! registry's ledger and the engine's progress.
//!
//! A pull is proven twice: by the bytes that the registry served, digest by
//! digest, and by what the engine said of each layer (METHODOLOGY, rule 2).

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{LayerState, Mark, PullEvent, Traffic};
use crate::record::{ImageStore, ManifestRecord};
use crate::units::{Bytes, Nanos};

/// How many names a reason lists.
const NAMED: usize = 3;

/// Digits of a digest that identify it for people, as engines print them.
const SHORT: usize = 12;

/// Blobs that a pull has to fetch, each once: the config, and the layers that the
/// store lacks where it holds `present`.
///
/// A graph driver knows a layer by all that lies below it, so only a common bottom
/// of both images is there; the same content on another layer is fetched again (seen
/// on Docker 20.10, `registry::chains` in the tests). containerd keeps blobs by digest.
pub(super) fn expected<'a>(
    image: &'a ManifestRecord,
    present: Option<&ManifestRecord>,
    store: &ImageStore,
) -> BTreeMap<&'a str, Bytes> {
    let mut blobs = image.blobs();
    if *store == ImageStore::Containerd {
        for layer in present.iter().flat_map(|present| &present.layers) {
            blobs.remove(layer.digest.as_str());
        }
        return blobs;
    }
    let above: BTreeSet<_> = image.layers[common(image, present)..]
        .iter()
        .map(|layer| layer.digest.as_str())
        .collect();
    blobs.retain(|digest, _| *digest == image.config.digest || above.contains(digest));
    blobs
}

/// How many layers at the bottom of an image are those of the one that is there.
fn common(image: &ManifestRecord, present: Option<&ManifestRecord>) -> usize {
    let there = present.iter().flat_map(|present| &present.layers);
    image
        .layers
        .iter()
        .zip(there)
        .take_while(|(one, other)| one.digest == other.digest)
        .count()
}

/// Holds what was served against what had to be: each blob once, whole, and no other.
pub(super) fn check_served(
    expected: &BTreeMap<&str, Bytes>,
    traffic: &Traffic,
) -> Result<(), String> {
    let unasked: Vec<_> = expected
        .keys()
        .copied()
        .filter(|digest| !traffic.served.contains_key(*digest))
        .collect();
    if !unasked.is_empty() {
        return Err(format!(
            "not fetched, so it was in the store before: {}",
            named(&unasked)
        ));
    }
    let beyond: Vec<_> = traffic
        .served
        .keys()
        .map(String::as_str)
        .filter(|digest| !expected.contains_key(digest))
        .collect();
    if !beyond.is_empty() {
        return Err(format!(
            "fetched although it should have been in the store: {}",
            named(&beyond)
        ));
    }
    for (digest, bytes) in expected {
        let served = traffic.served.get(*digest).copied().unwrap_or_default();
        if served != *bytes {
            return Err(format!(
                "the registry served {} bytes of {}, whose size is {}",
                served.0,
                short(digest),
                bytes.0
            ));
        }
    }
    if traffic.broken.0 > 0 {
        return Err(format!("{} answers broke off", traffic.broken.0));
    }
    Ok(())
}

/// Holds what the engine said: no layer that had to be fetched was there before.
/// Where an image lists a layer at its bottom and further up again, the engine's word
/// for the one cannot be distinguished from that for the other, and the ledger alone counts.
pub(super) fn check_announced(
    image: &ManifestRecord,
    present: Option<&ManifestRecord>,
    expected: &BTreeMap<&str, Bytes>,
    events: &[(Mark, PullEvent)],
) -> Result<(), String> {
    let below: BTreeSet<_> = image.layers[..common(image, present)]
        .iter()
        .map(|layer| layer.digest.as_str())
        .collect();
    let there: BTreeSet<_> = events
        .iter()
        .filter(|(_, event)| event.state == LayerState::AlreadyExists)
        .filter_map(|(_, event)| event.layer.as_deref())
        .collect();
    let wrongly: Vec<_> = expected
        .keys()
        .copied()
        .filter(|digest| !below.contains(digest))
        .filter(|digest| there.iter().any(|layer| hex(digest).starts_with(layer)))
        .collect();
    if wrongly.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "the engine says that it has it already: {}",
            named(&wrongly)
        ))
    }
}

/// Holds what a push sent: every blob that no base has must have come in whole.
pub(super) fn check_received(
    image: &ManifestRecord,
    present: &BTreeSet<String>,
    traffic: &Traffic,
) -> Result<(), String> {
    let missing: Vec<_> = image
        .blobs()
        .into_iter()
        .filter(|(digest, bytes)| {
            !present.contains(*digest) && traffic.received.get(*digest) != Some(bytes)
        })
        .map(|(digest, _)| digest)
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "not sent, so the registry had it before: {}",
            named(&missing)
        ))
    }
}

/// Time in which layers were fetched, and in which they were unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spans {
    /// From the first layer's first word until the last byte of any was there.
    pub(super) download: Option<Nanos>,
    /// Union of the times in which some layer was being unpacked.
    pub(super) unpack: Option<Nanos>,
}

/// Reads the spans off a pull's progress. Engines leave states out, for small
/// layers above all: a layer without a word of its download's end ends with its
/// last `Downloading`; one without `Extracting` takes no time of its own.
pub(super) fn spans(events: &[(Mark, PullEvent)]) -> Spans {
    let mut first = None;
    let mut last = None;
    let mut begun: BTreeMap<&str, Mark> = BTreeMap::new();
    let mut unpacked: Vec<(Mark, Mark)> = Vec::new();
    for (at, event) in events {
        let Some(layer) = event.layer.as_deref() else {
            continue;
        };
        match event.state {
            LayerState::Announced | LayerState::Waiting => {
                first.get_or_insert(*at);
            }
            LayerState::Downloading | LayerState::Downloaded => {
                first.get_or_insert(*at);
                last = Some(*at);
            }
            LayerState::Extracting => {
                begun.entry(layer).or_insert(*at);
            }
            LayerState::Complete => {
                if let Some(from) = begun.remove(layer) {
                    unpacked.push((from, *at));
                }
            }
            LayerState::AlreadyExists | LayerState::Other => {}
        }
    }
    Spans {
        download: first.zip(last).map(|(first, last)| last.since(first)),
        unpack: (!unpacked.is_empty()).then(|| union(unpacked)),
    }
}

/// Total length of intervals that may overlap.
fn union(mut intervals: Vec<(Mark, Mark)>) -> Nanos {
    intervals.sort();
    let mut total = Nanos(0);
    let mut open: Option<(Mark, Mark)> = None;
    for (from, to) in intervals {
        match &mut open {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => {
                total = total + open.map_or(Nanos(0), |(from, to)| to.since(from));
                open = Some((from, to));
            }
        }
    }
    total + open.map_or(Nanos(0), |(from, to)| to.since(from))
}

fn named(digests: &[&str]) -> String {
    let mut text: Vec<_> = digests.iter().take(NAMED).map(|d| short(d)).collect();
    if digests.len() > NAMED {
        text.push(format!("{} more", digests.len() - NAMED));
    }
    text.join(", ")
}

fn hex(digest: &str) -> &str {
    digest.split_once(':').map_or(digest, |(_, hex)| hex)
}

fn short(digest: &str) -> String {
    hex(digest).chars().take(SHORT).collect()
}

#[cfg(test)]
#[path = "proof_tests.rs"]
mod tests;
