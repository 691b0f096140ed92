//! A fake engine, clock and probe: the whole pipeline without Docker and without
//! sleeping. Time is tokio's paused time, so that every duration is exact.
//!
//! The fake builds by a small model of BuildKit: a step's key is its text, the
//! content that a COPY reads, and the key of the step before it; a step whose key
//! is known is cached unless the build takes no cache. A RUN takes two seconds, a
//! COPY a tenth. Words in the Dockerfile make an app misbehave: see [`Manner`].

mod builder;
mod engine;
mod export;
pub mod faults;
mod files;
mod registry;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use plimsoll::dockerfile::{Dockerfile, Step};
use plimsoll::engine::{
    BuildContext, BuildFailure, BuildOutcome, BuildRequest, BuildSource, BuildStep, CacheRecord,
    Clock, ContainerId, ContainerSpec, ContainerState, Engine, EngineError, ErrorKind, Health,
    ImageFacts, ImageId, LABEL_RUN, LoadOutcome, LoadSpec, Mark, Owned, OwnedKind, Probe,
    ProbeFailure, ProbeSpec, PullSink, PushOutcome, Ready, RemovalOutcome, Result, Sent,
    SourceKind, StepSink, StopOutcome, StopTime,
};
use plimsoll::oci::sha256_hex;
use plimsoll::record::{EngineFacts, ImageStore, Reach};
use plimsoll::units::{Bytes, Count, Nanos};
use tokio::time::{Instant, sleep};

pub use export::FILE_BYTES;
pub use registry::FakeRegistry;

/// How an app behaves, by a word in its Dockerfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Ready after 300 ms.
    Well,
    /// `crashes`: exits with code 3 after 50 ms.
    Crashes,
    /// `never-ready`: runs and answers nothing.
    NeverReady,
    /// `answers-wrongly`: runs and answers 500.
    AnswersWrongly,
    /// `ignores-sigterm`: has to be killed.
    IgnoresSigterm,
    /// Built for another platform: does not start.
    Foreign,
    /// A program that was imported: ends at once.
    Ends,
}

impl Manner {
    fn of(dockerfile: &str) -> Self {
        let words = [
            ("crashes", Self::Crashes),
            ("never-ready", Self::NeverReady),
            ("answers-wrongly", Self::AnswersWrongly),
            ("ignores-sigterm", Self::IgnoresSigterm),
        ];
        words
            .iter()
            .find(|(word, _)| dockerfile.contains(word))
            .map_or(Self::Well, |(_, m)| *m)
    }
}

#[derive(Debug, Clone)]
struct Image {
    facts: ImageFacts,
    manner: Manner,
}

#[derive(Debug, Clone)]
struct Container {
    image: String,
    manner: Manner,
    run: Option<String>,
    started: bool,
}

/// What the fake holds and what was asked of it.
#[derive(Debug, Default)]
pub struct State {
    images: BTreeMap<String, Image>,
    containers: BTreeMap<String, Container>,
    known: BTreeSet<String>,
    pub cache: BTreeMap<String, String>,
    /// Verbs in order, with their subject.
    pub calls: Vec<String>,
    /// How planted secrets arrived, by tag.
    pub ways: Vec<(String, String)>,
    /// Dockerfiles as they arrived.
    pub dockerfiles: Vec<String>,
    /// The registry that pushes and pulls go to, and by which door.
    pub registry: Option<(FakeRegistry, plimsoll::engine::Door)>,
    /// Ids of cache mounts that a step emptied, in order.
    pub emptied: Vec<String>,
    /// Whether its images are in the containerd store.
    pub containerd: bool,
    /// Whether it runs programs of other platforms.
    pub emulates: bool,
    /// Ids of images of which it lacks platforms that their index names; it does not push them.
    pub partial: BTreeSet<String>,
    /// Ways to its containers that lead nowhere.
    pub closed: Vec<Reach>,
    /// Set to make every verb fail as if the engine had gone.
    pub gone: bool,
    /// Verbs that it refuses.
    pub refuses: Vec<&'static str>,
    /// Set to make it say that the kernel killed what exited.
    pub oom: bool,
    /// An image of a run that comes up once the engine's objects were listed.
    pub appears: Option<String>,
    /// What is to go wrong, and when.
    armed: Option<faults::Armed>,
    /// The folder of results, in which reports get what cannot be replaced by a file.
    pub blocks: Option<std::path::PathBuf>,
}

impl State {
    /// Names of the images that it holds.
    pub fn names(&self) -> Vec<String> {
        self.images.keys().cloned().collect()
    }
}

/// The fake engine.
#[derive(Clone, Default)]
pub struct FakeEngine(pub Arc<Mutex<State>>);

impl FakeEngine {
    /// An engine that holds these bases, each of one layer of 10 MB.
    pub fn with_bases(references: &[&str]) -> Self {
        let engine = Self::default();
        for reference in references {
            engine.add_base(reference, &[]);
        }
        engine
    }

    /// One more, with what registries know it by.
    pub fn add_base(&self, reference: &str, repo_digests: &[String]) {
        let facts = ImageFacts {
            manifest_digest: None,
            id: ImageId(format!("sha256:{}", sha256_hex(reference.as_bytes()))),
            repo_digests: repo_digests.to_vec(),
            listed: Bytes(10_000_000),
            diff_ids: vec![format!("sha256:{}", sha256_hex(b"base layer"))],
            history: vec![(Bytes(10_000_000), "ADD rootfs".to_owned())],
            labels: BTreeMap::new(),
            user: String::new(),
            platform: "linux/amd64".to_owned(),
            health_check: false,
        };
        let image = Image {
            facts,
            manner: Manner::Well,
        };
        self.state(|state| state.images.insert(reference.to_owned(), image));
    }

    /// A label on an image that it holds.
    pub fn add_label(&self, reference: &str, key: &str, value: &str) {
        self.state(|state| {
            let image = state.images.get_mut(reference).unwrap();
            let labels = &mut image.facts.labels;
            labels.insert(key.to_owned(), value.to_owned());
        });
    }

    /// Somebody else's container.
    pub fn add_container(&self, name: &str) {
        let container = Container {
            image: "theirs:1".to_owned(),
            manner: Manner::NeverReady,
            run: None,
            started: false,
        };
        self.state(|state| state.containers.insert(name.to_owned(), container));
    }

    /// Somebody removes a container or an image.
    pub fn lose(&self, name: &str) {
        self.state(|state| {
            state.containers.retain(|known, _| !known.contains(name));
            state.images.retain(|known, _| !known.contains(name));
        });
    }

    /// All that it holds, as one line each.
    pub fn holds(&self) -> BTreeSet<String> {
        self.state(|state| {
            let images = state.images.iter();
            let images = images.map(|(tag, image)| format!("image {tag} {:?}", image.facts));
            let containers = state.containers.iter();
            let containers = containers.map(|(name, one)| format!("container {name} {one:?}"));
            let cache = state.cache.iter();
            let cache = cache.map(|(id, words)| format!("record {id} {words}"));
            images.chain(containers).chain(cache).collect()
        })
    }

    pub fn state<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap())
    }

    /// Names of images and containers that carry a run's label.
    pub fn leftovers(&self) -> Vec<String> {
        self.state(|state| {
            let images = state
                .images
                .iter()
                .filter(|(tag, image)| {
                    let labelled = image.facts.labels.contains_key(LABEL_RUN);
                    labelled || plimsoll::engine::run_of_tag(tag).is_some()
                })
                .map(|(tag, _)| tag.clone());
            images.chain(state.containers.keys().cloned()).collect()
        })
    }

    async fn call(&self, verb: &'static str, subject: &str) -> Result<()> {
        self.state(|state| state.calls.push(format!("{verb} {subject}")));
        self.strike(verb, subject).await?;
        self.state(|state| {
            if let Some(results) = state.blocks.as_ref().filter(|_| verb == "create") {
                for folder in std::fs::read_dir(results).unwrap().flatten() {
                    for report in ["report.md", "report.html"] {
                        let _ = std::fs::remove_file(folder.path().join(report));
                        let _ = std::fs::create_dir(folder.path().join(report));
                    }
                }
            }
            if state.refuses.contains(&verb) {
                return Err(EngineError::new(verb, subject, ErrorKind::Refused, "no"));
            }
            if state.gone {
                return Err(EngineError::new(
                    verb,
                    subject,
                    ErrorKind::Unreachable,
                    "gone",
                ));
            }
            Ok(())
        })
    }
}

/// Tokio's clock, which a paused runtime moves by itself. Its date stands still until it is set.
pub struct FakeClock(Instant, Date);

/// The date of the machine, as RFC 3339.
#[derive(Debug, Clone)]
pub struct Date(Arc<Mutex<String>>);

impl Default for Date {
    fn default() -> Self {
        Self(Arc::new(Mutex::new("2026-11-20T20:40:00Z".to_owned())))
    }
}

impl Date {
    pub fn set(&self, utc: &str) {
        *self.0.lock().unwrap() = utc.to_owned();
    }
}

impl FakeClock {
    pub fn new() -> Self {
        Self::of(&Date::default())
    }

    pub fn of(date: &Date) -> Self {
        Self(Instant::now(), date.clone())
    }
}

impl Clock for FakeClock {
    fn mark(&self) -> Mark {
        Mark(self.0.elapsed().into())
    }

    fn utc(&self) -> String {
        self.1.0.lock().unwrap().clone()
    }

    fn resolution(&self) -> Nanos {
        Nanos(1)
    }

    async fn sleep(&self, duration: Nanos) {
        sleep(duration.into()).await;
    }
}

/// Asks the fake engine's containers, which it finds by their port.
pub struct FakeProbe {
    pub engine: FakeEngine,
    pub clock: Arc<FakeClock>,
}

impl Probe for FakeProbe {
    async fn drive(&self, spec: &LoadSpec) -> std::result::Result<LoadOutcome, ProbeFailure> {
        sleep(Duration::from(spec.load.warmup) + Duration::from(spec.load.duration)).await;
        let answers = spec.load.duration.0 / 1_000_000;
        Ok(LoadOutcome {
            answers: Count(answers),
            failures: Count(0),
            elapsed: spec.load.duration,
            latencies: vec![Nanos::from_millis(1); answers as usize],
        })
    }

    async fn wait_ready(&self, spec: &ProbeSpec) -> std::result::Result<Ready, ProbeFailure> {
        let manner = self.engine.state(|state| {
            state
                .containers
                .values()
                .find(|container| container.started)
                .map(|c| c.manner)
                .filter(|_| !spec.address.ip().is_unspecified())
        });
        match manner {
            Some(Manner::Well | Manner::IgnoresSigterm) => {
                sleep(Duration::from_millis(300)).await;
                Ok(Ready {
                    at: self.clock.mark(),
                    last_failure: None,
                    attempts: Count(150),
                })
            }
            Some(Manner::AnswersWrongly) => {
                sleep(spec.within.into()).await;
                Err(ProbeFailure::WrongAnswer {
                    path: spec.path.clone(),
                    status: 500,
                    expected: format!("status {}", spec.status),
                    body: "boom".to_owned(),
                })
            }
            _ => {
                sleep(spec.within.into()).await;
                Err(ProbeFailure::TimedOut {
                    path: spec.path.clone(),
                    within: spec.within,
                    last: "connection refused".to_owned(),
                })
            }
        }
    }
}
