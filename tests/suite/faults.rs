//! The fault injection matrix: what a run keeps, leaves and touches when something breaks.
//!
//! Each fault strikes one call of a whole run on the fakes; the run is looked at, cleaned up
//! after, and resumed. The table is docs/FAULTS.md: `PLIMSOLL_BLESS=1 cargo test --test suite
//! faults::` writes it, and each test compares its row.

mod cases;
mod disk;
mod full_file;
mod outputs;
mod runs;
mod stage;
mod table;
