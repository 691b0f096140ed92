//! Checks the sources and the claims.

use std::collections::BTreeSet;

use super::check::Checker;
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
        metrics: &[(&str, Unit)],
    ) -> Vec<Claim> {
        let sources: Vec<_> = sources
            .iter()
            .map(|source| source.id.get_ref().as_str())
            .collect();
        let variants: Vec<_> = variants
            .iter()
            .map(|variant| variant.name.get_ref().as_str())
            .collect();
        let ids: Vec<_> = metrics.iter().map(|(id, _)| *id).collect();
        let mut seen = BTreeSet::new();
        let mut claims = Vec::new();
        for claim in raw {
            let names = [&claim.source, &claim.variant, &claim.metric, &claim.claimed];
            if !seen.insert(names.map(|name| name.get_ref().as_str())) {
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
            let unit = metrics
                .iter()
                .find(|(id, _)| id == claim.metric.get_ref())
                .map(|(_, unit)| *unit);
            claims.extend(self.figure(claim, unit).map(|figure| model(claim, figure)));
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

    fn figure(&mut self, raw: &RawClaim, unit: Option<Unit>) -> Option<Figure> {
        let claimed = &raw.claimed;
        let Some(figure) = parse_figure(claimed.get_ref()) else {
            let message = format!("`{}` is no figure", claimed.get_ref());
            self.report(claimed.span(), message, "a number and a unit, as `~1.2 GB`, `900+ MB`, `416 KB`, `2 GiB`, `250 ms`, `30 s`, `4 min`", "");
            return None;
        };
        let metric = raw.metric.get_ref();
        match unit {
            Some(unit @ (Unit::Count | Unit::Ratio)) => {
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

fn model(raw: &RawClaim, figure: Figure) -> Claim {
    let (claimed_bytes, claimed_ns) = match figure.value {
        Value::Size(bytes) => (Some(bytes), None),
        Value::Time(nanos) => (None, Some(nanos)),
    };
    Claim {
        source: raw.source.get_ref().clone(),
        variant: raw.variant.get_ref().clone(),
        metric: raw.metric.get_ref().clone(),
        claimed: raw.claimed.get_ref().clone(),
        claimed_bytes,
        claimed_ns,
        approximate: figure.approximate,
        note: raw.note.clone(),
    }
}
