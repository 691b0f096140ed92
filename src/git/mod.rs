//! The user's git repository: which commit a name means, and its tree laid out elsewhere.
//!
//! By the program `git`, so that filters, attributes and partial clones work as they do for
//! the user. Nothing is written to the repository or its work tree: a commit is read into an
//! index of its own and laid out from there.

mod checkouts;
mod error;
mod repository;

pub use checkouts::{Checkouts, left_over, remove};
pub use error::GitError;
pub use repository::Repository;
