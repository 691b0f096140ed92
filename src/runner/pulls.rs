//! The pulls, in the three situations that people meet.
//!
//! Within a visit and for each link, the pulling engine's store goes through
//! these states: empty -> `pull.cold` -> the image -> `pull.update` -> image and
//! update -> the base's layers alone -> `pull.base` -> empty. Pulls that only
//! prepare the store are neither timed nor shaped.

use std::sync::Arc;
use std::time::Duration;

use super::bench::{Bench, World, overdue};
use super::ledger::Ledger;
use super::planned_case::PlannedCase;
use super::proof::{self, Spans};
use super::push::{LostTransfer, Pushed, TAG_COLD, TAG_UPDATE, case_repository, send};
use super::ready_image::{NO_KNOWN_BASE, NO_UPDATE};
use crate::engine::{
    Clock, Engine, Mark, PullEvent, Registry, RegistryEndpoint, TAG_BASE, Traffic,
};
use crate::record::{ImageStore, Link, ManifestRecord, Metric, Outcome};
use crate::units::{Bytes, Nanos, Quantity};

/// A pull's metrics.
#[derive(Debug, Clone, Copy)]
struct Series {
    time: Metric,
    bytes: Metric,
    download: Metric,
    unpack: Metric,
}

const COLD: Series = Series {
    time: Metric::PullCold,
    bytes: Metric::PullColdBytes,
    download: Metric::PullColdDownload,
    unpack: Metric::PullColdUnpack,
};
const BASE: Series = Series {
    time: Metric::PullBase,
    bytes: Metric::PullBaseBytes,
    download: Metric::PullBaseDownload,
    unpack: Metric::PullBaseUnpack,
};
const UPDATE: Series = Series {
    time: Metric::PullUpdate,
    bytes: Metric::PullUpdateBytes,
    download: Metric::PullUpdateDownload,
    unpack: Metric::PullUpdateUnpack,
};

impl Series {
    fn metrics(self) -> [Metric; 4] {
        [self.time, self.bytes, self.download, self.unpack]
    }
}

/// What the distribution phases of a visit yield.
pub(super) fn planned(links: &[Link]) -> Vec<(Metric, Option<Link>)> {
    let pushed = [Metric::SizeTransfer, Metric::PushTime, Metric::PushBytes];
    let mut planned: Vec<_> = pushed.map(|metric| (metric, None)).to_vec();
    for link in links {
        for series in [COLD, UPDATE, BASE] {
            planned.extend(series.metrics().map(|metric| (metric, Some(*link))));
        }
    }
    planned
}

/// Pulls over every link: cold, as an update, and with the base present.
pub(super) async fn pulls<W: World>(
    bench: &mut Bench<W>,
    case: &PlannedCase,
    cold: Option<Pushed>,
    updated: Option<&str>,
    ledger: &mut Ledger,
) {
    let Some(distribution) = &bench.distribution else {
        return;
    };
    let registry = distribution.registry.clone();
    let mut links = bench.record.plan.links.clone();
    // No link is always the first.
    let first = ledger.round as usize % links.len().max(1);
    links.rotate_left(first);
    let Some(cold) = cold else {
        return all(
            ledger,
            &links,
            &Outcome::Dnf {
                reason: "the image could not be pushed".to_owned(),
            },
        );
    };
    let update = match updated {
        Some(tag) if distribution.puller.is_ok() => {
            let repository = case_repository(bench, case);
            send(bench, &registry, &repository, TAG_UPDATE, (tag, None))
                .await
                .map(|(_, _, manifest)| Pushed {
                    tag: TAG_UPDATE,
                    manifest,
                })
                .map_err(|lost| dnf(lost.reason))
        }
        _ if case.spec.ready_image.is_some() => Err(Outcome::NotApplicable {
            reason: NO_UPDATE.to_owned(),
        }),
        _ => Err(dnf("there is no image after the source edit".to_owned())),
    };
    for link in links {
        let puller = bench
            .distribution
            .as_ref()
            .map_or(Err(String::new()), |known| known.puller.clone());
        let puller = match puller {
            Ok(puller) => puller,
            Err(reason) => {
                all(ledger, &[link], &Outcome::NotMeasured { reason });
                continue;
            }
        };
        let mut sequence = PullSequence::<W> {
            repository: case_repository(bench, case),
            base: base_of(bench, case, &cold.manifest, &registry),
            registry: registry.clone(),
            puller,
            link,
        };
        sequence.travel(bench, &cold, update.as_ref(), ledger).await;
    }
}

fn dnf(reason: String) -> Outcome {
    Outcome::Dnf { reason }
}

/// Notes the same of every pull.
fn all(ledger: &mut Ledger, links: &[Link], outcome: &Outcome) {
    for link in links {
        for series in [COLD, UPDATE, BASE] {
            for metric in series.metrics() {
                ledger.note_over(metric, Some(*link), outcome.clone());
            }
        }
    }
}

/// A base as it lies in the registry.
struct Base {
    repository: String,
    manifest: ManifestRecord,
}

/// The base of the final stage; `Err` says why there is none.
fn base_of<W: World>(
    bench: &Bench<W>,
    case: &PlannedCase,
    image: &ManifestRecord,
    registry: &Arc<dyn Registry>,
) -> Result<Base, Outcome> {
    let not_measured = |reason: String| Outcome::NotMeasured { reason };
    let spec = &case.spec;
    if spec.ready_image.is_some() {
        let reason = NO_KNOWN_BASE.to_owned();
        return Err(Outcome::NotApplicable { reason });
    }
    let reference = spec
        .dockerfile
        .final_base(spec.target.as_deref(), &spec.build_args)
        .map_err(|error| not_measured(error.to_string()))?
        .ok_or_else(|| Outcome::NotApplicable {
            reason: "the final stage has no base: every pull to a node without it is cold"
                .to_owned(),
        })?;
    let repository = bench
        .distribution
        .as_ref()
        .and_then(|known| known.bases.get(&reference))
        .ok_or_else(|| not_measured(format!("the base `{reference}` is not in the registry")))?;
    let manifest = registry
        .manifest(repository, TAG_BASE, &bench.record.engine.platform)
        .map_err(|error| not_measured(format!("the base `{reference}`: {error}")))?;
    let layers = |manifest: &ManifestRecord| -> Vec<String> {
        let digests = manifest.layers.iter().map(|layer| layer.digest.clone());
        digests.collect()
    };
    if !layers(image).starts_with(&layers(&manifest)) {
        return Err(not_measured(format!(
            "the engine packed the layers of `{reference}` anew, so the registry has them twice"
        )));
    }
    Ok(Base {
        repository: repository.clone(),
        manifest,
    })
}

/// The pulls of one case over one link.
struct PullSequence<W: World> {
    repository: String,
    base: Result<Base, Outcome>,
    registry: Arc<dyn Registry>,
    puller: Arc<W::Engine>,
    link: Link,
}

/// How far apart an engine reports the progress of a pull: a span that is shorter says
/// nothing. With graph drivers it comes in batches some milliseconds apart (seen on 20.10);
/// with the containerd store it is polled every 100 ms (`showProgress` of moby).
fn resolution(store: &ImageStore) -> Nanos {
    match store {
        ImageStore::GraphDriver => Nanos::from_millis(10),
        ImageStore::Containerd | ImageStore::Unknown => Nanos::from_millis(100),
    }
}

/// A span as the progress shows it.
fn from_progress(span: Option<Nanos>, resolution: Nanos) -> Result<Quantity, String> {
    match span {
        Some(span) if span >= resolution => Ok(Quantity::Time(span)),
        // One text for all, so that reports can put them on one line.
        Some(_) => Err(format!(
            "shorter than {resolution}, the resolution of the engine's progress"
        )),
        None => Err("the engine reported no layer's progress".to_owned()),
    }
}

/// A pull that ended well.
struct Pull {
    time: Nanos,
    traffic: Traffic,
    events: Vec<(Mark, PullEvent)>,
}

impl<W: World> PullSequence<W> {
    async fn travel(
        &mut self,
        bench: &mut Bench<W>,
        cold: &Pushed,
        update: Result<&Pushed, &Outcome>,
        ledger: &mut Ledger,
    ) {
        self.clear().await;
        let first = self.measure(bench, COLD, cold, None, ledger).await;
        match (first, update) {
            (Ok(()), Ok(update)) => {
                let before = Some(&cold.manifest);
                let _ = self.measure(bench, UPDATE, update, before, ledger).await;
            }
            (_, Err(outcome @ Outcome::NotApplicable { .. })) | (Ok(()), Err(outcome)) => {
                self.note(ledger, UPDATE, outcome);
            }
            (Err(reason), _) => {
                let reason = format!("the image before it could not be pulled: {reason}");
                self.note(ledger, UPDATE, &dnf(reason));
            }
        }
        self.pull_onto_base(bench, cold, ledger).await;
        self.clear().await;
    }

    /// The pull to a node that runs siblings.
    async fn pull_onto_base(&mut self, bench: &mut Bench<W>, cold: &Pushed, ledger: &mut Ledger) {
        let base = match &self.base {
            Ok(base) => base,
            Err(outcome) => return self.note(ledger, BASE, outcome),
        };
        let name = self.name(&base.repository, TAG_BASE);
        self.registry.shape(Link::LOOPBACK);
        if let Err(lost) = self.pull(bench, &name).await {
            let reason = format!("the base could not be brought there: {}", lost.reason);
            return self.note(ledger, BASE, &Outcome::Dnf { reason });
        }
        self.remove(&[TAG_COLD, TAG_UPDATE]).await;
        let manifest = base.manifest.clone();
        let _ = self
            .measure(bench, BASE, cold, Some(&manifest), ledger)
            .await;
    }

    /// One timed pull and its proofs.
    async fn measure(
        &self,
        bench: &mut Bench<W>,
        series: Series,
        image: &Pushed,
        present: Option<&ManifestRecord>,
        ledger: &mut Ledger,
    ) -> Result<(), String> {
        bench.phase(series.time);
        self.registry.shape(self.link);
        let name = self.name(&self.repository, image.tag);
        let pull = match self.pull(bench, &name).await {
            Ok(pull) => pull,
            Err(lost) => {
                let outcome = Outcome::Dnf {
                    reason: lost.reason.clone(),
                };
                self.note(ledger, series, &outcome);
                if lost.engine {
                    bench.lose_puller(&lost.reason);
                }
                return Err(lost.reason);
            }
        };
        let store = bench.record.distribution.as_ref();
        let store = store.and_then(|known| Some(&known.puller.as_ref()?.store));
        let store = store.unwrap_or(&ImageStore::Unknown);
        let (image, events) = (&image.manifest, &pull.events);
        let expected = proof::expected(image, present, store);
        let verdict = proof::check_announced(image, present, &expected, events)
            .and_then(|()| proof::check_served(&expected, &pull.traffic));
        let Spans { download, unpack } = proof::spans(&pull.events);
        let served: Bytes = pull.traffic.served.values().copied().sum();
        let values = [
            (series.time, Ok(Quantity::Time(pull.time))),
            (series.bytes, Ok(Quantity::Bytes(served))),
            (series.download, from_progress(download, resolution(store))),
            (series.unpack, from_progress(unpack, resolution(store))),
        ];
        for (metric, value) in values {
            let outcome = match (value, &verdict) {
                (Ok(value), Ok(())) => Outcome::Ok { value },
                (Err(reason), Ok(())) => Outcome::NotMeasured { reason },
                (value, Err(reason)) => Outcome::Invalid {
                    value: value.ok(),
                    reason: reason.clone(),
                },
            };
            ledger.note_over(metric, Some(self.link), outcome);
        }
        Ok(())
    }

    async fn pull(&self, bench: &Bench<W>, name: &str) -> Result<Pull, LostTransfer> {
        let deadline: Duration = bench.record.plan.build_deadline_ns.into();
        let clock = bench.clock.clone();
        let mut events = Vec::with_capacity(1024);
        let mut sink = |event| events.push((clock.mark(), event));
        self.registry.reset_traffic(RegistryEndpoint::Pull);
        let begin = bench.clock.mark();
        let outcome = tokio::time::timeout(deadline, self.puller.pull(name, &mut sink)).await;
        let end = bench.clock.mark();
        let traffic = self.registry.traffic(RegistryEndpoint::Pull);
        outcome.map_err(|_| overdue("pull image", &name))??;
        Ok(Pull {
            time: end.since(begin),
            traffic,
            events,
        })
    }

    fn name(&self, repository: &str, tag: &str) -> String {
        format!(
            "{}/{repository}:{tag}",
            self.registry.authority(RegistryEndpoint::Pull)
        )
    }

    /// Empties the store of what this case brings there. What stays shows in the next proof.
    async fn clear(&self) {
        self.remove(&[TAG_COLD, TAG_UPDATE]).await;
        if let Ok(base) = &self.base {
            let name = self.name(&base.repository, TAG_BASE);
            let _ = self.puller.remove_image(&name).await;
        }
    }

    async fn remove(&self, tags: &[&str]) {
        for tag in tags {
            let name = self.name(&self.repository, tag);
            let _ = self.puller.remove_image(&name).await;
        }
    }

    fn note(&self, ledger: &mut Ledger, series: Series, outcome: &Outcome) {
        for metric in series.metrics() {
            ledger.note_over(metric, Some(self.link), outcome.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_counts_from_the_resolution_of_the_store_on() {
        let millis = Nanos::from_millis;
        for (store, expected) in [
            (ImageStore::GraphDriver, millis(10)),
            (ImageStore::Containerd, millis(100)),
            (ImageStore::Unknown, millis(100)),
        ] {
            let resolution = resolution(&store);
            assert_eq!(resolution, expected);
            let taken = from_progress(Some(expected), resolution).unwrap();
            assert_eq!(taken, Quantity::Time(expected));
            let short = from_progress(Some(Nanos(expected.0 - 1)), resolution).unwrap_err();
            assert_eq!(
                short,
                format!("shorter than {expected}, the resolution of the engine's progress")
            );
            assert!(
                from_progress(None, resolution)
                    .unwrap_err()
                    .contains("no layer's")
            );
        }
    }
}
