//! The parts of `report.md` that are prose and lists.

use crate::record::RunRecord;
use crate::summary::run_words::{commands, state_word};
use crate::summary::series::metrics_of;
use crate::summary::wording::plural;
use crate::tables::render::{code, escape};

/// A heading and its text; empty without text.
pub(super) fn section(title: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("## {title}\n\n{text}")
}

/// The scenarios, the engine and the machine.
pub(super) fn intro(record: &RunRecord) -> String {
    let commands: Vec<String> = commands(record).map(|words| code(&words)).collect();
    let state = state_word(record.state);
    let plan = &record.plan;
    let engine = &record.engine;
    let host = &record.host;
    let store = engine.store.word();
    let virtualisation = host
        .virtualisation
        .as_ref()
        .map(|word| format!(", {}", escape(word)))
        .unwrap_or_default();
    let load = host
        .load
        .as_ref()
        .map(|load| format!(", load {} at the start", escape(load)))
        .unwrap_or_default();
    // For a joined run, these are facts of its first part; a table lists all parts.
    let of_first = match record.parts.is_empty() {
        true => "",
        false => "Joined from parts; of the first: ",
    };
    let in_scenario = |case: &&crate::record::CaseRecord| {
        record
            .scenarios
            .iter()
            .any(|scenario| scenario.name == case.scenario)
    };
    let apps = record.cases.iter().filter(in_scenario).count();
    let costs = &record.calibration;
    format!(
        "Run by {} at {} (plimsoll {}, {state}): {} of {}, {} and {}, seed {}. \
         {of_first}Engine: {} {} (API {}), store {store}, driver {}, builder {}, {}. \
         Host: {}, {}, {}, {} of memory, kernel {}{virtualisation}{load}. \
         Fixed costs, never subtracted: round trip to the engine {}, readiness asked every {}, clock resolution {} ns.",
        if commands.is_empty() {
            "an unknown command".to_owned()
        } else {
            commands.join(", resumed by ")
        },
        escape(&record.started_at),
        escape(&record.tool.version),
        plural(apps, "variant"),
        plural(record.scenarios.len(), "scenario"),
        plural(plan.warmup_rounds as usize, "warm-up round"),
        plural(plan.rounds as usize, "counted round"),
        plan.seed,
        escape(&engine.name),
        escape(&engine.version),
        escape(&engine.api_version),
        escape(&engine.driver),
        escape(&engine.builder),
        escape(&engine.platform),
        escape(&host.os),
        escape(&host.cpu),
        plural(host.cpus.0 as usize, "logical CPU"),
        host.memory_bytes,
        escape(&host.kernel),
        costs.ping_ns,
        costs.probe_interval_ns,
        costs.clock_resolution_ns.0,
    )
}

/// A prominent block that lists the bases that a stand-in replaced.
pub(super) fn stand_ins(record: &RunRecord) -> String {
    let mut lines = Vec::new();
    for base in &record.bases {
        let Some(stand_in) = &base.stand_in else {
            continue;
        };
        let users: Vec<&str> = record
            .cases
            .iter()
            .filter(|case| case.stand_ins.contains(&base.reference))
            .map(|case| case.id.as_str())
            .collect();
        let users = if users.is_empty() {
            "no variant".to_owned()
        } else {
            users.join(", ")
        };
        lines.push(format!(
            "> - {} is {} ({}, recipe {}), under {}",
            code(&stand_in.stands_in_for),
            code(&base.resolved),
            base.unpacked_bytes,
            code(
                stand_in
                    .recipe_sha256
                    .get(..12)
                    .unwrap_or(&stand_in.recipe_sha256)
            ),
            escape(&users)
        ));
    }
    if lines.is_empty() {
        return String::new();
    }
    format!(
        "> **Stand-in bases.** These images were built locally in place of registry images that could not be \
         pulled. What is marked \\* rests on them and is not a measurement of the registry's image.\n>\n{}",
        lines.join("\n")
    )
}

/// The definition of each column.
pub(super) fn meanings(record: &RunRecord) -> String {
    let lines: Vec<String> = metrics_of(record)
        .map(|metric| {
            format!(
                "- `{metric}` ({}): {}",
                metric.title(),
                escape(metric.definition())
            )
        })
        .collect();
    format!(
        "<details>\n<summary>What the metrics mean</summary>\n\n{}\n\n</details>",
        lines.join("\n")
    )
}
