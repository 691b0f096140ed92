//! The scripts: that no live test slips through what `scripts/test` runs with an engine.

use std::fs;
use std::path::Path;

use regex::Regex;
use walkdir::WalkDir;

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
