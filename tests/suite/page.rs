//! `report.html`: its structure, what is escaped, and what it looks like in a browser.

mod beside;
mod browser;
mod planted;
mod structure;
