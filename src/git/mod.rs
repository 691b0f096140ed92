//! The user's git repository: resolves commits and checks out their trees in another folder.
//!
//! Runs the program `git`, so that filters, attributes and partial clones work as usual. Nothing
//! is written to the repository or its work tree: a commit is read into a separate index and
//! checked out from it.

mod checkouts;
mod error;
mod repository;

pub use checkouts::{Checkouts, left_over, remove};
pub use error::GitError;
pub use repository::Repository;
