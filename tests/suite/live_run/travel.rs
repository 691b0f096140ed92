//! Pushes and pulls of whole runs, in clean rooms and without.

use std::collections::BTreeMap;

use plimsoll::record::{Metric, Outcome, RunRecord, RunState, Sample, Status};
use plimsoll::units::{Bytes, Quantity};

use super::luggage::{Before, LOAD, base, entries, packed, ways};
use super::matrix::ended_at_once;
use crate::live_engine::stage::live;

/// How many bytes a second 40 Mbit are.
const RATE: f64 = 5_000_000.0;

fn of<'a>(record: &'a RunRecord, case: &str, metric: Metric) -> Vec<&'a Sample> {
    let samples = record.samples.iter();
    samples
        .filter(|sample| sample.case.as_str() == case && sample.metric == metric)
        .collect()
}

fn bytes(sample: &Sample) -> Bytes {
    match sample.outcome {
        Outcome::Ok {
            value: Quantity::Bytes(bytes),
        } => bytes,
        _ => panic!("{sample:?}"),
    }
}

fn seconds(sample: &Sample) -> f64 {
    match sample.outcome {
        Outcome::Ok {
            value: Quantity::Time(time),
        } => time.as_secs_f64(),
        _ => panic!("{sample:?}"),
    }
}

/// Each has its value, or a reason that is none of a failure.
fn all_are_fine(record: &RunRecord) {
    for sample in &record.samples {
        let reported = matches!(
            sample.metric,
            Metric::PullColdDownload
                | Metric::PullColdUnpack
                | Metric::PullBaseDownload
                | Metric::PullBaseUnpack
                | Metric::PullUpdateDownload
                | Metric::PullUpdateUnpack
        );
        let reason = sample.outcome.reason().unwrap_or_default();
        let fine = match sample.outcome.status() {
            Status::Ok => true,
            Status::NotMeasured if ended_at_once(sample) => true,
            Status::NotMeasured => {
                reported
                    && (reason.contains("shorter than 10.0 ms")
                        || reason.contains("reported of no layer"))
            }
            Status::NotApplicable => {
                sample.metric.id().starts_with("pull.base") && sample.case.as_str() == "tiny/bare"
            }
            _ => false,
        };
        assert!(fine, "{sample:?}");
    }
}

live!(alone a_run_in_clean_rooms_measures_all_and_leaves_nothing, stage => {
    let home = packed(stage, 3_000_000).await;
    let before = Before::now(stage).await;
    let words = ["run", "tiny", "--engine", "clean-room", "--link", "loopback", "--link", "40mbit,5ms"];
    let ended = home.plimsoll(&[&words[..], &["--rounds", "1", "--warmup", "0"]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    before.is_as_it_was(stage, &home).await;
    let record = home.record();
    assert_eq!(record.state, RunState::Complete);
    assert_eq!(record.engine.endpoint, "clean-room");
    let travel = record.distribution.as_ref().unwrap();
    assert_eq!(travel.puller.as_ref().unwrap().endpoint, "clean-room");
    assert_eq!(record.warnings, Vec::<String>::new());
    all_are_fine(&record);
    let pulls = record.samples.iter().filter(|sample| sample.metric.is_linked()).count();
    assert_eq!(pulls, 2 * 2 * 12, "cases, links, metrics");

    for case in ["tiny/bare", "tiny/based"] {
        for metric in [Metric::BuildCold, Metric::StartReady, Metric::BuildCached, Metric::RebuildDependency, Metric::SizeOwn] {
            assert_eq!(of(&record, case, metric).len(), 1, "{case} {metric}");
        }
        let kept = record.cases.iter().find(|one| one.id.as_str() == case).unwrap();
        let manifest = kept.image.as_ref().unwrap().manifest.as_ref().unwrap();
        let distinct: Bytes = manifest.blobs().values().copied().sum();
        assert!(distinct.0 > LOAD as u64);
        assert_eq!(bytes(of(&record, case, Metric::SizeTransfer)[0]), manifest.sum());
        let served: Vec<_> = of(&record, case, Metric::PullColdBytes).into_iter().map(bytes).collect();
        assert_eq!(served, [distinct, distinct], "{case}");
        let updated: Vec<_> = of(&record, case, Metric::PullUpdateBytes).into_iter().map(bytes).collect();
        assert!(updated.iter().all(|update| update.0 > 0 && update.0 < LOAD as u64), "{case} {updated:?}");
        let times: BTreeMap<_, _> = of(&record, case, Metric::PullCold)
            .into_iter()
            .map(|sample| (sample.link.unwrap().to_string(), seconds(sample)))
            .collect();
        println!("{case}: {distinct} in {times:?}");
        assert!(times["40mbit,5ms"] >= distinct.0 as f64 / RATE, "{case} {times:?}");
        assert!(times["loopback"] < times["40mbit,5ms"], "{case} {times:?}");
    }
    // The node that has the base fetches the rest.
    let cold = bytes(of(&record, "tiny/based", Metric::PullColdBytes)[0]);
    for rest in of(&record, "tiny/based", Metric::PullBaseBytes).into_iter().map(bytes) {
        let of_the_base = cold.0 - rest.0;
        assert!((2_900_000..3_100_000).contains(&of_the_base), "{cold} {rest}");
    }
    let pushed = bytes(of(&record, "tiny/based", Metric::PushBytes)[0]);
    assert!(pushed.0 < cold.0 - 2_900_000, "the registry had the base: {pushed} of {cold}");
});

live!(alone a_run_on_the_users_engine_pushes_and_leaves_no_name_there, stage => {
    let home = packed(stage, 1_000_000).await;
    let before = Before::now(stage).await;
    let ended = home.plimsoll(&["run", "tiny", "--engine", "host", "--link", "40mbit", "--rounds", "1", "--warmup", "0"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.err.contains("pulls are not measured: this engine holds the bases"), "{}", ended.err);
    let (_, id) = home.run();
    assert_eq!(ways(stage, &id).await, Vec::<String>::new());
    assert_eq!(entries(&home), Vec::<String>::new());
    assert!(stage.docker.inspect_image(&base(stage)).await.is_ok(), "the user's base stays");
    before.is_as_it_was(stage, &home).await;
    let record = home.record();
    assert!(record.engine.endpoint.starts_with("unix:"), "{}", record.engine.endpoint);
    assert!(record.distribution.as_ref().unwrap().puller.is_none());
    for case in ["tiny/bare", "tiny/based"] {
        let kept = record.cases.iter().find(|one| one.id.as_str() == case).unwrap();
        let manifest = kept.image.as_ref().unwrap().manifest.as_ref().unwrap();
        assert_eq!(bytes(of(&record, case, Metric::SizeTransfer)[0]), manifest.sum());
        let pushed = bytes(of(&record, case, Metric::PushBytes)[0]);
        assert!(pushed.0 > LOAD as u64 && pushed <= manifest.sum(), "{case} {pushed}");
        assert!(seconds(of(&record, case, Metric::PushTime)[0]) > 0.0);
    }
    let pulls: Vec<_> = record.samples.iter().filter(|sample| sample.metric.is_linked()).collect();
    assert_eq!(pulls.len(), 2 * 12);
    for sample in pulls {
        assert_eq!(sample.outcome.status(), Status::NotMeasured, "{sample:?}");
        assert!(sample.outcome.reason().unwrap().contains("--engine clean-room"), "{sample:?}");
    }
});
