//! `plimsoll bench` in projects that hold nothing of plimsoll's.

use plimsoll::record::SkippedPhase;

use super::*;

const QUICK: [&str; 2] = ["--profile", "quick"];

fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["bench"], arguments, &QUICK[..]].concat()
}

/// What a case's metric came to.
fn seen(record: &RunRecord, case: &str, metric: Metric) -> Vec<f64> {
    let samples = record.samples.iter();
    let of_case = samples.filter(|one| one.case.as_str() == case && one.metric == metric);
    let counted = of_case.filter_map(|one| one.outcome.counted());
    counted.map(plimsoll::units::Quantity::base_value).collect()
}

#[tokio::test(start_paused = true)]
async fn one_dockerfile_on_two_bases_is_measured_with_nothing_written_beforehand() {
    let home = Home::project("two-bases", &["node:20", "node:20-slim"]);
    let arguments = with(&["--base", "node:20,node:20-slim"]);
    let (outcome, table) = home.run(&arguments).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    let record = home.record();
    let names: Vec<_> = record
        .cases
        .iter()
        .map(|case| case.variant.as_str())
        .collect();
    assert_eq!(names, ["node-20", "node-20-slim", "floor"]);
    assert_eq!(record.cases[1].bases, ["node:20-slim"]);
    let scenario = &record.scenarios[0].name;
    for case in ["node-20", "node-20-slim"] {
        let case = format!("{scenario}/{case}");
        for metric in [
            Metric::RebuildSource,
            Metric::RebuildDependency,
            Metric::StartReady,
        ] {
            assert_eq!(seen(&record, &case, metric).len(), 1, "{case} {metric}");
        }
    }
    let sent = home.engine.state(|state| state.dockerfiles.clone());
    assert!(
        sent.iter()
            .any(|text| text.starts_with("FROM node:20-slim\n"))
    );
    for word in [
        "node-20-slim",
        "✓",
        "unpacked",
        "rebuild",
        "ready",
        "memory",
    ] {
        assert!(table.contains(word), "{word}: {table}");
    }
    let talk = home.talk();
    for word in [
        "ready when: GET / on port 3000 is answered with status 200-499 (port from EXPOSE, path from a guess); this is weak",
        "source edit: a comment in server.js",
        "dependency edit: the description in package.json",
        "[--ready http://:PORT/PATH]",
    ] {
        assert!(talk.contains(word), "{word}: {talk}");
    }
}

#[tokio::test(start_paused = true)]
async fn bases_are_suggested_and_those_that_do_not_fit_are_named() {
    let home = Home::project("two-bases", &["node:20", "node:20-slim", "node:20-alpine"]);
    let file = home.path().join("Dockerfile");
    let text = std::fs::read_to_string(&file).unwrap();
    let fetches = text.replace("RUN npm ci", "RUN apt-get update && npm ci");
    std::fs::write(&file, fetches).unwrap();
    let suggest = with(&["--suggest"]);
    assert_eq!(
        home.run(&suggest).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    let record = home.record();
    let names: Vec<_> = record
        .cases
        .iter()
        .map(|case| case.variant.as_str())
        .collect();
    assert_eq!(names, ["node-20", "node-20-slim", "floor"]);
    let said = "not proposed: node:20-alpine (a step runs apt-get, which Alpine does not have)";
    assert!(home.talk().contains(said), "{}", home.talk());
    std::fs::write(&file, "FROM own/base:1\nEXPOSE 1\n").unwrap();
    let error = home.run(&suggest).await.0.unwrap_err().to_string();
    assert!(
        error.contains("--suggest knows no other base for `own/base:1`"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn runs_land_in_a_folder_that_no_commit_and_no_context_has() {
    let home = Home::project("two-bases", &["node:20"]);
    assert_eq!(home.run(&with(&[])).await.0.unwrap(), Exit::Fine);
    let first = home.record();
    assert_eq!(home.run(&with(&[])).await.0.unwrap(), Exit::Fine);
    let second = home.record();
    assert_eq!(home.folders().len(), 2);
    assert_eq!(
        first.scenarios[0].app_sha256,
        second.scenarios[0].app_sha256
    );
    let case = first.cases[0].id.as_str();
    let files = seen(&second, case, Metric::ContextFiles);
    assert_eq!(files, seen(&first, case, Metric::ContextFiles));
    assert_eq!(files, [3.0], "the project's own files");
    let ignore = home.path().join(".plimsoll/.gitignore");
    assert_eq!(std::fs::read_to_string(ignore).unwrap(), "*\n");
    let names = std::fs::read_dir(home.path()).unwrap();
    assert_eq!(names.count(), 4, "nothing else is written");
}

#[tokio::test(start_paused = true)]
async fn what_is_saved_is_what_is_measured() {
    let home = Home::project("build-argument", &["base:1"]);
    let file = home.path().join("bench.toml").display().to_string();
    let flags = [
        "--build-arg",
        "FEATURES=a,b",
        "--build-arg",
        "VARIANT=x",
        "--target",
        "dev,prod",
        "--env",
        "LOG=warn",
        "--save",
        &file,
    ];
    assert_eq!(
        home.run(&with(&flags)).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    let measured = home.record();
    let saved = std::fs::read_to_string(&file).unwrap();
    assert_eq!(measured.scenarios[0].text, saved);
    assert_eq!(measured.cases.len(), 4 + 1);
    assert!(
        home.talk().contains(
            "GET /live on port 4000 is answered with status 200-399 (port from HEALTHCHECK, path from HEALTHCHECK)"
        )
    );
    assert_eq!(
        home.run(&["run", &file, "--profile", "quick"])
            .await
            .0
            .unwrap(),
        Exit::Fine
    );
    let again = home.record();
    assert_ne!(again.id, measured.id);
    let plan = |record: &RunRecord| {
        let cases = record.cases.iter();
        cases
            .map(|case| (case.id.clone(), case.dockerfile.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(plan(&again), plan(&measured));
    assert_eq!(again.scenarios[0].sha256, measured.scenarios[0].sha256);
}

#[tokio::test(start_paused = true)]
async fn a_monorepo_has_its_context_above_the_dockerfile() {
    let home = Home::project("monorepo", &["node:20"]);
    let error = home.run(&with(&[])).await.0.unwrap_err().to_string();
    assert!(error.contains("2 apps"), "{error}");
    assert!(error.contains("-f services/api/Dockerfile"), "{error}");
    let one = with(&["-f", "services/api/Dockerfile"]);
    assert_eq!(
        home.run(&one).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    let record = home.record();
    assert_eq!(
        record.cases[0].dockerfile.as_ref().unwrap().path,
        "services/api/Dockerfile"
    );
    let talk = home.talk();
    assert!(talk.contains("GET /healthz on port 3000"), "{talk}");
    // No build of the other service reads the file with that path.
    let other = Home::project("monorepo", &["node:20"]);
    let web = with(&["-f", "services/web/Dockerfile"]);
    let outcome = other.run(&web).await.0.unwrap();
    assert_eq!(outcome, Exit::Fine, "{}", other.talk());
    let said =
        "GET / on port 8080 is answered with status 200-499 (port from EXPOSE, path from a guess)";
    assert!(other.talk().contains(said), "{}", other.talk());
    assert!(
        talk.contains("source edit: a comment in services/api/server.js"),
        "{talk}"
    );
    assert!(
        talk.contains("dependency edit: the description in services/api/package.json"),
        "{talk}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_project_elsewhere_keeps_its_own_runs_and_an_interrupted_one_goes_on() {
    let home = Home::project("two-bases", &["node:20"]);
    let elsewhere = Home::project("static-site", &["node:20"]);
    let named = home.path().display().to_string();
    let begin = with(&[&named]);
    let cut = async {
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        elsewhere.stop.cancel();
    };
    let (ended, ()) = tokio::join!(elsewhere.run(&begin), cut);
    assert_eq!(ended.0.unwrap(), Exit::Interrupted, "{}", elsewhere.talk());
    assert!(elsewhere.results().read_dir().is_err());
    let folder = home.folders().pop().unwrap().display().to_string();
    let again = Home {
        stop: CancellationToken::new(),
        ..elsewhere
    };
    let (outcome, _) = again.run(&["run", "--resume", &folder]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", again.talk());
    assert_eq!(home.record().state, RunState::Complete);
}

#[tokio::test(start_paused = true)]
async fn a_static_site_is_known_by_its_base() {
    let home = Home::project("static-site", &["nginx:1.27"]);
    assert_eq!(
        home.run(&with(&[])).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    let talk = home.talk();
    assert!(
        talk.contains("GET / on port 80 is answered with status 200-499 (port from the base image"),
        "{talk}"
    );
    assert!(
        talk.contains("source edit: a comment in site/index.html"),
        "{talk}"
    );
    assert!(talk.contains("dependency edit: none"), "{talk}");
    let record = home.record();
    assert_eq!(record.cases[0].variant, "containerfile");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_no_builder_accepts_is_left_out_unless_it_is_all_there_is() {
    let home = Home::project("broken", &["base:1"]);
    assert_eq!(
        home.run(&with(&[])).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    let said = "left out: Dockerfile, line 2: unknown instruction `COPPY`";
    assert!(home.talk().contains(said), "{}", home.talk());
    assert_eq!(home.record().cases[0].variant, "plain");
    let named = home
        .run(&with(&["-f", "Dockerfile"]))
        .await
        .0
        .unwrap_err()
        .to_string();
    assert!(
        named.contains("no builder accepts Dockerfile, line 2"),
        "{named}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_part_of_the_answer() {
    let home = Home::project("two-bases", &["node:20"]);
    let file = home.path().join("Dockerfile.alpine");
    std::fs::write(file, "FROM node:20\nCOPY . .\nRUN fail\nEXPOSE 3000\n").unwrap();
    let (outcome, table) = home.run(&with(&[])).await;
    assert_eq!(outcome.unwrap(), Exit::Failed);
    assert!(table.contains("- alpine has no figures: "), "{table}");
    assert!(table.contains("DNF"), "{table}");
}

#[tokio::test(start_paused = true)]
async fn rounds_fit_into_the_time_and_one_is_measured_in_any_case() {
    let rounds = async |time: &[&str]| {
        let home = Home::project("two-bases", &["node:20"]);
        let arguments = [&["bench"], time].concat();
        assert_eq!(
            home.run(&arguments).await.0.unwrap(),
            Exit::Fine,
            "{}",
            home.talk()
        );
        let plan = home.record().plan;
        (plan.rounds, plan.warmup_rounds, plan.skipped, home.talk())
    };
    let (one, warmup, skipped, talk) = rounds(&["--time", "1s"]).await;
    assert_eq!((one, warmup), (1, 0));
    assert_eq!(skipped, [SkippedPhase::ColdMounts]);
    assert!(talk.contains("1 round fits in"), "{talk}");
    let (some, ..) = rounds(&["--time", "20s"]).await;
    assert!((2..6).contains(&some), "{some}");
    let (all, warmup, skipped, _) = rounds(&["--time", "1h"]).await;
    assert_eq!((all, warmup, skipped.len()), (6, 1, 0));
    let (three, warmup, ..) = rounds(&["--rounds", "3"]).await;
    assert_eq!((three, warmup), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_found_is_asked_for_by_its_flag() {
    let home = Home::project("two-bases", &["node:20"]);
    let said = async |arguments: &[&str]| {
        let failure = home.run(arguments).await.0.unwrap_err();
        failure.to_string()
    };
    let swap = said(&with(&["--swap", "node:22=node:20"])).await;
    assert!(
        swap.contains("no Dockerfile is built on `node:22`"),
        "{swap}"
    );
    assert!(swap.contains("there are node:20"), "{swap}");
    let missing = said(&with(&["-f", "Dockerfile.none"])).await;
    assert!(
        missing.contains("there is no Dockerfile `Dockerfile.none`"),
        "{missing}"
    );
    let text = "FROM node:20\nCOPY . .\n";
    std::fs::write(home.path().join("Dockerfile"), text).unwrap();
    let ready = said(&with(&[])).await;
    assert!(ready.contains("--ready http://:8080/"), "{ready}");
    std::fs::remove_file(home.path().join("Dockerfile")).unwrap();
    let none = said(&with(&[])).await;
    assert!(none.contains("there is no Dockerfile in"), "{none}");
    assert!(home.results().read_dir().is_err(), "nothing was begun");
}

#[tokio::test(start_paused = true)]
async fn targets_of_a_bake_file_are_variants() {
    let home = Home::project("two-bases", &["node:20", "node:20-slim"]);
    let bake = "group \"default\" { targets = [\"full\", \"slim\"] }\ntarget \"full\" {}\n\
        target \"slim\" {\n  contexts = { \"node:20\" = \"docker-image://node:20-slim\" }\n  tags = [\"x\"]\n}\n";
    std::fs::write(home.path().join("docker-bake.hcl"), bake).unwrap();
    let (outcome, _) = home.run(&with(&["--bake", "docker-bake.hcl"])).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    let record = home.record();
    let cases = record.cases.iter();
    let bases: Vec<_> = cases
        .map(|case| (case.variant.as_str(), case.bases.join(" ")))
        .collect();
    let expected = [("full", "node:20"), ("slim", "node:20-slim"), ("floor", "")];
    assert_eq!(
        bases,
        expected.map(|(name, bases)| (name, bases.to_owned()))
    );
    let talk = home.talk();
    for said in ["bake: full, slim of ", "left out: `tags` of the Bake file"] {
        assert!(talk.contains(said), "{said}: {talk}");
    }
    let wrong = with(&["--bake", "docker-bake.hcl", "--target", "fool"]);
    let error = home.run(&wrong).await.0.unwrap_err().to_string();
    assert!(
        error.contains("there is no target or group `fool`"),
        "{error}"
    );
    assert!(
        error.contains("hint: name one of them: --target default, full, slim"),
        "{error}"
    );
}
