//! `plimsoll inspect --layer`, `--path` and `--against`.

use std::fs;

use serde_json::Value;

use super::maker::{Image, Layer};
use super::sources::inspect;

fn image() -> Image {
    let mut image = Image::of([
        Layer::new()
            .file("app/a.js", "12345")
            .file("app/lib/b.js", "123")
            .file("etc/x", "1")
            .link("l", "etc/x"),
        Layer::new()
            .file("app/.wh.a.js", "")
            .file("app/lib/.wh..wh..opq", "")
            .hard_link("y", "etc/x")
            .file("app/c.js", vec![b'c'; 50]),
    ]);
    image.history = vec!["COPY old".to_owned(), "RUN build".to_owned()];
    image
}

fn json(arguments: &[&str]) -> Value {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.tar"), image().saved()).unwrap();
    let mut other = image();
    other.layers[1] = Layer::new()
        .file("app/lib/b.js", "1234567")
        .file("app/c.js", vec![b'c'; 50])
        .bytes();
    other
        .layers
        .push(Layer::new().file("new/file", vec![b'n'; 90]).bytes());
    other.history.push("COPY new".to_owned());
    fs::write(dir.path().join("b.tar"), other.saved()).unwrap();
    let arguments = [arguments, &["--format", "json"]].concat();
    let ended = inspect(dir.path(), &arguments, None);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    serde_json::from_str(&ended.out).unwrap()
}

/// Layer, path and kind.
fn listed(arguments: &[&str]) -> Vec<(u64, String, String)> {
    let list = json(&[&["a.tar"], arguments].concat());
    let files = list["files"].as_array().unwrap().iter();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    files
        .map(|file| {
            (
                file["layer"].as_u64().unwrap(),
                word(&file["path"]),
                word(&file["kind"]),
            )
        })
        .collect()
}

fn expected(files: &[(u64, &str, &str)]) -> Vec<(u64, String, String)> {
    let files = files.iter();
    files
        .map(|(layer, path, kind)| (*layer, (*path).to_owned(), (*kind).to_owned()))
        .collect()
}

#[test]
fn a_layer_is_listed_with_what_it_removes() {
    let files = [
        (2, "/app", "folder"),
        (2, "/app/a.js", "whiteout"),
        (2, "/app/c.js", "file"),
        (2, "/app/lib", "opaque-folder"),
        (2, "/y", "hard-link"),
    ];
    assert_eq!(listed(&["--layer", "2"]), expected(&files));
}

#[test]
fn a_pattern_is_of_paths_or_of_names() {
    let all = [
        (1, "/app/a.js", "file"),
        (1, "/app/lib/b.js", "file"),
        (2, "/app/a.js", "whiteout"),
        (2, "/app/c.js", "file"),
    ];
    assert_eq!(listed(&["--path", "*.js"]), expected(&all));
    assert_eq!(listed(&["--path", "/app/**/*.js"]), expected(&all));
    let shallow: Vec<_> = all
        .iter()
        .filter(|file| file.1 != "/app/lib/b.js")
        .copied()
        .collect();
    assert_eq!(listed(&["--path", "/app/*.js"]), expected(&shallow));
    assert_eq!(
        listed(&["--path", "a.js", "--layer", "2"]),
        expected(&all[2..3])
    );
    let list = json(&["a.tar", "--path", "/app/a.js", "--layer", "1"]);
    assert_eq!(list["files"][0]["bytes"], 5);
    assert_eq!(
        list["files"][0]["hidden"],
        serde_json::json!([2, "removed"])
    );
    assert_eq!(list["files"][0]["mode"], 0o644);
}

#[test]
fn what_is_no_layer_or_no_pattern_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.tar"), image().saved()).unwrap();
    for (arguments, said) in [
        (["--layer", "3"], "its layers are numbered from 1 to 2"),
        (["--layer", "0"], "its layers are numbered from 1 to 2"),
        (["--path", "a[b"], "error parsing glob"),
    ] {
        let ended = inspect(dir.path(), &[&["a.tar"][..], &arguments].concat(), None);
        assert_eq!(ended.code, Some(2), "{arguments:?}");
        assert!(ended.err.contains(said), "{arguments:?}: {}", ended.err);
    }
}

#[test]
fn two_images_side_by_side() {
    let growth = json(&["b.tar", "--against", "a.tar"]);
    assert_eq!(growth["unpacked"]["before"], 5 + 3 + 1 + 50);
    assert_eq!(growth["unpacked"]["after"], 5 + 3 + 1 + 7 + 50 + 90);
    assert_eq!(growth["shared_layers"], 1);
    let rows: Vec<_> = { growth["layers"].as_array().unwrap().iter() }
        .map(|row| {
            let number = |side: &str| row[side].as_u64();
            let made = row["instruction"].as_str().unwrap().to_owned();
            (
                number("before"),
                number("after"),
                made,
                row["is_same"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            (Some(1), Some(1), "COPY old".to_owned(), true),
            (Some(2), Some(2), "RUN build".to_owned(), false),
            (None, Some(3), "COPY new".to_owned(), false),
        ]
    );
    let paths: Vec<_> = { growth["paths"].as_array().unwrap().iter() }
        .map(|row| {
            let bytes = |side: &str| row["bytes"][side].as_u64().unwrap();
            (
                row["path"].as_str().unwrap().to_owned(),
                bytes("before"),
                bytes("after"),
            )
        })
        .collect();
    let expected = [
        ("/new/file", 0, 90),
        ("/app/lib/b.js", 0, 7),
        ("/app/a.js", 0, 5),
        ("/y", 1, 0),
    ];
    let expected = expected.map(|(path, before, after)| (path.to_owned(), before, after));
    assert_eq!(paths, expected);
}

#[test]
fn two_images_may_have_different_bases_where_one_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let base = Image::of([Layer::new().file("base", "1234")]);
    let own = Layer::new().file("own", "1");
    let new = Image::of([Layer::new().file("base", "1234"), own]);
    let old = Image::of([
        Layer::new().file("old", "12"),
        Layer::new().file("own", "1"),
    ]);
    for (name, image) in [("base.tar", &base), ("new.tar", &new), ("old.tar", &old)] {
        fs::write(dir.path().join(name), image.saved()).unwrap();
    }
    let compare = |image, against| {
        let arguments = [
            image,
            "--against",
            against,
            "--base",
            "base.tar",
            "--format",
            "json",
        ];
        inspect(dir.path(), &arguments, None)
    };
    let ended = compare("new.tar", "old.tar");
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        ended
            .err
            .contains("note: old.tar: `base.tar` is not its base"),
        "{}",
        ended.err
    );
    let ended = compare("new.tar", "new.tar");
    let growth: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(
        growth["base"],
        serde_json::json!({ "before": 4, "after": 4 })
    );
    let ended = compare("old.tar", "new.tar");
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .err
            .contains("`base.tar` is not the base of `old.tar`"),
        "{}",
        ended.err
    );
}

#[test]
fn an_error_names_the_image_that_it_is_of() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.tar"), image().saved()).unwrap();
    fs::write(dir.path().join("b.tar"), "no archive").unwrap();
    for arguments in [
        &["b.tar"][..],
        &["a.tar", "--against", "b.tar"],
        &["a.tar", "--base", "b.tar"],
    ] {
        let ended = inspect(dir.path(), arguments, None);
        assert_ne!(ended.code, Some(0));
        let said = "error: failed to analyze `b.tar`\n  caused by: failed to ";
        assert!(ended.err.contains(said), "{arguments:?}: {}", ended.err);
    }
}
