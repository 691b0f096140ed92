//! Scenario files: those of the repository load, and what is wrong in one is
//! reported with its place and its fix.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use plimsoll::dockerfile::Dockerfile;
use plimsoll::record::claimable;
use plimsoll::scenario::{
    self, ChangeKind, EXAMPLE, ReadyCheck, Scenario, ScenarioError, Statuses, VariantBuild,
};
use plimsoll::units::{Bytes, Count, Nanos, Ratio};

mod bad;
mod budgets;
mod contracts;
mod matrix;
mod ready_images;

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A tree with the example's app and one scenario.
struct Fixture(tempfile::TempDir);

impl Fixture {
    fn new(scenario: &str) -> Self {
        let fixture = Self(tempfile::tempdir().expect("a temporary folder"));
        let files = [
            ("scenarios/example.toml", scenario),
            ("sample-apps/example/src/release.txt", "unreleased\n"),
            ("sample-apps/example/package.json", "{}\n"),
            (
                "sample-apps/example/edits/package.json",
                "{\"description\": \"{nonce}\"}\n",
            ),
            ("sample-apps/example/edits/plain.json", "{}\n"),
            (
                "sample-apps/example/Dockerfile.single-stage",
                "FROM node:20\nCOPY . .\n",
            ),
            (
                "sample-apps/example/Dockerfile.multi-stage",
                "ARG NODE_VERSION\nFROM node:${NODE_VERSION} AS builder\nFROM scratch AS production\nCOPY --from=builder /x /\n",
            ),
            (
                "sample-apps/example/Dockerfile.broken",
                "FROM node:20\n\nRUNN npm ci\n",
            ),
            (
                "sample-apps/example/Dockerfile.bases",
                "FROM golang:1.22 AS build\nRUN true\nFROM node:20 AS production\nCOPY --from=build /x /\n",
            ),
            ("sample-apps/example/Dockerfile.unset", "FROM node:$V\n"),
            ("sample-apps/example/Dockerfile.upper", "FROM Node\n"),
        ];
        for (path, text) in files {
            fixture.write(path, text);
        }
        fixture
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(path);
        let folder = path.parent().expect("a file has a folder");
        fs::create_dir_all(folder).expect("the fixture can be written");
        fs::write(&path, text).expect("the fixture can be written");
        path
    }

    fn load(&self) -> Result<Scenario, ScenarioError> {
        scenario::load(&self.0.path().join("scenarios/example.toml"), &claimable())
    }

    /// The whole error, with the tree's place taken out.
    fn error(&self, error: &ScenarioError) -> String {
        let root = self.0.path().to_string_lossy().into_owned();
        error.to_string().replace(&format!("{root}/"), "")
    }
}

const GOOD: &str = r#"schema = 1
name = "example"
title = "An example"
[app]
name = "example"
path = "sample-apps/example"
[contract]
port = 3000
path = "/health"
status = 200
body-contains = "ok"
ready-within = "30s"
[[source]]
id = "guide"
title = "A guide"
[[edit]]
name = "source"
[[edit.change]]
file = "src/release.txt"
find = "unreleased"
replace = "edit-{nonce}"
[[edit]]
name = "dependency"
[[edit.change]]
file = "package.json"
from = "edits/package.json"
[[variant]]
name = "single-stage"
strategy = "single-stage"
title = "full"
dockerfile = "Dockerfile.single-stage"
[[variant]]
name = "multi-stage"
strategy = "multi-stage"
title = "two stages"
dockerfile = "Dockerfile.multi-stage"
target = "production"
build-args = { NODE_VERSION = "20" }
[[variant]]
name = "scratch"
strategy = "scratch"
not-applicable = "no interpreter"
[[claim]]
source = "guide"
variant = "single-stage"
metric = "size.unpacked"
claimed = "~1.2 GB"
"#;

#[test]
fn every_scenario_of_the_repository_loads() {
    let folder = repository().join("scenarios");
    if !folder.exists() {
        println!("skipped: the repository has no scenarios/ yet");
        return;
    }
    let files = scenario::list(&folder).unwrap();
    assert!(
        !files.is_empty(),
        "scenarios/ is there and holds no scenario"
    );
    let scenarios = match scenario::load_all(&files, &claimable()) {
        Ok(scenarios) => scenarios,
        Err(error) => panic!("{error}"),
    };
    let validator = jsonschema::validator_for(scenario::schema().as_value()).unwrap();
    for scenario in &scenarios {
        assert_eq!(
            scenario.file.file_stem().unwrap().to_str(),
            Some(scenario.name.as_str())
        );
        let value: serde_json::Value = toml::from_str(&scenario.text).unwrap();
        assert!(
            validator.is_valid(&value),
            "{} does not keep the schema",
            scenario.name
        );
    }
}

#[test]
fn every_edit_of_the_repository_makes_a_step_run() {
    let folder = repository().join("scenarios");
    if !folder.exists() {
        println!("skipped: the repository has no scenarios/ yet");
        return;
    }
    let none = BTreeMap::new();
    for file in scenario::list(&folder).unwrap() {
        let scenario =
            scenario::load(&file, &claimable()).unwrap_or_else(|error| panic!("{error}"));
        for variant in &scenario.variants {
            let VariantBuild::Dockerfile(spec) = &variant.build else {
                continue;
            };
            for edit in &scenario.edits {
                let changed: Vec<_> = edit
                    .changes
                    .iter()
                    .map(|change| change.file.clone())
                    .collect();
                let effect = spec
                    .dockerfile
                    .edit_effect(spec.target.as_deref(), &spec.build_args, &changed, &none)
                    .unwrap();
                let what = format!("{}/{}, {:?}", scenario.name, variant.name, edit.name);
                assert!(
                    !effect.must_run.is_empty(),
                    "{what}: no step reads {changed:?}"
                );
                println!(
                    "{what}: must {:?} may {:?}",
                    effect.must_run, effect.may_run
                );
            }
        }
    }
}

#[test]
fn the_example_loads_and_keeps_the_schema() {
    let scenario = Fixture::new(EXAMPLE)
        .load()
        .unwrap_or_else(|error| panic!("{error}"));
    let names = scenario.variants.iter().map(|one| one.name.as_str());
    assert_eq!(
        names.collect::<Vec<_>>(),
        [
            "single-stage",
            "multi-stage",
            "ready",
            "scratch",
            "node-20-none",
            "node-20-all",
            "node-20-slim-none"
        ]
    );
    assert_eq!(scenario.claims[0].claimed_bytes, Some(Bytes(1_200_000_000)));
    assert!(scenario.claims[0].approximate);
    assert_eq!(scenario.claims[0].link, None);
    assert_eq!(scenario.claims[1].link.as_deref(), Some("100mbit,20ms"));
    let change = &scenario.claims[2];
    assert_eq!(change.from.as_deref(), Some("single-stage"));
    assert_eq!(change.claimed_change.map(Ratio::get), Some(0.1));
    assert_eq!((change.claimed_bytes, change.claimed_ns), (None, None));
    assert_eq!(scenario.deploy.per_day, Some(Count(20)));
    assert_eq!(scenario.deploy.services, Some(Count(15)));
    let VariantBuild::Dockerfile(spec) = &scenario.variants[1].build else {
        panic!("the variant has a Dockerfile");
    };
    assert_eq!(spec.target.as_deref(), Some("production"));
    let bases = spec
        .dockerfile
        .external_bases(spec.target.as_deref(), &spec.build_args);
    assert_eq!(bases.unwrap(), ["node:20-slim"], "by `swap`");
    let ChangeKind::Overwrite { text } = &scenario.edits[1].changes[0].kind else {
        panic!("the dependency edit replaces a file");
    };
    assert!(text.contains("{nonce}"));
    let value: serde_json::Value = toml::from_str(EXAMPLE).unwrap();
    jsonschema::validate(scenario::schema().as_value(), &value).unwrap();
}

#[test]
fn a_change_may_name_what_a_figure_may_not() {
    let claim = |lines: &str| {
        let text = GOOD.replace(
            "metric = \"size.unpacked\"\nclaimed = \"~1.2 GB\"\n",
            &format!("from = \"multi-stage\"\n{lines}"),
        );
        let scenario = Fixture::new(&text).load();
        let scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
        scenario.claims[0].claimed_change.map(Ratio::get)
    };
    for (lines, change) in [
        (
            "metric = \"size.unpacked\"\nclaimed = \"~1.2 GB -> 300 MB\"",
            Some(0.25),
        ),
        (
            "metric = \"posture.os-packages\"\nclaimed = \"400 -> 10\"",
            Some(0.025),
        ),
        (
            "metric = \"services.stored\"\nclaimed = \"-70 %\"",
            Some(0.3),
        ),
        ("metric = \"serve.rps\"\nclaimed = \"2x\"", Some(2.0)),
        (
            "metric = \"serve.rps\"\nclaimed = \"1000 -> 900\"",
            Some(0.9),
        ),
        ("metric = \"start.ready\"\nclaimed = \"2x\"", Some(0.5)),
        (
            "metric = \"deploy.update\"\nlink = \"100mbit\"\nclaimed = \"less\"",
            None,
        ),
    ] {
        assert_eq!(claim(lines), change, "{lines}");
    }
}

#[test]
fn what_is_left_out_has_a_default() {
    let fixture = Fixture::new(
        &GOOD
            .replace("status = 200\n", "")
            .replace("ready-within = \"30s\"\n", ""),
    );
    let scenario = fixture.load().unwrap_or_else(|error| panic!("{error}"));
    let ReadyCheck::Http(http) = &scenario.contract.ready else {
        panic!("a contract is one over HTTP, where it does not say otherwise");
    };
    assert_eq!(http.status, Statuses::OK);
    assert_eq!(http.method, "GET");
    assert_eq!(scenario.contract.ready_within, Nanos::from_secs(30));
    assert_eq!(scenario.contract.stop_within, Nanos::from_secs(10));
    assert_eq!(scenario.deploy, scenario::Deploy::default());
    assert_eq!(scenario.root, fs::canonicalize(fixture.0.path()).unwrap());
}

#[test]
fn all_errors_of_a_file_are_reported_together() {
    let bad = GOOD
        .replace("3000", "70000")
        .replace("\"/health\"", "\"health\"")
        .replace("src/release.txt", "src/none.txt")
        .replace("Dockerfile.single-stage", "Dockerfile.broken")
        .replace("size.unpacked", "nothing");
    let fixture = Fixture::new(&bad);
    let ScenarioError::Invalid(problems) = fixture.load().unwrap_err() else {
        panic!("the scenario is invalid");
    };
    let places: Vec<_> = problems
        .iter()
        .map(|problem| (problem.file.ends_with("example.toml"), problem.at.0))
        .collect();
    assert_eq!(
        places,
        [(true, 8), (true, 9), (true, 19), (true, 46), (false, 3)]
    );
}

#[test]
fn no_variant_is_an_error() {
    let start = GOOD.find("[[variant]]").unwrap();
    let fixture = Fixture::new(&GOOD[..start]);
    let error = fixture.error(&fixture.load().unwrap_err());
    assert_eq!(
        error,
        "scenarios/example.toml:1:1: the scenario has no variant\n  expected: one `[[variant]]` at least, or a `[matrix]`"
    );
}

#[cfg(unix)]
#[test]
fn links_may_not_leave_the_tree() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "FROM scratch\n").unwrap();
    let fixture = Fixture::new(&GOOD.replace("Dockerfile.single-stage", "Dockerfile.link"));
    let app = fixture.0.path().join("sample-apps/example");
    std::os::unix::fs::symlink(outside.path().join("secret"), app.join("Dockerfile.link")).unwrap();
    let error = fixture.error(&fixture.load().unwrap_err());
    let message =
        "scenarios/example.toml:31:14: `Dockerfile.link` leaves the scenario's tree by a link to";
    assert!(error.starts_with(message), "{error}");
    // A link that stays within is fine.
    fs::remove_file(app.join("Dockerfile.link")).unwrap();
    std::os::unix::fs::symlink("Dockerfile.single-stage", app.join("Dockerfile.link")).unwrap();
    assert!(fixture.load().is_ok());
}

#[test]
fn scenarios_are_found_by_name_and_by_path() {
    let fixture = Fixture::new(GOOD);
    let folder = fixture.0.path().join("scenarios");
    let file = folder.join("example.toml");
    assert_eq!(scenario::find("example", &folder).unwrap(), file);
    assert_eq!(
        scenario::find(file.to_str().unwrap(), Path::new("nowhere")).unwrap(),
        file
    );
    let error = scenario::find("exmaple", &folder).unwrap_err();
    assert_eq!(error.hint(), Some("did you mean `example`?"));
    assert_eq!(
        fixture.error(&error),
        format!(
            "no scenario `exmaple`: `{}` has none of that name",
            folder.display()
        )
        .replace(&format!("{}/", fixture.0.path().display()), "")
    );
    assert!(scenario::find("example", Path::new("nowhere")).is_err());
    assert!(scenario::find("scenarios/none.toml", &folder).is_err());
}

#[test]
fn two_scenarios_of_one_name_are_refused() {
    let fixture = Fixture::new(GOOD);
    fixture.write("scenarios/other.toml", GOOD);
    let files = scenario::list(&fixture.0.path().join("scenarios")).unwrap();
    let error = scenario::load_all(&files, &claimable()).unwrap_err();
    insta::assert_snapshot!(fixture.error(&error), @r#"
    scenarios/other.toml:2:1: a second scenario `example`
      expected: a name of its own
      hint: the first is `scenarios/example.toml`
    "#);
}

/// `PLIMSOLL_BLESS=1 cargo test --test suite schema` writes the files anew.
#[test]
fn the_committed_schemas_are_those_of_the_code() {
    let run = schemars::schema_for!(plimsoll::record::RunRecord);
    for (name, schema) in [("scenario", scenario::schema()), ("run", run)] {
        let file = repository().join(format!("schemas/{name}.schema.json"));
        let schema = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("PLIMSOLL_BLESS").is_some() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, &schema).unwrap();
        }
        let committed = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            committed == schema,
            "schemas/{name}.schema.json is not what the code says; write it anew with \
             `PLIMSOLL_BLESS=1 cargo test --test suite schema` and commit it"
        );
    }
}

/// Two `npm` on one cache may trip over a temporary file of each other (EEXIST, npm/cli#3079).
/// One alone may too, seldom: that is npm's.
#[test]
fn no_two_stages_share_a_cache_of_npm() {
    let mut caches = 0;
    for path in sample_dockerfiles() {
        let text = fs::read_to_string(&path).expect("a Dockerfile can be read");
        let file = Dockerfile::parse(&text).expect("a Dockerfile of the repository parses");
        let mut stages = BTreeMap::new();
        for mount in file.cache_mounts() {
            if mount.target != "/root/.npm" {
                continue;
            }
            caches += 1;
            let stage = file.stages().iter().rfind(|stage| stage.line < mount.line);
            let stage = stage.map(|stage| stage.index);
            let first = *stages.entry(mount.id.clone()).or_insert(stage);
            assert_eq!(first, stage, "{}: {}", path.display(), mount.id);
        }
    }
    assert!(caches > 0);
}

fn sample_dockerfiles() -> Vec<PathBuf> {
    walkdir::WalkDir::new(repository().join("sample-apps"))
        .into_iter()
        .map(|entry| entry.expect("sample-apps can be read").into_path())
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("Dockerfile."))
        })
        .filter(|path| !path.to_string_lossy().ends_with(".dockerignore"))
        .collect()
}
