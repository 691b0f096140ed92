//! The variables of a file or a stage, with those that only the builder knows.

use std::collections::BTreeMap;

/// What is known of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup<'a> {
    Value(&'a str),
    Unset,
    /// It may have any value or none: the base image's environment decides.
    Unknown,
}

/// Variables by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Env {
    /// `None` is a value that rests on something unknown.
    values: BTreeMap<String, Option<String>>,
    /// Whether a base image may set variables that are not in `values`.
    has_image: bool,
}

/// What BuildKit sets on `scratch`.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

impl Env {
    /// The variables of a stage on an image whose environment is not known.
    pub fn of_image() -> Self {
        Self {
            values: BTreeMap::new(),
            has_image: true,
        }
    }

    /// The variables of a stage on `scratch`.
    pub fn of_scratch() -> Self {
        let mut env = Self::default();
        env.set("PATH", Some(DEFAULT_PATH.to_owned()));
        env
    }

    /// `None` where the value is not known.
    pub fn set(&mut self, name: &str, value: Option<String>) {
        self.values.insert(name.to_owned(), value);
    }

    pub fn lookup(&self, name: &str) -> Lookup<'_> {
        match self.values.get(name) {
            Some(Some(value)) => Lookup::Value(value),
            Some(None) => Lookup::Unknown,
            None if self.has_image && is_identifier(name) => Lookup::Unknown,
            None => Lookup::Unset,
        }
    }

    /// The value, where there is one and it is known.
    pub fn value(&self, name: &str) -> Option<&str> {
        match self.lookup(name) {
            Lookup::Value(value) => Some(value),
            Lookup::Unset | Lookup::Unknown => None,
        }
    }
}

/// Special parameters such as `$1` and `$?` are never set.
fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
}
