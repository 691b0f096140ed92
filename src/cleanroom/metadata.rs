//! The metadata in a room's folder: `room.json`.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::kernel::{ProcessHandle, StopSignal};

/// The file's name.
pub(super) const METADATA_FILE: &str = "room.json";

const SCHEMA_VERSION: u32 = 1;

/// Identifies a room and its processes to a later plimsoll process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoomMetadata {
    pub schema_version: u32,
    pub id: String,
    pub run: String,
    pub purpose: String,
    /// RFC 3339.
    pub created_at: String,
    /// The name of its cgroup directories.
    pub cgroup: String,
    /// The boot id of the machine when the processes were started.
    pub boot: String,
    pub processes: Vec<Process>,
}

/// A process identified by id and start time, because the kernel reuses ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Process {
    pub name: String,
    pub pid: u32,
    /// In clock ticks since boot.
    pub start_ticks: u64,
}

impl RoomMetadata {
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

    /// Reads the metadata of a folder; `None` if it is missing or invalid.
    pub fn read(folder: &Path) -> Option<Self> {
        let text = fs::read(folder.join(METADATA_FILE)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Writes a temporary file and renames it, so that readers never see a partial file.
    pub fn write(&self, folder: &Path) -> io::Result<()> {
        let temporary = folder.join(".room.json");
        fs::write(&temporary, serde_json::to_vec_pretty(self)?)?;
        fs::rename(temporary, folder.join(METADATA_FILE))
    }

    /// The recorded processes that are still alive.
    pub fn living(&self) -> Vec<&Process> {
        if self.boot != boot() {
            return Vec::new();
        }
        self.processes.iter().filter(|one| one.is_alive()).collect()
    }
}

impl Process {
    /// Records a process that is alive now.
    pub fn of(name: &str, pid: u32) -> io::Result<Self> {
        let gone = || io::Error::new(io::ErrorKind::NotFound, format!("{name} has ended"));
        Ok(Self {
            name: name.to_owned(),
            pid,
            start_ticks: start_ticks(pid).ok_or_else(gone)?,
        })
    }

    /// Whether it is alive. A zombie is not.
    pub fn is_alive(&self) -> bool {
        start_ticks(self.pid) == Some(self.start_ticks)
    }

    /// Kills this process, and never another one that has the same id.
    pub fn kill(&self) -> io::Result<()> {
        let Ok(handle) = ProcessHandle::open(self.pid) else {
            return Ok(());
        };
        // The handle belongs to the process that has the id now, so compare the start time again.
        if self.is_alive() {
            handle.signal(StopSignal::Kill)
        } else {
            Ok(())
        }
    }
}

fn start_ticks(pid: u32) -> Option<u64> {
    start_in(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The start time in the text of `/proc/PID/stat`; `None` for a zombie.
fn start_in(stat: &str) -> Option<u64> {
    // The name in parentheses may itself contain parentheses.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    if matches!(fields.next()?, "Z" | "X" | "x") {
        return None;
    }
    // The start time is field 22; the state is field 3.
    fields.nth(18)?.parse().ok()
}

/// The boot id of the machine.
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
    fn the_start_time_is_parsed_after_any_process_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 9 9";
        assert_eq!(start_in(stat), Some(12_345));
        assert_eq!(start_in(&stat.replace(" S ", " Z ")), None);
        assert_eq!(start_in("7 (a"), None);
        assert_eq!(start_in("7 (a) S 1"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_with_a_reused_id_is_not_killed() {
        let mut metadata =
            RoomMetadata::new("build-1", "run", "build", "plimsoll-build-1".to_owned());
        let me = Process::of("me", std::process::id()).unwrap();
        let mut other = me.clone();
        other.start_ticks += 1;
        metadata.processes = vec![other.clone(), me.clone()];
        assert_eq!(metadata.living(), [&me]);
        other.kill().unwrap();
        metadata.boot = "another".to_owned();
        assert!(metadata.living().is_empty());
    }

    #[test]
    fn metadata_round_trips_and_invalid_metadata_is_ignored() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(RoomMetadata::read(folder.path()), None);
        let metadata = RoomMetadata::new("build-1", "run", "build", "plimsoll-build-1".to_owned());
        metadata.write(folder.path()).unwrap();
        assert_eq!(RoomMetadata::read(folder.path()), Some(metadata));
        fs::write(folder.path().join(METADATA_FILE), "{}").unwrap();
        assert_eq!(RoomMetadata::read(folder.path()), None);
    }
}
