//! Arguments to report, against a fake engine and a paused clock.

mod action;
mod action_comment;
mod bases;
mod companions;
mod contracts;
mod engines;
mod expected;
pub mod home;
mod long;
mod out_in_context;
mod projects;
mod reach;
mod ready_images;
mod revisions;
mod shards;
mod techniques;
mod travel;
mod trouble;

use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use clap::Parser;
use plimsoll::cli::{
    Cli, Command, Environments, Exit, Failure, Printer, RunEnvironment, Seams, ab, bench, clean,
    run,
};
use plimsoll::engine::{Clock, RegistryEndpoint};
use plimsoll::record::{
    Disposition, EngineChoice, HostFacts, Metric, Outcome, RunRecord, RunState, Status,
};
use plimsoll::units::{Bytes, Count};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::fake::{Date, FakeClock, FakeEngine, FakeProbe, FakeRegistry};
use home::{Home, close};

pub const GOOD: &str = "FROM base:1\nCOPY deps.lock ./\nRUN --mount=type=cache,target=/root/.cache install\nCOPY main.src ./\nRUN make\n";

/// Base values of a metric's counted samples for a variant.
fn values(record: &RunRecord, variant: &str, metric: Metric) -> Vec<f64> {
    record
        .samples
        .iter()
        .filter(|sample| {
            sample.case.as_str() == format!("app/{variant}") && sample.metric == metric
        })
        .filter_map(|sample| sample.outcome.counted())
        .map(plimsoll::units::Quantity::base_value)
        .collect()
}

fn statuses(record: &RunRecord, variant: &str) -> Vec<(Metric, Status)> {
    record
        .samples
        .iter()
        .filter(|sample| sample.case.as_str() == format!("app/{variant}"))
        .map(|sample| (sample.metric, sample.outcome.status()))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn every_phase_is_timed_between_its_own_marks() {
    let home = Home::new(&[("good", GOOD)]);
    let (outcome, table) = home.run(&["run", "app", "--profile", "quick"]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    let record = home.record();
    let seen = |metric| values(&record, "good", metric);
    let cold = seen(Metric::BuildCold);
    assert!(close(&cold, 4.2), "{cold:?}");
    assert!(close(&seen(Metric::BuildCached), 0.0));
    assert!(
        close(&seen(Metric::RebuildSource), 2.1),
        "{:?}",
        statuses(&record, "good")
    );
    assert!(close(&seen(Metric::RebuildDependency), 4.2));
    assert!(close(&seen(Metric::StartCreate), 0.008));
    assert!(close(&seen(Metric::StartStarted), 0.2));
    assert!(close(&seen(Metric::StartReady), 0.5));
    assert!(close(&seen(Metric::StopTime), 0.012));
    assert_eq!(seen(Metric::MemoryReady), [2e7]);
    assert_eq!(seen(Metric::SizeLayers), [2.0]);
    let unpacked = seen(Metric::SizeUnpacked)[0];
    assert_eq!(seen(Metric::SizeEngine), [unpacked]);
    assert_eq!(seen(Metric::SizeOwn), [unpacked - 1e7]);
    assert_eq!(seen(Metric::ContextFiles), [2.0]);
    assert_eq!(seen(Metric::ContextBytes), [(21 + 4) as f64]);
    assert_eq!(record.state, RunState::Complete);
    assert!(table.contains("good"), "{table}");
    assert!(home.engine.leftovers().is_empty());
    let floor = record
        .samples
        .iter()
        .filter(|s| s.metric == Metric::FloorStartStarted)
        .count();
    assert_eq!(floor, 1);
}

#[tokio::test(start_paused = true)]
async fn an_app_that_has_exited_has_no_memory_figure() {
    let app = |manner: &str| format!("FROM base:1\nCOPY main.src ./\nCMD [\"{manner}\"]\n");
    let (zero, none) = (app("ends-after-ready"), app("ends-without-figure"));
    let home = Home::new(&[("good", GOOD), ("zero", &zero), ("mute", &none)]);
    home.run(&["run", "app", "--rounds", "1", "--warmup", "0"])
        .await
        .0
        .unwrap();
    let record = home.record();
    assert_eq!(values(&record, "good", Metric::MemoryReady).len(), 1);
    for variant in ["zero", "mute"] {
        let id = format!("app/{variant}");
        let samples = record.samples.iter();
        let of_case = samples.filter(|sample| sample.case.as_str() == id);
        let seen: Vec<_> = of_case
            .filter(|sample| sample.metric == Metric::MemoryReady)
            .collect();
        assert_eq!(seen.len(), 1, "{variant}: {seen:?}");
        assert_eq!(seen[0].outcome.status(), Status::Dnf, "{variant}");
        let reason = seen[0].outcome.reason().unwrap_or_default();
        assert!(
            reason.starts_with("exited with code 3 after it was ready"),
            "{variant}: {reason}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_work_is_dnf_and_never_a_number_and_never_stops_the_rest() {
    let home = Home::new(&[
        ("good", GOOD),
        (
            "crash",
            "FROM base:1\nCOPY main.src ./\nCMD [\"crashes\"]\n",
        ),
        (
            "mute",
            "FROM base:1\nCOPY main.src ./\nCMD [\"never-ready\"]\n",
        ),
        (
            "wrong",
            "FROM base:1\nCOPY main.src ./\nCMD [\"answers-wrongly\"]\n",
        ),
        ("broken", "FROM base:1\nCOPY main.src ./\nRUN fail\n"),
        ("stuck", "FROM base:1\nCOPY main.src ./\nRUN hang\n"),
    ]);
    let (outcome, table) = home
        .run(&["run", "app", "--rounds", "2", "--warmup", "1"])
        .await;
    assert_eq!(outcome.unwrap(), Exit::Failed);
    let record = home.record();
    assert_eq!(values(&record, "good", Metric::BuildCold).len(), 2);
    let reasons = [
        (
            "crash",
            "exited with code 3 before it was ready; last lines: Error: cannot find module",
        ),
        ("mute", "no whole answer at /health within 10.0 s"),
        ("wrong", "answered 500 at /health"),
        ("broken", "last lines: make: *** no rule"),
        ("stuck", "the build ran into its deadline of 900 s"),
    ];
    for (variant, reason) in reasons {
        let seen = statuses(&record, variant);
        assert!(!seen.is_empty());
        assert!(
            seen.iter().all(|(_, status)| *status == Status::Dnf),
            "{variant}: {seen:?}"
        );
        let case = record
            .cases
            .iter()
            .find(|case| case.variant == variant)
            .unwrap();
        let Disposition::Failed { reason: reported } = &case.disposition else {
            panic!("{variant}")
        };
        assert!(reported.contains(reason), "{variant}: {reported}");
    }
    assert!(table.contains("DNF"), "{table}");
    assert!(
        home.engine.leftovers().is_empty(),
        "{:?}",
        home.engine.leftovers()
    );
}

#[tokio::test(start_paused = true)]
async fn a_container_that_has_to_be_killed_has_no_stop_time() {
    let home = Home::new(&[(
        "deaf",
        "FROM base:1\nCOPY main.src ./\nRUN make\nCMD [\"ignores-sigterm\"]\n",
    )]);
    let (outcome, _) = home.run(&["run", "app", "--profile", "quick"]).await;
    assert_eq!(outcome.unwrap(), Exit::Failed);
    let record = home.record();
    assert!(values(&record, "deaf", Metric::StopTime).is_empty());
    assert_eq!(values(&record, "deaf", Metric::StartReady).len(), 1);
    let reason = record
        .samples
        .iter()
        .find(|sample| sample.metric == Metric::StopTime && sample.outcome.status() == Status::Dnf)
        .and_then(|sample| sample.outcome.reason())
        .unwrap();
    assert!(reason.contains("was killed (exit code 137)"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_reaches_no_step_makes_its_sample_invalid() {
    // The dependency edit changes a file that no COPY reads.
    let home = Home::new(&[("blind", "FROM base:1\nCOPY main.src ./\nRUN make\n")]);
    home.run(&["run", "app", "--profile", "quick"])
        .await
        .0
        .unwrap();
    let record = home.record();
    let sample = record
        .samples
        .iter()
        .find(|sample| sample.metric == Metric::RebuildDependency)
        .unwrap();
    let Outcome::Invalid { reason, .. } = &sample.outcome else {
        panic!("{:?}", sample.outcome)
    };
    assert!(reason.contains("reaches no step"), "{reason}");
}

#[tokio::test(start_paused = true)]
async fn cache_mounts_never_carry_the_users_id_and_differ_by_visit() {
    let home = Home::new(&[("good", GOOD)]);
    home.run(&["run", "app", "--rounds", "2", "--warmup", "0"])
        .await
        .0
        .unwrap();
    let sent = home.engine.state(|state| state.dockerfiles.clone());
    let mounts: Vec<_> = sent
        .iter()
        .filter(|text| !text.contains(".plimsoll-emptied"))
        .filter_map(|text| text.lines().find(|line| line.contains("--mount")))
        .collect();
    assert_eq!(mounts.len(), 12, "six builds in each of two rounds");
    assert!(
        mounts.iter().all(|line| line.contains("id=plimsoll-")),
        "{mounts:?}"
    );
    assert!(
        mounts[..6].iter().all(|line| *line == mounts[0]),
        "one visit shares its mounts"
    );
    assert_ne!(mounts[0], mounts[6], "another visit begins with cold ones");
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_keeps_what_it_has_and_goes_on_from_there() {
    let home = Home::new(&[
        ("good", GOOD),
        ("other", "FROM base:1\nCOPY . ./\nRUN make\n"),
    ]);
    let stop = home.stop.clone();
    let watch = home.engine.clone();
    tokio::spawn(async move {
        // In the middle of the third visit of six.
        let visits = |engine: &FakeEngine| {
            engine.state(|state| {
                state
                    .calls
                    .iter()
                    .filter(|call| call.starts_with("stop "))
                    .count()
            })
        };
        while visits(&watch) < 3 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        stop.cancel();
    });
    let arguments = [
        "run", "app", "--rounds", "2", "--warmup", "0", "--seed", "5",
    ];
    let (outcome, _) = home.run(&arguments).await;
    assert_eq!(outcome.unwrap(), Exit::Interrupted);
    assert!(
        home.engine.leftovers().is_empty(),
        "{:?}",
        home.engine.leftovers()
    );
    let partial = home.record();
    assert_eq!(partial.state, RunState::Interrupted);
    assert!(!partial.samples.is_empty());
    assert!(home.talk().contains("--resume"), "{}", home.talk());

    let folder = home.folders().pop().unwrap().display().to_string();
    let resumed = Home {
        stop: CancellationToken::new(),
        ..home
    };
    let (outcome, _) = resumed.run(&["run", "--resume", &folder]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", resumed.talk());
    assert_eq!(resumed.folders().len(), 1);
    let whole = resumed.record();
    assert_eq!(whole.state, RunState::Complete);
    assert_eq!(whole.commands.len(), 2);
    for variant in ["good", "other"] {
        for metric in [Metric::BuildCold, Metric::StartReady, Metric::RebuildSource] {
            assert_eq!(
                values(&whole, variant, metric).len(),
                2,
                "{variant} {metric}"
            );
        }
    }
    let (outcome, _) = resumed.run(&["run", "--resume", &folder]).await;
    assert!(outcome.unwrap_err().to_string().contains("is complete"));
}

#[tokio::test(start_paused = true)]
async fn a_changed_app_is_not_mixed_into_a_resumed_run() {
    let home = Home::new(&[("good", GOOD)]);
    let (stop, watch) = (home.stop.clone(), home.engine.clone());
    tokio::spawn(async move {
        while watch.state(|state| state.dockerfiles.is_empty()) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        stop.cancel();
    });
    home.run(&["run", "app"]).await.0.unwrap();
    let home = Home {
        stop: CancellationToken::new(),
        ..home
    };
    std::fs::write(
        home.path().join("app/main.src"),
        "release = unreleased # more\n",
    )
    .unwrap();
    let folder = home.folders().pop().unwrap().display().to_string();
    let (outcome, _) = home.run(&["run", "--resume", &folder]).await;
    let failure = outcome.unwrap_err();
    assert_eq!(failure.exit, Exit::Usage);
    assert!(
        failure
            .to_string()
            .contains("the app of the scenario `app` has changed"),
        "{failure}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_is_not_resumed_if_one_of_its_cases_is_not_available() {
    let foreign = "[[variant]]\nname = \"foreign\"\nstrategy = \"x\"\ntitle = \"x\"\n\
                   dockerfile = \"Dockerfile.good\"\nplatform = \"linux/arm64\"\n";
    let home = Home::new(&[("good", GOOD)]).with(foreign);
    home.engine.state(|state| state.emulates = true);
    let (stop, watch) = (home.stop.clone(), home.engine.clone());
    tokio::spawn(async move {
        while watch.state(|state| state.dockerfiles.is_empty()) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        stop.cancel();
    });
    home.run(&["run", "app"]).await.0.unwrap();
    let home = Home {
        stop: CancellationToken::new(),
        ..home
    };
    home.engine.state(|state| state.emulates = false);
    let folder = home.folders().pop().unwrap().display().to_string();
    let (outcome, _) = home.run(&["run", "--resume", &folder]).await;
    let failure = outcome.unwrap_err();
    let reported = failure.to_string();
    assert!(
        reported.contains("`app/foreign` is not available here any more"),
        "{reported}"
    );
    assert_eq!(failure.exit, Exit::Usage);
}

#[tokio::test(start_paused = true)]
async fn a_lost_engine_ends_the_run_and_keeps_the_record() {
    let home = Home::new(&[
        ("good", GOOD),
        ("other", "FROM base:1\nCOPY . ./\nRUN make\n"),
    ]);
    let engine = home.engine.clone();
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_secs(11)).await;
        engine.state(|state| state.gone = true);
    });
    let (outcome, _) = home
        .run(&["run", "app", "--rounds", "5", "--warmup", "0"])
        .await;
    let failure = outcome.unwrap_err();
    assert_eq!(failure.exit, Exit::Failed);
    assert!(
        failure.to_string().contains("the engine went away"),
        "{failure}"
    );
    let record = home.record();
    assert!(
        record
            .samples
            .iter()
            .any(|sample| sample.outcome.status() == Status::Ok)
    );
    assert_ne!(record.state, RunState::Complete);
}

#[tokio::test(start_paused = true)]
async fn the_folder_holds_all_files_and_the_order_is_seeded() {
    let variants = [("a", GOOD), ("b", "FROM base:1\nCOPY . ./\nRUN make\n")];
    let (one, two) = (Home::new(&variants), Home::new(&variants));
    for home in [&one, &two] {
        home.run(&[
            "run", "app", "--rounds", "4", "--warmup", "0", "--seed", "9",
        ])
        .await
        .0
        .unwrap();
    }
    assert_eq!(one.record().plan.order, two.record().plan.order);
    let folder = one.folders().pop().unwrap();
    for name in [
        "run.json",
        "samples.csv",
        "summary.csv",
        "steps.csv",
        "report.md",
        "report.html",
    ] {
        assert!(folder.join(name).metadata().unwrap().len() > 100, "{name}");
    }
    let record = one.record();
    let summary = std::fs::read(folder.join("summary.csv")).unwrap();
    assert_eq!(
        plimsoll::export::summary_csv(&record),
        summary,
        "recomputed from run.json alone"
    );
    let rows = csv::Reader::from_path(folder.join("samples.csv"))
        .unwrap()
        .into_records()
        .count();
    assert!(
        rows > record.samples.len(),
        "samples and the not-applicable variant's rows"
    );
}

#[tokio::test(start_paused = true)]
async fn the_deploy_plan_is_the_scenarios_then_the_places_then_the_default() {
    let home = Home::new(&[("good", GOOD)]);
    let config = "[deploy]\nper-day = 7\nservices = 2\n";
    std::fs::write(home.path().join("plimsoll.toml"), config).unwrap();
    let file = home.path().join("scenarios/app.toml");
    let text = std::fs::read_to_string(&file).unwrap() + "[deploy]\nservices = 40\n";
    std::fs::write(&file, text).unwrap();
    home.run(&["run", "app", "--profile", "quick"])
        .await
        .0
        .unwrap();
    let deploy = home.record().scenarios[0].deploy;
    assert_eq!(
        [deploy.per_day, deploy.environments, deploy.services].map(|count| count.0),
        [7, 3, 40]
    );
}

#[tokio::test(start_paused = true)]
async fn the_runs_own_cache_records_are_pruned_and_others_stay() {
    let home = Home::new(&[("good", GOOD)]);
    home.engine.state(|state| {
        state
            .cache
            .insert("foreign".to_owned(), "fileop target".to_owned())
    });
    home.run(&["run", "app", "--profile", "quick"])
        .await
        .0
        .unwrap();
    let left = home
        .engine
        .state(|state| state.cache.keys().cloned().collect::<Vec<_>>());
    assert!(left.contains(&"foreign".to_owned()));
    let journal = home.folders().pop().unwrap().join("cache-records.json");
    assert!(!journal.exists(), "nothing is left to remove");
}

/// The clock's own contract, so that the tests above mean something.
#[tokio::test(start_paused = true)]
async fn the_fake_clock_moves_with_paused_time() {
    let clock = FakeClock::new();
    let begin = clock.mark();
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(clock.mark().since(begin).as_secs_f64(), 5.0);
}
