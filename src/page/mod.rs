//! `report.html`: a run as one file that opens from disk, without network and build step;
//! and in the same frame a comparison, and a history.
//!
//! Everything is computed from the record, by the same rows as `report.md`. What came from
//! outside (names, logs, Dockerfiles) is escaped by the template; a policy in the page's
//! head lets nothing run but its own script, and what would reorder or hide text is
//! shown as its escape. Without JavaScript all of it can be read; with it tables
//! sort and filter. docs/REPORT.md says what is on it and why.

mod case;
mod charts;
mod comparison;
mod document;
mod download;
mod history;
mod measured;
mod method;
mod page_context;
mod scenario;
mod section;
mod summary;
mod table;

use maud::html;

use crate::record::RunRecord;
use crate::tables::runs_overview;
use document::document;
use page_context::PageContext;
use section::{ContentsEntry, Section};

pub use comparison::comparison_html;
pub use history::history_html;

/// The page of a run.
pub fn report_html(record: &RunRecord) -> String {
    let sheet = PageContext::new(record, String::new(), 1);
    let (body, contents) = run(&sheet);
    document(&record.id, &contents, &body)
}

/// The page of several runs: what makes them differ, then each run for itself.
pub fn reports_html(records: &[RunRecord]) -> String {
    let title = format!("{} runs", records.len());
    let mut contents = Vec::new();
    let mut runs = Vec::new();
    for (number, record) in (1..).zip(records) {
        let sheet = PageContext::new(record, format!("run{number}-"), 2);
        let (body, below) = run(&sheet);
        contents.push(ContentsEntry {
            anchor: sheet.id("summary"),
            text: record.id.clone(),
            below,
        });
        runs.push(body);
    }
    let overview = runs_overview(records);
    let body = html! {
        section id="runs" {
            h1 { (title) }
            (table::plain("runs-table", &overview, "What the runs differ in"))
        }
        @for run in &runs { (run) }
    };
    document(&title, &contents, &body)
}

/// All sections of a run, and what the contents list of them.
fn run(sheet: &PageContext<'_>) -> (maud::Markup, Vec<ContentsEntry>) {
    let sections: Vec<Section> = std::iter::once(summary::summary(sheet))
        .chain(summary::warnings(sheet))
        .chain(scenario::scenarios(sheet))
        .chain(method::claims(sheet))
        .chain(method::lacking(sheet))
        .chain(method::floor(sheet))
        .chain([method::method(sheet), download::downloads(sheet)])
        .collect();
    let body = html! { @for section in &sections { (section.body) } };
    let contents = sections.into_iter().map(|section| section.entry).collect();
    (body, contents)
}
