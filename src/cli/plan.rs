//! `plimsoll plan`: how a run would be split, and that for a CI system to read.

use serde_json::{Map, Value, json};

use super::args::{Place, PlanArgs, PlanFormat};
use super::cases::{self, CaseFilter, Selection};
use super::failure::{Exit, Failure};
use super::output::Printer;
use super::planned::{Planned, duration};
use super::shard::{self, TimeSource, Units};
use super::slurm;
use crate::record::{CaseId, Shard};
use crate::runner::{Portion, split};
use crate::tables::{Cell, CellMark, Column, Table, TableNote};
use crate::units::Nanos;

/// GitHub makes at most so many jobs of a matrix (Actions limits: "job matrix").
const MOST_OF_A_MATRIX: usize = 256;

/// Prints the shards.
///
/// # Errors
/// When a scenario is invalid, nothing is selected, the former run cannot be read, or a
/// matrix would have more jobs than GitHub makes.
pub(super) fn plan(place: &Place, args: &PlanArgs, printer: &mut Printer) -> Result<Exit, Failure> {
    if !args.run.is_empty() && args.format != PlanFormat::Slurm {
        let words = "options of `plimsoll run` are of use with --format slurm only";
        return Err(Failure::usage(words));
    }
    let filter = CaseFilter::new(args.only.as_deref())?;
    let selection = cases::select(
        &cases::load(place, &args.scenarios)?,
        &filter,
        &place.results(),
    )?;
    let timings = args.timings.as_deref();
    let units = shard::units(place, &selection, args.shard_by.into(), timings)?;
    let count = at_most(args.shards, &units.units);
    if count < args.shards {
        printer.talk(&format!(
            "there is less to part: {count} of {} shards have something to do",
            args.shards
        ));
    }
    let shards: Vec<Planned> = split(&units.units, count)
        .into_iter()
        .zip(1..)
        .filter_map(|(portion, index)| {
            Some(Planned {
                shard: Shard::of(index, count)?,
                portion,
            })
        })
        .collect();
    match args.format {
        PlanFormat::Table => {
            let table = table(&shards, &units, &selection).terminal(printer.width);
            printer.data(table.as_bytes())?;
        }
        PlanFormat::Json => {
            let json = as_json(&shards, &units, &selection);
            printer.line(&format!("{json:#}"))?;
        }
        PlanFormat::GithubMatrix => printer.line(&matrix(&shards)?.to_string())?,
        PlanFormat::Gitlab => printer.line(&format!("{:#}", pipeline(&shards)))?,
        PlanFormat::Slurm => {
            let script = slurm::array(place, args, &shards, units.source, printer)?;
            printer.data(script.as_bytes())?;
        }
    }
    Ok(Exit::Fine)
}

/// No more shards than there are units that take time; one at the least.
fn at_most(asked: u32, units: &[Portion]) -> u32 {
    let timed = units.iter().filter(|unit| unit.expected > Nanos(0)).count();
    u32::try_from(timed).unwrap_or(u32::MAX).clamp(1, asked)
}

fn table(shards: &[Planned], units: &Units, selection: &Selection) -> Table {
    let rows = shards.iter().map(|planned| {
        vec![
            Cell::text(planned.shard.to_string()),
            Cell::text(duration(planned.portion.expected)),
            Cell::text(planned.portion.cases.len().to_string()),
            Cell::text(by_scenario(&planned.portion.cases, selection)),
        ]
    });
    let words = match units.source {
        TimeSource::Measured => "Times are those of the run that --timings names.".to_owned(),
        TimeSource::Partly { known } => format!(
            "{known} of {} cases have a time in the run that --timings names; the others count as the mean of those.",
            units.times.len()
        ),
        TimeSource::Guessed => "Times are a rule of thumb: 10 s a visit, and 10 s for each RUN step in the cold build and after each edit. --timings goes by measured ones.".to_owned(),
    };
    Table {
        title: match shards.len() {
            1 => "1 shard".to_owned(),
            several => format!("{several} shards"),
        },
        columns: vec![
            Column::text("shard", "shard"),
            Column::text("expected", "expected, a round"),
            Column::text("cases", "cases"),
            Column::text("of", "of"),
        ],
        rows: rows.collect(),
        notes: vec![TableNote {
            mark: CellMark::Whole,
            text: words,
        }],
    }
}

fn as_json(shards: &[Planned], units: &Units, selection: &Selection) -> Value {
    let one = |planned: &Planned| {
        let cases = planned.portion.cases.iter().map(|id| {
            let time = units.times.get(id);
            json!({ "case": id, "expected_ns": time })
        });
        json!({
            "shard": planned.shard.to_string(),
            "index": planned.shard.index(),
            "count": planned.shard.count(),
            "expected_ns": planned.portion.expected,
            "cases": cases.collect::<Vec<_>>(),
        })
    };
    let source = match units.source {
        TimeSource::Measured => "measured",
        TimeSource::Partly { .. } => "partly-measured",
        TimeSource::Guessed => "rule-of-thumb",
    };
    let scenarios = selection.scenarios.iter().map(|scenario| {
        json!({ "name": scenario.name, "sha256": scenario.sha256, "app_sha256": scenario.app_sha256 })
    });
    json!({
        "times": source,
        "scenarios": scenarios.collect::<Vec<_>>(),
        "shards": shards.iter().map(one).collect::<Vec<_>>(),
    })
}

/// `go, node 4 of 9`: JSON has the cases.
fn by_scenario(cases: &[CaseId], selection: &Selection) -> String {
    let mut parts = Vec::new();
    for scenario in &selection.scenarios {
        let all = selection.records.iter();
        let all = all.filter(|case| case.scenario == scenario.name);
        let mine = all.clone().filter(|case| cases.contains(&case.id)).count();
        match all.count() {
            _ if mine == 0 => {}
            whole if whole == mine => parts.push(scenario.name.clone()),
            whole => parts.push(format!("{} {mine} of {whole}", scenario.name)),
        }
    }
    parts.join(", ")
}

/// `{"include":[{"shard":"1/4",…}]}` on one line, as `strategy.matrix` takes it.
fn matrix(shards: &[Planned]) -> Result<Value, Failure> {
    if shards.len() > MOST_OF_A_MATRIX {
        let said = format!(
            "{} shards for a matrix, of which GitHub makes {MOST_OF_A_MATRIX} jobs at most",
            shards.len()
        );
        let hint = format!("ask for `--shards {MOST_OF_A_MATRIX}`, or fewer");
        return Err(Failure::usage(said).with_hint(Some(hint)));
    }
    let one = |planned: &Planned| {
        json!({
            "shard": planned.shard.to_string(),
            "index": planned.shard.index(),
            "count": planned.shard.count(),
            "name": planned.name(),
        })
    };
    Ok(json!({ "include": shards.iter().map(one).collect::<Vec<_>>() }))
}

/// A child pipeline; JSON is YAML. What a job does, the project says in `.plimsoll-shard`.
fn pipeline(shards: &[Planned]) -> Value {
    let mut jobs = Map::new();
    for planned in shards {
        let job = json!({
            "extends": ".plimsoll-shard",
            "variables": { "PLIMSOLL_SHARD": planned.shard.to_string() },
        });
        jobs.insert(format!("plimsoll {}", planned.shard), job);
    }
    Value::Object(jobs)
}
