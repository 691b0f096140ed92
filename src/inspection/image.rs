//! What is known of an image. The fields are those of `plimsoll inspect --format json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{LayerNames, Packages};
use crate::record::{Posture, Weight};
use crate::units::{Bytes, Count, Ratio};

/// An image that was looked into.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Inspection {
    /// The name by which it was asked for.
    pub image: String,
    /// The name, digest or number by which it was selected in its archive.
    pub selected: Option<String>,
    /// The engine's id, or the digest of the config.
    pub id: String,
    /// `os/arch`.
    pub platform: String,
    /// Digests by which registries know it.
    pub digests: Vec<String>,
    /// What it stands in for, if it is a stand-in base.
    pub stands_in_for: Option<String>,
    /// Bytes of the files of all layers.
    pub unpacked_bytes: Bytes,
    /// Bytes of the layers as they are packed; none where one of them is not.
    pub packed_bytes: Option<Bytes>,
    /// What the engine's image list prints.
    pub listed_bytes: Option<Bytes>,
    /// Files, links and folders of the final tree.
    pub files: Count,
    /// What layers hold and the final tree does not.
    pub waste_bytes: Bytes,
    /// The final tree's bytes divided by those of all layers.
    pub efficiency: Option<Ratio>,
    /// The image below it, where that is known.
    pub base: Option<Base>,
    /// The layers, bottom first.
    pub layers: Vec<InspectedLayer>,
    /// Layers that are kept elsewhere (foreign) and not read: nothing else counts them.
    pub missing_layers: Count,
    /// The config's history, bottom first.
    pub history: Vec<HistoryInstruction>,
    /// The waste by path.
    pub waste: Waste,
    /// Where the bytes of the final tree lie: files and folders, none within another, the
    /// heaviest first.
    pub heaviest: Vec<Heavy>,
    /// Files of the final tree that are in none of these rows, because there are too many.
    pub unlisted_heavy_files: Count,
    /// The packages of the final tree.
    pub packages: Packages,
    /// Facts that need no start.
    pub posture: Posture,
    /// What was left out, for people.
    pub notes: Vec<String>,
}

/// The image that another one is built on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Base {
    /// Its name.
    pub reference: String,
    /// How many of the lowest layers are its own; none where only its name is known.
    pub layers: Option<Count>,
    /// Bytes of those layers' files.
    pub bytes: Option<Bytes>,
    /// How it is known.
    pub evidence: BaseEvidence,
}

/// How a base is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BaseEvidence {
    /// Named by `--base`; its layers are the lowest of the image.
    Given,
    /// A label of the image names the stand-in; its layers are the lowest of the image.
    StandIn,
    /// An image of the engine whose layers are the lowest of this one.
    Engine,
    /// A label or an annotation names it.
    Label,
}

/// A layer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InspectedLayer {
    /// From 1, the lowest first.
    pub number: u32,
    /// Digest of its tar.
    pub digest: String,
    /// Digest as it is packed, where the image has it packed.
    pub blob: Option<String>,
    /// Bytes of its files, by the headers of its tar.
    pub bytes: Bytes,
    /// Bytes as it is packed, where it is.
    pub packed_bytes: Option<Bytes>,
    /// Its files.
    pub files: Count,
    /// The number of its entry in the history, from 1.
    pub entry: Option<u32>,
    /// Whether it is the base's; none where the base's layers are not known.
    pub of_base: Option<bool>,
    /// Names that it adds; folders are not counted.
    pub added: Count,
    /// Names of lower layers that it writes again.
    pub changed: Count,
    /// Names of lower layers that it removes.
    pub removed: Count,
    /// These names.
    pub names: LayerNames,
    /// Bytes of files that it hides, its own included where it writes a name twice.
    pub hides_bytes: Bytes,
    /// Bytes of its files that it or later layers hide.
    pub hidden_bytes: Bytes,
    /// Its heaviest files, the heaviest first. Each lies in none of its heaviest folders.
    pub heaviest_files: Vec<Weight>,
    /// Its heaviest folders with all that is in them, the heaviest first, none within another.
    pub heaviest_folders: Vec<Weight>,
}

/// An entry of the history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryInstruction {
    /// Bytes of the files of its layer.
    pub unpacked_bytes: Bytes,
    /// The instruction.
    pub instruction: String,
    /// The number of its layer, where it made one and that is known.
    pub layer: Option<u32>,
}

/// Bytes that layers hold and the final tree does not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waste {
    /// All of them.
    pub bytes: Bytes,
    /// The files that they are of.
    pub files: Count,
    /// Files and folders of one cause and the same two layers, none within another, the
    /// heaviest first. Where there are too many, a row with the path `/` holds the others, so
    /// that all rows together hold all of it.
    pub groups: Vec<WasteGroup>,
    /// Folders with all that is wasted below them, over all layers, the heaviest first.
    pub folders: Vec<WastedFolder>,
    /// Folders that are not listed, because they lie deeper than six names or because there
    /// are too many.
    pub more_folders: Count,
    /// Each wasted file, the heaviest first.
    pub paths: Vec<WastedFile>,
    /// Wasted files that `paths` does not list, because there are too many.
    pub more: Count,
}

/// Why bytes of a layer are not in the final tree.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum WasteCause {
    /// The path is removed.
    Removed,
    /// Something with another content lies there.
    Overwritten,
    /// The same content was written again with another owner, as `chown` does.
    OwnerChanged,
    /// The same content was written again with other permissions, as `chmod` does.
    ModeChanged,
    /// The same content was written again.
    CopiedAgain,
}

/// Wasted bytes of one cause below a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WasteGroup {
    /// The file or the folder.
    pub path: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// The wasted bytes.
    pub bytes: Bytes,
    /// The wasted files.
    pub files: Count,
    /// The number of the layer that wrote them.
    pub written_by: u32,
    /// The number of the layer that hides them.
    pub hidden_by: u32,
    /// Why.
    pub cause: WasteCause,
}

/// Wasted bytes below a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WastedFolder {
    /// The folder.
    pub path: String,
    /// The wasted bytes.
    pub bytes: Bytes,
    /// The wasted files.
    pub files: Count,
}

/// A wasted file. A file with several names is listed by the one that its layer lists first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WastedFile {
    /// Its path in the layer that wrote it.
    pub path: String,
    /// Its bytes.
    pub bytes: Bytes,
    /// The number of the layer that wrote it.
    pub written_by: u32,
    /// The number of the layer that hides it.
    pub hidden_by: u32,
    /// Why.
    pub cause: WasteCause,
}

/// A file, or a folder with all that is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Heavy {
    /// The path.
    pub path: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// The bytes, files with several names once.
    pub bytes: Bytes,
    /// The files.
    pub files: Count,
    /// The number of the layer that wrote most of it.
    pub layer: u32,
    /// Bytes of it that this layer wrote.
    pub layer_bytes: Bytes,
}
