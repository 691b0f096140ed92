//! What the user says about the project.

use std::path::PathBuf;

use super::compose::Compose;
use super::images::ReadyImage;
use super::ready::Ready;
use super::service::Service;

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
    pub ready: Option<Ready>,
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
