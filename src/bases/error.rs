//! Errors about bases.

use std::io;
use std::path::PathBuf;

use crate::context::ContextError;
use crate::engine::{BuildFailure, EngineError};

/// The failure of a base.
#[derive(Debug, thiserror::Error)]
pub enum BasesError {
    /// A file of the catalogue could not be read.
    #[error("failed to read `{path}`")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The catalogue is invalid.
    #[error("{path}: {message}")]
    Catalogue {
        /// The file, with line and column if known.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// The base is unknown.
    #[error("no stand-in recipe for `{name}`")]
    Unknown {
        /// The requested name.
        name: String,
    },
    /// A recipe's folder could not be read.
    #[error("failed to read the recipe of `{name}`")]
    Recipe {
        /// The base.
        name: String,
        /// The cause.
        #[source]
        source: Box<ContextError>,
    },
    /// A root file system script failed.
    #[error("the root file system script of `{name}` failed: {message}")]
    Script {
        /// The base.
        name: String,
        /// Exit status and last lines.
        message: String,
    },
    /// A recipe did not build.
    #[error("the stand-in for `{name}` did not build: {message}")]
    Build {
        /// The base.
        name: String,
        /// The last lines of the builder.
        message: String,
        /// The cause.
        #[source]
        source: Box<BuildFailure>,
    },
    /// Neither the engine nor a registry has an image, and there is no stand-in for it.
    #[error("the image `{reference}` is not available: {reason}")]
    Unavailable {
        /// As the Dockerfile or the scenario writes it.
        reference: String,
        /// Why.
        reason: String,
    },
    /// The engine has the base only for this platform and cannot push it.
    #[error("failed to make an image for one platform of the base `{reference}`")]
    SinglePlatform {
        /// As it was to be built on.
        reference: String,
        /// The cause.
        #[source]
        source: Box<BuildFailure>,
    },
    /// The registry of the run keeps an image that it should send anew.
    #[error("failed to remove a ready image from the registry of the run")]
    Forget(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The pulled image differs from the pushed one.
    #[error("the base `{reference}` has other layers in the clean room than on the engine")]
    Changed {
        /// As it was built on.
        reference: String,
    },
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl BasesError {
    /// How the user can fix it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unavailable { .. } => Some(
                "run `plimsoll bases build` for stand-ins, pull the image by hand, or map it to a \
                 mirror: `[bases]` in plimsoll.toml"
                    .to_owned(),
            ),
            Self::Unknown { .. } => Some("`plimsoll bases` lists the recipes".to_owned()),
            Self::Engine(error) => error.hint.clone(),
            _ => None,
        }
    }
}
