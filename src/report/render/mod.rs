//! Draws a [`Table`](super::Table): one file per form.

mod data;
mod markdown;
mod terminal;

pub use markdown::markdown_lines;
pub(super) use markdown::{code, escape};
