//! Files with packages, made here.

mod archives;
mod binaries;

use std::sync::atomic::Ordering::Relaxed;

use super::sink::{MOST_NAME_BYTES, MOST_PACKAGES, MOST_TRIES, MOST_UNPACKED_BYTES};
use super::*;
use crate::image::name;
use crate::inspection::{LinuxDistribution, PackageKind};

/// Packages as `kind name version`, with group, architecture and archive where they have one.
fn shown(known: Option<Known>) -> Vec<String> {
    let Some(Known::Packages(found)) = known else {
        return Vec::new();
    };
    let packages = found.list.iter().map(|package| {
        let mut text = format!("{} {}", package.kind.name(), package.name);
        if let Some(version) = &package.version {
            text = format!("{text} {version}");
        }
        let others = [&package.group, &package.architecture, &package.within];
        for other in others.into_iter().flatten() {
            text = format!("{text} [{other}]");
        }
        text
    });
    let problem = found.problem.map(|problem| format!("problem: {problem}"));
    packages.chain(problem).collect()
}

fn packages(path: &str, content: impl AsRef<[u8]>) -> Vec<String> {
    shown(read(path, content.as_ref()))
}

#[test]
fn packages_of_dpkg_are_those_that_are_installed() {
    let status = "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2-3\n\
        Description: x\n Package: y\n Version: 9\n\n\
        Package: b\nStatus: deinstall ok config-files\nVersion: 1\n\n\n\
        Package: c\nVersion: 2\nStatus: install ok unpacked";
    let found = packages("var/lib/dpkg/status", status);
    assert_eq!(found, ["dpkg a 1:2-3 [amd64]", "dpkg c 2"]);
    // A distroless image's file has no status.
    let one = "Package: tzdata\nVersion: 2024a\nArchitecture: all\n";
    let found = packages("var/lib/dpkg/status.d/tzdata", one);
    assert_eq!(found, ["dpkg tzdata 2024a [all]"]);
    assert_eq!(
        packages("var/lib/dpkg/status.d/tzdata.md5sums", one),
        [""; 0]
    );
    // An empty database is one.
    let empty = read("var/lib/dpkg/status", b"\n");
    assert!(matches!(empty, Some(Known::Packages(found)) if found.count() == 0));
}

#[test]
fn packages_of_apk_are_its_records() {
    let text = "C:Q1\nP:musl\nV:1.2.5-r0\nA:x86_64\nD:P:x\n\nP:busybox\nV:1.36.1-r29\nF:bin\n";
    let expected = ["apk musl 1.2.5-r0 [x86_64]", "apk busybox 1.36.1-r29"];
    assert_eq!(packages("lib/apk/db/installed", text), expected);
    assert_eq!(packages("usr/lib/apk/db/installed", text), expected);
    assert_eq!(packages("app/installed", text), [""; 0]);
}

#[test]
fn descriptions_of_languages_have_name_and_version() {
    let npm = r#"{"name":"@s/c","version":"1.0.0-rc.1","dependencies":{"name":"x"}}"#;
    let found = packages("app/node_modules/@s/c/package.json", npm);
    assert_eq!(found, ["npm @s/c 1.0.0-rc.1"]);
    let with_mark = format!("\u{feff}{npm}");
    assert_eq!(
        packages("node_modules/c/package.json", with_mark),
        ["npm @s/c 1.0.0-rc.1"]
    );
    // A description of a folder is none of a package.
    assert_eq!(
        packages("node_modules/c/package.json", r#"{"type":"module"}"#),
        [""; 0]
    );
    let wheel = "Metadata-Version: 2.1\nName: PyYAML\nVersion: 6.0.1\nLicense: x\n Version: 9\n\nVersion: 7\n";
    let found = packages("v/site-packages/PyYAML-6.dist-info/METADATA", wheel);
    assert_eq!(found, ["python PyYAML 6.0.1"]);
    for path in ["s/z.egg-info", "s/z.egg-info/PKG-INFO"] {
        assert_eq!(packages(path, wheel), ["python PyYAML 6.0.1"], "{path}");
    }
    let carried = "s/setuptools/_vendor/y-1.dist-info/METADATA";
    assert_eq!(packages(carried, wheel), [""; 0]);
    let stub = "# -*- encoding: utf-8 -*-\n# stub: rake 13.0.6 ruby lib\n\nx";
    let found = packages("g/specifications/rake-13.0.6.gemspec", stub);
    assert_eq!(found, ["ruby rake 13.0.6"]);
    let set = "Gem::Specification.new do |s|\n  s.name = \"json\".freeze\n  s.version = Gem::Version.new(\"2.6.1\")\n";
    let found = packages("g/specifications/default/json-2.6.1.gemspec", set);
    assert_eq!(found, ["ruby json 2.6.1"]);
    let native = "# stub: nokogiri 1.16.0 x86_64-linux lib\n";
    let found = packages("g/specifications/nokogiri.gemspec", native);
    assert_eq!(found, ["ruby nokogiri 1.16.0 [x86_64-linux]"]);
    let egg = "s/z-1-py3.egg/EGG-INFO/PKG-INFO";
    assert_eq!(packages(egg, wheel), ["python PyYAML 6.0.1"]);
    for none in [
        r#"{"name":"","version":"1"}"#,
        r#"{"name":"a","version":""}"#,
    ] {
        assert_eq!(packages("node_modules/c/package.json", none), [""; 0]);
    }
    let repeated = r#"{"name":"a","name":"b","version":"1","version":"2"}"#;
    let found = packages("node_modules/c/package.json", repeated);
    assert_eq!(found, ["npm b 2"]);
}

#[test]
fn runtimes_state_their_versions() {
    let header = "#ifndef X\n#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 11\n\
        #define NODE_PATCH_VERSION 1\n";
    let found = packages("usr/local/include/node/node_version.h", header);
    assert_eq!(found, ["runtime node 20.11.1"]);
    let release = "IMPLEMENTOR=\"Eclipse Adoptium\"\nJAVA_VERSION=\"21.0.2\"\n";
    assert_eq!(
        packages("opt/java/openjdk/release", release),
        ["runtime java 21.0.2"]
    );
    assert_eq!(packages("app/release", "1.2.3\n"), [""; 0]);
    let version = "go1.22.1\ntime 2024-02-29T18:18:48Z\n";
    assert_eq!(
        packages("usr/local/go/VERSION", version),
        ["runtime go 1.22.1"]
    );
    assert_eq!(packages("app/go/VERSION", "2.0\n"), [""; 0]);
    for folder in ["go-1.22", "go1.22.1"] {
        let path = format!("usr/lib/{folder}/VERSION");
        assert_eq!(packages(&path, version), ["runtime go 1.22.1"], "{path}");
    }
    let python = "#define PY_MAJOR_VERSION 3\n#define PY_VERSION \"3.12.1\"\n";
    for folder in ["python3.12", "python3.13t"] {
        let path = format!("usr/include/{folder}/patchlevel.h");
        assert_eq!(packages(&path, python), ["runtime python 3.12.1"], "{path}");
    }
    for path in [
        "x/include/node/node_version.h",
        "x/include/python3.1/patchlevel.h",
    ] {
        assert_eq!(packages(path, "x"), [""; 0]);
    }
}

#[test]
fn the_distribution_is_named_by_its_id() {
    let text = "PRETTY_NAME=\"x\"\nVERSION_ID=\"12\"\nID=debian\n";
    let expected = LinuxDistribution {
        id: "debian".to_owned(),
        version: Some("12".to_owned()),
    };
    let found = read("usr/lib/os-release", text.as_bytes());
    assert_eq!(found, Some(Known::Distribution(expected)));
    assert_eq!(read("etc/os-release", b"NAME=x\n"), None);
}

#[test]
fn what_is_damaged_is_reported() {
    let large = format!(r#"{{"name":"a","x":"{}"}}"#, "x".repeat(MOST_JSON_BYTES));
    let long = format!(
        r#"{{"name":"{}","version":"1"}}"#,
        "n".repeat(MOST_NAME_BYTES + 1)
    );
    let package = "node_modules/a/package.json";
    let wheel = "s/a.dist-info/METADATA";
    for (path, content, problem) in [
        (
            "var/lib/dpkg/status",
            "\u{1}\u{2}garbage",
            "it is no database of dpkg",
        ),
        (
            "lib/apk/db/installed",
            "garbage",
            "it is no database of apk",
        ),
        (
            "lib/apk/db/installed",
            "P:a\0\n",
            "it is damaged: it holds a zero byte",
        ),
        (package, "{\"name\":", "it is no description of a package"),
        (
            package,
            "{\"name\":1,\"version\":2}",
            "it is no description of a package",
        ),
        (package, &large, "it is larger than 1 MiB"),
        (package, &long, "a name or a version in it makes no sense"),
        (
            wheel,
            "Name: a\n\nVersion: 1\n",
            "it has no name and version",
        ),
        (
            "g/specifications/a.gemspec",
            "x",
            "it has no name and version",
        ),
    ] {
        let found = packages(path, content);
        let expected = format!("problem: {problem}");
        assert_eq!(found.last(), Some(&expected), "{path}");
    }
    // What can be read of it is listed.
    let half = packages(
        "var/lib/dpkg/status",
        "Package: a\nVersion: 1\n\nPackage: b\nVer\0sion",
    );
    assert_eq!(half[..2], ["dpkg a 1", "dpkg b"]);
}

#[test]
fn all_layers_together_hold_so_many_packages() {
    let bounds = Bounds::default();
    bounds.packages.store(MOST_PACKAGES - 2, Relaxed);
    let mut collector = Collector::new(&name::parts(b"lib/apk/db/installed"), &bounds);
    collector.take("P:a\nV:1\n\n".repeat(5).as_bytes());
    let Some(Known::Packages(found)) = collector.finish() else {
        panic!("a database is one")
    };
    assert_eq!(found.list.len(), 2);
    assert_eq!(
        (found.more.as_slice(), found.count()),
        (&[(PackageKind::Apk, 3)][..], 5)
    );
}
