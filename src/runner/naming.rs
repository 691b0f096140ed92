//! How a run names and labels what it creates.

use std::collections::BTreeMap;

use crate::engine::{LABEL_OWNER, LABEL_OWNER_VALUE, LABEL_RUN};
use crate::oci;

/// Labels of all that a run creates.
pub(super) fn labels(run: &str) -> BTreeMap<String, String> {
    [(LABEL_OWNER, LABEL_OWNER_VALUE), (LABEL_RUN, run)]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// A short part of a name that distinguishes runs.
pub(super) fn short_id(run: &str) -> String {
    oci::sha256_hex(run.as_bytes()).chars().take(8).collect()
}
