//! Renders a run record: tables, Markdown, the HTML page, charts, CSV and JSON.
//!
//! Pure functions of the record (METHODOLOGY, rule 11): the same record gives the same bytes on
//! every machine. Three rules apply to every format: a missing value is empty, never 0; a failed
//! case has only its reason and no number (rule 1); and results with a stand-in base are marked.
//!
//! Nothing here writes a file or queries a terminal: its width is an argument.

mod analysis;
mod answer;
mod brief;
mod budgets;
mod change;
pub mod chart;
mod ci;
mod claims;
mod comparison;
mod csv_bytes;
mod distribution;
mod entry;
mod failures;
mod figure;
mod findings;
mod floor;
mod history;
mod inspection;
mod json_report;
mod layers;
mod main_table;
mod markdown_report;
mod markdown_sections;
mod metric_cell;
mod metric_table;
mod native;
mod notes;
mod observed;
mod one_metric;
mod page;
mod parts;
mod posture;
mod render;
mod runs;
mod scale;
mod series;
mod steps;
mod stock;
mod summary_file;
mod table;
mod technique;
mod tidy;
mod warning;

pub use analysis::Analysis;
pub use answer::{Answer, answer};
pub use brief::{MOST_REPORTED, brief_md, left_out, too_many_variants};
pub use budgets::check_budgets;
pub use chart::{
    Chart, Grouping, Options as ChartOptions, RasterError, Theme, charts, charts_with,
    comparison_chart, history_chart, history_charts, palette_css, png,
};
pub use ci::{
    COMMENT_BYTES, JunitTerms, STEP_SUMMARY_BYTES, bencher_json, bigger_is_better_json,
    budget_annotations, comparison_annotations, go_benchmark_text, hyperfine_json, junit_xml,
    junit_xml_on, open_metrics_text, smaller_is_better_json, summary_md, unmatched_annotations,
};
pub use claims::{ClaimResult, ClaimVerdict, claim_results, claims, claims_json};
pub use comparison::{
    JudgedBudgets, budget_table, budgets_json, comparison_csv, comparison_json, comparison_table,
};
pub use distribution::distribution_tables;
pub use entry::{Counts, EntryStanding, MetricSummary, Reason, Series, Subject};
pub use findings::{Finding, Sentence, findings};
pub use floor::floor_table;
pub use history::{HistoryPage, history_csv, history_json, history_table, trend_table};
pub use inspection::{
    InspectionView, Sbom, SbomError, file_table, gate_annotations, gate_junit, gate_sarif,
    gate_table, growth_tables, inspection_json, inspection_tables, package_table, packages_json,
    sbom,
};
pub use json_report::{REPORT_SCHEMA_VERSION, report_json};
pub use main_table::{Columns, table, terminal_tables};
pub use markdown_report::report_md;
pub use one_metric::one_metric_tables;
pub use page::{comparison_html, history_html, report_html, reports_html};
pub use parts::parts_table;
pub use render::markdown_lines;
pub use runs::{
    claims_of_all, claims_of_several, reports_json, reports_md, runs_json, runs_overview,
    runs_table, several_claims_json, summaries_csv, summaries_csv_of,
};
pub use summary_file::{summary_csv, write_summary_csv};
pub use table::{Align, Cell, CellMark, Column, Content, Table, TableNote};
pub use technique::{effect_table, effects_csv};
pub use tidy::{samples_csv, steps_csv, write_samples_csv, write_steps_csv};
pub use warning::{Warning, warnings};
