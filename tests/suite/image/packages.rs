//! Packages of an image by layer, and against the tools of this machine.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use super::maker::{Image, Layer};
use super::sources::{Ended, inspect};

const STATUS: &str = "var/lib/dpkg/status";
const APK: &str = "lib/apk/db/installed";

pub(super) fn run_all(images: &[(&str, &Image)], arguments: &[&str]) -> Ended {
    let dir = tempfile::tempdir().unwrap();
    for (name, image) in images {
        fs::write(dir.path().join(name), image.saved()).unwrap();
    }
    inspect(dir.path(), arguments, None)
}

pub(super) fn run(image: &Image, arguments: &[&str]) -> Ended {
    run_all(&[("a.tar", image)], &[&["a.tar"], arguments].concat())
}

pub(super) fn json_of(image: &Image, arguments: &[&str]) -> Value {
    let ended = run(image, arguments);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    serde_json::from_str(&ended.out).unwrap()
}

/// The packages as `layer kind name version path`.
fn listed(image: &Image) -> Vec<String> {
    let json = json_of(image, &["--packages", "--format", "json"]);
    let list = json["packages"]["list"].as_array().unwrap().iter();
    let rows = list.map(|package| {
        let text = |key: &str| package[key].as_str().unwrap_or("-").to_owned();
        let layer = package["layer"].as_u64().unwrap();
        let texts = ["kind", "name", "version", "path"].map(text);
        format!("{layer} {}", texts.join(" "))
    });
    rows.collect()
}

fn status(packages: &[(&str, &str)]) -> String {
    let one = |(name, version): &(&str, &str)| {
        format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\n\
             Version: {version}\n\n"
        )
    };
    packages.iter().map(one).collect()
}

pub(super) fn npm(name: &str, version: &str) -> String {
    json!({ "name": name, "version": version }).to_string()
}

/// A jar with what Maven writes.
pub(super) fn jar(name: &str, version: &str) -> Vec<u8> {
    let path = "META-INF/maven/org.x/y/pom.properties";
    let text = format!("groupId=org.x\nartifactId={name}\nversion={version}\n");
    let mut bytes = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    let size = u32::try_from(text.len()).unwrap().to_le_bytes();
    bytes.extend([size, size].concat());
    bytes.extend(u16::try_from(path.len()).unwrap().to_le_bytes());
    bytes.extend([0; 2]);
    bytes.extend(path.as_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(b"PK\x05\x06");
    bytes.extend([0; 18]);
    bytes
}

/// An image with packages of most kinds.
pub(super) fn mixed() -> Image {
    let lower = Layer::new()
        .file("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
        .file(STATUS, status(&[("libc6", "2.36-9"), ("tzdata", "2024a")]))
        .file("usr/local/include/node/node_version.h", "#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 1\n#define NODE_PATCH_VERSION 2\n")
        .file("s/site-packages/a.dist-info/METADATA", "Name: A_b\nVersion: 1\n");
    let upper = Layer::new()
        .file(
            STATUS,
            status(&[("libc6", "2.36-9"), ("curl", "1:7.88+x~1")]),
        )
        .file("app/node_modules/x/package.json", npm("x", "1.0.0"))
        .file("app/node_modules/@s/y/package.json", npm("@s/y", "2.0.0"))
        .file("app/lib/y.jar", jar("y", "3"))
        .file("g/specifications/r-1.gemspec", "# stub: r 1 ruby lib\n");
    Image::of([lower, upper])
}

#[test]
fn packages_have_the_layer_and_the_path_that_brought_them() {
    let expected = [
        "2 dpkg curl 1:7.88+x~1 /var/lib/dpkg/status",
        "1 dpkg libc6 2.36-9 /var/lib/dpkg/status",
        "2 npm @s/y 2.0.0 /app/node_modules/@s/y/package.json",
        "2 npm x 1.0.0 /app/node_modules/x/package.json",
        "1 python A_b 1 /s/site-packages/a.dist-info/METADATA",
        "2 java y 3 /app/lib/y.jar",
        "2 ruby r 1 /g/specifications/r-1.gemspec",
        "1 runtime node 20.1.2 /usr/local/include/node/node_version.h",
    ];
    assert_eq!(listed(&mixed()), expected);
    let json = json_of(&mixed(), &["--format", "json"]);
    let counts = json!({ "dpkg": 2, "npm": 2, "python": 1, "java": 1, "ruby": 1, "runtime": 1 });
    assert_eq!(json["packages"]["counts"], counts);
    let debian = json!({ "id": "debian", "version": "12" });
    assert_eq!(json["packages"]["distribution"], debian);
    assert_eq!(json["packages"]["list"][5]["group"], "org.x");
}

#[test]
fn a_package_of_a_database_has_the_lowest_layer_that_holds_it_on_and_on() {
    let of = |packages: &[(&str, &str)]| Layer::new().file(STATUS, status(packages));
    let image = Image::of([
        of(&[("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")]),
        Layer::new().file("x", ""),
        of(&[("a", "1"), ("b", "2"), ("d", "1")]),
        of(&[("a", "1"), ("b", "2"), ("c", "1"), ("d", "1"), ("e", "1")]),
    ]);
    let found = listed(&image);
    let rows: Vec<_> = { found.iter() }
        .map(|row| row.split(' ').take(3).collect::<Vec<_>>().join(" "))
        .collect();
    let expected = ["1 dpkg a", "3 dpkg b", "4 dpkg c", "1 dpkg d", "4 dpkg e"];
    assert_eq!(rows, expected);
    let hidden = Image::of([
        of(&[("a", "1")]),
        Layer::new()
            .file("var/lib/dpkg/.wh..wh..opq", "")
            .file(STATUS, status(&[("a", "1")])),
        of(&[("a", "1"), ("b", "1")]),
    ]);
    assert!(
        listed(&hidden)[0].starts_with("2 dpkg a"),
        "{:?}",
        listed(&hidden)
    );
}

#[test]
fn a_database_is_another_one_once_its_folder_was_removed() {
    let of = |packages: &[(&str, &str)]| Layer::new().file(STATUS, status(packages));
    for gone in ["var/lib/.wh.dpkg", ".wh.var", "var/lib/dpkg"] {
        let image = Image::of([
            of(&[("a", "1")]),
            Layer::new().file(gone, ""),
            of(&[("a", "1"), ("b", "1")]),
        ]);
        let found = listed(&image);
        assert!(found[0].starts_with("3 dpkg a"), "{gone}: {found:?}");
    }
}

#[test]
fn a_package_is_found_under_a_later_name_of_its_file() {
    let store = "root/.bun/install/cache/lodash@4.17.21@@@1/package.json";
    let layer = Layer::new()
        .file(store, npm("lodash", "4.17.21"))
        .hard_link("app/node_modules/lodash/package.json", store)
        .file("store/1", "Name: a\nVersion: 1\n")
        .hard_link("s/a.dist-info/METADATA", "store/1")
        .file("store/2", "PK")
        .hard_link("app/a.jar", "store/2");
    let image = Image::of([layer]);
    let expected = ["1 npm lodash 4.17.21 /app/node_modules/lodash/package.json"];
    assert_eq!(listed(&image), expected);
    let json = json_of(&image, &["--packages", "--format", "json"]);
    let unread = json["packages"]["unread"].as_array().unwrap().iter();
    let unread: Vec<_> = unread.map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(unread, ["/app/a.jar", "/s/a.dist-info/METADATA"]);
    assert_eq!(json["packages"]["open_ended"], 1);
}

#[test]
fn what_only_has_the_name_of_an_archive_can_be_checked() {
    let layer = Layer::new().file("app/cookies.jar", "").file(
        "app/lfs.jar",
        "version https://git-lfs.github.com/spec/v1\n",
    );
    let ended = run(&Image::of([layer]), &["--fail-on", "packages>0"]);
    assert_eq!(ended.code, Some(0), "{}", ended.out);
}

#[test]
fn only_what_the_final_tree_has_counts() {
    let base = || {
        Layer::new()
            .file("a/node_modules/x/package.json", npm("x", "1"))
            .file("a/node_modules/y/package.json", npm("y", "1"))
            .file(APK, "P:musl\nV:1\n\n")
    };
    for (what, above, expected) in [
        ("nothing", Layer::new(), vec!["apk musl", "npm x", "npm y"]),
        (
            "a whiteout of a package",
            Layer::new().file("a/node_modules/.wh.x", ""),
            vec!["apk musl", "npm y"],
        ),
        (
            "an opaque folder",
            Layer::new().file("a/node_modules/.wh..wh..opq", ""),
            vec!["apk musl"],
        ),
        (
            "a whiteout of the database",
            Layer::new().file("lib/apk/db/.wh.installed", ""),
            vec!["npm x", "npm y"],
        ),
        (
            "a whiteout of its folder",
            Layer::new().file(".wh.lib", ""),
            vec!["npm x", "npm y"],
        ),
        (
            "an empty database",
            Layer::new().file(APK, ""),
            vec!["npm x", "npm y"],
        ),
        (
            "another database",
            Layer::new().file(APK, "P:zlib\nV:2\n"),
            vec!["apk zlib", "npm x", "npm y"],
        ),
        (
            "a folder in its place",
            Layer::new().file("a/node_modules/x/package.json/z", ""),
            vec!["apk musl", "npm y"],
        ),
        (
            "a hard link",
            Layer::new().hard_link(
                "b/node_modules/x/package.json",
                "a/node_modules/x/package.json",
            ),
            vec!["apk musl", "npm x", "npm x", "npm y"],
        ),
        (
            "a hard link elsewhere",
            Layer::new().hard_link("b/package.json", "a/node_modules/x/package.json"),
            vec!["apk musl", "npm x", "npm y"],
        ),
        (
            "a second name of the database",
            Layer::new().hard_link("db", APK),
            vec!["apk musl", "npm x", "npm y"],
        ),
    ] {
        let found = listed(&Image::of([base(), above]));
        let named: Vec<_> = found
            .iter()
            .map(|row| row.split(' ').skip(1).take(2).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(named, expected, "{what}");
    }
}

#[test]
fn the_summary_has_a_line_for_each_kind() {
    let ended = run(&mixed(), &[]);
    let line = |name: &str| {
        let found = ended.out.lines().find(|line| line.contains(name));
        found
            .unwrap_or_else(|| panic!("{name}: {}", ended.out))
            .to_owned()
    };
    assert!(line("dpkg packages").contains("2 of debian 12"));
    assert!(line("npm packages").contains('2'));
    assert!(line("runtimes").contains("1: node 20.1.2"));
    let table = run(&mixed(), &["--packages"]).out;
    let row = table.lines().find(|line| line.contains("org.x:y")).unwrap();
    assert!(
        row.contains("java") && row.contains("/app/lib/y.jar"),
        "{row}"
    );
    assert!(
        run(&Image::of([Layer::new().file("a", "")]), &[])
            .out
            .contains("none")
    );
}

#[test]
fn what_is_not_read_is_named() {
    let layer = Layer::new()
        .file("app/node_modules/x/package.json", "{")
        .file("app/lib/y.jar", "no archive")
        .file(STATUS, "\u{1}\u{2}");
    let image = Image::of([layer]);
    let ended = run(&image, &["--packages"]);
    for part in [
        "/app/lib/y.jar (layer 1) is not read, or not whole: it is no zip archive.",
        "it is no database of dpkg",
        "it is no description of a package",
    ] {
        assert!(ended.out.contains(part), "{part}: {}", ended.out);
    }
    assert!(run(&image, &[]).out.contains("3 files (--packages)"));
    let ended = run(&image, &["--fail-on", "packages>100"]);
    assert_eq!(ended.code, Some(3));
    assert!(ended.out.contains("1 file cannot be read"), "{}", ended.out);
}

#[test]
fn a_condition_counts_packages_of_all_kinds() {
    for (condition, code) in [("packages>6", 3), ("packages>7", 0)] {
        let ended = run(&mixed(), &["--fail-on", condition]);
        assert_eq!(ended.code, Some(code), "{condition}: {}", ended.out);
    }
}

#[test]
fn two_images_differ_in_packages() {
    let mut newer = mixed();
    let layer = Layer::new()
        .file("app/node_modules/x/package.json", npm("x", "1.0.1"))
        .file("app/node_modules/.wh.@s", "")
        .file("app/node_modules/z/package.json", npm("z", "9"));
    newer.layers.push(layer.bytes());
    let images = [("a.tar", &newer), ("b.tar", &mixed())];
    let arguments = ["a.tar", "--against", "b.tar"];
    let ended = run_all(&images, &[&arguments[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&ended.out).unwrap();
    let expected = json!([
        { "kind": "npm", "name": "@s/y", "before": ["2.0.0"], "after": [] },
        { "kind": "npm", "name": "x", "before": ["1.0.0"], "after": ["1.0.1"] },
        { "kind": "npm", "name": "z", "before": [], "after": ["9"] },
    ]);
    assert_eq!(json["packages"], expected);
    let ended = run_all(&images, &arguments);
    let at = ended.out.find("Packages that differ").unwrap();
    for (name, change) in [("@s/y", "removed"), ("x ", "changed"), ("z ", "added")] {
        let row = ended.out[at..]
            .lines()
            .find(|line| line.contains(name) && line.contains("npm"));
        assert!(row.is_some_and(|row| row.contains(change)), "{}", ended.out);
    }
}

/// Name and version by what a tool of this machine prints; none where it is not there.
fn reported(command: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(command).args(arguments).output().ok()?;
    if !output.status.success() {
        println!("skipped: {command} does not answer");
        return None;
    }
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_packages_of_this_machine_are_those_that_dpkg_lists() {
    let format = "${db:Status-Status} ${Package} ${Version} ${Architecture}\n";
    let Some(listed) = reported("dpkg-query", &["-W", &format!("-f={format}")]) else {
        return;
    };
    let mut expected: Vec<_> = { listed.lines() }
        .filter_map(|line| line.strip_prefix("installed "))
        .collect();
    let status = fs::read("/var/lib/dpkg/status").unwrap();
    let json = json_of(
        &Image::of([Layer::new().file(STATUS, status)]),
        &["--format", "json"],
    );
    let list = json["packages"]["list"].as_array().unwrap().iter();
    let found = list.map(|package| {
        let text = |key: &str| package[key].as_str().unwrap();
        format!(
            "{} {} {}",
            text("name"),
            text("version"),
            text("architecture")
        )
    });
    let mut found: Vec<_> = found.collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn the_packages_of_this_machines_python_are_those_that_pip_lists() {
    let Some(printed) = reported("pip", &["list", "--format", "json", "--verbose"]) else {
        return;
    };
    let packages: Value = serde_json::from_str(&printed).unwrap();
    let mut layer = Layer::new();
    let mut expected = BTreeMap::new();
    let mut number = 0;
    for package in packages.as_array().unwrap() {
        let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let (name, version) = (text("name"), text("version"));
        for entry in fs::read_dir(text("location"))
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = entry.path().join("METADATA");
            let file = entry.file_name().into_string().unwrap_or_default();
            if file.ends_with(".dist-info") && !expected.contains_key(&file) && path.exists() {
                number += 1;
                layer = layer.file(
                    &format!("s/{number}.dist-info/METADATA"),
                    fs::read(path).unwrap(),
                );
                expected.insert(file, ());
            }
        }
        expected.insert(format!("={name} {version}"), ());
    }
    let plain = |name: &str| name.to_lowercase().replace(['_', '.'], "-");
    let mut expected: Vec<_> = expected
        .keys()
        .filter_map(|key| key.strip_prefix('='))
        .map(plain)
        .collect();
    let found = listed(&Image::of([layer]));
    let mut found: Vec<_> = { found.iter() }
        .map(|row| plain(&row.split(' ').skip(2).take(2).collect::<Vec<_>>().join(" ")))
        .collect();
    expected.sort();
    found.sort();
    assert!(!found.is_empty());
    assert_eq!(found, expected);
}

#[test]
fn a_go_binary_reads_as_go_reads_it() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    file("go.mod", "module example.com/app\n\ngo 1.18\n");
    file("main.go", "package main\n\nfunc main() { println(1) }\n");
    let path = dir.path().join("app");
    let app = path.to_str().unwrap();
    let folder = dir.path().to_str().unwrap();
    let build = ["-C", folder, "build", "-buildvcs=false", "-o", app, "."];
    let (Some(_), Some(printed)) = (
        reported("go", &build),
        reported("go", &["version", "-m", app]),
    ) else {
        return;
    };
    assert!(printed.contains("mod\texample.com/app"), "{printed}");
    let version = printed.lines().next().unwrap().rsplit("go").next().unwrap();
    let version = version.split_whitespace().next().unwrap();
    let found = listed(&Image::of([
        Layer::new().file("app", fs::read(&path).unwrap())
    ]));
    let expected = ["example.com/app -".to_owned(), format!("stdlib {version}")];
    assert_eq!(found, expected.map(|module| format!("1 go {module} /app")));
}
