//! The smallest changes that a comparison can detect, in words.

use std::collections::BTreeMap;

use super::super::wording::plural;
use crate::compare::{LineOutcome, RunComparison, Standing};
use crate::record::{Kind, Metric};
use crate::stats::least_rounds;

/// `82 more rows are open and small: ...`: rows that the table omits.
pub(crate) fn small_rows(comparison: &RunComparison<'_>) -> Option<String> {
    let lines = comparison.lines.iter();
    let small = lines
        .filter(|line| line.standing() == Standing::Inconclusive)
        .filter(|line| !line.may_matter(&comparison.terms))
        .count();
    let rows = plural(small, "open row");
    let say = if small == 1 { "is" } else { "are" };
    (small > 0).then(|| {
        format!("{rows} {say} small: the best guess lies within the threshold, and the interval does not.")
    })
}

/// `These rounds find, in 4 of 5 comparisons: changes of 14 % or more in build.cold, ...`:
/// for each metric the median over its cases.
pub(crate) fn findable(comparison: &RunComparison<'_>) -> Option<String> {
    let mut of_metric: BTreeMap<Metric, Vec<Option<f64>>> = BTreeMap::new();
    for line in &comparison.lines {
        if let LineOutcome::Judged(judged) = &line.outcome
            && line.metric.kind() == Kind::Timed
        {
            let detectable = judged.power.and_then(|power| power.detectable);
            let found = detectable.map(|factor| factor.get());
            of_metric.entry(line.metric).or_default().push(found);
        }
    }
    let is_timed = !of_metric.is_empty();
    let words: Vec<String> = of_metric
        .into_iter()
        .filter_map(|(metric, mut factors)| {
            // An undetectable change sorts last.
            factors.sort_by(|one, other| match (one, other) {
                (Some(one), Some(other)) => one.total_cmp(other),
                (one, other) => other.is_some().cmp(&one.is_some()),
            });
            let factor = factors[factors.len() / 2]?;
            Some(format!("{} {}", metric.id(), share(factor)))
        })
        .collect();
    let terms = &comparison.terms;
    match words.is_empty() {
        true => is_timed.then(|| {
            format!(
                "So few rounds show no change of a time, however large: at least {} rounds a side \
                 are needed.",
                least_rounds(terms.design, terms.alpha)
            )
        }),
        false => Some(format!(
            "Found in 4 of 5 comparisons with this noise and so many rounds, median over the cases: \
             changes from these on: {}.",
            words.join(", ")
        )),
    }
}

/// `14 %`, `2.5x`.
fn share(factor: f64) -> String {
    match factor < 2.0 {
        true => format!("{:.0} %", ((factor - 1.0) * 100.0).ceil()),
        false => format!("{factor:.1}x"),
    }
}
