//! The variants of a scenario side by side: their order, and what it comes to in sentences.

pub(crate) mod order;
pub(crate) mod sentences;
pub(crate) mod sides;

pub(crate) use sides::{Sides, Stand};
