//! Checks the sources and the claims.

use std::collections::BTreeSet;

use super::check::Checker;
use super::claimable::{Claimable, ClaimableMetric};
use super::figure::{Figure, Value, parse_figure};
use super::model::{Claim, Source};
use super::raw::{RawClaim, RawSource, RawVariant, Text};
use super::words::suggest;
use crate::units::Unit;

impl Checker<'_> {
    pub fn sources(&mut self, raw: &[RawSource]) -> Vec<Source> {
        self.unique(raw.iter().map(|source| &source.id), "source");
        let mut sources = Vec::new();
        for source in raw {
            self.kebab(&source.id, "id of a source");
            self.filled(&source.title, "the title", "say what the source is");
            sources.push(Source {
                id: source.id.get_ref().clone(),
                title: source.title.get_ref().clone(),
            });
        }
        sources
    }

    pub fn claims(
        &mut self,
        raw: &[RawClaim],
        sources: &[RawSource],
        variants: &[RawVariant],
        claimable: &Claimable,
    ) -> Vec<Claim> {
        let sources: Vec<_> = sources
            .iter()
            .map(|source| source.id.get_ref().as_str())
            .collect();
        let variants: Vec<_> = variants
            .iter()
            .map(|variant| variant.name.get_ref().as_str())
            .collect();
        let ids: Vec<_> = claimable.metrics.iter().map(|metric| metric.id).collect();
        let mut seen = BTreeSet::new();
        let mut claims = Vec::new();
        for claim in raw {
            let names = [&claim.source, &claim.variant, &claim.metric, &claim.claimed];
            let metric = claimable.find(claim.metric.get_ref());
            let link = self.link(claim, metric, claimable);
            if !seen.insert((names.map(|name| name.get_ref().as_str()), link.clone())) {
                self.report(
                    claim.source.span(),
                    "the same claim a second time",
                    "",
                    "remove one of the two",
                );
            }
            self.known(&claim.source, "source", &sources);
            self.known(&claim.variant, "variant", &variants);
            self.known(&claim.metric, "metric", &ids);
            let unit = metric.map(|metric| metric.unit);
            let figure = self.figure(claim, unit);
            claims.extend(figure.map(|figure| model(claim, figure, link)));
        }
        claims
    }

    fn known(&mut self, name: &Text, what: &str, known: &[&str]) {
        if !known.contains(&name.get_ref().as_str()) {
            let hint = suggest(name.get_ref(), known.iter().copied());
            self.report(
                name.span(),
                format!("unknown {what} `{}`", name.get_ref()),
                "",
                hint,
            );
        }
    }

    /// The link of a claim, as it is always spelled: asked for by a metric that is measured
    /// once per link, and by no other.
    fn link(
        &mut self,
        raw: &RawClaim,
        metric: Option<ClaimableMetric>,
        claimable: &Claimable,
    ) -> Option<String> {
        let id = raw.metric.get_ref();
        let Some(text) = &raw.link else {
            if metric.is_some_and(|metric| metric.linked) {
                self.report(
                    raw.metric.span(),
                    format!("metric `{id}` is measured once per link"),
                    "a claim that names its link",
                    "add e.g. `link = \"100mbit\"`",
                );
            }
            return None;
        };
        if metric.is_some_and(|metric| !metric.linked) {
            let message = format!("metric `{id}` goes over no link");
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

    fn figure(&mut self, raw: &RawClaim, unit: Option<Unit>) -> Option<Figure> {
        let claimed = &raw.claimed;
        let Some(figure) = parse_figure(claimed.get_ref()) else {
            let message = format!("`{}` is no figure", claimed.get_ref());
            self.report(claimed.span(), message, "a number and a unit, as `~1.2 GB`, `900+ MB`, `416 KB`, `2 GiB`, `250 ms`, `30 s`, `4 min`", "");
            return None;
        };
        let metric = raw.metric.get_ref();
        match unit {
            Some(unit @ (Unit::Count | Unit::Ratio | Unit::PerSecond)) => {
                let message = format!("metric `{metric}` is a {unit}");
                self.report(
                    raw.metric.span(),
                    message,
                    "a metric of bytes or of seconds",
                    "",
                );
            }
            Some(unit) if unit != figure.value.unit() => {
                let expected = if unit == Unit::Bytes {
                    "a size, as `1.2 GB`"
                } else {
                    "a time, as `30 s`"
                };
                let message = format!("`{}` does not fit metric `{metric}`", claimed.get_ref());
                self.report(claimed.span(), message, expected, "");
            }
            _ => {}
        }
        Some(figure)
    }
}

fn model(raw: &RawClaim, figure: Figure, link: Option<String>) -> Claim {
    let (claimed_bytes, claimed_ns) = match figure.value {
        Value::Size(bytes) => (Some(bytes), None),
        Value::Time(nanos) => (None, Some(nanos)),
    };
    Claim {
        source: raw.source.get_ref().clone(),
        variant: raw.variant.get_ref().clone(),
        from: None,
        metric: raw.metric.get_ref().clone(),
        link,
        claimed: raw.claimed.get_ref().clone(),
        claimed_bytes,
        claimed_ns,
        claimed_change: None,
        approximate: figure.approximate,
        note: raw.note.clone(),
    }
}
