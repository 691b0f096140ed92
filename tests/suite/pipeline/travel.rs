//! Pushes and pulls, from arguments to the record, with fakes on both ends.

use plimsoll::record::{Link, Sample};

use super::*;

/// Base layer 10 MB, 2.5 MB packed.
const ON_BASE: &str = "FROM base:1\nCOPY deps.lock ./\nRUN install\nCOPY main.src ./\n";
const ON_NOTHING: &str = "FROM scratch\nCOPY main.src ./\n";
const ROOM: &[&str] = &["run", "app", "--profile", "quick", "--engine", "clean-room"];

fn link(text: &str) -> Link {
    text.parse().unwrap()
}

fn over<'a>(record: &'a RunRecord, variant: &str, metric: Metric, link: Link) -> &'a Sample {
    let found: Vec<_> = record
        .samples
        .iter()
        .filter(|sample| {
            sample.case.as_str() == format!("app/{variant}")
                && sample.metric == metric
                && sample.link == Some(link)
        })
        .collect();
    assert_eq!(found.len(), 1, "{metric} of {variant} over {link}");
    found[0]
}

fn seconds(sample: &Sample) -> f64 {
    sample.outcome.counted().map_or_else(
        || panic!("{}: {:?}", sample.metric, sample.outcome),
        plimsoll::units::Quantity::base_value,
    )
}

fn near(value: f64, expected: f64) {
    assert!(
        (value - expected).abs() < 0.01,
        "{value} and not {expected}"
    );
}

#[tokio::test(start_paused = true)]
async fn three_pulls_over_each_link_fetch_what_they_have_to() {
    let home = Home::new(&[("good", ON_BASE)]);
    let mut arguments = ROOM.to_vec();
    arguments.extend(["--link", "loopback", "--link", "80mbit"]);
    let (outcome, _) = home.run(&arguments).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    let record = home.record();
    assert_eq!(record.plan.engine, EngineChoice::CleanRoom);
    assert_eq!(record.engine.endpoint, "clean-room");
    // The fake's own layer: a megabyte for each byte of the Dockerfile, a quarter packed.
    let unpacked = values(&record, "good", Metric::SizeOwn)[0];
    let (own, base, config) = (unpacked / 4.0, 2.5e6 + 100.0, 1e3);
    assert_eq!(
        values(&record, "good", Metric::SizeTransfer),
        [own + base + config]
    );
    assert_eq!(values(&record, "good", Metric::PushBytes), [own + config]);
    near(
        values(&record, "good", Metric::PushTime)[0],
        (own + config) / 20e6,
    );
    for (link, rate) in [(link("loopback"), 1e9), (link("80mbit"), 1e7)] {
        let seen = |metric| seconds(over(&record, "good", metric, link));
        near(seen(Metric::PullColdBytes), own + base + config);
        near(seen(Metric::PullBaseBytes), own + config);
        near(seen(Metric::PullUpdateBytes), own + config);
        // The fake fetches one layer after the other, and unpacks it at once.
        near(
            seen(Metric::PullCold),
            (own + base) * (1.0 / rate + 1.0 / 50e6),
        );
        near(seen(Metric::PullBase), own * (1.0 / rate + 1.0 / 50e6));
        near(seen(Metric::PullColdUnpack), (own + base) / 50e6);
        near(seen(Metric::PullBaseDownload), own / rate);
    }
    let manifest = record.cases[0].image.as_ref().unwrap().manifest.clone();
    assert_eq!(manifest.unwrap().sum().0 as f64, own + base + config);
    // Nothing stays: not on the user's engine, not in the store that pulls start from.
    let names: Vec<_> = home.engine.state(|state| state.names());
    assert_eq!(names, ["base:1"]);
    assert_eq!(
        home.puller.state(|state| state.names()),
        Vec::<String>::new()
    );
    assert_eq!(home.closed.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_base_the_pull_onto_a_base_is_not_applicable() {
    let home = Home::new(&[("bare", ON_NOTHING)]);
    let (outcome, _) = home.run(ROOM).await;
    outcome.unwrap();
    let record = home.record();
    let sample = over(&record, "bare", Metric::PullBase, Link::LOOPBACK);
    assert_eq!(sample.outcome.status(), Status::NotApplicable);
    let sample = over(&record, "bare", Metric::PullUpdate, Link::LOOPBACK);
    assert_eq!(sample.outcome.status(), Status::Ok);
}

#[tokio::test(start_paused = true)]
async fn what_breaks_on_the_way_is_dnf_or_invalid_and_the_rest_goes_on() {
    let home = Home::new(&[
        ("good", ON_BASE),
        ("cut", ON_BASE),
        ("warm", ON_BASE),
        ("unsendable", ON_BASE),
    ]);
    let (outcome, _) = home.run(ROOM).await;
    assert_eq!(outcome.unwrap(), Exit::Failed);
    let record = home.record();
    let reported = |variant, metric| {
        let outcome = &over(&record, variant, metric, Link::LOOPBACK).outcome;
        let reason = outcome.reason().unwrap_or_default().to_owned();
        (outcome.status(), reason)
    };
    assert_eq!(reported("good", Metric::PullCold).0, Status::Ok);
    let (status, reason) = reported("cut", Metric::PullCold);
    assert_eq!(status, Status::Dnf);
    assert!(reason.contains("unexpected EOF"), "{reason}");
    let (status, reason) = reported("cut", Metric::PullUpdate);
    assert_eq!(status, Status::Dnf);
    assert!(reason.contains("the image before it"), "{reason}");
    let (status, reason) = reported("warm", Metric::PullCold);
    assert_eq!(status, Status::Invalid);
    assert!(reason.contains("has it already: "), "{reason}");
    let (status, reason) = reported("unsendable", Metric::PullCold);
    assert_eq!(
        (status, reason.as_str()),
        (Status::Dnf, "the image could not be pushed")
    );
    assert!(
        statuses(&record, "unsendable").contains(&(Metric::PushTime, Status::Dnf)),
        "{:?}",
        statuses(&record, "unsendable")
    );
    // Builds and starts count all the same.
    for variant in ["cut", "warm", "unsendable"] {
        assert_eq!(values(&record, variant, Metric::RebuildDependency).len(), 1);
    }
}

/// Found by a live run: the second was not sent what the first had brought.
#[tokio::test(start_paused = true)]
async fn variants_that_share_a_layer_push_it_each() {
    let home = Home::new(&[("one", ON_BASE), ("other", ON_BASE)]);
    let (outcome, _) = home.run(ROOM).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    let record = home.record();
    let pushed = |variant| values(&record, variant, Metric::PushBytes);
    assert!(pushed("one")[0] > 1e6, "{:?}", pushed("one"));
    assert_eq!(pushed("one"), pushed("other"));
    for variant in ["one", "other"] {
        assert_eq!(values(&record, variant, Metric::PushTime).len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pulling_engine_that_goes_away_takes_the_pulls_along_and_nothing_else() {
    let home = Home::new(&[("lost", ON_BASE)]);
    let mut arguments = ROOM.to_vec();
    arguments.extend(["--rounds", "2", "--warmup", "0"]);
    let (outcome, _) = home.run(&arguments).await;
    assert_eq!(outcome.unwrap(), Exit::Failed);
    let record = home.record();
    let pulls: Vec<_> = record
        .samples
        .iter()
        .filter(|sample| sample.metric == Metric::PullCold)
        .map(|sample| sample.outcome.status())
        .collect();
    assert_eq!(pulls, [Status::Dnf, Status::NotMeasured]);
    assert_eq!(values(&record, "lost", Metric::BuildCold).len(), 2);
    let warned = record
        .warnings
        .iter()
        .any(|text| text.contains("pulling engine went away"));
    assert!(warned, "{:?}", record.warnings);
}

#[tokio::test(start_paused = true)]
async fn on_the_users_engine_pushes_are_measured_and_pulls_are_not() {
    let home = Home::new(&[("good", ON_BASE)]);
    let (outcome, _) = home.run(&["run", "app", "--profile", "quick"]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine);
    let record = home.record();
    assert_eq!(values(&record, "good", Metric::PushTime).len(), 1);
    let sample = over(&record, "good", Metric::PullCold, Link::LOOPBACK);
    assert_eq!(sample.outcome.status(), Status::NotMeasured);
    assert_eq!(
        sample.outcome.reason(),
        Some("no engine with an empty store")
    );
    assert!(home.talk().contains("pulls are not measured: no engine"));
    assert_eq!(home.engine.state(|state| state.names()), ["base:1"]);
}

#[tokio::test(start_paused = true)]
async fn no_push_leaves_all_of_it_out() {
    let home = Home::new(&[("good", ON_BASE)]);
    let (outcome, _) = home
        .run(&["run", "app", "--profile", "quick", "--no-push"])
        .await;
    assert_eq!(outcome.unwrap(), Exit::Fine);
    let record = home.record();
    assert!(record.distribution.is_none());
    assert!(record.samples.iter().all(|sample| sample.link.is_none()));
    assert!(home.registry.names().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cold_build_in_a_clean_room_starts_from_an_empty_builder() {
    let home = Home::new(&[("good", ON_BASE)]);
    home.room
        .state(|state| state.cache.insert("old".to_owned(), "x".to_owned()));
    let (outcome, _) = home.run(ROOM).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    let calls = home.room.state(|state| state.calls.clone());
    let at = |word: &str| {
        calls
            .iter()
            .position(|call| call.starts_with(word))
            .unwrap()
    };
    assert!(at("prune-cache") < at("build plimsoll/"), "{calls:?}");
    assert_eq!(values(&home.record(), "good", Metric::BuildCold).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_run_in_a_clean_room_goes_on_in_another_over_the_same_links() {
    let home = Home::new(&[("a", ON_BASE), ("b", ON_BASE)]);
    let mut arguments = ROOM.to_vec();
    arguments.extend(["--link", "80mbit"]);
    let (stop, watch) = (home.stop.clone(), home.puller.clone());
    tokio::spawn(async move {
        let pulls = |state: &mut crate::fake::State| {
            let calls = state.calls.iter();
            calls.filter(|call| call.starts_with("pull ")).count()
        };
        while watch.state(pulls) < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        stop.cancel();
    });
    let (outcome, _) = home.run(&arguments).await;
    assert_eq!(outcome.unwrap(), Exit::Interrupted);
    let folder = home.folders().pop().unwrap().display().to_string();
    let resumed = Home {
        stop: CancellationToken::new(),
        ..home
    };
    let (outcome, _) = resumed.run(&["run", "--resume", &folder]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", resumed.talk());
    let record = resumed.record();
    assert_eq!(record.state, RunState::Complete);
    for variant in ["a", "b"] {
        let sample = over(&record, variant, Metric::PullUpdate, link("80mbit"));
        assert_eq!(sample.outcome.status(), Status::Ok, "{:?}", sample.outcome);
    }
    assert_eq!(resumed.closed.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn interrupted_before_the_first_visit_nothing_stays() {
    let home = Home::new(&[("good", ON_BASE)]);
    let (stop, watch) = (home.stop.clone(), home.engine.clone());
    tokio::spawn(async move {
        let pushing = |state: &mut crate::fake::State| {
            state.calls.iter().any(|call| call.starts_with("push "))
        };
        while !watch.state(pushing) {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        stop.cancel();
    });
    let (outcome, _) = home.run(ROOM).await;
    assert_eq!(outcome.unwrap(), Exit::Interrupted);
    assert!(home.folders().is_empty());
    assert_eq!(home.closed.load(Ordering::Relaxed), 1);
    assert_eq!(home.engine.state(|state| state.names()), ["base:1"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_room_counts_a_pulled_base_for_is_not_the_apps_own() {
    let home = Home::new(&[("good", GOOD)]);
    home.run(ROOM).await.0.unwrap();
    let own = values(&home.record(), "good", Metric::SizeOwn);
    let unpacked = values(&home.record(), "good", Metric::SizeUnpacked);
    let host = Home::new(&[("good", GOOD)]);
    host.run(&["run", "app", "--profile", "quick"])
        .await
        .0
        .unwrap();
    assert_eq!(own, values(&host.record(), "good", Metric::SizeOwn));
    let on_the_host = values(&host.record(), "good", Metric::SizeUnpacked);
    assert!(unpacked[0] > on_the_host[0], "{unpacked:?} {on_the_host:?}");
}
