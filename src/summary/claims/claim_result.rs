//! Each claim and its result.

use super::super::analysis::Analysis;
use super::super::change::MeasureChange;
use super::super::observed::{Measure, Observed};
use super::claim_context::{ClaimContext, observe};
use super::verdict::{ClaimVerdict, JudgedClaim, judge};
use crate::record::{CaseRecord, Link, Metric, ScenarioRecord};
use crate::scenario::Claim;
use crate::stats::RatioOfMedians;
use crate::units::{Quantity, Ratio, Unit};

/// A claim and its result. Every claim of the record's scenarios has one.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimResult<'a> {
    /// Its scenario.
    pub scenario: &'a ScenarioRecord,
    /// The claim.
    pub claim: &'a Claim,
    /// The metric that it is checked against; `None` for a derived figure, a fact, or an unknown
    /// id.
    pub metric: Option<Metric>,
    /// The unit of the measure that it is checked against.
    pub unit: Option<Unit>,
    /// Its link.
    pub link: Option<Link>,
    /// For a claim about a change: the median before it, if there is one.
    pub before: Option<Quantity>,
    /// The median, if there is one.
    pub measured: Option<Quantity>,
    /// For a claim about a change: after divided by before.
    pub change: Option<RatioOfMedians>,
    /// `measured / claimed`: below 1 the image is smaller (or faster) than claimed. For a claim
    /// about a change, the ratio of the two changes.
    pub ratio: Option<Ratio>,
    /// Why the median is missing: `not-run`, `dnf`, `invalid`, `not-applicable`, `not-available`,
    /// `not-measured`, `missing`, `unknown-metric`; `measured` if none is missing.
    pub status: &'static str,
    /// The reason of that status.
    pub reason: Option<String>,
    /// Whether it holds.
    pub verdict: ClaimVerdict,
    /// Why it cannot be decided.
    pub why: Option<String>,
    /// For a claim about a change: the measured change, `6.80x [6.10, 7.40] faster`.
    pub change_words: Option<String>,
    /// Stand-in bases of the measured images.
    pub stand_ins: Vec<String>,
}

pub(crate) fn results<'a>(analysis: &Analysis<'a>) -> Vec<ClaimResult<'a>> {
    let scenarios = analysis.record.scenarios.iter();
    scenarios
        .flat_map(|scenario| {
            scenario
                .claims
                .iter()
                .map(move |claim| result(analysis, scenario, claim))
        })
        .collect()
}

fn result<'a>(
    analysis: &Analysis<'a>,
    scenario: &'a ScenarioRecord,
    claim: &'a Claim,
) -> ClaimResult<'a> {
    let link: Option<Link> = claim.link.as_deref().and_then(|link| link.parse().ok());
    let measure = Measure::of_id(&claim.metric, link);
    let mut result = ClaimResult {
        scenario,
        claim,
        metric: claim.metric.parse().ok(),
        unit: measure.map(Measure::unit),
        link,
        before: None,
        measured: None,
        change: None,
        ratio: None,
        status: "unknown-metric",
        reason: Some(format!("no metric `{}`", claim.metric)),
        verdict: ClaimVerdict::CannotBeTested,
        why: None,
        change_words: None,
        stand_ins: stand_ins(analysis, scenario, claim),
    };
    let Some(measure) = measure else {
        result.why.clone_from(&result.reason);
        return result;
    };
    let observe = |variant: &str| observe(analysis, scenario, variant, measure);
    let after = observe(&claim.variant);
    let before = claim.from.as_deref().map(observe);
    (result.status, result.reason) = status(before.as_ref(), &after);
    result.before = before.as_ref().and_then(known);
    result.measured = known(&after);
    let change = before
        .as_ref()
        .and_then(|before| MeasureChange::of(measure, before, &after));
    result.change = change.as_ref().and_then(|change| change.ratio);
    result.change_words = change.as_ref().map(MeasureChange::words);
    result.ratio = if claim.from.is_some() {
        let claimed = claim.claimed_change.map(Ratio::get);
        let measured = result.change.map(|change| change.ratio.get());
        measured
            .zip(claimed)
            .and_then(|(measured, claimed)| Ratio::of(measured, claimed))
    } else {
        result.measured.and_then(|measured| ratio(measured, claim))
    };
    if result.status != "measured" {
        result.why.clone_from(&result.reason);
        return result;
    }
    let JudgedClaim { verdict, why } = judge(
        &ClaimContext {
            analysis,
            scenario,
            claim,
            measure,
            after,
            change,
        },
        result.ratio,
    );
    (result.verdict, result.why) = (verdict, why);
    result
}

fn known(observed: &Observed<'_>) -> Option<Quantity> {
    observed.figure.as_ref().ok().copied()
}

/// `measured`, or the status of the missing side.
fn status(before: Option<&Observed<'_>>, after: &Observed<'_>) -> (&'static str, Option<String>) {
    let absent = |side: &Observed<'_>| side.figure.as_ref().err().cloned();
    match (before.and_then(absent), absent(after)) {
        (None, None) => ("measured", None),
        (_, Some(absence)) => (absence.status, absence.reason),
        (Some(absence), None) => {
            let reason = absence.reason.unwrap_or_else(|| absence.status.to_owned());
            (absence.status, Some(format!("before the change: {reason}")))
        }
    }
}

fn stand_ins(analysis: &Analysis<'_>, scenario: &ScenarioRecord, claim: &Claim) -> Vec<String> {
    let sides = claim.from.iter().chain([&claim.variant]);
    let cases = sides.filter_map(|variant| analysis.variant(&scenario.name, variant));
    let mut all: Vec<String> = cases
        .flat_map(|case: &CaseRecord| case.stand_ins.iter().cloned())
        .collect();
    if claim.from.is_some() {
        all.sort();
        all.dedup();
    }
    all
}

fn ratio(measured: Quantity, claim: &Claim) -> Option<Ratio> {
    let (measured, claimed) = match measured {
        Quantity::Bytes(bytes) => (bytes.0, claim.claimed_bytes?.0),
        Quantity::Time(nanos) => (nanos.0, claim.claimed_ns?.0),
        Quantity::Count(_) | Quantity::Ratio(_) | Quantity::Rate(_) => return None,
    };
    Ratio::of(measured as f64, claimed as f64)
}
