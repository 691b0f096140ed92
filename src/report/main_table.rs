//! The main tables of a scenario: size and build, start and run.

use std::cmp::Reverse;

use super::analysis::Analysis;
use super::metric_cell::{metric_cell, ratio_cell};
use super::native::quantity;
use super::notes::{Notes, plural};
use super::scale::Scale;
use super::table::{Cell, Column, Table};
use crate::record::{CaseRecord, Disposition, Kind, Metric, RunRecord};
use crate::stats::MIN_FOR_INTERVAL;
use crate::units::Unit;

/// Which columns follow variant and strategy. A terminal takes the last two in turn:
/// all columns at once do not fit into 120.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// Both of the others: for files.
    All,
    /// Size, layers, context, and what builds cost.
    SizeAndBuild,
    /// Start, ready, stop and memory.
    StartAndRun,
}

impl Columns {
    /// The two that a terminal prints.
    pub const TERMINAL: [Self; 2] = [Self::SizeAndBuild, Self::StartAndRun];

    const SIZE_AND_BUILD: [Metric; 8] = [
        Metric::SizeUnpacked,
        Metric::SizeOwn,
        Metric::SizeLayers,
        Metric::ContextBytes,
        Metric::BuildCold,
        Metric::BuildCached,
        Metric::RebuildSource,
        Metric::RebuildDependency,
    ];
    const START_AND_RUN: [Metric; 4] = [
        Metric::StartStarted,
        Metric::StartReady,
        Metric::StopTime,
        Metric::MemoryReady,
    ];

    fn metrics(self) -> Vec<Metric> {
        match self {
            Self::All => [&Self::SIZE_AND_BUILD[..], &Self::START_AND_RUN[..]].concat(),
            Self::SizeAndBuild => Self::SIZE_AND_BUILD.to_vec(),
            Self::StartAndRun => Self::START_AND_RUN.to_vec(),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::All => "size, build, start and run",
            Self::SizeAndBuild => "size and build",
            Self::StartAndRun => "start and run",
        }
    }
}

/// The table of a scenario: a row per variant, the largest first by `size.unpacked`, then
/// those without a size, then those that cannot exist. Without rows where the record has
/// no such scenario.
pub fn table(record: &RunRecord, scenario: &str, columns: Columns) -> Table {
    table_of(&Analysis::of(record), scenario, columns)
}

/// The tables of a scenario that a terminal prints, one below the other.
pub fn terminal_tables(record: &RunRecord, scenario: &str) -> Vec<Table> {
    Columns::TERMINAL
        .iter()
        .map(|columns| table(record, scenario, *columns))
        .collect()
}

pub(super) fn table_of(analysis: &Analysis<'_>, scenario: &str, columns: Columns) -> Table {
    let record = analysis.record;
    let cases = sorted_cases(analysis, scenario);
    let mut notes = Notes::default();
    let printed: Vec<(Metric, Scale)> = columns
        .metrics()
        .into_iter()
        .map(|metric| (metric, scale_of(analysis, &cases, metric)))
        .collect();
    let common_n = common_n(analysis, &cases, &printed);
    notes.whole(timed_note(common_n));
    let mut rows = Vec::new();
    for case in &cases {
        let mut name = Cell::text(&case.variant);
        name.stand_in = !case.stand_ins.is_empty();
        notes.stand_ins(&case.stand_ins);
        let mut row = vec![name, Cell::text(&case.strategy)];
        for (metric, scale) in &printed {
            let entry = analysis.get(&case.id, *metric);
            row.push(metric_cell(entry, *scale, common_n.is_none(), &mut notes));
            if *metric == Metric::SizeUnpacked {
                row.push(ratio_cell(entry, row.last()));
            }
        }
        rows.push(row);
    }
    let pending = cases
        .iter()
        .filter(|case| case.disposition == Disposition::Pending)
        .count();
    if pending > 0 {
        notes.whole(format!(
            "{} of the plan not visited: – is no value",
            plural(pending, "variant")
        ));
    }
    let name = record.scenarios.iter().find(|known| known.name == scenario);
    let name = name.map_or(scenario.to_owned(), |known| {
        format!("{} ({scenario})", known.title)
    });
    Table {
        title: format!("{name}: {}", columns.title()),
        columns: heads(&printed),
        rows,
        notes: notes.finish(record),
    }
}

fn heads(printed: &[(Metric, Scale)]) -> Vec<Column> {
    let mut heads = vec![
        Column::text("variant", "variant"),
        Column::text("strategy", "strategy"),
    ];
    for (metric, scale) in printed {
        let key = metric.id().replace('.', "_");
        heads.push(Column::values(
            &key,
            metric.title(),
            metric.unit(),
            scale.symbol(),
        ));
        if *metric == Metric::SizeUnpacked {
            heads.push(Column::values(
                "size_unpacked_to_largest",
                "of largest",
                Unit::Ratio,
                None,
            ));
        }
    }
    heads
}

/// A total order: by size, then by name.
fn sorted_cases<'a>(analysis: &Analysis<'a>, scenario: &str) -> Vec<&'a CaseRecord> {
    let mut cases: Vec<&CaseRecord> = analysis
        .record
        .cases
        .iter()
        .filter(|case| case.scenario == scenario)
        .collect();
    cases.sort_by_cached_key(|case| {
        let size = analysis
            .get(&case.id, Metric::SizeUnpacked)
            .and_then(|entry| entry.summary.as_ref());
        let group = match (&case.disposition, size) {
            (_, Some(_)) => 0,
            (Disposition::NotApplicable { .. }, None) => 2,
            (_, None) => 1,
        };
        (
            group,
            Reverse(size.map(|size| size.median as u64)),
            case.variant.clone(),
            case.id.clone(),
        )
    });
    cases
}

fn scale_of(analysis: &Analysis<'_>, cases: &[&CaseRecord], metric: Metric) -> Scale {
    let medians = cases
        .iter()
        .filter_map(|case| analysis.get(&case.id, metric)?.summary.as_ref())
        .map(|summary| quantity(metric.unit(), summary.median));
    Scale::for_values(metric.unit(), medians)
}

/// The n of all timed cells, where they agree: then one note says it for all.
fn common_n(
    analysis: &Analysis<'_>,
    cases: &[&CaseRecord],
    printed: &[(Metric, Scale)],
) -> Option<usize> {
    let mut sizes = cases
        .iter()
        .flat_map(|case| printed.iter().map(|(metric, _)| (&case.id, *metric)))
        .filter(|(_, metric)| metric.kind() == Kind::Timed)
        .filter_map(|(id, metric)| Some(analysis.get(id, metric)?.summary.as_ref()?.n));
    let first = sizes.next()?;
    sizes.all(|n| n == first).then_some(first)
}

fn timed_note(common_n: Option<usize>) -> String {
    match common_n {
        Some(n) if n < MIN_FOR_INTERVAL => {
            format!(
                "Times and memory: median, n = {n}; no interval below {MIN_FOR_INTERVAL} samples."
            )
        }
        Some(n) => format!("Times and memory: median [95 % bootstrap interval of it], n = {n}."),
        None => format!(
            "Times and memory: median [95 % bootstrap interval of it, from {MIN_FOR_INTERVAL} samples on]; n is not the same in all."
        ),
    }
}
