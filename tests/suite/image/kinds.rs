//! Images that builders other than Docker's make, and what engines make of them.

use plimsoll::image::analyse;
use serde_json::{Value, json};

use super::maker::{Image, Layer, chain, digest, outer};
use super::sources::inspect;

/// An OCI layout of blobs; the last one is the index.
fn layout(blobs: &[Vec<u8>], index: &Value) -> Vec<u8> {
    let names: Vec<_> = blobs
        .iter()
        .map(|blob| format!("blobs/{}", digest(blob).replace(':', "/")))
        .collect();
    let mut entries: Vec<_> = names.iter().map(String::as_str).collect::<Vec<_>>();
    entries.push("index.json");
    let index = index.to_string().into_bytes();
    let contents = blobs.iter().cloned().chain([index]);
    let entries: Vec<_> = entries.into_iter().zip(contents).collect();
    outer(&entries)
}

#[test]
fn an_image_without_history_weighs_what_its_layers_do() {
    let mut image = Image::of([
        Layer::new().file("a", vec![1; 1000]),
        Layer::new().file("b", vec![1; 510]),
    ]);
    image.history = Vec::new();
    assert_eq!(image.look().unwrap().layer_bytes.0, 1510);
}

#[test]
fn one_word_is_a_command() {
    let mut image = Image::of([Layer::new().file("x", "1")]);
    image.config = json!({ "Entrypoint": "/x", "Cmd": "y", "Shell": "sh", "OnBuild": "RUN z" });
    assert_eq!(image.look().unwrap().files.0, 1);
}

#[test]
fn a_layer_with_another_digest_than_the_config_states_is_refused() {
    let image = Image::of([Layer::new().file("x", "1")]);
    let mut config: Value = serde_json::from_slice(&image.document()).unwrap();
    config["rootfs"]["diff_ids"] = json!([digest(b"other")]);
    let manifest = json!([{ "Config": "c.json", "Layers": ["l.tar"] }]);
    let archive = outer(&[
        ("l.tar", image.layers[0].clone()),
        ("c.json", config.to_string().into_bytes()),
        ("manifest.json", manifest.to_string().into_bytes()),
    ]);
    let error = analyse(archive.as_slice(), &[]).unwrap_err();
    assert!(
        chain(&error).contains("has the digest"),
        "{}",
        chain(&error)
    );
    assert!(error.hint().is_some());
}

#[test]
fn foreign_layers_and_attestations_are_left_out_with_a_note() {
    let image = Image::of([Layer::new().file("x", "1")]);
    let mut config: Value = serde_json::from_slice(&image.document()).unwrap();
    let diff_ids = config["rootfs"]["diff_ids"].as_array_mut().unwrap();
    diff_ids.insert(0, json!(digest(b"kept elsewhere")));
    let config = config.to_string().into_bytes();
    let foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
    let manifest = json!({
        "config": { "digest": digest(&config) },
        "layers": [
            { "mediaType": foreign, "digest": digest(b"elsewhere") },
            { "digest": digest(&image.layers[0]) },
        ],
    });
    let statement = b"{\"_type\":\"statement\"}".to_vec();
    let attestation = json!({
        "config": { "digest": digest(&config) },
        "layers": [{ "mediaType": "application/vnd.in-toto+json", "digest": digest(&statement) }],
    });
    let manifest = manifest.to_string().into_bytes();
    let named = digest(&manifest).replace("sha256:", "");
    let attestation = attestation.to_string().into_bytes();
    // Neither has a platform.
    let index = json!({ "manifests": [
        { "digest": digest(&manifest) }, { "digest": digest(&attestation) },
    ] });
    let blobs = [
        image.layers[0].clone(),
        config,
        manifest,
        statement,
        attestation,
    ];
    let seen = analyse(layout(&blobs, &index).as_slice(), &[]).unwrap();
    assert_eq!(seen.files.0, 1);
    assert_eq!(
        seen.notes,
        [
            &*format!("layers that `blobs/sha256/{named}` names as foreign are not read: 1"),
            "what attests the image is left out"
        ]
    );
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.tar"), layout(&blobs, &index)).unwrap();
    for (condition, code) in [("secrets", 3), ("size>1GB", 3), ("layers>9", 0)] {
        let ended = inspect(dir.path(), &["a.tar", "--fail-on", condition], None);
        assert_eq!(ended.code, Some(code), "{condition}: {}", ended.err);
    }
}

#[test]
fn capabilities_of_files_are_reported() {
    let layer = Layer::new()
        .with_attribute("bin/ping", "SCHILY.xattr.security.capability")
        .with_attribute("bin/other", "SCHILY.xattr.user.note");
    let seen = Image::of([layer]).look().unwrap();
    assert_eq!(seen.posture.file_capabilities, ["/bin/ping"]);
}
