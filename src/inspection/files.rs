//! Files of the layers of an image.

use schemars::JsonSchema;
use serde::Serialize;

use super::{NameChange, WasteCause};
use crate::record::{Texts, Visit};
use crate::units::{Bytes, Count};

/// Files of the layers that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileList {
    /// The name by which the image was asked for.
    pub image: String,
    /// The name, digest or number by which it was selected in its archive.
    pub selected: Option<String>,
    /// The files, by layer and path.
    pub files: Vec<ListedFile>,
    /// The names of lower layers that these layers remove, also those in folders that they
    /// remove or hide as a whole, by layer and path. Folders are not listed.
    pub removed: Vec<RemovedName>,
    /// How many more there are than are listed.
    pub more: Count,
}

/// A name that a layer removes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct RemovedName {
    /// The number of the layer.
    pub layer: u32,
    /// The path.
    pub path: String,
}

/// What a layer has at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ListedFile {
    /// The number of the layer.
    pub layer: u32,
    /// The path.
    pub path: String,
    /// What it is.
    pub kind: FileKind,
    /// Whether the layer adds the name, or writes one of a lower layer again; none for folders
    /// and whiteouts.
    pub change: Option<NameChange>,
    /// Bytes of its content.
    pub bytes: Bytes,
    /// Permission bits with setuid, setgid and sticky; of files only.
    pub mode: Option<u16>,
    /// User and group that own it; of files only.
    pub owner: Option<(u32, u32)>,
    /// What a link leads to.
    pub target: Option<String>,
    /// The number of the layer that hides it, and why; none for what is in the final tree,
    /// and for what is no file.
    pub hidden: Option<(u32, WasteCause)>,
}

/// What lies at a path of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A folder that hides all that lower layers have in it.
    OpaqueFolder,
    /// A symbolic link.
    Link,
    /// A hard link to a file of a lower layer.
    HardLink,
    /// A device or a pipe.
    Special,
    /// The mark that removes what lower layers have there.
    Whiteout,
}

impl Texts for FileList {
    fn each_text(&mut self, visit: &mut Visit<'_>) {
        for file in &mut self.files {
            visit(&mut file.path);
            file.target.each_text(visit);
        }
        self.removed
            .iter_mut()
            .for_each(|name| visit(&mut name.path));
    }

    fn each_name(&mut self, visit: &mut Visit<'_>) {
        visit(&mut self.image);
        self.selected.iter_mut().for_each(visit);
    }
}
