//! The engine behind the Docker API: Docker 20.10 up to today's, and Podman's
//! compatible socket as far as it goes.
//!
//! Everything goes through `bollard`, except two calls that it cannot make and the
//! session of a build (`raw`). No type of `bollard` leaves this module.
//!
//! Each call has a deadline ([`Deadlines`]), except for a build and the wait for an exit:
//! there the caller drops the future, and the engine's work ends with it.
//!
//! Not here: names and labels of what is created (the caller's, but for
//! [`LABEL_CONTAINER`]), and any prune that is not by id.

mod address;
mod build;
mod cache;
mod connect;
mod container;
mod deadline;
mod discover;
mod endpoint;
mod error;
mod facts;
mod image;
mod lines;
mod listening;
mod lists;
mod network;
mod output;
mod owned;
mod podman;
mod push;
mod raw;
mod stop;
mod transfer;
mod verbs;
mod version;

use std::time::Duration;

use bollard::Docker;

pub use deadline::Deadlines;
pub use discover::{Found, Surroundings};
pub use endpoint::{Endpoint, EndpointError};
pub use owned::LABEL_CONTAINER;

use raw::Wire;
use version::{ApiVersion, Range};

/// The same where the engine answers only once the work is done: a build sends
/// no head until it has read the whole context. The caller's deadline is shorter.
const WORK_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// A container engine that speaks the Docker API.
#[derive(Debug, Clone)]
pub struct DockerEngine {
    /// For calls that are answered at once.
    docker: Docker,
    /// For calls that are answered when their work is done.
    patient: Docker,
    /// For calls that `bollard` cannot make.
    wire: Wire,
    endpoint: Endpoint,
    /// The version of the API in every request.
    api: ApiVersion,
    /// The versions that the engine accepts.
    api_range: Range,
    builder: Builder,
    deadlines: Deadlines,
    /// The file system below its data, where the caller knows it.
    backing: Option<String>,
}

/// The builder that an engine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Builder {
    /// BuildKit inside the engine: Docker on Linux.
    BuildKit,
    /// The builder of Docker on Windows.
    Classic,
    /// Podman's. It takes the classic requests; asked for BuildKit it says yes
    /// and tells nothing of its steps.
    Buildah,
}

impl Builder {
    fn word(self) -> &'static str {
        match self {
            Self::BuildKit => "buildkit",
            Self::Classic => "classic",
            Self::Buildah => "buildah",
        }
    }
}
