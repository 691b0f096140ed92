//! Image archives, made as engines make them.

use std::io::{Read, Write};

use flate2::read::MultiGzDecoder;
use plimsoll::engine::Secret;
use plimsoll::image::{ImageContents, ImageError, Planted, analyse};
use plimsoll::oci::sha256_hex;
use serde_json::{Value, json};
use tar::{EntryType, Header};

/// A layer's tar.
pub(super) struct Layer(tar::Builder<Vec<u8>>);

impl Layer {
    pub(super) fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    fn entry(mut self, kind: EntryType, name: &str, link: &str, mode: u32, bytes: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(bytes.len() as u64);
        // Past the crate's own checks: hostile names are meant to get through.
        let raw = header.as_gnu_mut().unwrap();
        assert!(name.len() < raw.name.len() && link.len() < raw.linkname.len());
        raw.name[..name.len()].copy_from_slice(name.as_bytes());
        raw.linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        self.0.append(&header, bytes).unwrap();
        self
    }

    pub(super) fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.entry(EntryType::Regular, name, "", 0o644, bytes.as_ref())
    }

    pub(super) fn program(self, name: &str, mode: u32) -> Self {
        self.entry(EntryType::Regular, name, "", mode, b"\x7fELF")
    }

    pub(super) fn folder(self, name: &str) -> Self {
        self.entry(EntryType::Directory, name, "", 0o755, b"")
    }

    pub(super) fn link(self, name: &str, target: &str) -> Self {
        self.entry(EntryType::Symlink, name, target, 0o777, b"")
    }

    pub(super) fn hard_link(self, name: &str, target: &str) -> Self {
        self.entry(EntryType::Link, name, target, 0o644, b"")
    }

    pub(super) fn device(self, name: &str) -> Self {
        self.entry(EntryType::Char, name, "", 0o644, b"")
    }

    /// A name of any length, by GNU's extension or that of POSIX.
    pub(super) fn long(mut self, name: &str, posix: bool, bytes: &[u8]) -> Self {
        let mut header = Header::new_ustar();
        if posix {
            let pairs = [("path", name.as_bytes())];
            self.0.append_pax_extensions(pairs).unwrap();
            header.set_path("shortened").unwrap();
        } else {
            header = Header::new_gnu();
        }
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        if posix {
            self.0.append(&header, bytes).unwrap();
        } else {
            self.0.append_data(&mut header, name, bytes).unwrap();
        }
        self
    }

    /// A program with an attribute.
    pub(super) fn with_attribute(mut self, name: &str, key: &str) -> Self {
        let pairs = [(key, &b"\x01\0\0\x02\n\0="[..])];
        self.0.append_pax_extensions(pairs).unwrap();
        self.program(name, 0o755)
    }

    /// A symbolic link `long` to a target of any length.
    pub(super) fn long_link(mut self, target: &str) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Symlink);
        header.set_size(0);
        header.set_mode(0o777);
        self.0.append_link(&mut header, "long", target).unwrap();
        self
    }

    pub(super) fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

/// Bytes as gzip members of a part each, as some builders write them.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    for part in bytes.chunks(bytes.len() / 2 + 1) {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(part).unwrap();
        packed.extend(encoder.finish().unwrap());
    }
    packed
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 0).unwrap()
}

/// An outer tar.
pub(super) fn outer(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = Layer::new();
    for (name, bytes) in entries {
        archive = archive.file(name, bytes);
    }
    archive.bytes()
}

/// An image.
pub(super) struct Image {
    pub(super) layers: Vec<Vec<u8>>,
    pub(super) config: Value,
    pub(super) history: Vec<String>,
}

impl Image {
    pub(super) fn of<const N: usize>(layers: [Layer; N]) -> Self {
        Self {
            layers: layers.map(Layer::bytes).into(),
            config: json!({}),
            history: vec!["COPY . .".to_owned()],
        }
    }

    pub(super) fn document(&self) -> Vec<u8> {
        let steps: Vec<_> = self
            .history
            .iter()
            .map(|step| json!({ "created_by": step }))
            .collect();
        let unpacked = |layer: &Vec<u8>| match layer.starts_with(&[0x1f, 0x8b]) {
            true => {
                let mut tar = Vec::new();
                // What is cut short has a digest, too.
                let _ = MultiGzDecoder::new(layer.as_slice()).read_to_end(&mut tar);
                digest(&tar)
            }
            false => digest(layer),
        };
        let digests: Vec<_> = self.layers.iter().map(unpacked).collect();
        let document = json!({
            "config": self.config, "history": steps, "rootfs": { "type": "layers", "diff_ids": digests },
        });
        serde_json::to_vec(&document).unwrap()
    }

    /// As Docker before 25 writes it: `manifest.json` last.
    pub(super) fn saved(&self) -> Vec<u8> {
        let names: Vec<_> = (0..self.layers.len())
            .map(|number| format!("{number}/layer.tar"))
            .collect();
        let manifest = json!([{ "Config": "config.json", "RepoTags": ["a:b"], "Layers": names }]);
        let mut entries: Vec<(&str, Vec<u8>)> = Vec::new();
        for (name, layer) in names.iter().zip(&self.layers) {
            entries.push((name, layer.clone()));
        }
        entries.push(("config.json", self.document()));
        entries.push(("manifest.json", serde_json::to_vec(&manifest).unwrap()));
        outer(&entries)
    }

    pub(super) fn look(&self) -> Result<ImageContents, ImageError> {
        self.look_for(&[])
    }

    pub(super) fn look_for(&self, tokens: &[&str]) -> Result<ImageContents, ImageError> {
        analyse(self.saved().as_slice(), &planted(tokens))
    }
}

pub(super) fn planted(tokens: &[&str]) -> Vec<Planted> {
    let tokens = tokens.iter().map(|token| Planted {
        token: Secret((*token).to_owned()),
    });
    tokens.collect()
}

pub(super) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", sha256_hex(bytes))
}

/// An error with its causes.
pub(super) fn chain(error: &ImageError) -> String {
    let mut text = error.to_string();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
