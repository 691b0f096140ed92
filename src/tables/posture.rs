//! The facts of a scenario's images as tables.

use super::metric_table::{head_columns, pending_note, row_head, table_title};
use super::notes::Notes;
use super::table::{Cell, Column, Table};
use crate::record::{CaseRecord, ScanOutcome, SecretFinding};
use crate::summary::Analysis;
use crate::summary::order::sorted_cases;
use crate::summary::posture::{Fact, place_word, posture_of};
use crate::summary::wording::one_line;

/// The contents of the image.
const CONTENTS: [Fact; 8] = [
    Fact::Shell,
    Fact::PackageManagers,
    Fact::Compilers,
    Fact::Setuid,
    Fact::OsPackages,
    Fact::LanguagePackages,
    Fact::Leaks,
    Fact::Sources,
];

/// How it runs, and the secrets it contains.
const CONDUCT: [Fact; 6] = [
    Fact::User,
    Fact::HealthCheck,
    Fact::Hardened,
    Fact::Stop,
    Fact::Secrets,
    Fact::Cves,
];

/// Longest location in a note, because a history entry may contain a whole script.
const PLACE_CHARS: usize = 60;

/// Two tables, a row per variant; none if no image of the scenario was inspected.
pub(super) fn posture_tables(analysis: &Analysis<'_>, scenario: &str) -> Vec<Table> {
    if !has_posture(analysis, scenario) {
        return Vec::new();
    }
    vec![
        table(analysis, scenario, "what is in the image", &CONTENTS),
        table(
            analysis,
            scenario,
            "how it runs and what it exposes",
            &CONDUCT,
        ),
    ]
}

fn has_posture(analysis: &Analysis<'_>, scenario: &str) -> bool {
    let mut cases = analysis.cases_of(scenario).iter();
    cases.any(|case| case.posture.is_some())
}

fn table(analysis: &Analysis<'_>, scenario: &str, what: &str, facts: &[Fact]) -> Table {
    let cases = sorted_cases(analysis, scenario);
    let mut notes = Notes::default();
    notes.whole("Facts of the first image that kept the contract; none of them is a verdict.");
    if facts.contains(&Fact::Hardened) {
        notes.whole(
            "Hardened: read-only root file system, no capabilities, no new privileges. Secrets: planted ones were put \
             there by this run, and none is printed whole. CVEs: distinct ids, by the scanners of this machine.",
        );
        scanners_note(&cases, &mut notes);
    }
    pending_note(&cases, &mut notes);
    let mut rows = Vec::new();
    for case in &cases {
        // Without the strategy, because there are many columns.
        let mut row = row_head(case, &mut notes);
        row.truncate(1);
        row.extend(facts.iter().map(|fact| fact_cell(case, *fact, &mut notes)));
        rows.push(row);
    }
    let mut columns = head_columns();
    columns.truncate(1);
    columns.extend(facts.iter().map(|fact| {
        let key = fact.id().replace(['.', '-'], "_");
        Column::text(&key, fact.title())
    }));
    Table {
        title: table_title(analysis, scenario, what),
        columns,
        rows,
        notes: notes.finish(analysis.record),
    }
}

/// All facts of one image, a row each; `None` if it was not inspected.
pub(crate) fn posture_sheet(analysis: &Analysis<'_>, case: &CaseRecord) -> Option<Table> {
    case.posture.as_ref()?;
    let mut notes = Notes::default();
    let rows = CONDUCT
        .iter()
        .chain(&CONTENTS)
        .map(|fact| vec![Cell::text(fact.title()), fact_cell(case, *fact, &mut notes)])
        .collect();
    Some(Table {
        title: case.id.to_string(),
        columns: vec![Column::text("fact", "fact"), Column::text("found", "found")],
        rows,
        notes: notes.finish(analysis.record),
    })
}

/// The cell of a fact, with its notes.
pub(super) fn fact_cell(case: &CaseRecord, fact: Fact, notes: &mut Notes) -> Cell {
    let posture = match posture_of(case) {
        Ok(posture) => posture,
        Err(absence) => return absence.cell(notes),
    };
    let mut cell = Cell::text(fact.words(posture));
    if let Some(remark) = fact.remark(posture) {
        cell.notes.push(notes.number(&remark));
    }
    if fact == Fact::Secrets && !posture.secrets.is_empty() {
        let all: Vec<String> = posture.secrets.iter().map(found).collect();
        cell.notes.push(notes.number(&all.join("; ")));
    }
    cell
}

/// `planted token in the history (RUN echo …): plim…`.
pub(super) fn found(secret: &SecretFinding) -> String {
    found_within(secret, PLACE_CHARS)
}

/// The same with at most so many characters of the place.
pub(super) fn found_within(secret: &SecretFinding, most: usize) -> String {
    format!(
        "{} in the {} ({}): {}",
        secret.kind,
        place_word(secret.place),
        one_line(&secret.at, most),
        secret.masked
    )
}

/// Versions and databases of the scanners, and failures, each once.
fn scanners_note(cases: &[&CaseRecord], notes: &mut Notes) {
    for scan in cases
        .iter()
        .filter_map(|case| case.posture.as_ref())
        .flat_map(|posture| &posture.scans)
    {
        let database = match &scan.database {
            Some(date) => format!(", database of {date}"),
            None => ", database not dated".to_owned(),
        };
        notes.whole_once(format!("{} {}{database}.", scan.scanner, scan.version));
        if let ScanOutcome::Failed(reason) = &scan.outcome {
            notes.whole_once(format!("{} failed: {reason}", scan.scanner));
        }
    }
}
