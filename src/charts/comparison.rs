//! Two runs as a forest plot: for each line of the comparison the factor head / base with its
//! interval, and the band within which a metric counts as unchanged.

use super::canvas::{Anchor, Area, Canvas, ChartMark, ChartText, SMALL, Shape};
use super::context::rule;
use super::font;
use super::layout::{Layout, LegendSymbol, MARGIN, WIDTH, interval};
use super::options::Chart;
use super::palette::{Color, Theme};
use crate::compare::{Line, LineOutcome, RunComparison, Standing};
use crate::record::{Kind, RunRecord};
use crate::summary::change::bare;
use crate::summary::comparison::change;
use crate::summary::wording::one_line;

/// The most rows that are drawn; the smallest changes are left out first.
const ROWS: usize = 40;
/// Height of a row.
const ROW: f64 = 22.0;
/// Space for the name of a row, and for its text.
const NAMES: f64 = 330.0;
const WORDS: f64 = 250.0;

/// Draws the judged lines that have a factor, and the cases that broke or work again. `None` if
/// there is no such line.
pub fn comparison_chart(comparison: &RunComparison<'_>, theme: Theme) -> Option<Chart> {
    let mut lines: Vec<&Line<'_>> = comparison
        .lines
        .iter()
        .filter(|line| is_drawn(line))
        .collect();
    if lines.is_empty() {
        return None;
    }
    lines.sort_by(|one, other| {
        let by_standing = one.standing().cmp(&other.standing());
        by_standing.then(other.distance().total_cmp(&one.distance()))
    });
    let left_out = lines.len().saturating_sub(ROWS);
    lines.truncate(ROWS);
    let (base, head) = (comparison.base, comparison.head);
    let title = "What changed between two runs".to_owned();
    let mut layout = Layout::new(
        theme,
        "comparison".to_owned(),
        title,
        &subtitle(base, head, &lines),
    );
    layout.legend(&legend(comparison, &lines));
    let scale = Factors::for_values(&lines);
    let rows = ROW * lines.len() as f64;
    let labels = layout.y + 26.0;
    let top = labels + 6.0;
    let threshold = comparison.terms.timed.factor();
    let (from, to) = (scale.place(1.0 / threshold), scale.place(threshold));
    layout.canvas.rect(
        Area {
            x: from,
            y: top,
            width: to - from,
            height: rows,
        },
        Color::Grid,
        None,
        None,
    );
    for at in 0..lines.len() {
        rule(
            &mut layout.canvas,
            top + ROW * at as f64,
            MARGIN,
            WIDTH - MARGIN,
        );
    }
    scale.draw(&mut layout.canvas, (labels, top, top + rows));
    layout.y = top;
    for line in &lines {
        row(&mut layout.canvas, comparison, line, &scale, layout.y);
        layout.y += ROW;
    }
    let alt = crate::summary::comparison::summary(comparison);
    let mut notes = vec![format!(
        "Grey band: within {:.0} % a timed metric counts as the same. Intervals: 95 %, none below 6 samples a side.",
        (threshold - 1.0) * 100.0
    )];
    if left_out > 0 {
        notes.push(format!(
            "{left_out} more lines, which changed least, are in the table alone."
        ));
    }
    Some(layout.finish(&notes, format!("Head against base: {alt}")))
}

fn is_drawn(line: &Line<'_>) -> bool {
    match &line.outcome {
        LineOutcome::Judged(judged) => judged.effect.is_some_and(|effect| effect.get() > 0.0),
        LineOutcome::Broke { .. } | LineOutcome::Fixed { .. } => true,
        LineOutcome::Expected { .. }
        | LineOutcome::NotMeasured { .. }
        | LineOutcome::NotComparable(_) => false,
    }
}

fn subtitle(base: &RunRecord, head: &RunRecord, lines: &[&Line<'_>]) -> String {
    let sizes = lines.iter().filter_map(|line| match &line.outcome {
        LineOutcome::Judged(judged) if line.metric.kind() == Kind::Timed => Some(judged),
        _ => None,
    });
    let (least, most) = sizes.fold((usize::MAX, 0), |(least, most), judged| {
        (
            least.min(judged.n_base.min(judged.n_head)),
            most.max(judged.n_base.max(judged.n_head)),
        )
    });
    let n = match most {
        0 => "exact metrics only".to_owned(),
        _ if least == most => format!("n = {most} a side"),
        _ => format!("n = {least} to {most} a side"),
    };
    let engine = |run: &RunRecord| format!("{} {}", run.engine.name, run.engine.version);
    let engines = if engine(base) == engine(head) {
        engine(head)
    } else {
        format!("{} against {}", engine(head), engine(base))
    };
    let date = |run: &RunRecord| {
        run.started_at
            .split('T')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    format!(
        "Head / base, log scale: {} against {} · {n} · {engines} · {} and {}",
        head.id,
        base.id,
        date(base),
        date(head)
    )
}

fn mark(standing: Standing) -> ChartMark {
    match standing {
        Standing::Worse => ChartMark::of(Shape::Triangle, Color::Alert, false),
        Standing::Better => ChartMark::of(Shape::Wedge, Color::Good, false),
        Standing::Same => ChartMark::of(Shape::Circle, Color::Soft, false),
        Standing::Inconclusive | Standing::NotComparable => {
            ChartMark::of(Shape::Circle, Color::Soft, true)
        }
    }
}

fn legend(comparison: &RunComparison<'_>, lines: &[&Line<'_>]) -> Vec<(LegendSymbol, String)> {
    let mut legend: Vec<(LegendSymbol, String)> = Standing::ALL
        .into_iter()
        .filter(|standing| lines.iter().any(|line| line.standing() == *standing))
        .map(|standing| {
            (
                LegendSymbol::Mark(mark(standing)),
                standing.word().to_owned(),
            )
        })
        .collect();
    let broke = |line: &&Line<'_>| {
        matches!(
            line.outcome,
            LineOutcome::Broke { .. } | LineOutcome::Fixed { .. }
        )
    };
    if lines.iter().any(broke) {
        legend.push((
            LegendSymbol::Mark(ChartMark::DNF),
            "did not finish in one of the runs".to_owned(),
        ));
    }
    if lines.iter().any(|line| uses_stand_in(comparison, line)) {
        legend.push((
            LegendSymbol::Mark(ChartMark::STAND_IN),
            "built on a stand-in base".to_owned(),
        ));
    }
    legend
}

/// Whether the case uses a stand-in base in either run.
fn uses_stand_in(comparison: &RunComparison<'_>, line: &Line<'_>) -> bool {
    let mut cases = comparison.base.cases.iter().chain(&comparison.head.cases);
    cases.any(|case| case.id == *line.case && !case.stand_ins.is_empty())
}

fn row(
    canvas: &mut Canvas,
    comparison: &RunComparison<'_>,
    line: &Line<'_>,
    scale: &Factors,
    top: f64,
) {
    let y = top + ROW / 2.0;
    let over = line
        .link
        .map(|link| format!(" over {link}"))
        .unwrap_or_default();
    let name = format!("{} {}{over}", line.case, line.metric);
    let shown = font::truncate_middle(&name, SMALL, NAMES - 24.0);
    let right = MARGIN + NAMES - 20.0;
    canvas.text(ChartText {
        anchor: Anchor::End,
        size: SMALL,
        full: Some(&name),
        ..ChartText::at(right, y + 4.0, &shown)
    });
    if uses_stand_in(comparison, line) {
        canvas.mark(ChartMark::STAND_IN, right + 9.0, y, None);
    }
    let mark = mark(line.standing());
    match &line.outcome {
        LineOutcome::Judged(judged) => {
            let effect = judged.effect.map_or(1.0, |effect| effect.get());
            match judged.interval {
                Some(ends) => {
                    let places = [ends.lower, effect, ends.upper].map(|factor| scale.place(factor));
                    interval(canvas, places.into(), y, mark);
                }
                None => canvas.mark(mark, scale.place(effect), y, None),
            }
        }
        LineOutcome::Broke { reason } | LineOutcome::Fixed { reason } => {
            canvas.mark(ChartMark::DNF, scale.place(1.0), y, Some(reason));
        }
        LineOutcome::Expected { .. }
        | LineOutcome::NotMeasured { .. }
        | LineOutcome::NotComparable(_) => {}
    }
    let words = one_line(&change(line), 240);
    let short = font::truncate_end(&words, SMALL, WORDS - 12.0);
    let color = match line.standing() {
        Standing::Worse => Color::Alert,
        Standing::Better => Color::Good,
        _ => Color::Soft,
    };
    canvas.text(ChartText {
        size: SMALL,
        color,
        full: Some(&words),
        ..ChartText::at(WIDTH - MARGIN - WORDS + 12.0, y + 4.0, &short)
    });
}

/// A symmetric log scale of factors around 1.
struct Factors {
    /// The logarithm of the largest factor.
    reach: f64,
    from: f64,
    to: f64,
}

/// Common factors for the ticks.
const ROUND: [f64; 12] = [
    1.0, 1.05, 1.1, 1.25, 1.5, 2.0, 5.0, 10.0, 100.0, 1e3, 1e4, 1e6,
];

impl Factors {
    fn for_values(lines: &[&Line<'_>]) -> Self {
        let factors = lines.iter().filter_map(|line| match &line.outcome {
            LineOutcome::Judged(judged) => Some(judged),
            _ => None,
        });
        let ends = factors.flat_map(|judged| {
            let interval = judged.interval.map(|ends| [ends.lower, ends.upper]);
            let effect = judged.effect.map(|effect| effect.get());
            effect.into_iter().chain(interval.into_iter().flatten())
        });
        let positive = ends.filter(|factor| *factor > 0.0 && factor.is_finite());
        let reach = positive
            .map(|factor| factor.ln().abs())
            .fold(1.1_f64.ln(), f64::max);
        Self {
            reach: reach * 1.06,
            from: MARGIN + NAMES,
            to: WIDTH - MARGIN - WORDS,
        }
    }

    fn place(&self, factor: f64) -> f64 {
        let share = (factor.max(f64::MIN_POSITIVE).ln() / self.reach).clamp(-1.0, 1.0);
        let middle = f64::midpoint(self.from, self.to);
        middle + share * (self.to - self.from) / 2.0
    }

    /// As many round factors on both sides of 1 as their labels have space.
    fn ticks(&self) -> Vec<(f64, String)> {
        let mut ticks: Vec<(f64, String)> = vec![(1.0, "1x".to_owned())];
        let mut last = self.place(1.0);
        for factor in ROUND
            .into_iter()
            .skip(1)
            .filter(|factor| factor.ln() <= self.reach)
        {
            let pair = [1.0 / factor, factor].map(|factor| (factor, format!("{}x", bare(factor))));
            let widest = pair.iter().map(|tick| font::width(&tick.1, SMALL, false));
            let widest = widest.fold(0.0_f64, f64::max);
            if self.place(factor) - last >= widest + 12.0 {
                last = self.place(factor);
                ticks.extend(pair);
            }
        }
        ticks
    }

    fn draw(&self, canvas: &mut Canvas, (labels, top, foot): (f64, f64, f64)) {
        for (factor, label) in self.ticks() {
            let x = self.place(factor);
            let color = if factor == 1.0 {
                Color::Edge
            } else {
                Color::Grid
            };
            canvas.line((x, top), (x, foot), color, 1.0);
            canvas.text(ChartText {
                anchor: Anchor::Middle,
                color: Color::Soft,
                size: SMALL,
                ..ChartText::at(x, labels, &label)
            });
        }
        for (x, words, anchor) in [
            (self.from, "less in head", Anchor::Start),
            (self.to, "more in head", Anchor::End),
        ] {
            canvas.text(ChartText {
                anchor,
                color: Color::Soft,
                size: SMALL,
                ..ChartText::at(x, labels - 16.0, words)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_in_the_middle_and_reciprocals_are_symmetric() {
        let scale = Factors {
            reach: 2.0_f64.ln(),
            from: 100.0,
            to: 500.0,
        };
        assert_eq!(
            (scale.place(1.0), scale.place(2.0), scale.place(0.5)),
            (300.0, 500.0, 100.0)
        );
        assert!((scale.place(1.25) - 300.0 - (300.0 - scale.place(0.8))).abs() < 1e-9);
        assert_eq!((scale.place(0.0), scale.place(1e9)), (100.0, 500.0));
        let labels: Vec<String> = scale.ticks().into_iter().map(|tick| tick.1).collect();
        assert_eq!(
            labels,
            ["1x", "0.80x", "1.25x", "0.67x", "1.50x", "0.50x", "2.00x"]
        );
    }
}
