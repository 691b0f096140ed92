//! PyPI, npm, Go, and servers of releases (Rust's and Maven Central).

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use flate2::Compression;
use flate2::write::GzEncoder;
use plimsoll::oci::sha256_hex;
use serde_json::json;
use sha2::{Digest, Sha512};

use super::mirror::Mirror;
use super::{fails_with, has, script, succeeds};

/// Attempts for a step that needs two files, each of which fails twice.
const TWO_FILES: &str = "5";

/// A wheel with one module, made by Python's own zip writer.
fn wheel(folder: &Path, version: &str) -> Vec<u8> {
    let file = folder.join("wheel.zip");
    let code = format!(
        "import sys, zipfile\n\
         info = 'demo_wheel-{version}.dist-info/'\n\
         with zipfile.ZipFile(sys.argv[1], 'w') as z:\n\
         \x20z.writestr('demo.py', 'x = 1\\n' * 5000)\n\
         \x20z.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: demo-wheel\\nVersion: {version}\\n')\n\
         \x20z.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n\
         \x20z.writestr(info + 'RECORD', '')\n"
    );
    let done = Command::new("python3")
        .args(["-c", &code])
        .arg(&file)
        .status();
    assert!(done.unwrap().success());
    std::fs::read(file).unwrap()
}

#[test]
fn a_wheel_is_fetched_from_an_index_that_is_ahead() {
    if !has("pip") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mirror = Mirror::new();
    let file = "demo_wheel-1.0-py3-none-any.whl";
    mirror.put(&format!("/files/{file}"), wheel(home.path(), "1.0"));
    let links: String = ["1.0", "1.1"]
        .map(|version| format!("<a href=\"/files/demo_wheel-{version}-py3-none-any.whl\">x</a>\n"))
        .concat();
    mirror.put("/simple/demo-wheel/", links);
    let fetch = |wanted: &str| {
        let mut command = script("fetch-wheel");
        command
            .args(["manylinux2014_x86_64", wanted])
            .arg(home.path().join(wanted))
            .env("PIP_INDEX_URL", format!("{}/simple", mirror.url))
            .env("PIP_CONFIG_FILE", "/dev/null")
            .env("PIP_RETRIES", "0")
            .env("FETCH_ATTEMPTS", TWO_FILES)
            .env_remove("PIP_FIND_LINKS");
        command
    };
    succeeds(&mut fetch("demo-wheel==1.0"));
    assert!(home.path().join("demo-wheel==1.0/demo.py").is_file());
    mirror.assert_misbehaved(&[&format!("/files/{file}"), "/simple/demo-wheel/"]);
    let listed = "demo-wheel: version 1.1 for manylinux2014_x86_64 cannot be fetched; \
                  the index lists: 1.0, 1.1";
    fails_with(&mut fetch("demo-wheel==1.1"), &[listed]);
    let listed = "demo-wheel: version 7 for manylinux2014_x86_64 cannot be fetched; \
                  the index lists: 1.0, 1.1";
    fails_with(&mut fetch("demo-wheel==7"), &[listed]);
}

#[test]
fn a_package_is_fetched_from_an_npm_registry_that_is_ahead() {
    if !has("npm") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mirror = Mirror::new();
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    let manifest = json!({ "name": "demo-pack", "version": "1.0.0" }).to_string();
    for (name, text) in [
        ("package/package.json", manifest),
        ("package/index.js", "1;\n".repeat(4000)),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    let packed = tar.into_inner().unwrap().finish().unwrap();
    let sum = base64::engine::general_purpose::STANDARD.encode(Sha512::digest(&packed));
    let version = |version: &str| {
        json!({ "name": "demo-pack", "version": version, "dist": {
            "tarball": format!("{}/demo-pack/-/demo-pack-{version}.tgz", mirror.url),
            "integrity": format!("sha512-{sum}") } })
    };
    let index = json!({ "name": "demo-pack", "dist-tags": { "latest": "1.1.0" },
        "versions": { "1.0.0": version("1.0.0"), "1.1.0": version("1.1.0") } });
    mirror.put("/demo-pack", index.to_string());
    mirror.put("/demo-pack/-/demo-pack-1.0.0.tgz", packed);
    let fetch = |wanted: &str| {
        let mut command = script("fetch-npm");
        command
            .arg(wanted)
            .arg(home.path().join(wanted))
            .env("npm_config_registry", &mirror.url)
            .env("npm_config_fetch_retries", "0")
            .env("FETCH_ATTEMPTS", TWO_FILES);
        command
    };
    succeeds(&mut fetch("demo-pack@1.0.0"));
    assert!(home.path().join("demo-pack@1.0.0/index.js").is_file());
    mirror.assert_misbehaved(&["/demo-pack", "/demo-pack/-/demo-pack-1.0.0.tgz"]);
    let listed =
        "demo-pack: version 1.1.0 cannot be fetched; the registry lists: [ '1.0.0', '1.1.0' ]";
    fails_with(&mut fetch("demo-pack@1.1.0"), &[listed]);
}

#[test]
fn a_go_program_is_fetched_from_a_proxy_that_is_ahead() {
    if !has("go") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mirror = Mirror::new();
    let zip = home.path().join("module.zip");
    let code = "import sys, zipfile\n\
        with zipfile.ZipFile(sys.argv[1], 'w') as z:\n\
        \x20root = 'example.com/demo@v1.0.0/'\n\
        \x20z.writestr(root + 'go.mod', 'module example.com/demo\\n')\n\
        \x20z.writestr(root + 'cmd/hello/main.go', 'package main\\n\\nfunc main() {}\\n' + '// x\\n' * 5000)\n";
    let done = Command::new("python3")
        .args(["-c", code])
        .arg(&zip)
        .status();
    assert!(done.unwrap().success());
    mirror.put("/example.com/demo/@v/list", "v1.0.0\n");
    let info =
        |version: &str| json!({ "Version": version, "Time": "2026-01-01T00:00:00Z" }).to_string();
    mirror.put("/example.com/demo/@v/v1.0.0.info", info("v1.0.0"));
    mirror.put(
        "/example.com/demo/@v/v1.0.0.mod",
        "module example.com/demo\n",
    );
    mirror.put(
        "/example.com/demo/@v/v1.0.0.zip",
        std::fs::read(&zip).unwrap(),
    );
    mirror.put("/example.com/demo/@latest", info("v1.0.0"));
    let fetch = |version: &str| {
        let mut command = script("go-install");
        command
            .arg(format!("example.com/demo/cmd/hello@{version}"))
            .env("GOBIN", home.path().join("bin"))
            .env("GOPATH", home.path().join("go"))
            .env("GOPROXY", &mirror.url)
            .env("GOFLAGS", "-modcacherw")
            .env("GONOSUMDB", "*")
            .env("GOTOOLCHAIN", "local")
            // A step needs four files, and each of them fails twice.
            .env("FETCH_ATTEMPTS", "12")
            .current_dir(home.path());
        command
    };
    succeeds(&mut fetch("v1.0.0"));
    assert!(home.path().join("bin/hello").is_file());
    let listed = "example.com/demo/cmd/hello: version v1.1.0 cannot be fetched; \
                  the proxy lists: v1.0.0";
    fails_with(&mut fetch("v1.1.0"), &[listed]);
}

#[test]
fn a_release_is_fetched_and_checked() {
    if !has("python3") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let mirror = Mirror::new();
    let content = "release\n".repeat(4000);
    mirror.put("/dist/demo-1.0.tar.xz", content.as_str());
    mirror.put("/dist/versions.txt", "demo-1.0.toml\ndemo-1.2.toml\n");
    let fetch = |sum: &str, path: &str| {
        let sums = home.path().join("SUMS");
        std::fs::write(&sums, format!("{sum}  {path}\n")).unwrap();
        let mut command = script("fetch-release");
        command
            .arg(&mirror.url)
            .arg(&sums)
            .arg(home.path().join("out"))
            .args(["dist/versions.txt", r"demo-([0-9.]+)\.toml"]);
        command
    };
    let path = "dist/demo-1.0.tar.xz";
    let sha512 = format!("{:x}", Sha512::digest(&content));
    for sum in [sha256_hex(content.as_bytes()), sha512] {
        mirror.put("/dist/demo-1.0.tar.xz", content.as_str());
        succeeds(&mut fetch(&sum, path));
        mirror.assert_misbehaved(&["/dist/demo-1.0.tar.xz"]);
        let out = home.path().join("out").join(path);
        assert_eq!(std::fs::read_to_string(out).unwrap(), content);
    }
    let sum = sha256_hex(b"another");
    fails_with(
        &mut fetch(&sum, path),
        &[
            "dist/demo-1.0.tar.xz cannot be fetched",
            "it has the checksum",
            &sum,
            "versions there: 1.0, 1.2",
        ],
    );
    fails_with(
        &mut fetch(&sum, "dist/demo-1.1.tar.xz"),
        &[
            "dist/demo-1.1.tar.xz cannot be fetched",
            "404",
            "versions there: 1.0, 1.2",
        ],
    );
}
