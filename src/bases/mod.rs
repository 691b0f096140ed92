//! Base images: which image a FROM line is built on, and the stand-ins that
//! take the place of images that cannot be pulled.
//!
//! Recipes live in `bases/`; a stand-in is tagged `plimsoll.local/<name>` and
//! labelled with what it stands in for and its recipe's hash.

mod build;
mod catalogue;
mod enter;
mod error;
mod resolve;

pub use build::{BuildSummary, Built, NotBuilt, Progress, build_all, outdated};
pub use catalogue::{Catalogue, Entry, RecipeKind, STAND_IN_DOMAIN, stand_in_of};
pub use enter::{Entered, enter};
pub use error::BasesError;
pub use resolve::{Policy, Resolved, Sources, available, resolve, shared_name};
