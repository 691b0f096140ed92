//! `plimsoll inspect --all` shortens nothing.

use std::fs;

use super::accounts::account;
use super::maker::{Image, Layer};
use super::sources::{Ended, inspect};

/// Ten setuid files, ten leaks, and a key at a path of 300 characters.
fn image(key_path: &str) -> Image {
    let key = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n",
        "aB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJ".repeat(3)
    );
    let mut layer = Layer::new();
    for number in 0..10 {
        layer = layer
            .program(&format!("usr/bin/su-{number}"), 0o4755)
            .file(&format!("app/{number}/.env"), "x");
    }
    Image::of([layer.long(key_path, false, key.as_bytes())])
}

fn run(image: &Image, arguments: &[&str]) -> Ended {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.tar"), image.saved()).unwrap();
    inspect(dir.path(), &[&["a.tar"], arguments].concat(), None)
}

/// The row of a fact.
fn row<'a>(text: &'a str, fact: &str) -> &'a str {
    let row = text.lines().find(|line| line.starts_with(fact));
    row.unwrap_or_else(|| panic!("no row `{fact}`: {text}"))
}

#[test]
fn all_has_each_path_whole() {
    let folders: String = (0..29).map(|at| format!("folder-{at:02}/")).collect();
    let key_path = format!("{folders}server.pem");
    assert_eq!(key_path.len(), 300);
    let image = image(&key_path);
    let short = run(&image, &["--fail-on", "setuid"]).out;
    let leaks = "leaks 11: /app/0/.env, /app/1/.env, /app/2/.env, …;";
    assert!(short.contains(leaks), "{short}");
    assert!(short.contains("setuid files 10"), "{short}");
    assert!(short.contains("; 7 more"), "{short}");
    let all = run(&image, &["--all", "--fail-on", "setuid"]);
    assert_eq!(all.code, Some(3), "{}", all.err);
    let all = all.out;
    for number in 0..10 {
        let leak = format!("/app/{number}/.env");
        assert!(row(&all, "leaks").contains(&leak), "{leak}: {all}");
        let setuid = format!("/usr/bin/su-{number}");
        let files = row(&all, "setuid files");
        assert!(files.contains(&setuid), "{setuid}: {all}");
        let finding = format!("{setuid} is setuid or setgid");
        assert!(all.contains(&finding), "{finding}: {all}");
    }
    assert!(
        row(&all, "leaks").contains(&format!("/{key_path}")),
        "{all}"
    );
    let secret = format!("(/{key_path} in layer 1 of 1)");
    assert!(all.contains(&secret), "{secret}: {all}");
    // Nothing but the secret itself is shortened.
    let mut shortened = all.lines().filter(|line| line.contains('…'));
    assert!(shortened.all(|line| line.contains(&secret)), "{all}");
}

#[test]
fn no_row_of_a_layer_lies_within_another() {
    let mut layer = Layer::new()
        .file("usr/bin/perl", vec![b'p'; 40_000])
        .file("usr/lib/x/a.so", vec![b'a'; 60_000])
        .file("usr/lib/x/b.so", vec![b'b'; 50_000]);
    for number in 0..6 {
        layer = layer.file(&format!("app/{number}/f"), vec![b'f'; 20_000]);
    }
    let above = Layer::new()
        .file("usr/lib/x/a.so", vec![b'z'; 70_000])
        .file("usr/lib/y", vec![b'y'; 30_000])
        .file("light", "1");
    let image = Image::of([layer, above]);
    let found = account(&image);
    for layer in &found.layers {
        let rows = layer.heaviest_files.iter().chain(&layer.heaviest_folders);
        let paths: Vec<_> = rows.map(|row| row.path.as_str()).collect();
        assert!(!paths.is_empty());
        for folder in &paths {
            let start = format!("{folder}/");
            let within = paths.iter().any(|path| path.starts_with(&start));
            assert!(!within, "{folder}: {paths:?}");
        }
    }
    let rows: Vec<_> = { found.layers[0].heaviest_files.iter() }
        .chain(&found.layers[0].heaviest_folders)
        .map(|row| (row.path.as_str(), row.bytes.0))
        .collect();
    let expected = [
        ("/usr/lib/x/a.so", 60_000),
        ("/usr/lib/x/b.so", 50_000),
        ("/usr/bin/perl", 40_000),
        ("/app", 120_000),
    ];
    assert_eq!(rows, expected);
    let all = run(&image, &["--all"]).out;
    let names = [
        "/app 120 kB",
        "/usr/lib/x/a.so 60.0 kB",
        "/usr/lib/x/b.so 50.0 kB",
        "/usr/bin/perl 40.0 kB",
    ];
    assert!(all.contains(&names.join(", ")), "{all}");
}
