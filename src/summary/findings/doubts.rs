//! Doubts: failures, invalid samples and claims that do not hold.

use super::super::analysis::Analysis;
use super::super::claims::{ClaimResult, ClaimVerdict, results};
use super::super::warning::{Warning, warnings_of};
use super::super::wording::plural;
use super::finding::{Finding, Sentence, named, weight};
use crate::record::{CaseRecord, Disposition, RunRecord, Status};

/// Always present; without doubts it states what that is based on.
pub(super) fn doubts(analysis: &Analysis<'_>) -> Finding {
    let record = analysis.record;
    let warnings = warnings_of(analysis);
    let mut sentences: Vec<String> = warnings
        .iter()
        .filter(|warning| matches!(warning, Warning::Unfinished { .. }))
        .map(|warning| format!("{}.", capital(&warning.to_string())))
        .collect();
    sentences.extend(failed(record));
    sentences.extend(lost_samples(record));
    let trouble = !sentences.is_empty();
    if !trouble {
        sentences.push(nothing_failed(record));
    }
    let claims = results(analysis);
    sentences.extend(claims_sentence(&claims));
    let others = warnings.len() - usize::from(record_is_open(&warnings));
    if others > 0 {
        sentences.push(format!("{} below.", plural(others, "warning")));
    }
    let doubtful = trouble
        || claims
            .iter()
            .any(|claim| claim.verdict == ClaimVerdict::DoesNotHold);
    Finding {
        title: if doubtful {
            "What to doubt"
        } else {
            "What held"
        },
        sentences: sentences.into_iter().map(Sentence::of_run).collect(),
    }
}

fn record_is_open(warnings: &[Warning]) -> bool {
    warnings
        .iter()
        .any(|warning| matches!(warning, Warning::Unfinished { .. }))
}

/// Variants that failed, and those that failed as expected.
fn failed(record: &RunRecord) -> Vec<String> {
    let with = |wanted: &dyn Fn(&CaseRecord, &str) -> bool| -> Vec<&str> {
        let cases = record.cases.iter();
        cases
            .filter(|case| match &case.disposition {
                Disposition::Failed { reason } => wanted(case, reason),
                _ => false,
            })
            .map(|case| case.id.as_str())
            .collect()
    };
    let surprise = with(&|case, reason| case.expects_to_fail(reason).is_none());
    let expected = with(&|case, reason| case.expects_to_fail(reason).is_some());
    let mut sentences = Vec::new();
    if !surprise.is_empty() {
        sentences.push(format!(
            "{} of {} did not work: {}.",
            surprise.len(),
            plural(apps(record).count(), "variant"),
            named(&surprise)
        ));
    }
    if !expected.is_empty() {
        sentences.push(format!(
            "{} failed as the scenario expects: {}.",
            plural(expected.len(), "variant"),
            named(&expected)
        ));
    }
    sentences
}

fn lost_samples(record: &RunRecord) -> Option<String> {
    let count = |status: Status| {
        let samples = record.samples.iter();
        samples
            .filter(|sample| sample.outcome.status() == status && !record.expects(sample))
            .count()
    };
    let (dnf, invalid) = (count(Status::Dnf), count(Status::Invalid));
    let lost: Vec<String> = [(dnf, "did not finish"), (invalid, "invalid")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    (!lost.is_empty()).then(|| {
        format!(
            "Of {}: {}.",
            plural(record.samples.len(), "sample"),
            lost.join(", ")
        )
    })
}

fn nothing_failed(record: &RunRecord) -> String {
    let worked = apps(record)
        .filter(|case| case.disposition == Disposition::Qualified)
        .count();
    let all = apps(record).count();
    let (how_many, others) = if worked == all {
        (plural(all, "variant"), "")
    } else {
        let how_many = format!("{worked} of {}", plural(all, "variant"));
        (how_many, " The others cannot be tried here.")
    };
    format!(
        "{how_many} kept the contract whenever asked. None of {} is invalid, and all finished.{others}",
        plural(record.samples.len(), "sample"),
    )
}

/// The number of claims per verdict, and the claim with the largest deviation.
fn claims_sentence(claims: &[ClaimResult<'_>]) -> Option<String> {
    if claims.is_empty() {
        return None;
    }
    let count = |verdict| {
        let with = claims.iter().filter(|claim| claim.verdict == verdict);
        with.count()
    };
    let counts = format!(
        "Of {}: {} met, {} met in direction, {} not, {} not tested",
        plural(claims.len(), "published figure"),
        count(ClaimVerdict::Holds),
        count(ClaimVerdict::HoldsInDirection),
        count(ClaimVerdict::DoesNotHold),
        count(ClaimVerdict::CannotBeTested)
    );
    let off = |claim: &ClaimResult<'_>| weight(claim.ratio.map(|ratio| ratio.get()));
    let broken = claims
        .iter()
        .filter(|claim| claim.verdict == ClaimVerdict::DoesNotHold);
    let worst = broken.max_by(|left, right| off(left).total_cmp(&off(right)));
    let worst = worst.map_or(String::new(), |worst| {
        let ratio = worst.ratio.map(crate::units::human_ratio);
        let ratio = ratio.map_or(String::new(), |ratio| format!(", measured {ratio} of it"));
        format!(
            ". Farthest off: {} of {}, claimed {}{ratio} ({})",
            worst.claim.metric, worst.claim.variant, worst.claim.claimed, worst.claim.source
        )
    });
    Some(format!("{counts}{worst}."))
}

/// The cases of scenarios, without the floor.
fn apps(record: &RunRecord) -> impl Iterator<Item = &CaseRecord> {
    let of_scenario = |case: &&CaseRecord| {
        let mut scenarios = record.scenarios.iter();
        scenarios.any(|scenario| scenario.name == case.scenario)
    };
    record.cases.iter().filter(of_scenario)
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
