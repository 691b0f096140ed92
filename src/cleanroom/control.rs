//! Handles of a room's processes, shared by those who end them.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::kernel::{ProcessHandle, StopSignal};

/// Shared by the room and its supervisor thread.
#[derive(Debug)]
pub(super) struct ProcessControl {
    state: Mutex<State>,
    ended: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    /// `unshare`, the parent of the first process.
    outer: Option<ProcessHandle>,
    /// The room's first process.
    init: Option<ProcessHandle>,
    killed: bool,
}

/// The role of a process in the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProcessRole {
    Outer,
    Init,
}

impl ProcessControl {
    pub fn new() -> Self {
        Self {
            state: Mutex::new(State::default()),
            // Nothing has started.
            ended: watch::Sender::new(true),
        }
    }

    /// Registers a process. If the room was killed before, the process is killed immediately.
    pub fn register(&self, which: ProcessRole, pid: u32) -> std::io::Result<()> {
        let handle = ProcessHandle::open(pid)?;
        let mut state = self.state();
        if state.killed {
            return handle.signal(StopSignal::Kill);
        }
        match which {
            ProcessRole::Outer => state.outer = Some(handle),
            ProcessRole::Init => state.init = Some(handle),
        }
        Ok(())
    }

    /// Asks the first process to end, with SIGTERM.
    pub fn request_stop(&self) {
        if let Some(init) = &self.state().init {
            // It may have ended already.
            let _ = init.signal(StopSignal::Terminate);
        }
    }

    /// Kills the first process, and with it everything in the room.
    pub fn kill(&self) {
        let mut state = self.state();
        state.killed = true;
        // `unshare` waits for the first process, so the room has ended if `unshare` has.
        if let Some(handle) = state.init.as_ref().or(state.outer.as_ref()) {
            let _ = handle.signal(StopSignal::Kill);
        }
    }

    /// Sets whether the room's processes have ended or none has started.
    pub fn set_ended(&self, ended: bool) {
        self.ended.send_replace(ended);
    }

    pub fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// Resolves when the processes have ended.
    pub async fn ended(&self) {
        // Cannot fail: the sender lives in `self`.
        let _ = self.ended.subscribe().wait_for(|ended| *ended).await;
    }

    /// The blocking form of [`Self::ended`], with a deadline.
    pub fn wait_ended(&self, within: Duration) -> bool {
        let end = Instant::now() + within;
        while !self.has_ended() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.has_ended()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
