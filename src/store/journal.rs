//! The journal: results of a run since its last complete record.
//!
//! A record grows with each visit, and writing it whole after each would cost more and more.
//! So a large one is written whole when a run begins and when it ends, and where the journal
//! would be several times as large; in between, what a save adds is appended to `run.journal`,
//! one line of JSON each. A line is on disk before the save
//! returns, and one that was cut (the process was killed in the middle) has no line feed and
//! does not count. Whoever reads the record takes the lines in; the next whole record removes
//! them. A line that a whole record holds already, because the process was killed between the
//! two, is known by the number of visits and passed over.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::atomic;
use super::error::StoreError;
use super::names::JOURNAL_FILE;
use crate::files;
use crate::record::{BuildRecord, RunRecord, Sample, VisitConditions};
use crate::units::Bytes;

/// The largest record and the largest journal that are read: a joined run of 10,000 variants is
/// below.
pub(super) const MOST_RECORD_BYTES: Bytes = Bytes(1 << 30);

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JournalLine {
    /// The number of completed visits after it.
    pub visits_done: u32,
    /// The fields that do not grow, if they changed since the previous line.
    pub head: Option<Box<RunRecord>>,
    pub samples: Vec<Sample>,
    pub builds: Vec<BuildRecord>,
    pub conditions: Vec<VisitConditions>,
}

/// Applies the journal of a run folder to its record.
///
/// # Errors
/// The journal cannot be read, or contains an invalid line.
pub(super) fn replay(folder: &Path, record: &mut RunRecord) -> Result<(), StoreError> {
    let path = folder.join(JOURNAL_FILE);
    let fault = |source| StoreError::Read {
        path: path.clone(),
        source,
    };
    let read = files::open(&path).and_then(|file| files::read_within(&file, MOST_RECORD_BYTES));
    let bytes = match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read.map_err(fault)?,
    };
    let whole = bytes.iter().rposition(|byte| *byte == b'\n');
    let lines = bytes[..whole.unwrap_or(0)].split(|byte| *byte == b'\n');
    for (number, line) in (1..).zip(lines).filter(|(_, line)| !line.is_empty()) {
        let entry: JournalLine = serde_json::from_slice(line).map_err(|error| {
            let what = error.to_string();
            // By its own count each line is the first.
            let what = what
                .rsplit_once(" at line ")
                .map_or(&*what, |(what, _)| what);
            StoreError::Journal {
                path: path.clone(),
                line: number,
                column: error.column(),
                what: what.to_owned(),
            }
        })?;
        if entry.visits_done <= record.plan.visits_done {
            continue;
        }
        take(record, entry);
    }
    Ok(())
}

fn take(record: &mut RunRecord, entry: JournalLine) {
    if let Some(head) = entry.head {
        let grown = (
            std::mem::take(&mut record.samples),
            std::mem::take(&mut record.builds),
            std::mem::take(&mut record.conditions),
        );
        *record = *head;
        (record.samples, record.builds, record.conditions) = grown;
    }
    record.plan.visits_done = entry.visits_done;
    record.samples.extend(entry.samples);
    record.builds.extend(entry.builds);
    record.conditions.extend(entry.conditions);
}

/// The file, open during the run.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    length: u64,
}

impl Journal {
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(path)?;
        if let Some(folder) = path.parent() {
            atomic::sync_folder(folder)?;
        }
        Ok(Self { file, length: 0 })
    }

    /// The number of appended bytes.
    pub fn length(&self) -> usize {
        usize::try_from(self.length).unwrap_or(usize::MAX)
    }

    /// Appends a complete line or nothing, even if the disk becomes full.
    pub fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let written = self
            .file
            .write_all(line)
            .and_then(|()| self.file.sync_data());
        match written {
            Ok(()) => self.length += line.len() as u64,
            Err(error) => {
                // Otherwise the next line would begin in the middle of this one. If this also
                // fails, the run ends with the error, and its last save is a complete record.
                let _ = self.file.set_len(self.length);
                return Err(error);
            }
        }
        Ok(())
    }
}
