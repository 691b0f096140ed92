//! The account of an image against the second implementation: layers made by hand for each
//! kind of change, and layers made by chance.

use plimsoll::image::{ImageSelection, ImageSource, examine};
use plimsoll::inspection::{Inspection, WasteCause};
use serde_json::json;
use tar::{Builder, EntryType, Header};

use super::maker::{Image, Layer};
use super::replay::replay;

pub(super) fn account(image: &Image) -> Inspection {
    let archive = std::io::Cursor::new(image.saved());
    let source = ImageSource::Stream(Box::new(archive));
    let examined = examine(source, &ImageSelection::default(), &[]).unwrap();
    examined.account(examined.contents().unwrap(), true)
}

fn agrees(image: &Image, what: &str) -> Inspection {
    let found = account(image);
    replay(&image.layers).assert_agrees(&found, what);
    found
}

/// Files with an owner and a mode.
struct Owned(Builder<Vec<u8>>);

impl Owned {
    fn new() -> Self {
        Self(Builder::new(Vec::new()))
    }

    fn entry(
        mut self,
        kind: EntryType,
        name: &[u8],
        link: &[u8],
        (owner, mode): (u64, u32),
        content: &[u8],
    ) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_uid(owner);
        header.set_gid(owner);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        let raw = header.as_gnu_mut().unwrap();
        raw.name[..name.len()].copy_from_slice(name);
        raw.linkname[..link.len()].copy_from_slice(link);
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    fn file(self, name: &str, owner: u64, mode: u32, content: &[u8]) -> Self {
        let name = name.as_bytes();
        self.entry(EntryType::Regular, name, b"", (owner, mode), content)
    }

    fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

fn of(layers: Vec<Vec<u8>>) -> Image {
    let mut image = Image::of([]);
    image.layers = layers;
    image
}

#[test]
fn whiteouts_of_every_kind_and_replaced_kinds() {
    let below = || {
        Layer::new()
            .file("a/kept", "12345")
            .file("a/changed", "1234567")
            .file("a/gone", "123")
            .file("b/deep/one", "1234567890")
            .file("b/deep/two", "12")
            .file("c", "1234")
            .link("d", "c")
            .file("e/x", "123456")
    };
    let above = [
        (
            "files",
            Layer::new().file("a/.wh.gone", "").file("a/changed", "1"),
        ),
        ("a folder", Layer::new().file(".wh.b", "")),
        (
            "opaque",
            Layer::new()
                .file("b/deep/.wh..wh..opq", "")
                .file("b/deep/two", "9"),
        ),
        (
            "opaque after",
            Layer::new()
                .file("b/deep/two", "9")
                .file("b/deep/.wh..wh..opq", ""),
        ),
        (
            "the root",
            Layer::new().file(".wh..wh..opq", "").file("c", "9"),
        ),
        ("spared", Layer::new().file(".wh.c", "").file("c", "99")),
        (
            "folder to file",
            Layer::new().file("b", "7").file("e", "88"),
        ),
        (
            "file to folder",
            Layer::new().file("c/x", "7").file("a/gone/y", "8"),
        ),
        ("link to folder", Layer::new().file("d/x", "7")),
        ("file to link", Layer::new().link("c", "a").device("a/kept")),
        (
            "nothing",
            Layer::new().file(".wh.none", "").file("f/.wh.none", ""),
        ),
        (
            "again within",
            Layer::new()
                .file("n", "123")
                .file("n", "45")
                .file("n", "45"),
        ),
        (
            "file and folder in turn",
            Layer::new()
                .file("n", "123")
                .file("n/x", "1")
                .file("n", "12")
                .file("n/y", "1"),
        ),
        (
            "folder and file in turn",
            Layer::new()
                .file("n/x/deep", "1234567")
                .file("n/y", "1")
                .file("n", "12")
                .file("n/x/deep", "12")
                .file("n", "1"),
        ),
    ];
    for (what, above) in above {
        agrees(&Image::of([below(), above]), what);
    }
}

#[test]
fn hard_links_keep_what_they_lead_to() {
    let image = Image::of([
        Layer::new()
            .file("a", "12345")
            .file("z", "12")
            .hard_link("b", "a"),
        Layer::new().hard_link("c", "z").file(".wh.z", ""),
        Layer::new().file(".wh.a", ""),
        Layer::new().file("b", "9"),
        Layer::new().file(".wh.c", ""),
    ]);
    let found = agrees(&image, "hard links");
    let of_a = &found.waste.paths[0];
    let reported = (
        of_a.path.as_str(),
        of_a.written_by,
        of_a.hidden_by,
        of_a.cause,
    );
    assert_eq!(reported, ("/a", 1, 4, WasteCause::Overwritten));
    let of_z = &found.waste.paths[1];
    assert_eq!((of_z.path.as_str(), of_z.hidden_by), ("/z", 5));
}

#[test]
fn a_layer_that_is_there_again_hides_the_one_below() {
    let twice = Layer::new()
        .file("a", "12345")
        .file("a", "123")
        .file("b/c", "1")
        .bytes();
    let other = Layer::new().file("b/c", "22").file(".wh.a", "").bytes();
    let once = twice.clone();
    agrees(
        &of(vec![once.clone(), other.clone(), once.clone()]),
        "apart",
    );
    // Two in a row have one name in the archive only where it is an OCI layout; here each
    // has its own, and the same content.
    agrees(&of(vec![once.clone(), twice, other]), "in a row");
}

#[test]
fn a_layer_that_the_manifest_names_twice_in_a_row() {
    let layer = Layer::new()
        .file("a", "12345")
        .file("a", "123")
        .file("b/c", "1")
        .bytes();
    let last = Layer::new().file(".wh.a", "").bytes();
    let image = of(vec![
        layer.clone(),
        layer.clone(),
        layer.clone(),
        last.clone(),
    ]);
    let manifest = json!([{ "Config": "config.json",
        "Layers": ["0/layer.tar", "0/layer.tar", "0/layer.tar", "3/layer.tar"] }]);
    let archive = super::maker::outer(&[
        ("0/layer.tar", layer),
        ("3/layer.tar", last),
        ("config.json", image.document()),
        ("manifest.json", manifest.to_string().into_bytes()),
    ]);
    let source = ImageSource::Stream(Box::new(std::io::Cursor::new(archive)));
    let examined = examine(source, &ImageSelection::default(), &[]).unwrap();
    let found = examined.account(examined.contents().unwrap(), true);
    replay(&image.layers).assert_agrees(&found, "one name");
}

#[test]
fn what_a_change_of_owner_or_mode_costs_is_named_by_its_tree() {
    let content = vec![b'x'; 1000];
    let tree = |owner, mode| {
        (0..40).fold(Owned::new(), |layer, number| {
            let name = format!("app/node_modules/p{number}/index.js");
            layer.file(&name, owner, mode, &content)
        })
    };
    let image = of(vec![
        tree(0, 0o644).bytes(),
        tree(1000, 0o644).bytes(),
        tree(1000, 0o600).bytes(),
        tree(1000, 0o600).bytes(),
    ]);
    let found = agrees(&image, "chown, chmod, copy");
    let groups: Vec<_> = { found.waste.groups.iter() }
        .map(|group| {
            (
                group.path.as_str(),
                group.files.0,
                group.hidden_by,
                group.cause,
            )
        })
        .collect();
    let path = "/app/node_modules";
    let expected = [
        (path, 40, 2, WasteCause::OwnerChanged),
        (path, 40, 3, WasteCause::ModeChanged),
        (path, 40, 4, WasteCause::CopiedAgain),
    ];
    assert_eq!(groups, expected);
    assert_eq!(found.layers[1].hides_bytes.0, 40_000);
}

#[test]
fn instructions_are_linked_by_the_empty_layer_flags() {
    let image = Image::of([Layer::new().file("a", "1"), Layer::new().file("b", "22")]);
    let linked = |history: serde_json::Value| {
        let mut document: serde_json::Value = serde_json::from_slice(&image.document()).unwrap();
        document["history"] = history;
        let manifest = json!([{ "Config": "c", "Layers": ["0", "1"] }]);
        let archive = super::maker::outer(&[
            ("0", image.layers[0].clone()),
            ("1", image.layers[1].clone()),
            ("c", document.to_string().into_bytes()),
            ("manifest.json", manifest.to_string().into_bytes()),
        ]);
        let source = ImageSource::Stream(Box::new(std::io::Cursor::new(archive)));
        let examined = examine(source, &ImageSelection::default(), &[]).unwrap();
        let found = examined.account(examined.contents().unwrap(), true);
        let entries = found.history.into_iter();
        entries
            .map(|entry| (entry.layer, entry.unpacked_bytes.0))
            .collect::<Vec<_>>()
    };
    let entry = |made: &str, empty| json!({ "created_by": made, "empty_layer": empty });
    assert_eq!(
        linked(json!([
            entry("ADD", false),
            entry("ENV", true),
            entry("COPY", false)
        ])),
        [(Some(1), 1), (None, 0), (Some(2), 2)]
    );
    // As many entries as layers are needed.
    assert_eq!(
        linked(json!([entry("ADD", false), entry("ENV", true)])),
        [(None, 0), (None, 0)]
    );
}

/// Numbers by chance, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % most
    }

    /// A path of up to four parts; some parts are no text, some are long.
    fn path(&mut self) -> Vec<u8> {
        const PARTS: [&[u8]; 7] = [b"a", b"b", b"a-b", b"n\xff", b"m\xfe", b"\xc3\xa4", b"long"];
        let depth = 1 + self.below(4);
        let part = |part: &[u8]| match part {
            b"long" => [b'l'; 60].to_vec(),
            part => part.to_vec(),
        };
        let parts: Vec<_> = (0..depth).map(|_| part(PARTS[self.below(7)])).collect();
        parts.join(&b'/')
    }
}

/// Appends with a name of any length, by GNU's extension or that of POSIX.
fn append(
    tar: &mut Builder<Vec<u8>>,
    posix: bool,
    header: &mut Header,
    name: &[u8],
    link: &[u8],
    content: &[u8],
) {
    let mut pairs: Vec<(&str, &[u8])> = Vec::new();
    if name.len() > 90 || link.len() > 90 {
        if posix && std::str::from_utf8(name).is_ok() {
            pairs.push(("path", name));
            pairs.push(("linkpath", link));
            pairs.retain(|(_, value)| !value.is_empty());
            tar.append_pax_extensions(pairs).unwrap();
        } else {
            for (kind, text) in [
                (EntryType::GNULongName, name),
                (EntryType::GNULongLink, link),
            ] {
                let mut long = Header::new_gnu();
                long.set_entry_type(kind);
                long.set_size(text.len() as u64 + 1);
                long.as_gnu_mut().unwrap().name[..8].copy_from_slice(b"././@Lon");
                long.set_cksum();
                if !text.is_empty() {
                    tar.append(&long, [text, b"\0"].concat().as_slice())
                        .unwrap();
                }
            }
        }
    }
    header.set_size(content.len() as u64);
    let raw = header.as_gnu_mut().unwrap();
    let (name_len, link_len) = (name.len().min(90), link.len().min(90));
    raw.name[..name_len].copy_from_slice(&name[..name_len]);
    raw.linkname[..link_len].copy_from_slice(&link[..link_len]);
    header.set_cksum();
    tar.append(header, content).unwrap();
}

/// A layer by chance. Hard links lead to files of the layers below.
fn random_layer(chance: &mut Chance, linkable: &[Vec<u8>]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for number in 0..1 + chance.below(12) {
        let path = chance.path();
        let mut header = Header::new_gnu();
        header.set_mode([0o644, 0o755][chance.below(2)]);
        header.set_uid(chance.below(2) as u64);
        header.set_gid(0);
        let posix = chance.below(2) == 0;
        let folder = path
            .iter()
            .rposition(|byte| *byte == b'/')
            .map_or(0, |at| at + 1);
        let hidden = |start: &[u8], rest: &[u8]| [&path[..folder], start, rest].concat();
        let (kind, name, link, content) = match chance.below(12) {
            0..=5 => {
                let content = vec![b'x'; chance.below(4) * 7];
                (EntryType::Regular, path.clone(), Vec::new(), content)
            }
            6 => (EntryType::Directory, path.clone(), Vec::new(), Vec::new()),
            7 => (
                EntryType::Symlink,
                format!("s{number}").into_bytes(),
                b"a".to_vec(),
                Vec::new(),
            ),
            8 | 9 => (
                EntryType::Regular,
                hidden(b".wh.", &path[folder..]),
                Vec::new(),
                Vec::new(),
            ),
            10 => (
                EntryType::Regular,
                hidden(b".wh..wh..opq", b""),
                Vec::new(),
                Vec::new(),
            ),
            _ => match linkable.get(chance.below(linkable.len().max(1))) {
                // First of all, so that the layer has laid nothing where it leads; by a name
                // that no other entry can take the place of.
                Some(target) if number == 0 => (
                    EntryType::Link,
                    format!("h{number}").into_bytes(),
                    target.clone(),
                    Vec::new(),
                ),
                _ => continue,
            },
        };
        header.set_entry_type(kind);
        append(&mut tar, posix, &mut header, &name, &link, &content);
    }
    tar.into_inner().unwrap()
}

#[test]
fn layers_by_chance_agree() {
    let mut wasted = 0;
    for seed in 0..400 {
        let mut chance = Chance(seed);
        let mut layers: Vec<Vec<u8>> = Vec::new();
        for number in 0..2 + chance.below(5) {
            if number > 1 && chance.below(6) == 0 {
                let again = chance.below(layers.len());
                // One with links may lead to nothing by now.
                let has_links = layers[again].chunks(512).any(|block| block[0] == b'h');
                if !has_links {
                    layers.push(layers[again].clone());
                    continue;
                }
            }
            // Files that certainly exist: those in the replay of the layers so far.
            let linkable = super::replay::plain_files(&layers);
            layers.push(random_layer(&mut chance, &linkable));
        }
        let found = agrees(&of(layers), &format!("seed {seed}"));
        wasted += found.waste.files.0;
    }
    assert!(wasted > 1_000, "hardly anything was wasted: {wasted}");
}
