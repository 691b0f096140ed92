//! Renders a [`Table`](super::Table): one file per format.

mod data;
mod markdown;
mod terminal;

pub use markdown::markdown_lines;
pub(super) use markdown::{code, escape};
