//! Archives that are made to take memory and time.

mod archives;
mod program;
