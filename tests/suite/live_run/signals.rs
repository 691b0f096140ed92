//! Ctrl-C and SIGTERM: the work ends, what was measured stays, the run can go on.

use std::time::Duration;

use plimsoll::record::{Metric, RunState, Status};
use rustix::process::Signal;

use super::home::{Home, left, tool_runs, until};
use crate::live_engine::stage::{Stage, live};

const SLEEPER: &str = "FROM scratch\nCOPY tool deps.lock /\n\
    RUN [\"/tool\", \"put\", \"/installed\", \"NONCE\"]\nCOPY main.src /\n\
    RUN [\"/tool\", \"sleep\", \"2\", \"NONCE\"]\nCMD [\"/tool\", \"serve\"]\n";

/// A home whose run was ended by the signal while a build's command ran.
async fn interrupted(stage: &Stage, signal: Signal) -> Home {
    let home = Home::new(stage, &[("sleeper", SLEEPER)]);
    let mut going = home.begin(&["run", "tiny", "--profile", "quick"]);
    let words = format!("sleep 2 {}", stage.nonce);
    let seen = until(Duration::from_secs(120), async || tool_runs(&words)).await;
    assert!(seen && !going.is_over(), "no build was seen");
    going.signal(signal);
    assert_eq!(going.ended().await, Some(130));
    assert!(!tool_runs(&words), "the build's command goes on");
    let (_, id) = home.run();
    assert_eq!(home.record().state, RunState::Interrupted);
    assert_eq!(left(stage, &id).await, Vec::<String>::new());
    home
}

live!(alone ctrl_c_in_a_build_keeps_what_there_is_and_resume_completes_it, stage => {
    let home = interrupted(stage, Signal::INT).await;
    let (folder, id) = home.run();
    let ended = home.plimsoll(&["run", "--resume", folder.to_str().unwrap()]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let record = home.record();
    assert_eq!(record.state, RunState::Complete);
    assert_eq!(record.commands.len(), 2);
    for metric in [Metric::BuildCold, Metric::StartReady, Metric::BuildCached, Metric::FloorStartStarted] {
        let seen: Vec<_> = record.samples.iter().filter(|sample| sample.metric == metric).collect();
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(seen[0].outcome.status(), Status::Ok, "{seen:?}");
    }
    assert_eq!(left(stage, &id).await, Vec::<String>::new());
});

live!(alone sigterm_in_a_build_does_the_same, stage => {
    interrupted(stage, Signal::TERM).await;
});
