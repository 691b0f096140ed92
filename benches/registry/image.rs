//! An image in a folder, as skopeo reads it: one layer that no client packs again.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

const LAYER_BYTES: usize = 1_000_000_000;
const CHUNK: usize = 1_000_000;

/// What clients take a packed layer for. It is never unpacked, so random bytes may
/// follow: what is measured is the servers.
const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];

pub struct Image {
    /// As skopeo names it.
    pub source: String,
    /// The layer's digest.
    pub layer: String,
    pub layer_bytes: usize,
}

pub fn make(folder: &Path, seed: u64) -> Result<Image, String> {
    write(folder, seed).map_err(|error| format!("{}: {error}", folder.display()))
}

fn write(folder: &Path, seed: u64) -> std::io::Result<Image> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("version"), "Directory Transport Version: 1.1\n")?;
    let draft = folder.join("layer");
    let mut file = BufWriter::new(File::create(&draft)?);
    let mut hash = Sha256::new();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut chunk = vec![0; CHUNK];
    for number in 0..LAYER_BYTES / CHUNK {
        random.fill_bytes(&mut chunk);
        if number == 0 {
            chunk[..GZIP_HEAD.len()].copy_from_slice(&GZIP_HEAD);
        }
        hash.update(&chunk);
        file.write_all(&chunk)?;
    }
    file.flush()?;
    let layer = format!("{:x}", hash.finalize());
    fs::rename(draft, folder.join(&layer))?;
    let config = r#"{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:0000000000000000000000000000000000000000000000000000000000000000"]}}"#;
    let config_digest = format!("{:x}", Sha256::digest(config));
    fs::write(folder.join(&config_digest), config)?;
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{{"mediaType":"application/vnd.docker.container.image.v1+json","size":{},"digest":"sha256:{config_digest}"}},"layers":[{{"mediaType":"application/vnd.docker.image.rootfs.diff.tar.gzip","size":{LAYER_BYTES},"digest":"sha256:{layer}"}}]}}"#,
        config.len()
    );
    fs::write(folder.join("manifest.json"), manifest)?;
    Ok(Image {
        source: format!("dir:{}", folder.display()),
        layer: format!("sha256:{layer}"),
        layer_bytes: LAYER_BYTES,
    })
}
