//! The context: many files of random bytes, and one that is edited.

use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tempfile::TempDir;

/// Files in the context, except for the edited one and the Dockerfile.
pub const FILES: usize = 20_000;
/// Bytes in them.
pub const BYTES: usize = FILES * FILE_BYTES;

const FILE_BYTES: usize = 15_000;
const FILES_IN_A_FOLDER: usize = 100;

/// The bulk is a layer of its own, so that a rebuild does not copy it: what is measured is
/// what the context costs.
const DOCKERFILE: &str = "FROM scratch\nCOPY bulk /bulk\nCOPY edited.txt /\n";

/// The file that rebuilds change.
pub const EDITED: &str = "edited.txt";

/// The folder, and the line that it was edited to.
pub struct Tree {
    folder: TempDir,
    id: String,
}

impl Tree {
    /// Writes all of it below `/var/tmp`.
    pub fn make(seed: u64) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("the context: {error}");
        let folder = tempfile::tempdir_in("/var/tmp").map_err(failed)?;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut content = vec![0; FILE_BYTES];
        for file in 0..FILES {
            let below = folder
                .path()
                .join(format!("bulk/{:03}", file / FILES_IN_A_FOLDER));
            if file % FILES_IN_A_FOLDER == 0 {
                fs::create_dir_all(&below).map_err(failed)?;
            }
            random.fill_bytes(&mut content);
            fs::write(below.join(format!("{file:05}.bin")), &content).map_err(failed)?;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let id = format!("context-{}", now.unwrap_or_default().as_nanos());
        fs::write(folder.path().join("Dockerfile"), DOCKERFILE).map_err(failed)?;
        fs::write(folder.path().join(EDITED), format!("line {id}\n")).map_err(failed)?;
        rustix::fs::sync();
        Ok(Self { folder, id })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A word that no other bench has.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Changes one line.
    pub fn edit(&mut self, pair: usize) -> Result<(), String> {
        let line = format!("line {} {pair}\n", self.id);
        fs::write(self.path().join(EDITED), line).map_err(|error| error.to_string())
    }
}
