//! Reads runs from a branch of a git repository with the `git` program. Work trees are not
//! changed, and nothing is checked out.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use super::item::{Digested, Item};
use super::{Gathered, gather, in_caches, reason_of};
use crate::history::RunDigest;
use crate::process::{self, Conversation, Ended, Limits, ProcessError};
use crate::record::RunRecord;
use crate::store::StoreError;
use crate::store::names::RECORD_FILE;
use crate::units::{Bytes, Nanos};

/// Limits for git: a branch may contain gigabytes of runs, and the list of its files hundreds of
/// megabytes.
const LIMITS: Limits = Limits {
    within: Nanos::from_secs(1_800),
    stdout: Bytes(512 << 20),
    stderr: Bytes(64 << 10),
};

/// The most branches that an error lists.
const LISTED: usize = 8;

/// The runs at the tip of a branch or in another commit: all `run.json` below `under`, or
/// anywhere. The index identifies them by their blob ids. It is in the folder of the repository
/// or, if that is not writable, below `caches`.
///
/// # Errors
/// git is not installed, there is no such repository or branch, or git fails.
pub fn gather_branch(
    repository: &Path,
    branch: &str,
    under: Option<&str>,
    caches: Option<&Path>,
    begun: &dyn Fn(usize),
) -> Result<Gathered, StoreError> {
    let git = Git { repository };
    let store = git.folder()?;
    let commit = git.commit(branch)?;
    let items = git.records(&commit, branch, under)?;
    let source = format!("{} {branch}", store.display());
    let in_store = in_caches(&store, branch);
    let mut places = vec![in_store];
    places.extend(caches.map(|caches| in_caches(caches, &source)));
    gather(items, &places, begun, |wanted| git.digests(wanted))
}

struct Git<'a> {
    repository: &'a Path,
}

impl Git<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(self.repository)
            .args(arguments)
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0")
            // A partial clone would request blobs from a server, and a password from the user.
            .env("GIT_TERMINAL_PROMPT", "0");
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<Ended, StoreError> {
        process::run(self.command(arguments), LIMITS).map_err(|error| match error {
            ProcessError::Run(source) => StoreError::GitMissing { source },
            error => self.failure(error.to_string().as_bytes()),
        })
    }

    /// Runs git and returns its output.
    fn output(&self, arguments: &[&str]) -> Result<Vec<u8>, StoreError> {
        let output = self.run(arguments)?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(self.failure(&output.stderr)),
        }
    }

    fn failure(&self, said: &[u8]) -> StoreError {
        StoreError::Git {
            repository: self.repository.to_owned(),
            said: String::from_utf8_lossy(said).trim().replace('\n', "; "),
        }
    }

    /// The folder of the repository, which all its work trees share.
    fn folder(&self) -> Result<PathBuf, StoreError> {
        let output = self.output(&["rev-parse", "--git-common-dir"])?;
        let folder = String::from_utf8_lossy(&output);
        Ok(self.repository.join(folder.trim_end_matches('\n')))
    }

    fn commit(&self, branch: &str) -> Result<String, StoreError> {
        let missing = || {
            let shown = [
                "for-each-ref",
                "--format=%(refname:short)",
                "refs/heads",
                "refs/remotes",
            ];
            let known = self.output(&shown).unwrap_or_default();
            let known = String::from_utf8_lossy(&known).into_owned();
            let known: Vec<&str> = known.lines().take(LISTED).collect();
            StoreError::NoBranch {
                branch: branch.to_owned(),
                known: match known.is_empty() {
                    true => "the repository has no branch".to_owned(),
                    false => format!("there are `{}`", known.join("`, `")),
                },
            }
        };
        // Git would interpret it as an option.
        if branch.is_empty() || branch.starts_with('-') {
            return Err(missing());
        }
        let name = format!("{branch}^{{commit}}");
        let output = self.run(&["rev-parse", "--verify", "--quiet", &name])?;
        let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        match output.status.success() && !id.is_empty() {
            true => Ok(id),
            false => Err(missing()),
        }
    }

    /// The records of a commit.
    fn records(
        &self,
        commit: &str,
        branch: &str,
        under: Option<&str>,
    ) -> Result<Vec<Item>, StoreError> {
        let under = under.map(|under| under.trim_start_matches("./").trim_matches('/'));
        let mut arguments = vec!["ls-tree", "-r", "-z", "--full-tree", commit];
        if let Some(under) = under.filter(|under| !under.is_empty() && *under != ".") {
            arguments.extend(["--", under]);
        }
        let listed = self.output(&arguments)?;
        let mut items = Vec::new();
        for line in listed.split(|byte| *byte == 0) {
            let line = String::from_utf8_lossy(line);
            let Some((facts, path)) = line.split_once('\t') else {
                continue;
            };
            let mut facts = facts.split(' ');
            let (mode, _, id) = (facts.next(), facts.next(), facts.next());
            let name = path.rsplit('/').next();
            // A link is a blob too.
            let is_file = mode.is_some_and(|mode| mode.starts_with("100"));
            if let (Some(id), true, Some(RECORD_FILE)) = (id, is_file, name) {
                items.push(Item {
                    file: format!("{branch}:{path}"),
                    key: id.to_owned(),
                    stamp: None,
                });
            }
        }
        Ok(items)
    }

    /// Reads blobs with one git process.
    fn digests(&self, wanted: &[&Item]) -> Result<Vec<Digested>, StoreError> {
        let mut command = self.command(&["cat-file", "--batch"]);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let talk = Conversation::start(command, LIMITS.within);
        // It ends with its input; it is also ended if reading fails.
        let mut talk = talk.map_err(|source| StoreError::GitMissing { source })?;
        let ids: String = wanted
            .iter()
            .map(|item| format!("{}\n", item.key))
            .collect();
        let read = converse(&mut talk.child, ids, wanted);
        read.map_err(|error| self.failure(error.to_string().as_bytes()))
    }
}

/// Writes all ids while it reads, so that neither side blocks on a full pipe.
fn converse(child: &mut Child, ids: String, wanted: &[&Item]) -> io::Result<Vec<Digested>> {
    let closed = || io::Error::from(io::ErrorKind::BrokenPipe);
    let mut input = child.stdin.take().ok_or_else(closed)?;
    let output = child.stdout.take().ok_or_else(closed)?;
    thread::scope(|scope| {
        // If git has ended, the reader reports it.
        scope.spawn(move || input.write_all(ids.as_bytes()));
        let mut output = BufReader::new(output);
        wanted.iter().map(|item| next(&mut output, item)).collect()
    })
}

/// `<id> blob <size>`, the content, a newline; or `<id> missing`.
fn next(output: &mut impl BufRead, item: &Item) -> io::Result<Digested> {
    let mut head = String::new();
    output.read_line(&mut head)?;
    let mut words = head.split_whitespace();
    let size = words.nth(2).and_then(|size| size.parse::<u64>().ok());
    let Some(size) = size else {
        if head.trim_end().ends_with("missing") {
            return Ok(Err("the repository does not hold its content".to_owned()));
        }
        return Err(io::Error::other(format!(
            "it broke off: `{}`",
            head.trim_end()
        )));
    };
    let mut content = Vec::new();
    output.take(size + 1).read_to_end(&mut content)?;
    if content.pop() != Some(b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let Ok(text) = String::from_utf8(content) else {
        return Ok(Err("it is not UTF-8".to_owned()));
    };
    let record = RunRecord::read(&text).map_err(|source| StoreError::Record {
        path: PathBuf::from(&item.file),
        source,
    });
    let digest = |mut record: RunRecord| {
        record.mask_secrets();
        RunDigest::of(&record).map_err(|error| error.to_string())
    };
    Ok(record.map_err(|error| reason_of(&error)).and_then(digest))
}
