//! Two runs side by side: the forest plot, what changed and why, and every line.

use maud::{Markup, PreEscaped, html};

use super::document::document;
use super::section::ContentsEntry;
use super::table::{filtered, plain};
use crate::charts::{Theme, comparison_chart};
use crate::compare::{RunComparison, Standing};
use crate::record::RunRecord;
use crate::summary::comparison::summary;
use crate::tables::comparison::lines_table;
use crate::tables::runs::table_of;
use crate::tables::{Cell, Column, Table};

/// The page of a comparison.
pub fn comparison_html(comparison: &RunComparison<'_>) -> String {
    let (base, head) = (comparison.base, comparison.head);
    let title = format!("{} against {}", head.id, base.id);
    let body = html! {
        section.summary id="summary" {
            h1 { "What changed" }
            p.lead { "Head " code { (head.id) } " against base " code { (base.id) } "." }
            p { (summary(comparison)) }
            (plain("sides", &sides(base, head), "The two sides"))
        }
        section id="changes" { h2 { "Changes" } (changes(comparison)) }
        section id="lines" {
            h2 { "Every line" }
            (filtered("all-lines", &bare(lines_table(comparison, true)), "All that is in both runs"))
        }
    };
    let contents = [
        ("summary", "Summary"),
        ("changes", "Changes"),
        ("lines", "Every line"),
    ];
    let contents = contents.map(|(anchor, text)| ContentsEntry {
        anchor: anchor.to_owned(),
        text: text.to_owned(),
        below: Vec::new(),
    });
    document(&title, &contents, &body)
}

/// What each side was measured on, and of which commit.
fn sides(base: &RunRecord, head: &RunRecord) -> Table {
    let mut table = table_of(&[base, head]);
    table.columns.insert(0, Column::text("side", "side"));
    table
        .columns
        .insert(2, Column::text("revision", "revision"));
    for ((row, run), side) in table
        .rows
        .iter_mut()
        .zip([base, head])
        .zip(["base", "head"])
    {
        let revision = run.revision.as_ref();
        let words = revision.map(|one| format!("{} ({})", one.short(), one.name));
        row.insert(0, Cell::text(side));
        row.insert(2, words.map_or_else(Cell::missing, Cell::text));
    }
    table
}

fn changes(comparison: &RunComparison<'_>) -> Markup {
    let table = lines_table(comparison, false);
    let chart = comparison_chart(comparison, Theme::Css);
    let changed = comparison.count(Standing::Worse) + comparison.count(Standing::Better);
    html! {
        @if changed == 0 { p { "Nothing became worse or better." } }
        @if let Some(chart) = chart {
            figure.chart id="chart-comparison" {
                div.scroll role="group" tabindex="0" aria-label=(chart.title) { (PreEscaped(&chart.svg)) }
                figcaption { (chart.alt) }
            }
        }
        @if table.rows.is_empty() {
            ul.notes { @for note in &table.notes { li { (note.text) } } }
        } @else {
            (filtered("changed-lines", &table, "What changed or is open, and why"))
        }
    }
}

/// Without the notes, which stand below the changes.
fn bare(mut table: Table) -> Table {
    table.notes.clear();
    table
}
