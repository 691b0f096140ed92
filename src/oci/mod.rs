//! What the OCI and distribution specifications name: references and digests.

mod digest;
mod grammar;
mod reference;

pub use digest::{Digest, ParseDigestError, sha256_hex};
pub use reference::{ImageReference, ParseReferenceError};
