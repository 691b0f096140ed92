//! Run folders on disk: `results/<utc>-<name>/` with `run.json` and its companions.
//!
//! Every file is written atomically, except the journal of a long run. One process writes a run
//! at a time, and `latest` refers to the run that was started last. The contents are defined in
//! `record` and `report`.

mod atomic;
mod beacon;
mod error;
mod folder;
mod history;
mod journal;
mod lock;
mod names;
mod parallel;
mod resolve;
#[cfg(test)]
mod tests;
mod trace;
mod writer;

pub use beacon::is_running;
pub use error::StoreError;
pub use folder::RunFolder;
pub use history::{Gathered, LeftOut, gather_branch, gather_folder};
pub use names::{JOURNAL_FILE, LATEST, OWN_FOLDER, RECORD_FILE};
pub use parallel::in_parallel;
pub use resolve::{resolve, resolve_all, run_folders};
pub use trace::is_of_runs;
pub use writer::RecordWriter;
