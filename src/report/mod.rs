//! `report.md`: composes the tables and texts of a run, or of several, into one Markdown file.

mod brief;
mod failures;
mod markdown_report;
mod markdown_sections;
mod runs;

pub use brief::{MOST_REPORTED, brief_md, left_out, too_many_variants};
pub use markdown_report::report_md;
pub use runs::reports_md;
