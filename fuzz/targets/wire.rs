//! What apps and engines send over HTTP.

use plimsoll::engine::{ProbeCheck, ProbeSpec};
use plimsoll::probe::fuzzing::answer;
use plimsoll::registry::fuzzing::{chunk_range, endpoint, manifest, parameters, range};
use plimsoll::scenario::{HttpCheck, Statuses};
use plimsoll::units::Nanos;

use super::is_short;

/// The most of a body that the contract looks at.
const MOST_BODY: usize = 64 << 10;

/// An answer to the readiness probe. The first byte chooses what the contract expects.
pub fn probe(data: &[u8]) {
    let (choice, bytes) = data.split_first().unwrap_or((&0, &[]));
    let statuses = ["200", "204", "103", "2xx, 500"][usize::from(choice % 4)];
    let check = HttpCheck {
        status: Statuses::parse(statuses).expect("a list of statuses"),
        body_contains: ["", "ok"][usize::from(choice / 4 % 2)].to_owned(),
        ..HttpCheck::get(80, "/health")
    };
    let spec = ProbeSpec {
        address: ([127, 0, 0, 1], 80).into(),
        check: ProbeCheck::Http(check),
        within: Nanos::from_millis(10),
        interval: Nanos::from_millis(2),
    };
    match answer(&spec, bytes) {
        Ok((status, body)) => {
            assert!((100..1_000).contains(&status), "{status}");
            assert!(body.len() <= MOST_BODY, "{} bytes", body.len());
            assert!(body.len() <= bytes.len(), "more than was sent");
        }
        Err(words) => is_short(&words),
    }
    assert_eq!(
        answer(&spec, bytes).map_err(drop),
        answer(&spec, bytes).map_err(drop)
    );
}

/// A request to the registry, in lines: target, range, content range, content type, body.
pub fn registry(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.splitn(5, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let [target, wanted, chunk, content_type, body] = std::array::from_fn(|_| next());
    let path = target.split('?').next().unwrap_or_default();
    if let Some(endpoint) = endpoint(path) {
        // No part of what is stored may lead out of its folder.
        let leads_out = |part: &str| match part {
            // A tag may hold dots.
            ".." => endpoint.split(['/', '"']).any(|name| name == part),
            _ => endpoint.contains(part),
        };
        for part in ["..", "\\", "\0", "//"] {
            let named = leads_out(part) && !endpoint.starts_with("Upload");
            let malformed = endpoint.contains("Malformed");
            assert!(!named || malformed, "{endpoint}");
        }
        assert!(endpoint.len() <= 200 + 8 * path.len());
    }
    for name in ["digest", "mount", "from", "n", "last"] {
        parameters(target, name);
    }
    for length in [0, 1, 1_000, u64::MAX] {
        if let Some((first, last)) = range(wanted, length) {
            assert!(first <= last && last < length, "{first}-{last} of {length}");
        }
    }
    if let Some((first, last)) = chunk_range(chunk) {
        assert!(first <= last && (last - first).checked_add(1).is_some());
    }
    for content_type in [None, Some(content_type)] {
        for digest in manifest(content_type, body.as_bytes())
            .into_iter()
            .flatten()
        {
            assert!(digest.parse::<plimsoll::oci::Digest>().is_ok(), "{digest}");
        }
    }
}
