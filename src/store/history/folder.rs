//! Finds runs below a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::item::{Digested, Item, Stamp};
use super::{Gathered, LeftOut, gather, in_caches, reason_of};
use crate::history::RunDigest;
use crate::store::StoreError;
use crate::store::folder::RunFolder;
use crate::store::names::{INDEX_FILE, RECORD_FILE};
use crate::store::parallel::in_parallel;

/// The search depth in folders: `results/<machine>/<branch>/<run>`.
const DEEPEST: usize = 4;

/// The runs in a folder and its subfolders. Links are not followed, because `latest` is a copy.
/// The index is in the folder or, if that is not writable, below `caches`. `begun` receives the
/// number of runs that must be read.
///
/// # Errors
/// The folder itself cannot be read.
pub fn gather_folder(
    folder: &Path,
    caches: Option<&Path>,
    begun: &dyn Fn(usize),
) -> Result<Gathered, StoreError> {
    let mut found = Found::default();
    found.walk(folder, folder, 0)?;
    let whole = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let mut places = vec![folder.join(INDEX_FILE)];
    places.extend(caches.map(|caches| in_caches(caches, &whole.to_string_lossy())));
    found.items.sort_by(|one, other| one.key.cmp(&other.key));
    let mut gathered = gather(found.items, &places, begun, |wanted| {
        Ok(in_parallel(wanted, |item| digest(Path::new(&item.file))))
    })?;
    gathered.left_out.extend(found.left_out);
    Ok(gathered)
}

#[derive(Default)]
struct Found {
    items: Vec<Item>,
    left_out: Vec<LeftOut>,
}

impl Found {
    /// A folder with a record is a run; any other folder may contain runs.
    fn walk(&mut self, root: &Path, folder: &Path, depth: usize) -> Result<(), StoreError> {
        let file = folder.join(RECORD_FILE);
        match fs::metadata(&file) {
            Ok(facts) if facts.is_file() => {
                self.items.push(Item {
                    key: key(root, &file),
                    file: file.display().to_string(),
                    stamp: Some(Stamp::of(&facts)),
                });
                return Ok(());
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                self.leave_out(&file, &error);
                return Ok(());
            }
            _ => {}
        }
        if depth == DEEPEST {
            return Ok(());
        }
        let items = fs::read_dir(folder).map_err(|source| StoreError::Read {
            path: folder.to_owned(),
            source,
        })?;
        for item in items.flatten() {
            let hidden = item.file_name().to_string_lossy().starts_with('.');
            if hidden || !item.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            let path = item.path();
            if let Err(StoreError::Read { source, .. }) = self.walk(root, &path, depth + 1) {
                self.leave_out(&path, &source);
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, path: &Path, error: &io::Error) {
        self.left_out.push(LeftOut {
            file: path.display().to_string(),
            reason: format!("it cannot be read: {error}"),
        });
    }
}

/// Relative to the folder, so that the index stays valid if the folder is moved.
fn key(root: &Path, file: &Path) -> String {
    let below = file.strip_prefix(root).unwrap_or(file);
    below.to_string_lossy().into_owned()
}

fn digest(file: &Path) -> Digested {
    let folder = file.parent().map_or_else(PathBuf::new, Path::to_owned);
    let record = RunFolder::open(&folder).and_then(|folder| folder.load_record());
    let record = record.map_err(|error| reason_of(&error))?;
    RunDigest::of(&record).map_err(|error| error.to_string())
}
