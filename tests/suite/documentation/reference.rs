//! The reference pages against the program: commands, formats, exit codes, environment
//! variables, keys of scenarios and metrics. None is missing, and none is too many.

use std::collections::BTreeSet;

use regex::Regex;
use walkdir::WalkDir;

use super::facts::{commands, output};
use super::{read, root};

/// A section of a page, up to the next heading of its level.
fn section(page: &str, title: &str) -> String {
    let text = read(page);
    let text = text.split(&format!("\n## {title}\n")).nth(1);
    let text = text.unwrap_or_else(|| panic!("{page} has no section {title}"));
    text.split("\n## ").next().unwrap().to_owned()
}

#[test]
fn the_reference_lists_the_commands_of_the_program() {
    let of_program = commands(&output(&["--help"]));
    assert!(of_program.len() > 10, "{of_program:?}");
    let text = read("docs/REFERENCE.md");
    let section = text.split("\n## Commands\n").nth(1).unwrap();
    let section = section.split("\n### ").next().unwrap();
    let name = Regex::new(r"(?m)^\| `([a-z]+)|, `([a-z]+)`").unwrap();
    let listed: BTreeSet<_> = section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| {
            let cell = line.split(" | ").next().unwrap();
            let names = name.captures_iter(cell);
            names
                .map(|one| one.get(1).or(one.get(2)).unwrap().as_str().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(listed, of_program);
}

#[test]
fn the_reference_lists_the_formats_of_each_command() {
    let formats = section("docs/REFERENCE.md", "Formats");
    let value = Regex::new(r"(?m)^ +- ([a-z0-9-]+):").unwrap();
    let mut seen = 0;
    for name in commands(&output(&["--help"])) {
        let help = output(&[&name, "--help"]);
        let Some(rest) = help.split("--format <FORMAT>").nth(1) else {
            continue;
        };
        // Up to the next option.
        let rest = rest.split("\n      --").next().unwrap();
        for one in value.captures_iter(rest) {
            seen += 1;
            let row = formats.lines().filter(|line| {
                line.split(" | ")
                    .next()
                    .unwrap()
                    .contains(&format!("`{name}`"))
            });
            let listed = row
                .clone()
                .any(|line| line.contains(&format!("`{}`", &one[1])));
            assert!(listed, "docs/REFERENCE.md: `{name}` without `{}`", &one[1]);
        }
    }
    assert!(seen > 40, "only {seen} formats were found");
}

#[test]
fn the_reference_lists_the_exit_codes() {
    let source = read("src/cli/failure.rs");
    let code = Regex::new(r"(?m)^    [A-Z][a-z]+ = (\d+),").unwrap();
    let of_source: BTreeSet<_> = code
        .captures_iter(&source)
        .map(|one| one[1].to_owned())
        .collect();
    assert!(of_source.len() > 5, "{of_source:?}");
    let row = Regex::new(r"(?m)^\| (\d+) \|").unwrap();
    let listed = section("docs/REFERENCE.md", "Exit codes");
    let listed: BTreeSet<_> = row
        .captures_iter(&listed)
        .map(|one| one[1].to_owned())
        .collect();
    assert_eq!(listed, of_source);
}

/// Variables that only tests set for their own processes.
const INTERNAL: &[&str] = &[
    "PLIMSOLL_FAULTS_INSIDE",
    "PLIMSOLL_FULL",
    "PLIMSOLL_TEST_NODE",
    "PLIMSOLL_TEST_ROOMS",
    "PLIMSOLL_TEST_RUN",
];

#[test]
fn every_environment_variable_is_explained() {
    let variable = Regex::new(r"\bPLIMSOLL_[A-Z_]+").unwrap();
    let pages = ["docs/REFERENCE.md", "CONTRIBUTING.md", "docs/SCALE.md"]
        .map(read)
        .concat();
    let mut missing = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for folder in ["src", "scripts", "tests/suite"] {
        for entry in WalkDir::new(root().join(folder))
            .into_iter()
            .map(Result::unwrap)
        {
            let Ok(text) = std::fs::read_to_string(entry.path()) else {
                continue;
            };
            for one in variable.find_iter(&text) {
                seen.insert(one.as_str().to_owned());
                let known = pages.contains(&format!("`{}", one.as_str()));
                if !known && !INTERNAL.contains(&one.as_str()) {
                    missing.insert(one.as_str().to_owned());
                }
            }
        }
    }
    assert!(seen.len() > 10, "{seen:?}");
    assert!(missing.is_empty(), "not explained: {missing:?}");
}

fn schema(name: &str) -> serde_json::Value {
    serde_json::from_str(&read(&format!("schemas/{name}.schema.json"))).unwrap()
}

/// The names of all properties below a value.
fn properties(value: &serde_json::Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if let Some(names) = value.get("properties").and_then(|names| names.as_object()) {
        found.extend(names.keys().cloned());
    }
    let below: Vec<_> = match value {
        serde_json::Value::Object(entries) => entries.values().collect(),
        serde_json::Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    found.extend(below.into_iter().flat_map(properties));
    found
}

#[test]
fn every_key_of_a_scenario_is_explained() {
    let page = read("docs/SCENARIOS.md");
    let keys = properties(&schema("scenario"));
    assert!(keys.len() > 40, "{keys:?}");
    let is_explained = |key: &String| {
        let tables = [format!("### `[{key}]`"), format!("`[[{key}]]`")];
        page.contains(&format!("`{key}`")) || tables.iter().any(|table| page.contains(table))
    };
    let missing: Vec<_> = keys.iter().filter(|key| !is_explained(key)).collect();
    assert!(missing.is_empty(), "docs/SCENARIOS.md lacks {missing:?}");
}

#[test]
fn every_metric_is_defined() {
    let page = read("docs/METHODOLOGY.md");
    let run = schema("run");
    let metrics = run["$defs"]["Metric"]["oneOf"].as_array().unwrap();
    assert!(metrics.len() > 40, "{} metrics", metrics.len());
    for metric in metrics {
        let id = metric["const"].as_str().unwrap();
        // Those of the three pulls share a row.
        let shared =
            ["cold", "base", "update"].map(|pull| id.replace(&format!("pull.{pull}."), "pull.*."));
        let forms = shared.iter().map(String::as_str).chain([id]);
        let mut rows = forms.map(|form| page.contains(&format!("`{form}`")));
        assert!(rows.any(|found| found), "docs/METHODOLOGY.md lacks {id}");
    }
}
