//! A finding and its sentences, and which of them are shown.

use std::fmt;

/// The most sentences of a finding; further scenarios are counted.
const MOST_SENTENCES: usize = 4;

/// A key finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A short heading.
    pub title: &'static str,
    /// Its sentences, the largest effect first; at least one.
    pub sentences: Vec<Sentence>,
}

/// A sentence of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Its scenario, unless it is about the whole run.
    pub about: Option<String>,
    /// The text.
    pub text: String,
}

/// `Go: an HTTP server: scratch is 6.18 MB.`
impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.about {
            Some(about) => write!(f, "{about}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl Sentence {
    pub(crate) fn of_run(text: impl Into<String>) -> Self {
        Self {
            about: None,
            text: text.into(),
        }
    }

    pub(crate) fn about(about: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            about: Some(about.into()),
            text: text.into(),
        }
    }
}

/// A sentence and its rank: a factor of at least 1.
pub(crate) struct RankedSentence {
    pub(crate) weight: f64,
    pub(crate) sentence: Sentence,
}

/// The highest-ranked sentences; `None` without a sentence.
pub(super) fn finding(title: &'static str, mut telling: Vec<RankedSentence>) -> Option<Finding> {
    telling.sort_by(|left, right| right.weight.total_cmp(&left.weight));
    let left_out = telling.len().saturating_sub(MOST_SENTENCES);
    let mut sentences: Vec<Sentence> = telling
        .into_iter()
        .take(MOST_SENTENCES)
        .map(|one| one.sentence)
        .collect();
    if left_out > 0 {
        let text = format!("And {left_out} more, in the tables below.");
        sentences.push(Sentence::of_run(text));
    }
    (!sentences.is_empty()).then_some(Finding { title, sentences })
}

/// The distance of a ratio from 1, in either direction.
pub(super) fn weight(ratio: Option<f64>) -> f64 {
    ratio
        .filter(|ratio| *ratio > 0.0)
        .map_or(1.0, |ratio| ratio.max(1.0 / ratio))
}

/// A few names, and the number of others.
pub(super) fn named(names: &[&str]) -> String {
    const MOST_NAMES: usize = 3;
    let shown = names.iter().take(MOST_NAMES);
    let text = shown.copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_ranked_come_first_and_the_rest_is_counted() {
        let telling = [1.5, 9.0, 2.0, 3.0, 1.1, 4.0].map(|weight| RankedSentence {
            weight,
            sentence: Sentence::of_run(format!("{weight}")),
        });
        let finding = finding("t", telling.into()).unwrap();
        let texts = finding.sentences.iter().map(ToString::to_string);
        assert_eq!(
            texts.collect::<Vec<_>>(),
            ["9", "4", "3", "2", "And 2 more, in the tables below."]
        );
        assert_eq!(super::finding("t", Vec::new()), None);
    }

    #[test]
    fn a_tenth_ranks_as_high_as_ten_times() {
        assert_eq!(weight(Some(0.1)), weight(Some(10.0)));
        assert_eq!(weight(None), 1.0);
        assert_eq!(weight(Some(0.0)), 1.0);
    }

    #[test]
    fn names_are_few() {
        assert_eq!(named(&["a", "b"]), "a, b");
        assert_eq!(named(&["a", "b", "c", "d"]), "a, b, c and 1 more");
    }
}
