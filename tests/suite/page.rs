//! `report.html`: its structure, what is escaped, and what it looks like in a browser.

mod beside;
mod browser;
pub mod planted;
mod structure;
