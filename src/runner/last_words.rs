//! What a container says before its end, and why it ended.

use super::bench::{Bench, World, bounded};
use super::cause::cause;
use crate::engine::{ContainerId, Engine};
use crate::text::chain;

/// Lines of a container's output that a DNF quotes.
const QUOTED_LINES: usize = 12;

/// Lines that are searched for the one that says why.
const SEARCHED_LINES: u32 = 60;

/// What a reason says of a container that the kernel killed.
const OOM: &str = " (killed by the kernel: out of memory)";

/// Names an exit's cause where that was a lack of memory.
pub(super) async fn of_memory<W: World>(bench: &Bench<W>, id: &ContainerId) -> &'static str {
    let state = bounded(bench, "inspect container", id, bench.engine.state(id)).await;
    match state {
        Ok(state) if state.oom_killed => OOM,
        _ => "",
    }
}

/// The exit of a container that is no longer running, with its last lines.
pub(super) async fn crash<W: World>(
    bench: &Bench<W>,
    id: &ContainerId,
    when: &str,
) -> Option<String> {
    let state = bench.engine.state(id);
    let state = bounded(bench, "look at container", id, state).await.ok()?;
    let code = state.exit_code.filter(|_| !state.running)?;
    let lines = quoted(bench, id).await;
    let oom = if state.oom_killed { OOM } else { "" };
    Some(format!("exited with code {code}{oom} {when}{lines}"))
}

/// The last lines of a container, for the reason of a DNF.
pub(super) async fn quoted<W: World>(bench: &Bench<W>, id: &ContainerId) -> String {
    let logs = bounded(
        bench,
        "read the output of",
        id,
        bench.engine.logs(id, SEARCHED_LINES),
    )
    .await;
    match logs {
        Ok(lines) if lines.is_empty() => "; it printed nothing".to_owned(),
        Ok(lines) => {
            let last = &lines[lines.len().saturating_sub(QUOTED_LINES)..];
            // Where a reason is cut, its beginning stays.
            let said = match cause(&lines) {
                Some(line) if last[0].trim() != line => format!("; it printed: {line}"),
                _ => String::new(),
            };
            format!("{said}; last lines: {}", last.join(" | "))
        }
        Err(error) => format!("; its output could not be read ({})", chain(&error)),
    }
}
