//! The two ways to build.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use plimsoll::context::{Context, Overlay};
use plimsoll::docker::DockerEngine;
use plimsoll::engine::{BuildRequest, Engine, LABEL_OWNER, LABEL_OWNER_VALUE, LABEL_RUN};
use plimsoll::runner::sweep;

use super::Obstacle;
use super::tree::{EDITED, Tree};

const DOCKERFILE: &str = "Dockerfile";

/// The engine's own command line.
pub struct Cli {
    program: PathBuf,
    tag: String,
}

impl Cli {
    /// Looks whether it builds with BuildKit.
    pub fn new(program: PathBuf, id: &str) -> Result<Self, Obstacle> {
        let cli = Self {
            program,
            tag: format!("plimsoll/bench:{id}-cli"),
        };
        let help = cli.run(&["build", "--help"]).map_err(|why| {
            Obstacle::Skipped(format!("no `docker build`: {why}; name one by --docker"))
        })?;
        if !String::from_utf8_lossy(&help.stdout).contains("--secret") {
            let why = "this `docker build` has no BuildKit; name another by --docker";
            return Err(Obstacle::Skipped(why.to_owned()));
        }
        Ok(cli)
    }

    /// Its version.
    pub fn version(&self) -> Result<String, String> {
        let output = self.run(&["--version"])?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Seconds that a build takes, the program's start included.
    pub fn build(&self, tree: &Tree) -> Result<f64, String> {
        let path = tree.path().display().to_string();
        let (owner, run) = (
            format!("{LABEL_OWNER}={LABEL_OWNER_VALUE}"),
            format!("{LABEL_RUN}={}", tree.id()),
        );
        let begin = Instant::now();
        self.run(&[
            "build", "-q", "--label", &owner, "--label", &run, "-t", &self.tag, &path,
        ])?;
        Ok(begin.elapsed().as_secs_f64())
    }

    fn run(&self, words: &[&str]) -> Result<Output, String> {
        let output = Command::new(&self.program)
            .args(words)
            .env("DOCKER_BUILDKIT", "1")
            .output()
            .map_err(|error| error.to_string())?;
        match output.status.success() {
            true => Ok(output),
            false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        }
    }
}

/// plimsoll's adapter and context, as a run uses them.
pub struct Plimsoll {
    engine: DockerEngine,
    context: Context,
    request: BuildRequest,
    sync_key: String,
}

impl Plimsoll {
    /// Connects and scans the tree: a run does both once.
    pub async fn open(path: &Path, id: &str) -> Result<Self, Obstacle> {
        let host = std::env::var("DOCKER_HOST").ok();
        let engine = DockerEngine::connect(host.as_deref())
            .await
            .map_err(|error| Obstacle::Skipped(format!("no engine: {}", error.chain())))?;
        let context = Context::scan(path, DOCKERFILE).map_err(|error| error.to_string())?;
        let labels = [(LABEL_OWNER, LABEL_OWNER_VALUE), (LABEL_RUN, id)];
        let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let request = BuildRequest {
            tag: format!("plimsoll/bench:{id}"),
            dockerfile: DOCKERFILE.to_owned(),
            target: None,
            build_args: BTreeMap::new(),
            labels: BTreeMap::from(labels),
            no_cache: false,
            secrets: BTreeMap::new(),
            ssh: BTreeMap::new(),
            platform: None,
        };
        Ok(Self {
            engine,
            context,
            request,
            sync_key: id.to_owned(),
        })
    }

    /// The engine's name and version.
    pub async fn engine_version(&self) -> Result<String, String> {
        let facts = self.engine.facts().await.map_err(|error| error.chain())?;
        Ok(format!("{} {}", facts.name, facts.version))
    }

    /// Seconds between the marks of a run: the edit is laid over the tree, and never written.
    pub async fn build(&self, tree: &Tree) -> Result<f64, String> {
        let mut overlay = Overlay::new();
        let edited = std::fs::read(tree.path().join(EDITED)).map_err(|error| error.to_string())?;
        overlay.insert(EDITED, edited);
        let dockerfile = std::fs::read(tree.path().join(DOCKERFILE));
        let dockerfile = dockerfile.map_err(|error| error.to_string())?;
        let begin = Instant::now();
        let source = self
            .context
            .source(&overlay, dockerfile, &self.sync_key)
            .map_err(|error| error.to_string())?;
        let built = self.engine.build(&self.request, source, &mut |_| {}).await;
        let took = begin.elapsed().as_secs_f64();
        built.map_err(|failure| failure.to_string())?;
        Ok(took)
    }

    /// Removes the images of both sides. Those of earlier builds have lost their tag, and are
    /// found by their label.
    pub async fn remove(&self) {
        let run = self.request.labels.get(LABEL_RUN);
        let (_, kept) = sweep(&self.engine, |item| item.run.as_ref() == run).await;
        for why in kept {
            eprintln!("warning: {why}");
        }
    }
}
