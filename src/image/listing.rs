//! Files of the layers, by layer and by path.

use globset::{GlobBuilder, GlobMatcher};

use super::changes::ChangesByPath;
use super::examined::{Examined, Placed};
use super::layer::Layer;
use super::name;
use super::tree::{Id, Lead};
use super::view::{Files, View};
use super::waste::layer_number;
use crate::inspection::{FileKind, FileList, ListedFile, RemovedName};
use crate::units::Bytes;

/// Bytes of all rows that are listed, with their paths.
const MOST_LIST_BYTES: usize = 64 << 20;

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

    /// The names of a layer that it takes, in order.
    fn names_of(&self, layer: &Layer) -> Vec<Id> {
        let mut ids = Vec::new();
        View::new(&layer.tree, &layer.inodes).walk_all(&mut |id: Id| {
            let is_taken = || self.takes(&name::path(&layer.tree.path(id)));
            if self.glob.is_none() || is_taken() {
                ids.push(id);
            }
        });
        ids
    }
}

impl Examined {
    /// How many layers it has.
    pub fn layer_count(&self) -> usize {
        self.stack.len()
    }

    /// The files of its layers, in their order and by path, and the names that they remove.
    pub fn list(&self, filter: &Filter) -> FileList {
        let mut list = FileList::default();
        let mut list_bytes = 0;
        let files = self.files();
        for (first, run) in self.runs() {
            let is_wanted = |position: &usize| {
                let number = layer_number(*position);
                filter.layer.is_none_or(|wanted| wanted == number)
            };
            let mut positions = (first..first + run.len()).filter(is_wanted).peekable();
            if positions.peek().is_none() {
                continue;
            }
            // Layers that are the same are looked through once; all but the lowest change the
            // same names.
            let tree = &run[0].layer.tree;
            let ids = filter.names_of(&run[0].layer);
            let mut known: Option<(bool, ChangesByPath)> = None;
            for position in positions {
                let Placed {
                    changes, is_again, ..
                } = &self.stack[position];
                let by_path = match known.take() {
                    Some((known, by_path)) if known == *is_again => by_path,
                    _ => ChangesByPath::of(changes, &self.tree),
                };
                for (done, id) in ids.iter().enumerate() {
                    if list_bytes > MOST_LIST_BYTES {
                        list.more.0 += (ids.len() - done) as u64;
                        break;
                    }
                    let mut file = self.listed(position, *id, &files);
                    file.change = by_path.get(&tree.path(*id));
                    let texts = file.path.len() + file.target.as_ref().map_or(0, String::len);
                    list_bytes += texts + size_of::<ListedFile>();
                    list.files.push(file);
                }
                known = Some((*is_again, by_path));
                self.list_removed(position, filter, &mut list, &mut list_bytes);
            }
        }
        list
    }

    /// The names that a layer removes.
    fn list_removed(
        &self,
        position: usize,
        filter: &Filter,
        list: &mut FileList,
        list_bytes: &mut usize,
    ) {
        let first = list.removed.len();
        for id in &self.stack[position].changes.removed {
            let path = name::path(&self.tree.path(*id));
            if !filter.takes(&path) {
                continue;
            }
            if *list_bytes > MOST_LIST_BYTES {
                list.more.0 += 1;
                continue;
            }
            *list_bytes += path.len() + size_of::<RemovedName>();
            list.removed.push(RemovedName {
                layer: layer_number(position),
                path,
            });
        }
        list.removed[first..].sort_unstable();
    }

    /// What a layer has at a name.
    fn listed(&self, position: usize, id: Id, files: &Files<'_>) -> ListedFile {
        let layer = &self.stack[position].layer;
        let slot = layer.tree.slot(id);
        let mut file = ListedFile {
            layer: layer_number(position),
            path: name::path(&layer.tree.path(id)),
            kind: FileKind::Special,
            change: None,
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
                file.hidden = self.hidden(position, local, files);
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
        file
    }
}
