//! scenario_files
