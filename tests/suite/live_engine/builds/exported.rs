//! What is in an image, as `docker save` writes it.

use std::io::Read;

use futures_util::StreamExt;
use plimsoll::engine::Engine;

use crate::live_engine::stage::Stage;

/// What an export holds, one file after the other, unpacked where it is packed.
pub(super) async fn exported(stage: &Stage, tag: &str) -> Vec<u8> {
    let mut chunks = stage.engine.export(tag).await.unwrap();
    let mut saved = Vec::new();
    while let Some(chunk) = chunks.next().await {
        saved.extend_from_slice(&chunk.unwrap());
    }
    let mut contents = Vec::new();
    for entry in tar::Archive::new(saved.as_slice()).entries().unwrap() {
        let mut file = Vec::new();
        entry.unwrap().read_to_end(&mut file).unwrap();
        if file.starts_with(&[0x1f, 0x8b]) {
            let packed = std::mem::take(&mut file);
            flate2::read::MultiGzDecoder::new(packed.as_slice())
                .read_to_end(&mut file)
                .unwrap();
        }
        contents.extend_from_slice(&file);
    }
    contents
}

pub(super) fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}
