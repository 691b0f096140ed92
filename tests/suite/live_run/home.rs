//! A home with a tiny scenario, the binary run on it, and the sweeping afterwards.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bollard::query_parameters as query;
use plimsoll::docker::DockerEngine;
use plimsoll::engine::LABEL_RUN;
use plimsoll::record::RunRecord;
use plimsoll::runner;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::live_engine::stage::{Stage, tool};

const SCENARIO: &str = r#"
schema = 1
name = "tiny"
title = "one static program"
[app]
name = "tiny"
path = "app"
[contract]
port = 8080
path = "/"
body-contains = "ok"
ready-within = "20s"
[[edit]]
name = "source"
[[edit.change]]
file = "main.src"
find = "unreleased"
replace = "edit-{nonce}"
[[edit]]
name = "dependency"
[[edit.change]]
file = "deps.lock"
from = "deps.next"
"#;

/// How a command of the binary ended.
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

/// Runs the binary to its end.
pub(super) fn plimsoll(home: &Path, arguments: &[&str]) -> Ended {
    ended(&mut command(home, arguments))
}

fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command
        .arg("--home")
        .arg(home)
        .args(arguments)
        .env_remove("PLIMSOLL_HOME")
        .stdin(Stdio::null());
    command
}

/// A home of its own, with a folder of its own for rooms. What its runs left is
/// removed with it.
pub(super) struct Home {
    pub(super) dir: TempDir,
    /// On a disk, since engines keep their data in it; short, since sockets are in it.
    pub(super) rooms: TempDir,
    engine: DockerEngine,
}

impl Home {
    /// One scenario, `tiny`, whose variants have these Dockerfiles. `NONCE` in
    /// them becomes the stage's, so that its sweep finds their cache records.
    pub(super) fn new(stage: &Stage, variants: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let app = dir.path().join("app");
        fs::create_dir_all(&app).unwrap();
        fs::create_dir(dir.path().join("scenarios")).unwrap();
        fs::write(app.join("tool"), tool()).unwrap();
        fs::set_permissions(app.join("tool"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(app.join("main.src"), "unreleased\n").unwrap();
        fs::write(app.join("deps.lock"), "a 1\n").unwrap();
        fs::write(app.join("deps.next"), "a 1\nb 2 {nonce}\n").unwrap();
        fs::write(app.join(".dockerignore"), "Dockerfile*\ndeps.next\n").unwrap();
        let mut scenario = SCENARIO.to_owned();
        for (name, text) in variants {
            let file = format!("Dockerfile.{name}");
            fs::write(app.join(&file), text.replace("NONCE", &stage.nonce)).unwrap();
            scenario.push_str(&format!(
                "[[variant]]\nname = \"{name}\"\nstrategy = \"{name}\"\ntitle = \"{name}\"\ndockerfile = \"{file}\"\n"
            ));
        }
        fs::write(dir.path().join("scenarios/tiny.toml"), scenario).unwrap();
        Self {
            dir,
            rooms: tempfile::Builder::new()
                .prefix("pl-")
                .tempdir_in("/var/tmp")
                .unwrap(),
            engine: stage.engine.clone(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(self.dir.path(), arguments);
        command.env("PLIMSOLL_ROOMS", self.rooms.path());
        command
    }

    pub(super) fn plimsoll(&self, arguments: &[&str]) -> Ended {
        ended(&mut self.command(arguments))
    }

    /// The same, begun by another program, whose words come first, and with temporary
    /// files in `tmp`.
    pub(super) fn plimsoll_under(&self, words: &[&str], arguments: &[&str]) -> Ended {
        let inner = self.command(arguments);
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .arg(inner.get_program())
            .args(inner.get_args())
            .env("PLIMSOLL_ROOMS", self.rooms.path())
            .env("TMPDIR", self.dir.path().join("tmp"))
            .env_remove("PLIMSOLL_HOME")
            .stdin(Stdio::null());
        ended(&mut command)
    }

    /// Begins a run and does not wait for it.
    pub(super) fn begin(&self, arguments: &[&str]) -> Going {
        let child = self
            .command(arguments)
            .stdout(Stdio::null())
            .stderr(fs::File::create(self.dir.path().join("talk")).unwrap())
            .spawn()
            .unwrap();
        Going(child)
    }

    /// What the run that was begun last has reported so far.
    pub(super) fn talk(&self) -> String {
        fs::read_to_string(self.dir.path().join("talk")).unwrap()
    }

    /// Folders of the runs, oldest first.
    pub(super) fn runs(&self) -> Vec<PathBuf> {
        plimsoll::store::run_folders(&self.dir.path().join("results"))
    }

    /// The only run's folder and id.
    pub(super) fn run(&self) -> (PathBuf, String) {
        let runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        let id = runs[0].file_name().unwrap().to_str().unwrap().to_owned();
        (runs[0].clone(), id)
    }

    pub(super) fn record(&self) -> RunRecord {
        record_of(&self.run().0)
    }
}

/// The record in a run's folder.
pub(super) fn record_of(run: &Path) -> RunRecord {
    let text = fs::read(run.join("run.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

impl Drop for Home {
    fn drop(&mut self) {
        let runs = self.runs();
        let engine = self.engine.clone();
        // A runtime of its own: the test's may be unwinding.
        let swept = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            for folder in runs {
                let run = folder.file_name().and_then(|name| name.to_str());
                let sweep = runner::sweep(&engine, |item| item.run.as_deref() == run);
                let (_, kept) = runtime.block_on(sweep);
                assert!(kept.is_empty(), "{kept:?}");
            }
        });
        let failed = swept.join().is_err();
        assert!(!failed || std::thread::panicking(), "something was left");
    }
}

/// A run that is going on. It is killed where the test ends before it.
pub(super) struct Going(Child);

impl Going {
    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }

    /// Its exit code; none where a signal ended it.
    pub(super) async fn ended(&mut self) -> Option<i32> {
        let mut code = None;
        let child = &mut self.0;
        let over = until(Duration::from_secs(120), async || {
            let status = child.try_wait().unwrap();
            code = status.and_then(|status| status.code());
            status.is_some()
        });
        assert!(over.await, "it still runs");
        code
    }

    pub(super) fn is_over(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks until it holds; `false` where it did not in time.
pub(super) async fn until(within: Duration, mut holds: impl AsyncFnMut() -> bool) -> bool {
    let end = Instant::now() + within;
    while !holds().await {
        if Instant::now() > end {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}

/// Containers, images and networks with a run's label, asked of the engine and not of plimsoll's adapter.
pub(super) async fn left(stage: &Stage, run: &str) -> Vec<String> {
    let label = format!("{LABEL_RUN}={run}");
    let filters = std::collections::HashMap::from([("label", vec![label.as_str()])]);
    let options = query::ListContainersOptionsBuilder::default()
        .all(true)
        .filters(&filters)
        .build();
    let containers = stage.docker.list_containers(Some(options)).await.unwrap();
    let options = query::ListImagesOptionsBuilder::default()
        .filters(&filters)
        .build();
    let images = stage.docker.list_images(Some(options)).await.unwrap();
    let options = query::ListNetworksOptionsBuilder::default()
        .filters(&filters)
        .build();
    let networks = stage.docker.list_networks(Some(options)).await.unwrap();
    let networks = networks
        .into_iter()
        .map(|network| format!("network {:?}", network.name));
    let containers = containers
        .into_iter()
        .map(|container| format!("container {:?}", container.names));
    let images = images
        .into_iter()
        .map(|image| format!("image {} {:?}", image.id, image.repo_tags));
    containers.chain(images).chain(networks).collect()
}

/// Whether the tool runs on this host with these words in its command line.
pub(super) fn tool_runs(words: &str) -> bool {
    let wanted = words.replace(' ', "\0");
    fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok())
        .any(|line| String::from_utf8_lossy(&line).starts_with(&format!("/tool\0{wanted}")))
}
