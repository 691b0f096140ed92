//! What claims can be held against. The catalogue of metrics belongs to a higher rank,
//! so whoever loads a scenario brings it along.

use crate::units::Unit;

/// The metrics that a claim may name, and how a link is read.
#[derive(Debug, Clone)]
pub struct Claimable {
    /// The metrics.
    pub metrics: Vec<ClaimableMetric>,
    /// Ids of facts of an image, which a technique can show in.
    pub facts: Vec<&'static str>,
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
}

impl Claimable {
    /// All that a technique can show in: the metrics, and the facts.
    pub(super) fn ids(&self) -> impl Iterator<Item = &'static str> {
        let metrics = self.metrics.iter().map(|metric| metric.id);
        metrics.chain(self.facts.iter().copied())
    }

    pub(super) fn find(&self, id: &str) -> Option<ClaimableMetric> {
        self.metrics.iter().copied().find(|metric| metric.id == id)
    }
}
