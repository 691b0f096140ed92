//! `plimsoll report`: everything anew from run.json alone.

use std::path::PathBuf;

use super::args::charts::ChartArgs;
use super::args::{ExportFormat, Place, ReportArgs};
use super::cases::CaseFilter;
use super::charts::{self, Picture};
use super::failure::{Exit, Failure, store_failure};
use super::folder::{Extent, PAGE, write_derived_of, write_page_of};
use super::open::open_page;
use super::output::{Printer, save_whole};
use super::runs::load_readable;
use crate::export;
use crate::page;
use crate::record::{Metric, RunRecord};
use crate::report;
use crate::store::RunFolder;
use crate::tables;

/// Prints a report, writes it, opens it, or writes the derived files.
///
/// # Errors
/// When a run cannot be read, a file cannot be written, or nothing opens a page.
pub(super) fn report(
    place: &Place,
    args: &ReportArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let only = CaseFilter::new(args.only.as_deref())?;
    let (mut runs, exit) = load_readable(place, &args.runs, printer)?;
    if let Some(glob) = &args.only {
        keep_only(&mut runs, &only, glob)?;
    }
    if args.write {
        let mut all = Ok(());
        for (folder, record) in &runs {
            // What can be written is, and the first fault is reported.
            let written = [
                write_derived_of(folder, record, Extent::Whole),
                charts::write_into(folder, record),
                write_page_of(folder, record, Extent::Whole),
            ];
            let written: Result<(), _> = written.into_iter().collect();
            if written.is_ok() {
                printer.talk(&format!("written anew in {}", folder.path().display()));
            }
            all = all.and(written);
        }
        all.map_err(store_failure)?;
        return Ok(exit);
    }
    let default = if args.open {
        ExportFormat::Html
    } else {
        ExportFormat::Md
    };
    let format = args.format.unwrap_or(default);
    if args.open && format != ExportFormat::Html {
        let hint = "leave --format out, or say `--format html`";
        return Err(Failure::usage("--open shows the page and no other form")
            .with_hint(Some(hint.to_owned())));
    }
    refuse_what_is_of_no_use(format, &args.charts)?;
    let file = file_of(args, &runs)?;
    let records: Vec<RunRecord> = runs.into_iter().map(|(_, record)| record).collect();
    let picture = match format {
        ExportFormat::Svg => Some(Picture::Svg),
        ExportFormat::Png => Some(Picture::Png),
        _ => None,
    };
    if let Some(picture) = picture {
        let folder = args.out.as_deref();
        charts::write(&records, folder, &args.charts, picture, printer)?;
        return Ok(exit);
    }
    if format == ExportFormat::Table {
        for record in records.iter().filter(|one| one.scenarios.is_empty()) {
            let id = &record.id;
            printer.talk(&format!("{id} has no scenarios: there is nothing to show"));
        }
    }
    let width = printer.width.filter(|_| file.is_none());
    let bytes = match args.charts.metric {
        Some(metric) => rendered_alone(format, &records, metric, &args.charts, width)?,
        None => rendered(format, &records, width)?,
    };
    let Some(file) = file else {
        printer.data(&bytes)?;
        if format == ExportFormat::Table && printer.width.is_some() {
            printer.talk_lines(&next_steps(&records));
        }
        return Ok(exit);
    };
    save_whole(&file, &bytes, printer)?;
    if args.open {
        open_page(&file)?;
    }
    Ok(exit)
}

/// Leaves the variants of `--only`, and the runs that have any.
fn keep_only(
    runs: &mut Vec<(RunFolder, RunRecord)>,
    only: &CaseFilter,
    glob: &str,
) -> Result<(), Failure> {
    runs.retain_mut(|(_, record)| {
        record.keep_only(|case| only.admits(&case.scenario, &case.variant))
    });
    if !runs.is_empty() {
        return Ok(());
    }
    let hint = "`plimsoll report RUN --format csv` lists the variants of a run";
    Err(Failure::usage(format!("no variant matches `{glob}`")).with_hint(Some(hint.to_owned())))
}

/// The file to write, where it is not stdout.
fn file_of(args: &ReportArgs, runs: &[(RunFolder, RunRecord)]) -> Result<Option<PathBuf>, Failure> {
    match (&args.out, runs) {
        (Some(out), _) => Ok(Some(out.clone())),
        (None, _) if args.open && args.only.is_some() => {
            let said = "the page of some variants is not the page of the run";
            let hint = "say where: `--open --out page.html`";
            Err(Failure::usage(said).with_hint(Some(hint.to_owned())))
        }
        (None, [(folder, _)]) if args.open => Ok(Some(folder.path().join(PAGE))),
        (None, _) if args.open => {
            let said = "the page of several runs belongs to no folder";
            let hint = "say where: `--open --out page.html`";
            Err(Failure::usage(said).with_hint(Some(hint.to_owned())))
        }
        (None, _) => Ok(None),
    }
}

/// What a reader of the tables may want then.
fn next_steps(records: &[RunRecord]) -> String {
    let runs: Vec<&str> = records.iter().map(|record| record.id.as_str()).collect();
    match runs.as_slice() {
        [run] => format!(
            "next: `plimsoll report {run} --open` shows this run as a page, `plimsoll claims {run}` holds it \
             against published figures, `plimsoll compare {run} OTHER` against another run"
        ),
        several => format!(
            "next: `plimsoll report {} --open --out page.html` shows these runs as a page",
            several.join(" ")
        ),
    }
}

/// A report in one of its forms.
fn rendered(
    format: ExportFormat,
    records: &[RunRecord],
    width: Option<u16>,
) -> Result<Vec<u8>, Failure> {
    if let [record] = records
        && let Some(bytes) = tracked(format, record)
    {
        return bytes;
    }
    let json = |value: serde_json::Value| format!("{value:#}\n");
    let text = match (format, records) {
        (ExportFormat::Md, [record]) => report::report_md(record),
        (ExportFormat::Md, several) => report::reports_md(several),
        (ExportFormat::Html, [record]) => page::report_html(record),
        (ExportFormat::Html, several) => page::reports_html(several),
        (ExportFormat::Csv, several) => return Ok(export::summaries_csv(several)),
        (ExportFormat::Json, [record]) => json(export::report_json(record)),
        (ExportFormat::Json, several) => json(export::reports_json(several)),
        (ExportFormat::Table, [record]) => tables(record, width),
        (ExportFormat::Table, several) => {
            let mut text = format!("{}\n", tables::runs_overview(several).terminal(width));
            for record in several {
                text.push_str(&format!("Run {}\n\n{}", record.id, tables(record, width)));
            }
            text
        }
        (_, several) => return Err(one_run_only(several)),
    };
    Ok(text.into_bytes())
}

/// Options that would do nothing are refused: whoever gives them expects something.
fn refuse_what_is_of_no_use(format: ExportFormat, args: &ChartArgs) -> Result<(), Failure> {
    let is_picture = matches!(format, ExportFormat::Svg | ExportFormat::Png);
    let is_table = matches!(format, ExportFormat::Table | ExportFormat::Md);
    let said = if !args.names.is_empty() && !is_picture {
        "--chart is for `--format svg` and `--format png`"
    } else if args.group_by.is_some() && !is_picture && !(is_table && args.metric.is_some()) {
        "--group-by is for charts, and for the table of --metric"
    } else {
        return Ok(());
    };
    Err(Failure::usage(said).with_hint(Some("leave it out, or add the other".to_owned())))
}

/// One metric in one of the forms that can be of one.
fn rendered_alone(
    format: ExportFormat,
    records: &[RunRecord],
    metric: Metric,
    args: &ChartArgs,
    width: Option<u16>,
) -> Result<Vec<u8>, Failure> {
    let drawn = |draw: &dyn Fn(&tables::Table) -> String| {
        let mut text = String::new();
        for record in records {
            let tables = tables::one_metric_tables(record, metric, charts::grouping(args));
            if records.len() > 1 && !tables.is_empty() {
                text.push_str(&format!("Run {}\n\n", record.id));
            }
            let tables = tables.iter().map(draw);
            text.push_str(&tables.collect::<Vec<_>>().join("\n"));
        }
        text
    };
    let text = match format {
        ExportFormat::Table => drawn(&|table| table.terminal(width)),
        ExportFormat::Md => drawn(&|table| table.markdown()),
        ExportFormat::Csv => return Ok(export::summaries_csv_of(records, metric)),
        ExportFormat::Json => {
            let mut json = match records {
                [record] => export::report_json(record),
                several => export::reports_json(several),
            };
            let alone = |report: &mut serde_json::Value| {
                if let Some(summaries) = report["summaries"].as_array_mut() {
                    summaries.retain(|summary| summary["metric"] == metric.id());
                }
            };
            match json.get_mut("reports").and_then(|all| all.as_array_mut()) {
                Some(reports) => reports.iter_mut().for_each(alone),
                None => alone(&mut json),
            }
            format!("{json:#}\n")
        }
        ExportFormat::Html | ExportFormat::Svg | ExportFormat::Png => {
            let said = "--metric is for every form but the page, which has all metrics";
            let hint = "leave --metric out, or choose another --format";
            return Err(Failure::usage(said).with_hint(Some(hint.to_owned())));
        }
        tracker => {
            let [record] = records else {
                return Err(one_run_only(records));
            };
            let mut alone = record.clone();
            alone.samples.retain(|sample| sample.metric == metric);
            if alone.samples.is_empty() {
                return Err(no_sample(metric));
            }
            return tracked(tracker, &alone).unwrap_or_else(|| Err(no_sample(metric)));
        }
    };
    if text.is_empty() {
        return Err(no_sample(metric));
    }
    Ok(text.into_bytes())
}

fn no_sample(metric: Metric) -> Failure {
    let hint = "`plimsoll report RUN --format csv` lists what was measured";
    Failure::usage(format!("there is no sample of {metric}")).with_hint(Some(hint.to_owned()))
}

fn one_run_only(records: &[RunRecord]) -> Failure {
    let said = format!("{} runs for a form that holds one", records.len());
    let hint = "name one run: a tracker takes them one by one";
    Failure::usage(said).with_hint(Some(hint.to_owned()))
}

/// What a tracker reads of a run.
///
/// # Errors
/// When a file of one direction has no entry: its reader takes an empty one for a fault.
fn tracked(format: ExportFormat, record: &RunRecord) -> Option<Result<Vec<u8>, Failure>> {
    let json = |value: serde_json::Value| format!("{value:#}\n");
    Some(Ok(match format {
        ExportFormat::Table
        | ExportFormat::Md
        | ExportFormat::Html
        | ExportFormat::Csv
        | ExportFormat::Json
        | ExportFormat::Svg
        | ExportFormat::Png => return None,
        ExportFormat::GithubActionBenchmark => json(export::smaller_is_better_json(record)),
        ExportFormat::GithubActionBenchmarkBigger => {
            let value = export::bigger_is_better_json(record);
            if value.as_array().is_none_or(Vec::is_empty) {
                let said = format!("{} has no metric of which more is better", record.id);
                let hint = "`[load]` in the scenario measures throughput; everything else is in \
                                `--format github-action-benchmark`";
                return Some(Err(Failure::usage(said).with_hint(Some(hint.to_owned()))));
            }
            json(value)
        }
        ExportFormat::Bencher => json(export::bencher_json(record)),
        ExportFormat::Hyperfine => json(export::hyperfine_json(record)),
        ExportFormat::GoBenchmark => export::go_benchmark_text(record),
        ExportFormat::OpenMetrics => export::open_metrics_text(record),
    }
    .into_bytes()))
}

/// The tables of a run, one below the other.
pub(super) fn tables(record: &RunRecord, width: Option<u16>) -> String {
    let mut text = String::new();
    for scenario in &record.scenarios {
        for table in tables::terminal_tables(record, &scenario.name) {
            text.push_str(&table.terminal(width));
            text.push('\n');
        }
    }
    text
}
