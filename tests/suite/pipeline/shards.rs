//! A run that is split over machines.

use std::collections::BTreeSet;

use plimsoll::merge::merge;
use plimsoll::record::{CaseId, CaseRecord};

use super::*;

const OTHER: &str = "FROM base:1\nCOPY . ./\nRUN make\nRUN test\n";

fn four() -> Home {
    Home::new(&[("a", GOOD), ("b", OTHER), ("c", OTHER), ("d", GOOD)])
}

fn cases(record: &RunRecord) -> BTreeSet<String> {
    let cases = record.cases.iter();
    cases
        .filter(|case| case.scenario == "app")
        .map(|case| case.variant.clone())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn shards_share_the_cases_and_nothing_else_differs() {
    let mut seen = BTreeSet::new();
    let mut records = Vec::new();
    for shard in ["1/2", "2/2"] {
        // Another machine: another home.
        let home = four();
        let run = ["run", "app", "--profile", "quick", "--shard", shard];
        assert_eq!(
            home.run(&run).await.0.unwrap(),
            Exit::Fine,
            "{}",
            home.talk()
        );
        let record = home.record();
        assert!(
            record
                .id
                .ends_with(&format!("-app-shard{}", shard.replace('/', "of")))
        );
        for case in cases(&record) {
            assert!(seen.insert(case.clone()), "{case} is in both");
        }
        // The floor belongs to every shard.
        let floor = record.samples.iter();
        assert!(
            floor
                .clone()
                .any(|sample| sample.metric == Metric::FloorStartStarted)
        );
        records.push(record);
    }
    let all: BTreeSet<_> = ["a", "b", "c", "d", "none"].map(str::to_owned).into();
    assert_eq!(seen, all);
    let [one, two] = records.as_slice() else {
        panic!("two shards")
    };
    assert_eq!(one.plan.seed, two.plan.seed);
    assert_eq!(one.scenarios, two.scenarios);
    let (first, second) = (
        one.plan.shard.as_ref().unwrap(),
        two.plan.shard.as_ref().unwrap(),
    );
    assert_eq!(first.all, second.all);
    assert_eq!(first.all.len(), 5);
    assert_eq!((first.index, second.index, first.count), (1, 2, 2));
    // Joined, they are the run that one machine would have made.
    let whole = merge(&records, &BTreeSet::new()).unwrap();
    assert_eq!(cases(&whole), all);
    assert_eq!(whole.state, RunState::Complete);
    let text = serde_json::to_string(&whole).unwrap();
    assert_eq!(RunRecord::read(&text).unwrap(), whole);
    for variant in ["a", "b", "c", "d"] {
        assert_eq!(
            values(&whole, variant, Metric::BuildCold).len(),
            1,
            "{variant}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_variants_of_a_technique_stay_in_one_shard_and_an_empty_shard_is_a_run() {
    let technique =
        "[technique]\nid = \"x\"\nquestion = \"x\"\nbaseline = \"a\"\nshows = [\"build.cold\"]\n";
    let home = four().with(technique);
    let run = |shard| {
        [
            "run",
            "app",
            "--profile",
            "quick",
            "--engine",
            "clean-room",
            "--shard",
            shard,
        ]
    };
    assert_eq!(home.run(&run("1/2")).await.0.unwrap(), Exit::Fine);
    assert_eq!(cases(&home.record()).len(), 5);
    let home = four().with(technique);
    assert_eq!(
        home.run(&run("2/2")).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    let record = home.record();
    assert!(record.cases.is_empty() && record.samples.is_empty());
    assert_eq!(record.state, RunState::Complete);
    assert_eq!(
        record.plan.shard.as_ref().map(|shard| shard.all.len()),
        Some(5)
    );
    assert!(home.talk().contains("shard 2/2 has nothing to do"));
    assert!(home.engine.state(|state| state.dockerfiles.is_empty()));
    assert!(home.folders()[0].join("report.md").exists());
}

#[tokio::test(start_paused = true)]
async fn a_shard_is_resumed_with_its_own_cases() {
    let home = four();
    let (stop, watch) = (home.stop.clone(), home.engine.clone());
    tokio::spawn(async move {
        while watch.state(|state| state.dockerfiles.is_empty()) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        stop.cancel();
    });
    let run = ["run", "app", "--profile", "quick", "--shard", "2/2"];
    assert_eq!(home.run(&run).await.0.unwrap(), Exit::Interrupted);
    let before = home.record();
    let home = Home {
        stop: CancellationToken::new(),
        ..home
    };
    let folder = home.folders().pop().unwrap().display().to_string();
    let (outcome, _) = home.run(&["run", "--resume", &folder]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    let after = home.record();
    assert_eq!(after.state, RunState::Complete);
    assert_eq!(cases(&before), cases(&after));
    assert_eq!(before.plan.shard, after.plan.shard);
    for variant in cases(&after) {
        assert!(!values(&after, &variant, Metric::BuildCold).is_empty() || variant == "none");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shard_whose_only_case_is_not_available_leaves_the_whole_to_the_others() {
    let home = Home::new(&[
        ("a", GOOD),
        ("lost", "FROM nowhere:1\nRUN x\nRUN y\nRUN z\n"),
    ]);
    // The longest goes first.
    let run = ["run", "app", "--profile", "quick", "--shard", "1/2"];
    assert_eq!(
        home.run(&run).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    let record = home.record();
    let lost = record
        .cases
        .iter()
        .find(|case| case.variant == "lost")
        .unwrap();
    assert!(matches!(lost.disposition, Disposition::NotAvailable { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_shard_that_is_started_again_goes_on_and_is_not_measured_twice() {
    let home = four();
    let (stop, watch) = (home.stop.clone(), home.engine.clone());
    tokio::spawn(async move {
        while watch.state(|state| state.dockerfiles.is_empty()) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        stop.cancel();
    });
    let run = |shard, rounds| {
        [
            "run",
            "app",
            "--rounds",
            rounds,
            "--warmup",
            "0",
            "--shard",
            shard,
            "--continue",
        ]
    };
    assert_eq!(
        home.run(&run("2/2", "2")).await.0.unwrap(),
        Exit::Interrupted
    );
    let home = Home {
        stop: CancellationToken::new(),
        ..home
    };
    // On a machine of another kind it would be two runs in one.
    let file = home.folders()[0].join("run.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let cpus = text.lines().find(|line| line.contains("\"cpus\"")).unwrap();
    std::fs::write(&file, text.replace(cpus, "\"cpus\": 64,")).unwrap();
    let error = home.run(&run("2/2", "2")).await.0.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a machine of another kind: 64 x "),
        "{error}"
    );
    std::fs::write(&file, text).unwrap();
    // With other rounds it would be another run.
    let error = home.run(&run("2/2", "3")).await.0.unwrap_err();
    assert_eq!(error.exit, Exit::Usage);
    assert!(
        error.to_string().contains("0 + 2 rounds instead of 0 + 3"),
        "{error}"
    );
    assert_eq!(
        home.run(&run("2/2", "2")).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    assert!(home.talk().contains("resuming "), "{}", home.talk());
    let record = home.record();
    assert_eq!(
        (record.state, record.commands.len()),
        (RunState::Complete, 2)
    );
    assert_eq!(home.folders().len(), 1);
    // Once more: nothing happens.
    let built = home.engine.state(|state| state.dockerfiles.len());
    assert_eq!(home.run(&run("2/2", "2")).await.0.unwrap(), Exit::Fine);
    assert!(
        home.talk().contains("this shard is complete"),
        "{}",
        home.talk()
    );
    assert_eq!(home.engine.state(|state| state.dockerfiles.len()), built);
    assert_eq!((home.folders().len(), home.record()), (1, record));
    // The other shard is another run.
    assert_eq!(home.run(&run("1/2", "2")).await.0.unwrap(), Exit::Fine);
    assert_eq!(home.folders().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_shard_of_another_scenario_text_is_not_taken_for_this_one() {
    let home = four();
    let run = [
        "run",
        "app",
        "--profile",
        "quick",
        "--shard",
        "2/2",
        "--continue",
    ];
    assert_eq!(
        home.run(&run).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    let home = home.with("# another text\n");
    let error = home.run(&run).await.0.unwrap_err();
    assert_eq!(error.exit, Exit::Usage);
    let words = "with another text or app of the scenario `app`";
    assert!(error.to_string().contains(words), "{error}");
    assert_eq!(home.folders().len(), 1);
}

/// A run that goes on keeps its own plan: what is asked for anew would be ignored.
#[tokio::test(start_paused = true)]
async fn a_shard_is_not_continued_with_other_options() {
    let home = four();
    let shard = [
        "run",
        "app",
        "--rounds",
        "1",
        "--shard",
        "2/2",
        "--continue",
    ];
    let run = |more: &[&'static str]| [&shard[..], more].concat();
    let own = ["--seed", "7", "--skip", "dependency", "--warmup", "0"];
    let outcome = home.run(&run(&own)).await.0.unwrap();
    assert_eq!(outcome, Exit::Fine, "{}", home.talk());
    let changes: [(&[&str], &str); 12] = [
        (
            &["--seed", "8", "--skip", "dependency", "--warmup", "0"],
            "the seed `7` instead of `8`",
        ),
        (
            &["--skip", "dependency", "--warmup", "0"],
            "the seed `7` instead of `",
        ),
        (
            &["--seed", "7", "--warmup", "0"],
            "the skipped phases `dependency` instead of none",
        ),
        (
            &["--seed", "7", "--skip", "dependency"],
            "0 + 1 rounds instead of 1 + 1",
        ),
        (
            &["--profile", "quick"],
            "the profile `standard` instead of `quick`",
        ),
        (
            &["--link", "100mbit"],
            "the links `loopback` instead of `100mbit`",
        ),
        (&["--no-push"], "the links `loopback` instead of none"),
        (&["--bases", "real"], "the bases `auto` instead of `real`"),
        (
            &["--bases-from", "reg.example.com"],
            "bases from none instead of `reg.example.com`",
        ),
        (
            &["--build-deadline", "16"],
            "a build deadline of minutes `15` instead of `16`",
        ),
        (
            &["--reach", "published"],
            "the reach `bridge` instead of `published`",
        ),
        (
            &["--engine", "clean-room"],
            "the engine `host` instead of `clean-room`",
        ),
    ];
    let before = (home.folders(), home.record());
    for (more, said) in changes {
        let words = match more.contains(&"dependency") || more.contains(&"--warmup") {
            true => run(more),
            false => [&run(&own)[..], more].concat(),
        };
        let error = home.run(&words).await.0.unwrap_err();
        assert_eq!(error.exit, Exit::Usage);
        assert!(error.to_string().contains(said), "{more:?}: {error}");
    }
    assert_eq!((home.folders(), home.record()), before);
    // The same again is no other run.
    assert_eq!(home.run(&run(&own)).await.0.unwrap(), Exit::Fine);
    assert_eq!(home.folders().len(), 1);
}

/// --timings are not in the record of a split; the cases that came of them are.
#[tokio::test(start_paused = true)]
async fn a_shard_is_not_continued_with_other_cases() {
    let home = four();
    let run = [
        "run",
        "app",
        "--profile",
        "quick",
        "--shard",
        "2/2",
        "--continue",
    ];
    assert_eq!(
        home.run(&run).await.0.unwrap(),
        Exit::Fine,
        "{}",
        home.talk()
    );
    // As other times would have split them: a case of the other shard for one of its own.
    let before = home.record();
    let split = before.plan.shard.clone().unwrap();
    let of_app = |case: &&CaseRecord| case.scenario == "app" && case.variant != "none";
    let own = before.cases.iter().find(of_app).unwrap().clone();
    let mut others = split.all.iter();
    let is_other = |id: &&CaseId| before.cases.iter().all(|case| case.id != **id);
    let other = others.find(is_other).unwrap().to_string();
    let variant = |of: &str| format!("\"variant\":\"{of}\"");
    let text = serde_json::to_string(&before).unwrap();
    let text = text.replace(own.id.as_str(), &other).replace(
        &variant(&own.variant),
        &variant(other.split_once('/').unwrap().1),
    );
    let mut record = RunRecord::read(&text).unwrap();
    record.plan.shard = Some(split);
    let file = home.folders()[0].join("run.json");
    std::fs::write(&file, serde_json::to_string(&record).unwrap()).unwrap();
    let error = home.run(&run).await.0.unwrap_err();
    assert_eq!(error.exit, Exit::Usage);
    assert!(
        error.to_string().contains("other cases: --timings"),
        "{error}"
    );
}
