//! Which layer added, changed or removed a path.

use std::fs;

use serde_json::{Value, json};

use super::maker::{Image, Layer};
use super::sources::inspect;

fn image() -> Image {
    Image::of([
        Layer::new()
            .file("app/a.js", "12345")
            .file("app/lib/b.js", "123")
            .file("etc/x", "1"),
        Layer::new()
            .file("app/.wh.a.js", "")
            .file("app/lib/.wh..wh..opq", "")
            .hard_link("y", "etc/x")
            .file("app/c.js", "1"),
        Layer::new()
            .file("app/c.js", "12")
            .file("app/lib/b.js", "new")
            .file(".wh.etc", ""),
    ])
}

fn run(arguments: &[&str]) -> String {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.tar"), image().saved()).unwrap();
    let ended = inspect(dir.path(), &[&["a.tar"], arguments].concat(), None);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    ended.out
}

fn found(arguments: &[&str]) -> Value {
    let out = run(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&out).unwrap()
}

/// Layer, path and change of each file, and layer and path of each name that is removed.
fn listed(arguments: &[&str]) -> Value {
    let list = found(arguments);
    let files = list["files"].as_array().unwrap().iter();
    let files: Vec<_> = files
        .filter(|file| file["kind"] != "folder")
        .map(|file| json!([file["layer"], file["path"], file["change"]]))
        .collect();
    let removed = list["removed"].as_array().unwrap().iter();
    let removed: Vec<_> = removed
        .map(|name| json!([name["layer"], name["path"]]))
        .collect();
    json!([files, removed])
}

#[test]
fn json_has_the_names_that_each_layer_changes() {
    let json = found(&[]);
    let names = |number: usize| json["layers"][number - 1]["names"].clone();
    let expected = |added: &[&str], changed: &[&str], removed: &[&str]| json!({ "added": added, "changed": changed, "removed": removed, "more": 0 });
    let first = ["/app/a.js", "/app/lib/b.js", "/etc/x"];
    assert_eq!(names(1), expected(&first, &[], &[]));
    let removed = ["/app/a.js", "/app/lib/b.js"];
    assert_eq!(names(2), expected(&["/app/c.js", "/y"], &[], &removed));
    let (added, changed, removed) = (["/app/lib/b.js"], ["/app/c.js"], ["/etc/x"]);
    assert_eq!(names(3), expected(&added, &changed, &removed));
}

#[test]
fn all_has_a_row_for_each_of_these_names() {
    let all = run(&["--all"]);
    for (layer, change, path) in [
        ("1", "added", "/app/a.js"),
        ("2", "removed", "/app/lib/b.js"),
        ("3", "changed", "/app/c.js"),
    ] {
        let is_it = |line: &&str| line.split_whitespace().eq([layer, change, path]);
        assert_eq!(all.lines().filter(is_it).count(), 1, "{path}: {all}");
    }
    assert!(!run(&[]).contains("Names that each layer"));
}

#[test]
fn a_path_is_followed_through_the_layers() {
    let of_b = json!([
        [[1, "/app/lib/b.js", "added"], [3, "/app/lib/b.js", "added"]],
        [[2, "/app/lib/b.js"]],
    ]);
    assert_eq!(listed(&["--path", "/app/lib/b.js"]), of_b);
    let of_c = json!([[[2, "/app/c.js", "added"], [3, "/app/c.js", "changed"]], [],]);
    assert_eq!(listed(&["--path", "c.js"]), of_c);
    let of_x = json!([[[1, "/etc/x", "added"]], [[3, "/etc/x"]]]);
    assert_eq!(listed(&["--path", "/etc/*"]), of_x);
}

#[test]
fn a_layer_is_listed_with_each_name_that_it_removes() {
    let second = json!([
        [
            [2, "/app/a.js", null],
            [2, "/app/c.js", "added"],
            [2, "/app/lib", null],
            [2, "/y", "added"],
        ],
        [[2, "/app/a.js"], [2, "/app/lib/b.js"]],
    ]);
    assert_eq!(listed(&["--layer", "2"]), second);
    let text = run(&["--layer", "2"]);
    // The row of the whiteout says it of the other one.
    let rows = |path: &str| text.lines().filter(|line| line.contains(path)).count();
    assert_eq!((rows("/app/a.js"), rows("/app/lib/b.js")), (1, 1), "{text}");
    let removed = text.lines().find(|line| line.contains("/app/lib/b.js"));
    assert!(removed.unwrap().contains("removed"), "{text}");
}
