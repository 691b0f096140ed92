//! The adapter for the Docker API: Docker from 20.10 on, and Podman's compatible socket.
//!
//! Everything uses `bollard`, except lists, the build cache and the session of a build (`raw`).
//! No type of `bollard` leaves this module.
//!
//! Each call has a deadline ([`Deadlines`]), except a build and the wait for an exit: there the
//! caller drops the future, which ends the operation. What the engine sends is limited in size
//! ([`AnswerLimits`]).
//!
//! Callers set names and labels, except [`LABEL_CONTAINER`]. Nothing is pruned except by id.

mod address;
mod bounded_list;
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
mod limits;
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
mod transport;
mod verbs;
mod version;

use std::time::Duration;

use bollard::Docker;

pub use deadline::Deadlines;
pub use discover::{EngineEnvironment, FoundEngine};
pub use endpoint::{Endpoint, EndpointError};
pub use limits::AnswerLimits;
pub use owned::LABEL_CONTAINER;

use raw::Wire;
use version::{ApiVersion, Range};

/// For calls that the engine answers after the work: a build sends no headers until it has read
/// the whole context. The caller's deadline is shorter.
const WORK_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// A container engine that speaks the Docker API.
#[derive(Debug, Clone)]
pub struct DockerEngine {
    /// For short calls.
    docker: Docker,
    /// For calls that are answered after their work.
    patient: Docker,
    /// For calls that `bollard` does not support.
    wire: Wire,
    endpoint: Endpoint,
    /// The version of the API in every request.
    api: ApiVersion,
    /// The versions that the engine accepts.
    api_range: Range,
    builder: Builder,
    deadlines: Deadlines,
    limits: AnswerLimits,
    /// The file system type of its data, if the caller knows it.
    backing: Option<String>,
}

/// The builder of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Builder {
    /// BuildKit inside the engine: Docker on Linux.
    BuildKit,
    /// The builder of Docker on Windows.
    Classic,
    /// Podman's builder. It supports the classic requests; a BuildKit request succeeds, but
    /// without steps.
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
