//! One writer per run.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::process;

use super::error::StoreError;
use crate::files;

/// The lock file's name.
pub(super) const LOCK_FILE: &str = ".lock";

/// Held until dropped.
///
/// The kernel releases the lock when its process dies, so a remaining file blocks no other
/// process, and a reused process id causes no confusion. The id in the file is only for display.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Locks a run folder, or reports the process that holds the lock.
    pub fn take(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(LOCK_FILE);
        let fault = |source| StoreError::Write {
            path: path.clone(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(fault)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Locked {
                    path: folder.to_owned(),
                    owner: owner(&mut file),
                });
            }
            Err(TryLockError::Error(source)) => return Err(fault(source)),
        }
        sign(&mut file).map_err(fault)?;
        Ok(Self { _file: file })
    }

    /// Whether a process holds the lock of a run folder.
    pub fn is_held(folder: &Path) -> bool {
        let Ok(file) = files::open(&folder.join(LOCK_FILE)) else {
            return false;
        };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", process::id())
}

fn owner(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(_) if !text.trim().is_empty() => text.trim().to_owned(),
        _ => "(unknown)".to_owned(),
    }
}
