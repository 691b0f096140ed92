//! The build context: an app's folder as a builder sees it.
//!
//! [`Context::scan`] applies the ignore file by Docker's own rules, since no
//! builder applies them to a tar that comes through the API. [`Context::stream`]
//! packs what is left into a tar on the fly, with an [`Overlay`] of edited files
//! laid over it: the user's tree is read and never written.
//!
//! Not here: what a scenario's edits mean for a rebuild, and the upload itself.

mod edit;
mod entry;
mod error;
mod ignore;
mod made;
mod overlay;
mod pack;
mod pattern;
mod scan;
mod stream;

pub use edit::{apply_edit, nonce};
pub use error::ContextError;
pub use made::make;
pub use overlay::Overlay;
pub use scan::Context;
