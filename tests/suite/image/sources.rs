//! `plimsoll inspect` of files, folders and standard input, where no engine is.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use walkdir::WalkDir;

use super::maker::{Image, Layer, digest, gzip, outer, zstd};

pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

/// Runs the program in a folder; nothing listens where the engine would be.
pub(super) fn inspect(folder: &Path, arguments: &[&str], stdin: Option<&[u8]>) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["inspect"])
        .args(arguments)
        .current_dir(folder)
        .env("DOCKER_HOST", "unix:///nowhere/plimsoll.sock")
        .env("HOME", folder.join("home"))
        .env_remove("XDG_CACHE_HOME")
        .stdin(if stdin.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    if let (Some(bytes), Some(mut pipe)) = (stdin, child.stdin.take()) {
        pipe.write_all(bytes).unwrap();
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended {
        code: output.status.code(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// What is reported of it, without the name by which it was asked for and what only packed
/// layers have.
fn reported(folder: &Path, arguments: &[&str], stdin: Option<&[u8]>) -> Value {
    let ended = inspect(folder, &[arguments, &["--format", "json"]].concat(), stdin);
    assert_eq!(ended.code, Some(0), "{arguments:?}: {}", ended.err);
    let mut json: Value = serde_json::from_str(&ended.out).unwrap();
    json["image"] = Value::Null;
    json["packed_bytes"] = Value::Null;
    for layer in json["layers"].as_array_mut().unwrap() {
        layer["packed_bytes"] = Value::Null;
        layer["blob"] = Value::Null;
    }
    json
}

/// Everything below a folder, with the lengths of files.
fn entries(folder: &Path) -> Vec<(PathBuf, Option<u64>)> {
    let found = WalkDir::new(folder).sort_by_file_name().into_iter();
    let entries = found.map(|entry| {
        let entry = entry.unwrap();
        let is_file = entry.file_type().is_file();
        let length = is_file.then(|| entry.metadata().unwrap().len());
        (entry.into_path(), length)
    });
    entries.collect()
}

/// What is reported of it; nothing is written to the folder, which has the HOME in it.
fn reported_and_unchanged(folder: &Path, arguments: &[&str], stdin: Option<&[u8]>) -> Value {
    let before = entries(folder);
    let found = reported(folder, arguments, stdin);
    assert_eq!(entries(folder), before, "{arguments:?}");
    found
}

fn image() -> Image {
    let mut image = Image::of([
        Layer::new()
            .file("etc/passwd", "root:x:0:0::/:/bin/sh\n")
            .file("big", vec![7; 1 << 20]),
        Layer::new()
            .file("app/index.ts", "let x;")
            .file(".wh.big", ""),
    ]);
    image.history = vec!["ADD rootfs.tar /".to_owned(), "COPY . /app".to_owned()];
    image
}

/// The entries of a layout of images by platform.
pub(super) fn layout(
    images: &[(&str, &Image)],
    pack: fn(&[u8]) -> Vec<u8>,
) -> Vec<(String, Vec<u8>)> {
    let mut entries: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |bytes: Vec<u8>| {
        let digest = digest(&bytes);
        let descriptor = json!({ "mediaType": "any", "digest": digest, "size": bytes.len() });
        entries.push((format!("blobs/{}", digest.replace(':', "/")), bytes));
        descriptor
    };
    let mut manifests = Vec::new();
    for (platform, image) in images {
        let mut words = platform.split('/');
        let (os, architecture) = (words.next().unwrap(), words.next().unwrap());
        let mut config: Value = serde_json::from_slice(&image.document()).unwrap();
        config["os"] = json!(os);
        config["architecture"] = json!(architecture);
        if let Some(variant) = words.next() {
            config["variant"] = json!(variant);
        }
        let layers: Vec<_> = image.layers.iter().map(|layer| add(pack(layer))).collect();
        let config = add(config.to_string().into_bytes());
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": layers,
            "annotations": { "org.opencontainers.image.base.name": "base:1" } });
        let mut manifest = add(manifest.to_string().into_bytes());
        manifest["platform"] = json!({ "os": os, "architecture": architecture });
        manifests.push(manifest);
    }
    let index = json!({ "schemaVersion": 2, "manifests": manifests });
    entries.push(("index.json".to_owned(), index.to_string().into_bytes()));
    entries.push((
        "oci-layout".to_owned(),
        br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec(),
    ));
    entries
}

pub(super) fn archive(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let entries: Vec<_> = { entries.iter() }
        .map(|(name, bytes)| (name.as_str(), bytes.clone()))
        .collect();
    outer(&entries)
}

pub(super) fn unpack(entries: &[(String, Vec<u8>)], folder: &Path) {
    for (name, bytes) in entries {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn every_form_of_an_image_gives_the_same_report_without_an_engine() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    fs::create_dir(folder.join("home")).unwrap();
    fs::write(folder.join("home/kept"), "1").unwrap();
    let image = image();
    let saved = image.saved();
    fs::write(folder.join("saved.tar"), &saved).unwrap();
    let expected = reported_and_unchanged(folder, &["saved.tar"], None);
    assert_eq!(expected["waste_bytes"], 1 << 20);
    assert_eq!(expected["waste"]["paths"][0]["path"], "/big");
    assert_eq!(expected["history"][1]["layer"], 2);
    for (name, bytes) in [
        ("saved.tar.gz", gzip(&saved)),
        ("saved.tar.zst", zstd(&saved)),
    ] {
        fs::write(folder.join(name), &bytes).unwrap();
        let from_file = reported_and_unchanged(folder, &[name], None);
        assert_eq!(from_file, expected, "{name}");
        let from_stdin = reported_and_unchanged(folder, &["-"], Some(&bytes));
        assert_eq!(from_stdin, expected, "{name} on stdin");
    }
    let from_stdin = reported_and_unchanged(folder, &["-"], Some(&saved));
    assert_eq!(from_stdin, expected, "stdin");
    let plain = |bytes: &[u8]| bytes.to_vec();
    for (kind, pack) in [
        ("plain", plain as fn(&[u8]) -> Vec<u8>),
        ("gzip", gzip),
        ("zstd", zstd),
    ] {
        let entries = layout(&[("linux/amd64", &image)], pack);
        unpack(&entries, &folder.join(kind));
        let mut expected = expected.clone();
        let from_folder = reported_and_unchanged(folder, &[kind], None);
        // Its config has a platform, and its manifest a base.
        for key in ["id", "platform", "base"] {
            expected[key] = from_folder[key].clone();
        }
        assert_eq!(from_folder, expected, "{kind}");
        assert_eq!(from_folder["platform"], "linux/amd64");
        assert_eq!(from_folder["base"]["reference"], "base:1");
        let file = format!("{kind}.oci.tar");
        fs::write(folder.join(&file), archive(&entries)).unwrap();
        let from_file = reported_and_unchanged(folder, &[&file], None);
        assert_eq!(from_file, expected, "{file}");
        let bytes = fs::read(folder.join(&file)).unwrap();
        let from_stdin = reported_and_unchanged(folder, &["-"], Some(&bytes));
        assert_eq!(from_stdin, expected, "{file} on stdin");
    }
}

#[test]
fn packed_layers_have_two_sizes() {
    let dir = tempfile::tempdir().unwrap();
    let image = image();
    let entries = layout(&[("linux/amd64", &image)], gzip);
    fs::write(dir.path().join("a.tar"), archive(&entries)).unwrap();
    let ended = inspect(dir.path(), &["a.tar", "--format", "json"], None);
    let json: Value = serde_json::from_str(&ended.out).unwrap();
    let packed: Vec<u64> = { image.layers.iter() }
        .map(|layer| gzip(layer).len() as u64)
        .collect();
    assert_eq!(json["layers"][0]["packed_bytes"], packed[0]);
    assert_eq!(json["layers"][0]["blob"], digest(&gzip(&image.layers[0])));
    assert_eq!(json["layers"][0]["digest"], digest(&image.layers[0]));
    assert_eq!(json["packed_bytes"], packed.iter().sum::<u64>());
}

#[test]
fn a_platform_is_chosen_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let other = Image::of([Layer::new().file("arm", "12")]);
    let images = [("linux/amd64", &image()), ("linux/arm64/v8", &other)];
    fs::write(folder.join("both.tar"), archive(&layout(&images, gzip))).unwrap();
    for platform in ["linux/arm64", "linux/arm64/v8"] {
        let found = reported(folder, &["both.tar", "--platform", platform], None);
        assert_eq!(found["unpacked_bytes"], 2, "{platform}");
        assert_eq!(found["platform"], "linux/arm64/v8");
    }
    let none = inspect(folder, &["both.tar", "--platform", "linux/arm"], None);
    assert_eq!(none.code, Some(1));
    assert!(
        none.err
            .contains("hint: it has linux/amd64, linux/arm64/v8"),
        "{}",
        none.err
    );
    let both = inspect(folder, &["both.tar"], None);
    assert_eq!(both.code, Some(1));
    let hint = "hint: name one with --platform: linux/amd64, linux/arm64/v8";
    assert!(both.err.contains(hint), "{}", both.err);
}

#[test]
fn a_base_from_a_file_sets_its_layers_apart() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let whole = image();
    let base = Image {
        layers: whole.layers[..1].to_vec(),
        config: json!({}),
        history: Vec::new(),
    };
    let other = Image::of([Layer::new().file("x", "1")]);
    for (name, image) in [
        ("whole.tar", &whole),
        ("base.tar", &base),
        ("other.tar", &other),
    ] {
        fs::write(folder.join(name), image.saved()).unwrap();
    }
    let found = reported(folder, &["whole.tar", "--base", "base.tar"], None);
    assert_eq!(found["base"]["layers"], 1);
    assert_eq!(found["base"]["evidence"], "given");
    assert_eq!(found["layers"][0]["of_base"], true);
    assert_eq!(found["layers"][1]["of_base"], false);
    let ended = inspect(folder, &["whole.tar", "--base", "other.tar"], None);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .err
            .contains("`other.tar` is not the base of `whole.tar`"),
        "{}",
        ended.err
    );
    assert!(
        ended.err.contains("differ from layer 1 on"),
        "{}",
        ended.err
    );
}

#[test]
fn what_is_no_image_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    fs::write(folder.join("text"), "hello").unwrap();
    let saved = image().saved();
    fs::write(folder.join("short.tar"), &saved[..saved.len() / 2]).unwrap();
    fs::create_dir(folder.join("empty")).unwrap();
    for (name, said) in [
        ("text", "failed to read the image archive"),
        ("short.tar", "failed to read the image archive"),
        ("./none.tar", "failed to open ./none.tar"),
        ("./empty", "it has neither `manifest.json` nor `index.json`"),
    ] {
        let ended = inspect(folder, &[name], None);
        assert_eq!(ended.code, Some(1), "{name}");
        assert!(ended.err.contains(said), "{name}: {}", ended.err);
    }
}

/// One screen of a terminal.
#[test]
fn an_image_of_many_layers_fits_one_screen_and_all_shows_everything() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path();
    let mut image = Image::of([]);
    for number in 0..60 {
        let layer = Layer::new()
            .file(&format!("app/{number}/a"), vec![b'x'; 1000 + number])
            .file("app/again", vec![b'y'; 10 + number]);
        image.layers.push(layer.bytes());
        image.history.push(format!(
            "RUN make part {number} {}",
            "of a long line ".repeat(30)
        ));
    }
    image.history.remove(0);
    fs::write(folder.join("a.tar"), image.saved()).unwrap();
    let short = inspect(folder, &["a.tar"], None);
    assert!(short.out.lines().count() <= 50, "{}", short.out);
    assert!(
        short.out.lines().all(|line| line.chars().count() <= 150),
        "{}",
        short.out
    );
    assert!(short.out.contains("52 lighter layers"), "{}", short.out);
    let all = inspect(folder, &["a.tar", "--all"], None);
    for number in 0..60 {
        let line = format!("RUN make part {number} {}", "of a long line ".repeat(30));
        assert!(all.out.contains(line.trim_end()), "{}", all.out);
    }
    // As wasted by path and by file, and as a name of each layer.
    let again = all.out.matches("/app/again").count();
    assert_eq!(again, 59 * 2 + 60, "{}", all.out);
}
