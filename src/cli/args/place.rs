//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::builtin::{self, BuiltinError};
use crate::scenario;
use crate::store::{self, OWN_FOLDER};

/// The folder of runs, in the home folder.
pub const RESULTS: &str = "results";

/// Folder for the data of clean rooms, unless another is named.
pub const ROOMS: &str = "/var/tmp/plimsoll-rooms";

/// Where things are.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Folder that holds scenarios/, bases/ and results/ [default: this folder, and what is built in]
    #[arg(long, global = true, env = "PLIMSOLL_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Configuration file [default: plimsoll.toml in the home folder, where there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The engine: unix:///path or tcp://host:port
    #[arg(long, global = true, env = "DOCKER_HOST", value_name = "ENDPOINT")]
    pub host: Option<String>,
    /// Folder for the data of clean rooms; on a disk with room
    #[arg(
        long,
        global = true,
        env = "PLIMSOLL_ROOMS",
        default_value = ROOMS,
        value_name = "DIR"
    )]
    pub rooms: PathBuf,
    /// The working folder.
    #[arg(skip = PathBuf::from("."))]
    pub here: PathBuf,
    /// The user's folder for caches.
    #[arg(skip = caches())]
    pub caches: Option<PathBuf>,
}

/// The user's folder for caches, by the XDG base directory specification.
fn caches() -> Option<PathBuf> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from);
    let absolute = |path: &PathBuf| path.is_absolute();
    let given = named("XDG_CACHE_HOME").filter(absolute);
    given.or_else(|| Some(named("HOME").filter(absolute)?.join(".cache")))
}

impl Place {
    /// The folder whose configuration and scenarios count: the one that is named, else this one.
    pub fn home(&self) -> &Path {
        self.home.as_deref().unwrap_or(&self.here)
    }

    /// Where runs land unless a folder is named: `results/` of a folder that is named or holds
    /// scenarios, else `.plimsoll/` of the project.
    pub fn results(&self) -> PathBuf {
        let results = self.home().join(RESULTS);
        if self.home.is_some() || self.holds_scenarios() {
            return results;
        }
        if let Some(own) = own_results(&self.here) {
            return own;
        }
        match store::run_folders(&results).is_empty() {
            true => self.here.join(OWN_FOLDER),
            false => results,
        }
    }

    /// The folder of scenarios that are called by name: the home folder's, else the built-in ones.
    ///
    /// # Errors
    /// When the built-in files cannot be unpacked.
    pub fn scenarios(&self) -> Result<PathBuf, BuiltinError> {
        let own = self.home().join("scenarios");
        match self.home.is_some() || self.holds_scenarios() {
            true => Ok(own),
            false => self.built_in("scenarios"),
        }
    }

    /// The folder of recipes for stand-ins: the home folder's, else the built-in ones.
    ///
    /// # Errors
    /// When the built-in files cannot be unpacked.
    pub fn bases(&self) -> Result<PathBuf, BuiltinError> {
        let own = self.home().join("bases");
        let is_own = own.join("bases.toml").is_file();
        match self.home.is_some() || is_own || self.holds_scenarios() {
            true => Ok(own),
            false => self.built_in("bases"),
        }
    }

    /// Whether a folder of the home folder holds scenarios. A folder of that name may hold
    /// other things.
    pub fn holds_scenarios(&self) -> bool {
        scenario::list(&self.home().join("scenarios")).is_ok_and(|files| !files.is_empty())
    }

    fn built_in(&self, folder: &str) -> Result<PathBuf, BuiltinError> {
        let root = match &self.caches {
            Some(caches) => builtin::unpack(caches)?,
            None => builtin::unpack_privately(&env::temp_dir())?,
        };
        Ok(root.join(folder))
    }
}

/// The folder of runs of the project that a folder lies in: in the folder itself, or above it
/// up to the top of its repository.
fn own_results(folder: &Path) -> Option<PathBuf> {
    let full = std::path::absolute(folder).ok()?;
    let relative = folder.join(OWN_FOLDER);
    if relative.is_dir() {
        return Some(relative);
    }
    let top = full
        .ancestors()
        .position(|above| above.join(".git").exists())?;
    let mut above = full.ancestors().skip(1).take(top);
    above.find_map(|above| Some(above.join(OWN_FOLDER)).filter(|own| own.is_dir()))
}
