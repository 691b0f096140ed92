//! Layers, archives, and the documents that name their parts.

use arbitrary::{Result, Unstructured};
use plimsoll::image::{ImageContents, analyse, layer_bytes};
use sha2::{Digest, Sha256};

use super::{chain, is_short};

/// A tar header has so many bytes.
const BLOCK: usize = 512;

fn hex(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

fn packed<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        // A name may be too long, or none: then the file is not there.
        let _ = tar.append_data(&mut header, name, bytes);
    }
    tar.into_inner().unwrap()
}

/// Looks at an archive twice; both looks must agree, and errors must be short.
fn looked(archive: &[u8]) -> Option<ImageContents> {
    let looks = [analyse(archive, &[]), analyse(archive, &[])];
    let words = looks.each_ref().map(|look| match look {
        Ok(contents) => format!("{contents:?}"),
        Err(error) => {
            is_short(&chain(error));
            is_short(error.hint().unwrap_or_default());
            chain(error)
        }
    });
    assert_eq!(words[0], words[1]);
    let [first, _] = looks;
    first.ok()
}

/// A tar whose headers have right checksums, made of the bytes.
fn made(u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let kinds = [
        b'0', b'0', b'0', b'1', b'2', b'3', b'4', b'5', b'5', b'6', b'7', b'x', b'g', b'L', b'K',
        b'S',
    ];
    let parts = [
        "a",
        "b",
        "c",
        ".wh.a",
        ".wh..wh..opq",
        "etc",
        "passwd",
        "..",
        "",
        "usr",
        "lib",
        "id_rsa",
        ".env",
    ];
    let mut tar = Vec::new();
    while !u.is_empty() && tar.len() < 64 << 10 {
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[156] = *u.choose(&kinds)?;
        let mut name = String::new();
        for _ in 0..u.int_in_range(1..=4)? {
            name.push_str(u.choose(&parts)?);
            name.push('/');
        }
        let keep = name.len().min(99);
        header.as_mut_bytes()[..keep].copy_from_slice(&name.as_bytes()[..keep]);
        let length = u.int_in_range(0..=9usize)?.min(u.len());
        let link = u.bytes(length)?;
        header.as_mut_bytes()[157..157 + link.len()].copy_from_slice(link);
        let length = u.int_in_range(0..=600usize)?.min(u.len());
        let content = u.bytes(length)?;
        // Mostly the truth.
        let size = match u.int_in_range(0..=20u8)? {
            0 => u.arbitrary::<u64>()? >> u.int_in_range(0..=60u32)?,
            _ => content.len() as u64,
        };
        header.set_size(size);
        header.set_mode(u.arbitrary::<u32>()? & 0o7777);
        header.set_cksum();
        tar.extend_from_slice(header.as_bytes());
        tar.extend_from_slice(content);
        tar.resize(tar.len().next_multiple_of(BLOCK), 0);
    }
    tar.resize(tar.len() + 2 * BLOCK, 0);
    Ok(tar)
}

/// An archive with one layer.
fn around(layer: &[u8]) -> Vec<u8> {
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":["sha256:{}"]}}}}"#,
        hex(layer)
    );
    let manifest = br#"[{"Config":"c.json","Layers":["l.tar"]}]"#;
    packed([
        ("l.tar", layer),
        ("c.json", config.as_bytes()),
        ("manifest.json", manifest),
    ])
}

/// A layer: as it comes, and as a tar made of the bytes.
pub fn layer(data: &[u8]) {
    let made = made(&mut Unstructured::new(data)).unwrap_or_default();
    for (layer, plain) in [(data, false), (&made[..], true)] {
        let bytes = layer_bytes(layer);
        let Some(contents) = looked(&around(layer)) else {
            continue;
        };
        assert_eq!(contents.layers.len(), 1);
        if let Ok(bytes) = bytes
            && plain
        {
            assert_eq!(contents.layers[0].bytes, bytes, "two readers of one layer");
        }
        if plain {
            // A path may imply folders that have no header of their own.
            let files = contents.files.0;
            assert!(
                files <= layer.len() as u64,
                "{files} files: each has a name"
            );
        }
        for weight in &contents.layers[0].heaviest_files {
            assert!(weight.path.len() <= layer.len().max(4096));
        }
    }
}

/// An archive: as it comes, and one whose entries are made of the bytes.
pub fn archive(data: &[u8]) {
    looked(data);
    let names = [
        "manifest.json",
        "index.json",
        "oci-layout",
        "l.tar",
        "c.json",
        "blobs/sha256/a",
        "repositories",
        "a/layer.tar",
        "a/json",
        "a/VERSION",
    ];
    let mut u = Unstructured::new(data);
    let mut files = Vec::new();
    while !u.is_empty() && files.len() < 12 {
        let name = *u.choose(&names).unwrap_or(&"x");
        let length = u.int_in_range(0..=2_000usize).unwrap_or(0).min(u.len());
        files.push((name, u.bytes(length).unwrap_or_default()));
    }
    looked(&packed(files));
}

/// Manifests, indexes and configs: the bytes are cut at each line that is `---`. The first
/// is `manifest.json`, the second `index.json`; all lie under their digests as well.
pub fn manifest(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let documents: Vec<&str> = text.split("\n---\n").take(16).collect();
    let layer = packed([("f", b"content".as_slice())]);
    let blob = |bytes: &[u8]| format!("blobs/sha256/{}", hex(bytes));
    let mut files = vec![
        ("l.tar".to_owned(), &layer[..]),
        (blob(&layer), &layer[..]),
        (
            "oci-layout".to_owned(),
            br#"{"imageLayoutVersion":"1.0.0"}"#,
        ),
    ];
    for (at, document) in documents.iter().enumerate() {
        let name = ["manifest.json", "index.json", "c.json"].get(at);
        files.extend(name.map(|name| ((*name).to_owned(), document.as_bytes())));
        files.push((blob(document.as_bytes()), document.as_bytes()));
    }
    for skipped in ["", "manifest.json"] {
        let files = files.iter().filter(|(name, _)| name != skipped);
        let files = files.map(|(name, bytes)| (name.as_str(), *bytes));
        if let Some(contents) = looked(&packed(files)) {
            assert!(contents.layers.len() <= 500, "as many as can be stacked");
        }
    }
}
