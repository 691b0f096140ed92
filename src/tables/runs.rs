//! Several runs in one table: their differences, and their claims. Nothing is compared between
//! them, and claims of one run are not judged by figures of another.

use super::claims::{Heads, claims_of, claims_of_runs, verdicts_of_runs};
use super::table::{Cell, Column, Table};
use crate::record::{EngineChoice, EngineFacts, HostFacts, RunRecord};
use crate::summary::Analysis;
use crate::summary::parts::of_each;
use crate::summary::run_words::{scenario_names, state_word, variants};
use crate::units::human_count;

/// A row per run: scenarios, engine, host, date, rounds.
pub fn runs_table(records: &[RunRecord]) -> Table {
    table_of(&records.iter().collect::<Vec<_>>())
}

/// The same for records that are not contiguous.
pub(crate) fn table_of(records: &[&RunRecord]) -> Table {
    let mut columns = vec![
        Column::text("run", "run"),
        Column::text("scenarios", "scenarios"),
        Column::text("variants", "variants"),
        Column::text("rounds", "rounds"),
        Column::text("state", "state"),
    ];
    columns.extend(TRAITS.map(|(key, title, _)| Column::text(key, title)));
    let rows = records.iter().map(|record| {
        let plan = &record.plan;
        let mut row = vec![
            record.id.clone(),
            scenario_names(record).join(" "),
            variants(record).to_string(),
            plan.rounds.to_string(),
            state_word(record.state).to_owned(),
        ];
        row.extend(TRAITS.map(|(_, _, of)| of(record)));
        row.into_iter().map(Cell::text).collect()
    });
    Table {
        title: match records.len() {
            1 => "1 run".to_owned(),
            several => format!("{several} runs"),
        },
        columns,
        rows: rows.collect(),
        notes: Vec::new(),
    }
}

/// A property in which runs may differ: its key, its heading, and its text.
type Trait = (&'static str, &'static str, fn(&RunRecord) -> String);

const TRAITS: [Trait; 5] = [
    ("started_at", "begun", |record| record.started_at.clone()),
    ("engine", "engine", |record| {
        let EngineChoice::CleanRoom = record.plan.engine else {
            return engine(record);
        };
        format!("{} in a clean room", engine(record))
    }),
    ("host", "host", |record| {
        let words = |host: &HostFacts| {
            let cpus = human_count(host.cpus);
            format!("{}, {cpus} x {}", host.os, host.cpu)
        };
        of_each(
            record,
            |record| words(&record.host),
            |part| words(&part.host),
        )
    }),
    ("links", "links", |record| {
        let links: Vec<String> = record.plan.links.iter().map(ToString::to_string).collect();
        links.join(" ")
    }),
    ("tool", "plimsoll", |record| record.tool.version.clone()),
];

fn engine(record: &RunRecord) -> String {
    let words =
        |engine: &EngineFacts| format!("{} {} ({})", engine.name, engine.version, engine.driver);
    of_each(
        record,
        |record| words(&record.engine),
        |part| words(&part.engine),
    )
}

/// The properties in which the runs differ: `engine, host, begun`.
fn differences(records: &[RunRecord]) -> String {
    let differ = TRAITS.iter().filter(|(_, _, of)| {
        let mut words = records.iter().map(of);
        let first = words.next();
        words.any(|other| Some(other) != first)
    });
    let titles: Vec<&str> = differ.map(|(_, title, _)| *title).collect();
    if titles.is_empty() {
        "They agree in date, engine, host, links and version.".to_owned()
    } else {
        format!(
            "They differ in: {}. Each is read for itself; nothing is compared between them.",
            titles.join(", ")
        )
    }
}

/// The overview at the beginning of a report of several runs.
pub fn runs_overview(records: &[RunRecord]) -> Table {
    let mut table = runs_table(records);
    table.notes.push(super::table::TableNote {
        mark: super::table::CellMark::Whole,
        text: differences(records),
    });
    table
}

/// The claims of several runs: the overview with the verdicts of all, then a table for each
/// run that has claims, judged by that run's own figures; its title names the run.
pub fn claims_of_several(records: &[RunRecord]) -> Vec<Table> {
    let mut overview = runs_overview(records);
    let (with, without): (Vec<_>, Vec<_>) = records.iter().partition(|record| has_claims(record));
    let mut note = |text| {
        overview.notes.push(super::table::TableNote {
            mark: super::table::CellMark::Whole,
            text,
        });
    };
    if !with.is_empty() {
        let analyses: Vec<Analysis<'_>> = with.iter().copied().map(Analysis::of).collect();
        note(format!(
            "All runs together. {}",
            verdicts_of_runs(&analyses)
        ));
    }
    if !without.is_empty() {
        let ids: Vec<&str> = without.iter().map(|record| record.id.as_str()).collect();
        note(format!("No source claims anything of: {}.", ids.join(", ")));
    }
    let mut tables = vec![overview];
    tables.extend(with.iter().map(|record| {
        let mut table = claims_of(&Analysis::of(record), Heads::VERDICTS);
        table.title = format!("{}: {}", record.id, table.title);
        table
    }));
    tables
}

fn has_claims(record: &RunRecord) -> bool {
    let mut scenarios = record.scenarios.iter();
    scenarios.any(|scenario| !scenario.claims.is_empty())
}

/// The claims of several runs as one table whose first column names the run: for files.
pub fn claims_of_all(records: &[RunRecord]) -> Table {
    let analyses: Vec<Analysis<'_>> = records.iter().map(Analysis::of).collect();
    claims_of_runs(&analyses)
}
