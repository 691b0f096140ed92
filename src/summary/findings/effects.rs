//! The effects of techniques, and their costs in other metrics.

use super::super::analysis::Analysis;
use super::super::technique::{EffectLine, lines};
use super::finding::{Finding, RankedSentence, Sentence, finding, named, weight};

/// Per variant: the largest effect among the expected metrics.
pub(super) fn shown(analysis: &Analysis<'_>) -> Option<Finding> {
    let telling = of_variants(analysis)
        .iter()
        .filter_map(|lines| strongest(lines))
        .collect();
    finding("Effect", telling)
}

/// Per variant: what else became worse.
pub(super) fn price(analysis: &Analysis<'_>) -> Option<Finding> {
    let telling = of_variants(analysis)
        .iter()
        .filter_map(|lines| paid(lines))
        .collect();
    finding("Price", telling)
}

/// The lines of all techniques, a list per variant.
fn of_variants<'a>(analysis: &Analysis<'a>) -> Vec<Vec<EffectLine<'a>>> {
    let mut variants: Vec<Vec<EffectLine<'a>>> = Vec::new();
    for scenario in &analysis.record.scenarios {
        for line in lines(analysis, scenario) {
            match variants.last_mut() {
                Some(known) if known.first().is_some_and(|one| same(one, &line)) => {
                    known.push(line);
                }
                _ => variants.push(vec![line]),
            }
        }
    }
    variants
}

fn same(left: &EffectLine<'_>, right: &EffectLine<'_>) -> bool {
    left.variant.id == right.variant.id
}

fn strongest(lines: &[EffectLine<'_>]) -> Option<RankedSentence> {
    let expected = || lines.iter().filter(|line| line.expected);
    let by_weight = |left: &&EffectLine<'_>, right: &&EffectLine<'_>| {
        weight(left.outcome.ratio()).total_cmp(&weight(right.outcome.ratio()))
    };
    let shown = expected().filter(|line| line.is_shown());
    let first = expected().next()?;
    let Some(line) = shown.max_by(by_weight) else {
        let names: Vec<String> = expected().map(|line| line.subject.name()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        return Some(RankedSentence {
            weight: 1.0,
            sentence: Sentence::about(
                head(first),
                format!("no effect is shown in {}.", named(&names)),
            ),
        });
    };
    Some(RankedSentence {
        weight: weight(line.outcome.ratio()),
        sentence: sentence(line)?,
    })
}

fn paid(lines: &[EffectLine<'_>]) -> Option<RankedSentence> {
    let worse = lines
        .iter()
        .filter(|line| line.outcome.better(line.subject) == Some(false));
    let worst = worse.max_by(|left, right| {
        weight(left.outcome.ratio()).total_cmp(&weight(right.outcome.ratio()))
    });
    match worst {
        Some(line) => Some(RankedSentence {
            weight: weight(line.outcome.ratio()),
            sentence: sentence(line)?,
        }),
        None => Some(RankedSentence {
            weight: 1.0,
            sentence: Sentence::about(
                head(lines.first()?),
                "nothing that was looked at became worse.",
            ),
        }),
    }
}

/// Of `layer-order, deps-first`: `rebuild.source 6.80x [6.10, 7.40] faster, against without.`
fn sentence(line: &EffectLine<'_>) -> Option<Sentence> {
    let words = line.outcome.words()?;
    let text = format!(
        "{} {words}, against {}.",
        line.subject.name(),
        line.technique.baseline
    );
    Some(Sentence::about(head(line), text))
}

fn head(line: &EffectLine<'_>) -> String {
    let star = if line.variant.stand_ins.is_empty() {
        ""
    } else {
        " *"
    };
    format!("{}, {}{star}", line.technique.id, line.variant.variant)
}
