//! The lines of a comparison as sentences, with their causes.

use super::words;
use crate::compare::{Line, LineOutcome, RunComparison, Standing, causes};

/// A line as one sentence, for formats without columns: `node/slim build.cold: 1.4x slower; RUN
/// npm ci: …`.
pub fn line_sentence(comparison: &RunComparison<'_>, line: &Line<'_>) -> String {
    let over = line.link.map(|link| format!(" over {link}"));
    let why = Some(why(comparison, line)).filter(|why| !why.is_empty());
    format!(
        "{} {}{}: {}{}",
        line.case,
        line.metric.id(),
        over.unwrap_or_default(),
        words::change(line),
        why.map(|why| format!("; {why}")).unwrap_or_default()
    )
}

/// The causes of a change, or the reason for an inconclusive verdict.
pub(crate) fn why(comparison: &RunComparison<'_>, line: &Line<'_>) -> String {
    if let LineOutcome::Judged(judged) = &line.outcome
        && words::explains(judged)
    {
        let why = words::reason(judged.reason);
        return match judged.power.map(|power| power.rounds_to_settle) {
            Some(Some(rounds)) => format!("{why}; about {rounds} rounds a side would settle it"),
            Some(None)
                if judged.power.is_some_and(|power| power.detectable.is_some())
                    && judged.effect.is_some_and(|effect| effect.get() > 0.0) =>
            {
                format!("{why}; more than 10 000 rounds a side would be needed")
            }
            _ => why.to_owned(),
        };
    }
    match line.standing() {
        Standing::Worse | Standing::Better => {
            let causes = causes(comparison, line);
            let causes: Vec<_> = causes.iter().map(words::cause).collect();
            causes.join("; ")
        }
        _ => String::new(),
    }
}

/// `2 worse, 1 better, 4 inconclusive, 40 not comparable, 61 same.`
pub(crate) fn summary(comparison: &RunComparison<'_>) -> String {
    let counts: Vec<String> = Standing::ALL
        .into_iter()
        .map(|standing| (comparison.count(standing), standing.word()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    match counts.is_empty() {
        true => "Nothing is in both runs.".to_owned(),
        false => format!("{}.", counts.join(", ")),
    }
}
