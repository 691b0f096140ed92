//! Charts: their geometry, their goldens, and that they say what the record says.

pub mod made;

mod geometry;
mod golden;
mod over_time;
mod picture;
mod truth;
