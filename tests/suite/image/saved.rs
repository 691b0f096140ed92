//! Analyses that were saved as JSON and are opened again, without the image.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::maker::{Image, Layer};
use super::sources::{Ended, inspect};

/// Waste, a key, a setuid file, packages, a broken archive, an environment and instructions.
fn image(bytes: usize) -> Image {
    let key = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n",
        "aB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJ".repeat(3)
    );
    let package = r#"{"name": "left-pad", "version": "1.3.0"}"#;
    let mut image = Image::of([
        Layer::new()
            .file("app/key.pem", key)
            .program("usr/bin/su", 0o4755)
            .file("app/node_modules/left-pad/package.json", package)
            .file("app/broken.jar", "no archive")
            .file("app/\u{1b}[31m\u{202e}name", "1")
            .file("big", vec![b'x'; bytes]),
        Layer::new()
            .file("big", vec![b'y'; 30_000])
            .file("app/.wh.key.pem", ""),
    ]);
    image.history = vec!["COPY . /app".to_owned(), "RUN make".to_owned()];
    image.config = serde_json::json!({ "User": "", "Env": ["PATH=/usr/bin"] });
    image
}

/// A folder with two images and their saved analyses.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in [("a", 20_000), ("b", 25_001)] {
        let tar = format!("{name}.tar");
        fs::write(dir.path().join(&tar), image(bytes).saved()).unwrap();
        let ended = inspect(dir.path(), &[&tar, "--format", "json"], None);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        fs::write(dir.path().join(format!("{name}.json")), ended.out).unwrap();
    }
    dir
}

fn run(folder: &Path, image: &str, arguments: &[&str]) -> Ended {
    inspect(folder, &[&[image], arguments].concat(), None)
}

const GATE: &str = "secrets,root,setuid,waste>5%,size>60MB,packages>0,files>100";

#[test]
fn every_form_is_the_same_byte_by_byte() {
    let dir = folder();
    let folder = dir.path();
    for arguments in [
        &[][..],
        &["--all"],
        &["--format", "md"],
        &["--format", "md", "--all"],
        &["--format", "json"],
        &["--packages"],
        &["--packages", "--format", "json"],
        &["--fail-on", GATE],
        &["--fail-on", GATE, "--format", "json"],
        &["--fail-on", GATE, "--format", "junit"],
        &["--fail-on", GATE, "--format", "sarif"],
        &["--fail-on", GATE, "--format", "annotations"],
        &["--fail-on", "size>60MB"],
    ] {
        let (image, saved) = (
            run(folder, "a.tar", arguments),
            run(folder, "a.json", arguments),
        );
        assert_eq!(saved.code, image.code, "{arguments:?}: {}", saved.err);
        assert_eq!(saved.out, image.out, "{arguments:?}");
        assert!(!saved.out.is_empty(), "{arguments:?}");
    }
    let failed = run(folder, "a.json", &["--fail-on", "root"]);
    assert_eq!(failed.code, Some(3), "{}", failed.err);
    let text = fs::read(folder.join("a.json")).unwrap();
    let from_stdin = inspect(folder, &["-"], Some(&text));
    assert_eq!(from_stdin.out, run(folder, "a.tar", &[]).out);
}

/// An image may be removed once it is analyzed.
#[test]
fn two_saved_analyses_are_compared_except_for_their_files() {
    let dir = folder();
    let folder = dir.path();
    let compare = |image, against| {
        let ended = run(folder, image, &["--against", against, "--format", "json"]);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        serde_json::from_str::<Value>(&ended.out).unwrap()
    };
    let images = compare("b.tar", "a.tar");
    assert_eq!(images["without_paths"], false);
    for (image, against) in [
        ("b.json", "a.json"),
        ("b.tar", "a.json"),
        ("b.json", "a.tar"),
    ] {
        let mut saved = compare(image, against);
        assert_eq!(saved["without_paths"], true);
        assert_eq!(saved["paths"], serde_json::json!([]));
        for key in ["without_paths", "paths", "unlisted_files"] {
            saved[key] = images[key].clone();
        }
        assert_eq!(saved, images, "{image} against {against}");
    }
    let text = run(folder, "b.json", &["--against", "a.json"]);
    assert!(text.out.contains("Files are not compared"), "{}", text.out);
}

#[test]
fn what_an_analysis_does_not_have_is_refused() {
    let dir = folder();
    let folder = dir.path();
    for (arguments, said) in [
        (
            &["--layer", "1"][..],
            "does not have the files of the layers",
        ),
        (&["--path", "*.js"], "does not have the files of the layers"),
        (&["--image", "x"], "is in no archive with several images"),
        (
            &["--platform", "linux/arm64"],
            "is the analysis of an image of unknown/unknown",
        ),
    ] {
        let ended = run(folder, "a.json", arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.err);
        assert!(ended.err.contains(said), "{arguments:?}: {}", ended.err);
    }
    let whole = fs::read_to_string(folder.join("a.json")).unwrap();
    let mut other: Value = serde_json::from_str(&whole).unwrap();
    other["schema_version"] = 2.into();
    fs::write(folder.join("newer.json"), other.to_string()).unwrap();
    fs::write(folder.join("other.json"), "{\"files\": []}").unwrap();
    fs::write(folder.join("short.json"), &whole[..whole.len() / 2]).unwrap();
    for (name, said) in [
        (
            "newer.json",
            "it has the schema version 2, and this plimsoll reads 1",
        ),
        ("other.json", "it is no analysis of an image"),
        ("short.json", "it is not a whole analysis"),
    ] {
        let ended = run(folder, name, &[]);
        assert_eq!(ended.code, Some(1), "{name}: {}", ended.err);
        let first = format!("error: failed to read the saved analysis `{name}`");
        for part in [first.as_str(), said, "hint: "] {
            assert!(ended.err.contains(part), "{part}: {}", ended.err);
        }
    }
    // A sparse file takes no memory.
    let large = fs::File::create(folder.join("large.json")).unwrap();
    std::io::Write::write_all(&mut &large, &[b' '; 600]).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&large, b"{", 0).unwrap();
    large.set_len(1 << 40).unwrap();
    let ended = run(folder, "large.json", &[]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("it has more than"), "{}", ended.err);
}

#[test]
fn a_saved_analysis_takes_a_base() {
    let dir = folder();
    let folder = dir.path();
    let base = Image {
        layers: image(20_000).layers[..1].to_vec(),
        config: serde_json::json!({}),
        history: Vec::new(),
    };
    fs::write(folder.join("base.tar"), base.saved()).unwrap();
    let arguments = ["--base", "base.tar"];
    let (image, saved) = (
        run(folder, "a.tar", &arguments),
        run(folder, "a.json", &arguments),
    );
    assert_eq!(saved.code, Some(0), "{}", saved.err);
    assert_eq!(saved.out, image.out);
    assert!(saved.out.contains("given with --base"), "{}", saved.out);
}

#[test]
fn one_selection_for_two_analyses_is_refused() {
    let dir = folder();
    let folder = dir.path();
    let image = ["--image", "a:b"];
    let ended = run(
        folder,
        "a.json",
        &[&["--against", "b.json"], &image[..]].concat(),
    );
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    let said = "neither `a.json` nor `b.json` is in an archive with several images";
    for part in [said, "hint: leave out --image"] {
        assert!(ended.err.contains(part), "{part}: {}", ended.err);
    }
    // It selects one of the archive.
    let ended = run(
        folder,
        "a.json",
        &[&["--against", "b.tar"], &image[..]].concat(),
    );
    assert_eq!(ended.code, Some(0), "{}", ended.err);
}

#[test]
fn a_saved_analysis_and_an_archive_with_one_image_are_bases() {
    let dir = folder();
    let folder = dir.path();
    let (one, two) = (image(20_000), image(25_001));
    let base = Image {
        layers: one.layers[..1].to_vec(),
        config: serde_json::json!({}),
        history: Vec::new(),
    };
    fs::write(folder.join("base.tar"), base.saved()).unwrap();
    let analysis = run(folder, "base.tar", &["--format", "json"]).out;
    fs::write(folder.join("base.json"), &analysis).unwrap();
    let expected = run(folder, "a.tar", &["--base", "base.tar", "--format", "json"]);
    let found = run(
        folder,
        "a.tar",
        &["--base", "base.json", "--format", "json"],
    );
    assert_eq!(found.code, Some(0), "{}", found.err);
    let in_archive = expected.out.replace("base.tar", "base.json");
    assert_eq!(found.out, in_archive);
    // Standard input is read once for both images, of which the second has another base.
    let arguments = ["a.tar", "--against", "b.tar", "--base", "-"];
    let ended = inspect(folder, &arguments, Some(analysis.as_bytes()));
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        ended.err.contains("note: b.tar: `-` is not its base"),
        "{}",
        ended.err
    );
    let entries = super::selection::saved(&[(&["a:1"], &one), (&["b:1"], &two)]);
    let several = super::sources::archive(&entries);
    fs::write(folder.join("two.tar"), several).unwrap();
    let ended = run(folder, "a.tar", &["--base", "two.tar"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    let hint = "hint: --base takes an archive with one image";
    assert!(ended.err.contains(hint), "{}", ended.err);
    assert!(!ended.err.contains("--image"), "{}", ended.err);
}

#[test]
fn standard_input_is_one_image() {
    let dir = folder();
    for arguments in [
        &["-", "--against", "-"][..],
        &["-", "--base", "-"],
        &["a.tar", "--against", "-", "--base", "-"],
    ] {
        let ended = inspect(dir.path(), arguments, None);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.err);
        for part in ["standard input is named twice", "hint: write one of the"] {
            assert!(ended.err.contains(part), "{arguments:?}: {}", ended.err);
        }
    }
}
