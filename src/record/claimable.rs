//! The catalogue as claims of scenarios see it: metrics, counts among the facts of an
//! image, and figures that are derived from several metrics.

use super::{Direction, FACTS, Link, Metric};
use crate::scenario::{Claimable, ClaimableMetric};
use crate::units::Unit;

/// A figure that is derived from metrics and from the deploy plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Derived {
    /// `deploy.first`: `pull.cold` + `start.create` + `start.ready`, over a link: the cold
    /// start on a new node.
    DeployFirst,
    /// `deploy.sibling`: the same with `pull.base`: on a node that has the base.
    DeploySibling,
    /// `deploy.update`: the same with `pull.update`: on a node that has the image before.
    DeployUpdate,
    /// `services.stored`: what a registry keeps of the plan's services, the base once.
    ServicesStored,
    /// `registry.moved`: what the plan's deploys of a month pull, by `pull.update.bytes`.
    RegistryMoved,
}

impl Derived {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::DeployFirst,
        Self::DeploySibling,
        Self::DeployUpdate,
        Self::ServicesStored,
        Self::RegistryMoved,
    ];

    /// The stable id.
    pub fn id(self) -> &'static str {
        match self {
            Self::DeployFirst => "deploy.first",
            Self::DeploySibling => "deploy.sibling",
            Self::DeployUpdate => "deploy.update",
            Self::ServicesStored => "services.stored",
            Self::RegistryMoved => "registry.moved",
        }
    }

    /// The one of an id.
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|derived| derived.id() == id)
    }

    /// The base unit.
    pub fn unit(self) -> Unit {
        match self {
            Self::DeployFirst | Self::DeploySibling | Self::DeployUpdate => Unit::Seconds,
            Self::ServicesStored | Self::RegistryMoved => Unit::Bytes,
        }
    }

    /// Whether it is another over each link.
    pub fn is_linked(self) -> bool {
        self.unit() == Unit::Seconds
    }
}

/// Facts of an image that can be counted, so that a claim about a change can name them.
/// A shell counts 0 or 1; so does a stop, 1 where the process had to be killed.
pub const COUNTED_FACTS: [&str; 9] = [
    "posture.shell",
    "posture.package-managers",
    "posture.compilers",
    "posture.setuid",
    "posture.os-packages",
    "posture.leaks",
    "posture.secrets",
    "posture.stop",
    "posture.cves",
];

/// What a claim or a budget is checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measurand {
    /// A metric.
    Metric(Metric),
    /// A figure that is derived from several.
    Derived(Derived),
    /// One of [`COUNTED_FACTS`].
    Fact(&'static str),
}

impl Measurand {
    /// The one of an id.
    pub fn of_id(id: &str) -> Option<Self> {
        if let Ok(metric) = id.parse() {
            return Some(Self::Metric(metric));
        }
        let fact = || COUNTED_FACTS.into_iter().find(|fact| *fact == id);
        Derived::of_id(id)
            .map(Self::Derived)
            .or_else(|| fact().map(Self::Fact))
    }

    /// The stable id.
    pub fn id(self) -> &'static str {
        match self {
            Self::Metric(metric) => metric.id(),
            Self::Derived(derived) => derived.id(),
            Self::Fact(id) => id,
        }
    }

    /// The base unit.
    pub fn unit(self) -> Unit {
        match self {
            Self::Metric(metric) => metric.unit(),
            Self::Derived(derived) => derived.unit(),
            Self::Fact(_) => Unit::Count,
        }
    }

    /// Whether it is another over each link.
    pub fn is_linked(self) -> bool {
        match self {
            Self::Metric(metric) => metric.is_linked(),
            Self::Derived(derived) => derived.is_linked(),
            Self::Fact(_) => false,
        }
    }

    /// The metric that is compared between runs by the same rules: the one that a figure is
    /// derived from, or one of what an image holds.
    pub fn like(self) -> Metric {
        match self {
            Self::Metric(metric) => metric,
            Self::Derived(Derived::DeployFirst) => Metric::PullCold,
            Self::Derived(Derived::DeploySibling) => Metric::PullBase,
            Self::Derived(Derived::DeployUpdate) => Metric::PullUpdate,
            Self::Derived(Derived::ServicesStored) => Metric::SizeTransfer,
            Self::Derived(Derived::RegistryMoved) => Metric::PullUpdateBytes,
            Self::Fact(_) => Metric::SizeFiles,
        }
    }
}

/// What a claim can be checked against, and the spelling of links: what
/// [`crate::scenario::load`] asks for.
pub fn claimable() -> Claimable {
    let metric = |metric: &Metric| ClaimableMetric {
        id: metric.id(),
        unit: metric.unit(),
        linked: metric.is_linked(),
        more_is_better: metric.direction() == Direction::Higher,
    };
    let derived = Derived::ALL.map(|derived| ClaimableMetric {
        id: derived.id(),
        unit: derived.unit(),
        linked: derived.is_linked(),
        more_is_better: false,
    });
    let counted = COUNTED_FACTS.map(|id| ClaimableMetric {
        id,
        unit: Unit::Count,
        linked: false,
        more_is_better: false,
    });
    Claimable {
        metrics: Metric::ALL.iter().map(metric).collect(),
        facts: FACTS.to_vec(),
        derived: derived.into_iter().chain(counted).collect(),
        link: |text| match text.parse::<Link>() {
            Ok(link) => Ok(link.to_string()),
            Err(error) => Err(error.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_claims_are_one_of_a_kind() {
        let claimable = claimable();
        let all = claimable.metrics.iter().chain(&claimable.derived);
        let mut ids: Vec<_> = all.map(|metric| metric.id).collect();
        let length = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), length);
        for derived in Derived::ALL {
            assert_eq!(Derived::of_id(derived.id()), Some(derived));
        }
        let all = claimable.metrics.iter().chain(&claimable.derived);
        for metric in all {
            let measurand = Measurand::of_id(metric.id).unwrap();
            assert_eq!(measurand.id(), metric.id);
            assert_eq!(measurand.unit(), metric.unit);
            assert_eq!(measurand.is_linked(), metric.linked);
        }
        assert_eq!(Measurand::of_id("posture.user"), None);
        assert!(COUNTED_FACTS.iter().all(|id| FACTS.contains(id)));
    }
}
