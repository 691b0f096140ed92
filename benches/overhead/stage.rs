//! What the two sides start: an engine, an image of one static program, a nonce.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use plimsoll::docker::{DockerEngine, Endpoint};
use plimsoll::engine::{
    Engine, ErrorKind, ImageId, LABEL_OWNER, LABEL_OWNER_VALUE, LABEL_RUN, Mark,
};
use plimsoll::host::SystemClock;
use plimsoll::record::{EngineFacts, Reach};
use plimsoll::runner;
use plimsoll::units::Nanos;

/// The app's port, in `tool.c`.
pub const PORT: u16 = 8080;
/// What its body holds.
pub const BODY: &str = "ok";
/// How both sides reach it: as a run does on a local socket.
pub const REACH: Reach = Reach::Bridge;

/// Why there is no measurement.
#[derive(Debug)]
pub enum Obstacle {
    /// This machine cannot make one.
    Skipped(String),
    /// It should have, and failed.
    Failed(String),
}

/// When a start passed its phases.
#[derive(Debug, Clone, Copy)]
pub struct Marks {
    /// Before the create call.
    pub begin: Mark,
    /// Behind the create call.
    pub created: Mark,
    /// Behind the start call.
    pub started: Mark,
    /// The whole answer that keeps the contract.
    pub ready: Mark,
}

/// An engine with the image of the app.
pub struct Stage {
    /// Its adapter.
    pub engine: DockerEngine,
    /// What it says of itself.
    pub facts: EngineFacts,
    /// Its socket.
    pub socket: PathBuf,
    /// The clock of both sides.
    pub clock: Arc<SystemClock>,
    /// The value of the run label on all that is made.
    pub run: String,
}

impl Stage {
    /// Reaches the engine, before anything is made on it.
    pub async fn open() -> Result<Self, Obstacle> {
        let host = std::env::var("DOCKER_HOST").ok();
        let endpoint = host
            .as_deref()
            .map_or(Ok(Endpoint::default()), Endpoint::parse);
        let Ok(Endpoint::Unix(socket)) = endpoint else {
            return Err(Obstacle::Skipped(
                "the bare client speaks to a Unix socket only, and DOCKER_HOST names none"
                    .to_owned(),
            ));
        };
        let engine = DockerEngine::connect(host.as_deref())
            .await
            .map_err(|error| Obstacle::Skipped(format!("no engine: {}", error.chain())))?;
        let facts = engine.facts().await.map_err(|error| match error.kind {
            ErrorKind::Unreachable => Obstacle::Skipped(format!("no engine: {}", error.chain())),
            _ => Obstacle::Failed(error.chain()),
        })?;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Ok(Self {
            engine,
            facts,
            socket,
            clock: Arc::new(SystemClock::new()),
            run: format!("overhead-{}-{}", std::process::id(), now.as_nanos()),
        })
    }

    /// Makes the app's image. By import and not by a build: a build leaves records
    /// in the builder's cache, which carry no label to find them by.
    pub async fn image(&self) -> Result<ImageId, Obstacle> {
        let tar = root_file_system(&tool()?)
            .map_err(|error| Obstacle::Failed(format!("the image's tar: {error}")))?;
        let stream = Box::pin(futures_util::stream::iter([Ok(tar.into())]));
        let changes = [
            "CMD [\"/tool\", \"serve\"]".to_owned(),
            format!("LABEL {LABEL_OWNER}={LABEL_OWNER_VALUE}"),
            format!("LABEL {LABEL_RUN}={}", self.run),
        ];
        let reference = format!("plimsoll/overhead:{}", self.run);
        let image = self.engine.import(&reference, stream, &changes).await;
        image.map_err(|error| Obstacle::Failed(error.chain()))
    }

    /// Labels of all that is made, as those of a run.
    pub fn labels(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            (LABEL_OWNER.to_owned(), LABEL_OWNER_VALUE.to_owned()),
            (LABEL_RUN.to_owned(), self.run.clone()),
        ])
    }

    /// Stops and removes a container: outside of what is measured, and alike for
    /// both sides, so that each finds the engine in the same state.
    pub async fn remove(&self, id: &str) -> Result<(), String> {
        let id = plimsoll::engine::ContainerId(id.to_owned());
        let stopped = self.engine.stop(&id, Nanos::from_secs(5)).await;
        let removed = self.engine.remove_container(&id).await;
        stopped
            .map(|_| ())
            .and(removed)
            .map_err(|error| error.chain())
    }

    /// Removes all that carries this run's label; says what stays.
    pub async fn sweep(&self) -> Vec<String> {
        let ours = |item: &plimsoll::engine::Owned| item.run.as_ref() == Some(&self.run);
        runner::sweep(&self.engine, ours).await.1
    }
}

/// The server of the live tests, as a static program.
fn tool() -> Result<Vec<u8>, Obstacle> {
    let failed = |error: std::io::Error| Obstacle::Failed(format!("the app's program: {error}"));
    let folder = tempfile::tempdir().map_err(failed)?;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/live_engine/tool.c");
    let target = folder.path().join("tool");
    let done = Command::new("cc")
        .args(["-static", "-Os", "-s", "-w", "-o"])
        .args([&target, &source])
        .output()
        .map_err(|error| Obstacle::Skipped(format!("no C compiler (`cc`): {error}")))?;
    if !done.status.success() {
        let words = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        return Err(Obstacle::Failed(format!("`cc -static` failed: {words}")));
    }
    std::fs::read(target).map_err(failed)
}

fn root_file_system(tool: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(tool.len() as u64);
    header.set_mode(0o755);
    tar.append_data(&mut header, "tool", tool)?;
    tar.into_inner()
}
