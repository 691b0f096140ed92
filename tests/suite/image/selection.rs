//! Archives with several images, and with several platforms of one.

use std::fs;
use std::path::Path;

use plimsoll::oci::sha256_hex;
use serde_json::{Value, json};

use super::maker::{Image, Layer, digest};
use super::sources::{Ended, archive, inspect, layout, unpack};

pub(super) type Entries = Vec<(String, Vec<u8>)>;

/// An image whose files have so many bytes.
fn of_bytes(bytes: usize) -> Image {
    Image::of([Layer::new().file("file", vec![b'x'; bytes])])
}

fn config_name(image: &Image) -> String {
    sha256_hex(&image.document())
}

/// As `docker save` of several images writes it.
pub(super) fn saved(images: &[(&[&str], &Image)]) -> Entries {
    let (mut entries, mut manifest) = (Entries::new(), Vec::new());
    for (number, (tags, image)) in images.iter().enumerate() {
        let names: Vec<_> = (0..image.layers.len())
            .map(|layer| format!("{number}-{layer}/layer.tar"))
            .collect();
        entries.extend(names.iter().cloned().zip(image.layers.iter().cloned()));
        let config = format!("{}.json", config_name(image));
        manifest.push(json!({ "Config": config, "RepoTags": tags, "Layers": names }));
        entries.push((config, image.document()));
    }
    let manifest = Value::from(manifest).to_string().into_bytes();
    entries.push(("manifest.json".to_owned(), manifest));
    entries
}

fn three() -> [Image; 3] {
    [of_bytes(1), of_bytes(2), of_bytes(3)]
}

fn saved_three([one, two, three]: &[Image; 3]) -> Entries {
    saved(&[
        (&["alpine:3.20"], one),
        (&["x/alpine:3.20", "alpine:latest"], two),
        (&[], three),
    ])
}

/// The image whose files have so many bytes is selected.
fn assert_selects(folder: &Path, arguments: &[&str], bytes: u64) {
    let ended = inspect(folder, &[arguments, &["--format", "json"]].concat(), None);
    assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.err);
    let json: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(json["unpacked_bytes"], bytes, "{arguments:?}");
}

fn assert_refused(ended: &Ended, code: i32, parts: &[&str]) {
    assert_eq!(ended.code, Some(code), "{}", ended.err);
    for part in parts {
        assert!(ended.err.contains(part), "{part}: {}", ended.err);
    }
}

#[test]
fn an_image_of_several_is_selected_by_name_digest_or_number() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let images = three();
    let entries = saved_three(&images);
    fs::write(folder.join("all.tar"), archive(&entries)).unwrap();
    unpack(&entries, &folder.join("all"));
    let hex = config_name(&images[2]);
    let (whole, short) = (format!("sha256:{hex}"), format!("sha256:{}", &hex[..12]));
    for (name, bytes) in [
        ("alpine:3.20", 1),
        ("docker.io/library/alpine:3.20", 1),
        ("x/alpine:3.20", 2),
        ("alpine", 2),
        ("1", 1),
        ("3", 3),
        (&whole, 3),
        (&short, 3),
        (&hex, 3),
    ] {
        for form in ["all.tar", "./all"] {
            assert_selects(folder, &[form, "--image", name], bytes);
        }
    }
    let bytes = archive(&entries);
    let ended = inspect(folder, &["-", "--image", "x/alpine:3.20"], Some(&bytes));
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.contains("in the archive"), "{}", ended.out);
    assert!(ended.out.contains("x/alpine:3.20"), "{}", ended.out);
}

#[test]
fn an_image_that_is_not_named_or_not_there_is_answered_by_those_that_are() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let entries = saved_three(&three());
    fs::write(folder.join("all.tar"), archive(&entries)).unwrap();
    let ended = inspect(folder, &["all.tar"], None);
    let said = "failed to find one image in the archive: it holds 3";
    let hint = "hint: name one with --image: alpine:3.20, alpine:latest, 3";
    assert_refused(&ended, 1, &[said, hint]);
    for name in ["busybox", "y/alpine:3.20", "alpine:3.2", "4", "0"] {
        let ended = inspect(folder, &["all.tar", "--image", name], None);
        let said = format!("failed to find the image `{name}` in the archive: it holds none of");
        let hint = "hint: it has alpine:3.20, alpine:latest, 3";
        assert_refused(&ended, 1, &[&said, hint]);
    }
    let twice = ["all.tar", "--image", "1", "--image", "2"];
    let ended = inspect(folder, &twice, None);
    assert_refused(&ended, 2, &["--image is given too often"]);
}

#[test]
fn two_images_of_one_archive_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    fs::write(folder.join("a.tar"), archive(&saved_three(&three()))).unwrap();
    let arguments = ["a.tar", "--against", "a.tar", "--format", "json"];
    for (images, before, after) in [(&["3", "1"][..], 1, 3), (&["2"], 2, 2)] {
        let images = images.iter().flat_map(|image| ["--image", *image]);
        let arguments: Vec<_> = arguments.into_iter().chain(images).collect();
        let ended = inspect(folder, &arguments, None);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        let json: Value = serde_json::from_str(&ended.out).unwrap();
        let sizes = json!({ "before": before, "after": after });
        assert_eq!(json["unpacked"], sizes, "{arguments:?}");
    }
}

#[test]
fn a_layout_names_its_images_by_annotations() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let images = three();
    let platform = "linux/amd64";
    let images = images.each_ref().map(|image| (platform, image));
    let mut entries = layout(&images, <[u8]>::to_vec);
    let index = entries.iter_mut().find(|(name, _)| name == "index.json");
    let index = &mut index.unwrap().1;
    let mut document: Value = serde_json::from_slice(index).unwrap();
    let list = document["manifests"].as_array_mut().unwrap();
    list[0]["annotations"] = json!({ "org.opencontainers.image.ref.name": "v1" });
    list[1]["annotations"] = json!({
        "org.opencontainers.image.ref.name": "v2",
        "io.containerd.image.name": "docker.io/library/app:v2",
    });
    let manifest = list[2]["digest"].as_str().unwrap().to_owned();
    *index = document.to_string().into_bytes();
    unpack(&entries, &folder.join("layout"));
    fs::write(folder.join("layout.tar"), archive(&entries)).unwrap();
    for form in ["layout", "layout.tar"] {
        for (name, bytes) in [
            ("v1", 1),
            ("app:v2", 2),
            ("docker.io/library/app:v2", 2),
            ("2", 2),
            (&manifest, 3),
        ] {
            assert_selects(folder, &[form, "--image", name], bytes);
        }
        let ended = inspect(folder, &[form], None);
        let hint = "hint: name one with --image: v1, docker.io/library/app:v2, 3";
        assert_refused(&ended, 1, &["it holds 3", hint]);
        let ended = inspect(folder, &[form, "--image", "x/app:v2"], None);
        assert_refused(&ended, 1, &["failed to find the image `x/app:v2`"]);
    }
}

/// As an engine with the containerd store saves an image of several platforms: the index has all
/// of them, and `manifest.json` the first.
pub(super) fn platforms(images: &[(&str, &Image)]) -> Vec<u8> {
    let mut entries = layout(images, <[u8]>::to_vec);
    let place = |entries: &Entries, name: &str| {
        let found = entries.iter().position(|(entry, _)| entry == name);
        found.unwrap_or_else(|| panic!("no {name}"))
    };
    let blob = |descriptor: &Value| {
        let digest = descriptor["digest"].as_str().unwrap();
        format!("blobs/{}", digest.replace(':', "/"))
    };
    let at = place(&entries, "index.json");
    let (_, inner) = entries.remove(at);
    let index: Value = serde_json::from_slice(&inner).unwrap();
    let at = place(&entries, &blob(&index["manifests"][0]));
    let first: Value = serde_json::from_slice(&entries[at].1).unwrap();
    let layers = first["layers"].as_array().unwrap().iter().map(blob);
    let layers: Vec<_> = layers.collect();
    let manifest = json!([{ "Config": blob(&first["config"]), "RepoTags": ["app:1"],
        "Layers": layers }]);
    let outer = json!({ "schemaVersion": 2, "manifests": [{ "digest": digest(&inner),
        "annotations": { "io.containerd.image.name": "docker.io/library/app:1" } }] });
    entries.push((blob(&outer["manifests"][0]), inner));
    entries.push(("index.json".to_owned(), outer.to_string().into_bytes()));
    let manifest = manifest.to_string().into_bytes();
    entries.push(("manifest.json".to_owned(), manifest));
    archive(&entries)
}

#[test]
fn each_platform_that_an_engine_saved_is_selected() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let [one, two, _] = three();
    let bytes = platforms(&[("linux/amd64", &one), ("linux/arm64", &two)]);
    fs::write(folder.join("app.tar"), bytes).unwrap();
    for (arguments, bytes) in [
        (&[][..], 1),
        (&["--platform", "linux/amd64"], 1),
        (&["--platform", "linux/arm64"], 2),
        (&["--image", "app:1"], 1),
        (&["--image", "app:1", "--platform", "linux/arm64"], 2),
        (&["--image", "1", "--platform", "linux/arm64"], 2),
    ] {
        assert_selects(folder, &[&["app.tar"], arguments].concat(), bytes);
    }
    let ended = inspect(folder, &["app.tar", "--platform", "linux/s390x"], None);
    let said = "failed to find one image of linux/s390x in the archive: it holds none";
    assert_refused(&ended, 1, &[said, "hint: it has linux/amd64, linux/arm64"]);
}

/// A layout whose index names its images, each with a platform.
pub(super) fn named_layout(images: &[(&str, &str, &Image)]) -> Vec<u8> {
    let of_platforms: Vec<_> = { images.iter() }
        .map(|(_, platform, image)| (*platform, *image))
        .collect();
    let mut entries = layout(&of_platforms, <[u8]>::to_vec);
    let index = entries.iter_mut().find(|(name, _)| name == "index.json");
    let index = &mut index.unwrap().1;
    let mut document: Value = serde_json::from_slice(index).unwrap();
    let list = document["manifests"].as_array_mut().unwrap();
    for (manifest, (name, ..)) in list.iter_mut().zip(images) {
        manifest["annotations"] = json!({ "org.opencontainers.image.ref.name": name });
    }
    *index = document.to_string().into_bytes();
    archive(&entries)
}

#[test]
fn a_name_of_digits_is_a_name_unless_an_image_has_the_number() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let [one, two, _] = three();
    let amd64 = "linux/amd64";
    let bytes = named_layout(&[("20", amd64, &one), ("18", amd64, &two)]);
    fs::write(folder.join("num.tar"), bytes).unwrap();
    let ended = inspect(folder, &["num.tar"], None);
    assert_refused(
        &ended,
        1,
        &["it holds 2", "hint: name one with --image: 1, 2"],
    );
    for (name, bytes) in [("1", 1), ("2", 2), ("20", 1), ("18", 2), ("02", 2)] {
        assert_selects(folder, &["num.tar", "--image", name], bytes);
    }
    for name in ["+2", "0", "3"] {
        let ended = inspect(folder, &["num.tar", "--image", name], None);
        let said = format!("failed to find the image `{name}`");
        assert_refused(&ended, 1, &[&said, "hint: it has 1, 2"]);
    }
    // The name of one is the number of the other.
    let bytes = named_layout(&[("2", amd64, &one), ("1", amd64, &two)]);
    fs::write(folder.join("num21.tar"), bytes).unwrap();
    assert_selects(folder, &["num21.tar", "--image", "1"], 1);
    let ended = inspect(folder, &["num21.tar", "--image", "1"], None);
    let note = "1 is the number of this image; the image with the name `1` has the number 2";
    assert_refused(&ended, 0, &[note]);
}

#[test]
fn images_of_one_name_are_selected_by_number() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let [one, two, _] = three();
    let amd64 = "linux/amd64";
    let long = "docker.io/library/alpine:3";
    for (file, bytes, name) in [
        (
            "dup.tar",
            archive(&saved(&[(&["a:1"], &one), (&["a:1"], &two)])),
            "a:1",
        ),
        (
            "canon.tar",
            archive(&saved(&[(&["alpine:3"], &one), (&[long], &two)])),
            "alpine:3",
        ),
        (
            "oci.tar",
            named_layout(&[("latest", amd64, &one), ("latest", amd64, &two)]),
            "latest",
        ),
    ] {
        fs::write(folder.join(file), bytes).unwrap();
        for arguments in [&[file][..], &[file, "--image", name]] {
            let ended = inspect(folder, arguments, None);
            let hint = "hint: name one with --image: 1, 2";
            assert_refused(&ended, 1, &["it holds 2", hint]);
        }
        for (number, bytes) in [("1", 1), ("2", 2)] {
            assert_selects(folder, &[file, "--image", number], bytes);
        }
    }
}

#[test]
fn a_wrong_name_is_answered_by_the_names_and_then_by_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let [one, two, three] = three();
    let bytes = named_layout(&[
        ("20", "linux/amd64", &three),
        ("app:1", "linux/amd64", &one),
        ("app:1", "linux/arm64", &two),
    ]);
    fs::write(folder.join("app.tar"), bytes).unwrap();
    let ended = inspect(folder, &["app.tar", "--image", "nope"], None);
    assert_refused(&ended, 1, &["hint: it has app:1, 1\n"]);
    let ended = inspect(folder, &["app.tar", "--image", "app:1"], None);
    let hint = "hint: name one with --platform: linux/amd64, linux/arm64";
    assert_refused(&ended, 1, &["it holds 2", hint]);
}

/// Titles and JSON say which images of an archive are meant.
#[test]
fn what_was_selected_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let [one, two, _] = three();
    let entries = saved(&[(&["a:1"], &one), (&["b:1"], &two)]);
    fs::write(folder.join("two.tar"), archive(&entries)).unwrap();
    let image = ["two.tar", "--image", "a:1"];
    for (arguments, title) in [
        (
            &["--against", "two.tar", "--image", "b:1"][..],
            "two.tar (a:1) against two.tar (b:1)",
        ),
        (&["--packages"], "Packages of two.tar (a:1)"),
        (&["--layer", "1"], "Files in the layers of two.tar (a:1)"),
        (&["--path", "*"], "Files in the layers of two.tar (a:1)"),
        (&["--fail-on", "files>100"], "Conditions on two.tar (a:1)"),
    ] {
        let ended = inspect(folder, &[&image, arguments].concat(), None);
        assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.err);
        assert!(ended.out.contains(title), "{arguments:?}: {}", ended.out);
    }
    let json = |arguments: &[&str]| -> Value {
        let arguments = [&image, arguments, &["--format", "json"]].concat();
        serde_json::from_str(&inspect(folder, &arguments, None).out).unwrap()
    };
    let growth = json(&["--against", "two.tar", "--image", "b:1"]);
    assert_eq!(growth["selected"], "a:1");
    assert_eq!(growth["against_selected"], "b:1");
    assert_eq!(json(&["--layer", "1"])["selected"], "a:1");
}
