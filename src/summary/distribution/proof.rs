//! Evidence for the cold pulls: that they were cold, and how well they repeat.

use std::collections::BTreeMap;
use std::fmt;

use super::super::analysis::Analysis;
use super::super::figure::over;
use super::super::wording::plural;
use crate::record::{CaseId, Link, Metric, Outcome, Sample, Status};
use crate::units::{Bytes, Quantity, Ratio};

/// With fewer samples, the quartiles are the extremes.
const MIN_FOR_SPREAD: usize = 4;

/// The cold pulls of a scenario over a link, counted from the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Proof {
    /// Valid pulls.
    pub(crate) accepted: usize,
    /// Valid pulls for which the registry served exactly the bytes of the manifest of the same
    /// round, with repeated layers once.
    pub(crate) proven: usize,
    /// Invalid pulls.
    pub(crate) invalid: usize,
    /// Pulls that did not finish.
    pub(crate) dnf: usize,
}

impl Proof {
    pub(crate) fn of(analysis: &Analysis<'_>, scenario: &str, link: Link) -> Self {
        let mut proof = Self::default();
        for case in analysis.cases_of(scenario) {
            let samples = analysis.samples_of(&case.id);
            let bytes: BTreeMap<_, _> = samples
                .iter()
                .filter_map(|sample| Some((key(sample), counted_bytes(sample)?)))
                .collect();
            // A case that never met its contract has no number (rule 1).
            let counts = analysis
                .at(&case.id, over(Metric::PullCold, link))
                .is_some_and(|entry| entry.summary.is_some());
            let manifest = case
                .image
                .as_ref()
                .and_then(|image| image.manifest.as_ref());
            let repeated = manifest.map_or(Bytes(0), |manifest| {
                let once: Bytes = manifest.blobs().into_values().sum();
                manifest.sum() - once
            });
            let cold = samples
                .iter()
                .filter(|sample| sample.metric == Metric::PullCold && sample.link == Some(link));
            for sample in cold {
                match sample.outcome.status() {
                    Status::Ok if counts => {
                        proof.accepted += 1;
                        let of = |metric, link| bytes.get(&(metric, link, sample.round));
                        let served = of(Metric::PullColdBytes, Some(link));
                        let listed = of(Metric::SizeTransfer, None);
                        let equal = served.zip(listed).is_some_and(|(served, listed)| {
                            *served == *listed || *served + repeated == *listed
                        });
                        proof.proven += usize::from(equal);
                    }
                    Status::Invalid => proof.invalid += 1,
                    Status::Dnf => proof.dnf += 1,
                    _ => {}
                }
            }
        }
        proof
    }
}

fn key(sample: &Sample) -> (Metric, Option<Link>, u32) {
    (sample.metric, sample.link, sample.round)
}

fn counted_bytes(sample: &Sample) -> Option<Bytes> {
    let wanted = matches!(sample.metric, Metric::PullColdBytes | Metric::SizeTransfer);
    match (&sample.outcome, wanted) {
        (
            Outcome::Ok {
                value: Quantity::Bytes(bytes),
            },
            true,
        ) => Some(*bytes),
        _ => None,
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            accepted,
            proven,
            invalid,
            dnf,
        } = self;
        write!(
            f,
            "Cold pulls: {accepted} accepted (the engine reported no layer as already present), {invalid} \
             invalid, {dnf} DNF."
        )?;
        if *accepted == 0 {
            return Ok(());
        }
        write!(
            f,
            " In {proven} of the {accepted} the registry served the manifest's sum to the byte, a layer that it lists \
             twice counted once."
        )
    }
}

/// The variant with the largest spread of cold pulls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Widest<'a> {
    pub(crate) case: &'a CaseId,
    pub(crate) ratio: Ratio,
    n: usize,
}

/// The largest interquartile range relative to its median; requires 6 samples.
pub(crate) fn widest<'a>(
    analysis: &Analysis<'a>,
    scenario: &str,
    link: Link,
) -> Option<Widest<'a>> {
    let cases = analysis.cases_of(scenario).iter();
    let cold = cases.filter_map(|case| analysis.at(&case.id, over(Metric::PullCold, link)));
    let spreads = cold.filter_map(|entry| {
        let summary = entry.summary.as_ref()?;
        let ratio = Ratio::of(summary.iqr, summary.median)?;
        (summary.n >= MIN_FOR_SPREAD).then_some(Widest {
            case: entry.subject.id,
            ratio,
            n: summary.n,
        })
    });
    spreads.max_by(|left, right| left.ratio.get().total_cmp(&right.ratio.get()))
}

impl fmt::Display for Widest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Repeated cold pulls of one image spread by {:.1} % at the most (interquartile range / median: {}, {}).",
            self.ratio.get() * 100.0,
            self.case,
            plural(self.n, "pull")
        )
    }
}
