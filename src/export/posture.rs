//! The facts of images as JSON.

use serde_json::{Value, json};

use crate::summary::Analysis;
use crate::summary::posture::posture_of;

/// The facts in the record; empty if no image was inspected.
pub(super) fn posture_json(analysis: &Analysis<'_>) -> Value {
    let cases = analysis.record.cases.iter();
    cases
        .filter(|case| case.posture.is_some())
        .filter_map(|case| Some((case, posture_of(case).ok()?)))
        .map(|(case, posture)| {
            json!({
                "scenario": case.scenario,
                "variant": case.variant,
                "stand_ins": case.stand_ins,
                "posture": posture,
            })
        })
        .collect()
}
