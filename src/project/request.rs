//! What the user says about the project.

use std::path::PathBuf;

use super::ready::ReadyOption;
use super::service::Service;
use crate::dockerfile::Hints;

/// What the user says; what stays empty is found.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The folder of the project.
    pub folder: PathBuf,
    /// The folder that runs and saved scenarios belong to.
    pub home: PathBuf,
    /// A name that no scenario may have.
    pub reserved: String,
    /// The build context.
    pub context: Option<PathBuf>,
    /// Dockerfiles, relative to the project's folder.
    pub files: Vec<PathBuf>,
    /// Ready images, a variant each. Then nothing is built, and no file is looked for.
    pub images: Vec<ReadyImage>,
    /// How the app shows that it is ready.
    pub ready: Option<ReadyOption>,
    /// Stages to build, a variant each.
    pub targets: Vec<String>,
    /// Build arguments with their values: a variant for each combination.
    pub build_args: Vec<(String, Vec<String>)>,
    /// Bases of the final stage, a variant each.
    pub bases: Vec<String>,
    /// Whether bases of the same family are proposed instead.
    pub suggest: bool,
    /// Bases to replace in all variants: from, and to.
    pub swaps: Vec<(String, String)>,
    /// Environment of the container.
    pub env: Vec<(String, String)>,
    /// Services that the app needs.
    pub services: Vec<Service>,
    /// A Bake file whose targets are the variants; then `targets` names its targets.
    pub bake: Option<PathBuf>,
    /// A Compose file that says more.
    pub compose: Option<Compose>,
    /// A port of the app that something else than its Dockerfile names.
    pub port: Option<u16>,
    /// Ids of the secrets that builds get.
    pub secrets: Vec<String>,
    /// Platforms, a variant each.
    pub platforms: Vec<String>,
}

/// The service of a Compose file that is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compose {
    /// The file.
    pub file: PathBuf,
    /// The service; none for the only one that is built.
    pub service: Option<String>,
}

/// A ready image that is measured as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyImage {
    /// Its reference.
    pub reference: String,
    /// What its config says, where an engine was asked.
    pub config: Option<ImageConfig>,
}

/// What the config of an image says of how it shows that it is ready.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageConfig {
    /// TCP ports that it exposes, ascending.
    pub ports: Vec<u16>,
    /// The value of its variable PORT.
    pub port_variable: Option<u16>,
    /// The command of its health check.
    pub health_check: Option<String>,
}

impl ReadyImage {
    /// The hints that a Dockerfile would give.
    pub(super) fn hints(&self) -> Hints {
        let config = self.config.clone().unwrap_or_default();
        Hints {
            ports: config.ports,
            port_variable: config.port_variable,
            health_check: config.health_check,
            ..Hints::default()
        }
    }
}
