//! What travels in these tests: a base, two variants of the tiny scenario, and the
//! rooms through which they go.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use plimsoll::docker::DockerEngine;
use plimsoll::engine::Engine;

use super::home::{Home, left, until};
use crate::cleanroom::machine::{Machine, inhabitants, lives, others, with_words};
use crate::live_engine::stage::{Stage, chunks};
use crate::registry::client::content;

/// On a base.
const BASED: &str = "FROM plimsoll/live:NONCE-base\nCOPY tool load deps.lock /\n\
    RUN [\"/tool\", \"put\", \"/installed\", \"NONCE\"]\nCOPY main.src /\n\
    RUN [\"/tool\", \"sleep\", \"1\", \"NONCE\"]\nCMD [\"/tool\", \"serve\"]\n";
/// On nothing.
const BARE: &str = "FROM scratch\nCOPY tool load deps.lock /\n\
    RUN [\"/tool\", \"put\", \"/installed\", \"NONCE\"]\nCOPY main.src /\n\
    RUN [\"/tool\", \"put\", \"/built\", \"NONCE\"]\nCMD [\"/tool\", \"serve\"]\n";

/// Bytes that each variant adds to its base. Nothing makes them fewer.
pub(super) const LOAD: usize = 2_000_000;

/// Imports a base of about that many bytes, and makes a home with both variants.
pub(super) async fn packed(stage: &Stage, base_bytes: usize) -> Home {
    packed_with(stage, base_bytes, &[("bare", BARE), ("based", BASED)]).await
}

/// The same with other variants.
pub(super) async fn packed_with(
    stage: &Stage,
    base_bytes: usize,
    variants: &[(&str, &str)],
) -> Home {
    let mut tar = tar::Builder::new(Vec::new());
    let bytes = content(1, base_bytes);
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "ground", bytes.as_slice())
        .unwrap();
    let tar = chunks(tar.into_inner().unwrap());
    stage
        .engine
        .import(&base(stage), tar, &changes(stage))
        .await
        .unwrap();
    let home = Home::new(stage, variants);
    fs::write(home.dir.path().join("app/load"), content(2, LOAD)).unwrap();
    home
}

pub(super) fn base(stage: &Stage) -> String {
    stage.tag("base")
}

fn changes(stage: &Stage) -> Vec<String> {
    let labels = stage.labels();
    labels
        .iter()
        .map(|(key, value)| format!("LABEL {key}={value}"))
        .collect()
}

/// The machine and the user's engine before a run.
pub(super) struct Before {
    machine: Machine,
    others: Vec<String>,
}

/// What rooms and containers of others change, who work on this machine meanwhile.
const OF_OTHERS: [&str; 10] = [
    "addresses",
    "cgroups",
    "daemons",
    "engine's containers",
    "engine's images",
    "links",
    "mounts",
    "networks",
    "routes",
    "routes 6",
];

/// How long others are waited for, before less is compared.
const QUIET_WITHIN: Duration = Duration::from_secs(15);

impl Before {
    pub(super) async fn now(stage: &Stage) -> Self {
        until(QUIET_WITHIN, async || others().is_empty()).await;
        let others = others();
        Self {
            machine: Machine::at_rest(&stage.docker).await,
            others,
        }
    }

    /// Nothing is more or less than it was, of the builder's cache neither: what this
    /// test builds names its nonce.
    pub(super) async fn is_as_it_was(&self, stage: &Stage, home: &Home) {
        assert_eq!(entries(home), Vec::<String>::new());
        let rooms = home.rooms.path().to_str().unwrap();
        assert_eq!(with_words(rooms), Vec::<String>::new());
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        assert!(!mounts.contains(rooms), "{mounts}");
        assert_eq!(
            stage.own_records(),
            BTreeSet::new(),
            "records of the user's cache"
        );
        for run in home.runs() {
            let run = run.file_name().unwrap().to_str().unwrap();
            assert_eq!(left(stage, run).await, Vec::<String>::new());
            assert_eq!(ways(stage, run).await, Vec::<String>::new());
        }
        until(QUIET_WITHIN, async || others().is_empty()).await;
        let others = [self.others.clone(), others()].concat();
        if others.is_empty() {
            self.machine.assert_changed_in(&[], &stage.docker).await;
        } else {
            println!("less is compared, since others are at work: {others:#?}");
            self.machine
                .assert_changed_at_most_in(&OF_OTHERS, &stage.docker)
                .await;
        }
    }
}

/// Names in the folder of rooms.
pub(super) fn entries(home: &Home) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(home.rooms.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The run whose registry is open. Its own folder may hold nothing yet.
pub(super) fn running(home: &Home) -> Option<String> {
    let names = entries(home);
    let mut runs = names
        .iter()
        .filter_map(|name| name.strip_prefix("registry-"));
    runs.next().map(str::to_owned)
}

/// A room that a run has open.
pub(super) struct Seen {
    pub(super) folder: PathBuf,
    pub(super) init: u32,
}

impl Seen {
    /// The room of that purpose, once its first process is noted.
    pub(super) fn room(home: &Home, purpose: &str) -> Option<Self> {
        let start = format!("{purpose}-");
        let name = entries(home)
            .into_iter()
            .find(|name| name.starts_with(&start))?;
        let folder = home.rooms.path().join(name);
        let card = fs::read(folder.join("room.json")).ok()?;
        let card: serde_json::Value = serde_json::from_slice(&card).unwrap();
        assert_eq!(card["purpose"], purpose);
        let processes = card["processes"].as_array().unwrap();
        let init = processes.iter().find(|one| one["name"] == "init")?;
        let init = u32::try_from(init["pid"].as_u64().unwrap()).unwrap();
        Some(Self { folder, init })
    }

    /// Whether its engine has a connection of TCP: a pulling room's has one only to
    /// the registry, and only in a pull.
    pub(super) fn is_pulling(&self) -> bool {
        const ESTABLISHED: &str = "01";
        let table = fs::read_to_string(format!("/proc/{}/net/tcp", self.init));
        table.is_ok_and(|table| {
            let rows = table.lines().skip(1);
            rows.filter_map(|row| row.split_whitespace().nth(3))
                .any(|state| state == ESTABLISHED)
        })
    }

    pub(super) async fn engine(&self) -> DockerEngine {
        let endpoint = format!("unix://{}", self.folder.join("sock").display());
        DockerEngine::connect(Some(&endpoint)).await.unwrap()
    }
}

/// All processes of both rooms of a run.
pub(super) fn processes(home: &Home) -> Vec<u32> {
    let rooms = ["build", "pull"].map(|purpose| Seen::room(home, purpose).unwrap());
    let all: Vec<_> = rooms
        .iter()
        .flat_map(|room| inhabitants(room.init))
        .collect();
    assert!(
        all.len() > 6 && all.iter().all(|pid| lives(*pid)),
        "{all:?}"
    );
    all
}

/// Tags on the user's engine that lead to a registry of a run.
pub(super) async fn ways(stage: &Stage, run: &str) -> Vec<String> {
    let images = stage
        .docker
        .list_images(None::<bollard::query_parameters::ListImagesOptions>)
        .await
        .unwrap();
    let run = format!("/{}/", run.to_lowercase());
    let tags = images.into_iter().flat_map(|image| image.repo_tags);
    tags.filter(|tag| tag.starts_with("127.0.0.1:") && tag.contains(&run))
        .collect()
}
