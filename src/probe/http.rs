//! The schedule of the attempts.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokio::task::coop::unconstrained;
use tokio::time::sleep;

use super::attempt::{CONNECT_TIMEOUT, Miss, Question, attempt, nothing_yet, question};
use super::load;
use crate::engine::{
    Clock, LoadOutcome, LoadSpec, Mark, Probe, ProbeFailure, ProbeSpec, Ready, Sockets,
};
use crate::units::{Count, Nanos};

/// The default interval between two attempts.
pub const DEFAULT_INTERVAL: Nanos = Nanos::from_millis(2);
/// The longest interval. A longer one is reduced to it, so that `start.ready` keeps its resolution.
pub const MAX_INTERVAL: Nanos = Nanos::from_millis(5);
const MIN_INTERVAL: Nanos = Nanos(100_000);

/// How long the next attempt waits for the one before it.
///
/// After it both run: an app that takes longer for its first request can still succeed before the
/// deadline, and a connection that was accepted and forgotten does not hide a ready app for
/// longer than this.
const PATIENCE: Duration = Duration::from_secs(1);

/// Checks over HTTP/1.1 or by a TCP connection, with a new connection for each attempt.
pub struct HttpProbe<C> {
    clock: Arc<C>,
    /// Creates the sockets in another network namespace, if set.
    sockets: Option<Arc<dyn Sockets>>,
}

impl<C: Clock> HttpProbe<C> {
    /// A probe with the marks and the schedule of `clock`. The timeouts of its sockets use the
    /// runtime's clock.
    pub fn new(clock: Arc<C>) -> Self {
        Self {
            clock,
            sockets: None,
        }
    }

    /// The same with sockets of another network namespace, for a clean room.
    pub fn within(clock: Arc<C>, sockets: Arc<dyn Sockets>) -> Self {
        Self {
            clock,
            sockets: Some(sockets),
        }
    }

    /// Checks until the contract is met, without a deadline.
    async fn ask_on(&self, spec: &ProbeSpec, question: &Question, seen: &mut Seen) -> Ready {
        let clock = self.clock.as_ref();
        let sockets = self.sockets.as_deref();
        let mut schedule = Schedule::new(clock.mark(), spec.interval);
        let mut running = FuturesUnordered::new();
        loop {
            let wait = schedule.next_after(clock.mark());
            // No sleep of zero length, because a timer may have a resolution of a millisecond.
            let mut tick = pin!(async {
                if wait > Nanos(0) {
                    clock.sleep(wait).await;
                }
            });
            loop {
                // Earlier attempts that still run may also succeed.
                tokio::select! {
                    biased;
                    Some((_, at, judged)) = running.next(), if !running.is_empty() => {
                        if let Some(ready) = seen.note(at, judged) {
                            return ready;
                        }
                    }
                    () = &mut tick => break,
                }
            }
            seen.attempts += 1;
            seen.waiting_since = Some(clock.mark());
            let newest = seen.attempts;
            let (one, address) = (question.clone(), spec.address);
            running.push(async move {
                let (at, judged) = attempt(clock, sockets, address, one).await;
                (newest, at, judged)
            });
            let mut patience = pin!(sleep(PATIENCE));
            loop {
                tokio::select! {
                    biased;
                    Some((number, at, judged)) = running.next() => {
                        if let Some(ready) = seen.note(at, judged) {
                            return ready;
                        }
                        if number == newest {
                            seen.waiting_since = None;
                            break;
                        }
                    }
                    () = &mut patience => break,
                }
            }
        }
    }
}

impl<C: fmt::Debug> fmt::Debug for HttpProbe<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpProbe")
            .field("clock", &self.clock)
            .field("elsewhere", &self.sockets.is_some())
            .finish()
    }
}

impl<C: Clock> Probe for HttpProbe<C> {
    async fn wait_ready(&self, spec: &ProbeSpec) -> Result<Ready, ProbeFailure> {
        let question = question(spec)?;
        let mut seen = Seen::default();
        tokio::select! {
            // A response that arrives exactly at the deadline counts.
            biased;
            ready = self.ask_on(spec, &question, &mut seen) => return Ok(ready),
            // An endless response uses the task's cooperative budget, which would also delay the
            // timer.
            () = unconstrained(self.clock.sleep(spec.within)) => {}
        }
        Err(seen.failure(spec, self.clock.mark()))
    }

    async fn drive(&self, spec: &LoadSpec) -> Result<LoadOutcome, ProbeFailure> {
        load::drive(Arc::clone(&self.clock), self.sockets.clone(), spec).await
    }
}

/// The results of the attempts so far.
#[derive(Debug, Default)]
struct Seen {
    attempts: u64,
    last: Option<(Mark, Miss)>,
    /// The start of the latest attempt, while it has no result.
    waiting_since: Option<Mark>,
}

impl Seen {
    fn note(&mut self, at: Mark, judged: Result<(), Miss>) -> Option<Ready> {
        match judged {
            Ok(()) => Some(Ready {
                at,
                last_failure: self.last.as_ref().map(|(at, _)| *at),
                attempts: Count(self.attempts),
            }),
            Err(miss) => {
                self.last = Some((at, miss));
                None
            }
        }
    }

    fn failure(&self, spec: &ProbeSpec, now: Mark) -> ProbeFailure {
        // The deadline nearly always interrupts an attempt. That attempt is reported only if it
        // was old enough to have connected.
        let silent = self
            .waiting_since
            .is_some_and(|since| now.since(since) > CONNECT_TIMEOUT.into());
        match &self.last {
            // A wrong response is more informative than the silence of the next attempt.
            Some((_, miss @ Miss::Wrong { .. })) => miss.describe(spec),
            _ if silent => Miss::Silent.describe(spec),
            Some((_, miss)) => miss.describe(spec),
            None => nothing_yet(spec),
        }
    }
}

/// The first attempt is immediate, because most apps listen before the engine's start call
/// returns. The next ones are on an absolute grid, each moved by up to half an interval: the grid
/// prevents drift by the duration of attempts, and the jitter prevents synchronisation with the
/// app.
#[derive(Debug)]
struct Schedule {
    start: Mark,
    interval: Nanos,
    slot: Option<u64>,
    jitter: ChaCha8Rng,
}

impl Schedule {
    fn new(start: Mark, interval: Nanos) -> Self {
        Self {
            start,
            interval: interval.clamp(MIN_INTERVAL, MAX_INTERVAL),
            slot: None,
            // Any seed is suitable, as long as two waits differ.
            jitter: ChaCha8Rng::seed_from_u64(start.0.0),
        }
    }

    /// The time from `now` to the next free slot.
    fn next_after(&mut self, now: Mark) -> Nanos {
        let Some(last) = self.slot else {
            self.slot = Some(0);
            return Nanos(0);
        };
        let elapsed = now.since(self.start);
        let due = elapsed.0.div_ceil(self.interval.0);
        let slot = due.max(last + 1);
        self.slot = Some(slot);
        let jitter = self.jitter.random_range(0..=self.interval.0 / 2);
        Nanos(slot * self.interval.0 + jitter).saturating_sub(elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_keeps_to_its_grid_and_leaves_out_slots_that_have_passed() {
        let millis = |n| Mark(Nanos::from_millis(n));
        let mut schedule = Schedule::new(millis(1_000), Nanos::from_millis(4));
        for (now, slot) in [(1_000, 0), (1_001, 4), (1_002, 8), (1_050, 52), (1_050, 56)] {
            let wait = schedule.next_after(millis(now));
            let at = now - 1_000 + wait.0 / 1_000_000;
            assert!((slot..=slot + 2).contains(&at), "{now}: {at}");
        }
        let long = Schedule::new(millis(0), Nanos::from_secs(1));
        assert_eq!(long.interval, MAX_INTERVAL);
    }

    #[test]
    fn the_first_attempt_is_made_at_once() {
        // A clock never stands still: the start has passed when the first is planned.
        let mut schedule = Schedule::new(Mark(Nanos(1_000)), DEFAULT_INTERVAL);
        assert_eq!(schedule.next_after(Mark(Nanos(1_050))), Nanos(0));
        assert!(schedule.next_after(Mark(Nanos(1_050))) >= Nanos::from_millis(1));
    }
}
