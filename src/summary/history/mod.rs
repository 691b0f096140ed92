//! The trend of each metric over many runs: their order and their words.

pub(crate) mod words;

use crate::history::{Trend, TrendStanding, TrendTerms};

/// The input of a history report.
#[derive(Debug, Clone, Copy)]
pub struct HistoryPage<'a> {
    /// The source of the runs: a folder or a branch.
    pub source: &'a str,
    /// The number of runs.
    pub runs: usize,
    /// Skipped files with the reasons.
    pub left_out: &'a [(String, String)],
    /// The settings of the history.
    pub terms: &'a TrendTerms,
    /// The trends.
    pub trends: &'a [Trend<'a>],
}

/// The worst first.
pub(crate) fn in_order<'t, 'a>(trends: &'t [Trend<'a>]) -> Vec<&'t Trend<'a>> {
    let mut trends: Vec<&Trend<'_>> = trends.iter().collect();
    trends.sort_by_key(|trend| trend.outcome.standing());
    trends
}

/// `2 worse, 1 better, 4 inconclusive, 61 same.`
pub(crate) fn summary(trends: &[Trend<'_>]) -> String {
    let count = |standing| {
        let alike = trends
            .iter()
            .filter(|trend| trend.outcome.standing() == standing);
        alike.count()
    };
    let counts: Vec<String> = TrendStanding::ALL
        .into_iter()
        .map(|standing| (count(standing), standing.word()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    match counts.is_empty() {
        true => "No run has a value of these metrics.".to_owned(),
        false => format!("{}.", counts.join(", ")),
    }
}
