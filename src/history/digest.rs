//! The data that a history stores for a run.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::compare::{CaseTraits, RunTraits, tightest_limit};
use crate::record::{
    CaseId, CaseRecord, Disposition, Link, Metric, Outcome, RunRecord, RunState, Sample,
};
use crate::secrets::excerpt;
use crate::stats::{Level, SampleSet};
use crate::units::{Count, Quantity, native, quantity_of};

/// Longest stored reason in characters.
const REASON_CHARS: usize = 160;

/// A run: its time, the traits for comparability, and a few numbers per series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunDigest {
    /// Its id.
    pub id: String,
    /// When it began: RFC 3339, UTC, whole seconds, so that text order is time order.
    pub started_at: String,
    /// The runs that it was joined from.
    pub parts: Vec<String>,
    /// The traits that the rules compare.
    pub traits: RunTraits,
    /// The cases that were to run.
    pub cases: Vec<CaseDigest>,
}

/// A case of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseDigest {
    /// Its identity.
    pub id: CaseId,
    /// Its scenario.
    pub scenario: String,
    /// Its variant.
    pub variant: String,
    /// Its strategy.
    pub strategy: String,
    /// The traits that the rules compare.
    pub traits: CaseTraits,
    /// The machine and engine, if the run was joined from parts; otherwise those of the run.
    pub setup: Option<RunTraits>,
    /// Why the whole case failed, if it did; then it has no number.
    pub failed: Option<String>,
    /// Its series, in the order of the catalogue.
    pub series: Vec<SeriesDigest>,
}

/// A metric of a case over a link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesDigest {
    /// The metric.
    pub metric: Metric,
    /// The link, for a metric over a link.
    pub link: Option<Link>,
    /// The summary of the valid samples; `None` without any.
    pub values: Option<Values>,
    /// Samples that did not finish.
    pub dnf: Count,
    /// Why the first of them did not.
    pub reason: Option<String>,
    /// The tightest absolute limit that its scenario's budgets set.
    pub limit: Option<Quantity>,
}

/// The summary of the samples of a series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Values {
    /// The number of valid samples.
    pub n: Count,
    /// The median; for an exact metric the lower of the middle two.
    pub median: Quantity,
    /// Their median absolute deviation from it.
    pub mad: Quantity,
    /// The smallest.
    pub min: Quantity,
    /// The largest.
    pub max: Quantity,
}

/// Why a record is not included in a history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// The run is still running, was stopped, or its process died.
    #[error("the run is not finished")]
    Unfinished,
    /// It measured two revisions, whose sides are not successive runs.
    #[error("the run measured two revisions in turn")]
    TwoRevisions,
    /// It has no sample, and no case that failed.
    #[error("the run is empty: it has no sample")]
    Empty,
    /// Its time is invalid.
    #[error("its started_at is no time: `{text}`")]
    Time {
        /// The text.
        text: String,
    },
    /// A value has another unit than its metric.
    #[error("round {round} of {metric} of `{case}` has a value in {found}, not in {expected}")]
    Unit {
        /// The case.
        case: CaseId,
        /// The metric.
        metric: Metric,
        /// The round.
        round: u32,
        /// The value's unit.
        found: String,
        /// The metric's.
        expected: String,
    },
}

impl CaseDigest {
    /// The machine and engine.
    pub fn setup<'a>(&'a self, run: &'a RunDigest) -> &'a RunTraits {
        self.setup.as_ref().unwrap_or(&run.traits)
    }
}

impl RunDigest {
    /// Of a record.
    ///
    /// # Errors
    /// [`DigestError`] where it is not of use.
    pub fn of(record: &RunRecord) -> Result<Self, DigestError> {
        if record.state != RunState::Complete {
            return Err(DigestError::Unfinished);
        }
        Self::of_any(record)
    }

    /// The same of a run that may be unfinished.
    ///
    /// # Errors
    /// As of [`RunDigest::of`].
    pub fn of_any(record: &RunRecord) -> Result<Self, DigestError> {
        if record.ab.is_some() {
            return Err(DigestError::TwoRevisions);
        }
        let began = DateTime::parse_from_rfc3339(&record.started_at);
        let began = began.map_err(|_| DigestError::Time {
            text: record.started_at.clone(),
        })?;
        let mut samples: BTreeMap<&str, Vec<&Sample>> = BTreeMap::new();
        for sample in &record.samples {
            samples
                .entry(sample.case.as_str())
                .or_default()
                .push(sample);
        }
        let mut cases = Vec::new();
        // The floor belongs to the engine, not to an app.
        for case in record.cases.iter().filter(|case| case.strategy != "floor") {
            let of_case = samples.get(case.id.as_str());
            let of_case = of_case.map(Vec::as_slice).unwrap_or_default();
            cases.extend(case_of(record, case, of_case)?);
        }
        let is_empty = |case: &CaseDigest| case.failed.is_none() && case.series.is_empty();
        if cases.iter().all(is_empty) {
            return Err(DigestError::Empty);
        }
        let utc = began.with_timezone(&Utc);
        Ok(Self {
            id: record.id.clone(),
            started_at: utc.to_rfc3339_opts(SecondsFormat::Secs, true),
            parts: record.parts.iter().map(|part| part.run.clone()).collect(),
            traits: RunTraits::of(record),
            cases,
        })
    }
}

fn case_of(
    record: &RunRecord,
    case: &CaseRecord,
    samples: &[&Sample],
) -> Result<Option<CaseDigest>, DigestError> {
    let failed = match &case.disposition {
        Disposition::Pending | Disposition::Qualified => None,
        Disposition::Failed { reason } => Some(cut(reason)),
        Disposition::NotAvailable { .. } | Disposition::NotApplicable { .. } => return Ok(None),
    };
    let mut by_series: BTreeMap<(Metric, Option<Link>), Vec<&Sample>> = BTreeMap::new();
    // Rule 1: a failed case has no number, even if it has samples.
    for sample in samples.iter().filter(|_| failed.is_none()) {
        let key = (sample.metric, sample.link);
        by_series.entry(key).or_default().push(sample);
    }
    let mut series = Vec::with_capacity(by_series.len());
    let scenario = record
        .scenarios
        .iter()
        .find(|one| one.name == case.scenario);
    let budgets = scenario
        .map(|one| one.budgets.as_slice())
        .unwrap_or_default();
    let names = (case.variant.as_str(), case.strategy.as_str());
    for ((metric, link), samples) in by_series {
        let limit = tightest_limit(budgets, names, (metric, link));
        series.push(SeriesDigest {
            limit,
            ..series_of(metric, link, &samples)?
        });
    }
    Ok(Some(CaseDigest {
        id: case.id.clone(),
        scenario: case.scenario.clone(),
        variant: case.variant.clone(),
        strategy: case.strategy.clone(),
        traits: CaseTraits::of(record, case),
        setup: (!record.parts.is_empty()).then(|| RunTraits::of_case(record, case)),
        failed,
        series,
    }))
}

fn series_of(
    metric: Metric,
    link: Option<Link>,
    samples: &[&Sample],
) -> Result<SeriesDigest, DigestError> {
    let mut numbers = Vec::new();
    let (mut dnf, mut reason) = (0, None);
    for sample in samples {
        if let Some(value) = sample.outcome.counted() {
            if value.unit() != metric.unit() {
                return Err(DigestError::Unit {
                    case: sample.case.clone(),
                    metric,
                    round: sample.round,
                    found: value.unit().to_string(),
                    expected: metric.unit().to_string(),
                });
            }
            numbers.push(native(value));
        }
        if let Outcome::Dnf { reason: why } = &sample.outcome {
            dnf += 1;
            reason.get_or_insert_with(|| cut(why));
        }
    }
    let quantity = |number: f64| quantity_of(metric.unit(), number);
    let values = SampleSet::new(numbers).ok().map(|set| {
        let level = Level::of(&set, metric.kind());
        Values {
            n: Count(set.len() as u64),
            median: quantity(level.median),
            mad: quantity(level.mad),
            min: quantity(set.min()),
            max: quantity(set.max()),
        }
    });
    Ok(SeriesDigest {
        metric,
        link,
        values,
        dnf: Count(dnf),
        reason,
        limit: None,
    })
}

fn cut(reason: &str) -> String {
    excerpt(reason, REASON_CHARS)
}
