//! Renders a [`Table`](super::Table): one file per format.

mod markdown;
mod terminal;

pub use markdown::markdown_lines;

pub(crate) use markdown::{code, escape};
