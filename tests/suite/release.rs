//! Releases, without a network and without a compiler: the names of targets and archives agree in
//! every file that has them, archives are packed in a fixed form, and the action takes a released
//! program only if its checksum fits.

mod install;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use regex::Regex;
use serde_json::{Value, json};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const LINUX: [&str; 2] = ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"];
const MACOS: [&str; 2] = ["aarch64-apple-darwin", "x86_64-apple-darwin"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn script(name: &str) -> Command {
    Command::new(root().join("scripts").join(name))
}

fn text(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    streams.map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

fn succeeds(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn manifest() -> toml::Table {
    toml::from_str(&read("Cargo.toml")).unwrap()
}

/// The name of an archive as `cargo binstall` derives it.
fn archive(target: &str) -> String {
    let manifest = manifest();
    let url = manifest["package"]["metadata"]["binstall"]["pkg-url"]
        .as_str()
        .unwrap();
    filled(url.rsplit('/').next().unwrap(), target)
}

fn filled(template: &str, target: &str) -> String {
    let values = [
        ("name", "plimsoll"),
        ("version", VERSION),
        ("target", target),
        ("bin", "plimsoll"),
        ("binary-ext", ""),
    ];
    values
        .iter()
        .fold(template.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{ {name} }}"), value)
        })
}

/// The targets that a text names.
fn targets_in(text: &str) -> BTreeSet<String> {
    let target = Regex::new(r"\b(x86_64|aarch64)-(unknown-linux-[a-z]+|apple-darwin)\b").unwrap();
    let found = target.find_iter(text).map(|one| one.as_str().to_owned());
    found.collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_profile_of_releases_is_small_and_unwinds() {
    let manifest = manifest();
    let dist = &manifest["profile"]["dist"];
    assert_eq!(dist["inherits"].as_str(), Some("release"));
    assert_eq!(dist["lto"].as_str(), Some("fat"));
    assert_eq!(dist["codegen-units"].as_integer(), Some(1));
    assert_eq!(dist["strip"].as_str(), Some("symbols"));
    for profile in ["dist", "release"] {
        // A panic in a phase fails that phase and not the run.
        assert!(manifest["profile"][profile].get("panic").is_none());
    }
    let inherited = &manifest["profile"]["release"]["package"];
    for package in ["plimsoll", "sha2", "zlib-rs", "zstd-sys", "memchr"] {
        assert_eq!(
            inherited[package]["opt-level"].as_integer(),
            Some(3),
            "{package}"
        );
    }
    assert!(read("scripts/release").contains("--profile dist --locked"));
}

#[test]
fn every_file_has_the_same_archives_and_targets() {
    let listed = succeeds(script("release").args(["--names", "--macos"]));
    let expected: Vec<_> = LINUX.iter().chain(&MACOS).map(|one| archive(one)).collect();
    assert_eq!(listed.lines().collect::<Vec<_>>(), expected);
    let default = succeeds(script("release").arg("--names"));
    assert_eq!(default.lines().collect::<Vec<_>>(), expected[..2]);

    // The folder in an archive has the archive's name.
    let manifest = manifest();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let program = filled(binstall["bin-dir"].as_str().unwrap(), LINUX[0]);
    assert_eq!(
        format!("{}/plimsoll", archive(LINUX[0]).trim_end_matches(".tar.gz")),
        program
    );
    assert_eq!(binstall["pkg-fmt"].as_str(), Some("tgz"));

    let all: Vec<&str> = LINUX.iter().chain(&MACOS).copied().collect();
    assert_eq!(targets_in(&read("scripts/release")), set(&all));
    assert_eq!(targets_in(&read("scripts/action-install")), set(&all));
    assert_eq!(
        targets_in(&read(".github/workflows/release.yml")),
        set(&LINUX)
    );
    let image = read("scripts/release-image/Dockerfile");
    assert_eq!(targets_in(&image), set(&LINUX));
    for target in LINUX {
        let name = archive(target).replace(VERSION, "${VERSION}");
        assert!(image.contains(&format!("ADD {name} /")), "{name}");
    }
    assert!(read("docs/CI.md").contains(&format!("/plimsoll:{VERSION} bench")));
}

#[test]
fn an_unknown_target_is_named_with_the_known_ones() {
    for (arguments, words) in [
        (&["--target", "riscv64"][..], &["`riscv64`", LINUX[1]][..]),
        (&["--target"], &["--target needs a value"]),
        (&["--static"], &["`--static`", "--names"]),
    ] {
        let output = script("release").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        for word in words {
            assert!(text(&output).contains(word), "{}", text(&output));
        }
    }
}

/// The workflow builds with the script, and publishes only for a tag and with few rights.
#[test]
fn the_workflow_publishes_what_it_tested() {
    let workflow = read(".github/workflows/release.yml");
    let top = workflow.split("\njobs:").next().unwrap();
    assert!(top.contains("permissions:\n  contents: read\n"), "{top}");
    let job = |name: &str| {
        let start = workflow.find(&format!("\n  {name}:\n")).unwrap();
        let rest = &workflow[start + 1..];
        rest.split("\n\n").next().unwrap().to_owned()
    };
    assert!(job("build").contains("scripts/release --out archives"));
    assert!(job("test").contains("scripts/test-release \"$ARCHIVE\""));
    for name in ["publish", "image"] {
        let job = job(name);
        assert!(job.contains("if: github.ref_type == 'tag'"), "{job}");
        assert!(job.contains("needs: [build, test]"), "{job}");
    }
    assert!(job("publish").contains("archives/SHA256SUMS"));
    assert!(job("image").contains("--file scripts/release-image/Dockerfile archives"));
    let writes = workflow.matches(": write").count();
    assert_eq!(
        writes, 2,
        "contents for the release, packages for the image"
    );
}

/// An action has one version in all files of the repository.
#[test]
fn actions_have_the_versions_of_the_documentation() {
    let used = Regex::new(r"uses: (actions/[a-z-]+)@(\S+)").unwrap();
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in [
        ".github/workflows/ci.yml",
        ".github/workflows/release.yml",
        "action.yml",
        "docs/CI.md",
        "docs/SCALE.md",
        "src/cli/init/github.yml",
    ] {
        for one in used.captures_iter(&read(file)) {
            let version = one[2].to_owned();
            versions
                .entry(one[1].to_owned())
                .or_default()
                .insert(version);
        }
    }
    assert!(versions.len() >= 4, "{versions:?}");
    assert!(
        versions.values().all(|found| found.len() == 1),
        "{versions:?}"
    );
}

/// A folder with a program as in an archive. It prints the version when it is asked for it.
fn tree(above: &Path, target: &str) -> PathBuf {
    let folder = above.join(archive(target).trim_end_matches(".tar.gz"));
    fs::create_dir_all(folder.join("man")).unwrap();
    fs::write(folder.join("man/plimsoll.1"), ".TH plimsoll 1\n").unwrap();
    let program = folder.join("plimsoll");
    fs::write(&program, format!("#!/bin/sh\necho plimsoll {VERSION}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    folder
}

fn pack(folder: &Path, archive: &Path) {
    succeeds(
        script("release-files")
            .arg("pack")
            .args([folder, archive])
            .env("SOURCE_DATE_EPOCH", "1700000000"),
    );
}

#[test]
fn the_same_files_give_the_same_archive() {
    let dir = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| {
        let packed = dir.path().join(format!("{name}.tar.gz"));
        pack(&tree(&dir.path().join(name), LINUX[0]), &packed);
        fs::read(packed).unwrap()
    });
    assert!(first == second, "the archives of two folders differ");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(first.as_slice()));
    let mut names = Vec::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        assert_eq!(header.mtime().unwrap(), 1_700_000_000);
        let name = entry.path().unwrap().display().to_string();
        let runs = name.ends_with("/plimsoll") || header.entry_type().is_dir();
        let mode = if runs { 0o755 } else { 0o644 };
        assert_eq!(header.mode().unwrap(), mode, "{name}");
        names.push(name.trim_end_matches('/').to_owned());
    }
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(names, sorted);
    assert_eq!(names.len(), 4);
}

#[test]
fn the_time_of_an_archive_must_be_given() {
    let dir = tempfile::tempdir().unwrap();
    let output = script("release-files")
        .arg("pack")
        .args([dir.path(), &dir.path().join("a.tar.gz")])
        .env_remove("SOURCE_DATE_EPOCH")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output).contains("hint: set it to the time"),
        "{output:?}"
    );
}

/// The least of an ELF file: its header and the kinds of its program headers.
fn elf(machine: u16, kinds: &[u32]) -> Vec<u8> {
    let mut file = vec![0; 64 + 56 * kinds.len()];
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    file[18..20].copy_from_slice(&machine.to_le_bytes());
    file[32..40].copy_from_slice(&64_u64.to_le_bytes());
    file[54..56].copy_from_slice(&56_u16.to_le_bytes());
    file[56..58].copy_from_slice(&u16::try_from(kinds.len()).unwrap().to_le_bytes());
    for (at, kind) in kinds.iter().enumerate() {
        file[64 + 56 * at..][..4].copy_from_slice(&kind.to_le_bytes());
    }
    file
}

#[test]
fn a_program_that_is_large_dynamic_or_of_another_machine_is_not_released() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("plimsoll");
    let check = |content: &[u8], target: &str| {
        fs::write(&program, content).unwrap();
        let mut script = script("release-files");
        let output = script.arg("check").arg(&program).arg(target).output();
        let output = output.unwrap();
        (output.status.success(), text(&output))
    };
    let (load, interpreter) = (1, 3);
    let (fine, said) = check(&elf(62, &[load, load]), LINUX[0]);
    assert!(fine, "{said}");
    let mut large = elf(62, &[load]);
    large.resize(20_000_000, 0);
    for (content, target, reason) in [
        (elf(62, &[load, interpreter]), LINUX[0], "is not static"),
        (elf(62, &[load]), LINUX[1], "is for ELF machine 62"),
        (
            b"\xcf\xfa\xed\xfe".to_vec(),
            LINUX[0],
            "is no 64-bit ELF file",
        ),
        (large, LINUX[0], "the limit is 20000000"),
        (vec![0; 20_000_001], MACOS[0], "the limit is 20000000"),
    ] {
        let (fine, said) = check(&content, target);
        assert!(!fine && said.contains(reason), "{reason}: {said}");
        assert!(said.contains("hint: "), "{said}");
    }
}

/// A package of `cargo metadata` whose sources are in a folder of that name.
fn package(dir: &Path, name: &str, kind: &str, files: &[(&str, &str)]) -> Value {
    let folder = dir.join(name);
    for (file, content) in files {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    json!({ "id": name, "name": name, "version": "1.0.0", "license": "MIT", "license_file": null,
        "manifest_path": folder.join("Cargo.toml"), "targets": [{ "kind": [kind] }] })
}

#[test]
fn licences_are_those_of_what_is_linked() {
    let dir = tempfile::tempdir().unwrap();
    let here = dir.path();
    let needs = |name: &str, dependencies: &[(&str, Option<&str>)]| {
        let deps = dependencies.iter().map(
            |(name, kind)| json!({ "pkg": name, "dep_kinds": [{ "kind": kind, "target": null }] }),
        );
        json!({ "id": name, "deps": deps.collect::<Vec<_>>() })
    };
    let metadata = json!({
        "packages": [
            package(here, "plimsoll", "bin", &[("LICENSE-MIT", "our own text")]),
            package(here, "direct", "lib", &[("LICENSE", "text of two"), ("src/license.rs", "code")]),
            package(here, "fonts", "lib", &[("LICENSE-MIT", "text of two"), ("fonts/OFL.txt", "of fonts")]),
            package(here, "macros", "proc-macro", &[("LICENSE", "of macros")]),
            package(here, "builder", "lib", &[("COPYING", "of a builder")]),
            package(here, "tester", "lib", &[("COPYING", "of a tester")]),
        ],
        "resolve": { "root": "plimsoll", "nodes": [
            needs("plimsoll", &[("direct", None), ("macros", None), ("builder", Some("build")), ("tester", Some("dev"))]),
            needs("direct", &[("fonts", None)]),
            needs("fonts", &[]),
            needs("macros", &[]),
            needs("builder", &[]),
            needs("tester", &[]),
        ]},
    });
    let file = here.join("metadata.json");
    fs::write(&file, metadata.to_string()).unwrap();
    fs::write(here.join("COPYRIGHT"), "text of a C library").unwrap();
    let other = format!("libc, MIT={}", here.join("COPYRIGHT").display());
    let mut script = script("release-files");
    let listed = succeeds(
        script
            .arg("licences")
            .arg(&file)
            .arg(&other)
            .arg("unknown="),
    );
    for word in [
        "direct 1.0.0  MIT\nfonts 1.0.0  MIT\nlibc, MIT\nunknown\n",
        "direct 1.0.0, fonts 1.0.0\n",
        "of fonts",
        "text of a C library",
    ] {
        assert!(listed.contains(word), "no {word:?} in {listed}");
    }
    assert_eq!(listed.matches("text of two").count(), 1, "{listed}");
    for word in ["macros", "builder", "tester", "our own text", "code"] {
        assert!(!listed.contains(word), "{word:?} in {listed}");
    }
}
