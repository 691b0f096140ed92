//! Faults by script: what happens to the nth call of a verb.

use plimsoll::docker::Deadlines;
use tokio::sync::Notify;

use super::*;

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: the call goes on once the test says so.
    None,
    /// The engine refuses it.
    Refuse,
    /// The connection breaks; the engine lives.
    Reset,
    /// The engine is gone from here on.
    Gone,
    /// No whole answer comes. As with the real adapter the call ends with its deadline; a
    /// build has none but the caller's.
    Stall,
}

/// Which call is struck.
#[derive(Debug, Clone, Copy)]
pub struct Strike {
    pub verb: &'static str,
    /// Part of what the call is about.
    pub about: &'static str,
    /// Which of these calls, from 1.
    pub nth: usize,
    pub fault: Fault,
}

/// A strike that is still to come. The call waits at it, so that the test can look around.
#[derive(Debug)]
pub(super) struct Armed {
    strike: Strike,
    meeting: Arc<Meeting>,
}

/// Where call and test meet.
#[derive(Debug, Default)]
pub struct Meeting {
    reached: Notify,
    left: Notify,
}

impl Meeting {
    /// Waits until the call is reached.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets the call go on, to its fault.
    pub fn go_on(&self) {
        self.left.notify_one();
    }
}

/// How long the real adapter waits for a verb's answer; a build is its caller's to end.
fn deadline(verb: &str) -> Option<Duration> {
    let usual = Deadlines::USUAL;
    match verb {
        "build" | "exited" | "listening" => None,
        "prune-cache" => Some(usual.prune),
        "pull" | "pull-layer" | "push" | "push-blob" | "import" | "export" => Some(usual.silence),
        _ => Some(usual.answer),
    }
}

impl FakeEngine {
    /// Sets a strike; gives where to meet the call.
    pub fn arm(&self, strike: Strike) -> Arc<Meeting> {
        let meeting = Arc::new(Meeting::default());
        let armed = Armed {
            strike,
            meeting: meeting.clone(),
        };
        self.state(|state| state.armed = Some(armed));
        meeting
    }

    /// Counts a call and, if it is the one that was chosen, brings its fault about.
    pub(super) async fn strike(&self, verb: &'static str, subject: &str) -> Result<()> {
        let struck = self.state(|state| {
            let armed = state.armed.as_mut()?;
            let strike = &mut armed.strike;
            if strike.verb != verb || !subject.contains(strike.about) {
                return None;
            }
            strike.nth -= 1;
            if strike.nth > 0 {
                return None;
            }
            state.armed.take()
        });
        let Some(Armed { strike, meeting }) = struck else {
            return Ok(());
        };
        meeting.reached.notify_one();
        meeting.left.notified().await;
        let error = |kind, words: &str| Err(EngineError::new(verb, subject, kind, words));
        match strike.fault {
            Fault::None => Ok(()),
            Fault::Refuse => error(ErrorKind::Refused, "no"),
            Fault::Reset => error(ErrorKind::Unreachable, "connection reset by peer"),
            Fault::Gone => {
                self.state(|state| state.gone = true);
                error(ErrorKind::Unreachable, "gone")
            }
            Fault::Stall => {
                match deadline(verb) {
                    Some(within) => sleep(within).await,
                    None => std::future::pending().await,
                }
                error(ErrorKind::Timeout, "no whole answer in time")
            }
        }
    }
}
