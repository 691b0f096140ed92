//! Writes charts as files.

use std::fs;
use std::path::Path;

use super::args::charts::{ChartArgs, GroupArg, ThemeArg};
use super::failure::{Exit, Failure};
use super::output::Printer;
use super::run::store_failure;
use crate::record::RunRecord;
use crate::report::{self, Chart, ChartOptions, Grouping, Theme};
use crate::store::{RunFolder, StoreError};

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
    // The command line has seen to it that there is one.
    let Some(out) = out else {
        return Err(
            Failure::usage("charts are files, and --out names no folder")
                .with_hint(Some("add --out DIR".to_owned())),
        );
    };
    let options = ChartOptions {
        theme: match args.theme {
            ThemeArg::Light => Theme::Light,
            ThemeArg::Dark => Theme::Dark,
        },
        grouping: match args.group_by {
            GroupArg::Variant => Grouping::Variant,
            GroupArg::Strategy => Grouping::Strategy,
        },
        metric: args.metric,
    };
    let mut written = 0;
    for record in records {
        let folder = if records.len() > 1 {
            out.join(&record.id)
        } else {
            out.to_owned()
        };
        for chart in report::charts_with(record, options) {
            save(&folder, &chart, picture)?;
            written += 1;
        }
    }
    if written == 0 {
        let what = match args.metric {
            Some(metric) => format!("no sample of {metric} to draw"),
            None => "nothing was measured that could be drawn".to_owned(),
        };
        let hint = "`plimsoll report RUN --format csv` lists what was measured";
        return Err(Failure::usage(what).with_hint(Some(hint.to_owned())));
    }
    printer.talk(&format!("{written} charts in {}", out.display()));
    Ok(Exit::Fine)
}

fn save(folder: &Path, chart: &Chart, picture: Picture) -> Result<(), Failure> {
    let (ending, bytes) = match picture {
        Picture::Svg => ("svg", chart.svg.clone().into_bytes()),
        Picture::Png => ("png", report::png(chart).map_err(Failure::failed)?),
    };
    let path = folder.join(format!("{}.{ending}", chart.name));
    let saved = fs::create_dir_all(folder).and_then(|()| fs::write(&path, bytes));
    saved.map_err(|source| store_failure(StoreError::Write { path, source }))
}

/// The charts of a run in its own folder.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn write_into(folder: &RunFolder, record: &RunRecord) -> Result<(), StoreError> {
    for chart in report::charts(record, Theme::Light) {
        let name = format!("charts/{}.svg", chart.name);
        folder.write(&name, chart.svg.as_bytes())?;
    }
    Ok(())
}
