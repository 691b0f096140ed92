//! The `host` module.
