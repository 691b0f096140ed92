//! The scripts: that no live test slips through what `scripts/test` runs with an engine.

use std::fs;
use std::path::Path;
use std::process::Command;

use regex::Regex;
use walkdir::WalkDir;

use crate::live_run::matrix::{ONLY, SCENARIOS};
use crate::live_run::other_apps;

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

/// `Machine` and `Before` compare less where others are at work, and a run warns of build cache
/// records that it does not know.
#[test]
fn each_module_that_needs_the_machine_for_itself_is_run_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = fs::read_to_string(root.join("scripts/test")).unwrap();
    let listed = Regex::new(r"(?m)^alone=\((.*)\)$").unwrap();
    let listed: Vec<_> = listed.captures(&script).unwrap()[1]
        .split(' ')
        .map(str::to_owned)
        .collect();
    let suite = root.join("tests/suite");
    let compares =
        Regex::new(r"\b(Before::now|Machine::at_rest)\(|\brecord\.warnings(\.is_empty|, Vec)")
            .unwrap();
    let mut found = Vec::new();
    for entry in WalkDir::new(&suite).sort_by_file_name() {
        let entry = entry.unwrap();
        let path = entry.path();
        // The helper of the modules that are found.
        if path.extension().is_none_or(|ending| ending != "rs") || path.ends_with("luggage.rs") {
            continue;
        }
        if compares.is_match(&fs::read_to_string(path).unwrap()) {
            let inside = path.strip_prefix(&suite).unwrap().with_extension("");
            let module = inside.to_str().unwrap().replace('/', "::") + "::";
            match module.starts_with("cleanroom::") {
                true => found.push("cleanroom::".to_owned()),
                false => found.push(module),
            }
        }
    }
    found.sort();
    found.dedup();
    assert_eq!(listed, found);
}

/// The stand-ins that `scripts/test` builds before the live tests are those that they need.
#[test]
fn the_set_up_of_the_tests_builds_what_the_matrix_rests_on() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = fs::read_to_string(root.join("scripts/test")).unwrap();
    let others = other_apps::VARIANTS;
    let of_others = others
        .iter()
        .filter_map(|variant| variant.split('/').next());
    let names: Vec<&str> = SCENARIOS.into_iter().chain(of_others).collect();
    let scenarios = format!("scenarios=({})\n", names.join(" "));
    assert!(script.contains(&scenarios), "{scenarios}");
    let matrix = ONLY.strip_suffix('}').unwrap();
    let only = format!("{matrix},{}}}", others.join(","));
    assert!(script.contains(&format!("only='{only}'\n")), "{only}");
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
    let mut arguments = names;
    arguments.extend(["--only", &only]);
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

/// What `scripts/test-engines` feeds to Python, from the line that has this text.
fn python_of(line: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = fs::read_to_string(root.join("scripts/test-engines")).unwrap();
    let (_, rest) = script.split_once(line).unwrap();
    rest.split_once("\nP\n").unwrap().0.to_owned()
}

fn passes(python: &str, arguments: &[&Path]) -> bool {
    let mut command = Command::new("python3");
    let output = command.args(["-c", python]).args(arguments).arg("docker");
    output.output().unwrap().status.success()
}

const OWN: &str = "docker go/multi-stage-alpine size.own 1\n";
const UNPACKED: &str = "docker go/multi-stage-alpine size.unpacked 2\n";

/// A run that lacks one of the two figures proves nothing of it.
#[test]
fn the_comparison_of_engines_wants_both_figures_of_each_run() {
    let dir = tempfile::tempdir().unwrap();
    let sizes = dir.path().join("sizes");
    let compare = python_of("if python3 - \"$work/sizes\" <<'P'\n");
    let compared = |runs: &[(&str, &[&str])]| {
        let lines = runs.iter().flat_map(|(engine, lines)| {
            lines.iter().map(move |line| line.replace("docker", engine))
        });
        fs::write(&sizes, lines.collect::<String>()).unwrap();
        passes(&compare, &[&sizes])
    };
    let both: &[&str] = &[OWN, UNPACKED];
    assert!(compared(&[("a", both), ("b", both)]));
    assert!(!compared(&[("a", both), ("b", &[OWN])]));
    assert!(!compared(&[("a", both), ("b", &[OWN, OWN])]));
    assert!(!compared(&[("a", both), ("b", &[OWN, UNPACKED, OWN])]));
    let other = UNPACKED.replace('2', "3");
    assert!(!compared(&[("a", both), ("b", &[OWN, &other])]));

    let read = python_of("python3 - \"$out/latest/run.json\" \"$work/sizes\" \"$engine\" <<'P'\n");
    let run = dir.path().join("run.json");
    let measured = |metrics: &[&str]| {
        let sample = |metric: &&str| {
            serde_json::json!({ "case": "go/multi-stage-alpine", "metric": metric,
                "outcome": { "status": "ok", "value": { "bytes": 7 } } })
        };
        let record = serde_json::json!({
            "cases": [{ "id": "go/multi-stage-alpine" }, { "id": "engine/floor" }],
            "samples": metrics.iter().map(sample).collect::<Vec<_>>(),
        });
        fs::write(&run, record.to_string()).unwrap();
        fs::write(&sizes, "").unwrap();
        passes(&read, &[&run, &sizes])
    };
    assert!(measured(&["size.own", "size.unpacked", "build.cold"]));
    let lines = fs::read_to_string(&sizes).unwrap();
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(!measured(&["size.own"]));
    assert!(!measured(&["size.own", "size.unpacked", "size.own"]));
    assert!(!measured(&[]));
}

/// All texts below keys named `bases`.
pub(crate) fn bases_in(value: &serde_json::Value) -> Vec<String> {
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

/// A root whose making was killed can have folders of the machine mounted in it, as mmdebstrap
/// does with /sys.
#[test]
fn removing_engines_removes_nothing_that_is_mounted_in_their_roots() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: not root");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name);
    fs::create_dir_all(path("engines/sid/sys")).unwrap();
    fs::create_dir_all(path("engines/sid/dev/pts")).unwrap();
    fs::create_dir_all(path("machine")).unwrap();
    fs::write(path("machine/file"), "not ours").unwrap();
    let script = "mount --bind machine engines/sid/sys && mount -t tmpfs none engines/sid/dev \
         && mkdir engines/sid/dev/pts && mount --bind machine engines/sid/dev/pts \
         && exec \"$1\" remove";
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-c", script, "sh"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/engines"))
        .env("PLIMSOLL_ENGINES", path("engines"))
        .current_dir(home.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(!path("engines").exists(), "{output:?}");
    assert_eq!(
        fs::read_to_string(path("machine/file")).unwrap(),
        "not ours"
    );
}
