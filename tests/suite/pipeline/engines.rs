//! What differs between engines: the image store, the builder, the stamps of a stop.

use std::time::Duration;

use plimsoll::record::{ImageStore, Sample};
use tokio::time::Instant;

use super::*;

const QUICK: [&str; 4] = ["run", "app", "--profile", "quick"];
const ROOM: [&str; 6] = ["run", "app", "--profile", "quick", "--engine", "clean-room"];

/// The exec form has no shell that could empty its mount.
const NO_SHELL: &str = "FROM base:1\nCOPY deps.lock ./\nRUN --mount=type=cache,target=/root/.cache [\"install\"]\nCOPY main.src ./\nRUN make\n";

fn samples(record: &RunRecord, metric: Metric) -> Vec<&Sample> {
    let of = record.samples.iter().filter(|it| it.metric == metric);
    of.filter(|it| it.case.as_str() == "app/good").collect()
}

/// Each outcome's status and reason.
fn outcomes(record: &RunRecord, metric: Metric) -> Vec<(Status, String)> {
    let of = samples(record, metric).into_iter();
    of.map(|sample| {
        let reason = sample.outcome.reason().unwrap_or_default();
        (sample.outcome.status(), reason.to_owned())
    })
    .collect()
}

fn calls(engine: &FakeEngine, verb: &str) -> usize {
    engine.state(|state| {
        let calls = state.calls.iter();
        calls.filter(|call| call.starts_with(verb)).count()
    })
}

#[tokio::test(start_paused = true)]
async fn what_podman_does_not_report_is_not_measured_and_the_run_succeeds() {
    let home = Home::new(&[("good", GOOD)]);
    home.engine.state(|state| state.podman = true);
    let (outcome, _) = home.run(&QUICK).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    let record = home.record();
    for metric in [
        Metric::BuildCold,
        Metric::BuildCached,
        Metric::RebuildSource,
    ] {
        let [(status, reason)] = &outcomes(&record, metric)[..] else {
            panic!("{metric}");
        };
        assert_eq!(*status, Status::NotMeasured, "{metric}: {reason}");
        let words = "the builder (buildah) does not report which steps were cached";
        assert_eq!(reason, words);
    }
    let memory = outcomes(&record, Metric::MemoryReady);
    assert_eq!(memory[0].0, Status::NotMeasured);
    assert!(memory[0].1.contains("no memory statistics"), "{memory:?}");
    // The rest is measured; the stop from the call, which is noted.
    assert_eq!(values(&record, "good", Metric::StopTime), [0.012]);
    let stop = samples(&record, Metric::StopTime)[0];
    let detail = stop.detail.as_deref().unwrap_or_default();
    assert!(detail.contains("timed from the call"), "{detail}");
    for metric in [Metric::StartReady, Metric::PushTime, Metric::SizeUnpacked] {
        assert_eq!(values(&record, "good", metric).len(), 1, "{metric}");
    }
    assert!(home.engine.leftovers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stop_without_usable_timestamps_is_not_measured() {
    let home = Home::new(&[("good", GOOD)]);
    home.engine.state(|state| state.unstamped = true);
    let (outcome, _) = home.run(&QUICK).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    let record = home.record();
    let stops = outcomes(&record, Metric::StopTime);
    assert_eq!(stops[0].0, Status::NotMeasured);
    assert!(stops[0].1.contains("before its signal"), "{stops:?}");
    // The floor's, too.
    let all = record.samples.iter();
    let mut stops = all.filter(|it| matches!(it.metric, Metric::StopTime | Metric::FloorStopTime));
    assert!(stops.all(|sample| sample.outcome.counted().is_none()));
}

#[tokio::test(start_paused = true)]
async fn sizes_are_those_of_the_tars_whatever_the_engine_says_of_its_history() {
    let sizes = async |containerd: bool, disk_blocks: u64| {
        let home = Home::new(&[("good", GOOD)]);
        home.engine.state(|state| {
            state.containerd = containerd;
            state.disk_blocks = disk_blocks;
        });
        home.run(&QUICK).await.0.unwrap();
        let record = home.record();
        let image = record.cases[0].image.clone().unwrap();
        let history: Vec<_> = image.history.iter().map(|entry| entry.0).collect();
        (
            values(&record, "good", Metric::SizeUnpacked),
            values(&record, "good", Metric::SizeOwn),
            image.layer_bytes,
            history,
        )
    };
    let graph = sizes(false, 0).await;
    assert!(graph.0[0] > 10_000_000.0 && graph.1[0] > 0.0, "{graph:?}");
    // 14,610,432 for an image of 13,116,917 bytes, as Docker 28.5 says of one.
    assert_eq!(sizes(true, 1_493_515).await, graph);
}

#[tokio::test(start_paused = true)]
async fn cache_mounts_are_never_emptied_by_removing_records_on_the_containerd_store() {
    for containerd in [false, true] {
        let home = Home::new(&[("good", NO_SHELL)]);
        home.engine.state(|state| state.containerd = containerd);
        let (outcome, _) = home.run(&[&QUICK[..], &["--keep-cache"]].concat()).await;
        outcome.unwrap();
        let cold = outcomes(&home.record(), Metric::RebuildSourceColdMounts);
        assert_eq!(cold.len(), 1);
        match containerd {
            true => {
                assert_ne!(cold[0].0, Status::Ok);
                let words = "no step with a cache mount runs a shell";
                assert!(cold[0].1.contains(words), "{cold:?}");
                assert_eq!(calls(&home.engine, "prune"), 0);
            }
            false => assert!(calls(&home.engine, "prune") > 0),
        }
    }
}

/// Interrupts a run at its first stop of a container.
fn interrupt(home: &Home) {
    let (stop, engine) = (home.stop.clone(), home.engine.clone());
    tokio::spawn(async move {
        while calls(&engine, "stop ") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.cancel();
    });
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_removes_no_records_on_the_containerd_store() {
    for containerd in [false, true] {
        let home = Home::new(&[("good", GOOD)]);
        home.engine.state(|state| state.containerd = containerd);
        interrupt(&home);
        assert_eq!(home.run(&QUICK).await.0.unwrap(), Exit::Interrupted);
        assert_eq!(calls(&home.engine, "prune") > 0, !containerd);
        home.run(&["clean", "--yes"]).await.0.unwrap();
        let known = home.engine.state(|state| state.cache.len());
        assert_eq!(known > 0, containerd, "{known} records");
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_ends_in_time_and_says_what_it_does() {
    let home = Home::new(&[("good", GOOD)]);
    home.engine.state(|state| state.prunes_for_ever = true);
    interrupt(&home);
    let stop = home.stop.clone();
    let cancelled = tokio::spawn(async move {
        stop.cancelled().await;
        Instant::now()
    });
    assert_eq!(home.run(&QUICK).await.0.unwrap(), Exit::Interrupted);
    let took = cancelled.await.unwrap().elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    let talk = home.talk();
    for words in [
        "stopping: removing this run's containers and images",
        "stopping: removing this run's records of the builder's cache",
        "`plimsoll clean` removes what is left",
    ] {
        assert!(talk.contains(words), "{words}: {talk}");
    }
    assert!(home.engine.leftovers().is_empty());
    // The records of the build that was cut short are known to `clean`.
    home.engine.state(|state| state.prunes_for_ever = false);
    home.run(&["clean", "--yes"]).await.0.unwrap();
    home.engine
        .state(|state| assert!(state.cache.is_empty(), "{:?}", state.cache));
}

#[tokio::test(start_paused = true)]
async fn a_room_has_the_store_of_the_users_engine_unless_another_is_asked_for() {
    for (containerd, asked, expected) in [
        (false, None, ImageStore::GraphDriver),
        (true, None, ImageStore::Containerd),
        (true, Some("overlay2"), ImageStore::GraphDriver),
        (false, Some("containerd"), ImageStore::Containerd),
    ] {
        let home = Home::new(&[("good", GOOD)]);
        home.engine.state(|state| state.containerd = containerd);
        for engine in [&home.room, &home.puller] {
            engine.state(|state| state.containerd = expected == ImageStore::Containerd);
        }
        let mut words = ROOM.to_vec();
        words.extend(asked.iter().flat_map(|store| ["--store", store]));
        let (outcome, _) = home.run(&words).await;
        assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
        let stores = home.stores.lock().unwrap().clone();
        assert_eq!(stores, std::slice::from_ref(&expected));
        assert_eq!(home.record().engine.store, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_span_of_a_pull_below_the_resolution_of_the_store_is_not_measured() {
    for (containerd, download) in [(false, Status::Ok), (true, Status::NotMeasured)] {
        let home = Home::new(&[("good", GOOD)]);
        home.puller.state(|state| state.containerd = containerd);
        let (outcome, _) = home.run(&ROOM).await;
        assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
        let record = home.record();
        // 2.5 MB of the base and more at 1 GB/s: some ten milliseconds. Unpacked at 50 MB/s:
        // some hundred.
        let [(status, reason)] = &outcomes(&record, Metric::PullColdDownload)[..] else {
            panic!("one pull");
        };
        assert_eq!(*status, download, "{reason}");
        assert_eq!(reason.contains("shorter than 100"), containerd, "{reason}");
        let unpack = outcomes(&record, Metric::PullColdUnpack);
        assert_eq!(unpack[0].0, Status::Ok, "{unpack:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_syntax_line_costs_no_request_if_the_builder_can_use_its_own_frontend() {
    let with = |syntax: &str| format!("# syntax={syntax}\n{GOOD}");
    let (known, labs) = (
        with("docker/dockerfile:1"),
        with("docker/dockerfile:1-labs"),
    );
    for own_frontend in [false, true] {
        let home = Home::new(&[("good", &known), ("labs", &labs), ("plain", GOOD)]);
        home.engine.state(|state| state.own_frontend = own_frontend);
        let (outcome, _) = home.run(&QUICK).await;
        assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
        let arguments = home.engine.state(|state| state.arguments.clone());
        for (variant, reported) in [("good", own_frontend), ("labs", false), ("plain", false)] {
            let of = |tag: &str| tag.contains(&format!("app_{variant}:"));
            let of: Vec<_> = arguments.iter().filter(|(tag, _)| of(tag)).collect();
            assert!(of.len() > 3, "{variant}: {arguments:?}");
            for (tag, arguments) in of {
                let frontend = arguments.get("BUILDKIT_SYNTAX").map(String::as_str);
                assert_eq!(frontend, reported.then_some("dockerfile.v0"), "{tag}");
            }
        }
        let record = home.record();
        assert_eq!(record.engine.own_frontend, own_frontend);
        let begin = "app/good: its Dockerfile names the frontend `docker/dockerfile:1`";
        let warnings = record.warnings.iter();
        let of: Vec<_> = warnings.filter(|it| it.starts_with(begin)).collect();
        let words = match own_frontend {
            true => "BUILDKIT_SYNTAX makes the builder use its own instead",
            false => "may fetch within the timed build",
        };
        assert!(of.len() == 1 && of[0].contains(words), "{of:?}");
    }
}
