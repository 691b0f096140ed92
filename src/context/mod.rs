//! The build context: an app's folder as a builder sees it.
//!
//! [`Context::scan`] applies the ignore file by Docker's own rules. [`Context::source`]
//! gives what is left to a builder, with an [`Overlay`] of edited files laid over it: file
//! by file, as the builder asks, or packed into a tar on the fly. The user's tree is read
//! and never written.
//!
//! Not here: what a scenario's edits mean for a rebuild, and the upload itself.

mod edit;
mod entry;
mod error;
mod follow;
#[doc(hidden)]
pub mod fuzzing;
mod go_regex;
mod ignore;
mod made;
mod overlay;
mod pack;
mod pattern;
mod scan;
mod source;
mod stream;

pub use edit::{apply_edit, nonce};
pub use error::ContextError;
pub use made::make;
pub use overlay::Overlay;
pub use scan::Context;
pub use source::in_memory;
