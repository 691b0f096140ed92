//! Archives that are made to take memory and time. They come as they are read, so that they
//! take none themselves.

use std::io::{self, Cursor, Read};

use serde_json::json;
use tar::{EntryType, Header};

use super::super::maker::{Layer, digest, outer};

/// Blocks of a tar that are made when they are read.
struct Made<F> {
    make: F,
    block: Cursor<Vec<u8>>,
}

impl<F: FnMut() -> Option<Vec<u8>>> Read for Made<F> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.block.read(into)? {
                0 => match (self.make)() {
                    Some(block) => self.block = Cursor::new(block),
                    None => return Ok(0),
                },
                read => return Ok(read),
            }
        }
    }
}

fn made(mut blocks: impl Iterator<Item = Vec<u8>>) -> impl Read {
    Made {
        make: move || blocks.next(),
        block: Cursor::default(),
    }
}

fn header(kind: EntryType, name: &str, size: u64) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o4755);
    header.set_size(size);
    let raw = header.as_gnu_mut().unwrap();
    raw.name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_cksum();
    header.as_bytes().to_vec()
}

/// What describes the next entry (a PAX header, a long name), with its content.
fn describing(kind: EntryType, text: &[u8]) -> Vec<u8> {
    let mut blocks = header(kind, "long", text.len() as u64);
    blocks.extend_from_slice(text);
    blocks.resize(blocks.len().next_multiple_of(512), 0);
    blocks
}

fn pax(key: &str, value: &str) -> Vec<u8> {
    let body = key.len() + value.len() + 3;
    let length = (1..9).map(|digits| body + digits);
    let length = { length }.find(|length| length.to_string().len() + body == *length);
    let record = format!("{} {key}={value}\n", length.unwrap());
    describing(EntryType::XHeader, record.as_bytes())
}

pub(super) type Archive = Box<dyn Read>;

/// An image of one layer: `size` bytes of a tar, or of what packs one.
fn image(layer: impl Read + 'static, size: u64) -> Archive {
    let manifest = json!([{ "Config": "c.json", "Layers": ["l.tar"] }]).to_string();
    let documents = outer(&[
        ("c.json", b"{}".to_vec()),
        ("manifest.json", manifest.into_bytes()),
    ]);
    let padding = vec![0; usize::try_from(size.next_multiple_of(512) - size).unwrap()];
    let head = Cursor::new(header(EntryType::Regular, "l.tar", size));
    let rest = layer.take(size).chain(Cursor::new(padding));
    Box::new(head.chain(rest).chain(Cursor::new(documents)))
}

fn whole(layer: Vec<u8>) -> Archive {
    let size = layer.len() as u64;
    image(Cursor::new(layer), size)
}

/// An image whose layer has so many entries of one block each.
fn entries(count: u64, make: impl Fn(u64) -> Vec<u8> + 'static) -> Archive {
    let size = make(0).len() as u64 * count;
    image(made((0..count).map(make)), size)
}

/// A header that announces `size` bytes, and those bytes, as zstd packs them: blocks of
/// one byte that is repeated 128 KiB times.
fn announced(kind: EntryType, size: u64) -> Archive {
    const BLOCK: u32 = 128 << 10;
    let mut packed = zstd::encode_all(header(kind, "long", size).as_slice(), 1).unwrap();
    // A frame without a stated size, whose window is one block.
    packed.extend([0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3]);
    let blocks = size / u64::from(BLOCK);
    for number in 1..=blocks {
        let block = BLOCK << 3 | 1 << 1 | u32::from(number == blocks);
        packed.extend(&block.to_le_bytes()[..3]);
        packed.push(b'x');
    }
    whole(packed)
}

fn with_documents(documents: &[(&str, String)]) -> Archive {
    let documents: Vec<_> = documents
        .iter()
        .map(|(name, text)| (*name, text.clone().into_bytes()))
        .collect();
    Box::new(Cursor::new(outer(&documents)))
}

/// Indexes that name one another: 7 levels with 12 references each, and an image below.
fn indexes() -> Archive {
    let config = json!({ "rootfs": { "diff_ids": [] } }).to_string();
    let image = json!({ "config": { "digest": digest(config.as_bytes()) }, "layers": [] });
    let mut blobs = vec![config, image.to_string()];
    for level in 0..7 {
        let below = digest(blobs.last().unwrap().as_bytes());
        let list = vec![json!({ "digest": below }); 12];
        blobs.push(json!({ "manifests": list, "level": level }).to_string());
    }
    let names = blobs.iter().map(|blob| digest(blob.as_bytes()));
    let names: Vec<_> = { names }
        .map(|digest| format!("blobs/{}", digest.replace(':', "/")))
        .collect();
    let index = blobs.last().unwrap().clone();
    let mut documents: Vec<_> = names.iter().map(String::as_str).zip(blobs).collect();
    documents.push(("index.json", index));
    with_documents(&documents)
}

fn hard_links(count: usize, target: usize) -> Archive {
    let mut layer = describing(EntryType::GNULongLink, "t".repeat(target).as_bytes());
    layer.extend(header(EntryType::Symlink, "s", 0));
    let mut link = Header::new_gnu();
    link.set_entry_type(EntryType::Link);
    link.set_size(0);
    link.set_mode(0o644);
    for number in 0..count {
        link.set_path(format!("h{number}")).unwrap();
        link.set_link_name("s").unwrap();
        link.set_cksum();
        layer.extend_from_slice(link.as_bytes());
    }
    whole(layer)
}

/// 40 links, each through a path of 4,000 bytes, and files behind the last one.
fn chained(files: usize, in_one_folder: bool) -> Archive {
    let mut layer = Layer::new().folder("x/").folder("l0/").bytes();
    layer.truncate(1024);
    for number in 1..40 {
        let target = format!("{}l{}", "./x/../".repeat(571), number - 1);
        layer.extend(describing(EntryType::GNULongLink, target.as_bytes()));
        layer.extend(header(EntryType::Symlink, &format!("l{number}"), 0));
    }
    for number in 0..files {
        let name = match in_one_folder {
            true => format!("l39/{number}"),
            false => format!("l39/{number}/x"),
        };
        layer.extend(header(EntryType::Regular, &name, 0));
    }
    whole(layer)
}

/// A file of almost 8 EiB, all of it a hole.
fn sparse() -> Archive {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::GNUSparse);
    header.set_size(0);
    header.set_mode(0o644);
    header.set_path("huge").unwrap();
    let raw = header.as_gnu_mut().unwrap();
    raw.realsize = [0xff; 12];
    raw.realsize[..4].copy_from_slice(&[0x80, 0, 0, 0]);
    raw.realsize[4] = 0x7f;
    header.set_cksum();
    whole(header.as_bytes().to_vec())
}

/// One layer that the manifest names many times, alone or in turns with another.
fn named_often(times: usize, entries: usize, in_turns: bool) -> Archive {
    let layer: Vec<_> = { 0..entries }
        .flat_map(|number| header(EntryType::Regular, &format!("{number}"), 0))
        .collect();
    let other = Layer::new().file("other", "1").bytes();
    let names: Vec<_> = (0..times)
        .map(|time| if in_turns && time % 2 == 1 { "b" } else { "a" })
        .collect();
    let manifest = json!([{ "Config": "c.json", "Layers": names }]).to_string();
    Box::new(Cursor::new(outer(&[
        ("a", layer),
        ("b", other),
        ("c.json", b"{}".to_vec()),
        ("manifest.json", manifest.into_bytes()),
    ])))
}

fn config(text: String) -> Archive {
    let manifest = json!([{ "Config": "c.json", "Layers": [] }]).to_string();
    with_documents(&[("c.json", text), ("manifest.json", manifest)])
}

/// The archives, with their entries and what is said of them.
pub(super) fn cases() -> Vec<(&'static str, u64, &'static str)> {
    vec![
        ("indexes", 9, "ok 0"),
        (
            "wide index",
            1,
            "its indexes name more than 10000 manifests",
        ),
        ("huge manifest", 1, "too large to be read as a document"),
        ("long word", 2, "failed to read `c.json`"),
        ("history", 2, "its history has more than 10000 entries"),
        ("long history", 2, "ok 0"),
        ("environment", 2, "ok 0"),
        (
            "300 hard links",
            301,
            "its target is longer than a path can be",
        ),
        (
            "3000 hard links",
            3_001,
            "its target is longer than a path can be",
        ),
        (
            "links below",
            40_000,
            "link targets of the layers are too long together",
        ),
        (
            "long name",
            1,
            "a header that describes an entry has 67108864 bytes",
        ),
        (
            "longer name",
            1,
            "a header that describes an entry has 2147483648 bytes",
        ),
        (
            "long PAX header",
            1,
            "a header that describes an entry has 2147483648 bytes",
        ),
        (
            "many long names",
            300,
            "its name is longer than a path can be",
        ),
        ("sparse file", 1, "ok 1"),
        ("chained links", 20_041, "ok 20041"),
        ("labyrinth", 20_041, "lead through too many symbolic links"),
        ("2000 layers", 500, "names more than 500 layers"),
        ("layers in turns", 20_000, "and others too often"),
        ("very many files", 200_000, "ok 200000"),
        (
            "implied folders",
            20_000,
            "the paths of the layers imply too many folders",
        ),
        ("lists of users", 20, "it is larger than such a file can be"),
        ("many parts", 200_000, "it has more than 100000 entries"),
        ("bomb", 1, "it unpacks to more than 1100 times its size"),
    ]
}

fn empty_files(count: u64) -> Archive {
    entries(count, |number| {
        header(EntryType::Regular, &format!("a-name-of-{number:07}"), 0)
    })
}

/// An archive by its name.
pub(super) fn archive(which: &str) -> Archive {
    match which {
        "indexes" => indexes(),
        "wide index" => {
            let item = r#"{"digest":"sha256:0"},"#.repeat(150_000);
            let index = format!(r#"{{"manifests":[{item}{{"digest":"sha256:1"}}]}}"#);
            with_documents(&[("index.json", index)])
        }
        "huge manifest" => {
            let size = 300 << 20;
            let head = Cursor::new(header(EntryType::Regular, "manifest.json", size));
            Box::new(head.chain(io::repeat(b' ').take(size)))
        }
        "long word" => config(format!(r#"{{"config": "{}"}}"#, "x".repeat(4_000_000))),
        "history" => config(format!(
            r#"{{"history": [{}{{}}]}}"#,
            "{},".repeat(1_300_000)
        )),
        "long history" => {
            let entry = format!(r#"{{"created_by": "RUN {}"}}"#, "x".repeat(370));
            config(format!(
                r#"{{"history": [{}]}}"#,
                vec![entry; 10_000].join(",")
            ))
        }
        "environment" => config(format!(
            r#"{{"config": {{"Env": [{}""]}}}}"#,
            r#""","#.repeat(1_300_000)
        )),
        "300 hard links" => hard_links(300, 1_000_000),
        "3000 hard links" => hard_links(3_000, 1_000_000),
        "links below" => entries(40_000, |number| {
            let target = format!("{}{number:06}", format!("{}/", "t".repeat(200)).repeat(19));
            let mut blocks = describing(EntryType::GNULongLink, target.as_bytes());
            blocks.extend(header(EntryType::Link, &format!("{number:06}"), 0));
            blocks
        }),
        "long name" => announced(EntryType::GNULongName, 64 << 20),
        "longer name" => announced(EntryType::GNULongName, 2 << 30),
        "long PAX header" => announced(EntryType::XHeader, 2 << 30),
        "many long names" => entries(300, |_| {
            let mut blocks = pax("path", &"n".repeat(1_000_000));
            blocks.extend(header(EntryType::Regular, "n", 0));
            blocks
        }),
        "sparse file" => sparse(),
        "chained links" => chained(20_000, true),
        "labyrinth" => chained(20_000, false),
        "2000 layers" => named_often(2_000, 500, false),
        "layers in turns" => named_often(400, 20_000, true),
        "many files" => empty_files(60_000),
        "very many files" => empty_files(200_000),
        "implied folders" => entries(20_000, |number| {
            let name = format!("{number:06}/{}", "d/".repeat(2_000));
            let mut blocks = describing(EntryType::GNULongName, name.as_bytes());
            blocks.extend(header(EntryType::Regular, "n", 0));
            blocks
        }),
        "lists of users" => entries(20, |number| {
            let text = "a:x:0\n".repeat(100_000);
            let mut blocks = header(
                EntryType::Regular,
                &format!("{number:02}/etc/passwd"),
                text.len() as u64,
            );
            blocks.extend_from_slice(text.as_bytes());
            blocks.resize(blocks.len().next_multiple_of(512), 0);
            blocks
        }),
        "many parts" => {
            let part = |number| header(EntryType::Regular, &format!("{number}"), 0);
            Box::new(made((0..200_000).map(part)))
        }
        "bomb" => announced(EntryType::Regular, 3 << 30),
        which => panic!("{which}"),
    }
}

/// Bytes of an archive, unpacked, which has so many on the disk.
pub(super) fn unpacked(which: &str, on_disk: u64) -> u64 {
    match which {
        "long name" => 64 << 20,
        "longer name" | "long PAX header" => 2 << 30,
        "bomb" => 3 << 30,
        _ => on_disk,
    }
}
