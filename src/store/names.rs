//! The names of files and folders in a folder of runs.

/// The run record's file.
pub const RECORD_FILE: &str = "run.json";

/// The file of the journal: results of a run since its last complete record.
pub const JOURNAL_FILE: &str = "run.journal";

/// The name of the run that was started last.
pub const LATEST: &str = "latest";

/// The folder of runs in a user's project.
pub const OWN_FOLDER: &str = ".plimsoll";

/// The ignore file that excludes the folder from version control.
pub(super) const IGNORE_FILE: &str = ".gitignore";

/// The index of the history, if the folder of runs is writable.
pub(super) const INDEX_FILE: &str = ".plimsoll-history";
