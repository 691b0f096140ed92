//! Keeps a run's folder: the record and all that is derived from it.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::export;
use crate::page;
use crate::record::{RunRecord, RunState};
use crate::report;
use crate::runner::{Recorder, VisitNotes};
use crate::store::{self, RecordWriter, RunFolder, StoreError};

/// The file that lists cache records that are ours and not removed yet.
pub(super) const CACHE_JOURNAL: &str = "cache-records.json";

/// The file that says how records of the visit that goes on are identified.
pub(super) const VISIT_JOURNAL: &str = "cache-visit.json";

/// The page in a run's folder.
pub(super) const PAGE: &str = "report.html";

/// The name that notes get which cannot be read, so that nothing is written over them.
const UNREADABLE_JOURNAL: &str = "cache-records.unreadable.json";

/// Keeps the record after each visit, and what is derived from it now and then. Each file is
/// written atomically.
pub(super) struct FolderRecorder<'a> {
    folder: &'a RunFolder,
    record: RecordWriter<'a>,
    /// Why what is derived could not be written last. The record is what counts.
    unwritten: Option<StoreError>,
    /// Samples of the record from which the rest was derived last.
    derived_from: Option<usize>,
    /// Shows in the notes of the visit that this process is alive.
    sign: Option<SignOfLife>,
}

impl<'a> FolderRecorder<'a> {
    pub(super) fn new(folder: &'a RunFolder) -> Self {
        Self {
            folder,
            record: RecordWriter::new(folder),
            unwritten: None,
            derived_from: None,
            sign: None,
        }
    }

    /// Brings what is derived up to the record, and gives why it could not be written.
    pub(super) fn finish(mut self, record: &RunRecord) -> Option<StoreError> {
        if self.derived_from != Some(record.samples.len()) {
            self.derive(record);
        }
        self.unwritten
    }

    fn derive(&mut self, record: &RunRecord) {
        self.unwritten = write_derived(self.folder, record).err();
        self.derived_from = Some(record.samples.len());
    }

    fn derive_if_due(&mut self, record: &RunRecord) {
        if self.is_due(record) {
            self.derive(record);
        }
    }

    /// Reports take longer the more samples there are. So while a run goes on they are
    /// written whenever an eighth has come up: all of them together cost a few times the last.
    fn is_due(&self, record: &RunRecord) -> bool {
        let grown = |from: usize| record.samples.len() > from + from / 8;
        let ended = record.state != RunState::Running || record.finished_at.is_some();
        ended || self.derived_from.is_none_or(grown)
    }
}

impl Recorder for FolderRecorder<'_> {
    fn save(&mut self, record: &RunRecord) -> Result<(), Box<dyn Error + Send + Sync>> {
        if record.state != RunState::Running || record.finished_at.is_some() {
            return self.save_whole(record);
        }
        self.record.save(record)?;
        self.derive_if_due(record);
        Ok(())
    }

    fn save_whole(&mut self, record: &RunRecord) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.record.save_whole(record)?;
        self.derive_if_due(record);
        Ok(())
    }

    fn noted_cache(&mut self) -> Result<BTreeSet<String>, Box<dyn Error + Send + Sync>> {
        let path = self.folder.path().join(CACHE_JOURNAL);
        let read = match crate::files::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            read => read.map_err(|error| error.to_string()),
        };
        let noted =
            read.and_then(|text| serde_json::from_slice(&text).map_err(|error| error.to_string()));
        noted.map_err(|why| {
            let aside = self.folder.path().join(UNREADABLE_JOURNAL);
            let place = match std::fs::rename(&path, &aside) {
                Ok(()) => aside,
                Err(_) => path.clone(),
            };
            let place = place.display();
            format!("failed to read the noted records of the builder's cache: {why}; they are kept in {place}").into()
        })
    }

    fn note_visit(
        &mut self,
        notes: Option<&VisitNotes>,
    ) -> Result<(), Box<dyn Error + Send + Sync>> {
        let path = self.folder.path().join(VISIT_JOURNAL);
        match notes {
            Some(notes) => {
                self.folder
                    .write(VISIT_JOURNAL, &serde_json::to_vec(notes)?)?;
                self.sign.get_or_insert_with(|| SignOfLife::of(path));
            }
            None => self.folder.remove(VISIT_JOURNAL)?,
        }
        Ok(())
    }

    fn noted_visit(&mut self) -> Option<VisitNotes> {
        visit_notes(&self.folder.path().join(VISIT_JOURNAL))
    }

    fn note_cache(&mut self, ids: &BTreeSet<String>) -> Result<(), Box<dyn Error + Send + Sync>> {
        if ids.is_empty() {
            self.folder.remove(CACHE_JOURNAL)?;
        } else {
            self.folder
                .write(CACHE_JOURNAL, &serde_json::to_vec(ids)?)?;
        }
        Ok(())
    }
}

/// What the process of a run noted of the visit that it made, and when it was last alive.
pub(super) fn visit_notes(path: &Path) -> Option<VisitNotes> {
    let text = crate::files::read(path).ok()?;
    let notes: VisitNotes = serde_json::from_slice(&text).ok()?;
    let seen = std::fs::metadata(path).and_then(|facts| facts.modified());
    Some(notes.last_seen(seen.ok()))
}

/// Sets the time of a file anew each second, until it is dropped or the process ends.
struct SignOfLife {
    _until_dropped: mpsc::Sender<()>,
}

impl SignOfLife {
    fn of(path: PathBuf) -> Self {
        let (until_dropped, dropped) = mpsc::channel();
        thread::spawn(move || {
            while dropped.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                // Between two visits there is no such file.
                let file = File::options().write(true).open(&path);
                let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
            }
        });
        Self {
            _until_dropped: until_dropped,
        }
    }
}

/// Whether a run of very many variants gets all of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Not beyond [`report::MOST_REPORTED`] variants: what every run leaves behind.
    Readable,
    /// All of it, as the user asked for.
    Whole,
}

impl Extent {
    fn is_brief(self, record: &RunRecord) -> bool {
        self == Self::Readable && report::too_many_variants(record).is_some()
    }
}

/// Everything that is computed from the record alone, except for the page.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn write_derived(folder: &RunFolder, record: &RunRecord) -> Result<(), StoreError> {
    write_derived_of(folder, record, Extent::Readable)
}

/// The same, of this extent.
///
/// # Errors
/// As there: the first fault, and the other files are written.
pub(super) fn write_derived_of(
    folder: &RunFolder,
    record: &RunRecord,
    extent: Extent,
) -> Result<(), StoreError> {
    type Write<'a> = &'a (dyn Fn() -> Result<(), StoreError> + Sync);
    // The longest first.
    let files: [Write<'_>; 5] = [
        &|| {
            folder.write_by("summary.csv", |file| {
                export::write_summary_csv(record, file)
            })
        },
        &|| {
            folder.write_by("samples.csv", |file| {
                export::write_samples_csv(record, file)
            })
        },
        &|| folder.write_by("steps.csv", |file| export::write_steps_csv(record, file)),
        &|| match export::effects_csv(record) {
            Some(effects) => folder.write("effects.csv", &effects),
            None => Ok(()),
        },
        &|| {
            let text = match extent.is_brief(record) {
                true => report::brief_md(record),
                false => report::report_md(record),
            };
            folder.write("report.md", text.as_bytes())
        },
    ];
    let written = store::in_parallel(&files, |write| write());
    written.into_iter().collect()
}

/// The page: of a run that has ended, however. It takes longer than the rest. A run of too many
/// variants has none ([`report::left_out`]).
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write_page(folder: &RunFolder, record: &RunRecord) -> Result<(), StoreError> {
    write_page_of(folder, record, Extent::Readable)
}

/// The same, of this extent.
///
/// # Errors
/// As there.
pub(super) fn write_page_of(
    folder: &RunFolder,
    record: &RunRecord,
    extent: Extent,
) -> Result<(), StoreError> {
    match extent.is_brief(record) {
        // One of a smaller state of the run would say less than its record.
        true => folder.remove(PAGE),
        false => folder.write(PAGE, page::report_html(record).as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_that_cannot_be_read_are_kept_and_reported() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(dir.path(), "2001-02-03T04:05:06Z", "x").unwrap();
        let mut recorder = FolderRecorder::new(&folder);
        assert_eq!(recorder.noted_cache().unwrap(), BTreeSet::new());
        let ids = BTreeSet::from(["a".to_owned()]);
        recorder.note_cache(&ids).unwrap();
        assert_eq!(recorder.noted_cache().unwrap(), ids);

        std::fs::write(folder.path().join(CACHE_JOURNAL), "[\"a\", \"b").unwrap();
        let error = recorder.noted_cache().unwrap_err().to_string();
        assert!(error.contains(UNREADABLE_JOURNAL), "{error}");
        recorder.note_cache(&BTreeSet::new()).unwrap();
        recorder.note_cache(&ids).unwrap();
        let kept = std::fs::read_to_string(folder.path().join(UNREADABLE_JOURNAL));
        assert_eq!(kept.unwrap(), "[\"a\", \"b");
    }
}
