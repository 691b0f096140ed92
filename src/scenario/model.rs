//! The validated scenario: what the runner and the reports see.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::deploy::Deploy;
use crate::dockerfile::Dockerfile;
use crate::units::{Bytes, Nanos};

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
    /// What the deploy costs are reckoned for, as far as the file says.
    pub deploy: Deploy,
    /// What the rebuilds change.
    pub edits: Vec<Edit>,
    /// The ways of building the app.
    pub variants: Vec<Variant>,
    /// Where the claims come from.
    pub sources: Vec<Source>,
    /// Published figures.
    pub claims: Vec<Claim>,
}

/// The app.
#[derive(Debug, Clone)]
pub struct App {
    /// Its name.
    pub name: String,
    /// Its folder (absolute): the build context.
    pub dir: PathBuf,
}

/// How the app proves that it works: a whole HTTP answer, not a bare connect.
#[derive(Debug, Clone)]
pub struct Contract {
    /// The port that the app listens on inside its container.
    pub port: u16,
    /// The path to ask for.
    pub path: String,
    /// The status to expect.
    pub status: u16,
    /// A text that the body must contain.
    pub body_contains: String,
    /// Deadline for the first success.
    pub ready_within: Nanos,
    /// Grace period of a stop.
    pub stop_within: Nanos,
    /// Environment of the container.
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
#[derive(Debug, Clone)]
pub struct Edit {
    /// Which rebuild it belongs to.
    pub name: EditName,
    /// One line about it.
    pub summary: Option<String>,
    /// What it changes.
    pub changes: Vec<Change>,
}

/// One changed file. `{nonce}` in the new text becomes a fresh nonce.
#[derive(Debug, Clone)]
pub struct Change {
    /// The file, relative to the app's folder, with forward slashes.
    pub file: String,
    /// What happens to it.
    pub kind: ChangeKind,
}

/// What happens to a changed file.
#[derive(Debug, Clone)]
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
}

/// How a variant is built.
#[derive(Debug, Clone)]
pub enum VariantBuild {
    /// By a Dockerfile.
    Dockerfile(Box<BuildSpec>),
    /// Not at all.
    NotApplicable {
        /// Why not.
        reason: String,
    },
}

/// A Dockerfile and how to use it.
#[derive(Debug, Clone)]
pub struct BuildSpec {
    /// Relative to the app's folder, with forward slashes.
    pub path: String,
    /// Parsed.
    pub dockerfile: Dockerfile,
    /// The stage to build; the last where none is given.
    pub target: Option<String>,
    /// Build arguments.
    pub build_args: BTreeMap<String, String>,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Id of its source.
    pub source: String,
    /// The variant that it is about.
    pub variant: String,
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
    /// Whether the source marks it as approximate.
    pub approximate: bool,
    /// What the reader should know.
    pub note: Option<String>,
}
