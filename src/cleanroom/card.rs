//! What a room's folder says of it: `room.json`.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::kernel::{End, Handle};

/// The file's name.
pub(super) const CARD_FILE: &str = "room.json";

const SCHEMA_VERSION: u32 = 1;

/// A room, for whoever finds its folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Card {
    pub schema_version: u32,
    pub id: String,
    pub run: String,
    pub purpose: String,
    /// RFC 3339.
    pub created_at: String,
    /// The name of its cgroup directories.
    pub cgroup: String,
    /// Which start of the machine the processes are of.
    pub boot: String,
    pub processes: Vec<Process>,
}

/// A process that cannot be mistaken for a younger one with its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Process {
    pub name: String,
    pub pid: u32,
    /// In ticks since the machine's start.
    pub start_ticks: u64,
}

impl Card {
    pub fn new(id: &str, run: &str, purpose: &str, cgroup: String) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            id: id.to_owned(),
            run: run.to_owned(),
            purpose: purpose.to_owned(),
            created_at: chrono::Utc::now().to_rfc3339(),
            cgroup,
            boot: boot(),
            processes: Vec::new(),
        }
    }

    /// The card of a folder; `None` where there is none that can be read.
    pub fn read(folder: &Path) -> Option<Self> {
        let text = fs::read(folder.join(CARD_FILE)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Written beside its place and renamed: it is whole or not there.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let beside = folder.join(".room.json");
        fs::write(&beside, serde_json::to_vec_pretty(self)?)?;
        fs::rename(beside, folder.join(CARD_FILE))
    }

    /// Those of its processes that still live.
    pub fn living(&self) -> Vec<&Process> {
        if self.boot != boot() {
            return Vec::new();
        }
        self.processes.iter().filter(|one| one.lives()).collect()
    }
}

impl Process {
    /// A process that lives now.
    pub fn of(name: &str, pid: u32) -> io::Result<Self> {
        let gone = || io::Error::new(io::ErrorKind::NotFound, format!("{name} has ended"));
        Ok(Self {
            name: name.to_owned(),
            pid,
            start_ticks: start_ticks(pid).ok_or_else(gone)?,
        })
    }

    /// Whether it lives. One that is dead and not yet collected does not.
    pub fn lives(&self) -> bool {
        start_ticks(self.pid) == Some(self.start_ticks)
    }

    /// Kills it, and nothing else.
    pub fn kill(&self) -> io::Result<()> {
        let Ok(handle) = Handle::open(self.pid) else {
            return Ok(());
        };
        // The handle is of the process that has the id now: is it still this one?
        if self.lives() {
            handle.end(End::Kill)
        } else {
            Ok(())
        }
    }
}

fn start_ticks(pid: u32) -> Option<u64> {
    start_in(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The start time, of a process that is not dead.
fn start_in(stat: &str) -> Option<u64> {
    // The name in parentheses may hold anything, parentheses too.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    if matches!(fields.next()?, "Z" | "X" | "x") {
        return None;
    }
    // It is the 22nd field; the state is the third.
    fields.nth(18)?.parse().ok()
}

/// An id of this start of the machine.
fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .unwrap_or_default()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_is_read_past_any_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 9 9";
        assert_eq!(start_in(stat), Some(12_345));
        assert_eq!(start_in(&stat.replace(" S ", " Z ")), None);
        assert_eq!(start_in("7 (a"), None);
        assert_eq!(start_in("7 (a) S 1"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_younger_process_with_the_same_id_is_another() {
        let mut card = Card::new("build-1", "run", "build", "plimsoll-build-1".to_owned());
        let me = Process::of("me", std::process::id()).unwrap();
        let mut other = me.clone();
        other.start_ticks += 1;
        card.processes = vec![other.clone(), me.clone()];
        assert_eq!(card.living(), [&me]);
        other.kill().unwrap();
        card.boot = "another".to_owned();
        assert!(card.living().is_empty());
    }

    #[test]
    fn a_card_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Card::read(folder.path()), None);
        let card = Card::new("build-1", "run", "build", "plimsoll-build-1".to_owned());
        card.write(folder.path()).unwrap();
        assert_eq!(Card::read(folder.path()), Some(card));
        fs::write(folder.path().join(CARD_FILE), "{}").unwrap();
        assert_eq!(Card::read(folder.path()), None);
    }
}
