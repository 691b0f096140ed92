//! The embedded OCI distribution registry, with a shaped link and a ledger.
//!
//! It serves one run on loopback: no authentication, an index that lives in memory,
//! blobs as files. It implements the [distribution specification]; comments name its
//! sections. Blobs are streamed and never held whole, and no lock is held while a
//! body moves or a file is read or written.
//!
//! [distribution specification]: https://github.com/opencontainers/distribution-spec/blob/main/spec.md

mod accept;
mod blob;
mod error;
mod fault;
#[doc(hidden)]
pub mod fuzzing;
mod gate;
mod handlers;
mod index;
mod intake;
mod ledger;
mod manifest;
mod outflow;
mod pipe;
mod range;
mod route;
mod server;
mod sessions;

pub use error::RegistryError;
pub use server::{Server, bind};
