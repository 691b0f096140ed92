//! Stops a container and measures the time by the engine's time stamps.
//!
//! The engine stamps the event of a signal some milliseconds after it sent the signal, and
//! another thread stamps the exit. Where the exit has the earlier stamp, the time between the
//! two is not known: from the call it is 11 to 15 ms on 28.5 where stamps give 1 to 3 ms. Podman
//! has no event of the signal; there the time always runs from the call.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bollard::errors::Error;
use bollard::models::EventMessage;
use bollard::query_parameters::{EventsOptionsBuilder, StopContainerOptionsBuilder};
use chrono::DateTime;
use futures_util::{Stream, StreamExt};

use super::DockerEngine;
use super::error::{failed, strange};
use super::lines::read_lines;
use crate::engine::{ContainerId, EngineError, ErrorKind, Result, StopOutcome, StopTime};
use crate::units::Nanos;

const OPERATION: &str = "stop container";

/// How long an event may come after the call that caused it. Docker's come
/// within a millisecond, Podman's within 130.
const EVENTS_WITHIN: Duration = Duration::from_secs(3);

/// How far back events are requested. The engine replays earlier events, so none is lost before
/// the subscription is active.
const LOOK_BACK: Duration = Duration::from_secs(1);

/// How long the engine itself may take for a stop.
const OVERHEAD: Duration = Duration::from_secs(60);

/// The exit code of a process that SIGKILL ended.
const KILLED: i64 = 137;

/// The outcome depends on the first signal, and on whether there was another.
const KEPT_SIGNALS: usize = 2;

/// The observations of a stop.
#[derive(Debug, Default)]
struct Heard {
    /// The wall clock before the call and after its response: nanoseconds since 1970.
    called: i64,
    returned: i64,
    /// The engine's time stamps of the first signals, in order.
    kills: Vec<i64>,
    died: bool,
}

impl Heard {
    fn take(&mut self, event: &EventMessage) {
        match (event.action.as_deref(), event.time_nano) {
            (Some("kill"), Some(at)) if self.kills.len() < KEPT_SIGNALS => self.kills.push(at),
            (Some("die" | "died"), _) => self.died = true,
            _ => {}
        }
    }
}

impl DockerEngine {
    pub(super) async fn stop_and_time(
        &self,
        id: &ContainerId,
        grace: Nanos,
    ) -> Result<StopOutcome> {
        let before = self.container_state(OPERATION, id).await?;
        if before.running == Some(false) {
            let code = before.exit_code.unwrap_or_default();
            return Err(EngineError::new(
                OPERATION,
                &id.0,
                ErrorKind::Conflict,
                match before.oom_killed {
                    Some(true) => format!(
                        "it is not running; the kernel killed it, out of memory (exit code {code})"
                    ),
                    _ => format!("it is not running; its exit code is {code}"),
                },
            )
            .with_hint("its logs say why it ended before it was asked to"));
        }
        let heard = self.stop_and_listen(id, grace).await?;
        let after = self.container_state(OPERATION, id).await?;
        outcome(&heard, &after, grace).map_err(|what| strange(OPERATION, &id.0, what))
    }

    async fn stop_and_listen(&self, id: &ContainerId, grace: Nanos) -> Result<Heard> {
        let grace = Duration::from(grace);
        // The API has whole seconds only; a shorter grace period would turn a slow stop into a
        // kill.
        let seconds = grace.as_secs() + u64::from(grace.subsec_nanos() > 0);
        let options = StopContainerOptionsBuilder::default()
            .t(i32::try_from(seconds).unwrap_or(i32::MAX))
            .build();
        let docker = self.docker.clone().with_timeout(grace + OVERHEAD);
        let mut stop = std::pin::pin!(docker.stop_container(&id.0, Some(options)));
        let mut events = self.events(id);
        let mut heard = Heard {
            called: wall_clock(),
            ..Heard::default()
        };
        loop {
            tokio::select! {
                biased;
                Some(event) = events.next() => {
                    heard.take(&event.map_err(failed("hear events of container", &id.0))?);
                }
                stopped = &mut stop => {
                    stopped.map_err(failed(OPERATION, &id.0))?;
                    break;
                }
            }
        }
        heard.returned = wall_clock();
        // The signals' events were sent before the call returned, and the
        // exit's is the last of them: once it is here, all are.
        let rest = async {
            while !heard.died {
                match events.next().await {
                    Some(Ok(event)) => heard.take(&event),
                    Some(Err(_)) | None => break,
                }
            }
        };
        // Late events do not fail the stop; missing ones are handled below.
        let _ = tokio::time::timeout(EVENTS_WITHIN, rest).await;
        Ok(heard)
    }

    fn events(
        &self,
        id: &ContainerId,
    ) -> impl Stream<Item = std::result::Result<EventMessage, Error>> + Unpin + use<> {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .saturating_sub(LOOK_BACK);
        let filters = HashMap::from([
            ("type", vec!["container".to_owned()]),
            ("container", vec![id.0.clone()]),
        ]);
        let options = EventsOptionsBuilder::default()
            .since(&format!("{}.{:09}", since.as_secs(), since.subsec_nanos()))
            .filters(&filters)
            .build();
        let (docker, meter) = self.reading(&self.docker);
        read_lines(docker.events(Some(options)), meter).boxed()
    }
}

fn outcome(
    heard: &Heard,
    after: &bollard::models::ContainerState,
    grace: Nanos,
) -> std::result::Result<StopOutcome, String> {
    let finished = stamp(after.finished_at.as_deref()).ok_or("the engine reported no end")?;
    let exit_code = after.exit_code.ok_or("the engine gave no exit code")?;
    let taken = time(heard, finished);
    let waited = match &taken {
        StopTime::Stamps(taken) | StopTime::Call { taken } => *taken >= grace,
        StopTime::Unknown(_) => span(heard.called, heard.returned) >= Some(grace),
    };
    Ok(StopOutcome {
        taken,
        exit_code,
        killed: heard.kills.len() > 1 || (exit_code == KILLED && waited),
    })
}

/// The time from the first signal to the exit, or from the call if the engine reports no signal.
fn time(heard: &Heard, finished: i64) -> StopTime {
    if let Some(signal) = heard.kills.first() {
        // One text for all, so that reports can put them on one line.
        return match span(*signal, finished) {
            Some(taken) if taken.0 > 0 => StopTime::Stamps(taken),
            _ => StopTime::Unknown(
                "the process ended before the engine had stamped its signal".to_owned(),
            ),
        };
    }
    // The engine uses this machine's clock only if its time stamp is within the call.
    let within = heard.called..=heard.returned;
    match span(heard.called, finished) {
        Some(taken) if within.contains(&finished) && taken.0 > 0 => StopTime::Call { taken },
        _ => StopTime::Unknown("the engine's clock is not that of this machine".to_owned()),
    }
}

fn span(from: i64, to: i64) -> Option<Nanos> {
    u64::try_from(to.checked_sub(from)?).ok().map(Nanos)
}

/// An engine time stamp in nanoseconds since 1970.
pub(super) fn stamp(at: Option<&str>) -> Option<i64> {
    let at = DateTime::parse_from_rfc3339(at?).ok()?;
    at.timestamp_nanos_opt()
}

/// Nanoseconds since 1970.
pub(super) fn wall_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn ended(at: &str, code: i64) -> bollard::models::ContainerState {
        bollard::models::ContainerState {
            finished_at: Some(at.to_owned()),
            exit_code: Some(code),
            ..Default::default()
        }
    }

    /// A stop that was called at second 1 and answered at second 9.
    fn heard(kills: &[i64]) -> Heard {
        Heard {
            called: SECOND,
            returned: 9 * SECOND,
            kills: kills.to_vec(),
            died: true,
        }
    }

    #[test]
    fn the_time_runs_from_the_first_signal_to_the_end() {
        let state = ended("1970-01-01T00:00:02.000000250Z", 7);
        let outcome = outcome(&heard(&[2 * SECOND]), &state, Nanos::from_secs(5)).unwrap();
        assert_eq!(outcome.taken, StopTime::Stamps(Nanos(250)));
        assert_eq!(outcome.exit_code, 7);
        assert!(!outcome.killed);
    }

    #[test]
    fn a_second_signal_is_the_kill() {
        let state = ended("1970-01-01T00:00:03Z", KILLED);
        let kills = heard(&[1_000_000_000, 2_900_000_000]);
        assert!(outcome(&kills, &state, Nanos::from_secs(5)).unwrap().killed);
        // An app may also exit with this code itself.
        let early = heard(&[2_999_000_000]);
        assert!(!outcome(&early, &state, Nanos::from_secs(5)).unwrap().killed);
    }

    #[test]
    fn an_end_stamped_before_its_signal_has_no_time_and_never_zero() {
        for finished in ["1970-01-01T00:00:01.002Z", "1970-01-01T00:00:01.0015Z"] {
            let state = ended(finished, 0);
            let kills = heard(&[SECOND + 2_000_000]);
            let outcome = outcome(&kills, &state, Nanos::from_secs(5)).unwrap();
            assert!(matches!(outcome.taken, StopTime::Unknown(_)), "{outcome:?}");
            assert_eq!(outcome.exit_code, 0);
        }
    }

    #[test]
    fn without_an_event_of_the_signal_the_time_runs_from_the_call() {
        let state = ended("1970-01-01T00:00:03Z", 0);
        let outcome = outcome(&heard(&[]), &state, Nanos::from_secs(5)).unwrap();
        let taken = Nanos::from_secs(2);
        assert_eq!(outcome.taken, StopTime::Call { taken });
        let state = ended("1970-01-01T00:00:07Z", KILLED);
        let killed = super::outcome(&heard(&[]), &state, Nanos::from_secs(5)).unwrap();
        assert!(killed.killed);
    }

    #[test]
    fn timestamps_of_another_clock_give_no_stop_time() {
        for finished in ["1970-01-01T00:00:00.5Z", "1970-01-01T01:00:00Z"] {
            let state = ended(finished, 0);
            let outcome = outcome(&heard(&[]), &state, Nanos::from_secs(5)).unwrap();
            assert!(matches!(outcome.taken, StopTime::Unknown(_)), "{outcome:?}");
        }
    }
}
