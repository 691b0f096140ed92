//! Renders a record as SVG charts with real text, in light, dark or the colours of a page.
//!
//! Nothing is computed here: charts show the medians, intervals and parts of the tables. Labels
//! must not overlap or leave the picture, so texts are measured before they are placed (`font`),
//! and pictures grow with the number of variants. Values over more than two orders of magnitude
//! use a log scale with dots instead of bars, because the length of a bar has no meaning there.

mod axis;
mod canvas;
mod comparison;
mod context;
mod font;
mod history;
mod layers;
mod layout;
mod options;
mod palette;
mod panels;
mod raster;
mod sample_charts;
mod sizes;
mod steps;
mod tradeoff;

use crate::record::{RunRecord, ScenarioRecord};
use crate::summary::Analysis;
use context::ChartContext;

pub use comparison::comparison_chart;
pub use history::{history_chart, history_charts};
pub use options::{Chart, ChartOptions};
pub use palette::{Theme, palette_css};
pub use raster::{RasterError, png};

/// Draws one chart of a scenario; `None` if there is nothing to draw.
type DrawChart = fn(&ChartContext<'_, '_>) -> Option<Chart>;

/// All charts of a scenario, in the order of a report.
const CHARTS: [DrawChart; 13] = [
    tradeoff::draw,
    sizes::unpacked,
    sizes::packed,
    layers::draw,
    sample_charts::builds,
    sample_charts::mounts,
    steps::cold,
    steps::source,
    steps::dependency,
    sample_charts::pulls,
    sample_charts::starts,
    sample_charts::running,
    sample_charts::load,
];

/// All charts of a run, by scenario. A metric that was not measured has no chart.
pub fn charts(record: &RunRecord, theme: Theme) -> Vec<Chart> {
    charts_with(record, ChartOptions::new(theme))
}

/// The same with options.
pub fn charts_with(record: &RunRecord, options: ChartOptions) -> Vec<Chart> {
    let analysis = Analysis::of(record);
    let scenarios = record.scenarios.iter();
    scenarios
        .flat_map(|scenario| charts_of(&analysis, scenario, options))
        .collect()
}

/// All charts of a scenario.
pub(crate) fn charts_of(
    analysis: &Analysis<'_>,
    scenario: &ScenarioRecord,
    options: ChartOptions,
) -> Vec<Chart> {
    let context = ChartContext::new(analysis, scenario, options);
    match options.metric {
        Some(metric) => sample_charts::single_metric(&context, metric)
            .into_iter()
            .collect(),
        None => CHARTS.iter().filter_map(|draw| draw(&context)).collect(),
    }
}
