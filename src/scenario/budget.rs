//! Limits for a run.

use globset::Glob;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::claimable::{Claimable, ClaimableMetric};
use super::figure::{FigureValue, parse_figure};
use super::raw::{RawBudget, Text};
use super::words::suggest;
use crate::units::{Count, Quantity, Rate, Ratio, Unit, native};

/// A limit for a metric of some variants, or for what a claim may name in addition to metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Id of the metric, or of a derived figure, or of a counted fact.
    pub metric: String,
    /// A glob of variants; all where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// A glob of strategies; all where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// The link that it is about, for a metric that is measured once per link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What is not to be passed.
    pub limit: Limit,
    /// Whether passing it is only a warning.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub soft: bool,
    /// Why there is this limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What is not to be passed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// No more than this.
    AtMost(Quantity),
    /// No less than this.
    AtLeast(Quantity),
    /// No worse than the baseline by more than this share.
    WorseBy(Ratio),
    /// The same against the pinned baseline, which only moves when somebody moves it.
    Drift(Ratio),
}

impl Checker<'_> {
    pub fn budgets(&mut self, raw: &[RawBudget], claimable: &Claimable) -> Vec<Budget> {
        raw.iter()
            .filter_map(|budget| self.budget(budget, claimable))
            .collect()
    }

    fn budget(&mut self, raw: &RawBudget, claimable: &Claimable) -> Option<Budget> {
        let id = raw.metric.get_ref();
        let Some(metric) = claimable.find(id) else {
            let ids: Vec<_> = claimable.for_claims().map(|metric| metric.id).collect();
            let hint = suggest(id, ids.iter().copied());
            self.report(
                raw.metric.span(),
                format!("unknown metric `{id}`"),
                "",
                hint,
            );
            return None;
        };
        for glob in [&raw.variant, &raw.strategy].into_iter().flatten() {
            if let Err(fault) = Glob::new(glob.get_ref()) {
                let message = format!("invalid pattern `{}`: {}", glob.get_ref(), fault.kind());
                self.report(glob.span(), message, "a glob, as `multi-*`", "");
            }
        }
        let text = |text: &Option<Text>| text.as_ref().map(|text| text.get_ref().clone());
        Some(Budget {
            metric: id.clone(),
            variant: text(&raw.variant),
            strategy: text(&raw.strategy),
            link: self.budget_link(raw, metric, claimable),
            limit: self.limit(raw, metric)?,
            soft: raw.soft,
            why: raw.why.clone(),
        })
    }

    fn budget_link(
        &mut self,
        raw: &RawBudget,
        metric: ClaimableMetric,
        claimable: &Claimable,
    ) -> Option<String> {
        let text = raw.link.as_ref()?;
        if !metric.linked {
            let message = format!("metric `{}` goes over no link", metric.id);
            self.report(text.span(), message, "", "remove `link`");
            return None;
        }
        match (claimable.link)(text.get_ref()) {
            Ok(link) => Some(link),
            Err(why) => {
                self.report(text.span(), why, "", "");
                None
            }
        }
    }

    fn limit(&mut self, raw: &RawBudget, metric: ClaimableMetric) -> Option<Limit> {
        let said = [
            ("at-most", &raw.at_most),
            ("at-least", &raw.at_least),
            ("worse-by", &raw.worse_by),
            ("drift", &raw.drift),
        ];
        let said: Vec<_> = said
            .into_iter()
            .filter_map(|(key, text)| Some((key, text.as_ref()?)))
            .collect();
        let [(key, text)] = said.as_slice() else {
            let message = match said.len() {
                0 => "a budget without a limit",
                _ => "a budget with several limits",
            };
            let expected = "one of `at-most`, `at-least`, `worse-by` and `drift`";
            let hint = "write a [[budget]] for each limit";
            self.report(raw.metric.span(), message, expected, hint);
            return None;
        };
        let (limit, expected) = match *key {
            "at-most" => (value(metric, text).map(Limit::AtMost), form(metric.unit)),
            "at-least" => (value(metric, text).map(Limit::AtLeast), form(metric.unit)),
            "worse-by" => (share(text.get_ref()).map(Limit::WorseBy), SHARE),
            _ => (share(text.get_ref()).map(Limit::Drift), SHARE),
        };
        if limit.is_none() {
            let message = format!(
                "invalid limit `{}` for metric `{}`",
                text.get_ref(),
                metric.id
            );
            self.report(text.span(), message, expected, "");
        }
        let absurd = limit.and_then(|limit| absurdity(metric, limit, text.get_ref()));
        if let Some((message, remedy)) = absurd {
            self.report(text.span(), message, "", &remedy);
            return None;
        }
        limit
    }
}

/// The largest share that a relative limit may be: a hundred times as much.
const MOST_SHARE: f64 = 100.0;

/// No measurement comes near it: 9 PB, 104 days.
const MOST: f64 = 9.007e15;

/// Why a limit can never be passed, or is on the wrong side, and the remedy.
fn absurdity(metric: ClaimableMetric, limit: Limit, text: &str) -> Option<(String, String)> {
    let id = metric.id;
    let (key, value, other) = match limit {
        Limit::WorseBy(share) | Limit::Drift(share) => {
            let message = format!("invalid limit `{text}` for metric `{id}`: nothing exceeds it");
            let remedy = format!("write at most `{} %`", MOST_SHARE * 100.0);
            return (share.get() > MOST_SHARE).then_some((message, remedy));
        }
        Limit::AtMost(value) => ("at-most", native(value), "at-least"),
        Limit::AtLeast(value) => ("at-least", native(value), "at-most"),
    };
    let guards_less = key == "at-least";
    if metric.more_is_better != guards_less {
        let better = if metric.more_is_better {
            "more"
        } else {
            "less"
        };
        let message = format!("`{key}` on metric `{id}`, of which {better} is better");
        return Some((message, format!("write `{other} = \"{text}\"`")));
    }
    let most = if metric.unit == Unit::Ratio {
        1.0
    } else {
        MOST
    };
    if value > most {
        let message = format!("invalid limit `{text}` for metric `{id}`: no value comes near it");
        return Some((message, "write a value that a run can have".to_owned()));
    }
    (guards_less && value == 0.0).then(|| {
        let message = format!("`{key} = \"{text}\"` on metric `{id}`: every value keeps it");
        (message, "write a value above zero".to_owned())
    })
}

const SHARE: &str = "a percentage, as `5 %`";

fn form(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "a size, as `60 MB`",
        Unit::Seconds => "a time, as `800 ms`",
        Unit::Count => "a whole number, as `12`",
        Unit::Ratio => "a percentage, as `95 %`",
        Unit::PerSecond => "a number a second, as `500 /s`",
    }
}

fn value(metric: ClaimableMetric, text: &Text) -> Option<Quantity> {
    let text = text.get_ref().trim();
    match metric.unit {
        Unit::Bytes | Unit::Seconds => {
            let figure = parse_figure(text).filter(|figure| !figure.approximate)?;
            let value = match figure.value {
                FigureValue::Size(bytes) => Quantity::Bytes(bytes),
                FigureValue::Time(nanos) => Quantity::Time(nanos),
            };
            (figure.value.unit() == metric.unit).then_some(value)
        }
        Unit::Count => text.parse().ok().map(|whole| Quantity::Count(Count(whole))),
        Unit::Ratio => share(text).map(Quantity::Ratio),
        Unit::PerSecond => {
            let number = text.trim_end_matches("/s").trim_end().parse().ok()?;
            Rate::per_second(number).map(Quantity::Rate)
        }
    }
}

fn share(text: &str) -> Option<Ratio> {
    let number: f64 = text.trim().strip_suffix('%')?.trim_end().parse().ok()?;
    Ratio::of(number, 100.0).filter(|share| share.get() >= 0.0)
}
