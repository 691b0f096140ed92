//! Keeps a run's folder: the record and all that is derived from it.

use std::collections::BTreeSet;
use std::error::Error;

use crate::record::RunRecord;
use crate::report;
use crate::runner::Recorder;
use crate::store::{RunFolder, StoreError};

/// The file that lists cache records that are ours and not removed yet.
pub(super) const CACHE_JOURNAL: &str = "cache-records.json";

/// The page in a run's folder.
pub(super) const PAGE: &str = "report.html";

/// Writes everything anew after each case, each file atomically.
pub(super) struct FolderRecorder<'a>(pub(super) &'a RunFolder);

impl Recorder for FolderRecorder<'_> {
    fn save(&mut self, record: &RunRecord) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.0.save_record(record)?;
        write_derived(self.0, record)?;
        Ok(())
    }

    fn noted_cache(&mut self) -> BTreeSet<String> {
        crate::files::read(&self.0.path().join(CACHE_JOURNAL))
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default()
    }

    fn note_cache(&mut self, ids: &BTreeSet<String>) -> Result<(), Box<dyn Error + Send + Sync>> {
        if ids.is_empty() {
            self.0.remove(CACHE_JOURNAL)?;
        } else {
            self.0.write(CACHE_JOURNAL, &serde_json::to_vec(ids)?)?;
        }
        Ok(())
    }
}

/// Everything that is computed from the record alone, but for the page.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn write_derived(folder: &RunFolder, record: &RunRecord) -> Result<(), StoreError> {
    folder.write("samples.csv", &report::samples_csv(record))?;
    folder.write("summary.csv", &report::summary_csv(record))?;
    folder.write("steps.csv", &report::steps_csv(record))?;
    if let Some(effects) = report::effects_csv(record) {
        folder.write("effects.csv", &effects)?;
    }
    folder.write("report.md", report::report_md(record).as_bytes())
}

/// The page: of a run that has ended, however. It takes longer than the rest.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write_page(folder: &RunFolder, record: &RunRecord) -> Result<(), StoreError> {
    folder.write(PAGE, report::report_html(record).as_bytes())
}
