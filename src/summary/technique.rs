//! The effect of a technique: each variant with it compared with the one without.
//!
//! An effect is reported only if the samples show it: for timed metrics an interval that excludes
//! 1, for exact metrics different values, for facts different texts. Otherwise the report says
//! "no effect", or that there are too few samples.

use super::analysis::Analysis;
use super::change::{Effect, MeasureChange};
use super::entry::Series;
use super::figure::{Absence, Figure};
use super::observed::{Measure, Observed};
use super::posture::{Fact, posture_of};
use crate::record::{CaseRecord, Direction, Metric, ScenarioRecord, TechniqueRecord};

/// Always included, because a gain in one metric may cost another.
const COMPANIONS: [Metric; 4] = [
    Metric::SizeUnpacked,
    Metric::SizeTransfer,
    Metric::BuildCold,
    Metric::RebuildSource,
];

/// The measure or fact of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EffectSubject {
    Series(Series),
    Fact(Fact),
}

impl EffectSubject {
    /// `build.cold`, `pull.cold over 100mbit`, `posture.user`.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Series(series) => series.to_string(),
            Self::Fact(fact) => fact.id().to_owned(),
        }
    }

    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Series(series) => series.metric.id(),
            Self::Fact(fact) => fact.id(),
        }
    }

    fn measure(self) -> Option<Measure> {
        match self {
            Self::Series(series) => Some(Measure::Series(series)),
            // A shell and a kill are yes or no, so text is clearer than "1 fewer".
            Self::Fact(Fact::Shell | Fact::Stop) => None,
            Self::Fact(fact) => fact.is_count().then_some(Measure::Count(fact)),
        }
    }
}

/// One variant in one metric or fact, against the baseline.
#[derive(Debug)]
pub(crate) struct EffectLine<'a> {
    pub(crate) scenario: &'a ScenarioRecord,
    pub(crate) technique: &'a TechniqueRecord,
    /// `None` if the baseline did not run.
    pub(crate) baseline: Option<&'a CaseRecord>,
    pub(crate) variant: &'a CaseRecord,
    pub(crate) subject: EffectSubject,
    /// Whether the technique is expected to change it.
    pub(crate) expected: bool,
    pub(crate) outcome: EffectOutcome,
}

impl EffectLine<'_> {
    /// Whether the samples show a difference.
    pub(crate) fn is_shown(&self) -> bool {
        match &self.outcome {
            EffectOutcome::Measured(change) => {
                matches!(change.effect(), Effect::Lower | Effect::Higher)
            }
            EffectOutcome::Text { differ } => *differ,
            EffectOutcome::Absent => false,
        }
    }
}

/// The result of the comparison.
#[derive(Debug)]
pub(crate) enum EffectOutcome {
    /// For a measure.
    Measured(MeasureChange),
    /// For a fact as text: whether the sides differ.
    Text { differ: bool },
    /// One of the sides is missing.
    Absent,
}

impl EffectOutcome {
    /// `6.80x [6.10, 7.40] faster`, `changed`; `None` without a comparison.
    pub(crate) fn words(&self) -> Option<String> {
        match self {
            Self::Measured(change) => Some(change.words()),
            Self::Text { differ: true } => Some("changed".to_owned()),
            Self::Text { differ: false } => Some("no effect".to_owned()),
            Self::Absent => None,
        }
    }

    /// After divided by before, for numbers.
    pub(crate) fn ratio(&self) -> Option<f64> {
        match self {
            Self::Measured(change) => Some(change.ratio?.ratio.get()),
            Self::Text { .. } | Self::Absent => None,
        }
    }

    /// The word in the files.
    pub(crate) fn effect(&self) -> &'static str {
        match self {
            Self::Measured(change) => change.effect().word(),
            Self::Text { differ: true } => "changed",
            Self::Text { differ: false } => "none",
            Self::Absent => "",
        }
    }

    /// Whether a shown effect is an improvement; `None` without an effect.
    pub(crate) fn better(&self, subject: EffectSubject) -> Option<bool> {
        let Self::Measured(change) = self else {
            return None;
        };
        let direction = match subject {
            EffectSubject::Series(series) => series.metric.direction(),
            EffectSubject::Fact(_) => Direction::Lower,
        };
        match change.effect() {
            Effect::Lower => Some(direction == Direction::Lower),
            Effect::Higher => Some(direction == Direction::Higher),
            Effect::None | Effect::Open => None,
        }
    }
}

/// All lines of a scenario, by variant; empty if it is not about a technique.
pub(crate) fn lines<'a>(
    analysis: &Analysis<'a>,
    scenario: &'a ScenarioRecord,
) -> Vec<EffectLine<'a>> {
    let Some(technique) = &scenario.technique else {
        return Vec::new();
    };
    let baseline = analysis.variant(&scenario.name, &technique.baseline);
    let cases = analysis.cases_of(&scenario.name).iter().copied();
    let variants = cases.filter(|case| case.variant != technique.baseline);
    let subjects = subjects(analysis, technique);
    let mut lines = Vec::new();
    for variant in variants {
        for (subject, expected) in &subjects {
            let known = |case: &CaseRecord| has_any(analysis, case, *subject);
            if !expected && !known(variant) && !baseline.is_some_and(known) {
                continue;
            }
            lines.push(EffectLine {
                scenario,
                technique,
                baseline,
                variant,
                subject: *subject,
                expected: *expected,
                outcome: compare(analysis, baseline, variant, *subject),
            });
        }
    }
    lines
}

/// The expected metrics of the technique, then the others; a metric over links once per link.
fn subjects(analysis: &Analysis<'_>, technique: &TechniqueRecord) -> Vec<(EffectSubject, bool)> {
    let companions = COMPANIONS.iter().map(|metric| (metric.id(), false));
    let shown = technique.shows.iter().map(|id| (id.as_str(), true));
    let mut subjects: Vec<(EffectSubject, bool)> = Vec::new();
    for (id, expected) in shown.chain(companions) {
        let known: Vec<EffectSubject> = match (id.parse::<Metric>(), Fact::of_id(id)) {
            (Ok(metric), _) if metric.is_linked() && !analysis.links().is_empty() => {
                let links = analysis.links().iter().map(|link| Some(*link));
                links
                    .map(|link| EffectSubject::Series(Series { metric, link }))
                    .collect()
            }
            (Ok(metric), _) => vec![EffectSubject::Series(Series::unlinked(metric))],
            (Err(_), Some(fact)) => vec![EffectSubject::Fact(fact)],
            // Unknown to this version: the record has a newer catalogue.
            (Err(_), None) => Vec::new(),
        };
        for subject in known {
            if subjects.iter().all(|(other, _)| *other != subject) {
                subjects.push((subject, expected));
            }
        }
    }
    subjects
}

/// Whether it has any observation, including failures.
fn has_any(analysis: &Analysis<'_>, case: &CaseRecord, subject: EffectSubject) -> bool {
    let EffectSubject::Series(series) = subject else {
        return case.posture.is_some();
    };
    analysis.at(&case.id, series).is_some_and(|entry| {
        let counts = entry.counts;
        entry.summary.is_some() || counts.dnf + counts.invalid > 0
    })
}

/// The value of one side.
pub(crate) fn side<'s>(
    analysis: &'s Analysis<'_>,
    case: Option<&CaseRecord>,
    series: Series,
) -> Observed<'s> {
    match case {
        Some(case) => Measure::Series(series).of(analysis, case),
        None => Observed {
            figure: Figure::Err(Absence::not_run("not run")),
            parts: Vec::new(),
            range: None,
            part: None,
        },
    }
}

fn compare(
    analysis: &Analysis<'_>,
    baseline: Option<&CaseRecord>,
    variant: &CaseRecord,
    subject: EffectSubject,
) -> EffectOutcome {
    let Some(baseline) = baseline else {
        return EffectOutcome::Absent;
    };
    if let Some(measure) = subject.measure() {
        let sides = [baseline, variant].map(|case| measure.of(analysis, case));
        let change = MeasureChange::of(measure, &sides[0], &sides[1]);
        return change.map_or(EffectOutcome::Absent, EffectOutcome::Measured);
    }
    let EffectSubject::Fact(fact) = subject else {
        return EffectOutcome::Absent;
    };
    match (posture_of(baseline), posture_of(variant)) {
        (Ok(before), Ok(after)) => EffectOutcome::Text {
            differ: fact.words(before) != fact.words(after),
        },
        _ => EffectOutcome::Absent,
    }
}
