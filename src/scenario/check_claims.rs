//! Checks the sources and the claims.

use std::collections::BTreeSet;

use super::check::Checker;
use super::claimable::{Claimable, ClaimableMetric};
use super::figure::{FigureChange, FigureValue, PublishedFigure, parse_change, parse_figure};
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
        let ids: Vec<_> = claimable.for_claims().map(|metric| metric.id).collect();
        let mut seen = BTreeSet::new();
        let mut claims = Vec::new();
        for claim in raw {
            let names = [&claim.source, &claim.variant, &claim.metric, &claim.claimed];
            let names = names.map(|name| name.get_ref().as_str());
            let from = claim.from.as_ref().map(Text::get_ref);
            let metric = claimable.find(claim.metric.get_ref());
            let link = self.link(claim, metric, claimable);
            if !seen.insert((names, from, link.clone())) {
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
            let said = if let Some(from) = &claim.from {
                self.known(from, "variant", &variants);
                self.claimed_change(claim, from, metric).map(Said::Change)
            } else {
                let unit = metric.map(|metric| metric.unit);
                self.figure(claim, unit).map(Said::Figure)
            };
            claims.extend(said.map(|said| model(claim, said, link)));
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
                    format!("metric `{id}` is another over each link"),
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

    fn figure(&mut self, raw: &RawClaim, unit: Option<Unit>) -> Option<PublishedFigure> {
        let claimed = &raw.claimed;
        let metric = raw.metric.get_ref();
        if let Some(unit @ (Unit::Count | Unit::Ratio | Unit::PerSecond)) = unit {
            self.report(
                raw.metric.span(),
                format!("metric `{metric}` is a {unit}"),
                "a metric of bytes or of seconds",
                "a claim about a change may name it: add `from`",
            );
            return None;
        }
        let Some(figure) = parse_figure(claimed.get_ref()) else {
            let message = format!("invalid figure `{}`", claimed.get_ref());
            let hint = if parse_change(claimed.get_ref(), false).is_some() {
                "a change needs `from`, the variant before it"
            } else {
                ""
            };
            self.report(claimed.span(), message, "a number and a unit, as `~1.2 GB`, `900+ MB`, `416 KB`, `2 GiB`, `250 ms`, `30 s`, `4 min`", hint);
            return None;
        };
        if let Some(unit) = unit.filter(|unit| *unit != figure.value.unit()) {
            let expected = if unit == Unit::Bytes {
                "a size, as `1.2 GB`"
            } else {
                "a time, as `30 s`"
            };
            let message = format!("`{}` does not fit metric `{metric}`", claimed.get_ref());
            self.report(claimed.span(), message, expected, "");
        }
        Some(figure)
    }

    fn claimed_change(
        &mut self,
        raw: &RawClaim,
        from: &Text,
        metric: Option<ClaimableMetric>,
    ) -> Option<FigureChange> {
        if from.get_ref() == raw.variant.get_ref() {
            let message = format!("a change from `{}` to itself", from.get_ref());
            let expected = "`from`, the variant before the change";
            self.report(from.span(), message, expected, "");
        }
        let claimed = &raw.claimed;
        let more_is_better = metric.is_some_and(|metric| metric.more_is_better);
        let Some(change) = parse_change(claimed.get_ref(), more_is_better) else {
            let message = format!("invalid change `{}`", claimed.get_ref());
            let expected = "as `30 s -> 3 s`, `-70 %`, `+2.5 %`, `47x`, `1/2`, `less` or `more`";
            let hint = if parse_figure(claimed.get_ref()).is_some() {
                "a figure needs no `from`"
            } else {
                ""
            };
            self.report(claimed.span(), message, expected, hint);
            return None;
        };
        // Plain numbers fit whatever is neither bytes nor seconds.
        let fits = |unit: Unit, metric: Unit| match metric {
            Unit::Bytes | Unit::Seconds => unit == metric,
            Unit::Count | Unit::Ratio | Unit::PerSecond => unit == Unit::Count,
        };
        if let (Some(metric), Some(unit)) = (metric, change.unit)
            && !fits(unit, metric.unit)
        {
            let metric = raw.metric.get_ref();
            let message = format!("`{}` does not fit metric `{metric}`", claimed.get_ref());
            self.report(claimed.span(), message, "figures in the metric's unit", "");
        }
        Some(change)
    }
}

/// What a claim says.
enum Said {
    Figure(PublishedFigure),
    Change(FigureChange),
}

fn model(raw: &RawClaim, said: Said, link: Option<String>) -> Claim {
    let (mut claimed_bytes, mut claimed_ns, mut claimed_change) = (None, None, None);
    let approximate = match said {
        Said::Figure(figure) => {
            match figure.value {
                FigureValue::Size(bytes) => claimed_bytes = Some(bytes),
                FigureValue::Time(nanos) => claimed_ns = Some(nanos),
            }
            figure.approximate
        }
        Said::Change(change) => {
            claimed_change = change.ratio;
            change.approximate
        }
    };
    Claim {
        source: raw.source.get_ref().clone(),
        variant: raw.variant.get_ref().clone(),
        from: raw.from.as_ref().map(|from| from.get_ref().clone()),
        metric: raw.metric.get_ref().clone(),
        link,
        claimed: raw.claimed.get_ref().clone(),
        claimed_bytes,
        claimed_ns,
        claimed_change,
        approximate,
        note: raw.note.clone(),
    }
}
