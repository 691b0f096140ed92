//! The parts of a joined run as JSON.

use serde_json::{Value, json};

use crate::record::{PartRecord, RunRecord};
use crate::summary::parts::apps;

/// The same as JSON.
pub(super) fn parts_json(record: &RunRecord) -> Value {
    let one = |(part, cases): (&PartRecord, Vec<&str>)| {
        json!({
            "part": part.name(),
            "run": part.run,
            "started_at": part.started_at,
            "finished_at": part.finished_at,
            "engine": part.engine,
            "host": part.host,
            "cases": cases,
        })
    };
    record.parts.iter().zip(apps(record)).map(one).collect()
}
