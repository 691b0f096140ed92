//! Archives that make no sense: the error names what was read, and nothing panics.

use plimsoll::image::analyse;
use serde_json::json;

use super::maker::{Image, Layer, chain, digest, gzip, outer};

fn refused(archive: &[u8]) -> String {
    chain(&analyse(archive, &[]).unwrap_err())
}

fn with(entries: &[(&str, &str)]) -> String {
    let entries: Vec<_> = entries
        .iter()
        .map(|(name, text)| (*name, text.as_bytes().to_vec()))
        .collect();
    refused(&outer(&entries))
}

#[test]
fn each_error_names_what_was_read() {
    let manifest = r#"[{"Config": "c.json", "Layers": ["l.tar"]}]"#;
    let config = r#"{"rootfs": {"diff_ids": ["sha256:0"]}}"#;
    let text = "no tar";
    let cases = [
        with(&[]),
        refused(b"no archive at all"),
        refused(&[b'x'; 2000]),
        with(&[("manifest.json", "[{")]),
        with(&[("manifest.json", "[]")]),
        with(&[("manifest.json", r#"[{"Config": "a"}, {"Config": "b"}]"#)]),
        with(&[("manifest.json", manifest), ("l.tar", "")]),
        with(&[("manifest.json", manifest), ("c.json", config)]),
        with(&[
            ("manifest.json", manifest),
            ("c.json", config),
            ("l.tar", text),
        ]),
        with(&[
            ("manifest.json", manifest),
            ("c.json", r#"{"config": 3}"#),
            ("l.tar", ""),
        ]),
        with(&[
            ("manifest.json", manifest),
            ("c.json", r#"{"rootfs": {"diff_ids": []}}"#),
            ("l.tar", ""),
        ]),
        with(&[("index.json", r#"{"manifests": [{"digest": "sha256:12"}]}"#)]),
        with(&[("index.json", r#"{"manifests": []}"#)]),
    ];
    let cases = cases.join("\n").replace(&"x".repeat(100), "x…");
    insta::assert_snapshot!(cases, @r"
    failed to find one image in the archive: it has neither `manifest.json` nor `index.json`
    failed to read the image archive at its beginning: failed to read entire block
    failed to read the image archive at its beginning: numeric field was not a number: xxxxxxxx when getting cksum for x…
    failed to read `manifest.json` of the image archive: EOF while parsing an object at line 1 column 2
    failed to find one image in the archive: it holds none
    failed to find one image in the archive: it holds 2
    failed to find `c.json`, which `manifest.json` names: it is not in the archive
    failed to find `l.tar`, which `manifest.json` names: it is not in the archive
    failed to find `l.tar`, which `manifest.json` names: it is neither a tar nor one packed with gzip or zstd
    failed to read `c.json` of the image archive: invalid type: integer `3`, expected struct Config at line 1 column 12
    failed to put the image together: `manifest.json` names 1 layers, `c.json` 0
    failed to find `blobs/sha256/12`, which `index.json` names: it is not in the archive
    failed to find one image in the archive: it holds none
    ");
}

#[test]
fn each_layer_that_makes_no_sense_is_named() {
    let of = |layer: Layer| chain(&Image::of([layer]).look().unwrap_err());
    let cases = [
        of(Layer::new().link("a", "b").link("b", "a").file("a/x", "1")),
        of(Layer::new().folder("d/").hard_link("h", "d")),
        of(Layer::new().hard_link("h", "../nothing")),
        of(Layer::new().hard_link("h", "")),
        of(Layer::new().link("s", "")),
        of(Layer::new().file("a/.wh.", "")),
        of(Layer::new().link("s", &"a/".repeat(40)).long(
            &format!("s/{}", "b/".repeat(2046)),
            true,
            b"1",
        )),
        of(Layer::new().long(&"a".repeat(5000), true, b"1")),
        of(Layer::new()
            .link("s", "a")
            .hard_link("h", "s")
            .long_link(&"a".repeat(5000))),
    ];
    let cases = cases.join("\n").replace(&"a".repeat(200), "aaa");
    insta::assert_snapshot!(cases.replace(&"b/".repeat(99), "b/b"), @r"
    failed to place `a/x` of the layer `0/layer.tar`: it lies behind a loop of symbolic links
    failed to place `h` of the layer `0/layer.tar`: it is a hard link to a folder
    failed to place `h` of the layer `0/layer.tar`: it is a hard link to nothing
    failed to place `h` of the layer `0/layer.tar`: it is a hard link to nothing
    failed to place `s` of the layer `0/layer.tar`: it is a symbolic link to nothing
    failed to place `a/.wh.` of the layer `0/layer.tar`: its whiteout names nothing
    failed to place `s/b/b…` of the layer `0/layer.tar`: its path is longer than 4096 bytes
    failed to place `aaa…` of the layer `0/layer.tar`: its name is longer than a path can be
    failed to place `long` of the layer `0/layer.tar`: its target is longer than a path can be
    ");
}

#[test]
fn what_is_cut_short_is_never_taken_for_whole() {
    let image = Image::of([
        Layer::new().file("a", vec![1; 3000]).file("b", "12"),
        Layer::new().file("c", "1"),
    ]);
    let whole = image.saved();
    let seen = image.look().unwrap();
    for end in (0..whole.len()).step_by(97) {
        match analyse(&whole[..end], &[]) {
            // All but the zeros at the end was there.
            Ok(cut) => assert!(
                cut == seen && whole[end..].iter().all(|byte| *byte == 0),
                "{end}"
            ),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    // A layer that is cut within an archive that is not.
    let mut cut = Image::of([Layer::new()]);
    cut.layers[0] = image.layers[0][..1024].to_vec();
    assert!(
        chain(&cut.look().unwrap_err()).contains("0/layer.tar"),
        "{}",
        chain(&cut.look().unwrap_err())
    );
    let packed = gzip(&image.layers[0]);
    for end in [
        packed.len() - 1,
        packed.len() - 9,
        packed.len() / 2,
        30,
        12,
        3,
    ] {
        cut.layers[0] = packed[..end].to_vec();
        let error = chain(&cut.look().unwrap_err());
        assert!(error.contains("0/layer.tar"), "{end}: {error}");
    }
}

#[test]
fn single_bytes_that_are_wrong_end_in_an_answer() {
    let image = Image::of([Layer::new()
        .file("a", "12345")
        .hard_link("b", "a")
        .long(&"x".repeat(150), false, b"1")
        .long(&"y".repeat(150), true, b"1")]);
    let whole = image.saved();
    for at in (0..whole.len()).step_by(13) {
        let mut odd = whole.clone();
        odd[at] ^= 0x55;
        // An answer or an error: what matters is that there is one.
        if let Err(error) = analyse(odd.as_slice(), &[]) {
            assert!(!chain(&error).is_empty());
        }
    }
}

#[test]
fn a_broken_layer_of_another_image_does_not_matter() {
    let image = Image::of([Layer::new().file("a", "1")]);
    let mut broken = Layer::new().file("x", vec![1; 2000]).bytes();
    broken.truncate(1500);
    let manifest = json!([{ "Config": "c.json", "Layers": ["l.tar"] }]).to_string();
    let archive = outer(&[
        ("other.tar", broken),
        ("l.tar", image.layers[0].clone()),
        ("c.json", image.document()),
        ("manifest.json", manifest.into_bytes()),
    ]);
    assert_eq!(analyse(archive.as_slice(), &[]).unwrap().files.0, 1);
}

#[test]
fn one_of_several_platforms_is_not_chosen_by_chance() {
    let config = json!({ "rootfs": { "diff_ids": [] } }).to_string();
    let other = json!({ "rootfs": { "diff_ids": [] }, "os": "other" }).to_string();
    let mut entries = Vec::new();
    let mut manifests = Vec::new();
    for config in [config, other] {
        let manifest = json!({ "config": { "digest": digest(config.as_bytes()) }, "layers": [] });
        for text in [manifest.to_string(), config] {
            let name = format!("blobs/{}", digest(text.as_bytes()).replace(':', "/"));
            entries.push((name, text.into_bytes()));
        }
        manifests.push(json!({ "digest": digest(manifest.to_string().as_bytes()) }));
    }
    let index = json!({ "manifests": manifests }).to_string();
    entries.push(("index.json".to_owned(), index.into_bytes()));
    let entries: Vec<_> = entries
        .iter()
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    let error = refused(&outer(&entries));
    assert_eq!(error, "failed to find one image in the archive: it holds 2");
}
