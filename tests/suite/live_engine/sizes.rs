//! Sizes, by two routes each.

use std::collections::HashMap;
use std::io::Read;

use bollard::query_parameters::ListImagesOptionsBuilder;
use flate2::read::MultiGzDecoder;
use futures_util::StreamExt;
use plimsoll::engine::Engine;
use plimsoll::record::ImageStore;

use super::stage::{Stage, live};

live!(the_size_is_what_the_engine_lists_and_the_history_what_the_layers_hold, stage => {
    let tag = stage.tag("sizes");
    let dockerfile = format!(
        "FROM scratch\nCOPY tool nonce /\nENV A=1\nRUN [\"/tool\", \"write\", \"/{}\", \"123456\"]\n",
        stage.nonce
    );
    stage.build(&stage.request(&tag), &dockerfile).await.unwrap();
    let image = stage.engine.image(&tag).await.unwrap().unwrap();

    let filters = HashMap::from([("reference", vec![tag.as_str()])]);
    let options = ListImagesOptionsBuilder::default().filters(&filters).build();
    let listed = stage.docker.list_images(Some(options)).await.unwrap();
    assert_eq!(image.listed.0 as i64, listed[0].size);
    // By its id it has the same facts.
    assert_eq!(stage.engine.image(&image.id.0).await.unwrap().unwrap(), image);

    let layers = layer_bytes(stage, &tag).await;
    assert_eq!(layers.len(), image.diff_ids.len());
    let history: u64 = image.history.iter().map(|(bytes, _)| bytes.0).sum();
    println!("listed {}, history {history}, layers {layers:?}", image.listed.0);
    // The containerd store reports blocks on its disk instead.
    if stage.engine.facts().await.unwrap().store == ImageStore::GraphDriver {
        assert_eq!(history, layers.iter().sum::<u64>());
    }
    assert!(image.history[0].1.contains("COPY"), "{:?}", image.history);
});

/// Bytes of files per layer as the exported image has them. Links of either sort
/// count nothing: the engine adds up the sizes that the tar's headers state.
async fn layer_bytes(stage: &Stage, tag: &str) -> Vec<u64> {
    let mut saved = Vec::new();
    let mut chunks = stage.docker.export_image(tag).boxed();
    while let Some(chunk) = chunks.next().await {
        saved.extend_from_slice(&chunk.unwrap());
    }
    let mut files = HashMap::new();
    for entry in tar::Archive::new(saved.as_slice()).entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let packed = std::mem::take(&mut bytes);
            MultiGzDecoder::new(packed.as_slice())
                .read_to_end(&mut bytes)
                .unwrap();
        }
        files.insert(entry.path().unwrap().to_string_lossy().into_owned(), bytes);
    }
    let manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
    let layers = manifest[0]["Layers"].as_array().unwrap();
    layers
        .iter()
        .map(|layer| file_bytes(&files[layer.as_str().unwrap()]))
        .collect()
}

fn file_bytes(layer: &[u8]) -> u64 {
    let mut total = 0;
    for entry in tar::Archive::new(layer).entries().unwrap() {
        let entry = entry.unwrap();
        if entry.header().entry_type() == tar::EntryType::Regular {
            total += entry.size();
        }
    }
    total
}
