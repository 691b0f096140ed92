//! The `runner` module.
