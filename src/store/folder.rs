//! The folder of a run.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::atomic;
use super::beacon::Beacon;
use super::error::StoreError;
use super::journal;
use super::lock::Lock;
use super::names::{IGNORE_FILE, LATEST, OWN_FOLDER, RECORD_FILE};
use crate::files;
use crate::record::RunRecord;

/// Runs that begin in the same second with the same name, at most.
const MOST_OF_ONE_NAME: u32 = 1000;

/// The folder of a run. If it comes from [`RunFolder::create`] or [`RunFolder::lock`], it holds
/// the lock of the run until it is dropped.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    lock: Option<Lock>,
    beacon: Option<Beacon>,
}

impl RunFolder {
    /// Creates a new folder in `results_dir` (created if missing), locks it, and points `latest`
    /// to it.
    ///
    /// `utc` is RFC 3339 with seconds, as the clock gives it. The folder is `<utc without
    /// punctuation>-<name>`, with the suffix `-2`, `-3` … if a run with this name began in the
    /// same second, here or elsewhere on this machine.
    ///
    /// # Errors
    /// The name has a slash or a leading dot, or the folder cannot be written.
    pub fn create(results_dir: &Path, utc: &str, name: &str) -> Result<Self, StoreError> {
        let stamp: String = utc.chars().filter(|ch| !matches!(ch, '-' | ':')).collect();
        let base = format!("{}-{}", plain(&stamp)?, plain(name)?);
        let fault = |path: &Path| {
            let path = path.to_owned();
            |source| StoreError::Create { path, source }
        };
        fs::create_dir_all(results_dir).map_err(fault(results_dir))?;
        if results_dir.ends_with(OWN_FOLDER) {
            let ignore = results_dir.join(IGNORE_FILE);
            if !atomic::exists(&ignore) {
                atomic::write(&ignore, b"*\n").map_err(fault(&ignore))?;
            }
        }
        for number in 1_u32.. {
            let id = match number {
                1 => base.clone(),
                _ => format!("{base}-{number}"),
            };
            let path = results_dir.join(&id);
            match fs::create_dir(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(fault(&path)(error)),
                Ok(()) => {
                    let mut folder = Self {
                        path,
                        lock: None,
                        beacon: None,
                    };
                    match folder.lock() {
                        // A run in another folder began in the same second.
                        Err(StoreError::Taken { .. }) if number < MOST_OF_ONE_NAME => {
                            drop(folder);
                            let path = results_dir.join(&id);
                            fs::remove_dir_all(&path).map_err(fault(&path))?;
                            continue;
                        }
                        locked => {
                            let begun = locked.and_then(|()| point_latest(results_dir, &id));
                            if let Err(error) = begun {
                                // Made above, and nothing is in it yet.
                                let _ = fs::remove_dir_all(&folder.path);
                                return Err(error);
                            }
                        }
                    }
                    return Ok(folder);
                }
            }
        }
        Err(fault(results_dir)(io::ErrorKind::AlreadyExists.into()))
    }

    /// Opens an existing run for reading.
    ///
    /// # Errors
    /// The folder does not exist or is not a folder.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let fault = |source| StoreError::Read {
            path: path.to_owned(),
            source,
        };
        if !fs::metadata(path).map_err(fault)?.is_dir() {
            return Err(fault(io::ErrorKind::NotADirectory.into()));
        }
        Ok(Self {
            path: path.to_owned(),
            lock: None,
            beacon: None,
        })
    }

    /// A subfolder with a separate run; created if missing.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn part(&self, name: &str) -> Result<Self, StoreError> {
        let path = self.path.join(plain(name)?);
        match fs::create_dir_all(&path) {
            Ok(()) => Self::open(&path),
            Err(source) => Err(StoreError::Create { path, source }),
        }
    }

    /// Locks an existing run for writing, to resume it.
    ///
    /// # Errors
    /// Another process holds it, or the folder cannot be written.
    pub fn lock(&mut self) -> Result<(), StoreError> {
        if self.lock.is_none() {
            self.lock = Some(Lock::take(&self.path)?);
            let path = &self.path;
            let lit = Beacon::light(&self.id()).map_err(|source| match source.kind() {
                io::ErrorKind::WouldBlock => StoreError::Taken {
                    path: path.clone(),
                    source,
                },
                _ => StoreError::Write {
                    path: super::beacon::place(&self.id()),
                    source,
                },
            });
            self.beacon = Some(lit.inspect_err(|_| self.lock = None)?);
            remove_unfinished(&self.path);
        }
        Ok(())
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's name, which is the run's id.
    pub fn id(&self) -> String {
        // A path like `.` has a name only after it is resolved.
        let full = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let name = full.file_name().unwrap_or(full.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Writes a file of the run atomically. `name` may contain a subfolder (`charts/size.svg`),
    /// which is created if missing.
    ///
    /// # Errors
    /// The new file cannot be written; the old one is unchanged.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.write_by(name, |file| file.write_all(bytes))
    }

    /// The same of what `make` writes, piece by piece, into a buffer of the file.
    ///
    /// # Errors
    /// As [`RunFolder::write`], and those of `make`.
    pub fn write_by(
        &self,
        name: &str,
        make: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), StoreError> {
        let mut path = self.path.clone();
        for component in name.split('/') {
            path.push(plain(component)?);
        }
        let fault = |source| StoreError::Write {
            path: path.clone(),
            source,
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(fault)?;
        }
        atomic::write_by(&path, make).map_err(fault)
    }

    /// Removes a file of the run. A missing file is not an error.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), StoreError> {
        let path = self.path.join(plain(name)?);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::Write { path, source })
            }
            _ => Ok(()),
        }
    }

    /// Whether a living process writes this run.
    pub fn is_being_written(path: &Path) -> bool {
        Lock::is_held(path)
    }

    /// Reads the run record. Secrets that an older version recorded are masked.
    ///
    /// # Errors
    /// The file is not a valid run record or is inconsistent (with file, line and column), or has
    /// an unsupported version.
    pub fn load_record(&self) -> Result<RunRecord, StoreError> {
        self.load_record_with(|| ())
    }

    /// The same with a hook between the reads of record and journal, for tests.
    ///
    /// A writing process may replace the record and remove its journal in between. So both are
    /// read again until the record is unchanged.
    pub(super) fn load_record_with(
        &self,
        mut between: impl FnMut(),
    ) -> Result<RunRecord, StoreError> {
        let path = self.path.join(RECORD_FILE);
        let fault = |source| {
            let path = path.clone();
            StoreError::Read { path, source }
        };
        loop {
            // While it is open, its inode number is not reused.
            let file = files::open(&path).map_err(fault)?;
            let text = files::text_within(&file, journal::MOST_RECORD_BYTES).map_err(fault)?;
            between();
            let read = self.read_with_journal(&text, &path);
            if is_at(&file, &path).map_err(fault)? {
                let mut record = read?;
                record.mask_secrets();
                return Ok(record);
            }
        }
    }

    fn read_with_journal(&self, text: &str, path: &Path) -> Result<RunRecord, StoreError> {
        let mut record = RunRecord::read(text).map_err(|source| {
            let path = path.to_owned();
            StoreError::Record { path, source }
        })?;
        journal::replay(&self.path, &mut record)?;
        Ok(record)
    }

    /// Writes the run record and returns its size in bytes.
    ///
    /// # Errors
    /// The new record cannot be written; the old one is unchanged.
    pub fn save_record(&self, record: &RunRecord) -> Result<usize, StoreError> {
        let path = self.path.join(RECORD_FILE);
        // Streamed, because the record of a joined run may be large.
        let written = fs::create_dir_all(&self.path).and_then(|()| {
            atomic::write_by(&path, |mut file| {
                serde_json::to_writer_pretty(&mut file, record)?;
                file.write_all(b"\n")
            })
        });
        let size = written.and_then(|()| fs::metadata(&path));
        size.map(|facts| usize::try_from(facts.len()).unwrap_or(usize::MAX))
            .map_err(|source| StoreError::Write { path, source })
    }
}

/// Whether a path still refers to a file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (of_file, of_path) = (file.metadata()?, fs::metadata(path)?);
    Ok((of_file.dev(), of_file.ino()) == (of_path.dev(), of_path.ino()))
}

/// Removes temporary files of a killed process. The caller holds the lock, so no process writes
/// them.
fn remove_unfinished(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(atomic::UNFINISHED) {
            // A remaining file uses space but does no harm.
            let _ = fs::remove_file(entry.path());
        } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_unfinished(&entry.path());
        }
    }
}

fn point_latest(results_dir: &Path, id: &str) -> Result<(), StoreError> {
    let path = results_dir.join(LATEST);
    atomic::link(&path, id).map_err(|source| StoreError::Write { path, source })
}

/// A name that is one visible component of a path.
fn plain(name: &str) -> Result<&str, StoreError> {
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
        return Err(StoreError::Name {
            name: name.to_owned(),
        });
    }
    Ok(name)
}
