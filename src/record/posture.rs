//! What an image is, apart from its weight: facts that no repetition changes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::{Count, Nanos};

/// Ids of the facts of a [`Posture`], as technique scenarios name them.
pub const FACTS: &[&str] = &[
    "posture.user",
    "posture.shell",
    "posture.package-managers",
    "posture.compilers",
    "posture.setuid",
    "posture.os-packages",
    "posture.language-packages",
    "posture.health-check",
    "posture.leaks",
    "posture.sources",
    "posture.secrets",
    "posture.hardened",
    "posture.stop",
    "posture.cves",
];

/// Facts of one image, from its config, its layers and one start.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Posture {
    /// The effective user as the config names it; empty is root.
    pub user: String,
    /// Whether that is user id 0, by the image's own /etc/passwd.
    pub root: bool,
    /// A shell's path in the final tree.
    pub shell: Option<String>,
    /// Package managers of the system in the final tree, by path.
    pub package_managers: Vec<String>,
    /// Compilers and build tools in the final tree, by path.
    pub compilers: Vec<String>,
    /// Files with the setuid or setgid bit, by path.
    pub setuid: Vec<String>,
    /// Files with capabilities of their own (the attribute `security.capability`), by path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub file_capabilities: Vec<String>,
    /// Packages in the system's own database (dpkg, apk); none where there is no such database.
    pub os_packages: Option<Count>,
    /// The package manager whose database is present and cannot be read: `rpm`, `pacman`.
    /// Its packages are in no count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread_packages: Option<String>,
    /// Packages of languages by kind: `npm`, `python`, `java`, `ruby`.
    pub language_packages: BTreeMap<String, Count>,
    /// Whether the config has a health check.
    pub health_check: bool,
    /// Files of the final tree that look as if they came along by accident: `.git`, `.env`, sources' tests.
    pub leaks: Vec<String>,
    /// Source files by extension in the app's folders of the final tree (`ts`, `go`, `rs`, `java`).
    pub sources: BTreeMap<String, Count>,
    /// Secrets that were found, in history, config or any layer.
    pub secrets: Vec<SecretFinding>,
    /// How many more there are than the lists hold.
    #[serde(default, skip_serializing_if = "Unlisted::is_empty")]
    pub unlisted: Unlisted,
    /// What became of a start with a read-only root file system and no capabilities.
    pub hardened: Option<HardenedStart>,
    /// How the process took its stop signal.
    pub stop: Option<StopFacts>,
    /// What scanners found.
    pub scans: Vec<ScanRecord>,
}

/// How many paths and secrets the lists of a posture do not hold, because there are too many.
/// Records of older versions have the number as a last text of the list instead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Unlisted {
    /// Package managers.
    pub package_managers: Count,
    /// Compilers and build tools.
    pub compilers: Count,
    /// Files with the setuid or setgid bit.
    pub setuid: Count,
    /// Files with capabilities of their own.
    pub file_capabilities: Count,
    /// Files that look as if they came along by accident.
    pub leaks: Count,
    /// Secrets in files.
    pub secrets: Count,
}

impl Unlisted {
    /// Whether the lists are whole.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A secret that anyone who has the image can read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretFinding {
    /// Where it lies.
    pub place: SecretPlace,
    /// Which history entry, key of the config, or file and layer.
    pub at: String,
    /// What it looks like: `planted token`, `private key`, `AWS access key id`.
    pub kind: String,
    /// Its first characters; never the whole.
    pub masked: String,
    /// Whether plimsoll planted it to see where it goes.
    pub planted: bool,
}

/// Where a secret lies.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum SecretPlace {
    /// In the image's history: `docker history` prints it.
    History,
    /// In the config: the environment, a label, the command.
    Config,
    /// In a layer, whether a later one deletes it or not.
    Layer,
}

/// What became of a hardened start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case", deny_unknown_fields)]
pub enum HardenedStart {
    /// The contract was kept.
    Ready,
    /// It was not.
    Failed {
        /// What happened.
        reason: String,
    },
    /// It could not be tried.
    NotTried {
        /// Why not.
        reason: String,
    },
}

/// How the process took its stop signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopFacts {
    /// Its exit code.
    pub exit_code: i64,
    /// Whether the grace period ended in a kill.
    pub killed: bool,
    /// The grace period.
    pub grace_ns: Nanos,
}

/// What one scanner found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScanRecord {
    /// `trivy`, `grype` or `docker scout`.
    pub scanner: String,
    /// Its version.
    pub version: String,
    /// The date of its database, as it reports it.
    pub database: Option<String>,
    /// Vulnerabilities by severity in lower case; or why there are none.
    pub outcome: ScanOutcome,
}

/// Vulnerabilities, or why none were counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ScanOutcome {
    /// Distinct vulnerability ids by severity in lower case.
    Found(BTreeMap<String, Count>),
    /// The scanner failed.
    Failed(String),
}
