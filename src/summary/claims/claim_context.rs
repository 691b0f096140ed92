//! What a verdict on a claim is based on.

use super::super::analysis::Analysis;
use super::super::change::MeasureChange;
use super::super::figure::{Absence, Figure};
use super::super::observed::{Measure, Observed};
use crate::record::ScenarioRecord;
use crate::scenario::Claim;

/// A claim with its measure and observations.
pub(crate) struct ClaimContext<'r, 'a> {
    pub(crate) analysis: &'r Analysis<'a>,
    pub(crate) scenario: &'a ScenarioRecord,
    pub(crate) claim: &'a Claim,
    pub(crate) measure: Measure,
    pub(crate) after: Observed<'r>,
    /// For a claim about a change.
    pub(crate) change: Option<MeasureChange>,
}

/// The value of a measure for a variant.
pub(super) fn observe<'r>(
    analysis: &'r Analysis<'_>,
    scenario: &ScenarioRecord,
    variant: &str,
    measure: Measure,
) -> Observed<'r> {
    match analysis.variant(&scenario.name, variant) {
        Some(case) => measure.of(analysis, case),
        None => Observed {
            figure: Figure::Err(Absence::not_run("not run")),
            parts: Vec::new(),
            range: None,
            part: None,
        },
    }
}
