//! The machine that measures: its clock, its facts, its signals.
//!
//! A fact that the machine does not tell is left out or said to be unknown; no
//! run fails for want of one.

mod clock;
mod conditions;
mod disk;
mod facts;
mod interrupt;

pub use clock::SystemClock;
pub use conditions::conditions;
pub use disk::{file_system, free_bytes};
pub use facts::{available_memory, facts};
pub use interrupt::{EXIT_INTERRUPTED, Interrupts, interrupts};
