//! Base images: resolves FROM lines, and builds stand-ins for images that cannot be pulled.
//!
//! Recipes are in `bases/`; a stand-in has the tag `plimsoll.local/<name>` and labels with the
//! reference that it replaces and the hash of its recipe.

mod build;
mod catalogue;
mod enter;
mod error;
mod resolve;

pub use build::{BuildSummary, Built, NotBuilt, Progress, build_all, outdated};
pub use catalogue::{Catalogue, CatalogueEntry, RecipeKind, STAND_IN_DOMAIN, stand_in_of};
pub use enter::{Entered, enter};
pub use error::BasesError;
pub use resolve::{Policy, Resolved, Sources, available, resolve, shared_name};
