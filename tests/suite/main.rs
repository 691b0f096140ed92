//! One integration binary; a module per theme.

mod architecture;
mod command_line;
mod context_rules;
mod docker_fake;
mod fake;
mod live_engine;
mod live_run;
mod pipeline;
mod reports;
mod scenario_files;
