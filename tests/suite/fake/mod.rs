//! A fake engine, clock and probe: the whole pipeline without Docker and without
//! sleeping. Time is tokio's paused time, so that every duration is exact.
//!
//! The fake builds by a small model of BuildKit: a step's key is its text, the
//! content that a COPY reads, and the key of the step before it; a step whose key
//! is known is cached unless the build takes no cache. A RUN takes two seconds, a
//! COPY a tenth. Words in the Dockerfile make an app misbehave: see [`Manner`].

mod engine;
mod export;
pub mod faults;
mod files;
mod model;
mod ready;
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
    HealthCheck, ImageFacts, ImageId, LABEL_RUN, LoadOutcome, LoadSpec, Mark, OutputChunk,
    OutputPipe, OutputStream, Owned, OwnedKind, Probe, ProbeCheck, ProbeFailure, ProbeSpec,
    PullSink, PushOutcome, Ready, RemovalOutcome, Result, Sent, SourceKind, StepSink, StopOutcome,
    StopTime,
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
    /// `ends-after-ready`: answers once and exits with code 3. The kernel's figure is zero.
    EndsAfterReady,
    /// `ends-without-figure`: the same, and the engine has no statistics of it.
    EndsWithoutFigure,
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
    /// `finishes`: exits with code 0 after 700 ms.
    Finishes,
    /// `unhealthy`: its health check fails after 300 ms.
    Unhealthy,
    /// `floods`: prints for ever, without an end of a line and without a pause.
    Floods,
    /// `prints-late`: exits with code 0 after 700 ms; its last line, which has no end, arrives
    /// after the engine's word of the exit.
    PrintsLate,
}

impl Manner {
    fn of(dockerfile: &str) -> Self {
        let words = [
            ("crashes", Self::Crashes),
            ("ends-after-ready", Self::EndsAfterReady),
            ("ends-without-figure", Self::EndsWithoutFigure),
            ("never-ready", Self::NeverReady),
            ("answers-wrongly", Self::AnswersWrongly),
            ("ignores-sigterm", Self::IgnoresSigterm),
            ("finishes", Self::Finishes),
            ("unhealthy", Self::Unhealthy),
            ("floods", Self::Floods),
            ("prints-late", Self::PrintsLate),
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
    network: Option<String>,
    /// Whether its image has a health check.
    has_check: bool,
    /// Whether an attach did a part of its start.
    prepared: bool,
    started: bool,
    /// When its start call returned.
    since: Option<Instant>,
}

/// What the fake holds and what was asked of it.
#[derive(Debug, Default)]
pub struct State {
    images: BTreeMap<String, Image>,
    containers: BTreeMap<String, Container>,
    /// Private networks, with the run of each.
    pub networks: BTreeMap<String, Option<String>>,
    known: BTreeSet<String>,
    pub cache: BTreeMap<String, String>,
    /// Verbs in order, with their subject.
    pub calls: Vec<String>,
    /// How planted secrets arrived, by tag.
    pub ways: Vec<(String, String)>,
    /// Build arguments, by tag.
    pub arguments: Vec<(String, BTreeMap<String, String>)>,
    /// Dockerfiles as they arrived.
    pub dockerfiles: Vec<String>,
    /// The registry that pushes and pulls go to, and by which endpoint.
    pub registry: Option<(FakeRegistry, plimsoll::engine::RegistryEndpoint)>,
    /// Ids of cache mounts that a step emptied, in order.
    pub emptied: Vec<String>,
    /// Whether its images are in the containerd store.
    pub containerd: bool,
    /// Whether it is like Podman: its builds report no steps, its stops no signal, it has no
    /// statistics of the memory, reports no health check of an image, looks for an exit every
    /// 250 ms, and prepares a container when somebody attaches to it.
    pub podman: bool,
    /// Whether its builder can be asked to use its own frontend.
    pub own_frontend: bool,
    /// What it adds to the size of each entry of a history, as a store that counts disk blocks.
    pub disk_blocks: u64,
    /// Set to make it stamp each exit before the signal.
    pub unstamped: bool,
    /// Set to make it take for ever to remove records of the build cache.
    pub prunes_for_ever: bool,
    /// Whether it runs programs of other platforms.
    pub emulates: bool,
    /// Ids of images of which it lacks platforms that their index names; it does not push them.
    pub partial: BTreeSet<String>,
    /// Digests that registries answer, by the names that they have. A pull gives that image.
    pub remote: BTreeMap<String, String>,
    /// Whether those registries fail in the middle of a pull.
    pub breaks_pulls: bool,
    /// Ways to its containers that lead nowhere.
    pub closed: Vec<Reach>,
    /// The same of its containers in private networks.
    pub closed_in_private: Vec<Reach>,
    /// How it says that it is reached; a socket of its own where nothing is set.
    pub endpoint: Option<String>,
    /// Set to make every verb fail as if the engine had gone.
    pub gone: bool,
    /// Verbs that it refuses.
    pub refuses: Vec<&'static str>,
    /// Whether its processes cannot be seen, so that no table of sockets can be read.
    pub hidden: bool,
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
    /// The image of a name, or of an id.
    fn find(&self, image: &str) -> Option<&Image> {
        let by_id = || self.images.values().find(|known| known.facts.id.0 == image);
        self.images.get(image).or_else(by_id)
    }

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
            health_check: None,
            health_command: None,
            ports: Vec::new(),
            env: Vec::new(),
        };
        let image = Image {
            facts,
            manner: Manner::Well,
        };
        self.state(|state| state.images.insert(reference.to_owned(), image));
    }

    /// An image that a registry has under a digest, as it is once it was pulled.
    pub fn add_pulled(&self, reference: &str, digest: &str) {
        let repository = reference.rsplit_once(':').unwrap().0;
        self.add_base(reference, &[format!("{repository}@{digest}")]);
        self.state(|state| {
            let image = state.images.get_mut(reference).unwrap();
            image.facts.id = ImageId(digest.to_owned());
        });
    }

    /// Makes the containers of an image that it holds misbehave, as a word in a Dockerfile does.
    pub fn misbehaves(&self, reference: &str, word: &str) {
        let manner = Manner::of(word);
        self.state(|state| state.images.get_mut(reference).unwrap().manner = manner);
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
            network: None,
            has_check: false,
            prepared: false,
            started: false,
            since: None,
        };
        self.state(|state| state.containers.insert(name.to_owned(), container));
    }

    /// Somebody removes a container, an image or a network.
    pub fn lose(&self, name: &str) {
        self.state(|state| {
            state.networks.retain(|known, _| !known.contains(name));
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
            let networks = state.networks.iter();
            let networks = networks.map(|(name, run)| format!("network {name} {run:?}"));
            let things = images.chain(containers).chain(networks);
            things.chain(cache).collect()
        })
    }

    fn endpoint(&self) -> String {
        let own = || "unix:///fake.sock".to_owned();
        self.state(|state| state.endpoint.clone())
            .unwrap_or_else(own)
    }

    /// Whether an app exits once it has answered.
    fn ends_early(&self, id: &ContainerId) -> bool {
        let manner = self.state(|state| state.containers.get(&id.0).map(|c| c.manner));
        matches!(
            manner,
            Some(Manner::EndsAfterReady | Manner::EndsWithoutFigure)
        )
    }

    fn memory_of(&self, id: &ContainerId) -> Result<Bytes> {
        match self.manner(id, "measure memory of container")? {
            Manner::EndsAfterReady => Ok(Bytes(0)),
            Manner::EndsWithoutFigure => Err(EngineError::new(
                "measure memory of container",
                &id.0,
                ErrorKind::Protocol,
                "the engine gives no memory statistics",
            )),
            _ => Ok(Bytes(20_000_000)),
        }
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
            let things = state.containers.keys().chain(state.networks.keys());
            images.chain(things.cloned()).collect()
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
                .filter(|container| container.started)
                .max_by_key(|container| container.since)
                .map(|c| c.manner)
                .filter(|_| !spec.address.ip().is_unspecified())
        });
        match manner {
            Some(
                Manner::Well
                | Manner::IgnoresSigterm
                | Manner::EndsAfterReady
                | Manner::EndsWithoutFigure,
            ) => {
                sleep(Duration::from_millis(300)).await;
                Ok(Ready {
                    at: self.clock.mark(),
                    last_failure: None,
                    attempts: Count(150),
                })
            }
            manner => {
                sleep(spec.within.into()).await;
                let last = "connection refused".to_owned();
                Err(match (&spec.check, manner) {
                    (ProbeCheck::Tcp, _) => {
                        ProbeFailure::closed(spec.address.port(), spec.within, last)
                    }
                    (ProbeCheck::Http(http), Some(Manner::AnswersWrongly)) => {
                        ProbeFailure::WrongAnswer {
                            path: http.path.clone(),
                            status: 500,
                            expected: http.expected(),
                            body: "boom".to_owned(),
                        }
                    }
                    (ProbeCheck::Http(http), _) => ProbeFailure::TimedOut {
                        path: http.path.clone(),
                        within: spec.within,
                        last,
                    },
                })
            }
        }
    }
}
