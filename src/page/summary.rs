//! The top of the page: what was run, on what, the things to know, the warnings.

use maud::{Markup, html};

use super::page_context::PageContext;
use super::section::{ContentsEntry, Section};
use super::table;
use crate::record::{EngineChoice, RunRecord};
use crate::summary::findings::findings_of;
use crate::summary::run_words::{commands, state_word};
use crate::summary::warning::warnings_of;
use crate::summary::wording::plural;
use crate::tables::parts_table;

/// Scenarios that the heading names; more are counted.
const NAMED: usize = 3;

pub(super) fn summary(sheet: &PageContext<'_>) -> Section {
    let record = sheet.record();
    let title = title(record);
    let body = html! {
        section.summary id=(sheet.id("summary")) {
            (sheet.heading(0, &title))
            p.lead {
                "Run " code { (record.id) } ", begun " time datetime=(record.started_at) { (record.started_at) }
                ", " (state_word(record.state)) "."
            }
            (things(sheet))
            (facts(record))
            @if let Some(parts) = parts_table(record) {
                (table::plain(&sheet.id("parts"), &parts, &parts.title))
            }
            (stand_ins(sheet))
        }
    };
    Section {
        entry: ContentsEntry {
            anchor: sheet.id("summary"),
            text: "Summary".to_owned(),
            below: Vec::new(),
        },
        body,
    }
}

fn title(record: &RunRecord) -> String {
    let titles: Vec<&str> = record
        .scenarios
        .iter()
        .map(|scenario| scenario.title.as_str())
        .collect();
    match titles.len() {
        0 => record.id.clone(),
        1..=NAMED => titles.join(" · "),
        several => plural(several, "scenario"),
    }
}

fn things(sheet: &PageContext<'_>) -> Markup {
    let findings = findings_of(&sheet.analysis);
    html! {
        div.things {
            @for finding in &findings {
                div.thing {
                    (sheet.heading(1, finding.title))
                    @for sentence in &finding.sentences {
                        p {
                            @if let Some(about) = &sentence.about { strong { (about) } ": " }
                            (sentence.text)
                        }
                    }
                }
            }
        }
    }
}

fn facts(record: &RunRecord) -> Markup {
    let (plan, engine, host) = (&record.plan, &record.engine, &record.host);
    let names: Vec<&str> = record
        .scenarios
        .iter()
        .map(|scenario| scenario.name.as_str())
        .collect();
    let apps = record
        .cases
        .iter()
        .filter(|case| names.contains(&case.scenario.as_str()));
    let place = match plan.engine {
        EngineChoice::Host => "",
        EngineChoice::CleanRoom => ", in a clean room",
    };
    let virtualisation = host
        .virtualisation
        .as_ref()
        .map_or(String::new(), |word| format!(", {word}"));
    let load = host
        .load
        .as_ref()
        .map_or(String::new(), |load| format!("; load {load} at the start"));
    let links: Vec<String> = plan.links.iter().map(ToString::to_string).collect();
    // Of a run that was joined, these are facts of its first part; a table has all.
    let of_first = if record.parts.is_empty() {
        ""
    } else {
        "of the first part: "
    };
    html! {
        dl.facts {
            div { dt { "What" } dd {
                (plural(apps.count(), "variant")) " of " (plural(names.len(), "scenario")) ": " (names.join(", "))
            } }
            div { dt { "How often" } dd {
                (plural(plan.rounds as usize, "counted round")) ", " (plural(plan.warmup_rounds as usize, "warm-up"))
                ", seed " (plan.seed)
            } }
            div { dt { "Engine" } dd {
                (of_first) (engine.name) " " (engine.version) " (API " (engine.api_version) ")" (place) "; store "
                (engine.store.word()) ", driver " (engine.driver) ", builder " (engine.builder) ", " (engine.platform)
            } }
            div { dt { "Machine" } dd {
                (of_first) (host.os) ", " (plural(host.cpus.0 as usize, "logical CPU")) " (" (host.cpu) "), "
                (host.memory_bytes.to_string()) " of memory, kernel " (host.kernel) (virtualisation) (load)
            } }
            @if !links.is_empty() { div { dt { "Links" } dd { (links.join(", ")) } } }
            div { dt { "Command" } dd { @for command in commands(record) { code { (command) } " " } } }
            div { dt { "Tool" } dd { "plimsoll " (record.tool.version) } }
        }
    }
}

/// Which bases are not what the Dockerfile names.
fn stand_ins(sheet: &PageContext<'_>) -> Markup {
    let record = sheet.record();
    let bases: Vec<_> = record
        .bases
        .iter()
        .filter_map(|base| Some((base, base.stand_in.as_ref()?)))
        .collect();
    html! {
        @if !bases.is_empty() {
            details.standins {
                summary { "* " (plural(bases.len(), "base")) " built here as stand-in" }
                p {
                    "These images were built locally in place of registry images that could not be pulled. What is "
                    "marked * rests on them and is not a measurement of the registry's image."
                }
                ul {
                    @for (base, stand_in) in &bases {
                        li { code { (stand_in.stands_in_for) } " is " code { (base.resolved) } ", " (base.unpacked_bytes.to_string()) }
                    }
                }
            }
        }
    }
}

pub(super) fn warnings(sheet: &PageContext<'_>) -> Option<Section> {
    let warnings = warnings_of(&sheet.analysis);
    if warnings.is_empty() {
        return None;
    }
    let lines = html! {
        ul.warnings { @for warning in &warnings { li { (warning.to_string()) } } }
    };
    // A long list would stand between the reader and the tables.
    let body = html! {
        @if warnings.len() > 5 {
            details { summary { (plural(warnings.len(), "warning")) } (lines) }
        } @else { (lines) }
    };
    Some(sheet.section("warnings", "Warnings", &body))
}
