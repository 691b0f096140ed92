//! `plimsoll inspect --fail-on`: exit codes, and what CI systems read.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::maker::{Image, Layer};
use super::sources::{Ended, inspect};

/// A root image with a key, a setuid file, and a copy that only changes the owner.
fn image() -> Image {
    let key = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n",
        "aB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJ".repeat(3)
    );
    Image::of([
        Layer::new()
            .file("app/a b.pem", key)
            .program("usr/bin/su", 0o4755)
            .file("big", vec![b'x'; 1000]),
        Layer::new().file("big", vec![b'y'; 1000]),
    ])
}

fn run(arguments: &[&str]) -> Ended {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.tar"), image().saved()).unwrap();
    inspect(dir.path(), &[&["a.tar"], arguments].concat(), None)
}

#[test]
fn a_condition_that_is_met_ends_with_3() {
    for (conditions, code) in [
        ("secrets", 3),
        ("root", 3),
        ("waste>5%", 3),
        ("waste>99%", 0),
        ("size>60MB", 0),
        ("size>1kB", 3),
        ("size>60MB,root", 3),
        ("files>100,layers>2,packages>0", 0),
        ("layers>1", 3),
        ("setuid,compilers", 3),
        ("compilers,package-managers,chown", 0),
    ] {
        let ended = run(&["--fail-on", conditions]);
        assert_eq!(ended.code, Some(code), "{conditions}: {}", ended.err);
    }
    let ended = run(&["--fail-on", "root,waste>99%"]);
    assert!(ended.out.contains("1 of 2 failed."), "{}", ended.out);
}

/// `plimsoll inspect IMAGE --fail-on root | grep -q x` fails with `pipefail`.
#[test]
fn a_condition_that_is_met_ends_with_3_if_nobody_reads_the_output() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.tar"), image().saved()).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["inspect", "a.tar", "--fail-on", "root"])
        .current_dir(dir.path())
        .env("DOCKER_HOST", "unix:///nowhere/plimsoll.sock")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn a_condition_that_is_not_known_is_answered_by_those_that_are() {
    let ended = run(&["--fail-on", "secret"]);
    assert_eq!(ended.code, Some(2));
    for part in [
        "failed to read the condition `secret`: there is no such condition",
        "hint: the conditions are secrets, root,",
        "waste>5%",
    ] {
        assert!(ended.err.contains(part), "{part}: {}", ended.err);
    }
    for format in ["junit", "sarif", "annotations"] {
        let ended = run(&["--format", format]);
        assert_eq!(ended.code, Some(2), "{format}");
        assert!(ended.err.contains("no condition is named"), "{}", ended.err);
    }
}

/// What the conditions find in an image, as JSON, and the exit code.
fn judged(image: &Image, conditions: &str) -> (Option<i32>, Value) {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.tar"), image.saved()).unwrap();
    let arguments = ["a.tar", "--format", "json", "--fail-on", conditions];
    let ended = inspect(dir.path(), &arguments, None);
    let json: Value = serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{}", ended.err));
    (ended.code, json["conditions"].clone())
}

#[test]
fn json_names_the_conditions_that_failed() {
    let (code, conditions) = judged(&image(), "setuid,waste>99%");
    assert_eq!(code, Some(3));
    let finding = json!({ "path": "/usr/bin/su", "message": "/usr/bin/su is setuid or setgid" });
    let expected = json!([
        { "condition": "setuid", "verdict": "failed", "findings": [finding] },
        { "condition": "waste>99%", "verdict": "ok", "findings": [] },
    ]);
    assert_eq!(conditions, expected);
}

#[test]
fn what_is_not_checked_or_not_listed_fails() {
    let database = "var/lib/rpm/rpmdb.sqlite";
    let rpm = Image::of([Layer::new().file(database, "SQLite format 3")]);
    let (code, conditions) = judged(&rpm, "packages>100");
    let message = conditions[0]["findings"][0]["message"].as_str().unwrap();
    assert_eq!(
        (code, message.contains("of rpm cannot be read")),
        (Some(3), true)
    );
    // 2,100 secrets and setuid files, of which 2,000 and 1,000 are listed.
    let key = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n",
        "aB3dE5gH7jK9mN1p".repeat(6)
    );
    let mut layer = Layer::new();
    for number in 0..2_100 {
        layer = layer
            .file(&format!("app/{number}.pem"), &key)
            .program(&format!("usr/bin/{number}"), 0o4755);
    }
    let many = Image::of([layer]);
    for (condition, code, findings) in [
        ("secrets>2050", 3, 2_001),
        ("secrets>2100", 0, 0),
        ("setuid>2050", 3, 1_001),
        ("setuid>2100", 0, 0),
    ] {
        let (ended, conditions) = judged(&many, condition);
        let found = conditions[0]["findings"].as_array().unwrap().len();
        assert_eq!((ended, found), (Some(code), findings), "{condition}");
    }
}

#[test]
fn a_limit_that_nothing_can_exceed_is_refused() {
    for condition in [
        "waste>inf%",
        "waste>NaN%",
        "waste>-1%",
        "size>-1MB",
        "size>infMB",
        "files>-1",
    ] {
        let ended = run(&["--fail-on", condition]);
        assert_eq!(ended.code, Some(2), "{condition}: {}", ended.err);
    }
}

#[test]
fn sarif_has_no_markup_from_outside() {
    let name = "app/[x](y){0}\u{1b}[31m\u{202e}.pem";
    let key = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n",
        "aB3dE5gH7jK9mN1p".repeat(6)
    );
    let dir = tempfile::tempdir().unwrap();
    let image = Image::of([Layer::new().file(name, key)]);
    fs::write(dir.path().join("a.tar"), image.saved()).unwrap();
    let arguments = ["a.tar", "--format", "sarif", "--fail-on", "secrets"];
    let ended = inspect(dir.path(), &arguments, None);
    let sarif: Value = serde_json::from_str(&ended.out).unwrap();
    let text = sarif["runs"][0]["results"][0]["message"]["text"]
        .as_str()
        .unwrap();
    let shown = r"/app/\[x\](y){{0}}\u001b\[31m\u202e.pem in layer 1 of 1";
    assert!(text.contains(shown), "{text}");
}

const CONDITIONS: &str = "secrets,root,setuid,waste>5%,size>60MB";

/// What SARIF 2.1.0 requires of what is written, and no more than it allows there (sections
/// 3.13 to 3.49 of the specification).
fn sarif_schema() -> Value {
    let text = json!({ "type": "object", "required": ["text"],
        "properties": { "text": { "type": "string", "minLength": 1 } },
        "additionalProperties": false });
    let level = json!({ "enum": ["none", "note", "warning", "error"] });
    let rule = json!({ "type": "object", "required": ["id"], "additionalProperties": false,
        "properties": {
            "id": { "type": "string" },
            "shortDescription": text,
            "defaultConfiguration": { "type": "object", "additionalProperties": false,
                "properties": { "level": level } },
        } });
    let location = json!({ "type": "object", "additionalProperties": false, "properties": {
        "physicalLocation": { "type": "object", "required": ["artifactLocation"],
            "additionalProperties": false, "properties": {
                "artifactLocation": { "type": "object", "additionalProperties": false,
                    "properties": { "uri": { "type": "string", "pattern": "^[A-Za-z0-9._~/%-]+$" } } },
                "region": { "type": "object", "additionalProperties": false,
                    "properties": { "startLine": { "type": "integer", "minimum": 1 } } },
            } },
        "logicalLocations": { "type": "array", "items": { "type": "object",
            "additionalProperties": false, "properties": {
                "fullyQualifiedName": { "type": "string" }, "kind": { "type": "string" } } } },
    } });
    let result = json!({ "type": "object", "required": ["message"], "additionalProperties": false,
        "properties": {
            "ruleId": { "type": "string" },
            "ruleIndex": { "type": "integer", "minimum": -1 },
            "level": level,
            "message": text,
            "locations": { "type": "array", "items": location },
        } });
    let driver = json!({ "type": "object", "required": ["name"], "additionalProperties": false,
        "properties": {
            "name": { "type": "string" },
            "version": { "type": "string" },
            "rules": { "type": "array", "items": rule, "uniqueItems": true },
        } });
    json!({ "type": "object", "required": ["version", "runs"], "additionalProperties": false,
        "properties": {
            "$schema": { "type": "string", "format": "uri" },
            "version": { "const": "2.1.0" },
            "runs": { "type": "array", "items": { "type": "object", "required": ["tool"],
                "additionalProperties": false, "properties": {
                    "tool": { "type": "object", "required": ["driver"],
                        "additionalProperties": false, "properties": { "driver": driver } },
                    "results": { "type": "array", "items": result },
                } } },
        } })
}

#[test]
fn sarif_is_what_its_specification_asks_for() {
    let ended = run(&["--fail-on", CONDITIONS, "--format", "sarif"]);
    assert_eq!(ended.code, Some(3));
    let sarif: Value = serde_json::from_str(&ended.out).unwrap();
    let validator = jsonschema::validator_for(&sarif_schema()).unwrap();
    let faults: Vec<_> = validator
        .iter_errors(&sarif)
        .map(|one| one.to_string())
        .collect();
    assert_eq!(faults, [""; 0], "{}", ended.out);
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    for result in results {
        let rule = &rules[result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!(rule["id"], result["ruleId"]);
    }
    let found = |result: &Value| {
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        (word(&result["ruleId"]), word(place))
    };
    let found: Vec<_> = results.iter().map(found).collect();
    let expected = [
        ("secrets", "app/a%20b.pem"),
        ("root", "a.tar"),
        ("setuid", "usr/bin/su"),
        ("waste", "a.tar"),
    ];
    let expected = expected.map(|(rule, place)| (rule.to_owned(), place.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn junit_has_a_case_for_each_condition() {
    let ended = run(&["--fail-on", CONDITIONS, "--format", "junit"]);
    assert_eq!(ended.code, Some(3));
    let xml = roxmltree::Document::parse(&ended.out).unwrap();
    let cases = xml
        .descendants()
        .filter(|node| node.has_tag_name("testcase"));
    let cases: Vec<_> = cases
        .map(|case| {
            let failed = case.children().any(|node| node.has_tag_name("failure"));
            (case.attribute("name").unwrap().to_owned(), failed)
        })
        .collect();
    let expected = [
        ("secrets", true),
        ("root", true),
        ("setuid", true),
        ("waste>5%", true),
        ("size>60.0 MB", false),
    ];
    assert_eq!(
        cases,
        expected.map(|(name, failed)| (name.to_owned(), failed))
    );
}

#[test]
fn annotations_are_errors_of_github() {
    let ended = run(&["--fail-on", CONDITIONS, "--format", "annotations"]);
    let lines: Vec<_> = ended.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", ended.out);
    let all = lines
        .iter()
        .all(|line| line.starts_with("::error title=image::a.tar: "));
    assert!(all, "{}", ended.out);
    assert!(!ended.out.contains("aB3dE5gH7jK9"), "{}", ended.out);
}
