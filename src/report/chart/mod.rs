//! Record -> pictures: SVG with real text, in light, dark or a page's own colours.
//!
//! No figure is computed here: charts show the medians, intervals and parts that the
//! tables show. The layout is ours, since labels may neither overlap nor leave the
//! picture: texts are measured before they are placed (`font`), and pictures grow with
//! the number of variants. Values over more than two orders of magnitude stand on a scale
//! of logarithms, where nothing is a bar, because a bar's length would mean nothing there.

mod axis;
mod canvas;
mod choice;
mod font;
mod forest;
mod history;
mod layers;
mod matter;
mod palette;
mod panels;
mod phases;
mod raster;
mod sheet;
mod sizes;
mod steps;

use super::analysis::Analysis;
use crate::record::{Metric, RunRecord, ScenarioRecord};
use matter::Matter;

pub use forest::comparison_chart;
pub use history::{history_chart, history_charts};
pub use palette::{Theme, palette_css};
pub use raster::{RasterError, png};

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// The stem of its file's name: `node-sizes`.
    pub name: String,
    /// What it shows.
    pub title: String,
    /// The main figures in a sentence or two, for those who do not see it.
    pub alt: String,
    /// The picture.
    pub svg: String,
}

/// How the rows of charts are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    /// As the tables are: the largest first.
    #[default]
    Variant,
    /// The same below a heading for each strategy.
    Strategy,
}

/// What is drawn, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The colours.
    pub theme: Theme,
    /// The order of rows.
    pub grouping: Grouping,
    /// This metric alone.
    pub metric: Option<Metric>,
}

impl Options {
    /// All charts, ungrouped.
    pub fn new(theme: Theme) -> Self {
        Self {
            theme,
            grouping: Grouping::default(),
            metric: None,
        }
    }
}

/// What draws one chart of a scenario, where there is anything to draw.
type Draw = fn(&Matter<'_, '_>) -> Option<Chart>;

/// All charts of a scenario, in the order in which readers ask.
const DRAWN: [Draw; 13] = [
    choice::draw,
    sizes::unpacked,
    sizes::packed,
    layers::draw,
    phases::builds,
    phases::mounts,
    steps::cold,
    steps::source,
    steps::dependency,
    phases::pulls,
    phases::starts,
    phases::running,
    phases::load,
];

/// All charts of a run, scenario by scenario. What a run did not measure has no chart.
pub fn charts(record: &RunRecord, theme: Theme) -> Vec<Chart> {
    charts_with(record, Options::new(theme))
}

/// The same, as the options say.
pub fn charts_with(record: &RunRecord, options: Options) -> Vec<Chart> {
    let analysis = Analysis::of(record);
    let scenarios = record.scenarios.iter();
    scenarios
        .flat_map(|scenario| charts_of(&analysis, scenario, options))
        .collect()
}

/// All charts of a scenario.
pub(super) fn charts_of(
    analysis: &Analysis<'_>,
    scenario: &ScenarioRecord,
    options: Options,
) -> Vec<Chart> {
    let matter = Matter::new(analysis, scenario, options);
    match options.metric {
        Some(metric) => phases::alone(&matter, metric).into_iter().collect(),
        None => DRAWN.iter().filter_map(|draw| draw(&matter)).collect(),
    }
}
