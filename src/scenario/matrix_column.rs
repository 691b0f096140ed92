//! The keys of `[matrix]` that are combined, with their values.

use super::combination::{MatrixAxis, MatrixKey};
use super::raw::Text;
use super::raw_matrix::{RawMatrix, RawValues};

/// A key of the matrix with the values that are valid.
pub(super) struct MatrixColumn<'a> {
    pub key: MatrixKey,
    pub is_named: bool,
    pub values: Vec<&'a Text>,
}

impl MatrixColumn<'_> {
    pub fn axis(&self) -> MatrixAxis {
        let values = self.values.iter().map(|value| value.get_ref().clone());
        MatrixAxis {
            key: self.key.clone(),
            values: values.collect(),
            is_named: self.is_named,
        }
    }
}

/// The keys that are combined. Their order is that of the parts of a name, and does not depend on
/// the order in the file.
pub(super) fn keys(raw: &RawMatrix) -> Vec<(MatrixKey, &RawValues)> {
    let mut keys = vec![(MatrixKey::Dockerfile, &raw.dockerfile)];
    keys.extend(raw.base.as_ref().map(|values| (MatrixKey::Base, values)));
    for (from, values) in &raw.swap {
        keys.push((MatrixKey::Swap(from.get_ref().clone()), values));
    }
    keys.extend(
        raw.target
            .as_ref()
            .map(|values| (MatrixKey::Target, values)),
    );
    for (name, values) in &raw.build_args {
        keys.push((MatrixKey::BuildArg(name.get_ref().clone()), values));
    }
    let platform = raw.platform.as_ref();
    keys.extend(platform.map(|values| (MatrixKey::Platform, values)));
    keys
}

/// A key as it is written in the file.
pub(super) fn label(key: &MatrixKey) -> String {
    match key {
        MatrixKey::Dockerfile => "dockerfile".to_owned(),
        MatrixKey::Base => "base".to_owned(),
        MatrixKey::Swap(from) => format!("swap.\"{from}\""),
        MatrixKey::Target => "target".to_owned(),
        MatrixKey::BuildArg(name) => format!("build-args.{name}"),
        MatrixKey::Platform => "platform".to_owned(),
    }
}
