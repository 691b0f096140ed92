//! Draws a [`Table`](super::Table): one file per form.

mod data;
mod markdown;
mod terminal;

pub(super) use markdown::{code, escape};
