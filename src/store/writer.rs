//! Writes a run's record again and again: whole while it is small, and by a journal after that.

use serde::Serialize;

use super::error::StoreError;
use super::folder::RunFolder;
use super::journal::{Entry, JOURNAL_FILE, Journal};
use crate::record::RunRecord;

/// A record below this size is written whole each time: that costs no more than a page, and
/// everybody finds everything in one file.
const WHOLE_BYTES: usize = 512 << 10;

/// A journal grows to at most so many times the whole record; then the record is written whole.
/// A line that holds the head may be as large as the record.
const MOST_WHOLES: usize = 4;

/// How much of a record is on disk.
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

/// Writes the record of one run again and again.
#[derive(Debug)]
pub struct RecordWriter<'a> {
    folder: &'a RunFolder,
    saved: Saved,
    /// What the head was when it was written last, as JSON.
    head: Vec<u8>,
    /// Bytes of the whole record as it was written last.
    whole: usize,
    journal: Option<Journal>,
}

impl<'a> RecordWriter<'a> {
    /// A writer that has written nothing yet.
    pub fn new(folder: &'a RunFolder) -> Self {
        Self {
            folder,
            saved: Saved::default(),
            head: Vec::new(),
            whole: 0,
            journal: None,
        }
    }

    /// Saves a record that has grown since the last time, and gives the bytes that were written.
    ///
    /// # Errors
    /// What was saved before stays where the rest cannot be written.
    pub fn save(&mut self, record: &RunRecord) -> Result<usize, StoreError> {
        match self.whole > WHOLE_BYTES {
            true => self.append(record),
            false => self.save_whole(record),
        }
    }

    /// Saves a record in which what was saved before has changed, or which is complete.
    ///
    /// # Errors
    /// The old record stays where the new one cannot be written.
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
        let entry = Entry {
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

/// All but what grows with each visit. The number of visits is in each line.
fn head_of(record: &RunRecord) -> RunRecord {
    // Field by field, so that nothing large is copied to be thrown away.
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
