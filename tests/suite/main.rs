//! One integration binary; a module per theme.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may")]

mod architecture;
mod bases;
mod buildkit;
mod charts;
mod cleanroom;
mod command_line;
mod comparison;
mod consumers;
mod context_rules;
mod docker_fake;
mod documentation;
mod fake;
mod faults;
mod fetching;
mod findings;
mod fuzzing;
mod history;
mod image;
mod live_engine;
mod live_run;
mod live_view;
mod merging;
mod outside;
mod page;
mod pictures;
mod pipeline;
mod plan;
mod plants;
mod registry;
mod release;
mod reports;
mod run_files;
mod run_places;
mod scan;
mod scenario_files;
mod scripts;
mod simulations;
mod standalone;
mod words;
