//! Commands without a run of their own, on a full disk: a file that the user names, a folder of a
//! joined run, and stdout. What was there before stays, and what is read is not changed.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use plimsoll::oci::sha256_hex;
use serde_json::json;
use tempfile::TempDir;
use walkdir::WalkDir;

use super::full_file::{FULL, LIBRARY, build};
use super::table;
use crate::merging;

/// The test, as the page names it.
pub(super) const TEST: &str = "faults::outputs::files_and_stdout_on_a_full_disk";

/// Commands that write a file, the file, and how it begins.
const FILES: &[(&str, &str, &str)] = &[
    ("report RUN --format md --out FILE", "FILE", "# "),
    (
        "report RUN --format html --out FILE",
        "FILE",
        "<!DOCTYPE html>",
    ),
    ("report RUN --format csv --out FILE", "FILE", "run,"),
    ("report RUN --format json --out FILE", "FILE", "{"),
    ("report RUN --format open-metrics --out FILE", "FILE", "# "),
    (
        "report RUN --format svg --chart node-choice --out DIR",
        "DIR/node-choice.svg",
        "<svg",
    ),
    ("compare RUN RUN --format md --out FILE", "FILE", "**"),
    (
        "compare RUN RUN --format html --out FILE",
        "FILE",
        "<!DOCTYPE html>",
    ),
    (
        "compare RUN RUN --format csv --out FILE",
        "FILE",
        "base_run,",
    ),
    ("compare RUN RUN --format json --out FILE", "FILE", "{"),
    (
        "history RUN --format html --out FILE",
        "FILE",
        "<!DOCTYPE html>",
    ),
    (
        "history RUN --format csv --out FILE",
        "FILE",
        "run,started_at,",
    ),
    (
        "bench PROJECT --dry-run --save FILE",
        "FILE",
        "# Written by plimsoll",
    ),
];

/// A command that replaces no file, and how its file begins.
const NEW: (&str, &str) = ("init PROJECT --out NEW", "# Written by plimsoll");

/// A command that makes a run's folder, its files, and how they begin.
const JOIN: &str = "merge parts";
const JOINED: &[(&str, &str)] = &[
    ("run.json", "{\n  \"schema_version\""),
    ("report.md", "# 20"),
    ("report.html", "<!DOCTYPE html>"),
];

/// Commands that print.
const STDOUT: &[&str] = &[
    "report RUN",
    "report RUN --format table",
    "report RUN --format go-benchmark",
    "claims RUN",
    "compare RUN RUN",
    "compare RUN RUN --format step-summary",
    "check RUN",
    "check RUN --format json",
    "check RUN --format junit",
    "check RUN --format step-summary",
    "history RUN",
    "bench PROJECT --dry-run",
    "inspect image.tar",
    "inspect image.tar --fail-on root --format sarif",
    "inspect image.tar --format cyclonedx",
    "schema run",
    "completions bash",
    "man",
    "--help",
    "--version",
];

/// How many rows there are.
pub(super) fn count() -> usize {
    FILES.len() + 1 + JOINED.len() + STDOUT.len()
}

/// A folder with one run, `RUN`, one project, `PROJECT`, an image and two parts of a run.
fn folder() -> TempDir {
    // Not named as a temporary file.
    let mut folder = tempfile::Builder::new();
    let folder = folder.prefix("outputs-").tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let place = |name: &str| folder.path().join(name);
    for name in ["RUN", "DIR", "PROJECT", "parts"] {
        fs::create_dir(place(name)).unwrap();
    }
    let run = root.join("results/reference-2026-11-20-2cpu-vm/run.json");
    fs::copy(run, place("RUN/run.json")).unwrap();
    for entry in fs::read_dir(root.join("tests/projects/two-bases")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), place("PROJECT").join(entry.file_name())).unwrap();
    }
    fs::write(place("image.tar"), image()).unwrap();
    for part in merging::two() {
        let of_part = place("parts").join(&part.id);
        fs::create_dir(&of_part).unwrap();
        let json = serde_json::to_vec_pretty(&part).unwrap();
        fs::write(of_part.join("run.json"), json).unwrap();
    }
    folder
}

/// An image of one file, as `docker save` writes it.
fn image() -> Vec<u8> {
    let layer = archive(&[("app/file", b"content")]);
    let digest = format!("sha256:{}", sha256_hex(&layer));
    let config = json!({
        "config": {}, "history": [], "rootfs": { "type": "layers", "diff_ids": [digest] },
    });
    let manifest =
        json!([{ "Config": "config.json", "RepoTags": ["a:b"], "Layers": ["0/layer.tar"] }]);
    archive(&[
        ("0/layer.tar", &layer),
        ("config.json", config.to_string().as_bytes()),
        ("manifest.json", manifest.to_string().as_bytes()),
    ])
}

fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

/// The exit code and the error of a command in that folder, which prints to this.
fn run(words: &str, folder: &TempDir, out: Stdio, variables: &[(&str, &Path)]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["--home", "."])
        .args(words.split(' '))
        .env_remove("PLIMSOLL_HOME")
        .env("DOCKER_HOST", "unix:///nowhere/plimsoll.sock")
        .envs(variables.iter().copied())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(out)
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    let cause = "\n  caused by: No space left on device (os error 28)\n  hint: ";
    assert!(error.contains(cause), "{words}: {error}");
    (output.status.code().unwrap(), error)
}

/// The same of a command whose writes fail if they begin with this.
fn run_with_full_file(
    words: &str,
    begins: &str,
    folder: &TempDir,
    made: &TempDir,
) -> (i32, String) {
    let (library, control) = (made.path().join(LIBRARY), made.path().join("begins"));
    fs::write(&control, begins).unwrap();
    let variables = [("LD_PRELOAD", library.as_path()), (FULL, control.as_path())];
    run(words, folder, Stdio::null(), &variables)
}

/// Files that were begun and not finished.
fn begun(folder: &TempDir) -> usize {
    let entries = WalkDir::new(folder.path()).into_iter().map(Result::unwrap);
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let prefixes = [".tmp", ".writing-"];
    let is_begun = |name: &String| prefixes.iter().any(|prefix| name.starts_with(prefix));
    names.filter(is_begun).count()
}

/// The error names the file as the user does, and says what to do.
fn assert_names(error: &str, file: &str, words: &str) {
    let named = [format!("failed to write `{file}`\n"), format!("/{file}`\n")];
    let is_named = named.iter().any(|named| error.contains(named));
    assert!(is_named, "{words}: {error}");
    assert!(!error.contains(".tmp"), "{words}: {error}");
    assert!(!error.contains(".writing-"), "{words}: {error}");
}

/// The row of a command that would replace a file.
fn row_of_file(words: &str, name: &str, begins: &str, folder: &TempDir, made: &TempDir) -> String {
    let file = folder.path().join(name);
    fs::write(&file, "the one before").unwrap();
    let (code, error) = run_with_full_file(words, begins, folder, made);
    assert_names(&error, name, words);
    let hint = "hint: free space on that disk, or name a place on another one";
    assert!(error.contains(hint), "{words}: {error}");
    let kept = match fs::read_to_string(&file).unwrap().as_str() {
        "the one before" => "kept",
        _ => "lost",
    };
    let begun = begun(folder);
    assert_eq!((code, kept, begun), (1, "kept", 0), "{words}: {error}");
    format!("| `{words}` | {code} | {kept} | {begun} | `{TEST}` |")
}

/// The row of a command that would make a file.
fn row_of_new(folder: &TempDir, made: &TempDir) -> String {
    let (words, begins) = NEW;
    let (code, error) = run_with_full_file(words, begins, folder, made);
    assert_names(&error, "NEW", words);
    assert!(!folder.path().join("NEW").exists(), "{error}");
    let begun = begun(folder);
    assert_eq!((code, begun), (1, 0), "{words}: {error}");
    format!("| `{words}` | {code} | none | {begun} | `{TEST}` |")
}

/// The row of a command that makes a run's folder, of which one file cannot be written.
fn row_of_joined(name: &str, begins: &str, folder: &TempDir, made: &TempDir) -> String {
    let (code, error) = run_with_full_file(JOIN, begins, folder, made);
    assert_names(&error, name, JOIN);
    let results = folder.path().join("results");
    let runs = fs::read_dir(&results).unwrap();
    let runs = runs.map(|entry| entry.unwrap().path());
    let runs: Vec<_> = runs
        .filter(|run| run.is_dir() && !run.is_symlink())
        .collect();
    let begun = begun(folder);
    assert_eq!((code, begun), (1, 0), "{name}: {error}");
    if name == "run.json" {
        // A folder without a record is of no use, and the parts are still there.
        assert!(runs.is_empty(), "{runs:?}");
    } else {
        let [run] = runs.as_slice() else {
            panic!("{runs:?}")
        };
        for other in ["run.json", "summary.csv", "report.md", "report.html"] {
            assert_eq!(run.join(other).exists(), other != name, "{name}: {other}");
        }
        assert!(error.contains("`plimsoll report RUN --write`"), "{error}");
    }
    fs::remove_dir_all(results).unwrap();
    format!("| `{JOIN}`: {name} | {code} | none | {begun} | `{TEST}` |")
}

/// The row of a command that prints.
fn row_of_stdout(words: &str, folder: &TempDir) -> String {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (code, error) = run(words, folder, full.into(), &[]);
    assert_eq!(code, 1, "{words}: {error}");
    let said = "error: failed to write standard output\n";
    let hint = "hint: free space on the disk that the output goes to";
    for part in [said, hint] {
        assert!(error.contains(part), "{words}: {error}");
    }
    format!("| `{words}` | {code} | none | 0 | `{TEST}` |")
}

/// Runs all of them; their rows.
pub(super) fn rows() -> Vec<String> {
    let (folder, made) = (folder(), tempfile::tempdir().unwrap());
    build(made.path());
    let mut rows = Vec::new();
    for (words, name, begins) in FILES {
        rows.push(row_of_file(words, name, begins, &folder, &made));
    }
    rows.push(row_of_new(&folder, &made));
    for (name, begins) in JOINED {
        rows.push(row_of_joined(name, begins, &folder, &made));
    }
    for words in STDOUT {
        rows.push(row_of_stdout(words, &folder));
    }
    rows
}

#[test]
fn files_and_stdout_on_a_full_disk() {
    table::compare_rows(&rows());
}
