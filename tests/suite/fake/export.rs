//! What the fake engine exports of every image: two layers, the second of which
//! overwrites the file of the first.

use plimsoll::oci::sha256_hex;
use serde_json::json;

/// Bytes of the file, in each layer.
pub const FILE_BYTES: usize = 1_000;

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o755);
        tar.append_data(&mut header, name, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", sha256_hex(bytes))
}

/// An image in the form of `docker save`.
pub fn saved(user: &str) -> Vec<u8> {
    let below = tar_of(&[("app", &[b'a'; FILE_BYTES]), ("bin/sh", b"\x7fELF")]);
    let above = tar_of(&[("app", &[b'b'; FILE_BYTES])]);
    let config = json!({"architecture": "amd64", "os": "linux", "config": {"User": user},
        "rootfs": {"type": "layers", "diff_ids": [digest(&below), digest(&above)]}, "history": []});
    let manifest = json!([{"Config": "config.json", "RepoTags": [], "Layers": ["1/layer.tar", "2/layer.tar"]}]);
    tar_of(&[
        ("1/layer.tar", &below),
        ("2/layer.tar", &above),
        ("config.json", config.to_string().as_bytes()),
        ("manifest.json", manifest.to_string().as_bytes()),
    ])
}
