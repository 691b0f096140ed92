//! Several runs in one report: their differences, and a section for each.

use super::markdown_report::report_md;
use crate::record::RunRecord;
use crate::tables::runs_overview;

/// `report.md` of several runs: the overview, then the page of each run with its headings one
/// level lower.
pub fn reports_md(records: &[RunRecord]) -> String {
    let mut page = format!(
        "# {} runs\n\n{}",
        records.len(),
        runs_overview(records).markdown()
    );
    for record in records {
        page.push('\n');
        page.push_str(&lowered(&report_md(record)));
    }
    page
}

/// Lowers headings by one level, except lines in code blocks.
fn lowered(page: &str) -> String {
    let mut in_code = false;
    let mut lower = String::with_capacity(page.len());
    for line in page.lines() {
        in_code ^= line.starts_with("```");
        if line.starts_with('#') && !in_code {
            lower.push('#');
        }
        lower.push_str(line);
        lower.push('\n');
    }
    lower
}
