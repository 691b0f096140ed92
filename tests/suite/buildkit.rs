//! The analysis of Dockerfiles against BuildKit itself: a corpus of files, and what BuildKit's
//! converter makes of each.
//!
//! `buildkit/oracle` is a Go program on BuildKit's module. `recorded.json` has what it printed,
//! so the test runs without Go. With `PLIMSOLL_GO=1` the program runs again and has to
//! print the same; with `PLIMSOLL_BLESS=1` as well, its output is recorded.

mod corpus;
mod ignore;
pub(crate) mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use corpus::{Case, cases};
use oracle::Report;
use plimsoll::dockerfile::{Dockerfile, Step, StepKey, find_step};

/// Files that BuildKit refuses and the analysis accepts: it is no validator, and what a file
/// says about stages and steps does not depend on these faults.
const LEFT_TO_THE_BUILDER: &[&str] = &[
    "base of tag only",
    "base with an upper case name",
    "stage name compared as written",
    "COPY without arguments",
    "COPY with one argument",
    "WORKDIR without arguments",
    "COPY heredoc as the destination",
    "ONBUILD alone",
    "RUN exec form of numbers",
    "RUN device",
    "RUN mount of an unknown type",
    "RUN mount with an unknown key",
    "RUN unknown flag",
    "COPY flag twice",
    "COPY flag in upper case",
    "COPY JSON form with one path",
    "COPY from a git repository",
    "ADD from a stage",
    "WORKDIR with a flag",
    "ENV without a value",
    "ENV with a word without =",
    "ARG blank",
    "base '$V'",
    "base \\$V",
];

/// BuildKit numbers the FROM of a stage twice that only a trigger needs, so its numbers are one
/// too high there. Steps are found by their text.
const MISCOUNTED: &[&str] = &["trigger that copies from a stage"];

/// What the analysis makes of a case.
struct Ours {
    stages: Vec<(String, String)>,
    images: BTreeSet<String>,
    steps: Vec<Step>,
}

fn ours(case: &Case) -> Result<Ours, String> {
    let mut args = BTreeMap::new();
    // The machine's own platform is given, since the recorded one is.
    args.insert("BUILDPLATFORM".to_owned(), "linux/amd64".to_owned());
    args.insert("BUILDARCH".to_owned(), "amd64".to_owned());
    args.extend(case.args.clone());
    let target = Some(case.target.as_str());
    let file = Dockerfile::parse(&case.dockerfile).map_err(|error| error.to_string())?;
    let file = file.for_platform(Some("linux/amd64"));
    let stages = file.stages().iter().map(|stage| {
        let name = stage.name.clone().unwrap_or_default();
        (name, stage.base.clone())
    });
    let images = file.external_bases(target, &args);
    let images = images.map_err(|error| error.to_string())?;
    let steps = file.steps(target, &args);
    Ok(Ours {
        stages: stages.collect(),
        images: images.iter().map(|image| normal(image)).collect(),
        steps: steps.map_err(|error| error.to_string())?,
    })
}

/// A reference as BuildKit writes it in full.
fn normal(image: &str) -> String {
    let (name, rest) = image.split_at(image.find(['@']).unwrap_or(image.len()));
    let name = match name.split_once('/') {
        None => format!("docker.io/library/{name}"),
        Some((host, _)) if host.contains(['.', ':']) => name.to_owned(),
        Some(_) => format!("docker.io/{name}"),
    };
    let last = name.rsplit('/').next().unwrap_or_default();
    if rest.is_empty() && !last.contains(':') {
        return format!("{name}:latest");
    }
    format!("{name}{rest}")
}

/// How the analysis and BuildKit differ; empty where they agree.
fn differences(case: &Case, reported: &Report) -> Vec<String> {
    let ours = match ours(case) {
        Ok(ours) => ours,
        Err(error) => return vec![format!("BuildKit accepts it, we do not: {error}")],
    };
    let mut found = Vec::new();
    let stages: Vec<_> = reported
        .stages
        .iter()
        .map(|it| (it.name.clone(), it.base.clone()))
        .collect();
    if ours.stages != stages {
        found.push(format!("stages {:?}, BuildKit {stages:?}", ours.stages));
    }
    let images: BTreeSet<_> = reported.images.iter().cloned().collect();
    if ours.images != images {
        found.push(format!("images {:?}, BuildKit {images:?}", ours.images));
    }
    let mut vertices = BTreeSet::new();
    for name in &reported.steps {
        let Some((key, total, text)) = StepKey::parse_vertex(name) else {
            found.push(format!("`{name}` is no step to us"));
            continue;
        };
        let from = ours.steps.iter().find(|step| step.key.stage == key.stage);
        let found_step = match text.starts_with("FROM ") {
            true => from.filter(|step| step.instruction == "FROM"),
            false => find_step(&ours.steps, name),
        };
        let Some(step) = found_step else {
            found.push(format!("`{name}` is not planned"));
            continue;
        };
        vertices.insert(step.vertex.clone());
        if MISCOUNTED.contains(&case.name.as_str()) {
            continue;
        }
        if step.key != key || step.total != total {
            found.push(format!("`{name}` is {:?} of {}", step.key, step.total));
        }
        match &step.printed {
            None if step.instruction == "FROM" && text.starts_with("FROM ") => {}
            // A variable that the base image may set.
            None if !reported.images.is_empty() && case.has_variable() => {}
            Some(printed) if printed == text => {}
            other => found.push(format!("`{name}` would be printed {other:?}")),
        }
    }
    let planned: BTreeSet<_> = ours.steps.iter().map(|step| step.vertex.clone()).collect();
    if planned != vertices {
        let names = &reported.steps;
        found.push(format!(
            "planned {planned:?}, BuildKit has {vertices:?} of {names:?}"
        ));
    }
    found
}

#[test]
fn stages_images_and_steps_are_those_of_buildkit() {
    let (cases, reports) = (cases(), oracle::steps(&cases()));
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let (mut accepted, mut refused, mut left) = (0, 0, Vec::new());
    let mut failures = Vec::new();
    for (case, reported) in cases.iter().zip(&reports) {
        assert_eq!(
            case.name, reported.name,
            "recorded.json is of another corpus"
        );
        if reported.error.is_empty() {
            accepted += 1;
            for difference in differences(case, reported) {
                failures.push(format!("{}: {difference}", case.name));
            }
        } else {
            refused += 1;
            if ours(case).is_ok() {
                left.push(case.name.as_str());
            }
        }
    }
    println!(
        "{accepted} files that BuildKit converts, {refused} that it refuses, {} of them left to it",
        left.len()
    );
    assert_eq!(failures, [""; 0], "{} differences", failures.len());
    assert_eq!(left, LEFT_TO_THE_BUILDER);
}
