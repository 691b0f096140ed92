//! The packages of an image as bills of materials, and secrets and hostile texts in them, in
//! every form of the output.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::maker::{Image, Layer};
use super::packages::{jar, json_of, mixed, npm, run, run_all};
use crate::plants::{HOSTILE, assert_inert, assert_secretless, secrets};

/// A schema that the locked version of a crate carries; none where its source is not here.
fn schema(package: &str, file: &str) -> Option<Value> {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock"));
    let lock: toml::Table = lock.unwrap().parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let locked = packages
        .iter()
        .find(|one| one["name"].as_str() == Some(package))
        .unwrap();
    let version = locked["version"].as_str().unwrap();
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")))?;
    let sources = fs::read_dir(home.join("registry/src")).ok()?;
    let paths = sources.flatten().map(|source| {
        source
            .path()
            .join(format!("{package}-{version}/schemas/{file}"))
    });
    let text = paths.filter_map(|path| fs::read(path).ok()).next()?;
    Some(serde_json::from_slice(&text).unwrap())
}

/// The official schemas, which the crates carry that the documents are written with. Those of
/// signatures and of the names of licenses are not there; no document has any.
fn assert_valid(document: &Value, package: &str, file: &str) {
    let Some(schema) = schema(package, file) else {
        println!("skipped: the source of {package} is not on this machine");
        return;
    };
    let resource = |value| jsonschema::Resource::from_contents(value).unwrap();
    let none = json!({ "$schema": "http://json-schema.org/draft-07/schema#", "not": {},
        "definitions": { "signature": { "not": {} } } });
    let validator = jsonschema::options()
        .with_resource(
            "http://cyclonedx.org/schema/spdx.schema.json",
            resource(none.clone()),
        )
        .with_resource(
            "http://cyclonedx.org/schema/jsf-0.82.schema.json",
            resource(none),
        )
        .build(&schema)
        .unwrap();
    let errors: Vec<_> = validator
        .iter_errors(document)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, [""; 0], "{document:#}");
    // The check can fail.
    let mut broken = document.clone();
    broken["components"] = json!([{ "name": 1 }]);
    broken["packages"] = json!([{ "name": 1 }]);
    assert!(!validator.is_valid(&broken));
}

#[test]
fn a_bill_of_materials_is_valid_and_has_every_package() {
    let cyclonedx = json_of(&mixed(), &["--format", "cyclonedx"]);
    assert_valid(&cyclonedx, "serde-cyclonedx", "cyclonedx_1_6.json");
    let components = cyclonedx["components"].as_array().unwrap().iter();
    let mut purls: Vec<_> = components.filter_map(|one| one["purl"].as_str()).collect();
    purls.sort_unstable();
    let expected = [
        "pkg:deb/debian/curl@1:7.88%2Bx~1?arch=amd64&distro=debian-12",
        "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12",
        "pkg:gem/r@1",
        "pkg:generic/node@20.1.2",
        "pkg:maven/org.x/y@3",
        "pkg:npm/%40s/y@2.0.0",
        "pkg:npm/x@1.0.0",
        "pkg:pypi/a-b@1",
    ];
    assert_eq!(purls, expected);
    let spdx = json_of(&mixed(), &["--packages", "--format", "spdx"]);
    assert_valid(&spdx, "serde-spdx", "spdx_2_3.json");
    let packages = spdx["packages"].as_array().unwrap().iter();
    let references = packages.filter_map(|one| one["externalRefs"][0]["referenceLocator"].as_str());
    let mut purls: Vec<_> = references.collect();
    purls.sort_unstable();
    assert_eq!(purls, expected);
    let ended = run(&mixed(), &["--format", "spdx", "--fail-on", "packages>1"]);
    assert_eq!(ended.code, Some(3), "{}", ended.err);
    assert!(ended.err.contains("packages>1: "), "{}", ended.err);
    for list in [["--layer", "1"], ["--path", "*"], ["--against", "a.tar"]] {
        let ended = run(&mixed(), &[&list[..], &["--format", "spdx"]].concat());
        assert_eq!(ended.code, Some(2), "{list:?}");
    }
}

/// The bill of an image, or why there is none, where `SOURCE_DATE_EPOCH` is set.
fn bill_at(image: &Image, form: &str, epoch: &str) -> Result<Value, String> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.tar"), image.saved()).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["inspect", "a.tar", "--format", form])
        .current_dir(dir.path())
        .env("SOURCE_DATE_EPOCH", epoch)
        .output()
        .unwrap();
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        false => Err(String::from_utf8(output.stderr).unwrap()),
    }
}

#[test]
fn a_bill_of_a_stated_time_is_the_same_each_time() {
    let bill = |form, epoch| bill_at(&mixed(), form, epoch).unwrap();
    let cyclonedx = bill("cyclonedx", "1700000000");
    assert_valid(&cyclonedx, "serde-cyclonedx", "cyclonedx_1_6.json");
    assert_eq!(cyclonedx["metadata"]["timestamp"], "2023-11-14T22:13:20Z");
    assert_eq!(cyclonedx, bill("cyclonedx", "1700000000"));
    let later = bill("cyclonedx", "1700000001");
    assert_ne!(cyclonedx["serialNumber"], later["serialNumber"]);
    // A UUID of version 8.
    let serial = cyclonedx["serialNumber"].as_str().unwrap();
    let parts: Vec<_> = serial
        .strip_prefix("urn:uuid:")
        .unwrap()
        .split('-')
        .collect();
    assert_eq!(
        parts.iter().map(|part| part.len()).collect::<Vec<_>>(),
        [8, 4, 4, 4, 12]
    );
    assert!(
        parts[2].starts_with('8') && parts[3].starts_with(['8', '9', 'a', 'b']),
        "{serial}"
    );
    let spdx = bill("spdx", "1700000000");
    assert_eq!(spdx["creationInfo"]["created"], "2023-11-14T22:13:20Z");
    assert_eq!(spdx, bill("spdx", "1700000000"));
    for wrong in ["", "x", "-1", "1e9", "99999999999999999999"] {
        let error = bill_at(&mixed(), "spdx", wrong).unwrap_err();
        assert!(
            error.contains("SOURCE_DATE_EPOCH") && error.contains("hint:"),
            "{error}"
        );
    }
}

#[test]
fn a_package_url_names_the_package_as_its_registry_does() {
    let layer = Layer::new()
        .file(
            "a/node_modules/JSONStream/package.json",
            npm("JSONStream", "1.3.5"),
        )
        .file(
            "s/a.dist-info/METADATA",
            "Name: Zope._Interface\nVersion: 1\n",
        )
        .file(
            "g/specifications/n.gemspec",
            "# stub: n 1 x86_64-linux lib\n",
        )
        .file("lib/apk/db/installed", "P:musl\nV:1\n")
        .file("var/lib/dpkg/status", "Package: libc6\nVersion: 2\n");
    let json = json_of(&Image::of([layer]), &["--format", "cyclonedx"]);
    let components = json["components"].as_array().unwrap().iter();
    let mut purls: Vec<_> = components.filter_map(|one| one["purl"].as_str()).collect();
    purls.sort_unstable();
    let expected = [
        "pkg:apk/alpine/musl@1",
        "pkg:deb/debian/libc6@2",
        "pkg:gem/n@1?platform=x86_64-linux",
        "pkg:npm/JSONStream@1.3.5",
        "pkg:pypi/zope-interface@1",
    ];
    assert_eq!(purls, expected);
}

#[test]
fn a_version_is_no_longer_than_the_schema_has_it() {
    // Each of its characters is written out as six.
    let description = npm("x", &"\u{1b}".repeat(200));
    let layer = Layer::new().file("a/node_modules/x/package.json", description);
    let json = json_of(&Image::of([layer]), &["--format", "cyclonedx"]);
    assert_valid(&json, "serde-cyclonedx", "cyclonedx_1_6.json");
}

/// An image whose packages have such texts in all places.
fn with_texts(texts: &[String]) -> Image {
    let mut layer = Layer::new().file(
        "etc/os-release",
        format!("ID={}\n", texts[0].replace('\n', " ")),
    );
    for (number, text) in texts.iter().enumerate() {
        let text = text.replace('\n', " ");
        let name = format!("app/{number}/node_modules/x/package.json");
        layer = layer
            .file(&name, npm(&text, &text))
            .file(
                &format!("s/{number}.egg-info"),
                format!("Name: {text}\nVersion: {text}\n"),
            )
            .file(&format!("b/{number}.jar"), jar(&text, &text))
            .file(
                &format!("{number}/lib/apk/db/installed"),
                format!("P:{text}\nV:{text}\nA:{text}\n"),
            );
    }
    Image::of([layer])
}

const FORMS: [&[&str]; 7] = [
    &["--packages"],
    &["--packages", "--format", "md"],
    &["--packages", "--format", "json"],
    &["--all"],
    &["--format", "cyclonedx"],
    &["--format", "spdx"],
    &["--against", "b.tar"],
];

#[test]
fn no_form_of_packages_holds_a_secret() {
    let texts: Vec<_> = secrets().into_iter().map(|plant| plant.text).collect();
    let empty = Image::of([Layer::new()]);
    let image = with_texts(&texts);
    for form in FORMS {
        let images = [("a.tar", &image), ("b.tar", &empty)];
        let ended = run_all(&images, &[&["a.tar"], form].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        assert_secretless(&form.join(" "), &ended.out);
    }
}

#[test]
fn no_form_of_packages_is_hostile() {
    let image = with_texts(&[HOSTILE.trim_end_matches('\0').to_owned()]);
    let empty = Image::of([Layer::new()]);
    for form in FORMS {
        let images = [("a.tar", &image), ("b.tar", &empty)];
        let ended = run_all(&images, &[&["a.tar"], form].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        assert_inert(&form.join(" "), &ended.out);
        assert!(ended.out.contains("HOSTILE"), "{form:?}: {}", ended.out);
        if let Some(package) = match form {
            [_, "cyclonedx"] => Some(("serde-cyclonedx", "cyclonedx_1_6.json")),
            [_, "spdx"] => Some(("serde-spdx", "spdx_2_3.json")),
            _ => None,
        } {
            let document = serde_json::from_str(&ended.out).unwrap();
            assert_valid(&document, package.0, package.1);
        }
    }
}
