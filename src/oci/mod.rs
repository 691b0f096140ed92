//! References and digests of the OCI and distribution specifications.

mod digest;
mod grammar;
mod hasher;
mod reference;

pub use digest::{Digest, ParseDigestError, sha256_hex};
pub use grammar::{is_repository, is_tag};
pub use hasher::Hasher;
pub use reference::{ImageReference, ParseReferenceError};
