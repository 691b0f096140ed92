//! Claims: what a source prints, beside what was measured.

use serde_json::{Value, json};

use super::analysis::Analysis;
use super::claims_table::claims_of;
use super::entry::{MetricSummary, Series, Standing};
use super::native::{json_suffix, native, quantity, statistic_json};
use super::notes::entry_reasons;
use super::table::Table;
use crate::record::{CaseRecord, Link, Metric, RunRecord, ScenarioRecord};
use crate::scenario::Claim;
use crate::units::{Quantity, Ratio, Unit};

/// A claim and what became of it. Every claim of the record's scenarios has one.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimResult<'a> {
    /// The scenario that carries it.
    pub scenario: &'a ScenarioRecord,
    /// The claim.
    pub claim: &'a Claim,
    /// What it is held against; `None` where the catalogue has no such metric.
    pub metric: Option<Metric>,
    /// The link that it is about.
    pub link: Option<Link>,
    /// The median, where there is one.
    pub measured: Option<Quantity>,
    /// `measured / claimed`: below 1 the image is smaller (or faster) than claimed.
    pub ratio: Option<Ratio>,
    /// Why there is no median: `not-run`, `dnf`, `invalid`, `not-applicable`,
    /// `not-measured`, `missing`, `unknown-metric`; `measured` where there is one.
    pub status: &'static str,
    /// The reason of that status.
    pub reason: Option<String>,
    /// Stand-in bases that the measured image rests on.
    pub stand_ins: &'a [String],
}

/// Every claim, in the order of scenarios and of the claims in their files.
pub fn claim_results(record: &RunRecord) -> Vec<ClaimResult<'_>> {
    results(&Analysis::of(record))
}

/// The claims as a table.
pub fn claims(record: &RunRecord) -> Table {
    claims_of(&Analysis::of(record))
}

/// The claims for machines; figures in bytes or nanoseconds.
pub fn claims_json(record: &RunRecord) -> Value {
    claims_json_of(&Analysis::of(record))
}

pub(super) fn results<'a>(analysis: &Analysis<'a>) -> Vec<ClaimResult<'a>> {
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
    let metric: Option<Metric> = claim.metric.parse().ok();
    let link: Option<Link> = claim.link.as_deref().and_then(|link| link.parse().ok());
    let cases = &analysis.record.cases;
    let case = cases
        .iter()
        .find(|case| case.scenario == scenario.name && case.variant == claim.variant);
    let entry = case
        .zip(metric)
        .and_then(|(case, metric)| analysis.at(&case.id, Series { metric, link }));
    let summary = entry.and_then(|entry| entry.summary.as_ref());
    let measured = metric
        .zip(summary)
        .map(|(metric, summary)| quantity(metric.unit(), summary.median));
    let (status, reason) = match (metric, entry) {
        (None, _) => (
            "unknown-metric",
            Some(format!("no metric `{}`", claim.metric)),
        ),
        (_, None) => ("not-run", Some(not_run(case, link))),
        (_, Some(entry)) => status_of(entry),
    };
    ClaimResult {
        scenario,
        claim,
        metric,
        link,
        measured,
        ratio: measured.and_then(|measured| ratio(measured, claim)),
        status,
        reason,
        stand_ins: case.map_or(&[], |case| &case.stand_ins),
    }
}

/// Why a series of a claim is not in the run at all.
fn not_run(case: Option<&CaseRecord>, link: Option<Link>) -> String {
    match case.zip(link) {
        Some((_, link)) => format!("nothing went over {link} in this run"),
        None => "not run".to_owned(),
    }
}

fn status_of(entry: &MetricSummary<'_>) -> (&'static str, Option<String>) {
    match entry.standing {
        Standing::Missing => ("missing", Some("no sample yet".to_owned())),
        standing => (standing.word(), entry_reasons(entry)),
    }
}

fn ratio(measured: Quantity, claim: &Claim) -> Option<Ratio> {
    let (measured, claimed) = match measured {
        Quantity::Bytes(bytes) => (bytes.0, claim.claimed_bytes?.0),
        Quantity::Time(nanos) => (nanos.0, claim.claimed_ns?.0),
        Quantity::Count(_) | Quantity::Ratio(_) | Quantity::Rate(_) => return None,
    };
    Ratio::of(measured as f64, claimed as f64)
}

pub(super) fn claims_json_of(analysis: &Analysis<'_>) -> Value {
    let one = |result: &ClaimResult<'_>| {
        let mut object = json!({
            "scenario": result.scenario.name,
            "variant": result.claim.variant,
            "metric": result.claim.metric,
            "link": result.claim.link,
            "claimed": result.claim.claimed,
            "approximate": result.claim.approximate,
            "source": result.claim.source,
            "note": result.claim.note,
            "measured_to_claimed_ratio": result.ratio,
            "status": result.status,
            "reason": result.reason,
            "stand_ins": result.stand_ins,
        });
        if let Some(metric) = result.metric {
            let suffix = json_suffix(metric.unit());
            let claimed = match metric.unit() {
                Unit::Bytes => result.claim.claimed_bytes.map(Quantity::Bytes),
                Unit::Seconds => result.claim.claimed_ns.map(Quantity::Time),
                Unit::Count | Unit::Ratio | Unit::PerSecond => None,
            };
            let figure = |value: Option<Quantity>| value.map(|value| statistic_json(native(value)));
            object[format!("claimed_{suffix}")] = json!(figure(claimed));
            object[format!("measured_{suffix}")] = json!(figure(result.measured));
        }
        object
    };
    results(analysis).iter().map(one).collect()
}
