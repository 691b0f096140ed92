//! The part of a scenario: its tables, its charts, its variants one by one.

use maud::html;

use super::case::case;
use super::charts::charts;
use super::page_context::PageContext;
use super::section::Section;
use super::table::{Use, table};
use crate::record::ScenarioRecord;
use crate::summary::order::sorted_cases;
use crate::tables::main_table::all_tables;
use crate::tables::metric_table::table_title;

pub(super) fn scenarios<'s>(sheet: &'s PageContext<'_>) -> impl Iterator<Item = Section> + 's {
    let scenarios = sheet.record().scenarios.iter();
    scenarios.map(move |known| scenario(sheet, known))
}

fn scenario(sheet: &PageContext<'_>, scenario: &ScenarioRecord) -> Section {
    let name = scenario.name.as_str();
    let tables = all_tables(&sheet.analysis, name);
    let before = table_title(&sheet.analysis, name, "");
    let cases = sorted_cases(&sheet.analysis, name);
    let body = html! {
        @if let Some(technique) = &scenario.technique {
            p.lead { (technique.question.trim()) }
        }
        @for one in tables.iter().filter(|one| !one.rows.is_empty()) {
            (table(sheet, one, Use {
                caption: &capital(one.title.strip_prefix(&before).unwrap_or(&one.title)),
                scenario: Some(name),
                filtered: true,
            }))
        }
        (charts(sheet, scenario))
        (sheet.heading(2, "Variants, one by one"))
        p.hint { "Each opens: its figures, steps, layers, facts, Dockerfile, and what went wrong." }
        div.cases {
            @for one in &cases { (case(sheet, one)) }
        }
        @if !scenario.text.trim().is_empty() {
            details.text {
                summary { "The scenario's file, " code { (scenario.path) } }
                pre tabindex="0" { code { (scenario.text) } }
            }
        }
    };
    let title = format!("{} ({name})", scenario.title);
    sheet.section(&format!("scenario-{name}"), &title, &body)
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}
