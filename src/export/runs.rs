//! Several runs in one file. Nothing is compared between them, and claims of one run are not
//! judged by figures of another.

use serde_json::{Value, json};

use super::claims::{claims_json_of, verdicts_json_of};
use super::json_report::report_json;
use super::parts::parts_json;
use super::summary_file::{summary_csv, summary_csv_of};
use crate::record::{Metric, RunRecord};
use crate::summary::Analysis;
use crate::summary::run_words::{scenario_names, variants};

/// The same as JSON.
pub fn runs_json(records: &[RunRecord]) -> Value {
    records.iter().map(run_json).collect()
}

fn run_json(record: &RunRecord) -> Value {
    let mut run = json!({
        "run": record.id,
        "state": record.state,
        "scenarios": scenario_names(record),
        "variants": variants(record),
        "rounds": record.plan.rounds,
        "warmup_rounds": record.plan.warmup_rounds,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
        "engine_choice": record.plan.engine,
        "engine": record.engine,
        "host": record.host,
        "links": record.plan.links,
        "tool": record.tool,
    });
    if !record.parts.is_empty() {
        run["parts"] = parts_json(record);
    }
    run
}

/// `summary.csv` of several runs: one header, and the first column names the run.
pub fn summaries_csv(records: &[RunRecord]) -> Vec<u8> {
    joined(records.iter().map(summary_csv))
}

/// The same for one metric.
pub fn summaries_csv_of(records: &[RunRecord], metric: Metric) -> Vec<u8> {
    joined(records.iter().map(|record| summary_csv_of(record, metric)))
}

fn joined(files: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut lines = Vec::new();
    for file in files {
        let head = file.iter().position(|byte| *byte == b'\n');
        let skipped = if lines.is_empty() {
            0
        } else {
            head.map_or(0, |end| end + 1)
        };
        lines.extend_from_slice(&file[skipped..]);
    }
    lines
}

/// The JSON reports of several runs.
pub fn reports_json(records: &[RunRecord]) -> Value {
    json!({
        "runs": runs_json(records),
        "reports": records.iter().map(report_json).collect::<Vec<_>>(),
    })
}

/// The same as JSON.
pub fn several_claims_json(records: &[RunRecord]) -> Value {
    let runs: Vec<Value> = records
        .iter()
        .map(|record| {
            let analysis = Analysis::of(record);
            let mut run = run_json(record);
            run["claims"] = claims_json_of(&analysis);
            run["verdicts"] = verdicts_json_of(&analysis);
            run
        })
        .collect();
    json!({ "runs": runs })
}
