//! plimsoll measures what a container image weighs and costs over its whole
//! life, for every way of building the same app.
//!
//! Modules are ranked: a module imports only from lower ranks, and a test reads
//! the `use crate::` lines to hold it so. `docs/DESIGN.md` has the table.

pub mod files;
pub mod text;
pub mod units;

pub mod dockerfile;
pub mod oci;
pub mod process;
pub mod secrets;
pub mod stats;

pub mod scenario;

pub mod record;

pub mod compare;
pub mod engine;
pub mod inspection;
pub mod merge;

pub mod history;

pub mod summary;

pub mod builtin;
pub mod cleanroom;
pub mod context;
pub mod docker;
pub mod git;
pub mod host;
pub mod image;
pub mod probe;
pub mod registry;
pub mod scan;
pub mod store;

pub mod bases;
pub mod charts;
pub mod project;
pub mod runner;
pub mod tables;

pub mod export;

pub mod page;
pub mod report;

pub mod cli;
