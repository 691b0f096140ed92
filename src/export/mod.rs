//! Files for other programs: JSON, CSV, bills of materials, and the formats of benchmark trackers
//! and CI systems. Base units; a missing value is empty or null, never 0.
//!
//! Nothing here opens a file: large outputs are written into what the caller gives.

mod budgets;
mod ci;
mod claims;
mod comparison;
mod csv_bytes;
mod distribution;
mod history;
mod inspection;
mod json_report;
mod native;
mod parts;
mod posture;
mod runs;
mod summary_file;
mod table_data;
mod technique;
mod tidy;

pub use budgets::budgets_json;
pub use ci::{
    COMMENT_BYTES, JunitTerms, STEP_SUMMARY_BYTES, bencher_json, bigger_is_better_json,
    budget_annotations, comparison_annotations, go_benchmark_text, hyperfine_json, junit_xml,
    junit_xml_on, open_metrics_text, smaller_is_better_json, summary_md, unmatched_annotations,
};
pub use claims::claims_json;
pub use comparison::{comparison_csv, comparison_json};
pub use history::{history_csv, history_json};
pub use inspection::{
    Sbom, SbomError, gate_annotations, gate_junit, gate_sarif, inspection_json, json_text,
    packages_json, sbom,
};
pub use json_report::{REPORT_SCHEMA_VERSION, report_json};
pub use runs::{reports_json, runs_json, several_claims_json, summaries_csv, summaries_csv_of};
pub use summary_file::{summary_csv, write_summary_csv};
pub use technique::effects_csv;
pub use tidy::{samples_csv, steps_csv, write_samples_csv, write_steps_csv};
