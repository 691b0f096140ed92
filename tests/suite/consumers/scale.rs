//! What docs/SCALE.md hands to schedulers: GitHub's matrix, GitLab's child pipeline, and the
//! Jobs of Kubernetes.

use std::process::Command;

use super::gitlab::{Project, install, program};
use super::installed::{asked, blocks_of, python, ran};
use super::*;

/// The blocks of YAML of docs/SCALE.md: GitHub's workflow, GitLab's pipeline, and its child.
pub(super) fn examples() -> Vec<&'static str> {
    blocks_of(include_str!("../../../docs/SCALE.md"))
}

const SCENARIO: &str = "schema = 1\nname = \"node\"\ntitle = \"x\"\n[app]\nname = \"x\"\npath = \"app\"\n\
    [contract]\nport = 1\npath = \"/\"\nbody-contains = \"x\"\nready-within = \"1s\"\n";

/// `plimsoll run` is played: it lays down the part of the shard that it is asked for. `plan`
/// and `merge` are the program.
#[test]
fn gitlabs_child_pipeline_measures_shards_and_joins_them() {
    if !asked() {
        return;
    }
    if Command::new("rsync").arg("--version").output().is_err() {
        return println!(
            "skipped: gitlab-ci-local copies artifacts with rsync, which is not installed"
        );
    }
    let tools = tempfile::tempdir().unwrap();
    let runner = match install(tools.path()) {
        Ok(runner) => runner,
        Err(reason) => return println!("skipped: npm does not answer: {reason}"),
    };
    let variants = ["single-stage", "slim", "static"].map(|name| {
        format!("[[variant]]\nname = \"{name}\"\nstrategy = \"{name}\"\ntitle = \"x\"\ndockerfile = \"Dockerfile\"\n")
    });
    let scenario = format!("{SCENARIO}{}", variants.concat());
    let ours = |text: &str| {
        text.replace("node go --shards 4", "node --shards 2")
            .replace("run node go", "run node")
    };
    let [_, parent, child] = examples().try_into().unwrap();
    let files = [
        (".gitlab-ci.yml", ours(parent)),
        ("ci/shard.yml", ours(child)),
        ("scenarios/node.toml", scenario),
        (
            "app/Dockerfile",
            "FROM scratch\nCOPY Dockerfile /\n".to_owned(),
        ),
    ];
    let project = Project::of(&runner, &files);
    let kept = tempfile::tempdir().unwrap();
    for part in crate::merging::two() {
        let index = part.plan.shard.as_ref().unwrap().index;
        let folder = kept.path().join(index.to_string()).join(&part.id);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("run.json"), serde_json::to_vec(&part).unwrap()).unwrap();
    }
    let real = env!("CARGO_BIN_EXE_plimsoll");
    let play = |code: &str| {
        let kept = kept.path().display();
        // run node --shard K/N --out parts
        let player = format!(
            "#!/bin/sh\nif [ \"$1\" = run ]; then\nshard=${{4%/*}}\n{code}\nmkdir -p \"$6\"; cp -r '{kept}'/$shard/* \"$6\"; exit\nfi\nexec '{real}' \"$@\"\n"
        );
        program(&project.root().join("bin/plimsoll"), &player);
    };
    play("");
    let (fine, log) = project.pipeline();
    assert!(fine, "{log}");
    for shard in ["1/2", "2/2"] {
        assert!(log.contains("--shard \"$PLIMSOLL_SHARD\""), "{log}");
        assert!(log.contains(&format!("plimsoll {shard} finished")), "{log}");
    }
    let whole = plimsoll::store::run_folders(&project.root().join("results"));
    let text = std::fs::read_to_string(whole[0].join("run.json")).unwrap();
    let whole = RunRecord::read(&text).unwrap();
    assert_eq!((whole.parts.len(), whole.cases.len()), (2, 5));

    // A shard that fails for good: the merge names its cases, and fails.
    project.forget(&["parts", "results"]);
    play("[ $shard = 1 ] || exit 7");
    // gitlab-ci-local ends with 0 whatever became of a child pipeline; GitLab itself passes the
    // failure on (`strategy: depend`).
    let (_, log) = project.pipeline();
    assert!(log.contains("FAIL  merge"), "{log}");
    assert!(
        log.contains("shard 2/2 is missing, and with it node/static"),
        "{log}"
    );
}

/// docs/k8s-indexed-job.yaml.
const JOB: &str = include_str!("../../../docs/k8s-indexed-job.yaml");

#[test]
fn the_jobs_of_kubernetes_agree_with_themselves() {
    let after = |what: &str| JOB.split(what).nth(1).unwrap().split('\n').next().unwrap();
    let completions = after("completions: ").trim();
    assert_eq!(after("parallelism: ").trim(), completions);
    let shards = JOB.split("name: SHARDS\n").nth(1).unwrap();
    let value = shards.trim_start().lines().next().unwrap();
    assert_eq!(value, format!("value: \"{completions}\""));
    // Its script is one for a plain shell.
    let script = JOB.split("            - |\n").nth(1).unwrap();
    let script = script.split("          resources:").next().unwrap();
    ran(Command::new("sh").args(["-n", "-c", script]));
    assert!(
        script.contains("plimsoll run --shard \"$shard/$SHARDS\" --continue --out /results/parts")
    );
}

#[test]
fn kubernetes_takes_the_jobs() {
    if !asked() {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let python = python(home.path(), &["kubernetes-validate==1.37.0"]);
    let valid = |text: &str| {
        let file = home.path().join("job.yaml");
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(python.with_file_name("kubernetes-validate"));
        command.args(["-k", "1.37.0", "--strict"]).arg(&file);
        command.output().unwrap().status.success()
    };
    assert!(valid(JOB));
    // It looks at every key.
    for key in [
        "completionMode",
        "podFailurePolicy",
        "onPodConditions",
        "backoffLimitPerIndex",
    ] {
        assert!(!valid(&JOB.replace(key, "another")), "{key}");
    }
}
