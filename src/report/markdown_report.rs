//! `report.md`: the whole run on one page.

use super::failures::failures;
use super::markdown_sections::{intro, meanings, section, stand_ins};
use crate::record::{Metric, RunRecord};
use crate::scenario::Claim;
use crate::summary::Analysis;
use crate::summary::steps::median_cold_builds;
use crate::summary::warning::warnings_of;
use crate::tables::claims::{Heads, claims_of};
use crate::tables::floor::floor_of;
use crate::tables::main_table::all_tables;
use crate::tables::parts_table;
use crate::tables::render::{code, escape};
use crate::tables::steps::steps_table;
use crate::text;

/// The page, computed from the record only; it ends with a newline.
pub fn report_md(record: &RunRecord) -> String {
    let analysis = Analysis::of(record);
    let sections = [
        format!("# {}\n\n{}", escape(&record.id), intro(record)),
        parts(record),
        stand_ins(record),
        warnings(&analysis),
        tables(&analysis),
        claims(&analysis),
        failures(&analysis),
        floor(&analysis),
        steps(&analysis),
        meanings(record),
        recompute(record),
    ];
    let present: Vec<&str> = sections
        .iter()
        .map(|text| text.trim_end())
        .filter(|text| !text.is_empty())
        .collect();
    format!("{}\n", present.join("\n\n"))
}

fn warnings(analysis: &Analysis<'_>) -> String {
    let lines: Vec<String> = warnings_of(analysis)
        .iter()
        .map(|warning| format!("- {}", escape(&warning.to_string())))
        .collect();
    section("Warnings", &lines.join("\n"))
}

fn parts(record: &RunRecord) -> String {
    let table = parts_table(record);
    table.map_or_else(String::new, |table| section("Parts", &table.markdown()))
}

fn tables(analysis: &Analysis<'_>) -> String {
    let mut text = String::new();
    for scenario in &analysis.record.scenarios {
        text.push_str(&format!(
            "## {} ({})\n\n",
            escape(&scenario.title),
            code(&scenario.name)
        ));
        for table in all_tables(analysis, &scenario.name) {
            text.push_str(&table.markdown());
            text.push('\n');
        }
    }
    text
}

fn claims(analysis: &Analysis<'_>) -> String {
    let heads = if knows_verdicts(analysis.record) {
        Heads::VERDICTS
    } else {
        Heads::PLAIN
    };
    let table = claims_of(analysis, heads);
    if table.rows.is_empty() {
        return String::new();
    }
    section("Claimed and measured", &table.markdown())
}

/// Whether the record is new enough for verdicts. Older records inspected no image, and their
/// claims name only metrics; their pages stay unchanged.
fn knows_verdicts(record: &RunRecord) -> bool {
    let mut claims = record
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.claims);
    let of_old = |claim: &Claim| claim.from.is_none() && claim.metric.parse::<Metric>().is_ok();
    record.cases.iter().any(|case| case.posture.is_some()) || claims.any(|claim| !of_old(claim))
}

fn floor(analysis: &Analysis<'_>) -> String {
    let table = floor_of(analysis);
    if table.rows.is_empty() {
        return String::new();
    }
    let why =
        "What the engine itself costs. It is part of every number above and is never subtracted.";
    section("Floor", &format!("{why}\n\n{}", table.markdown()))
}

fn steps(analysis: &Analysis<'_>) -> String {
    let blocks: Vec<String> = median_cold_builds(analysis)
        .iter()
        .map(|median| {
            let table = steps_table(analysis.record, median);
            let name = escape(median.case.as_str());
            format!(
                "<details>\n<summary>{name}</summary>\n\n{}\n</details>",
                table.markdown()
            )
        })
        .collect();
    section("Steps of the median cold build", &blocks.join("\n\n"))
}

fn recompute(record: &RunRecord) -> String {
    let text = format!(
        "Every figure here is computed from `run.json` in this folder:\n\n```\nplimsoll report {}\n```",
        text::inline(&record.id)
    );
    section("Recompute", &text)
}
