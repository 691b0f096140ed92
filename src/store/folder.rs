//! One run's folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::atomic;
use super::beacon::Beacon;
use super::error::StoreError;
use super::journal;
use super::lock::Lock;
use super::resolve::LATEST;
use super::trace::{IGNORE_FILE, OWN_FOLDER};
use crate::files;
use crate::record::RunRecord;

/// The run record's file.
pub const RECORD_FILE: &str = "run.json";

/// A run's folder. One that was made by [`RunFolder::create`] or [`RunFolder::lock`]
/// holds the run's lock until it is dropped.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    lock: Option<Lock>,
    beacon: Option<Beacon>,
}

impl RunFolder {
    /// Makes a new folder below `results_dir`, which is made too where it is
    /// missing, takes its lock, and lets `latest` point at it.
    ///
    /// `utc` is RFC 3339 with seconds, as the clock gives it. The folder is
    /// `<utc without punctuation>-<name>`, with `-2`, `-3` … behind it where a
    /// run of that name began in the same second.
    ///
    /// # Errors
    /// A name with a slash or a leading dot; a folder that cannot be written.
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
                fs::write(&ignore, "*\n").map_err(fault(&ignore))?;
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
                    folder.lock()?;
                    point_latest(results_dir, &id)?;
                    return Ok(folder);
                }
            }
        }
        Err(fault(results_dir)(io::ErrorKind::AlreadyExists.into()))
    }

    /// An existing run, to be read.
    ///
    /// # Errors
    /// The folder is not there or is no folder.
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

    /// A folder within it that holds a run of its own; made where it is missing.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn part(&self, name: &str) -> Result<Self, StoreError> {
        let path = self.path.join(plain(name)?);
        match fs::create_dir_all(&path) {
            Ok(()) => Self::open(&path),
            Err(source) => Err(StoreError::Create { path, source }),
        }
    }

    /// Takes the run's lock, to write to it: a run that is resumed.
    ///
    /// # Errors
    /// Another process holds it, or the folder cannot be written.
    pub fn lock(&mut self) -> Result<(), StoreError> {
        if self.lock.is_none() {
            self.lock = Some(Lock::take(&self.path)?);
            let path = &self.path;
            let fault = |source| StoreError::Write {
                path: path.clone(),
                source,
            };
            self.beacon = Some(Beacon::light(&self.id()).map_err(fault)?);
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
        // A path such as `.` has its name only when resolved.
        let full = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let name = full.file_name().unwrap_or(full.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// Writes a file of the run, whole or not at all. `name` may lead into a
    /// subfolder (`charts/size.svg`), which is made where it is missing.
    ///
    /// # Errors
    /// The old file stays where the new one cannot be written.
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

    /// Removes a file of the run. Gone already is fine.
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
    /// With file, line and column where it is no run record, or contradicts itself; by its
    /// version where it is of a form that cannot be read.
    pub fn load_record(&self) -> Result<RunRecord, StoreError> {
        self.load_record_with(|| ())
    }

    /// The same, with something that happens between the reads of the record and the journal.
    ///
    /// A process that writes the run may put a new record in place then, and remove the journal
    /// that belongs to the old one. So both are read again until the record has stayed.
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
            // Held open, its number is not given to another file.
            let file = files::open(&path).map_err(fault)?;
            let text = io::read_to_string(&file).map_err(fault)?;
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

    /// Writes the run record, and gives its bytes.
    ///
    /// # Errors
    /// The old record stays where the new one cannot be written.
    pub fn save_record(&self, record: &RunRecord) -> Result<usize, StoreError> {
        let path = self.path.join(RECORD_FILE);
        // Not as one text first: the record of a run that was joined may be large.
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

/// Whether a path still leads to a file.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let (of_file, of_path) = (file.metadata()?, fs::metadata(path)?);
    Ok((of_file.dev(), of_file.ino()) == (of_path.dev(), of_path.ino()))
}

/// Removes files that a process was writing when it was killed. Whoever calls holds the lock,
/// so nobody writes them.
fn remove_unfinished(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(atomic::UNFINISHED) {
            // One that stays takes room and is in nobody's way.
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
