//! What the parts of one run's page share: its figures, its ids, its level of headings.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::section::{ContentsEntry, Section};
use crate::record::{CaseId, RunRecord};
use crate::summary::Analysis;
use crate::summary::missing::{MissingValue, missing_values};

/// One run on a page.
pub(super) struct PageContext<'a> {
    pub(super) analysis: Analysis<'a>,
    /// Begins all ids: several runs may share a page.
    prefix: String,
    /// Of the run's own heading.
    level: u8,
    /// Of each case, the id of its part of the page.
    anchors: BTreeMap<&'a str, String>,
    /// All that has no number.
    pub(super) lacks: Vec<MissingValue<'a>>,
    tables: Cell<u32>,
}

impl<'a> PageContext<'a> {
    pub(super) fn new(record: &'a RunRecord, prefix: String, level: u8) -> Self {
        let mut taken = BTreeSet::new();
        let mut anchors = BTreeMap::new();
        // The floor has a table of its own and no part as a case.
        let cases = record.cases.iter().enumerate();
        for (number, case) in cases.filter(|(_, case)| case.strategy != "floor") {
            let mut anchor = format!("{prefix}case-{}", slug(case.id.as_str()));
            if !taken.insert(anchor.clone()) {
                anchor = format!("{anchor}-{number}");
                taken.insert(anchor.clone());
            }
            anchors.insert(case.id.as_str(), anchor);
        }
        let analysis = Analysis::of(record);
        Self {
            lacks: missing_values(&analysis),
            analysis,
            prefix,
            level,
            anchors,
            tables: Cell::new(0),
        }
    }

    pub(super) fn record(&self) -> &'a RunRecord {
        self.analysis.record
    }

    /// An id that no other run of the page has.
    pub(super) fn id(&self, name: &str) -> String {
        format!("{}{}", self.prefix, slug(name))
    }

    /// The id of the next table.
    pub(super) fn table_id(&self) -> String {
        let number = self.tables.get() + 1;
        self.tables.set(number);
        format!("{}table-{number}", self.prefix)
    }

    /// Where all about a case is.
    pub(super) fn anchor(&self, case: &CaseId) -> Option<&str> {
        self.anchors.get(case.as_str()).map(String::as_str)
    }

    /// The same by the names that a table's row has.
    pub(super) fn anchor_of(&self, scenario: &str, variant: &str) -> Option<&str> {
        let case = self.analysis.variant(scenario, variant)?;
        self.anchor(&case.id)
    }

    /// A heading so many levels below the run's.
    pub(super) fn heading(&self, below: u8, text: &str) -> Markup {
        match self.level + below {
            1 => html! { h1 { (text) } },
            2 => html! { h2 { (text) } },
            3 => html! { h3 { (text) } },
            4 => html! { h4 { (text) } },
            5 => html! { h5 { (text) } },
            _ => html! { h6 { (text) } },
        }
    }

    /// A section one level below the run's heading.
    pub(super) fn section(&self, name: &str, title: &str, body: &Markup) -> Section {
        let anchor = self.id(name);
        Section {
            body: html! {
                section id=(anchor) { (self.heading(1, title)) (body) }
            },
            entry: ContentsEntry {
                anchor,
                text: title.to_owned(),
                below: Vec::new(),
            },
        }
    }
}

/// What may stand in an id and in a link to it, whatever the name holds.
fn slug(name: &str) -> String {
    let kept = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    name.chars().map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_holds_nothing_but_letters_digits_and_hyphens() {
        assert_eq!(slug("node/Single stage"), "node-single-stage");
        assert_eq!(slug("\"><img onerror=x>é"), "---img-onerror-x--");
    }
}
