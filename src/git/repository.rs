//! A repository and its commits.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::GitError;
use crate::process::{Limits, ProcessError, run_async};
use crate::record::Revision;
use crate::units::{Bytes, Nanos};

/// The mode of a submodule in a tree.
const SUBMODULE: &str = "160000";

/// Limits for git: a large checkout takes minutes, and its listing hundreds of megabytes.
const LIMITS: Limits = Limits {
    within: Nanos::from_secs(1_800),
    stdout: Bytes(512 << 20),
    stderr: Bytes(64 << 10),
};

/// The repository of a folder.
#[derive(Debug, Clone)]
pub struct Repository {
    git_dir: PathBuf,
    top: PathBuf,
    prefix: PathBuf,
}

impl Repository {
    /// Opens the repository that contains `folder`.
    ///
    /// # Errors
    /// git is not installed, or the folder is not in a repository with a work tree.
    pub async fn holding(folder: &Path) -> Result<Self, GitError> {
        let asked = ["--absolute-git-dir", "--show-toplevel", "--show-prefix"];
        let mut git = git();
        git.arg("-C").arg(folder).arg("rev-parse").args(asked);
        let output = said(git).await?.map_err(|said| GitError::NoRepository {
            folder: folder.to_owned(),
            said,
        })?;
        let mut lines = output.lines().map(PathBuf::from);
        let mut next = || lines.next().unwrap_or_default();
        Ok(Self {
            git_dir: next(),
            top: next(),
            prefix: next(),
        })
    }

    /// The path of the folder in the repository; empty for the root.
    pub fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// The root of the work tree.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// Resolves a name to a commit: a branch, a tag, a hash, `HEAD~1`.
    ///
    /// # Errors
    /// It does not resolve, or the commit is not available locally.
    pub async fn revision(&self, name: &str) -> Result<Revision, GitError> {
        let unknown = |said: &str| GitError::NoCommit {
            name: name.to_owned(),
            said: said.to_owned(),
        };
        if name.is_empty() || name.starts_with('-') {
            return Err(unknown("no revision has such a name"));
        }
        let mut git = self.git();
        git.args(["rev-parse", "--quiet", "--verify"]);
        git.arg(format!("{name}^{{commit}}"));
        let commit = said(git).await?.map_err(|said| match said.as_str() {
            "" => unknown("git does not know it"),
            said => unknown(said),
        })?;
        Ok(Revision {
            commit: commit.trim().to_owned(),
            name: name.to_owned(),
            dirty: false,
        })
    }

    /// Whether the work tree has uncommitted changes. Untracked files count, because a build
    /// context includes them. Ignored files do not count, nor do files in `results`, a folder
    /// below the requested one, because results are not part of the measured source.
    ///
    /// # Errors
    /// git fails.
    pub async fn is_dirty(&self, results: &Path) -> Result<bool, GitError> {
        let mut left_out = OsString::from(":(exclude,top,literal)");
        left_out.push(self.prefix.join(results));
        let mut git = git();
        git.arg("-C").arg(&self.top);
        git.args(["--no-optional-locks", "status", "--porcelain", "--", "."]);
        git.arg(left_out);
        let changed = self.run(git, "look for changes").await?;
        Ok(!changed.trim().is_empty())
    }

    /// The commit that is checked out, and whether something but `results` was changed since;
    /// none in a repository without commits.
    pub async fn current(&self, results: &Path) -> Option<Revision> {
        let mut revision = self.revision("HEAD").await.ok()?;
        revision.dirty = self.is_dirty(results).await.ok()?;
        let mut git = self.git();
        git.args(["symbolic-ref", "--quiet", "--short", "HEAD"]);
        if let Ok(Ok(branch)) = said(git).await {
            revision.name = branch.trim().to_owned();
        }
        Some(revision)
    }

    /// Lays the tree of a commit out in `folder`, which is there and empty. Says what of it
    /// is not there.
    ///
    /// # Errors
    /// git fails, for example because of a full disk, a broken filter or missing objects.
    pub async fn check_out(
        &self,
        revision: &Revision,
        folder: &Path,
    ) -> Result<Vec<String>, GitError> {
        let what = format!("lay out {} in {}", revision.short(), folder.display());
        let index = folder.with_extension("index");
        let here = |arguments: &[&str]| {
            let mut git = self.git();
            git.current_dir(folder);
            git.env("GIT_WORK_TREE", folder);
            git.env("GIT_INDEX_FILE", &index);
            git.args(["-c", "core.sparseCheckout=false"]);
            git.args(arguments);
            git
        };
        let commit = revision.commit.as_str();
        self.run(here(&["read-tree", commit]), &what).await?;
        let lay = ["checkout-index", "--all", "--force", "--quiet"];
        self.run(here(&lay), &what).await?;
        let list = ["ls-tree", "-r", "-z", "--full-tree", commit];
        let tree = self.run(here(&list), &what).await?;
        let _ = std::fs::remove_file(&index);
        let modules = tree
            .split('\0')
            .filter(|entry| entry.starts_with(SUBMODULE));
        Ok(modules
            .filter_map(|entry| Some(entry.split_once('\t')?.1))
            .map(|path| format!("the submodule `{path}` is not checked out"))
            .collect())
    }

    fn git(&self) -> Command {
        let mut git = git();
        git.arg("--git-dir").arg(&self.git_dir);
        git
    }

    async fn run(&self, git: Command, what: &str) -> Result<String, GitError> {
        said(git).await?.map_err(|said| GitError::Failed {
            what: what.to_owned(),
            said,
        })
    }
}

/// git, for a machine to read, and without what a hook that calls us may have set.
fn git() -> Command {
    let mut git = Command::new("git");
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        git.env_remove(name);
    }
    git.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
    git
}

/// What it prints, or what it complains of.
async fn said(git: Command) -> Result<Result<String, String>, GitError> {
    let ended = match run_async(git, LIMITS).await {
        Ok(ended) => ended,
        Err(ProcessError::Run(source)) => return Err(GitError::Run { source }),
        Err(error) => return Ok(Err(error.to_string())),
    };
    Ok(if ended.status.success() {
        Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
    } else {
        let complaint = String::from_utf8_lossy(&ended.stderr);
        let complaint = complaint.trim().trim_start_matches("fatal: ");
        Err(complaint.to_owned())
    })
}
