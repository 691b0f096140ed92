//! `plimsoll merge` itself, from folders to a folder.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::*;

pub fn keep(home: &TempDir, record: &RunRecord) {
    let folder = home.path().join("parts").join(&record.id);
    std::fs::create_dir_all(&folder).unwrap();
    let json = serde_json::to_vec_pretty(record).unwrap();
    std::fs::write(folder.join("run.json"), json).unwrap();
}

pub fn plimsoll(home: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .arg("--home")
        .arg(home)
        .args(arguments)
        .env_remove("PLIMSOLL_HOME")
        .current_dir(home)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code();
    (code, text(output.stdout), text(output.stderr))
}

#[test]
fn a_folder_of_parts_becomes_a_run_folder_with_all_its_files() {
    let home = tempfile::tempdir().unwrap();
    for part in two() {
        keep(&home, &part);
    }
    let (code, out, err) = plimsoll(home.path(), &["merge", "parts", "--format", "json"]);
    assert_eq!(code, Some(0), "{err}");
    let reported: Value = serde_json::from_str(&out).unwrap();
    let folder = Path::new(reported["folder"].as_str().unwrap());
    for file in [
        "run.json",
        "samples.csv",
        "summary.csv",
        "steps.csv",
        "report.md",
        "report.html",
    ] {
        assert!(folder.join(file).exists(), "{file}");
    }
    let name = folder.file_name().unwrap().to_str().unwrap();
    assert!(name.ends_with("-node-merged"), "{name}");
    assert_eq!(reported["run"], name);
    // Every command takes it as any run.
    for command in ["report", "claims", "check"] {
        let (code, _, err) = plimsoll(home.path(), &[command, "latest"]);
        assert_eq!(code, Some(0), "{command}: {err}");
    }
    let (code, _, err) = plimsoll(home.path(), &["compare", "latest", "latest"]);
    assert_eq!(code, Some(0), "{err}");
}

#[test]
fn unlike_parts_are_wrong_usage_and_leave_nothing() {
    let home = tempfile::tempdir().unwrap();
    let [one, mut two] = two();
    two.host.cpus = Count(4);
    two.plan.seed = 1;
    for part in [one, two] {
        keep(&home, &part);
    }
    let (code, out, err) = plimsoll(home.path(), &["merge", "parts"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    // Both at once.
    for words in [
        "(--allow seed)",
        "(--allow host)",
        "hint: to join them all the same: --allow seed --allow host.",
    ] {
        assert!(err.contains(words), "{err}");
    }
    assert!(!home.path().join("results").exists());
    let allowed = ["merge", "parts", "--allow", "seed", "--allow", "host"];
    let (code, out, err) = plimsoll(home.path(), &allowed);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("Joined from 2 parts"), "{out}");
    assert!(
        err.contains("warning: `20261120T200001Z-node-shard1of2` and"),
        "{err}"
    );
}
