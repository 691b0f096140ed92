//! The lines of an effect: what is looked at, on both sides.

use super::super::analysis::Analysis;
use super::super::change::{Change, Effect};
use super::super::entry::Series;
use super::super::figure::Absence;
use super::super::figure::Figure;
use super::super::observed::{Measure, Observed};
use super::super::posture::{Fact, posture_of};
use crate::record::{CaseRecord, Direction, Metric, ScenarioRecord, TechniqueRecord};

/// Looked at whatever the technique shows in: a gain in one place may be paid in another.
const COMPANIONS: [Metric; 4] = [
    Metric::SizeUnpacked,
    Metric::SizeTransfer,
    Metric::BuildCold,
    Metric::RebuildSource,
];

/// What a line looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::report) enum Subject {
    Series(Series),
    Fact(Fact),
}

impl Subject {
    /// `build.cold`, `pull.cold over 100mbit`, `posture.user`.
    pub(in crate::report) fn name(self) -> String {
        match self {
            Self::Series(series) => series.to_string(),
            Self::Fact(fact) => fact.id().to_owned(),
        }
    }

    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Series(series) => series.metric.id(),
            Self::Fact(fact) => fact.id(),
        }
    }

    fn measure(self) -> Option<Measure> {
        match self {
            Self::Series(series) => Some(Measure::Series(series)),
            // A shell is there or not, and so with a kill: "1 fewer" would say less than the words do.
            Self::Fact(Fact::Shell | Fact::Stop) => None,
            Self::Fact(fact) => fact.is_count().then_some(Measure::Count(fact)),
        }
    }
}

/// One variant in one metric or fact, against the baseline.
#[derive(Debug)]
pub(in crate::report) struct Line<'a> {
    pub(in crate::report) scenario: &'a ScenarioRecord,
    pub(in crate::report) technique: &'a TechniqueRecord,
    /// None where the baseline did not run.
    pub(in crate::report) baseline: Option<&'a CaseRecord>,
    pub(in crate::report) variant: &'a CaseRecord,
    pub(in crate::report) subject: Subject,
    /// Whether the technique should show in it.
    pub(in crate::report) expected: bool,
    pub(in crate::report) outcome: Outcome,
}

impl Line<'_> {
    /// Whether the two sides are shown to differ.
    pub(in crate::report) fn is_shown(&self) -> bool {
        match &self.outcome {
            Outcome::Measured(change) => matches!(change.effect(), Effect::Lower | Effect::Higher),
            Outcome::Told { differ } => *differ,
            Outcome::Absent => false,
        }
    }
}

/// What the comparison says.
#[derive(Debug)]
pub(in crate::report) enum Outcome {
    /// Of a measure.
    Measured(Change),
    /// Of a fact in words: whether they differ.
    Told { differ: bool },
    /// One of the two sides is not there.
    Absent,
}

impl Outcome {
    /// `6.80x [6.10, 7.40] faster`, `changed`; none where there is nothing to compare.
    pub(in crate::report) fn words(&self) -> Option<String> {
        match self {
            Self::Measured(change) => Some(change.words()),
            Self::Told { differ: true } => Some("changed".to_owned()),
            Self::Told { differ: false } => Some("no effect".to_owned()),
            Self::Absent => None,
        }
    }

    /// After divided by before, of what is a number.
    pub(in crate::report) fn ratio(&self) -> Option<f64> {
        match self {
            Self::Measured(change) => Some(change.ratio?.ratio.get()),
            Self::Told { .. } | Self::Absent => None,
        }
    }

    /// The word in the files.
    pub(super) fn effect(&self) -> &'static str {
        match self {
            Self::Measured(change) => change.effect().word(),
            Self::Told { differ: true } => "changed",
            Self::Told { differ: false } => "none",
            Self::Absent => "",
        }
    }

    /// Whether a shown effect is one for the better; none where nothing is shown.
    pub(in crate::report) fn better(&self, subject: Subject) -> Option<bool> {
        let Self::Measured(change) = self else {
            return None;
        };
        let direction = match subject {
            Subject::Series(series) => series.metric.direction(),
            Subject::Fact(_) => Direction::Lower,
        };
        match change.effect() {
            Effect::Lower => Some(direction == Direction::Lower),
            Effect::Higher => Some(direction == Direction::Higher),
            Effect::None | Effect::Open => None,
        }
    }
}

/// All lines of a scenario, variant by variant; empty where it is about no technique.
pub(in crate::report) fn lines<'a>(
    analysis: &Analysis<'a>,
    scenario: &'a ScenarioRecord,
) -> Vec<Line<'a>> {
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
            lines.push(Line {
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

/// What the technique shows in, then the companions; a linked metric once per link.
fn subjects(analysis: &Analysis<'_>, technique: &TechniqueRecord) -> Vec<(Subject, bool)> {
    let companions = COMPANIONS.iter().map(|metric| (metric.id(), false));
    let shown = technique.shows.iter().map(|id| (id.as_str(), true));
    let mut subjects: Vec<(Subject, bool)> = Vec::new();
    for (id, expected) in shown.chain(companions) {
        let known: Vec<Subject> = match (id.parse::<Metric>(), Fact::of_id(id)) {
            (Ok(metric), _) if metric.is_linked() && !analysis.links().is_empty() => {
                let links = analysis.links().iter().map(|link| Some(*link));
                links
                    .map(|link| Subject::Series(Series { metric, link }))
                    .collect()
            }
            (Ok(metric), _) => vec![Subject::Series(Series::unlinked(metric))],
            (Err(_), Some(fact)) => vec![Subject::Fact(fact)],
            // A record of a newer catalogue: nothing is known of it here.
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

/// Whether anything was seen of it, be it a failure.
fn has_any(analysis: &Analysis<'_>, case: &CaseRecord, subject: Subject) -> bool {
    let Subject::Series(series) = subject else {
        return case.posture.is_some();
    };
    analysis.at(&case.id, series).is_some_and(|entry| {
        let counts = entry.counts;
        entry.summary.is_some() || counts.dnf + counts.invalid > 0
    })
}

/// What one side comes to.
pub(super) fn side<'s>(
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
    subject: Subject,
) -> Outcome {
    let Some(baseline) = baseline else {
        return Outcome::Absent;
    };
    if let Some(measure) = subject.measure() {
        let sides = [baseline, variant].map(|case| measure.of(analysis, case));
        let change = Change::of(measure, &sides[0], &sides[1]);
        return change.map_or(Outcome::Absent, Outcome::Measured);
    }
    let Subject::Fact(fact) = subject else {
        return Outcome::Absent;
    };
    match (posture_of(baseline), posture_of(variant)) {
        (Ok(before), Ok(after)) => Outcome::Told {
            differ: fact.words(before) != fact.words(after),
        },
        _ => Outcome::Absent,
    }
}
