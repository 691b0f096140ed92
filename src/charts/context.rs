//! The scenario that a chart shows: its cases in order, and the details of every chart: number of
//! samples, engine and date.

use super::canvas::{Anchor, Area, Canvas, ChartMark, ChartText, LABEL, SMALL};
use super::font;
use super::layout::{LegendSymbol, MARGIN};
use super::options::ChartOptions;
use super::palette::{Color, Theme};
use crate::record::{CaseRecord, EngineChoice, Metric, ScenarioRecord};
use crate::summary::figure::absence;
use crate::summary::order::sorted_cases;
use crate::summary::parts::apart_words;
use crate::summary::reasons::entry_reasons;
use crate::summary::wording::{one_line, plural};
use crate::summary::{Analysis, Grouping, MetricSummary, Series};

/// Longest reason in a tooltip, in characters.
const REASON_CHARS: usize = 240;

/// A scenario to draw.
#[derive(Debug)]
pub(super) struct ChartContext<'r, 'a> {
    pub(super) analysis: &'r Analysis<'a>,
    pub(super) scenario: &'a ScenarioRecord,
    pub(super) theme: Theme,
    /// The cases in the order of the tables; one group unless they are grouped by strategy.
    pub(super) groups: Vec<CaseGroup<'a>>,
}

/// Cases below one heading.
#[derive(Debug)]
pub(super) struct CaseGroup<'a> {
    pub(super) heading: Option<String>,
    pub(super) cases: Vec<&'a CaseRecord>,
}

impl<'r, 'a> ChartContext<'r, 'a> {
    pub(super) fn new(
        analysis: &'r Analysis<'a>,
        scenario: &'a ScenarioRecord,
        options: ChartOptions,
    ) -> Self {
        let mut groups: Vec<CaseGroup<'a>> = Vec::new();
        for case in sorted_cases(analysis, &scenario.name) {
            let heading = match options.grouping {
                Grouping::Variant => None,
                Grouping::Strategy => Some(case.strategy.clone()),
            };
            match groups.iter_mut().find(|group| group.heading == heading) {
                Some(group) => group.cases.push(case),
                None => groups.push(CaseGroup {
                    heading,
                    cases: vec![case],
                }),
            }
        }
        Self {
            analysis,
            scenario,
            theme: options.theme,
            groups,
        }
    }

    pub(super) fn cases(&self) -> impl Iterator<Item = &'a CaseRecord> + '_ {
        self.groups
            .iter()
            .flat_map(|group| group.cases.iter().copied())
    }

    pub(super) fn entry(&self, case: &CaseRecord, series: Series) -> Option<&'r MetricSummary<'a>> {
        self.analysis.at(&case.id, series)
    }

    /// Whether any case has a sample of it, successful or not.
    pub(super) fn was_attempted(&self, metric: Metric) -> bool {
        let mut entries = self.analysis.entries_in(&self.scenario.name);
        entries.any(|entry| {
            let counts = entry.counts;
            entry.metric == metric && counts.ok + counts.warmup + counts.invalid + counts.dnf > 0
        })
    }

    /// `node-sizes`.
    pub(super) fn name(&self, what: &str) -> String {
        format!("{}-{what}", self.scenario.name)
    }

    /// `Image size – Node API`.
    pub(super) fn title(&self, what: &str) -> String {
        format!("{what} – {}", self.scenario.title)
    }

    /// `13 variants · n = 6 · Docker Engine 20.10.24 (overlay2), clean room · 2026-11-20`.
    pub(super) fn provenance(&self, series: &[Series]) -> String {
        let record = self.analysis.record;
        let engine = &record.engine;
        let others = match record.parts.len() {
            0 | 1 => String::new(),
            parts => format!(", the first of {parts} parts"),
        };
        let room = match record.plan.engine {
            EngineChoice::Host => "",
            EngineChoice::CleanRoom => ", clean room",
        };
        let date = record.started_at.split('T').next().unwrap_or_default();
        format!(
            "{} · {} · {} {} ({}){room}{others} · {date}",
            plural(self.cases().count(), "variant"),
            self.samples(series),
            engine.name,
            engine.version,
            engine.driver,
        )
    }

    /// `n = 6`, or `n = 3 to 6` if the cases differ.
    fn samples(&self, series: &[Series]) -> String {
        let sizes = self.cases().flat_map(|case| {
            let entries = series.iter().filter_map(|series| self.entry(case, *series));
            entries.filter_map(|entry| Some(entry.summary.as_ref()?.n))
        });
        let (least, most) = sizes.fold((usize::MAX, 0), |(least, most), n| {
            (least.min(n), most.max(n))
        });
        match most {
            0 => "no sample counts".to_owned(),
            _ if least == most => format!("n = {most}"),
            _ => format!("n = {least} to {most}"),
        }
    }

    pub(super) fn any_stand_in(&self) -> bool {
        self.cases().any(|case| !case.stand_ins.is_empty())
    }

    /// Whether a sample of these series did not finish.
    pub(super) fn any_dnf(&self, series: &[Series]) -> bool {
        self.cases().any(|case| {
            let mut entries = series.iter().filter_map(|series| self.entry(case, *series));
            entries.any(|entry| entry.counts.dnf > 0 || absence(entry.standing).0 == "DNF")
        })
    }

    /// Legend entries of the marks that the chart contains.
    pub(super) fn marks(&self, series: &[Series]) -> Vec<(LegendSymbol, String)> {
        let mut marks = Vec::new();
        if self.any_stand_in() {
            marks.push((
                LegendSymbol::Mark(ChartMark::STAND_IN),
                "built on a stand-in base".to_owned(),
            ));
        }
        if self.any_dnf(series) {
            marks.push((
                LegendSymbol::Mark(ChartMark::DNF),
                "did not finish".to_owned(),
            ));
        }
        marks
    }

    /// A note if the cases were measured on several machines, whose times must not be compared.
    pub(super) fn machines_note(&self) -> Option<String> {
        apart_words(self.analysis, &self.scenario.name)
    }

    /// The notes below every chart.
    pub(super) fn notes(&self) -> Vec<String> {
        let stand_ins = self.stand_in_note();
        self.machines_note().into_iter().chain(stand_ins).collect()
    }

    fn stand_in_note(&self) -> Option<String> {
        let mut bases: Vec<&String> = self.cases().flat_map(|case| &case.stand_ins).collect();
        bases.sort();
        bases.dedup();
        if bases.is_empty() {
            return None;
        }
        let named: Vec<&str> = bases.into_iter().map(String::as_str).collect();
        Some(format!(
            "Stand-in bases, built here in place of registry images that are not available: {}.",
            named.join(", ")
        ))
    }
}

/// The column of variant names to the left of a plot.
#[derive(Debug, Clone, Copy)]
pub(super) struct NameColumn {
    /// The right edge of the names.
    pub(super) right: f64,
}

/// Space for the mark between a name and the plot.
const MARK_ROOM: f64 = 18.0;

impl NameColumn {
    /// As wide as the longest name, within bounds.
    pub(super) fn of(context: &ChartContext<'_, '_>) -> Self {
        let widest = context
            .cases()
            .map(|case| font::width(&case.variant, LABEL, false));
        let widest = widest.fold(0.0_f64, f64::max);
        Self {
            right: MARGIN + widest.clamp(60.0, 240.0),
        }
    }

    /// The left edge of the plot.
    pub(super) fn end(self) -> f64 {
        self.right + MARK_ROOM
    }

    /// Draws a name and the mark of a stand-in; `y` is the middle of the row.
    pub(super) fn draw(self, canvas: &mut Canvas, case: &CaseRecord, y: f64) {
        let name = font::truncate_middle(&case.variant, LABEL, self.right - MARGIN);
        let full = if case.title.is_empty() {
            case.variant.clone()
        } else {
            format!("{}: {}", case.variant, case.title)
        };
        canvas.text(ChartText {
            anchor: Anchor::End,
            full: Some(&full),
            ..ChartText::at(self.right, y + 4.0, &name)
        });
        if !case.stand_ins.is_empty() {
            let bases = format!("stand-in for {}", case.stand_ins.join(", "));
            canvas.mark(ChartMark::STAND_IN, self.right + 9.0, y, Some(&bases));
        }
    }
}

/// Height of a group's heading.
pub(super) const HEADING_HEIGHT: f64 = 22.0;

/// Draws the heading of a group of rows and returns its height.
pub(super) fn heading(canvas: &mut Canvas, words: Option<&str>, y: f64) -> f64 {
    let Some(words) = words else { return 0.0 };
    let shown = font::truncate_middle(words, LABEL, 300.0);
    canvas.text(ChartText {
        bold: true,
        full: Some(words),
        ..ChartText::at(MARGIN, y + 16.0, &shown)
    });
    HEADING_HEIGHT
}

/// Draws the reason for a missing value, with a mark for a DNF.
pub(super) fn absent(canvas: &mut Canvas, entry: Option<&MetricSummary<'_>>, x: f64, y: f64) {
    let word = entry.map_or("–", |entry| absence(entry.standing).0);
    let reason = entry
        .and_then(entry_reasons)
        .map(|reason| one_line(&reason, REASON_CHARS));
    let mut x = x + 2.0;
    if word == "DNF" {
        canvas.mark(ChartMark::DNF, x + 5.0, y, reason.as_deref());
        x += 14.0;
    }
    canvas.text(ChartText {
        size: SMALL,
        color: Color::Soft,
        full: reason.as_deref(),
        ..ChartText::at(x, y + 4.0, word)
    });
}

/// Draws a mark with a tooltip if some samples of the entry did not finish.
pub(super) fn draw_failed_samples(canvas: &mut Canvas, entry: &MetricSummary<'_>, x: f64, y: f64) {
    if entry.counts.dnf == 0 {
        return;
    }
    let failed = entry.reasons.iter().map(|reason| reason.text);
    let reasons = one_line(&failed.collect::<Vec<_>>().join("; "), REASON_CHARS);
    let full = format!(
        "{} of {} DNF: {reasons}",
        entry.counts.dnf,
        plural(entry.counts.dnf + entry.counts.ok, "sample")
    );
    canvas.mark(ChartMark::DNF, x, y, Some(&full));
}

/// Draws a thin horizontal line between rows.
pub(super) fn rule(canvas: &mut Canvas, y: f64, from: f64, to: f64) {
    canvas.rect(
        Area {
            x: from,
            y,
            width: to - from,
            height: 1.0,
        },
        Color::Grid,
        None,
        None,
    );
}
