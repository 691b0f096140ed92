//! The charts of a scenario, in the page's colours.

use maud::{Markup, PreEscaped, html};

use super::page_context::PageContext;
use crate::charts::{ChartOptions, Theme, charts_of, palette_css};
use crate::record::ScenarioRecord;

/// The colours of the charts, for light and dark.
pub(super) fn colours() -> String {
    palette_css()
}

/// All of them; nothing where there is none. A picture scrolls where it would be too small to
/// read, and its caption says its main figures.
pub(super) fn charts(sheet: &PageContext<'_>, scenario: &ScenarioRecord) -> Markup {
    let charts = charts_of(&sheet.analysis, scenario, ChartOptions::new(Theme::Css));
    html! {
        @if !charts.is_empty() {
            (sheet.heading(2, "Charts"))
            @for chart in &charts {
                figure.chart id=(sheet.id(&format!("chart-{}", chart.name))) {
                    div.scroll role="group" tabindex="0" aria-label=(chart.title) { (PreEscaped(&chart.svg)) }
                    figcaption { (chart.alt) }
                }
            }
        }
    }
}
