//! A fake engine, clock and probe: the whole pipeline without Docker and without
//! sleeping. Time is tokio's paused time, so that every duration is exact.
//!
//! The fake builds by a small model of BuildKit: a step's key is its text, the
//! content that a COPY reads, and the key of the step before it; a step whose key
//! is known is cached unless the build takes no cache. A RUN takes two seconds, a
//! COPY a tenth. Words in the Dockerfile make an app misbehave: see [`Manner`].

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use plimsoll::dockerfile::{Dockerfile, Step};
use plimsoll::engine::{
    BuildContext, BuildFailure, BuildOutcome, BuildRequest, BuildStep, CacheRecord, Clock,
    ContainerId, ContainerSpec, ContainerState, Engine, EngineError, ErrorKind, ImageFacts,
    ImageId, LABEL_RUN, Mark, Owned, OwnedKind, Probe, ProbeFailure, ProbeSpec, Ready,
    RemovalOutcome, Result, StepSink, StopOutcome,
};
use plimsoll::oci::sha256_hex;
use plimsoll::record::{EngineFacts, ImageStore, Reach};
use plimsoll::units::{Bytes, Count, Nanos};
use tokio::time::{Instant, sleep};

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
    /// Dockerfiles as they arrived.
    pub dockerfiles: Vec<String>,
    /// Set to make every verb fail as if the engine had gone.
    pub gone: bool,
}

/// The fake engine.
#[derive(Clone, Default)]
pub struct FakeEngine(pub Arc<Mutex<State>>);

impl FakeEngine {
    /// An engine that holds these bases, each of one layer of 10 MB.
    pub fn with_bases(references: &[&str]) -> Self {
        let engine = Self::default();
        for reference in references {
            let facts = ImageFacts {
                id: ImageId(format!("sha256:{}", sha256_hex(reference.as_bytes()))),
                repo_digests: Vec::new(),
                listed: Bytes(10_000_000),
                diff_ids: vec![format!("sha256:{}", sha256_hex(b"base layer"))],
                history: vec![(Bytes(10_000_000), "ADD rootfs".to_owned())],
                labels: BTreeMap::new(),
                user: String::new(),
                platform: "linux/amd64".to_owned(),
            };
            let image = Image {
                facts,
                manner: Manner::Well,
            };
            engine.state(|state| state.images.insert((*reference).to_owned(), image));
        }
        engine
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
                .filter(|(_, image)| image.facts.labels.contains_key(LABEL_RUN))
                .map(|(tag, _)| tag.clone());
            images.chain(state.containers.keys().cloned()).collect()
        })
    }

    fn call(&self, verb: &'static str, subject: &str) -> Result<()> {
        self.state(|state| {
            state.calls.push(format!("{verb} {subject}"));
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

/// Tokio's clock, which a paused runtime moves by itself.
pub struct FakeClock(Instant);

impl FakeClock {
    pub fn new() -> Self {
        Self(Instant::now())
    }
}

impl Clock for FakeClock {
    fn mark(&self) -> Mark {
        Mark(self.0.elapsed().into())
    }

    fn utc(&self) -> String {
        "2026-11-20T20:40:00Z".to_owned()
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
    async fn wait_ready(&self, spec: &ProbeSpec) -> std::result::Result<Ready, ProbeFailure> {
        let manner = self.engine.state(|state| {
            state
                .containers
                .values()
                .find(|container| container.started)
                .map(|c| c.manner)
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

/// Files of a tar stream.
async fn unpack(mut context: BuildContext) -> std::io::Result<BTreeMap<String, Vec<u8>>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = context.next().await {
        bytes.extend_from_slice(&chunk?);
    }
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(bytes.as_slice()).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.display().to_string();
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        files.insert(path, content);
    }
    Ok(files)
}

/// The content that a COPY reads: of one named file, or of all.
fn copied(text: &str, files: &BTreeMap<String, Vec<u8>>) -> String {
    let source = text
        .split_whitespace()
        .find(|word| files.contains_key(*word));
    let mut material = Vec::new();
    for (path, content) in files {
        if source.is_none_or(|source| source == path) {
            material.extend_from_slice(path.as_bytes());
            material.extend_from_slice(content);
        }
    }
    sha256_hex(&material)
}

impl Engine for FakeEngine {
    async fn facts(&self) -> Result<EngineFacts> {
        self.call("facts", "engine")?;
        Ok(EngineFacts {
            name: "Fake Engine".to_owned(),
            version: "1.0".to_owned(),
            api_version: "1.41".to_owned(),
            store: ImageStore::GraphDriver,
            driver: "fake2".to_owned(),
            backing: None,
            builder: "buildkit".to_owned(),
            platform: "linux/amd64".to_owned(),
            cgroup_version: "2".to_owned(),
            runtime: "fakec".to_owned(),
            data_root: None,
            kernel: "6.0".to_owned(),
            endpoint: "unix:///fake.sock".to_owned(),
        })
    }

    async fn ping(&self) -> Result<()> {
        self.call("ping", "engine")?;
        sleep(Duration::from_micros(100)).await;
        Ok(())
    }

    async fn image(&self, reference: &str) -> Result<Option<ImageFacts>> {
        self.call("image", reference)?;
        Ok(self.state(|state| state.images.get(reference).map(|image| image.facts.clone())))
    }

    async fn pull(&self, reference: &str, _: &mut (dyn FnMut(&str) + Send)) -> Result<()> {
        self.call("pull", reference)?;
        let kind = ErrorKind::Refused;
        Err(EngineError::new(
            "pull image",
            reference,
            kind,
            "dial tcp: no such host",
        ))
    }

    async fn registry_digest(&self, reference: &str) -> Result<String> {
        let kind = ErrorKind::Unreachable;
        Err(EngineError::new(
            "ask the registry of",
            reference,
            kind,
            "dial tcp: no such host",
        ))
    }

    async fn import(&self, reference: &str, _: BuildContext, _: &[String]) -> Result<ImageId> {
        self.call("import", reference)?;
        Ok(ImageId("sha256:0".to_owned()))
    }

    async fn build(
        &self,
        request: &BuildRequest,
        context: BuildContext,
        sink: &mut StepSink<'_>,
    ) -> std::result::Result<BuildOutcome, BuildFailure> {
        self.call("build", &request.tag)?;
        let files = unpack(context).await.map_err(BuildFailure::Context)?;
        let text = String::from_utf8(files[&request.dockerfile].clone()).unwrap();
        self.state(|state| state.dockerfiles.push(text.clone()));
        let dockerfile = Dockerfile::parse(&text).unwrap();
        let target = request.target.as_deref();
        let mut key = String::new();
        let mut steps = Vec::new();
        let total = dockerfile.steps(target, &request.build_args).unwrap();
        for step in &total {
            let name = vertex_name(step);
            let copied = if step.text.starts_with("COPY") {
                copied(&step.text, &files)
            } else {
                String::new()
            };
            key = sha256_hex(format!("{key}{}{copied}", step.text).as_bytes());
            let is_from = step.text.starts_with("FROM");
            let cached = is_from || !request.no_cache && self.state(|s| s.known.contains(&key));
            sink(&name);
            let took = match () {
                () if cached => Duration::ZERO,
                () if step.text.starts_with("RUN") => Duration::from_secs(2),
                () => Duration::from_millis(100),
            };
            if step.text.contains("hang") {
                std::future::pending::<()>().await;
            }
            sleep(took).await;
            if step.text.contains("fail") {
                return Err(BuildFailure::Step {
                    step: name,
                    message: "exit code: 2".to_owned(),
                    exit_code: Some(2),
                    log: vec!["make: *** no rule".to_owned()],
                });
            }
            self.state(|state| {
                state.known.insert(key.clone());
                if !cached {
                    let id = format!("record-{}", state.cache.len());
                    state
                        .cache
                        .insert(id, format!("mount / from exec /bin/sh -c {}", step.text));
                }
            });
            let time = Some(Nanos::from(took));
            steps.push(BuildStep {
                name,
                started: time,
                duration: time,
                cached,
            });
        }
        Ok(self.finish(request, &dockerfile, &text, key, steps))
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId> {
        self.call("create", &spec.name)?;
        sleep(Duration::from_millis(8)).await;
        self.state(|state| {
            let image = state
                .images
                .iter()
                .find(|(tag, image)| **tag == spec.image || image.facts.id.0 == spec.image);
            let manner = image.map(|(_, image)| image.manner).unwrap();
            let run = spec.labels.get(LABEL_RUN).cloned();
            let container = Container {
                manner,
                run,
                started: false,
            };
            state.containers.insert(spec.name.clone(), container);
        });
        Ok(ContainerId(spec.name.clone()))
    }

    async fn start(&self, id: &ContainerId) -> Result<()> {
        self.call("start", &id.0)?;
        sleep(Duration::from_millis(200)).await;
        self.state(|state| state.containers.get_mut(&id.0).unwrap().started = true);
        Ok(())
    }

    async fn address(&self, id: &ContainerId, port: u16, _: Reach) -> Result<SocketAddr> {
        self.call("address", &id.0)?;
        Ok(SocketAddr::from(([127, 0, 0, 1], port)))
    }

    async fn exited(&self, id: &ContainerId) -> Result<i64> {
        let manner = self.state(|state| state.containers[&id.0].manner);
        if manner == Manner::Crashes {
            sleep(Duration::from_millis(50)).await;
            return Ok(3);
        }
        std::future::pending().await
    }

    async fn state(&self, _: &ContainerId) -> Result<ContainerState> {
        Ok(ContainerState {
            running: true,
            exit_code: None,
            oom_killed: false,
        })
    }

    async fn logs(&self, _: &ContainerId, _: u32) -> Result<Vec<String>> {
        Ok(vec!["Error: cannot find module".to_owned()])
    }

    async fn memory(&self, id: &ContainerId) -> Result<Bytes> {
        self.call("memory", &id.0)?;
        Ok(Bytes(20_000_000))
    }

    async fn stop(&self, id: &ContainerId, grace: Nanos) -> Result<StopOutcome> {
        self.call("stop", &id.0)?;
        let manner = self.state(|state| state.containers.get(&id.0).map(|c| c.manner));
        let killed = manner == Some(Manner::IgnoresSigterm);
        let took = if killed {
            grace
        } else {
            Nanos::from_millis(12)
        };
        sleep(took.into()).await;
        let exit_code = if killed { 137 } else { 0 };
        Ok(StopOutcome {
            signal_to_exit: took,
            exit_code,
            killed,
        })
    }

    async fn remove_container(&self, id: &ContainerId) -> Result<()> {
        self.call("remove-container", &id.0)?;
        self.state(|state| state.containers.remove(&id.0));
        Ok(())
    }

    async fn remove_image(&self, reference: &str) -> Result<RemovalOutcome> {
        self.call("remove-image", reference)?;
        let gone = self.state(|state| state.images.remove(reference));
        Ok(if gone.is_some() {
            RemovalOutcome::Removed
        } else {
            RemovalOutcome::Absent
        })
    }

    async fn owned(&self) -> Result<Vec<Owned>> {
        self.call("owned", "engine")?;
        Ok(self.state(|state| {
            let containers = state
                .containers
                .iter()
                .map(|(name, container)| owned(OwnedKind::Container, name, container.run.clone()));
            let images = state.images.iter().filter_map(|(tag, image)| {
                let run = image.facts.labels.get(LABEL_RUN)?;
                Some(owned(OwnedKind::Image, tag, Some(run.clone())))
            });
            containers.chain(images).collect()
        }))
    }

    async fn build_cache(&self) -> Result<Vec<CacheRecord>> {
        self.call("build-cache", "engine")?;
        Ok(self.state(|state| {
            let record = |(id, description): (&String, &String)| CacheRecord {
                id: id.clone(),
                description: description.clone(),
                kind: "regular".to_owned(),
                size: Bytes(1),
                in_use: false,
            };
            state.cache.iter().map(record).collect()
        }))
    }

    async fn prune_cache(&self, ids: &[String]) -> Result<Vec<String>> {
        self.call("prune-cache", &ids.len().to_string())?;
        self.state(|state| state.cache.retain(|id, _| !ids.contains(id)));
        Ok(ids.to_vec())
    }
}

impl FakeEngine {
    fn finish(
        &self,
        request: &BuildRequest,
        dockerfile: &Dockerfile,
        text: &str,
        key: String,
        steps: Vec<BuildStep>,
    ) -> BuildOutcome {
        let base = dockerfile
            .final_base(request.target.as_deref(), &request.build_args)
            .unwrap();
        self.state(|state| {
            let base = base
                .and_then(|base| state.images.get(&base))
                .map(|image| image.facts.clone());
            let (mut diff_ids, mut history) = base
                .map(|facts| (facts.diff_ids, facts.history))
                .unwrap_or_default();
            diff_ids.push(format!("sha256:{key}"));
            history.push((Bytes(1_000_000 * text.len() as u64), "COPY".to_owned()));
            let id = ImageId(format!("sha256:{}", sha256_hex(key.as_bytes())));
            let facts = ImageFacts {
                id: id.clone(),
                repo_digests: Vec::new(),
                listed: history.iter().map(|(bytes, _)| *bytes).sum(),
                diff_ids,
                history,
                labels: request.labels.clone(),
                user: String::new(),
                platform: "linux/amd64".to_owned(),
            };
            let image = Image {
                facts,
                manner: Manner::of(text),
            };
            state.images.insert(request.tag.clone(), image);
            BuildOutcome {
                image: id,
                steps,
                builder: "buildkit".to_owned(),
            }
        })
    }
}

fn owned(kind: OwnedKind, name: &str, run: Option<String>) -> Owned {
    Owned {
        kind,
        id: name.to_owned(),
        name: name.to_owned(),
        run,
        size: None,
    }
}

/// A step's name as BuildKit tells it.
fn vertex_name(step: &Step) -> String {
    let label = step
        .key
        .stage
        .as_ref()
        .map(|stage| format!("{stage} "))
        .unwrap_or_default();
    format!("[{label}{}/{}] {}", step.key.index, step.total, step.text)
}
