//! An engine with a graph driver identifies a layer by its whole chain of parents. It fetches
//! content that it already has again when that content lies on another layer. `runner::proof`
//! takes this into account.

use plimsoll::engine::{Engine, Registry, RegistryEndpoint};
use plimsoll::oci::Digest;
use plimsoll::record::ImageStore;
use plimsoll::units::Bytes;
use serde_json::json;

use super::client::{Desk, content, part};
use crate::live_engine::stage::{Stage, live};

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// A layer of one file. Engines unpack a bare tar under this type too.
fn layer(stage: &Stage, name: &str) -> Vec<u8> {
    let seed = stage.nonce.bytes().chain(name.bytes());
    let seed = seed.fold(7, |sum: u64, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    });
    let bytes = content(seed, 20_000);
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, name, bytes.as_slice())
        .unwrap();
    tar.into_inner().unwrap()
}

async fn put(desk: &Desk, stage: &Stage, tag: &str, layers: &[&[u8]]) {
    let diff_ids: Vec<_> = layers
        .iter()
        .map(|one| Digest::of(one).to_string())
        .collect();
    let config =
        json!({"architecture": "amd64", "os": "linux", "config": {"Labels": stage.labels()},
        "rootfs": {"type": "layers", "diff_ids": diff_ids}})
        .to_string();
    desk.push("x", config.as_bytes()).await;
    for layer in layers {
        desk.push("x", layer).await;
    }
    let parts: Vec<_> = layers.iter().map(|one| part(LAYER, one)).collect();
    let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST,
        "config": part(CONFIG, config.as_bytes()), "layers": parts});
    assert_eq!(desk.put("x", tag, &manifest).await.status, 201);
}

/// Bytes of a layer that the registry served in a pull.
async fn served(desk: &Desk, stage: &Stage, tag: &str, layer: &[u8]) -> u64 {
    let name = format!("{}/x:{tag}", desk.server.authority(RegistryEndpoint::Pull));
    desk.server.reset_traffic(RegistryEndpoint::Pull);
    stage.engine.pull(&name, &mut |_| {}).await.unwrap();
    let traffic = desk.server.traffic(RegistryEndpoint::Pull);
    let digest = Digest::of(layer).to_string();
    traffic.served.get(&digest).copied().unwrap_or(Bytes(0)).0
}

live!(the_same_layer_on_another_one_is_fetched_again, stage => {
    let facts = stage.engine.facts().await.unwrap();
    let desk = Desk::open();
    let [below, other, above] = ["below", "other", "above"].map(|name| layer(stage, name));
    put(&desk, stage, "old", &[&below, &above]).await;
    put(&desk, stage, "new", &[&other, &above]).await;
    put(&desk, stage, "twice", &[&above, &other, &above]).await;
    let size = above.len() as u64;
    assert_eq!(served(&desk, stage, "old", &above).await, size);
    let again = served(&desk, stage, "new", &above).await;
    let twice = served(&desk, stage, "twice", &above).await;
    println!("again {again}, twice {twice} of {size}");
    for tag in ["old", "new", "twice"] {
        let name = format!("{}/x:{tag}", desk.server.authority(RegistryEndpoint::Pull));
        stage.engine.remove_image(&name).await.unwrap();
    }
    if facts.store == ImageStore::GraphDriver {
        // A layer that an image lists twice is fetched once, if the engine had neither.
        assert_eq!((again, twice), (size, size));
    }
});
