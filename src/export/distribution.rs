//! The tables and figures of distribution as JSON.

use serde_json::{Value, json};

use super::native::statistic_json;
use crate::record::{Link, ScenarioRecord};
use crate::summary::Analysis;
use crate::summary::distribution::{proof, pulled_links, stock_of_run, stock_of_scenario};
use crate::summary::stock::Stock;
use crate::tables::distribution::{deploys, pulls, services, sizes};

/// The same as JSON; null if the run did not measure distribution.
pub(super) fn json_of(analysis: &Analysis<'_>) -> Value {
    if !analysis.distributed() {
        return Value::Null;
    }
    let record = analysis.record;
    let distribution = record.distribution.as_ref();
    json!({
        "links": analysis.links(),
        "puller": distribution.and_then(|distribution| distribution.puller.as_ref()),
        "why_no_puller": distribution.and_then(|distribution| distribution.why_no_puller.as_ref()),
        "stored": stock_json(&stock_of_run(analysis)),
        "scenarios": record
            .scenarios
            .iter()
            .map(|scenario| scenario_json(analysis, scenario))
            .collect::<Vec<_>>(),
    })
}

fn scenario_json(analysis: &Analysis<'_>, scenario: &ScenarioRecord) -> Value {
    let over = |link: Link| {
        let proof = proof::Proof::of(analysis, &scenario.name, link);
        let widest = proof::widest(analysis, &scenario.name, link);
        json!({
            "link": link,
            "pulls": pulls::table(analysis, scenario, link).json(),
            "deploys": deploys::table(analysis, scenario, link).json(),
            "cold_pulls": {
                "accepted": proof.accepted,
                "proven": proof.proven,
                "invalid": proof.invalid,
                "dnf": proof.dnf,
            },
            "widest_iqr_to_median_ratio": widest.map(|widest| statistic_json(widest.ratio.get())),
            "widest_iqr_to_median_case": widest.map(|widest| widest.case.as_str()),
        })
    };
    json!({
        "scenario": scenario.name,
        "deploy": scenario.deploy,
        "sizes": sizes::table(analysis, scenario).json(),
        "links": pulled_links(analysis).into_iter().map(over).collect::<Vec<_>>(),
        "services": services::table(analysis, scenario).json(),
        "stored": stock_json(&stock_of_scenario(analysis, &scenario.name)),
    })
}

fn stock_json(stock: &Stock) -> Value {
    json!({
        "images_count": stock.images,
        "once_bytes": stock.has_any().then_some(stock.once),
        "whole_bytes": stock.has_any().then_some(stock.whole),
    })
}
