//! The forms in which engines write the same image.

use plimsoll::image::{ImageContents, analyse, analyse_export};
use serde_json::json;

use super::maker::{Image, Layer, digest, gzip, outer, zstd};
use crate::live_engine::stage::chunks;

fn image() -> Image {
    Image::of([
        Layer::new()
            .file(
                "etc/passwd",
                "root:x:0:0::/:/bin/sh\nnode:x:1000:1000::/:/bin/sh\n",
            )
            .program("bin/busybox", 0o4755)
            .link("bin/sh", "busybox")
            .file("big", vec![7; 3 << 20]),
        Layer::new()
            .file("app/index.ts", "let x;")
            .file(".wh.big", ""),
    ])
}

fn of(archive: &[u8]) -> ImageContents {
    analyse(archive, &[]).unwrap()
}

#[test]
fn the_facts_of_an_image_are_reported() {
    let mut image = image();
    image.config = json!({ "User": "node", "Healthcheck": { "Test": ["CMD", "/ok"] } });
    let seen = image.look().unwrap();
    assert_eq!(seen.posture.user, "node");
    assert!(!seen.posture.root);
    assert_eq!(seen.posture.shell.as_deref(), Some("/bin/sh"));
    assert_eq!(seen.posture.setuid, ["/bin/busybox"]);
    assert!(seen.posture.health_check);
    assert_eq!(seen.posture.sources["ts"].0, 1);
    assert_eq!(seen.posture.os_packages, None);
    assert_eq!(seen.posture.secrets, []);
    assert_eq!(seen.posture.hardened, None);
    assert_eq!(seen.files.0, 7);
    assert_eq!(seen.waste.0, 3 << 20);
}

/// Blobs by digest and an index, with an attestation next to the image.
fn oci(image: &Image, pack: fn(&[u8]) -> Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let mut entries = Vec::new();
    let mut add = |bytes: Vec<u8>| {
        let digest = digest(&bytes);
        entries.push((format!("blobs/{}", digest.replace(':', "/")), bytes));
        json!({ "mediaType": "any", "digest": digest, "size": 1 })
    };
    let layers: Vec<_> = image.layers.iter().map(|layer| add(pack(layer))).collect();
    let config = add(image.document());
    let mut manifest = add(
        json!({ "schemaVersion": 2, "config": config, "layers": layers })
            .to_string()
            .into_bytes(),
    );
    manifest["platform"] = json!({ "os": "linux", "architecture": "amd64" });
    let mut attestation = add(json!({ "config": config, "layers": [] })
        .to_string()
        .into_bytes());
    attestation["platform"] = json!({ "os": "unknown", "architecture": "unknown" });
    let absent = json!({ "digest": digest(b"none"), "platform": { "os": "linux", "architecture": "arm64" } });
    let index = json!({ "schemaVersion": 2, "manifests": [absent, manifest, attestation] });
    let inner = add(index.to_string().into_bytes());
    let top = json!({ "schemaVersion": 2, "manifests": [inner] });
    entries.push(("index.json".to_owned(), top.to_string().into_bytes()));
    entries.push(("oci-layout".to_owned(), b"{}".to_vec()));
    entries
}

fn joined(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let entries: Vec<_> = entries
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    outer(&entries)
}

#[test]
fn an_oci_layout_is_the_same_image_however_it_is_packed() {
    let image = image();
    let expected = of(&image.saved());
    for pack in [<[u8]>::to_vec as fn(&[u8]) -> Vec<u8>, gzip, zstd] {
        let mut entries = oci(&image, pack);
        assert_eq!(of(&joined(&entries)), expected);
        // The order of the entries means nothing.
        entries.reverse();
        assert_eq!(of(&joined(&entries)), expected);
    }
}

#[test]
fn docker_25_writes_both_forms() {
    let image = image();
    let mut entries = oci(&image, gzip);
    let layers: Vec<_> = entries[..2].iter().map(|(name, _)| name.clone()).collect();
    let manifest = json!([{ "Config": entries[2].0, "Layers": layers }]);
    entries.push((
        "manifest.json".to_owned(),
        manifest.to_string().into_bytes(),
    ));
    assert_eq!(of(&joined(&entries)), of(&image.saved()));
}

#[test]
fn a_layer_may_be_a_link_to_anothers() {
    let image = image();
    let manifest =
        json!([{ "Config": "c.json", "Layers": ["a/layer.tar", "b/layer.tar", "a/layer.tar"] }]);
    let mut config: serde_json::Value = serde_json::from_slice(&image.document()).unwrap();
    let digests = config["rootfs"]["diff_ids"].as_array_mut().unwrap();
    digests.push(digests[0].clone());
    let archive = Layer::new()
        // As skopeo and Docker write it: before what it leads to, or after.
        .link("a/layer.tar", "../0.tar")
        .file("0.tar", &image.layers[0])
        .file("x/layer.tar", &image.layers[1])
        .link("b/layer.tar", "../x/layer.tar")
        .file("c.json", config.to_string())
        .file("manifest.json", manifest.to_string())
        .bytes();
    let seen = of(&archive);
    // The first layer again brings back what the second deleted.
    assert_eq!(seen.files.0, 8);
    let once = 3 * (1 << 20) + 50 + 4;
    assert_eq!(seen.tree_bytes.0, once + 6);
    assert_eq!(seen.layer_bytes.0, 2 * once + 6);
}

#[test]
fn several_names_of_one_image_are_one_image() {
    let image = Image::of([Layer::new().file("a", "1")]);
    let item = json!({ "Config": "c.json", "RepoTags": ["a:1"], "Layers": ["l.tar"] });
    let archive = outer(&[
        ("l.tar", image.layers[0].clone()),
        ("c.json", image.document()),
        (
            "manifest.json",
            json!([item, item]).to_string().into_bytes(),
        ),
    ]);
    assert_eq!(of(&archive).files.0, 1);
}

#[tokio::test]
async fn an_export_is_read_as_it_comes() {
    let image = image();
    let archive = image.saved();
    let seen = analyse_export(chunks(archive.clone()), Vec::new())
        .await
        .unwrap();
    assert_eq!(seen, of(&archive));

    let short = chunks(archive[..archive.len() / 2].to_vec());
    let error = analyse_export(short, Vec::new()).await.unwrap_err();
    assert!(error.to_string().contains("image archive"), "{error}");
}

/// The reader's thread holds a share for as long as it reads.
#[tokio::test]
async fn an_analysis_that_is_dropped_ends() {
    use futures_util::StreamExt;
    let held = std::sync::Arc::new(());
    let share = held.clone();
    let archive = image().saved();
    let first = bytes::Bytes::copy_from_slice(&archive[..4096]);
    let stalled = futures_util::stream::iter([Ok(first)])
        .chain(futures_util::stream::pending())
        .map(move |chunk| {
            let _ = &share;
            chunk
        });
    let work = analyse_export(Box::pin(stalled), Vec::new());
    let limit = std::time::Duration::from_millis(200);
    tokio::time::timeout(limit, work).await.unwrap_err();
    assert_eq!(std::sync::Arc::strong_count(&held), 1);
    // The runtime of this test would wait for the thread for ever.
}
