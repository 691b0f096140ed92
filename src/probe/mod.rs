//! The `probe` module.
