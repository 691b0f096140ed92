//! The conformance suite of the distribution specification, against `plimsoll registry`. With
//! `PLIMSOLL_GO=1` it is built from the Go module proxy and run.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// The version of 2026-08-31, to which the numbers below belong.
const SUITE: &str =
    "github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111";

/// Features of the registry that the specification leaves open.
const OPTIONS: &[(&str, &str)] = &[
    ("OCI_TLS", "disabled"),
    ("OCI_API_BLOBS_UPLOAD_CANCEL", "true"),
    ("OCI_API_BLOBS_DIGEST_HEADER", "true"),
    ("OCI_API_MANIFESTS_DIGEST_HEADER", "true"),
    ("OCI_API_MANIFESTS_TAG_PARAM", "true"),
];

/// Runs the suite; returns its JUnit report and whether it passed.
fn conformance(suite: &Path, address: &str, version: &str) -> (String, bool) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(suite)
        .current_dir(folder.path())
        .env("OCI_REGISTRY", address)
        .env("OCI_VERSION", version)
        .envs(OPTIONS.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let report = std::fs::read_to_string(folder.path().join("results/junit.xml")).unwrap();
    (report, output.status.success())
}

#[test]
fn the_conformance_suite_of_the_specification_passes() {
    if std::env::var("PLIMSOLL_GO").as_deref() != Ok("1") {
        println!("skipped: set PLIMSOLL_GO=1 to build the suite and run it");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let built = Command::new("go")
        .args(["install", SUITE])
        .env("GOBIN", folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(built.status.success(), "{built:?}");
    let mut child = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .arg("registry")
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut address = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut address).unwrap();
    let suite = folder.path().join("conformance");
    let reports = ["stable", "dev"].map(|version| conformance(&suite, address.trim(), version));
    child.kill().unwrap();
    child.wait().unwrap();
    for (report, passed) in reports {
        let head = report.lines().find(|line| line.contains("<testsuites"));
        assert!(passed, "{head:?}");
        assert!(!report.contains("<failure"), "{head:?}");
        assert!(head.unwrap().contains("tests=\"986\""), "{head:?}");
    }
}
