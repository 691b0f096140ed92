//! `report.html`: its structure, what is escaped, and what it looks like in a browser.

mod browser;
pub mod planted;
mod side_by_side;
mod structure;
