//! Blobs as files. A file exists as long as a repository, a session or a download refers to it.
//!
//! These functions block on the disk; call them from `spawn_blocking`.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::Handle;

use super::RegistryError;
use crate::oci::{Digest, Hasher};

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// Block size when a blob is hashed again.
const BLOCK: usize = 256 << 10;

/// The folder of all files.
#[derive(Debug)]
pub(super) struct Store {
    folder: PathBuf,
    /// Makes file names unique, so that removing a file cannot remove its successor.
    serial: AtomicU64,
}

const BLOBS: &str = "blobs";
const UPLOADS: &str = "uploads";

impl Store {
    /// Opens an empty folder, or creates it.
    pub(super) fn open(folder: &Path) -> Result<Self, RegistryError> {
        let failed = |source| RegistryError::Store {
            path: folder.to_owned(),
            source,
        };
        let make = |path: &Path| {
            DirBuilder::new()
                .recursive(true)
                .mode(FOLDER_MODE)
                .create(path)
        };
        make(folder).map_err(failed)?;
        if fs::read_dir(folder).map_err(failed)?.next().is_some() {
            return Err(RegistryError::Occupied {
                path: folder.to_owned(),
            });
        }
        fs::set_permissions(folder, Permissions::from_mode(FOLDER_MODE)).map_err(failed)?;
        make(&folder.join(BLOBS)).map_err(failed)?;
        make(&folder.join(UPLOADS)).map_err(failed)?;
        Ok(Self {
            folder: folder.to_owned(),
            serial: AtomicU64::new(0),
        })
    }

    /// Removes everything that it created in its folder.
    pub(super) fn clear(&self) -> Result<(), RegistryError> {
        for name in [BLOBS, UPLOADS] {
            let path = self.folder.join(name);
            match fs::remove_dir_all(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(RegistryError::Remove { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn path(&self, kind: &str, name: &str) -> PathBuf {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        self.folder.join(kind).join(format!("{name}-{serial}"))
    }
}

/// A path that is unlinked when it is dropped.
#[derive(Debug)]
struct Unlink(PathBuf);

impl Unlink {
    fn now(mut self) -> Result<(), RegistryError> {
        let path = std::mem::take(&mut self.0);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(RegistryError::Remove { path, source })
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Unlink {
    fn drop(&mut self) {
        if self.0.as_os_str().is_empty() {
            return;
        }
        let _ = fs::remove_file(&self.0);
    }
}

/// A file that is removed on drop, outside the async worker threads.
#[derive(Debug)]
struct OnDisk(Option<Unlink>);

impl OnDisk {
    fn new(path: PathBuf) -> Self {
        Self(Some(Unlink(path)))
    }

    fn path(&self) -> &Path {
        self.0.as_ref().map_or(Path::new(""), |unlink| &unlink.0)
    }
}

impl Drop for OnDisk {
    fn drop(&mut self) {
        let unlink = self.0.take();
        // If the runtime shuts down, it drops the closure, and with it the path.
        if let (Some(unlink), Ok(runtime)) = (unlink, Handle::try_current()) {
            runtime.spawn_blocking(move || drop(unlink));
        }
    }
}

/// An incomplete upload. Dropping it removes its file.
#[derive(Debug)]
pub(super) struct PartialBlob {
    store: Arc<Store>,
    /// Created with the first byte, because many sessions never receive one.
    file: Option<(File, OnDisk)>,
    hasher: Hasher,
    size: u64,
}

/// Why a partial blob cannot be completed.
#[derive(Debug)]
pub(super) enum FinishError {
    /// The content has this digest instead.
    Mismatch(Digest),
    Disk(io::Error),
}

impl From<io::Error> for FinishError {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl PartialBlob {
    pub(super) fn new(store: Arc<Store>, hasher: Hasher) -> Self {
        Self {
            store,
            file: None,
            hasher,
            size: 0,
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let file = match &mut self.file {
            Some((file, _)) => file,
            none => {
                let path = self.store.path(UPLOADS, "upload");
                &mut none.insert(create(path)?).0
            }
        };
        file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Selects the hash algorithm. After the first byte this has no effect, and the file is
    /// hashed again at the end.
    pub(super) fn hash_by(&mut self, hasher: Hasher) {
        if self.size == 0 {
            self.hasher = hasher;
        }
    }

    /// Completes the blob if its digest is the announced one.
    pub(super) fn finish(self, expected: &Digest) -> Result<Blob, FinishError> {
        let found = if self.hasher.algorithm() == expected.algorithm() {
            self.hasher.finish()
        } else {
            let path = self.file.as_ref().map(|(_, on_disk)| on_disk.path());
            hash(path, expected.algorithm())?
        };
        if found != *expected {
            return Err(FinishError::Mismatch(found));
        }
        let path = self.store.path(BLOBS, &expected.as_str().replace(':', "-"));
        let on_disk = match self.file {
            None => create(path)?.1,
            Some((_, partial)) => {
                fs::rename(partial.path(), &path)?;
                OnDisk::new(path)
            }
        };
        Ok(Blob {
            on_disk,
            digest: found,
            size: self.size,
        })
    }
}

fn create(path: PathBuf) -> io::Result<(File, OnDisk)> {
    let file = File::options()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(&path)?;
    Ok((file, OnDisk::new(path)))
}

fn hash(path: Option<&Path>, algorithm: &str) -> io::Result<Digest> {
    let mut hasher = Hasher::of(algorithm).ok_or(io::ErrorKind::Unsupported)?;
    if let Some(path) = path {
        let mut file = File::open(path)?;
        let mut block = vec![0; BLOCK];
        loop {
            match file.read(&mut block)? {
                0 => break,
                read => hasher.update(&block[..read]),
            }
        }
    }
    Ok(hasher.finish())
}

/// Content whose digest was verified.
#[derive(Debug)]
pub(super) struct Blob {
    on_disk: OnDisk,
    digest: Digest,
    size: u64,
}

impl Blob {
    pub(super) fn digest(&self) -> &Digest {
        &self.digest
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn open(&self) -> io::Result<File> {
        File::open(self.on_disk.path())
    }

    /// Removes the file now and returns the result.
    pub(super) fn remove(mut self) -> Result<(), RegistryError> {
        self.on_disk.0.take().map_or(Ok(()), Unlink::now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(folder: &Path) -> Arc<Store> {
        Arc::new(Store::open(folder).unwrap())
    }

    fn partial(store: &Arc<Store>) -> PartialBlob {
        PartialBlob::new(store.clone(), Hasher::of("sha256").unwrap())
    }

    fn files(folder: &Path) -> usize {
        let count = |name| fs::read_dir(folder.join(name)).unwrap().count();
        count(BLOBS) + count(UPLOADS)
    }

    #[test]
    fn an_upload_with_the_announced_digest_becomes_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let mut partial = partial(&store);
        assert_eq!(files(folder.path()), 0);
        partial.append(b"ab").unwrap();
        partial.append(b"c").unwrap();
        let blob = partial.finish(&Digest::of(b"abc")).unwrap();
        assert_eq!((blob.size(), files(folder.path())), (3, 1));
        let mut text = String::new();
        blob.open().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
        drop(blob);
        assert_eq!(files(folder.path()), 0);
    }

    #[test]
    fn a_wrong_or_dropped_upload_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let mut wrong = partial(&store);
        wrong.append(b"abc").unwrap();
        let refused = wrong.finish(&Digest::of(b"x")).unwrap_err();
        assert!(matches!(refused, FinishError::Mismatch(found) if found == Digest::of(b"abc")));
        let mut dropped = partial(&store);
        dropped.append(b"abc").unwrap();
        assert_eq!(files(folder.path()), 1);
        drop(dropped);
        assert_eq!(files(folder.path()), 0);
    }

    #[test]
    fn a_late_change_of_the_algorithm_hashes_the_file_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let mut hasher = Hasher::of("sha512").unwrap();
        hasher.update(b"abc");
        let digest = hasher.finish();
        let mut partial = partial(&store);
        partial.append(b"abc").unwrap();
        partial.hash_by(Hasher::of("sha512").unwrap());
        assert_eq!(partial.finish(&digest).unwrap().digest(), &digest);
    }

    #[test]
    fn a_full_disk_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let mut partial = partial(&store(folder.path()));
        let full = File::options().write(true).open("/dev/full").unwrap();
        partial.file = Some((full, OnDisk(None)));
        let error = partial.append(b"abc").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(partial.size(), 0);
    }

    #[test]
    fn the_folder_is_private_and_must_be_empty() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("store");
        let store = Store::open(&folder).unwrap();
        let mode = fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let again = Store::open(&folder).unwrap_err();
        assert!(again.to_string().contains("it is not empty"), "{again}");
        assert!(again.hint().is_some());
        store.clear().unwrap();
        Store::open(&folder).unwrap();
        let file = parent.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(Store::open(&file).is_err());
    }
}
