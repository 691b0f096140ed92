//! What claims can be checked against. The catalogue of metrics belongs to a higher rank,
//! so whoever loads a scenario brings it along.

use crate::units::Unit;

/// The metrics that a claim may name, and how a link is read.
#[derive(Debug, Clone)]
pub struct Claimable {
    /// The metrics.
    pub metrics: Vec<ClaimableMetric>,
    /// Ids of facts of an image, which a technique can show in.
    pub facts: Vec<&'static str>,
    /// What else a claim may name: figures that are derived from several metrics, and
    /// counts among the facts of an image.
    pub derived: Vec<ClaimableMetric>,
    /// A link as it is always spelled, or why the text is none.
    pub link: fn(&str) -> Result<String, String>,
}

/// A metric as a claim sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimableMetric {
    /// Its id.
    pub id: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Whether it is measured once per link, so that a claim must name one.
    pub linked: bool,
    /// Whether more of it is better: then "2x" is twice as much, else half.
    pub more_is_better: bool,
}

impl Claimable {
    /// All that a technique can show in: the metrics, and the facts.
    pub(super) fn ids(&self) -> impl Iterator<Item = &'static str> {
        let metrics = self.metrics.iter().map(|metric| metric.id);
        metrics.chain(self.facts.iter().copied())
    }

    /// All that a claim or a budget can be checked against.
    pub(super) fn for_claims(&self) -> impl Iterator<Item = ClaimableMetric> {
        self.metrics.iter().chain(&self.derived).copied()
    }

    pub(super) fn find(&self, id: &str) -> Option<ClaimableMetric> {
        self.for_claims().find(|metric| metric.id == id)
    }
}
