//! Programs on Go modules, and what they printed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use super::corpus::{Case, Input};

/// What BuildKit makes of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub syntax: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageReport>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
}

/// A stage as BuildKit reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageReport {
    pub name: String,
    pub base: String,
}

/// What the converter reports of the cases.
pub fn steps(cases: &[Case]) -> Vec<Report> {
    let inputs: Vec<Input<'_>> = cases.iter().map(Case::input).collect();
    answers("steps", "recorded.json", &inputs)
}

/// The recorded output of a program; with `PLIMSOLL_GO=1` it is checked against a run.
pub fn answers<I: Serialize, O: Serialize + for<'de> Deserialize<'de> + PartialEq>(
    program: &str,
    record: &str,
    input: &I,
) -> Vec<O> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/buildkit");
    let record = folder.join(record);
    if std::env::var("PLIMSOLL_GO").as_deref() != Ok("1") {
        println!("recorded results: set PLIMSOLL_GO=1 to run the Go program again");
        return read(&record);
    }
    let output = run(
        &folder.join("oracle"),
        program,
        &serde_json::to_vec(input).unwrap(),
    );
    let fresh: Vec<O> = serde_json::from_slice(&output).unwrap();
    if std::env::var("PLIMSOLL_BLESS").as_deref() == Ok("1") {
        let lines = fresh
            .iter()
            .map(|item| serde_json::to_string(item).unwrap());
        let text = format!("[\n{}\n]\n", lines.collect::<Vec<_>>().join(",\n"));
        std::fs::write(&record, text).unwrap();
    }
    let known: Vec<O> = read(&record);
    let differ = known
        .iter()
        .zip(&fresh)
        .position(|(known, fresh)| known != fresh);
    assert_eq!(differ, None, "the recorded results are of another version");
    assert_eq!(known.len(), fresh.len());
    fresh
}

fn read<O: for<'de> Deserialize<'de>>(record: &Path) -> Vec<O> {
    serde_json::from_str(&std::fs::read_to_string(record).unwrap()).unwrap()
}

/// Where thousands of small trees are made: in memory, if there is a place for it.
pub fn quick() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    match tempfile::tempfile_in(&memory) {
        Ok(_) => memory,
        Err(_) => std::env::temp_dir(),
    }
}

/// Runs a program of the module with the text as its input.
fn run(module: &Path, program: &str, input: &[u8]) -> Vec<u8> {
    let home = tempfile::tempdir().unwrap();
    let binary = home.path().join(program);
    let retry = Path::new(env!("CARGO_MANIFEST_DIR")).join("bases/lib/retry");
    let built = Command::new(retry)
        .args(["go", "build", "-o"])
        .arg(&binary)
        .arg(format!("./{program}"))
        .current_dir(module)
        .status()
        .unwrap();
    assert!(built.success(), "go build: {built}");
    let mut child = Command::new(&binary)
        .env("TMPDIR", quick())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).unwrap());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{program}: {}", output.status);
        output.stdout
    })
}
