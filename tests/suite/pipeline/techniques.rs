//! What technique scenarios add: load, health, planted secrets, platforms, what is missing.

use plimsoll::record::HardenedStart;

use super::*;
use crate::fake::FILE_BYTES;

fn variant(name: &str, more: &str) -> String {
    format!(
        "[[variant]]\nname = \"{name}\"\nstrategy = \"x\"\ntitle = \"x\"\ndockerfile = \"Dockerfile.good\"\n{more}\n"
    )
}

fn reason<'a>(record: &'a RunRecord, variant: &str) -> &'a str {
    let id = format!("app/{variant}");
    let case = record
        .cases
        .iter()
        .find(|case| case.id.as_str() == id)
        .unwrap();
    match &case.disposition {
        Disposition::NotAvailable { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn load_and_health_are_measured_where_they_are_asked_for() {
    let checked = format!("{GOOD}HEALTHCHECK CMD [\"/ok\"]\n");
    let home = Home::new(&[("good", GOOD), ("checked", &checked)]).with(
        "[load]\nconnections = 2\nduration = \"2s\"\n[technique]\nid = \"x\"\nquestion = \"x\"\n\
             baseline = \"good\"\nshows = [\"start.healthy\"]\n",
    );
    home.run(&["run", "app", "--profile", "quick"])
        .await
        .0
        .unwrap();
    let record = home.record();
    // The fake answers a thousand times a second.
    assert_eq!(values(&record, "good", Metric::ServeRps), [1000.0]);
    assert_eq!(values(&record, "good", Metric::ServeP99), [0.001]);
    let healthy = values(&record, "checked", Metric::StartHealthy);
    assert!(close(&healthy, 0.5), "{healthy:?}");
    let without = statuses(&record, "good");
    assert!(
        without.contains(&(Metric::StartHealthy, Status::NotApplicable)),
        "{without:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_missing_base_leaves_out_its_variants_and_no_other() {
    let home = Home::new(&[("good", GOOD), ("lost", "FROM nowhere:1\nCOPY . ./\n")]);
    let (outcome, _) = home.run(&["run", "app", "--profile", "quick"]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine);
    let record = home.record();
    assert!(reason(&record, "lost").contains("the image `nowhere:1` is not available"));
    assert_eq!(values(&record, "good", Metric::BuildCold).len(), 1);
    assert!(statuses(&record, "lost").is_empty());
    assert!(
        home.talk()
            .contains("what needs the image nowhere:1 is not available here")
    );
}

#[tokio::test(start_paused = true)]
async fn a_pinned_base_is_that_image_or_none() {
    let digest = format!("sha256:{}", "a".repeat(64));
    let (pinned, other) = (format!("base@{digest}"), format!("other@{digest}"));
    let on = |base: &str| format!("FROM {base}\nCOPY deps.lock ./\nCOPY main.src ./\n");
    let home = Home::new(&[
        ("good", GOOD),
        ("pinned", &on(&pinned)),
        ("moved", &on(&other)),
    ]);
    home.engine.add_base(&pinned, &[format!("base@{digest}")]);
    home.engine
        .add_base(&other, &[format!("other@sha256:{}", "b".repeat(64))]);
    home.run(&["run", "app", "--profile", "quick"])
        .await
        .0
        .unwrap();
    let record = home.record();
    assert!(reason(&record, "moved").contains(&format!("it is pinned to {digest}")));
    assert_eq!(values(&record, "pinned", Metric::BuildCold).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_left_the_reason_is_the_runs() {
    let home = Home::new(&[("lost", "FROM nowhere:1\nCOPY . ./\n")]);
    let error = home.run(&["run", "app"]).await.0.unwrap_err();
    assert_eq!(error.exit, Exit::Failed);
    assert!(
        error.to_string().contains("plimsoll bases build"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_the_engine_does_not_run_is_not_available_here() {
    let home = Home::new(&[("good", GOOD)]).with(&variant("foreign", "platform = \"linux/arm64\""));
    home.run(&["run", "app", "--profile", "quick"])
        .await
        .0
        .unwrap();
    let record = home.record();
    let why = reason(&record, "foreign");
    assert!(
        why.contains("does not run linux/arm64") && why.contains("exec format error"),
        "{why}"
    );
    assert!(why.contains("install emulation"), "{why}");
    assert_eq!(home.engine.state(|state| state.names()), ["base:1"]);
}

#[tokio::test(start_paused = true)]
async fn builds_get_the_users_secrets_and_nothing_else_has_them() {
    let crash = "FROM base:1\nCOPY main.src ./\nCMD [\"crashes\"]\n";
    let home = Home::new(&[("good", GOOD), ("crash", crash)]);
    // The fake keeps what begins so, and the app that crashes prints it.
    let value = "plimsoll-planted-by-the-user-5kq2";
    let file = home.path().join("token");
    std::fs::write(&file, value).unwrap();
    let secret = format!("id=npm,src={}", file.display());
    let words = [
        "run", "app", "--rounds", "1", "--warmup", "0", "--secret", &secret,
    ];
    let (_, table) = home.run(&words).await;
    let ways = home.engine.state(|state| state.ways.clone());
    let secret = format!("secret npm={value}");
    let of_good = ways.iter().filter(|(tag, _)| tag.contains("_good:"));
    assert!(of_good.clone().count() >= 5, "{ways:?}");
    assert!(ways.iter().all(|(_, way)| *way == secret), "{ways:?}");
    assert!(!table.contains(value) && !home.talk().contains(value));
    let mut files = 0;
    for entry in walkdir::WalkDir::new(home.folders().pop().unwrap()) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let text = std::fs::read(entry.path()).unwrap();
            let text = String::from_utf8_lossy(&text);
            assert!(!text.contains(value), "{}", entry.path().display());
            files += 1;
        }
    }
    assert!(files > 3);
    let run = home.folders().pop().unwrap().join("run.json");
    let run = std::fs::read_to_string(run).unwrap();
    assert!(
        run.contains("cannot find module | secret npm="),
        "the app that printed it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_planted_secret_reaches_the_build_its_way_and_no_file_of_the_run() {
    let more = [
        "[secret]\nid = \"TOKEN\"\n".to_owned(),
        variant("arg", "secret = \"build-arg\""),
        variant("mount", "secret = \"mount\""),
        variant("file", "secret = \"file:conf/.npmrc\""),
        variant("talks", "secret = \"build-arg\"").replace("Dockerfile.good", "Dockerfile.crash"),
    ];
    let crash = "FROM base:1\nCOPY main.src ./\nCMD [\"crashes\"]\n";
    let home = Home::new(&[("good", GOOD), ("crash", crash)]).with(&more.concat());
    home.run(&["run", "app", "--rounds", "2", "--warmup", "0"])
        .await
        .0
        .unwrap();
    let ways = home.engine.state(|state| state.ways.clone());
    let of = |variant: &str| -> Vec<_> {
        let of = ways
            .iter()
            .filter(|(tag, _)| tag.contains(&format!("_{variant}:")));
        of.map(|(_, way)| way.as_str()).collect()
    };
    // Six that are measured, and two that empty the cache mounts.
    assert_eq!(of("arg").len(), 16, "eight builds in each of two rounds");
    let tokens: std::collections::BTreeSet<_> = of("arg").into_iter().collect();
    assert_eq!(tokens.len(), 2, "one for each visit: {tokens:?}");
    for (variant, begin) in [
        ("arg", "arg TOKEN=plimsoll-planted-"),
        ("mount", "secret TOKEN=plimsoll-planted-"),
        ("file", "file conf/.npmrc=plimsoll-planted-"),
    ] {
        assert!(
            of(variant).iter().all(|way| way.starts_with(begin)),
            "{:?}",
            of(variant)
        );
    }
    assert!(of("good").is_empty());
    let folder = home.folders().pop().unwrap();
    let run = std::fs::read_to_string(folder.join("run.json")).unwrap();
    assert!(
        run.contains("cannot find module | arg TOKEN=plimsoll-planted-"),
        "the app that printed it"
    );
    for way in &ways {
        let token = way.1.rsplit('=').next().unwrap().trim();
        assert!(token.len() > 30, "{token}");
        let at = run.find(token).map(|at| &run[at - 100..at + 60]);
        assert_eq!(at, None);
    }
}

#[tokio::test(start_paused = true)]
async fn rebuilds_with_emptied_mounts_empty_those_of_the_visit_and_no_layer() {
    let home = Home::new(&[
        ("good", GOOD),
        ("plain", "FROM base:1\nCOPY . ./\nRUN make\n"),
    ]);
    home.engine.state(|state| {
        let foreign = "cached mount /root/.npm from exec npm ci";
        state
            .cache
            .insert("mount-/root/.npm".to_owned(), foreign.to_owned());
    });
    home.run(&["run", "app", "--profile", "quick", "--keep-cache"])
        .await
        .0
        .unwrap();
    let record = home.record();
    // The install runs again after the edit of what it reads, and only then.
    assert!(close(
        &values(&record, "good", Metric::RebuildSourceColdMounts),
        2.1
    ));
    assert!(close(
        &values(&record, "good", Metric::RebuildDependencyColdMounts),
        4.2
    ));
    let planned = |metric| {
        statuses(&record, "plain")
            .iter()
            .any(|(other, _)| *other == metric)
    };
    assert!(!planned(Metric::RebuildSourceColdMounts));
    home.engine.state(|state| {
        assert!(state.cache.contains_key("mount-/root/.npm"));
        assert!(!state.calls.iter().any(|call| call.starts_with("prune")));
        // Once before each of the two rebuilds, by the visit's own id.
        assert_eq!(state.emptied.len(), 2, "{:?}", state.emptied);
        for id in &state.emptied {
            assert!(
                id.starts_with("plimsoll-") && id.ends_with("-/root/.cache"),
                "{id}"
            );
        }
        // What emptied them is gone.
        assert!(!state.names().iter().any(|name| name.ends_with("-emptied")));
    });
}

#[tokio::test(start_paused = true)]
async fn each_image_is_looked_into_once_after_all_that_is_timed() {
    let home = Home::new(&[("good", GOOD)]);
    home.run(&["run", "app", "--rounds", "2", "--warmup", "1"])
        .await
        .0
        .unwrap();
    let record = home.record();
    // The second layer overwrites a file of the first.
    assert_eq!(
        values(&record, "good", Metric::WasteBytes),
        [FILE_BYTES as f64]
    );
    assert_eq!(values(&record, "good", Metric::SizeFiles).len(), 1);
    let case = record
        .cases
        .iter()
        .find(|case| case.id.as_str() == "app/good")
        .unwrap();
    let layers = case.layers.iter();
    let layers: Vec<_> = layers.map(|layer| (layer.bytes.0, layer.files.0)).collect();
    assert_eq!(layers, [(FILE_BYTES as u64 + 4, 2), (FILE_BYTES as u64, 1)]);
    let posture = case.posture.as_ref().unwrap();
    assert_eq!(posture.hardened, Some(HardenedStart::Ready));
    assert_eq!(posture.shell.as_deref(), Some("/bin/sh"));
    assert!(posture.root && posture.scans.is_empty());
    let stop = posture.stop.unwrap();
    assert_eq!((stop.exit_code, stop.killed), (0, false));
    let calls = home.engine.state(|state| state.calls.clone());
    let exports: Vec<_> = calls
        .iter()
        .filter(|call| call.starts_with("export"))
        .collect();
    assert_eq!(
        exports.len(),
        1,
        "not in the warm-up, and not again: {exports:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_phase_that_is_skipped_has_no_sample_and_the_record_says_so() {
    let rebuilds = [
        Metric::RebuildSource,
        Metric::RebuildDependency,
        Metric::RebuildSourceColdMounts,
        Metric::RebuildDependencyColdMounts,
    ];
    for (skipped, expected) in [
        (&["cold-mounts"][..], &rebuilds[..2]),
        (&["dependency"], &[rebuilds[0], rebuilds[2]]),
        (&["dependency", "cold-mounts"], &rebuilds[..1]),
    ] {
        let home = Home::new(&[("good", GOOD)]);
        let mut words = vec!["run", "app", "--profile", "quick"];
        words.extend(skipped.iter().flat_map(|phase| ["--skip", phase]));
        home.run(&words).await.0.unwrap();
        let record = home.record();
        let measured: Vec<_> = statuses(&record, "good")
            .into_iter()
            .filter(|(metric, status)| rebuilds.contains(metric) && *status == Status::Ok)
            .map(|(metric, _)| metric)
            .collect();
        assert_eq!(measured, expected, "{skipped:?}");
        let all = statuses(&record, "good").into_iter();
        assert_eq!(
            all.filter(|(metric, _)| rebuilds.contains(metric)).count(),
            expected.len()
        );
        let noted = serde_json::to_value(&record.plan.skipped).unwrap();
        assert_eq!(noted, serde_json::json!(skipped));
    }
}

#[tokio::test(start_paused = true)]
async fn on_the_containerd_store_the_build_cache_stays_until_its_removal_is_asked_for() {
    let home = Home::new(&[("good", GOOD)]);
    home.engine.state(|state| state.containerd = true);
    let prunes = || {
        home.engine.state(|state| {
            let calls = state.calls.iter();
            calls.filter(|call| call.starts_with("prune")).count()
        })
    };
    home.run(&["run", "app", "--profile", "quick"])
        .await
        .0
        .unwrap();
    assert_eq!(prunes(), 0);
    let record = home.record();
    let words = "stay in the builder's cache: on this image store";
    assert!(
        record
            .warnings
            .iter()
            .any(|warning| warning.contains(words)),
        "{:?}",
        record.warnings
    );
    home.run(&["clean", "--yes"]).await.0.unwrap();
    assert_eq!(prunes(), 0);
    assert!(
        home.talk().contains("plimsoll clean --build-cache"),
        "{}",
        home.talk()
    );
    home.run(&["clean", "--build-cache", "--yes"])
        .await
        .0
        .unwrap();
    assert_eq!(prunes(), 1);
    home.engine
        .state(|state| assert!(state.cache.is_empty(), "{:?}", state.cache));
}
