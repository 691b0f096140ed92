//! Many runs over time: a line for each trend, then each trend's chart and its runs.

use maud::{Markup, PreEscaped, html};

use super::document::document;
use super::section::ContentsEntry;
use super::table::{linked, plain};
use crate::charts::{Chart, Theme, history_chart};
use crate::history::Trend;
use crate::scenario::Budget;
use crate::summary::HistoryPage;
use crate::summary::history::{in_order, summary};
use crate::summary::wording::plural;
use crate::tables::{Table, history_table, trend_table};

/// The page of a history, with the limits of budgets in its charts; `more` are those of a
/// configuration.
pub fn history_html(page: &HistoryPage<'_>, more: &[Budget]) -> String {
    let title = format!("{} in {}", plural(page.runs, "run"), page.source);
    let trends = in_order(page.trends);
    let anchors: Vec<String> = (1..=trends.len()).map(|at| format!("trend-{at}")).collect();
    let table = without_lines(history_table(page));
    let body = html! {
        section.summary id="summary" {
            h1 { "History" }
            p.lead { (title) "." }
            p { (summary(page.trends)) }
            (linked("trends-table", &table, "How each metric went", &|row| anchors.get(row).map(String::as_str)))
        }
        section id="trends" {
            h2 { "Trends" }
            @for (trend, anchor) in trends.iter().zip(&anchors) {
                (one(trend, anchor, history_chart(trend, trend.limit(more), Theme::Css)))
            }
        }
    };
    let below = trends
        .iter()
        .zip(&anchors)
        .map(|(trend, anchor)| ContentsEntry {
            anchor: anchor.clone(),
            text: trend_table(trend).title,
            below: Vec::new(),
        });
    let contents = [
        ContentsEntry {
            anchor: "summary".to_owned(),
            text: "Summary".to_owned(),
            below: Vec::new(),
        },
        ContentsEntry {
            anchor: "trends".to_owned(),
            text: "Trends".to_owned(),
            below: below.collect(),
        },
    ];
    document(&title, &contents, &body)
}

/// The table without its lines of values: each trend has a picture here.
fn without_lines(mut table: Table) -> Table {
    if let Some(at) = table
        .columns
        .iter()
        .position(|column| column.key == "trend")
    {
        table.columns.remove(at);
        for row in &mut table.rows {
            row.remove(at);
        }
    }
    table
}

/// A trend's picture, and below it, folded, its runs.
fn one(trend: &Trend<'_>, anchor: &str, chart: Option<Chart>) -> Markup {
    let table = trend_table(trend);
    html! {
        section id=(anchor) {
            h3 { (table.title) }
            @if let Some(chart) = &chart {
                figure.chart {
                    div.scroll role="group" tabindex="0" aria-label=(chart.title) { (PreEscaped(&chart.svg)) }
                    figcaption { (chart.alt) }
                }
            }
            details.paths {
                summary { "Run by run" }
                (plain(&format!("{anchor}-runs"), &table, &table.title))
            }
        }
    }
}
