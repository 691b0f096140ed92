//! The contract of a job: its exit with a code.

use super::bench::{Bench, World, bounded};
use super::last_words::{of_memory, quoted};
use super::wait::{AwaitedContainer, Begin, First, NotReady, Started, first, not_kept};
use crate::engine::{Clock, ContainerState, Engine, Mark};
use crate::units::Nanos;

pub(super) async fn exit<W: World>(
    bench: &Bench<W>,
    wanted: &AwaitedContainer<'_>,
    begin: Begin,
    expected: i64,
) -> Result<Started, NotReady> {
    let id = wanted.id;
    let within = wanted.contract.ready_within;
    let code = match first(bench, wanted, std::future::pending::<()>()).await {
        First::Exited(Ok(code)) => code,
        First::Exited(Err(error)) => return Err(NotReady::Lost(error)),
        First::Done(()) | First::Late => {
            let what = format!("it did not exit within {within}");
            return Err(not_kept(what, &quoted(bench, id).await));
        }
    };
    if code != expected {
        let (oom, lines) = (of_memory(bench, id).await, quoted(bench, id).await);
        let what = format!("exited with code {code}{oom}, and {expected} is expected");
        return Err(not_kept(what, &lines));
    }
    let state = bounded(bench, "inspect container", id, bench.engine.state(id)).await;
    let now = bench.clock.mark();
    let state = state.map_err(NotReady::Lost)?;
    let (ready, how) = time_to_exit(&state, begin.begun, now);
    Ok(Started {
        ready,
        how: format!("exit code {code}; {how}"),
        ..begin.kept(now, String::new())
    })
}

/// From the start call to the engine's stamp of the exit. Where the engine's clock is another,
/// both ends are the engine's own stamps.
fn time_to_exit(state: &ContainerState, begun: Mark, now: Mark) -> (Result<Nanos, String>, String) {
    let ran = match state.ran {
        Some(ran) => format!("by the engine's own stamps the process ran {ran}"),
        None => "the process had exited before the engine stamped its start".to_owned(),
    };
    let since = now.since(begun);
    match (state.exited_ago.filter(|ago| *ago < since), state.ran) {
        (Some(ago), _) => (Ok(since.saturating_sub(ago)), ran),
        (None, Some(time)) => (
            Ok(time),
            "from the engine's stamp of the start to that of the exit".to_owned(),
        ),
        (None, None) => (
            Err("the engine's clock is not that of this machine".to_owned()),
            ran,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_exit_is_known_by_a_stamp_or_not_at_all() {
        let state = |exited_ago, ran| ContainerState {
            running: false,
            exit_code: Some(0),
            oom_killed: false,
            health: None,
            exited_ago,
            ran,
        };
        let mark = |millis| Mark(Nanos::from_millis(millis));
        let time = |ago: Option<u64>, ran: Option<u64>| {
            let state = state(ago.map(Nanos::from_millis), ran.map(Nanos::from_millis));
            time_to_exit(&state, mark(1_000), mark(1_500))
        };
        // 500 ms after the call, the exit was 200 ms ago.
        let (taken, how) = time(Some(200), Some(250));
        assert_eq!(taken, Ok(Nanos::from_millis(300)));
        assert!(how.contains("250"), "{how}");
        assert_eq!(time(Some(200), None).0, Ok(Nanos::from_millis(300)));
        // A stamp from before the call is of another clock.
        assert_eq!(time(Some(700), Some(40)).0, Ok(Nanos::from_millis(40)));
        assert!(time(None, None).0.is_err());
    }
}
