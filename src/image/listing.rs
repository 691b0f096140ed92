//! Files of the layers, by layer and by path.

use globset::{GlobBuilder, GlobMatcher};

use super::examined::Examined;
use super::name;
use super::tree::{Id, Lead};
use super::view::View;
use super::waste::layer_number;
use crate::inspection::{FileKind, FileList, ListedFile};
use crate::units::Bytes;

/// Bytes of all paths that are listed.
const MOST_PATH_BYTES: usize = 64 << 20;

/// Which files are listed.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The number of the layer, from 1; all of them where none is named.
    pub layer: Option<u32>,
    glob: Option<GlobMatcher>,
    /// Whether the pattern is of names and not of paths.
    is_of_names: bool,
}

impl Filter {
    /// Files of a layer whose path matches a pattern: `/app/**`, or `*.js` for names in any
    /// folder.
    ///
    /// # Errors
    /// What is wrong with the pattern.
    pub fn new(layer: Option<u32>, glob: Option<&str>) -> Result<Self, globset::Error> {
        let is_of_names = glob.is_some_and(|glob| !glob.contains('/'));
        let matcher = |glob: &str| {
            let glob = GlobBuilder::new(glob.trim_start_matches('/'))
                .literal_separator(true)
                .build()?;
            Ok(glob.compile_matcher())
        };
        Ok(Self {
            layer,
            glob: glob.map(matcher).transpose()?,
            is_of_names,
        })
    }

    fn takes(&self, path: &str) -> bool {
        let Some(glob) = &self.glob else { return true };
        match self.is_of_names {
            true => glob.is_match(path.rsplit('/').next().unwrap_or(path)),
            false => glob.is_match(path.trim_start_matches('/')),
        }
    }
}

impl Examined {
    /// How many layers it has.
    pub fn layer_count(&self) -> usize {
        self.stack.len()
    }

    /// The files of its layers, in their order and by path.
    pub fn list(&self, filter: &Filter) -> FileList {
        let mut list = FileList::default();
        let mut path_bytes = 0;
        let files = self.files();
        for (position, placed) in self.stack.iter().enumerate() {
            let number = layer_number(position);
            if filter.layer.is_some_and(|wanted| wanted != number) {
                continue;
            }
            let layer = &placed.layer;
            let view = View::new(&layer.tree, &layer.inodes);
            view.walk_all(&mut |id: Id| {
                let slot = layer.tree.slot(id);
                let path = name::path(&layer.tree.path(id));
                if !filter.takes(&path) {
                    return;
                }
                if path_bytes > MOST_PATH_BYTES {
                    list.more.0 += 1;
                    return;
                }
                path_bytes += path.len();
                let mut file = ListedFile {
                    layer: number,
                    path,
                    kind: FileKind::Special,
                    bytes: Bytes(0),
                    mode: None,
                    owner: None,
                    target: None,
                    hidden: None,
                };
                let text = |at, len| String::from_utf8_lossy(layer.tree.text(at, len)).into_owned();
                match slot.lead {
                    Lead::Folder if slot.opaque => file.kind = FileKind::OpaqueFolder,
                    Lead::Folder => file.kind = FileKind::Folder,
                    Lead::File(local) => {
                        file.kind = FileKind::File;
                        if let Some(inode) = layer.inodes.get(local as usize) {
                            file.bytes = Bytes(inode.size);
                            file.mode = Some(inode.mode);
                            file.owner = Some(inode.owner);
                        }
                        file.hidden = self.hidden(position, local, &files);
                    }
                    Lead::Link(at, len) => {
                        file.kind = FileKind::Link;
                        file.target = Some(text(at, len));
                    }
                    Lead::Below(at, len) => {
                        file.kind = FileKind::HardLink;
                        file.target = Some(format!("/{}", text(at, len)));
                    }
                    Lead::Special => {}
                    Lead::Whiteout => file.kind = FileKind::Whiteout,
                }
                list.files.push(file);
            });
        }
        list
    }
}
