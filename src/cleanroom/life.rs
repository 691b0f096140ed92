//! The processes of a room, for those who end them.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::kernel::{End, Handle};

/// Shared by the room and the thread that keeps it.
#[derive(Debug)]
pub(super) struct Life {
    state: Mutex<State>,
    over: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    /// `unshare`, the parent of the first process.
    outer: Option<Handle>,
    /// The room's first process.
    init: Option<Handle>,
    doomed: bool,
}

/// Which process is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Outer,
    Init,
}

impl Life {
    pub fn new() -> Self {
        Self {
            state: Mutex::new(State::default()),
            // Nothing has begun.
            over: watch::Sender::new(true),
        }
    }

    /// Notes a process. One that comes too late is killed at once.
    pub fn admit(&self, which: Which, pid: u32) -> std::io::Result<()> {
        let handle = Handle::open(pid)?;
        let mut state = self.state();
        if state.doomed {
            return handle.end(End::Kill);
        }
        match which {
            Which::Outer => state.outer = Some(handle),
            Which::Init => state.init = Some(handle),
        }
        Ok(())
    }

    /// Asks the first process to end.
    pub fn ask(&self) {
        if let Some(init) = &self.state().init {
            // It may have ended already.
            let _ = init.end(End::Ask);
        }
    }

    /// Kills the first process, and everything in the room with it.
    pub fn kill(&self) {
        let mut state = self.state();
        state.doomed = true;
        // Its parent waits for it: where the parent has ended, all have.
        if let Some(handle) = state.init.as_ref().or(state.outer.as_ref()) {
            let _ = handle.end(End::Kill);
        }
    }

    /// Says whether the room's processes are ended, or none has begun.
    pub fn set_over(&self, over: bool) {
        self.over.send_replace(over);
    }

    pub fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Resolves when they have ended.
    pub async fn over(&self) {
        // The sender is in `self`: it is there.
        let _ = self.over.subscribe().wait_for(|over| *over).await;
    }

    /// The same without a runtime.
    pub fn wait_over(&self, within: Duration) -> bool {
        let end = Instant::now() + within;
        while !self.is_over() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.is_over()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
