//! The `docker` module.
