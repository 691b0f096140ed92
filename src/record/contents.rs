//! Where the bytes of an image lie.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::{Bytes, Count};

/// What one layer holds, by its heaviest names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LayerContents {
    /// Bytes of its files, by the headers of its tar.
    pub bytes: Bytes,
    /// Its files.
    pub files: Count,
    /// Its heaviest files, the heaviest first.
    pub heaviest_files: Vec<Weight>,
    /// Its heaviest folders with all that is in them, the heaviest first.
    pub heaviest_folders: Vec<Weight>,
}

/// A name and the bytes of the layer below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// The path in the image.
    pub path: String,
    /// The bytes.
    pub bytes: Bytes,
}
