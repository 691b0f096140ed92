//! The main tables of a scenario: size and build, start and run.

use super::distribution::tables_of;
use super::metric_table::{TableSpec, metric_table};
use super::parts::apart_note;
use super::posture::posture_tables;
use super::table::Table;
use super::technique::effect_table_of;
use crate::record::{Metric, RunRecord};
use crate::scenario::ContractKind;
use crate::summary::{Analysis, Counts, Series};

/// The columns after variant and strategy. A terminal prints the last two sets one after the
/// other, because all columns do not fit into 120 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// All columns, for files.
    All,
    /// Size, layers, context, and builds.
    SizeAndBuild,
    /// Start, ready, stop and memory.
    StartAndRun,
}

impl Columns {
    /// The two sets that a terminal prints.
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

    /// With the optional metrics of this run: health follows ready; the others are in the tables
    /// of [`OPTIONAL`], except in files, which have everything in one row.
    fn series(self, analysis: &Analysis<'_>, scenario: &str) -> Vec<Series> {
        let mut metrics = self.metrics();
        let taken = |metric: &Metric| is_taken(analysis, scenario, *metric);
        if let Some(ready) = metrics.iter().position(|m| *m == Metric::StartReady)
            && taken(&Metric::StartHealthy)
        {
            metrics.insert(ready + 1, Metric::StartHealthy);
        }
        if self == Self::All {
            let others = OPTIONAL.iter().flat_map(|table| table.metrics);
            metrics.extend(others.filter(|m| m.is_optional()).filter(|m| taken(m)));
        }
        metrics.into_iter().map(Series::unlinked).collect()
    }

    fn title(self, is_built: bool) -> &'static str {
        match (self, is_built) {
            (Self::All, true) => "size, build, start and run",
            (Self::All, false) => "size, start and run",
            (Self::SizeAndBuild, true) => "size and build",
            (Self::SizeAndBuild, false) => "size",
            (Self::StartAndRun, _) => "start and run",
        }
    }
}

/// The table of a scenario: a row per variant, the largest first by `size.unpacked`, then those
/// without a size, then those that are not applicable. No rows if the record has no such
/// scenario.
pub fn table(record: &RunRecord, scenario: &str, columns: Columns) -> Table {
    table_of(&Analysis::of(record), scenario, columns)
}

/// The tables of a scenario that a terminal prints.
pub fn terminal_tables(record: &RunRecord, scenario: &str) -> Vec<Table> {
    let analysis = Analysis::of(record);
    all_tables(&analysis, scenario)
}

/// The effect of a technique comes first, because it is the question of its scenario.
pub(crate) fn all_tables(analysis: &Analysis<'_>, scenario: &str) -> Vec<Table> {
    let mut tables: Vec<Table> = effect_table_of(analysis, scenario).into_iter().collect();
    let main = Columns::TERMINAL.iter();
    tables.extend(main.map(|columns| table_of(analysis, scenario, *columns)));
    tables.extend(optional_tables(analysis, scenario));
    tables.extend(tables_of(analysis, scenario));
    if let Some(note) = apart_note(analysis, scenario) {
        for table in &mut tables {
            table.notes.insert(0, note.clone());
        }
    }
    tables.extend(posture_tables(analysis, scenario));
    tables
}

pub(crate) fn table_of(analysis: &Analysis<'_>, scenario: &str, columns: Columns) -> Table {
    metric_table(
        analysis,
        scenario,
        &TableSpec {
            what: columns.title(analysis.is_built(scenario)),
            series: columns.series(analysis, scenario),
            one_time_unit: false,
            timed: "Times and memory",
            notes: match columns {
                Columns::SizeAndBuild => Vec::new(),
                Columns::All | Columns::StartAndRun => ready_note(analysis.record, scenario),
            },
        },
    )
}

/// Explains "ready" if it is not an HTTP response as in the definition of the metric.
fn ready_note(record: &RunRecord, scenario: &str) -> Vec<String> {
    let known = record.scenarios.iter().find(|known| known.name == scenario);
    let contract = known.and_then(|known| known.contract.as_ref());
    let other = contract.filter(|contract| contract.kind != ContractKind::Http);
    let note = other.map(|contract| {
        format!(
            "Ready (`{}`: {}) means: {}.",
            contract.kind.name(),
            contract.asks,
            contract.kind.definition()
        )
    });
    note.into_iter().collect()
}

/// A table that exists only if the run measured one of its optional metrics.
struct OptionalTable {
    what: &'static str,
    metrics: &'static [Metric],
    timed: &'static str,
    note: &'static str,
}

const OPTIONAL: [OptionalTable; 3] = [
    OptionalTable {
        what: "files and waste",
        metrics: &[
            Metric::SizeFiles,
            Metric::WasteBytes,
            Metric::WasteEfficiency,
        ],
        timed: "",
        note: "Waste: file bytes of one layer that a later one overwrites or deletes. Efficiency: file bytes of the final \
               tree divided by those of all layers.",
    },
    OptionalTable {
        what: "rebuilds with warm and with cold cache mounts",
        metrics: &[
            Metric::RebuildSource,
            Metric::RebuildSourceColdMounts,
            Metric::RebuildDependency,
            Metric::RebuildDependencyColdMounts,
        ],
        timed: "Times",
        note: "Cold mounts: the cache mounts were emptied before; layers are warm in both.",
    },
    OptionalTable {
        what: "under load",
        metrics: &[Metric::ServeRps, Metric::ServeP50, Metric::ServeP99],
        timed: "Throughput and times",
        note: "The scenario's fixed load on the ready app; only answers that kept the contract count.",
    },
];

fn optional_tables(analysis: &Analysis<'_>, scenario: &str) -> Vec<Table> {
    let taken = |metric: &Metric| is_taken(analysis, scenario, *metric);
    let tables = OPTIONAL.iter().filter(|table| {
        let mut optional = table.metrics.iter().filter(|metric| metric.is_optional());
        optional.any(taken)
    });
    tables
        .map(|table| {
            // A metric without samples would be a column of dashes.
            let metrics = table.metrics.iter().copied().filter(taken);
            metric_table(
                analysis,
                scenario,
                &TableSpec {
                    what: table.what,
                    series: metrics.map(Series::unlinked).collect(),
                    one_time_unit: false,
                    timed: table.timed,
                    notes: vec![table.note.to_owned()],
                },
            )
        })
        .collect()
}

/// Whether any case of the scenario has a sample of it, with or without a value.
fn is_taken(analysis: &Analysis<'_>, scenario: &str, metric: Metric) -> bool {
    analysis
        .entries_in(scenario)
        .any(|entry| entry.metric == metric && entry.counts != Counts::default())
}
