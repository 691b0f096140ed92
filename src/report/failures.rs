//! The list of everything without a number, with full reasons.

use super::markdown_sections::section;
use crate::summary::Analysis;
use crate::summary::missing::{MissingValue, missing_values};
use crate::tables::render::escape;

/// The list in Markdown; empty if nothing is missing.
pub(super) fn failures(analysis: &Analysis<'_>) -> String {
    let lines: Vec<String> = missing_values(analysis)
        .iter()
        .map(MissingValue::markdown)
        .collect();
    section("Without a number", &lines.join("\n"))
}

impl MissingValue<'_> {
    fn markdown(&self) -> String {
        let case = escape(self.case);
        let fate = match &self.what {
            Some(what) => format!("{case}, {what}, {}", self.fate),
            None => format!("{case}: {}", self.fate),
        };
        let expected = self.expected.map_or(String::new(), |why| {
            format!(", as expected ({})", escape(why))
        });
        format!("- {fate}{expected}: {}", escape(self.reason))
    }
}
