//! The `context` module.
