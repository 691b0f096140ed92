//! Distribution: the cost of deploys and the storage of services, derived from medians, and the
//! evidence for pulls.
//!
//! All numbers come from valid samples. Links are never mixed.

mod deploys;
mod layers;
pub(crate) mod proof;
mod pulled_links;
mod services;

use super::analysis::Analysis;
use super::entry::Series;
use super::figure::{Absence, Figure, median, sum};
use crate::record::{CaseRecord, DeployPlan, Derived, Link, Metric};
use crate::units::Bytes;

pub(crate) use deploys::{DAYS, moved, parts, updates_a_month};
pub(crate) use layers::{SplitImage, part, stock_of_run, stock_of_scenario};
pub(crate) use pulled_links::pulled_links;
pub(crate) use services::figure_of;

/// A derived figure of a case, as in the tables of deploys and services, and its parts; empty if
/// it is not a sum.
pub(super) fn derived(
    analysis: &Analysis<'_>,
    case: &CaseRecord,
    derived: Derived,
    link: Option<Link>,
) -> (Figure, Vec<Series>) {
    let scenarios = &analysis.record.scenarios;
    let plan = scenarios
        .iter()
        .find(|scenario| scenario.name == case.scenario)
        .map_or_else(DeployPlan::default, |scenario| scenario.deploy);
    if !analysis.distributed() {
        let absence = Absence::not_derived("this run looked at neither pushes nor pulls");
        return (Err(absence), Vec::new());
    }
    let pull = match derived {
        Derived::ServicesStored => {
            return (services::stored(analysis, case, plan.services), Vec::new());
        }
        Derived::RegistryMoved => {
            let nothing = || Absence::not_derived("nothing was pulled in this run");
            let first = pulled_links(analysis).first().copied();
            let bytes = first.ok_or_else(nothing);
            let moved = bytes.and_then(|link| deploys::moved(analysis, case, plan, link));
            return (moved, Vec::new());
        }
        Derived::DeployFirst => Metric::PullCold,
        Derived::DeploySibling => Metric::PullBase,
        Derived::DeployUpdate => Metric::PullUpdate,
    };
    let Some(link) = link else {
        let absence = Absence::not_derived("it is another over each link, and none is named");
        return (Err(absence), Vec::new());
    };
    if !analysis.links().contains(&link) {
        let absence = Absence::not_run(format!("nothing went over {link} in this run"));
        return (Err(absence), Vec::new());
    }
    let parts = deploys::parts(pull, link);
    let sum = sum(parts.map(|part| median(analysis.at(&case.id, part))));
    (sum, parts.to_vec())
}

/// The packed bytes of an image that belong to its base; `None` if unknown.
pub(crate) fn base_share(analysis: &Analysis<'_>, case: &CaseRecord) -> Option<Bytes> {
    let split_image = layers::part(analysis, case).ok()?;
    Some(split_image.base_bytes)
}

/// The number of layers of an image that belong to its base; `None` if unknown.
pub(crate) fn base_layers(analysis: &Analysis<'_>, case: &CaseRecord) -> Option<usize> {
    let base = layers::base_of(analysis, case, case.image.as_ref()?).ok()?;
    Some(base.map_or(0, |base| base.diff_ids.len()))
}
