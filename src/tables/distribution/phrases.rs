//! Notes on the pulling engine, the link and the terms of the tables.

use crate::record::{EngineFacts, Link};
use crate::summary::Analysis;
use crate::units::Nanos;

/// File systems in memory.
const IN_MEMORY: [&str; 2] = ["tmpfs", "ramfs"];

/// The engine that pulled, or why none did.
pub(super) fn puller(analysis: &Analysis<'_>, pulled: bool) -> String {
    let distribution = analysis.record.distribution.as_ref();
    let why = distribution.and_then(|distribution| distribution.why_no_puller.as_deref());
    let engine = distribution.and_then(|distribution| distribution.puller.as_ref());
    match (pulled, why, engine) {
        (false, Some(why), _) => nothing(why),
        (false, None, _) => match given_reason(analysis) {
            Some(why) => nothing(why),
            None => "Nothing was pulled yet.".to_owned(),
        },
        (true, _, Some(engine)) => format!("Pulled by {}.", engine_words(engine)),
        (true, _, None) => "The record does not say which engine pulled.".to_owned(),
    }
}

fn nothing(why: &str) -> String {
    format!("Nothing was pulled: {}.", why.trim_end_matches('.'))
}

/// The first reason among the pull samples.
fn given_reason<'a>(analysis: &Analysis<'a>) -> Option<&'a str> {
    let linked = analysis
        .entries()
        .iter()
        .filter(|entry| entry.metric.is_linked() && !entry.reasons.is_empty());
    let mut of_samples = linked.flat_map(|entry| &entry.reasons);
    of_samples
        .find(|reason| !reason.rounds.is_empty())
        .map(|reason| reason.text)
}

fn engine_words(engine: &EngineFacts) -> String {
    let backing = match engine.backing.as_deref() {
        Some(backing) if IN_MEMORY.contains(&backing) => {
            format!(" on {backing}, so its data is in memory")
        }
        Some(backing) => format!(" on {backing}"),
        None => String::new(),
    };
    format!(
        "{} {} (driver {}{backing})",
        engine.name, engine.version, engine.driver
    )
}

/// Explains the three pulls.
pub(super) const PULLS: &str = "Pulls, in bytes that the registry served: cold, with no layer of the image in the store; \
     base there, with the base's layers in it and no other of the image; update, of the image after the source edit \
     with the one before it in the store.";

/// Explains how a link is shaped.
pub(super) fn link(link: Link) -> String {
    let rate = link.rate.map(|_| {
        "one rate for all connections together, set by the registry of the run; what TCP and IP add is not modelled"
            .to_owned()
    });
    let latency = (link.latency > Nanos(0))
        .then(|| format!("each request waits {} before it is answered", link.latency));
    let parts: Vec<String> = rate.into_iter().chain(latency).collect();
    if parts.is_empty() {
        format!("{link}: not shaped; the machine's own loopback.")
    } else {
        format!("{link}: {}.", parts.join("; "))
    }
}
