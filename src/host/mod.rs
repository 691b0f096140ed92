//! The measuring machine: clock, facts and signals.
//!
//! A fact that the machine does not report is omitted or "unknown"; no run fails because of it.

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
