//! Saves the record of a run repeatedly: completely while it is small, then through a journal.

use serde::Serialize;

use super::error::StoreError;
use super::folder::RunFolder;
use super::journal::{Journal, JournalLine};
use super::names::JOURNAL_FILE;
use crate::record::RunRecord;

/// A smaller record is written completely each time, which is cheap and keeps everything in one
/// file.
const WHOLE_BYTES: usize = 512 << 10;

/// The largest size of a journal relative to the record; then the record is written completely. A
/// line with the head may be as large as the record.
const MOST_WHOLES: usize = 4;

/// The part of a record that is on disk.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Saved {
    samples: usize,
    builds: usize,
    conditions: usize,
}

impl Saved {
    fn of(record: &RunRecord) -> Self {
        Self {
            samples: record.samples.len(),
            builds: record.builds.len(),
            conditions: record.conditions.len(),
        }
    }
}

/// Saves the record of one run repeatedly.
#[derive(Debug)]
pub struct RecordWriter<'a> {
    folder: &'a RunFolder,
    saved: Saved,
    /// The last written head, as JSON.
    head: Vec<u8>,
    /// The size of the last complete record in bytes.
    whole: usize,
    journal: Option<Journal>,
}

impl<'a> RecordWriter<'a> {
    /// A new writer.
    pub fn new(folder: &'a RunFolder) -> Self {
        Self {
            folder,
            saved: Saved::default(),
            head: Vec::new(),
            whole: 0,
            journal: None,
        }
    }

    /// Saves a record that has grown since the last save, and returns the written bytes.
    ///
    /// # Errors
    /// The new part cannot be written; what was saved before is unchanged.
    pub fn save(&mut self, record: &RunRecord) -> Result<usize, StoreError> {
        match self.whole > WHOLE_BYTES {
            true => self.append(record),
            false => self.save_whole(record),
        }
    }

    /// Saves a record whose saved part has changed, or which is complete.
    ///
    /// # Errors
    /// The new record cannot be written; the old one is unchanged.
    pub fn save_whole(&mut self, record: &RunRecord) -> Result<usize, StoreError> {
        let bytes = self.folder.save_record(record)?;
        self.folder.remove(JOURNAL_FILE)?;
        self.journal = None;
        self.whole = bytes;
        if self.whole > WHOLE_BYTES {
            self.head = self.json(&head_of(record))?;
        }
        self.saved = Saved::of(record);
        Ok(bytes)
    }

    fn append(&mut self, record: &RunRecord) -> Result<usize, StoreError> {
        let head = head_of(record);
        let json = self.json(&head)?;
        let is_new = json != self.head;
        let saved = self.saved;
        let entry = JournalLine {
            visits_done: record.plan.visits_done,
            head: is_new.then(|| Box::new(head)),
            samples: record.samples[saved.samples..].to_vec(),
            builds: record.builds[saved.builds..].to_vec(),
            conditions: record.conditions[saved.conditions..].to_vec(),
        };
        let mut line = self.json(&entry)?;
        line.push(b'\n');
        let length = self.journal.as_ref().map_or(0, Journal::length);
        if length.saturating_add(line.len()) > MOST_WHOLES * self.whole {
            return self.save_whole(record);
        }
        let path = self.folder.path().join(JOURNAL_FILE);
        let fault = |source| StoreError::Write {
            path: path.clone(),
            source,
        };
        let journal = match &mut self.journal {
            Some(journal) => journal,
            None => self.journal.insert(Journal::create(&path).map_err(fault)?),
        };
        journal.append(&line).map_err(fault)?;
        self.head = json;
        self.saved = Saved::of(record);
        Ok(line.len())
    }

    fn json(&self, of: &impl Serialize) -> Result<Vec<u8>, StoreError> {
        serde_json::to_vec(of).map_err(|error| StoreError::Write {
            path: self.folder.path().join(JOURNAL_FILE),
            source: error.into(),
        })
    }
}

/// The fields that do not grow with each visit. Each line has the number of visits.
fn head_of(record: &RunRecord) -> RunRecord {
    // Field by field, to avoid copies of large fields.
    let RunRecord {
        schema_version,
        id,
        commands,
        state,
        started_at,
        finished_at,
        revision,
        ab,
        tool,
        plan,
        engine,
        distribution,
        host,
        calibration,
        scenarios,
        parts,
        bases,
        cases,
        samples: _,
        builds: _,
        conditions: _,
        warnings,
    } = record;
    let mut plan = plan.clone();
    plan.visits_done = 0;
    RunRecord {
        schema_version: *schema_version,
        id: id.clone(),
        commands: commands.clone(),
        state: *state,
        started_at: started_at.clone(),
        finished_at: finished_at.clone(),
        revision: revision.clone(),
        ab: ab.clone(),
        tool: tool.clone(),
        plan,
        engine: engine.clone(),
        distribution: distribution.clone(),
        host: host.clone(),
        calibration: calibration.clone(),
        scenarios: scenarios.clone(),
        parts: parts.clone(),
        bases: bases.clone(),
        cases: cases.clone(),
        samples: Vec::new(),
        builds: Vec::new(),
        conditions: Vec::new(),
        warnings: warnings.clone(),
    }
}
