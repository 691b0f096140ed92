//! How long a stop took, by what engines report of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use plimsoll::engine::{Engine, StopOutcome, StopTime};
use plimsoll::units::Nanos;

use super::daemon::{Daemon, End};
use super::words::id;

const RUNNING: &str = r#"{"State":{"Running":true}}"#;
/// 2023-11-14T22:13:20Z.
const SIGNAL: i64 = 1_700_000_000_000_000_000;

fn ended(finished: &str) -> &'static str {
    format!(r#"{{"State":{{"Running":false,"ExitCode":0,"FinishedAt":"{finished}"}}}}"#).leak()
}

/// A stop whose engine sends these events and says that the process ended then.
async fn stopped(daemon: Daemon, events: &[&str], finished: &str) -> StopOutcome {
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    let daemon = daemon
        .on("GET /containers/c1/json", 200, RUNNING)
        .then("GET /containers/c1/json", 200, ended(finished))
        .stream("GET /events", 200, &[lines.leak()], End::Stall)
        .on("POST /containers/c1/stop", 204, "")
        .after(Duration::from_millis(300));
    let (engine, _serving) = daemon.engine().await;
    engine.stop(&id(), Nanos::from_secs(5)).await.unwrap()
}

fn event(action: &str, at: i64) -> String {
    format!(r#"{{"Type":"container","Action":"{action}","timeNano":{at}}}"#)
}

#[tokio::test]
async fn the_time_is_that_between_the_engines_stamps() {
    let (kill, die) = (event("kill", SIGNAL), event("die", SIGNAL + 12_500_000));
    let outcome = stopped(Daemon::new(), &[&kill, &die], "2023-11-14T22:13:20.012Z").await;
    assert_eq!(outcome.taken, StopTime::Stamps(Nanos::from_millis(12)));
    assert_eq!((outcome.exit_code, outcome.killed), (0, false));
}

#[tokio::test]
async fn an_end_that_is_stamped_before_its_signal_has_no_time() {
    let (kill, die) = (event("kill", SIGNAL), event("die", SIGNAL));
    for finished in ["2023-11-14T22:13:19.999Z", "2023-11-14T22:13:20Z"] {
        let outcome = stopped(Daemon::new(), &[&kill, &die], finished).await;
        let StopTime::Unknown(reason) = &outcome.taken else {
            panic!("{outcome:?}");
        };
        assert!(reason.contains("before the engine had stamped"), "{reason}");
        assert_eq!((outcome.exit_code, outcome.killed), (0, false));
    }
}

#[tokio::test]
async fn podman_reports_no_signal_so_the_time_runs_from_the_call() {
    // Its exit lies within the call, which takes 300 ms.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let finished = now + Duration::from_millis(250);
    let finished = i64::try_from(finished.as_nanos()).unwrap();
    let text = DateTime::<Utc>::from_timestamp_nanos(finished).to_rfc3339();
    let events = [event("died", finished), event("cleanup", finished)];
    let events: Vec<_> = events.iter().map(String::as_str).collect();
    let outcome = stopped(Daemon::podman(), &events, &text).await;
    let StopTime::Call { taken } = outcome.taken else {
        panic!("{outcome:?}");
    };
    assert!(
        taken > Nanos(0) && taken <= Nanos::from_millis(250),
        "{taken:?}"
    );
}
