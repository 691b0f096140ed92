//! `report.md` of a run that has too many variants for a report.

use std::collections::BTreeMap;

use super::markdown_sections::section;
use crate::record::{Disposition, RunRecord};
use crate::summary::run_words::state_word;
use crate::summary::wording::plural;
use crate::tables::render::{code, escape};
use crate::text;

/// Variants of which a reader gets every table and a page. A page of twice as many has 45 MB,
/// and no browser scrolls it well.
pub const MOST_REPORTED: usize = 500;

/// Scenarios and warnings that are listed.
const MOST_LISTED: usize = 1_000;

/// How many variants a run has, where they are more than [`MOST_REPORTED`].
pub fn too_many_variants(record: &RunRecord) -> Option<usize> {
    let variants = record.cases.iter().filter(|case| case.strategy != "floor");
    Some(variants.count()).filter(|variants| *variants > MOST_REPORTED)
}

/// What is left out of the folder of such a run, and the commands that give it; none for a
/// smaller run.
pub fn left_out(record: &RunRecord) -> Option<String> {
    let variants = too_many_variants(record)?;
    let run = text::inline(&record.id);
    Some(format!(
        "{variants} variants are too many for a page (at most {MOST_REPORTED}): report.html is not \
         written, and report.md lists the scenarios only. A page of some of them: `plimsoll report \
         {run} --only '{}/*' --open --out page.html`. All of it: `plimsoll report {run} --write`",
        example(record)
    ))
}

/// A scenario to name in a command.
fn example(record: &RunRecord) -> &str {
    let mut scenarios = record.scenarios.iter();
    scenarios.next().map_or("SCENARIO", |first| &first.name)
}

/// The scenarios of a run, how many variants of each there are, and how to get the rest. Its
/// length does not grow with the variants.
pub fn brief_md(record: &RunRecord) -> String {
    let apps = || record.cases.iter().filter(|case| case.strategy != "floor");
    let parts = match record.parts.len() {
        0 => String::new(),
        parts => format!(", joined from {}", plural(parts, "part")),
    };
    let begun = escape(&record.started_at);
    let intro = format!(
        "Run at {begun} (plimsoll {}, {}): {} of {}{parts}.\n\n\
         A report of more than {MOST_REPORTED} variants is too large to read, so this file lists \
         the scenarios only, and there is no page.",
        escape(&record.tool.version),
        state_word(record.state),
        plural(apps().count(), "variant"),
        plural(record.scenarios.len(), "scenario"),
    );
    let sections = [
        format!("# {}\n\n{intro}", escape(&record.id)),
        section("Reports", &commands(record)),
        section("Warnings", &warnings(record)),
        section("Scenarios", &scenarios(record)),
    ];
    let present: Vec<&str> = sections
        .iter()
        .map(|text| text.trim_end())
        .filter(|text| !text.is_empty())
        .collect();
    format!("{}\n", present.join("\n\n"))
}

fn commands(record: &RunRecord) -> String {
    let (run, some) = (text::inline(&record.id), example(record));
    format!(
        "`summary.csv`, `samples.csv` and `steps.csv` have all variants, and `run.json` has all that was \
         measured.\n\n```\n\
         plimsoll report {run} --only '{some}/*'                        # the tables of one scenario\n\
         plimsoll report {run} --only '{some}/*' --open --out page.html # its page\n\
         plimsoll report {run} --write                                  # every file of all variants\n\
         ```"
    )
}

fn warnings(record: &RunRecord) -> String {
    let listed = record.warnings.iter().take(MOST_LISTED);
    let mut lines: Vec<String> = listed
        .map(|warning| format!("- {}", escape(warning)))
        .collect();
    lines.extend(more(record.warnings.len(), "warning").map(|more| format!("- {more}")));
    lines.join("\n")
}

fn scenarios(record: &RunRecord) -> String {
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for case in &record.cases {
        let (variants, failed) = counts.entry(&case.scenario).or_default();
        *variants += 1;
        *failed += usize::from(matches!(case.disposition, Disposition::Failed { .. }));
    }
    let mut lines = vec![
        "| scenario | variants | failed |".to_owned(),
        "| :--- | ---: | ---: |".to_owned(),
    ];
    for scenario in record.scenarios.iter().take(MOST_LISTED) {
        let (variants, failed) = counts
            .get(scenario.name.as_str())
            .copied()
            .unwrap_or_default();
        let name = code(&scenario.name);
        lines.push(format!("| {name} | {variants} | {failed} |"));
    }
    if let Some(more) = more(record.scenarios.len(), "scenario") {
        lines.push(format!("\n{more}"));
    }
    lines.join("\n")
}

fn more(all: usize, what: &str) -> Option<String> {
    let more = all.checked_sub(MOST_LISTED).filter(|more| *more > 0)?;
    Some(format!(
        "And {}: `run.json` has all.",
        plural(more, &format!("more {what}"))
    ))
}
