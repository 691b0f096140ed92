//! The main tables of a scenario: size and build, start and run.

use super::analysis::Analysis;
use super::distribution::tables_of;
use super::entry::Series;
use super::metric_table::{Layout, metric_table};
use super::posture::posture_tables;
use super::table::Table;
use super::technique::effect_table_of;
use crate::record::{Metric, RunRecord};

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
    let analysis = Analysis::of(record);
    all_tables(&analysis, scenario)
}

/// What a technique does comes first: it is what its scenario asks.
pub(super) fn all_tables(analysis: &Analysis<'_>, scenario: &str) -> Vec<Table> {
    let mut tables: Vec<Table> = effect_table_of(analysis, scenario).into_iter().collect();
    let main = Columns::TERMINAL.iter();
    tables.extend(main.map(|columns| table_of(analysis, scenario, *columns)));
    tables.extend(tables_of(analysis, scenario));
    tables.extend(posture_tables(analysis, scenario));
    tables
}

pub(super) fn table_of(analysis: &Analysis<'_>, scenario: &str, columns: Columns) -> Table {
    let metrics = columns.metrics().into_iter();
    metric_table(
        analysis,
        scenario,
        &Layout {
            what: columns.title(),
            series: metrics.map(Series::unlinked).collect(),
            one_time_unit: false,
            timed: "Times and memory",
            notes: Vec::new(),
        },
    )
}
