//! What a folder of a user holds that can be measured, and the scenario for it: Dockerfiles,
//! their context, how the app shows that it is ready, and what the rebuilds change. Or ready
//! images, for which no folder is needed.
//!
//! [`draft`] writes the scenario as the text of a file, with a comment for each thing that it
//! assumed: what is measured is what can be saved.

mod anchor;
mod bake;
mod compose;
mod contract;
mod draft;
mod error;
mod find;
mod health_check;
mod images;
mod interpolate;
mod language;
mod located;
mod note;
mod ready;
mod rebuild;
mod request;
mod service;
mod settled;
mod suggest;
mod text;
mod variants;

pub use draft::{Draft, draft};
pub use error::ProjectError;
pub use note::ProjectNote;
pub use ready::ReadyOption;
pub use request::{Compose, ImageConfig, ReadyImage, Request};
pub use service::Service;
