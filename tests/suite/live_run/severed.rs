//! Pulls that are cut short: by the user, and by the death of the pulling engine.

use std::time::Duration;

use plimsoll::engine::Engine;
use plimsoll::record::{Metric, RunState, Status};
use rustix::process::{Pid, Signal, kill_process};

use super::home::{Going, Home, until};
use super::luggage::{Before, Seen, packed};
use super::matrix::ended_at_once;
use crate::live_engine::stage::live;

/// Waits until the pulling room pulls.
async fn pulling(home: &Home, going: &mut Going) -> Seen {
    let mut room = None;
    let seen = until(Duration::from_secs(120), async || {
        room = Seen::room(home, "pull").filter(Seen::is_pulling);
        room.is_some()
    });
    assert!(seen.await && !going.is_over(), "{}", home.talk());
    room.unwrap()
}

live!(alone ctrl_c_in_a_pull_closes_the_rooms_and_resume_opens_others, stage => {
    let home = packed(stage, 1_000_000).await;
    let before = Before::now(stage).await;
    let words = ["run", "tiny", "--engine", "clean-room", "--link", "8mbit", "--profile", "quick"];
    let mut going = home.begin(&words);
    let room = pulling(&home, &mut going).await;
    going.signal(Signal::INT);
    assert_eq!(going.ended().await, Some(130), "{}", home.talk());
    assert!(!room.folder.exists());
    before.is_as_it_was(stage, &home).await;
    let record = home.record();
    assert_eq!(record.state, RunState::Interrupted);
    assert!(record.samples.iter().all(|sample| !sample.metric.is_linked() || sample.outcome.status() != Status::Dnf));
    let built = record.samples.iter().filter(|sample| sample.metric == Metric::BuildCold).count();
    assert!(built >= 1, "what was measured is kept");

    let (folder, _) = home.run();
    let ended = home.plimsoll(&["run", "--resume", folder.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.err.contains("opening a clean room"), "{}", ended.err);
    before.is_as_it_was(stage, &home).await;
    let record = home.record();
    assert_eq!(record.state, RunState::Complete);
    assert_eq!(record.commands.len(), 2);
    for case in ["tiny/bare", "tiny/based"] {
        for metric in [Metric::BuildCold, Metric::StartReady, Metric::PushTime, Metric::PullCold, Metric::PullUpdate] {
            let seen: Vec<_> = record
                .samples
                .iter()
                .filter(|sample| sample.case.as_str() == case && sample.metric == metric)
                .map(|sample| &sample.outcome)
                .collect();
            let statuses: Vec<_> = seen.iter().map(|outcome| outcome.status()).collect();
            assert_eq!(statuses, [Status::Ok], "{case} {metric}: {seen:?}");
        }
    }
});

live!(alone without_its_pulling_engine_a_run_measures_the_rest, stage => {
    let home = packed(stage, 1_000_000).await;
    let before = Before::now(stage).await;
    // The first round begins with the second link.
    let words = ["run", "tiny", "--engine", "clean-room", "--link", "loopback", "--link", "8mbit", "--profile", "quick"];
    let mut going = home.begin(&words);
    let room = pulling(&home, &mut going).await;
    assert!(room.engine().await.ping().await.is_ok());
    kill_process(Pid::from_raw(room.init.try_into().unwrap()).unwrap(), Signal::KILL).unwrap();
    assert_eq!(going.ended().await, Some(1), "{}", home.talk());
    before.is_as_it_was(stage, &home).await;

    let record = home.record();
    assert_eq!(record.state, RunState::Complete);
    let lost: Vec<_> = record.warnings.iter().filter(|text| text.contains("the pulling engine went away")).collect();
    assert_eq!(lost.len(), 1, "{:?}", record.warnings);
    assert!(home.talk().contains("warning: the pulling engine went away"), "{}", home.talk());
    let first = &record.samples.iter().find(|sample| sample.metric == Metric::PullCold).unwrap().case;
    for sample in record.samples.iter().filter(|sample| sample.metric.is_linked()) {
        let at_once = sample.case == *first && sample.link.unwrap().to_string() == "8mbit";
        let base = sample.metric.id().starts_with("pull.base") && sample.case.as_str() == "tiny/bare";
        let expected = match (at_once, base) {
            (true, true) => Status::NotApplicable,
            (true, false) => Status::Dnf,
            (false, _) => Status::NotMeasured,
        };
        assert_eq!(sample.outcome.status(), expected, "{sample:?}");
    }
    for case in ["tiny/bare", "tiny/based"] {
        for metric in [Metric::BuildCold, Metric::StartReady, Metric::StopTime, Metric::BuildCached, Metric::RebuildDependency, Metric::PushTime] {
            let here: Vec<_> = record
                .samples
                .iter()
                .filter(|sample| sample.case.as_str() == case && sample.metric == metric)
                .filter(|sample| sample.outcome.counted().is_some() || ended_at_once(sample))
                .collect();
            assert_eq!(here.len(), 1, "{case} {metric}: {here:?}");
        }
    }
});
