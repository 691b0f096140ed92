//! Numbers of steps, and references of stages.

use std::collections::BTreeMap;

use crate::dockerfile::{Dockerfile, StepKey, find_step};

fn none() -> BTreeMap<String, String> {
    BTreeMap::new()
}

fn keys(text: &str, target: Option<&str>) -> Vec<String> {
    let file = Dockerfile::parse(text).unwrap();
    let steps = file.steps(target, &none()).unwrap();
    steps
        .into_iter()
        .map(|step| {
            let label = step.key.stage.unwrap_or_else(|| "-".to_owned());
            format!(
                "{label} {}/{} {}@{}",
                step.key.index, step.total, step.instruction, step.line
            )
        })
        .collect()
}

#[test]
fn vertex_names_are_read() {
    let parse = |name| {
        StepKey::parse_vertex(name)
            .map(|(key, total, text)| (key.stage, key.index, total, text.to_owned()))
    };
    let some = |stage: Option<&str>, index, total, text: &str| {
        Some((stage.map(str::to_owned), index, total, text.to_owned()))
    };
    assert_eq!(
        parse("[build 2/5] RUN npm ci"),
        some(Some("build"), 2, 5, "RUN npm ci")
    );
    assert_eq!(
        parse("[2/5] RUN [ -f x ]"),
        some(None, 2, 5, "RUN [ -f x ]")
    );
    assert_eq!(parse("[ 2/12] COPY . ."), some(None, 2, 12, "COPY . ."));
    assert_eq!(
        parse("[stage-1  2/12] COPY . ."),
        some(Some("stage-1"), 2, 12, "COPY . .")
    );
    assert_eq!(
        parse("[linux/amd64 build 1/2] FROM x"),
        some(Some("build"), 1, 2, "FROM x")
    );
    assert_eq!(
        parse("[linux/amd64->arm64 1/2] FROM x"),
        some(None, 1, 2, "FROM x")
    );
    // Docker 20.10 does not count triggers of ONBUILD.
    assert_eq!(
        parse("[build 6/5] ONBUILD RUN x"),
        some(Some("build"), 6, 5, "RUN x")
    );
    for name in [
        "[internal] load build definition from Dockerfile",
        "[linux/amd64 internal] load metadata for docker.io/library/x:1",
        "[auth] library/x:pull token for registry-1.docker.io",
        "exporting to image",
        "copy /context /",
        "[build 0/5] X",
    ] {
        assert_eq!(parse(name), None, "{name}");
    }
}

#[test]
fn one_stage_has_no_label_unless_something_else_counts_as_one() {
    let text = "FROM a\nWORKDIR /app\nENV A=1\nCOPY . .\nRUN x\nCMD y\n";
    assert_eq!(
        keys(text, None),
        [
            "- 1/4 FROM@1",
            "- 2/4 WORKDIR@2",
            "- 3/4 COPY@4",
            "- 4/4 RUN@5"
        ]
    );
    assert_eq!(
        keys("FROM a\nRUN --mount=type=cache,target=/c x\n", None),
        ["stage-0 1/2 FROM@1", "stage-0 2/2 RUN@2"]
    );
    assert_eq!(
        keys("FROM scratch AS b\nCOPY --from=x /a /\n", None),
        ["b 1/1 COPY@2"]
    );
}

#[test]
fn several_stages_are_labelled_and_unneeded_ones_left_out() {
    let text = "FROM a AS Deps\nRUN x\nFROM deps AS build\nRUN y\nFROM z AS unused\nRUN w\nFROM scratch\nADD a /\nCOPY --from=build / /\n";
    assert_eq!(
        keys(text, None),
        [
            "deps 1/2 FROM@1",
            "deps 2/2 RUN@2",
            "build 1/1 RUN@4",
            "stage-3 1/2 ADD@8",
            "stage-3 2/2 COPY@9"
        ]
    );
    assert_eq!(
        keys(text, Some("DEPS")),
        ["deps 1/2 FROM@1", "deps 2/2 RUN@2"]
    );
}

#[test]
fn a_workdir_that_is_the_root_takes_no_number() {
    let text = "ARG D=x\nFROM scratch AS a\nWORKDIR .\nARG D=/\nWORKDIR $D\nCOPY a .\nFROM a\nWORKDIR b/..\nRUN x\nFROM y\nWORKDIR .\nRUN --mount=from=stage x\nCOPY --from=1 / /\n";
    assert_eq!(
        keys(text, None),
        [
            "a 1/3 COPY@6",
            "stage-1 1/2 RUN@9",
            "stage-2 1/4 FROM@10",
            "stage-2 2/4 WORKDIR@11",
            "stage-2 3/4 RUN@12",
            "stage-2 4/4 COPY@13"
        ]
    );
}

#[test]
fn a_vertex_finds_its_step_whatever_the_label_of_one_stage() {
    let one = Dockerfile::parse("FROM a\nRUN --mount=target=/c x\n")
        .unwrap()
        .steps(None, &none())
        .unwrap();
    for vertex in ["[2/2] RUN x", "[stage-0 2/2] RUN x"] {
        assert_eq!(find_step(&one, vertex).unwrap().line, 2, "{vertex}");
    }
    assert_eq!(find_step(&one, "[2/3] RUN x"), None);
    assert_eq!(find_step(&[], "[2/3] RUN x"), None);
    let two = Dockerfile::parse("FROM a AS b\nRUN x\nFROM b\nRUN y\n")
        .unwrap()
        .steps(None, &none())
        .unwrap();
    assert_eq!(find_step(&two, "[stage-1 1/1] RUN y").unwrap().line, 4);
    assert_eq!(find_step(&two, "[other 1/1] RUN y"), None);
}

#[test]
fn external_bases_are_those_that_the_target_needs() {
    let text = concat!(
        "ARG V=20\nARG BASE=node\nARG FINAL=deps\n",
        "FROM ${BASE}:${V} AS deps\n",
        "FROM unused:1 AS unused\n",
        "FROM scratch AS tools\nCOPY --from=alpine:3 /x /\nCOPY --from=busybox /y /\n",
        "FROM $FINAL\n",
        "RUN --mount=from=tools,target=/t --mount=type=cache,target=/c --mount=from=gcr.io/x:1,target=/u x\n",
        "COPY --from=0 /a /\nCOPY --from=alpine:3 /z /\n",
    );
    let file = Dockerfile::parse(text).unwrap();
    assert_eq!(
        file.external_bases(None, &none()).unwrap(),
        ["node:20", "alpine:3", "busybox", "gcr.io/x:1"]
    );
    assert_eq!(
        file.final_base(None, &none()).unwrap().as_deref(),
        Some("node:20")
    );
    assert_eq!(file.final_base(Some("tools"), &none()).unwrap(), None);
    let args = BTreeMap::from([
        ("V".to_owned(), "22".to_owned()),
        ("FINAL".to_owned(), "scratch".to_owned()),
    ]);
    assert_eq!(
        file.external_bases(Some("deps"), &args).unwrap(),
        ["node:22"]
    );
    assert_eq!(file.final_base(None, &args).unwrap(), None);
}

#[test]
fn a_name_is_its_own_image_where_no_stage_came_before() {
    let file = Dockerfile::parse("FROM node AS node\nFROM node\n").unwrap();
    assert_eq!(file.external_bases(None, &none()).unwrap(), ["node"]);
    // A build argument that the file does not declare has no effect; a platform argument has.
    let file = Dockerfile::parse("FROM a-$TARGETARCH$X\n").unwrap();
    let args = BTreeMap::from([
        ("TARGETARCH".to_owned(), "arm64".to_owned()),
        ("X".to_owned(), "no".to_owned()),
    ]);
    assert_eq!(file.external_bases(None, &args).unwrap(), ["a-arm64"]);
}

#[test]
fn references_that_cannot_be_resolved_are_refused() {
    let error = |text: &str, target: Option<&str>| {
        let error = Dockerfile::parse(text)
            .unwrap()
            .external_bases(target, &none())
            .unwrap_err();
        format!("{error} ({})", error.hint.as_deref().unwrap_or_default())
    };
    let lines = [
        error("FROM a\nCOPY --from=3 / /\n", None),
        error("FROM a AS x\nCOPY --from=y / /\nFROM b AS y\n", Some("x")),
        error("FROM a:$V\n", None),
        error("FROM a AS b\nFROM c AS d\n", Some("e")),
        error("FROM a\n", Some("e")),
        error("FROM a\nCOPY --from=$X / /\n", None),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    line 2: there is no stage 3 (stages count from 0, and the file has 1)
    line 2: stage `y` is used before it is defined (move it before line 1)
    line 1: the base `a:$V` expands to `a:` (give `V` a value: `ARG V=…` before the first FROM, or a build argument)
    line 1: no stage is named `e` (its stages are b, d)
    line 1: no stage is named `e` (name one: `FROM image AS e`)
    line 2: `from=$X` may not hold a variable (define a stage, `FROM $X AS other`, and name that)
    ");
}

#[test]
fn steps_that_are_one_vertex_share_its_key() {
    let text = concat!(
        "FROM node AS builder\nWORKDIR /app\nCOPY package.json ./\nRUN npm ci\nCOPY . .\n",
        "FROM node AS production\nENV NODE_ENV=production\nWORKDIR /app\nCOPY  package.json ./\nRUN npm ci\n",
        "COPY --from=builder /app/dist ./dist\n",
    );
    let file = Dockerfile::parse(text).unwrap();
    let steps = file.steps(None, &none()).unwrap();
    let shared: Vec<_> = steps
        .iter()
        .filter(|step| step.key != step.vertex)
        .map(|step| step.line)
        .collect();
    // The environment is part of what a RUN does, and not of what a COPY does.
    assert_eq!(shared, [6, 8, 9]);
    let effect = file
        .edit_effect(None, &none(), &["package.json".to_owned()], &none())
        .unwrap();
    for vertex in [
        "[builder 3/5] COPY package.json ./",
        "[production 3/5] COPY package.json ./",
    ] {
        assert!(
            effect
                .must_run
                .contains(&find_step(&steps, vertex).unwrap().vertex),
            "{vertex}"
        );
    }
    assert_eq!(effect.must_run.len(), 4, "{effect:?}");
}

#[test]
fn what_differs_in_base_platform_folder_or_heredoc_is_no_one_vertex() {
    let shared = |text: &str| {
        let steps = Dockerfile::parse(text)
            .unwrap()
            .steps(None, &none())
            .unwrap();
        steps.iter().filter(|step| step.key != step.vertex).count()
    };
    assert_eq!(
        shared("FROM a AS b\nRUN x\nFROM a AS c\nRUN x\nCOPY --from=b / /\n"),
        2
    );
    assert_eq!(
        shared("FROM a AS b\nRUN x\nFROM --platform=p a\nRUN x\nCOPY --from=b / /\n"),
        0
    );
    assert_eq!(
        shared("FROM a AS b\nUSER y\nRUN x\nFROM a\nRUN x\nCOPY --from=b / /\n"),
        1
    );
    assert_eq!(
        shared(
            "FROM a AS b\nWORKDIR /x\nCOPY x .\nFROM a\nWORKDIR /y\nCOPY x .\nCOPY --from=b / /\n"
        ),
        1
    );
    assert_eq!(
        shared("FROM a AS b\nRUN <<E\nx\nE\nFROM a\nRUN <<E\ny\nE\nCOPY --from=b / /\n"),
        1
    );
}
