//! The `oci` module.
