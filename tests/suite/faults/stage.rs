//! One fault, from the run that it strikes to the run that goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use plimsoll::cli::Exit;
use plimsoll::oci::sha256_hex;
use plimsoll::record::{CaseId, Disposition, Link, Metric, RunRecord, RunState, Sample};
use plimsoll::store::{RECORD_FILE, RunFolder};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::fake::FakeEngine;
use crate::fake::faults::{Fault, Strike};
use crate::pipeline::GOOD;
use crate::pipeline::home::Home;

/// Whose calls are struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// The user's engine, on which the whole run takes place.
    Host,
    /// The engine of the building room.
    Room,
    /// The engine of the pulling room.
    Puller,
}

type Doing<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// What happens while the call waits.
#[derive(Clone, Copy)]
pub(super) enum Then {
    /// Nothing more than the fault.
    GoOn,
    /// plimsoll is killed.
    Kill,
    /// The user asks it to stop.
    Interrupt,
    /// Something else; the call goes on afterwards.
    Meanwhile(fn(&Stage) -> Doing<'_>),
    /// Something else, and plimsoll is killed.
    KillAfter(fn(&Stage) -> Doing<'_>),
}

#[derive(Clone, Copy)]
pub(super) struct Case {
    /// The test, below `faults::`.
    pub test: &'static str,
    pub fault: &'static str,
    /// The Dockerfile of the variant.
    pub dockerfile: &'static str,
    /// What the scenario has besides.
    pub scenario: &'static str,
    pub of: Of,
    pub strike: Strike,
    pub then: Then,
}

/// What a sample is of.
type Key = (CaseId, Metric, Option<Link>, u32);

fn key(sample: &Sample) -> Key {
    let Sample {
        case, metric, link, ..
    } = sample;
    (case.clone(), *metric, *link, sample.round)
}

/// What came of a fault.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    pub ended: String,
    /// The error, and everything on stderr before it.
    pub said: String,
    /// Samples that were on disk when the fault struck, and how many of them are gone.
    pub saved: usize,
    pub lost: usize,
    /// Values and reasons in the end, and planned samples that have neither.
    pub values: usize,
    pub reasons: usize,
    pub silent: usize,
    pub resumed: bool,
    /// Objects of the run on the user's engine and files that were begun.
    pub left: usize,
    pub left_after_clean: usize,
    /// Objects and files of others that are gone or altered.
    pub touched: usize,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let goes_on = if self.resumed { "yes" } else { "no" };
        write!(
            f,
            "{} | {} | {} | {goes_on} | {} | {} | {} | {} | {} | {}",
            self.ended,
            self.saved,
            self.lost,
            self.values,
            self.reasons,
            self.silent,
            self.left,
            self.left_after_clean,
            self.touched
        )
    }
}

/// A home with things of others in it.
pub(super) struct Stage {
    pub home: Home,
    of: Of,
    /// What the user's engine held before the run.
    held: BTreeSet<String>,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

const RUN: [&str; 7] = ["run", "app", "--rounds", "2", "--warmup", "0", "--seed=5"];

impl Stage {
    pub fn new(dockerfile: &str, scenario: &str, of: Of) -> Self {
        let home = Home::new(&[("good", dockerfile)]).with(scenario);
        home.engine.add_base("db:1", &[]);
        Self::of(home, of)
    }

    pub fn of(home: Home, of: Of) -> Self {
        home.date.set(&own_date(home.path()));
        home.engine.add_base("theirs/app:1", &[]);
        home.engine.add_container("their-database");
        home.engine.state(|state| {
            let words = "mount / from exec /bin/sh -c their own".to_owned();
            state.networks.insert("their-network".to_owned(), None);
            state.cache.insert("theirs".to_owned(), words)
        });
        let results = home.path().join("results");
        std::fs::create_dir_all(results.join("notes")).unwrap();
        std::fs::write(results.join("notes/theirs.txt"), "do not lose").unwrap();
        Self {
            held: home.engine.holds(),
            files: files(home.path()),
            of,
            home,
        }
    }

    pub fn words(&self) -> Vec<&'static str> {
        let room = ["--engine", "clean-room", "--link", "80mbit"];
        let room = room.iter().filter(|_| self.of != Of::Host);
        RUN.iter().chain(room).copied().collect()
    }

    pub fn engine(&self) -> &FakeEngine {
        match self.of {
            Of::Host => &self.home.engine,
            Of::Room => &self.home.room,
            Of::Puller => &self.home.puller,
        }
    }

    /// The record as it is on disk, with its journal, if the run has one.
    pub fn saved(&self) -> Option<RunRecord> {
        let folder = self
            .folder()
            .filter(|path| path.join(RECORD_FILE).is_file())?;
        Some(RunFolder::open(&folder).unwrap().load_record().unwrap())
    }

    /// The folder of the run.
    pub fn folder(&self) -> Option<PathBuf> {
        let mut folders = self.home.folders();
        folders.retain(|folder| !folder.ends_with("notes"));
        folders.into_iter().next()
    }

    /// What exists of plimsoll's apart from its results.
    pub fn left(&self) -> Vec<String> {
        let held = self.home.engine.holds();
        let objects = held.difference(&self.held).cloned();
        let objects = objects.filter(|line| !line.contains("theirs"));
        let begun = files(&self.home.path().join("results")).into_keys();
        let begun = begun.filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with(".writing-") || name.starts_with(".linking-")
        });
        objects
            .chain(begun.map(|path| path.display().to_string()))
            .collect()
    }

    /// What of others is gone or altered.
    pub fn touched(&self) -> Vec<String> {
        let held = self.home.engine.holds();
        let now = files(self.home.path());
        let objects = self.held.difference(&held).cloned();
        let files = self.files.iter();
        let files = files.filter(|(path, content)| now.get(*path) != Some(*content));
        objects
            .chain(files.map(|(path, _)| path.display().to_string()))
            .collect()
    }

    /// Puts something else in the place of the record.
    pub fn hide_record(&self) {
        let record = self.folder().unwrap().join("run.json");
        std::fs::rename(&record, record.with_extension("kept")).unwrap();
        std::fs::create_dir(record).unwrap();
    }

    /// Takes away what [`hide_record`](Self::hide_record) has put there.
    fn repair(&self) {
        let record = self.folder().unwrap().join("run.json");
        if record.is_dir() {
            std::fs::remove_dir(&record).unwrap();
            std::fs::rename(record.with_extension("kept"), record).unwrap();
        }
    }

    /// `clean` of this run.
    pub async fn clean(&self) -> Result<Exit, String> {
        let Some(folder) = self.folder() else {
            return Ok(Exit::Fine);
        };
        let id = folder.file_name().unwrap().to_str().unwrap();
        let (outcome, _) = self.home.run(&["clean", "--run", id, "--yes"]).await;
        outcome.map_err(|failure| failure.to_string())
    }

    /// Goes on with a run that did not complete.
    pub async fn resume(&mut self) -> Result<Exit, String> {
        let folder = self.folder().unwrap().display().to_string();
        self.home.stop = CancellationToken::new();
        let (outcome, _) = self.home.run(&["run", "--resume", &folder]).await;
        outcome.map_err(|failure| failure.to_string())
    }
}

/// A date that no other home has: runs of one id share the lock by which `clean` knows that
/// a run goes on, in all processes of the machine.
fn own_date(home: &Path) -> String {
    let hash = sha256_hex(home.as_os_str().as_encoded_bytes());
    let part = |at: usize, most: u32| u32::from_str_radix(&hash[at..at + 4], 16).unwrap() % most;
    let (month, day) = (1 + part(0, 12), 1 + part(4, 28));
    let (hour, minute, second) = (part(8, 24), part(12, 60), part(16, 60));
    format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// All files below a folder, except for what is written of the run.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().flatten();
    let entries = entries.filter(|entry| entry.file_type().is_file());
    entries
        .map(|entry| {
            (
                entry.path().to_owned(),
                std::fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}

/// What an undisturbed run measures, on the user's engine or in rooms.
async fn planned(of: Of) -> &'static BTreeSet<Key> {
    static ON_HOST: OnceCell<BTreeSet<Key>> = OnceCell::const_new();
    static IN_ROOMS: OnceCell<BTreeSet<Key>> = OnceCell::const_new();
    let known = if of == Of::Host { &ON_HOST } else { &IN_ROOMS };
    let measure = async || {
        let stage = Stage::new(GOOD, "", of);
        stage.home.run(&stage.words()).await.0.unwrap();
        let record = stage.saved().unwrap();
        record.samples.iter().map(key).collect()
    };
    known.get_or_init(measure).await
}

/// Runs a case to its outcome.
pub(super) async fn outcome(case: &Case) -> Outcome {
    let stage = Stage::new(case.dockerfile, case.scenario, case.of);
    struck(stage, case, Stage::repair).await
}

/// The same in a home that is there already. `repair` ends the fault once the run is over.
pub(super) async fn struck(mut stage: Stage, case: &Case, repair: impl FnOnce(&Stage)) -> Outcome {
    let planned = planned(case.of).await;
    let meeting = stage.engine().arm(case.strike);
    let words = stage.words();
    let (ended, error, saved) = {
        let mut run = Box::pin(stage.home.run(&words));
        tokio::select! {
            biased;
            ended = &mut run => panic!("{} was not reached: {:?}", case.fault, ended.0),
            () = meeting.reached() => {}
        }
        let saved = stage.saved().map_or(Vec::new(), |record| record.samples);
        match case.then {
            Then::GoOn | Then::Kill => {}
            Then::Interrupt => stage.home.stop.cancel(),
            Then::Meanwhile(act) | Then::KillAfter(act) => act(&stage).await,
        }
        if matches!(case.then, Then::Kill | Then::KillAfter(_)) {
            drop(run);
            ("killed".to_owned(), String::new(), saved)
        } else {
            meeting.go_on();
            let (exit, error) = match run.await.0 {
                Ok(exit) => (exit, String::new()),
                Err(failure) => (failure.exit, failure.to_string()),
            };
            ((exit as u8).to_string(), error, saved)
        }
    };
    let said = format!("{}{error}", stage.home.talk());
    stage.engine().state(|state| state.gone = false);
    repair(&stage);
    let outcome = judged(&mut stage, planned, ended, saved).await;
    Outcome { said, ..outcome }
}

/// Looks at what a run that ended has kept, left and touched; cleans up; and lets it go on.
async fn judged(
    stage: &mut Stage,
    planned: &BTreeSet<Key>,
    ended: String,
    saved: Vec<Sample>,
) -> Outcome {
    let left = stage.left().len();
    stage.clean().await.unwrap();
    let mut still = stage.left();
    let complete = |record: &RunRecord| record.state == RunState::Complete;
    let resumed = !stage.saved().as_ref().is_some_and(complete);
    if resumed {
        let _ = stage.resume().await.unwrap();
        still.extend(stage.left());
    }
    let record = stage.saved().unwrap();
    assert_eq!(record.state, RunState::Complete);
    let found: BTreeSet<_> = record.samples.iter().map(key).collect();
    let gone = saved.iter().filter(|one| !record.samples.contains(one));
    let values = record
        .samples
        .iter()
        .filter(|one| one.outcome.counted().is_some());
    let (values, touched) = (values.count(), stage.touched());
    // A case that failed in its first visit is not visited again; its record says why.
    let failed = |key: &&Key| {
        let mut cases = record.cases.iter().filter(|case| case.id == key.0);
        cases.any(|case| matches!(case.disposition, Disposition::Failed { .. }))
    };
    let silent = planned.difference(&found).filter(|key| !failed(key));
    let silent: Vec<_> = silent.collect();
    println!("left after clean: {still:?}\ntouched: {touched:?}\nsilent: {silent:?}");
    Outcome {
        ended,
        saved: saved.len(),
        lost: gone.count(),
        values,
        reasons: record.samples.len() - values,
        silent: silent.len(),
        resumed,
        left,
        left_after_clean: still.len(),
        touched: touched.len(),
        ..Outcome::default()
    }
}

/// A strike without a fault of the engine.
pub(super) const fn at(verb: &'static str, about: &'static str, nth: usize) -> Strike {
    faulty(Fault::None, verb, about, nth)
}

pub(super) const fn faulty(
    fault: Fault,
    verb: &'static str,
    about: &'static str,
    nth: usize,
) -> Strike {
    Strike {
        verb,
        about,
        nth,
        fault,
    }
}
