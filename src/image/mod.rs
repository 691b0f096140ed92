//! What an image holds: files, bytes, waste, and the facts of its posture, from one pass
//! over the tar that an engine exports.
//!
//! Nothing is unpacked to disk and nothing is started. Layers are laid over one another
//! as overlayfs does it. The rules for facts are in `facts`, `path_class` and
//! `secrets`; `packages` reads names and versions. Those of rpm are not read: their database
//! is no text.

mod account;
mod archive;
mod changes;
mod condense;
mod config;
mod contents;
mod cover;
mod disk;
mod entries;
mod error;
mod examined;
mod facts;
mod fates;
mod gather;
mod growth;
mod heaviest;
mod installed;
mod known;
mod layer;
mod listing;
mod manifest;
mod measure;
mod name;
mod packages;
mod path_class;
mod secrets;
mod selection;
mod stream;
mod tree;
mod unpack_limit;
mod view;
mod waste;
mod weight;

pub use contents::{ImageContents, analyse};
pub use error::ImageError;
pub use examined::{Examined, ImageSource, examine, stated_layers};
pub use listing::Filter;
pub use measure::{layer_bytes, makers_of_layers, spread_over_history};
pub use secrets::Planted;
pub use selection::ImageSelection;
pub use stream::{analyse_export, examine_export};
