//! The embedded OCI distribution registry, with a shaped link and traffic counters.
//!
//! It serves one run on loopback: no authentication, an index in memory, blobs as files. It
//! implements the [distribution specification]; comments name its sections. Blobs are streamed,
//! never buffered as a whole, and no lock is held during network or file I/O.
//!
//! [distribution specification]: https://github.com/opencontainers/distribution-spec/blob/main/spec.md

mod accept;
mod blob;
mod download_body;
mod endpoint;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod handlers;
mod index;
mod manifest;
mod range;
mod response_error;
mod route;
mod server;
mod sessions;
mod state;
mod throttle;
mod traffic;
mod upload_body;

pub use error::RegistryError;
pub use server::{Server, bind};
