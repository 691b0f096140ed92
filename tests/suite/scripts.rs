//! The scripts: that no live test slips through what `scripts/test` runs with an engine.

use std::fs;
use std::path::Path;
use std::process::Command;

use regex::Regex;
use walkdir::WalkDir;

use crate::live_run::matrix::{ONLY, SCENARIOS};

#[test]
fn each_module_with_live_tests_is_run_with_an_engine() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = fs::read_to_string(root.join("scripts/test")).unwrap();
    let listed = Regex::new(r"(?m)^live=\((.*)\)$").unwrap();
    let words = listed.captures(&script).unwrap()[1].to_owned();
    let words: Vec<&str> = words.split(' ').collect();
    let suite = root.join("tests/suite");
    let is_live = Regex::new(r"\blive!\(|\bis_live\(\)|\bStage::alone\(").unwrap();
    let mut found = 0;
    for entry in WalkDir::new(&suite).into_iter().map(Result::unwrap) {
        let path = entry.path();
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        if !is_live.is_match(&fs::read_to_string(path).unwrap()) || path.ends_with("scripts.rs") {
            continue;
        }
        let inside = path.strip_prefix(&suite).unwrap().with_extension("");
        let module = inside.to_str().unwrap().replace('/', "::") + "::";
        assert!(
            words.iter().any(|word| module.contains(word)),
            "{module} has live tests, and none of {words:?} in scripts/test is in its name"
        );
        found += 1;
    }
    assert!(found > 20, "{found} modules have live tests");
}

/// The stand-ins that `scripts/test` builds before the live tests are those that they need.
#[test]
fn the_set_up_of_the_tests_builds_what_the_matrix_rests_on() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = fs::read_to_string(root.join("scripts/test")).unwrap();
    let scenarios = format!("scenarios=({})\n", SCENARIOS.join(" "));
    assert!(script.contains(&scenarios), "{scenarios}");
    assert!(script.contains(&format!("only='{ONLY}'\n")), "{ONLY}");
    let list = |extra: &[&str]| -> Vec<String> {
        let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["list", "--format", "json"])
            .args(extra)
            .current_dir(root)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        let listed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        bases_in(&listed)
    };
    let mut arguments = SCENARIOS.to_vec();
    arguments.extend(["--only", ONLY]);
    let built = list(&arguments);
    // The sample apps' own tests are built on some of the same bases.
    let from = Regex::new(r"(?m)^FROM (\S+)").unwrap();
    for app in fs::read_dir(root.join("sample-apps")).unwrap() {
        let file = app.unwrap().path().join("Dockerfile.test");
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        for base in from.captures_iter(&text) {
            let base = base[1].to_owned();
            assert!(
                built.contains(&base),
                "{base} of {} is not in {built:?}",
                file.display()
            );
        }
    }
}

/// All texts below keys named `bases`.
fn bases_in(value: &serde_json::Value) -> Vec<String> {
    let mut found = Vec::new();
    match value {
        serde_json::Value::Object(entries) => {
            for (key, value) in entries {
                match value.as_array() {
                    Some(bases) if key == "bases" => {
                        found.extend(
                            bases
                                .iter()
                                .filter_map(|base| base.as_str().map(str::to_owned)),
                        );
                    }
                    _ => found.extend(bases_in(value)),
                }
            }
        }
        serde_json::Value::Array(items) => found.extend(items.iter().flat_map(bases_in)),
        _ => {}
    }
    found
}
