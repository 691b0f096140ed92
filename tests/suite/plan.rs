//! `plimsoll plan`: the real binary over the scenarios of this repository.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// No engine is asked.
const NOWHERE: &str = "unix:///nowhere/plimsoll.sock";

fn plan(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["--home", env!("CARGO_MANIFEST_DIR"), "plan"])
        .args(arguments)
        .env_remove("PLIMSOLL_HOME")
        .env_remove("PLIMSOLL_ROOMS")
        .env("DOCKER_HOST", NOWHERE)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn json(arguments: &[&str]) -> Value {
    let (code, out, err) = plan(arguments);
    assert_eq!(code, Some(0), "{err}");
    serde_json::from_str(&out).unwrap()
}

fn cases(shard: &Value) -> Vec<String> {
    let cases = shard["cases"].as_array().unwrap().iter();
    cases
        .map(|case| case["case"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn shards_are_even_and_whole_and_the_same_each_time() {
    let scenarios = [
        "node",
        "go",
        "rust",
        "technique-strip",
        "technique-init",
        "technique-non-root",
        "technique-read-only",
        "technique-layer-order",
    ];
    let mut arguments = scenarios.to_vec();
    arguments.extend(["--shards", "4", "--format", "json"]);
    let plan = json(&arguments);
    assert_eq!(plan, json(&arguments));
    assert_eq!(plan["times"], "rule-of-thumb");
    let shards = plan["shards"].as_array().unwrap();
    assert_eq!(shards.len(), 4);
    let listed = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args([
            "--home",
            env!("CARGO_MANIFEST_DIR"),
            "list",
            "--format",
            "json",
        ])
        .args(scenarios)
        .output()
        .unwrap();
    let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let all: BTreeSet<String> = cases(&listed).into_iter().collect();
    let parts: Vec<String> = shards.iter().flat_map(cases).collect();
    assert_eq!(parts.len(), all.len());
    assert_eq!(parts.into_iter().collect::<BTreeSet<_>>(), all);
    let times: Vec<u64> = shards
        .iter()
        .map(|shard| shard["expected_ns"].as_u64().unwrap())
        .collect();
    let (least, most) = (times.iter().min().unwrap(), times.iter().max().unwrap());
    assert!(most * 100 < least * 120, "{times:?}");
    // The variants of a technique are on one machine.
    let mut of_techniques: Vec<(String, usize)> = Vec::new();
    for (at, shard) in shards.iter().enumerate() {
        for case in cases(shard) {
            let scenario = case.split('/').next().unwrap();
            if scenario.starts_with("technique-") {
                of_techniques.push((scenario.to_owned(), at));
            }
        }
    }
    let scenarios: BTreeSet<_> = of_techniques.iter().map(|(scenario, _)| scenario).collect();
    let places: BTreeSet<_> = of_techniques.iter().collect();
    assert_eq!(scenarios.len(), 5);
    assert_eq!(scenarios.len(), places.len());
}

#[test]
fn a_scenario_can_be_kept_whole() {
    let plan = json(&[
        "node",
        "go",
        "--shards",
        "2",
        "--shard-by",
        "scenario",
        "--format",
        "json",
    ]);
    for shard in plan["shards"].as_array().unwrap() {
        let scenarios: BTreeSet<String> = cases(shard)
            .iter()
            .map(|case| case.split('/').next().unwrap().to_owned())
            .collect();
        assert_eq!(scenarios.len(), 1, "{scenarios:?}");
    }
}

#[test]
fn a_former_run_says_how_long_cases_take() {
    let run = "reference-2026-11-20-2cpu-vm";
    let arguments = [
        "node",
        "go",
        "--shards",
        "2",
        "--timings",
        run,
        "--format",
        "json",
    ];
    let plan = json(&arguments);
    assert_ne!(plan["times"], "rule-of-thumb");
    let shards = plan["shards"].as_array().unwrap();
    let slowest = shards
        .iter()
        .flat_map(|shard| shard["cases"].as_array().unwrap())
        .max_by_key(|case| case["expected_ns"].as_u64())
        .unwrap();
    // By hand from that run: the times of a visit's phases, over its rounds.
    let id = slowest["case"].as_str().unwrap();
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/reference-2026-11-20/samples.csv"
    );
    let mut rows = csv::Reader::from_path(path).unwrap();
    let (scenario, variant) = id.split_once('/').unwrap();
    let (mut sum, mut rounds) = (0.0, BTreeSet::new());
    for row in rows.deserialize::<std::collections::BTreeMap<String, String>>() {
        let row = row.unwrap();
        let ours = row["scenario"] == scenario && row["variant"] == variant;
        let phase = [
            "build.",
            "rebuild.",
            "push.time",
            "start.create",
            "start.ready",
            "stop.time",
        ]
        .iter()
        .any(|phase| row["metric"].starts_with(phase));
        let Ok(value) = row["value"].parse::<f64>() else {
            continue;
        };
        if ours && phase && row["unit"] == "s" {
            sum += value;
            rounds.insert(row["round"].clone());
        }
    }
    let seconds = slowest["expected_ns"].as_f64().unwrap() / 1e9;
    let by_hand = sum / rounds.len() as f64;
    assert!(
        (seconds - by_hand).abs() < 1e-3,
        "{id}: {seconds} against {by_hand}"
    );
}

#[test]
fn a_matrix_is_one_line_that_github_can_take() {
    let (code, out, _) = plan(&["node", "--shards", "3", "--format", "github-matrix"]);
    assert_eq!((code, out.lines().count()), (Some(0), 1));
    let matrix: Value = serde_json::from_str(&out).unwrap();
    let jobs = matrix["include"].as_array().unwrap();
    let shards: Vec<&str> = jobs
        .iter()
        .map(|job| job["shard"].as_str().unwrap())
        .collect();
    assert_eq!(shards, ["1/3", "2/3", "3/3"]);
    assert!(jobs[0]["name"].as_str().unwrap().starts_with("1/3 node/"));
    // Every value is a scalar: a matrix takes no others in `include`.
    let scalar = |value: &Value| value.is_string() || value.is_u64();
    assert!(
        jobs.iter()
            .all(|job| job.as_object().unwrap().values().all(scalar))
    );
}

#[test]
fn a_plan_has_no_shard_without_work_and_no_more_jobs_than_github_makes() {
    let (code, out, err) = plan(&["node", "--shards", "500", "--format", "json"]);
    assert_eq!(code, Some(0), "{err}");
    let plan_of_500: Value = serde_json::from_str(&out).unwrap();
    let shards = plan_of_500["shards"].as_array().unwrap();
    assert!(shards.len() < 30);
    assert!(err.contains("there is less to part"), "{err}");
    assert!(
        shards
            .iter()
            .all(|shard| shard["expected_ns"].as_u64() > Some(0))
    );

    let home = tempfile::tempdir().unwrap();
    let app = home.path().join("app");
    std::fs::create_dir(&app).unwrap();
    std::fs::write(app.join("Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n").unwrap();
    let mut text =
        "schema = 1\nname = \"wide\"\ntitle = \"x\"\n[app]\nname = \"x\"\npath = \"app\"\n\
        [contract]\nport = 1\npath = \"/\"\nbody-contains = \"x\"\nready-within = \"1s\"\n"
            .to_owned();
    for at in 0..300 {
        text.push_str(&format!(
            "[[variant]]\nname = \"v{at}\"\nstrategy = \"x\"\ntitle = \"x\"\ndockerfile = \"Dockerfile\"\n"
        ));
    }
    let file = home.path().join("wide.toml");
    std::fs::write(&file, text).unwrap();
    let file = file.display().to_string();
    let (code, out, err) = plan(&[&file, "--shards", "300", "--format", "github-matrix"]);
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(err.contains("GitHub makes 256 jobs at most"), "{err}");
    let (code, _, err) = plan(&[&file, "--shards", "256", "--format", "github-matrix"]);
    assert_eq!(code, Some(0), "{err}");
}

#[test]
fn what_the_matrix_of_a_scenario_makes_is_listed_and_planned_as_any_variant() {
    let home = tempfile::tempdir().unwrap();
    let app = home.path().join("app");
    std::fs::create_dir(&app).unwrap();
    std::fs::write(app.join("Dockerfile"), "FROM node:20\nCOPY . .\n").unwrap();
    let text = "schema = 1\nname = \"shop\"\ntitle = \"x\"\n[app]\nname = \"x\"\npath = \"app\"\n\
        [contract]\nport = 1\npath = \"/\"\n\
        [[variant]]\nname = \"own\"\nstrategy = \"x\"\ntitle = \"by hand\"\ndockerfile = \"Dockerfile\"\n\
        [matrix]\ndockerfile = \"Dockerfile\"\nbase = [\"node:20\", \"node:20-slim\"]\n\
        build-args.FEATURES = [\"a\", \"b\"]\n\
        exclude = [{ base = \"node:20\", build-args.FEATURES = \"b\" }]\n";
    let file = home.path().join("shop.toml");
    std::fs::write(&file, text).unwrap();
    let file = file.display().to_string();
    let list = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["--home", &home.path().display().to_string(), "list", &file])
            .args(arguments)
            .env_remove("PLIMSOLL_HOME")
            .env("DOCKER_HOST", NOWHERE)
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{err}");
        String::from_utf8(output.stdout).unwrap()
    };
    let table = list(&[]);
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("shop/"))
        .map(|line| line.split("  ").map(str::trim).collect())
        .map(|cells: Vec<&str>| cells.into_iter().filter(|cell| !cell.is_empty()).collect())
        .collect();
    assert_eq!(
        rows,
        [
            ["shop/own", "x", "node:20", "by hand"],
            [
                "shop/node-20-a",
                "node-20-a",
                "node:20",
                "Dockerfile, on node:20, FEATURES=a"
            ],
            [
                "shop/node-20-slim-a",
                "node-20-slim-a",
                "node:20-slim",
                "Dockerfile, on node:20-slim, FEATURES=a"
            ],
            [
                "shop/node-20-slim-b",
                "node-20-slim-b",
                "node:20-slim",
                "Dockerfile, on node:20-slim, FEATURES=b"
            ],
        ],
        "{table}"
    );
    let listed: Value = serde_json::from_str(&list(&["--format", "json"])).unwrap();
    let all: BTreeSet<String> = cases(&listed).into_iter().collect();
    assert_eq!(all.len(), 4);
    let shards = json(&[&file, "--shards", "2", "--format", "json"]);
    let shards = shards["shards"].as_array().unwrap();
    let parts: Vec<String> = shards.iter().flat_map(cases).collect();
    assert_eq!((shards.len(), parts.len()), (2, 4));
    assert_eq!(parts.into_iter().collect::<BTreeSet<_>>(), all);
    let slim = ["--only", "*/node-20-slim-*", "--shards", "1"];
    let slim = json(&[&[file.as_str(), "--format", "json"], &slim[..]].concat());
    let slim: BTreeSet<String> = cases(&slim["shards"][0]).into_iter().collect();
    assert_eq!(
        slim.into_iter().collect::<Vec<_>>(),
        ["shop/node-20-slim-a", "shop/node-20-slim-b"]
    );
}

#[test]
fn gitlab_gets_a_child_pipeline() {
    let (code, out, _) = plan(&["node", "--shards", "2", "--format", "gitlab"]);
    assert_eq!(code, Some(0));
    let jobs: Value = serde_json::from_str(&out).unwrap();
    let job = &jobs["plimsoll 2/2"];
    assert_eq!(job["extends"], ".plimsoll-shard");
    assert_eq!(job["variables"]["PLIMSOLL_SHARD"], "2/2");
}

/// The script of docs/SCALE.md, as `plan` prints it now.
#[test]
fn slurm_gets_an_array_that_the_page_shows() {
    let options = ["--engine", "clean-room", "--out", "parts"];
    let words = [
        &["node", "go", "--shards", "4", "--format", "slurm", "--"],
        &options[..],
    ];
    let (code, script, err) = plan(&words.concat());
    assert_eq!(code, Some(0), "{err}");
    let script = script.replace(env!("CARGO_MANIFEST_DIR"), "/shared/project");
    let script = script.replace(&format!(" --host {NOWHERE}"), "");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/SCALE.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page
        .split_once("cargo test --test suite plan:: -->\n```sh\n")
        .unwrap();
    let (shown, after) = rest.split_once("```\n").unwrap();
    if std::env::var_os("PLIMSOLL_BLESS").is_some() {
        let page =
            format!("{before}cargo test --test suite plan:: -->\n```sh\n{script}```\n{after}");
        std::fs::write(path, page).unwrap();
        return;
    }
    assert_eq!(shown, script);
    assert!(
        Command::new("sh")
            .args(["-n", "-c", &script])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn slurms_time_limit_follows_the_rounds_of_the_run() {
    let limit = |options: &[&str]| {
        let words = [&["go", "--shards", "1", "--format", "slurm", "--"], options];
        let (code, script, err) = plan(&words.concat());
        assert_eq!(code, Some(0), "{err}");
        let line = script
            .lines()
            .find_map(|line| line.strip_prefix("#SBATCH --time="));
        let parts: Vec<u64> = line
            .unwrap()
            .split(':')
            .map(|part| part.parse().unwrap())
            .collect();
        parts[0] * 60 + parts[1]
    };
    let (one, ten) = (
        limit(&["--profile", "quick"]),
        limit(&["--rounds", "9", "--warmup", "1"]),
    );
    // Ten minutes for the set-up in both.
    let times = (ten - 10) as f64 / (one - 10) as f64;
    assert!((8.0..=10.5).contains(&times), "{one} and {ten} minutes");
    let (code, _, err) = plan(&["go", "--format", "slurm", "--", "--rounds", "x"]);
    assert_eq!(code, Some(2));
    assert!(
        err.contains("invalid value 'x'") && err.contains("behind `--`"),
        "{err}"
    );
    let (code, _, err) = plan(&["go", "--format", "json", "--", "--rounds", "2"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("with --format slurm only"), "{err}");
}

/// The script would run something else than what was planned.
#[test]
fn words_behind_the_dashes_that_contradict_the_plan_are_refused() {
    let refused = |behind: &[&str], said: &str, remedy: &str| {
        let words = [&["go", "--shards", "2", "--format", "slurm", "--"], behind];
        let (code, out, err) = plan(&words.concat());
        assert_eq!((code, out.as_str()), (Some(2), ""), "{behind:?}: {err}");
        assert!(
            err.contains(said) && err.contains(remedy),
            "{behind:?}: {err}"
        );
    };
    let before = "hint: write it before `--`";
    for behind in [
        ["--only", "multi-*"],
        ["--shard-by", "scenario"],
        ["--shard-by", "variant"],
        ["--timings", "latest"],
        ["--home", "/elsewhere"],
        ["--config", "other.toml"],
        ["--host", "unix:///other.sock"],
        ["--rooms", "/other"],
    ] {
        let said = format!("{} is given after `--`", behind[0]);
        refused(&behind, &said, before);
    }
    let names = "hint: write the scenario names before `--`";
    refused(&["node"], "scenario names stand behind `--`", names);
    refused(&["--out", "parts", "node"], "scenario names", names);
    let options = "hint: the words behind `--` are options of `plimsoll run`";
    refused(&["--shard", "1/2"], "--shard", options);
    refused(&["--continue"], "--continue", options);
    refused(&["--resume", "x"], "--resume", options);
    refused(&["--out", "a", "--out", "b"], "--out", options);
}

/// What `plan` itself is called with is what each shard has.
#[test]
fn a_slurm_script_names_config_host_and_rooms_where_they_are_not_the_default() {
    let (_, plain, _) = plan(&["go", "--format", "slurm"]);
    assert!(
        !plain.contains("--rooms") && !plain.contains("--config"),
        "{plain}"
    );
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("own.toml");
    std::fs::write(&config, "").unwrap();
    let config = config.display().to_string();
    let places = [
        "--config",
        &config,
        "--host",
        "unix:///own.sock",
        "--rooms",
        "/own",
    ];
    let words = [&["go", "--format", "slurm"], &places[..]].concat();
    let (code, script, err) = plan(&words);
    assert_eq!(code, Some(0), "{err}");
    let config = format!("--config {config} ");
    let others = "--host unix:///own.sock --rooms /own run go ";
    assert!(
        script.contains(&config) && script.contains(others),
        "{script}"
    );
}
