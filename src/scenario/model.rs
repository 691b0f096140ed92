//! The validated scenario: what the runner and the reports see.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::budget::Budget;
use super::companion::Companion;
use super::contract::{Contract, Statuses};
use super::deploy::Deploy;
use super::failure_point::FailurePoint;
use crate::dockerfile::Dockerfile;
use crate::units::{Bytes, Nanos, Ratio};

/// A scenario whose every path, name and value has been checked.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name: kebab-case, unique among the scenarios of a run.
    pub name: String,
    /// One line about it.
    pub title: String,
    /// Free notes.
    pub notes: Option<String>,
    /// The file as it was named by the user or found by name.
    pub file: PathBuf,
    /// The file's whole text.
    pub text: String,
    /// The folder that all paths are relative to and may not leave.
    pub root: PathBuf,
    /// The app.
    pub app: App,
    /// How the app proves that it works.
    pub contract: Contract,
    /// What the deploy costs are computed for, as far as the file says.
    pub deploy: Deploy,
    /// What the rebuilds change.
    pub edits: Vec<Edit>,
    /// The ways of building the app.
    pub variants: Vec<Variant>,
    /// Where the claims come from.
    pub sources: Vec<Source>,
    /// Published figures.
    pub claims: Vec<Claim>,
    /// Limits for runs.
    pub budgets: Vec<Budget>,
    /// The technique that its variants isolate, where it is about one.
    pub technique: Option<Technique>,
    /// The load that the ready app is put under, where one is asked for.
    pub load: Option<Load>,
    /// The id under which builds get a planted secret, where they get one.
    pub secret: Option<String>,
    /// Files that are made up and sent along with the app's folder.
    pub extras: Vec<Extra>,
    /// Services that the app needs.
    pub companions: Vec<Companion>,
}

/// What a scenario about one technique compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Technique {
    /// Its id, kebab-case.
    pub id: String,
    /// What the reader wants to know.
    pub question: String,
    /// The variant without the technique.
    pub baseline: String,
    /// Ids of metrics and facts in which it should show.
    pub shows: Vec<String>,
}

/// A short, bounded, fixed load: so many connections, each with one request at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// The path to ask for.
    pub path: String,
    /// The method, as the contract has it.
    pub method: String,
    /// Further headers, as the contract has them.
    pub headers: BTreeMap<String, String>,
    /// The statuses to expect.
    pub status: Statuses,
    /// Connections that are kept open.
    pub connections: u32,
    /// Time before the first answer counts.
    pub warmup: Nanos,
    /// Time within which answers count.
    pub duration: Nanos,
}

/// Made-up files: clutter as working trees collect it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extra {
    /// The file, relative to the app's folder; `{n}` becomes the number of each of several.
    pub file: String,
    /// How many.
    pub count: u32,
    /// What each holds.
    pub content: ExtraContent,
}

/// What a made-up file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExtraContent {
    /// This text.
    Text(String),
    /// So many bytes that do not compress.
    Random(Bytes),
}

/// How the containers of a variant are started, where it is not the engine's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confinement {
    /// Whether the engine's own init process is PID 1.
    pub init: bool,
    /// Whether the root file system is read-only.
    pub read_only: bool,
    /// Folders in memory that can be written to.
    pub tmpfs: Vec<String>,
    /// Whether processes may gain no privileges.
    pub no_new_privileges: bool,
    /// Whether all capabilities are dropped.
    pub drop_capabilities: bool,
}

/// The way in which a build gets the planted secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretUse {
    /// As a secret that a `RUN --mount=type=secret` can read.
    Mount,
    /// As the build argument of its id.
    BuildArg,
    /// In a file of the build context.
    File(String),
}

/// The app.
#[derive(Debug, Clone)]
pub struct App {
    /// Its name.
    pub name: String,
    /// Its folder (absolute): the build context.
    pub dir: PathBuf,
    /// Environment of the containers of all variants.
    pub env: BTreeMap<String, String>,
}

/// Which rebuild an edit belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EditName {
    /// `rebuild.source`.
    Source,
    /// `rebuild.dependency`.
    Dependency,
}

/// A named edit; applied to the context stream, never to the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Which rebuild it belongs to.
    pub name: EditName,
    /// One line about it.
    pub summary: Option<String>,
    /// What it changes.
    pub changes: Vec<Change>,
}

/// One changed file. `{nonce}` in the new text becomes a fresh nonce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The file, relative to the app's folder, with forward slashes.
    pub file: String,
    /// What happens to it.
    pub kind: ChangeKind,
}

/// What happens to a changed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// One occurrence of `find` becomes `replace`.
    Substitute {
        /// Occurs exactly once in the file.
        find: String,
        /// Its replacement, holds `{nonce}`.
        replace: String,
    },
    /// The whole file is replaced.
    Overwrite {
        /// The replacement's text (read when the scenario was loaded).
        text: String,
    },
}

/// One way of building the app.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Kebab-case, unique within the scenario.
    pub name: String,
    /// A tag, kebab-case: variants of several scenarios share it.
    pub strategy: String,
    /// One line about it.
    pub title: String,
    /// How it is built, or why it cannot be.
    pub build: VariantBuild,
    /// The failure that it is there to show.
    pub expected_failure: Option<ExpectedFailure>,
}

/// A failure that a variant is there to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedFailure {
    /// Where it fails.
    #[serde(rename = "in")]
    pub point: FailurePoint,
    /// A text that the reason holds; a failure for any other reason is not the expected one.
    pub says: String,
    /// Why it fails, for the reader.
    pub why: String,
}

/// How a variant is built.
#[derive(Debug, Clone)]
pub enum VariantBuild {
    /// By a Dockerfile, or as a ready image.
    Dockerfile(Box<BuildSpec>),
    /// Not at all.
    NotApplicable {
        /// Why not.
        reason: String,
    },
}

/// A Dockerfile and how to use it, or a ready image.
#[derive(Debug, Clone)]
pub struct BuildSpec {
    /// Reference of a ready image, which is run as it is. Then `path` is empty, and `dockerfile`
    /// has one FROM line that names it: so the image is found, pulled and locked as a base is.
    pub ready_image: Option<String>,
    /// Relative to the app's folder, with forward slashes.
    pub path: String,
    /// Parsed.
    pub dockerfile: Dockerfile,
    /// The stage to build; the last where none is given.
    pub target: Option<String>,
    /// Build arguments.
    pub build_args: BTreeMap<String, String>,
    /// `os/arch` to build and run for; the engine's own where none is given.
    pub platform: Option<String>,
    /// How it gets the scenario's secret.
    pub secret: Option<SecretUse>,
    /// How its containers are started.
    pub confinement: Confinement,
    /// Environment of its containers, next to the app's.
    pub env: BTreeMap<String, String>,
}

/// Where claims come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its id.
    pub id: String,
    /// What it is.
    pub title: String,
}

/// A published figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Id of its source.
    pub source: String,
    /// The variant that it is about; of a change, the one after it.
    pub variant: String,
    /// Of a change: the variant before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Id of the metric to hold it against.
    pub metric: String,
    /// The link that it is about, for a metric that is measured once per link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// As the source prints it: `~1.2 GB`.
    pub claimed: String,
    /// The figure itself: decimal or binary unit as printed. Bytes for sizes.
    pub claimed_bytes: Option<Bytes>,
    /// The figure itself, for durations.
    pub claimed_ns: Option<Nanos>,
    /// Of a change: what comes after divided by what was before; none where the source says only "less".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_change: Option<Ratio>,
    /// Whether the source marks it as approximate.
    pub approximate: bool,
    /// What the reader should know.
    pub note: Option<String>,
}

impl Claim {
    /// Whether a figure is the least of what it stands for: `900+ MB`.
    pub fn is_at_least(&self) -> bool {
        self.from.is_none() && self.claimed.contains('+')
    }

    /// Of a change: whether there is less after it than before, as the source has it.
    pub fn is_decrease(&self) -> bool {
        match self.claimed_change {
            Some(change) => change.get() < 1.0,
            None => !self.claimed.trim().eq_ignore_ascii_case("more"),
        }
    }
}
