//! The catalogue as claims of scenarios see it.

use super::{FACTS, Link, Metric};
use crate::scenario::{Claimable, ClaimableMetric};

/// Every metric, and the spelling of links: what [`crate::scenario::load`] asks for.
pub fn claimable() -> Claimable {
    let metric = |metric: &Metric| ClaimableMetric {
        id: metric.id(),
        unit: metric.unit(),
        linked: metric.is_linked(),
    };
    Claimable {
        metrics: Metric::ALL.iter().map(metric).collect(),
        facts: FACTS.to_vec(),
        link: |text| match text.parse::<Link>() {
            Ok(link) => Ok(link.to_string()),
            Err(error) => Err(error.to_string()),
        },
    }
}
