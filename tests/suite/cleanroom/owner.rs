//! A process that opens two rooms and is then killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use plimsoll::docker::DockerEngine;
use plimsoll::engine::Engine;
use plimsoll::record::Reach;

use super::rooms::{build, open, pull};
use crate::live_engine::stage::Stage;

const FOLDER: &str = "PLIMSOLL_TEST_ROOMS";
const RUN: &str = "PLIMSOLL_TEST_RUN";

/// The process, and the first processes of its rooms. It is killed on drop.
pub(super) struct Owner {
    child: Child,
    pub(super) inits: Vec<u32>,
    _out: BufReader<ChildStdout>,
}

impl Owner {
    /// Starts it, and waits until both rooms are open and a container runs in one.
    pub(super) fn begin(rooms: &Path, run: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "cleanroom::owner::two_rooms_until_it_is_killed"])
            .args(["--ignored", "--nocapture"])
            .env(FOLDER, rooms)
            .env(RUN, run)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut inits = Vec::new();
        while inits.is_empty() {
            let mut line = String::new();
            assert!(out.read_line(&mut line).unwrap() > 0, "it ended");
            print!("owner: {line}");
            if let Some(pids) = line.strip_prefix("open: ") {
                inits = pids
                    .split_whitespace()
                    .map(|pid| pid.parse().unwrap())
                    .collect();
            }
        }
        Self {
            child,
            inits,
            _out: out,
        }
    }

    /// Sends SIGKILL to this process only.
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
#[ignore = "another test starts it as a separate process"]
async fn two_rooms_until_it_is_killed() {
    let (Some(rooms), Ok(run)) = (std::env::var_os(FOLDER), std::env::var(RUN)) else {
        return;
    };
    let stage = Stage::open().await.unwrap();
    let one = open(&build(Path::new(&rooms), &run)).await;
    let other = open(&pull(Path::new(&rooms), &run)).await;
    let engine = DockerEngine::connect(Some(&one.endpoint())).await.unwrap();
    let tag = stage.tag("app");
    let dockerfile = "FROM scratch\nCOPY tool /\nCMD [\"/tool\", \"serve\"]\n";
    let request = stage.request(&tag);
    engine
        .build(&request, stage.context(dockerfile), &mut |_| {})
        .await
        .unwrap();
    let id = engine
        .create(&stage.spec(&tag, Reach::Bridge))
        .await
        .unwrap();
    engine.start(&id).await.unwrap();
    println!("open: {} {}", one.pid(), other.pid());
    std::future::pending::<()>().await;
}
