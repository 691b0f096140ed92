//! Writes charts as files.

use std::fs;
use std::path::Path;

use globset::{Glob, GlobMatcher};

use super::args::charts::ChartArgs;
use super::failure::{Exit, Failure};
use super::output::{self, Printer};
use super::output_error::OutputError;
use crate::charts::{self, Chart, ChartOptions, Theme};
use crate::record::RunRecord;
use crate::store::{RunFolder, StoreError};
use crate::summary::Grouping;

/// The form of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Picture {
    Svg,
    Png,
}

/// `plimsoll report --format svg|png`: a file per chart; of several runs a folder each.
///
/// # Errors
/// When there is nothing to draw, or a file cannot be written.
pub(super) fn write(
    records: &[RunRecord],
    out: Option<&Path>,
    args: &ChartArgs,
    picture: Picture,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let out = folder(out)?;
    let options = ChartOptions {
        theme: args.theme.into(),
        grouping: grouping(args),
        metric: args.metric,
    };
    let names: Vec<GlobMatcher> = args.names.iter().map(Glob::compile_matcher).collect();
    let wanted =
        |chart: &Chart| names.is_empty() || names.iter().any(|glob| glob.is_match(&chart.name));
    let (mut written, mut there) = (0, Vec::new());
    for record in records {
        let folder = if records.len() > 1 {
            out.join(&record.id)
        } else {
            out.to_owned()
        };
        let charts = charts::charts_with(record, options);
        there.extend(charts.iter().map(|chart| chart.name.clone()));
        for chart in charts.iter().filter(|chart| wanted(chart)) {
            save(&folder, chart, picture)?;
            written += 1;
        }
    }
    if written == 0 && !there.is_empty() {
        let said = "no chart has a name that --chart matches";
        let hint = format!("there are: {}", there.join(", "));
        return Err(Failure::usage(said).with_hint(Some(hint)));
    }
    if written == 0 {
        let what = match args.metric {
            Some(metric) => format!("no sample of {metric} to draw"),
            None => "nothing was measured that could be drawn".to_owned(),
        };
        let hint = "`plimsoll report RUN --format csv` lists what was measured";
        return Err(Failure::usage(what).with_hint(Some(hint.to_owned())));
    }
    printer.talk(&summary(written, out));
    Ok(Exit::Fine)
}

/// The order of rows.
pub(super) fn grouping(args: &ChartArgs) -> Grouping {
    args.group_by.map(Grouping::from).unwrap_or_default()
}

/// The folder of the charts. The command line has seen to it that there is one.
fn folder(out: Option<&Path>) -> Result<&Path, Failure> {
    let hint = || Some("add --out DIR".to_owned());
    let missing =
        || Failure::usage("charts are files, and --out names no folder").with_hint(hint());
    out.ok_or_else(missing)
}

fn summary(written: usize, out: &Path) -> String {
    let plural = if written == 1 { "" } else { "s" };
    format!("{written} chart{plural} in {}", out.display())
}

/// A file for each chart of a history.
///
/// # Errors
/// When there is none, or a file cannot be written.
pub(super) fn write_all(
    charts: &[Chart],
    out: Option<&Path>,
    picture: Picture,
    printer: &mut Printer,
) -> Result<(), Failure> {
    let out = folder(out)?;
    if charts.is_empty() {
        let hint = "`plimsoll history --format csv` lists what the runs have";
        return Err(Failure::usage("no run has a value to draw").with_hint(Some(hint.to_owned())));
    }
    for chart in charts {
        save(out, chart, picture)?;
    }
    printer.talk(&summary(charts.len(), out));
    Ok(())
}

/// A chart as a file's bytes.
///
/// # Errors
/// When the picture cannot be rendered.
pub(super) fn bytes_of(chart: &Chart, picture: Picture) -> Result<Vec<u8>, Failure> {
    match picture {
        Picture::Svg => Ok(chart.svg.clone().into_bytes()),
        Picture::Png => charts::png(chart).map_err(Failure::failed),
    }
}

fn save(folder: &Path, chart: &Chart, picture: Picture) -> Result<(), Failure> {
    let ending = match picture {
        Picture::Svg => "svg",
        Picture::Png => "png",
    };
    let bytes = bytes_of(chart, picture)?;
    let path = folder.join(format!("{}.{ending}", chart.name));
    fs::create_dir_all(folder).map_err(|source| OutputError::file(folder, source))?;
    Ok(output::replace(&path, &bytes)?)
}

/// The charts of a run in its own folder.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn write_into(folder: &RunFolder, record: &RunRecord) -> Result<(), StoreError> {
    let charts = charts::charts(record, Theme::Light);
    // One that cannot be written does not stop the others.
    let written: Vec<_> = charts
        .iter()
        .map(|chart| {
            let name = format!("charts/{}.svg", chart.name);
            folder.write(&name, chart.svg.as_bytes())
        })
        .collect();
    written.into_iter().collect()
}
