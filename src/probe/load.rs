//! A fixed load: a closed loop on several persistent connections.
//!
//! A separate thread generates the load, so that no request waits for a worker of the caller's
//! runtime, and nothing is shared with it: no locks and no wake-ups across threads. A request
//! takes about 7 µs of CPU time, half of it in the kernel; for an app that is equally fast, the
//! result includes the limit of the generator.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use http_body_util::Empty;
use tokio::sync::oneshot;
use tokio::task::coop::unconstrained;
use tokio::time::sleep;

use super::attempt::{Ask, request};
use super::line::{Lost, OpenConnection};
use crate::engine::{Clock, LoadOutcome, LoadSpec, Mark, ProbeFailure, Sockets};
use crate::text::chain;
use crate::units::{Count, Nanos};

/// Outstanding requests at the end of the counted time may finish within this, or within twice
/// the slowest response time so far. They do not count; those that do not finish are failures.
const GRACE: Duration = Duration::from_secs(1);

/// The wait after a failed connection, so that a dead server is not flooded.
const PAUSE: Duration = Duration::from_millis(10);

/// Capacity for response times, so that nothing is allocated during the load: 8 MiB, of which the
/// kernel provides only the written pages.
const ROOM: usize = 1 << 20;

/// Applies the load from a thread that ends with this future.
pub(super) async fn drive<C: Clock>(
    clock: Arc<C>,
    sockets: Option<Arc<dyn Sockets>>,
    spec: &LoadSpec,
) -> Result<LoadOutcome, ProbeFailure> {
    let ask = ask(spec)?;
    let (mut sender, receiver) = oneshot::channel();
    let job = spec.clone();
    let work = move || {
        let load = async {
            tokio::select! {
                biased;
                // The receiver was dropped.
                () = sender.closed() => None,
                outcome = put(clock.as_ref(), sockets.as_deref(), &job, ask) => Some(outcome),
            }
        };
        let outcome = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_or_else(
                |error| Some(Err(unanswered(&job, format!("no runtime: {error}")))),
                |runtime| runtime.block_on(load),
            );
        if let Some(outcome) = outcome {
            let _ = sender.send(outcome);
        }
    };
    std::thread::Builder::new()
        .name("load".to_owned())
        .spawn(work)
        .map_err(|error| unanswered(spec, format!("no thread: {error}")))?;
    let ended_early = |_| Err(unanswered(spec, "the load's thread ended early".to_owned()));
    receiver.await.unwrap_or_else(ended_early)
}

async fn put<C: Clock>(
    clock: &C,
    sockets: Option<&dyn Sockets>,
    spec: &LoadSpec,
    ask: Ask,
) -> Result<LoadOutcome, ProbeFailure> {
    let start = Mark(clock.mark().0 + spec.load.warmup);
    let load = Load {
        clock,
        sockets,
        spec,
        ask,
        start,
        end: Mark(start.0 + spec.load.duration),
        tally: RefCell::new(Tally::default()),
    };
    let mut running: FuturesUnordered<_> = (0..spec.load.connections)
        .map(|_| load.keep_asking())
        .collect();
    tokio::select! {
        biased;
        () = async { while running.next().await.is_some() {} } => {}
        // A busy load uses the task's cooperative budget, which would also delay the timer.
        () = unconstrained(load.last_call()) => {}
    }
    let silent = running.len();
    drop(running);
    load.tally.into_inner().outcome(spec, silent)
}

/// A load in progress.
struct Load<'a, C> {
    clock: &'a C,
    sockets: Option<&'a dyn Sockets>,
    spec: &'a LoadSpec,
    ask: Ask,
    /// The start of the counted time.
    start: Mark,
    /// The end of the counted time.
    end: Mark,
    tally: RefCell<Tally>,
}

impl<C: Clock> Load<'_, C> {
    /// One connection: one request at a time until the end.
    async fn keep_asking(&self) {
        let mut line = None;
        loop {
            let asked = self.clock.mark();
            if asked >= self.end {
                return;
            }
            let answer = self.answer(&mut line).await;
            let at = self.clock.mark();
            let lost = answer.is_err();
            let counts = (self.start..self.end).contains(&at);
            let expected = self
                .spec
                .load
                .status
                .contains(answer.as_ref().copied().unwrap_or(0));
            let took = at.since(asked);
            self.tally.borrow_mut().note(took, answer, expected, counts);
            if lost {
                sleep(PAUSE).await;
            }
        }
    }

    /// Sends one request on the open connection or on a new one.
    async fn answer(&self, line: &mut Option<OpenConnection>) -> Result<u16, Lost> {
        if let Some(mut kept) = line.take() {
            match kept.ask(self.ask.clone()).await {
                Ok(status) => {
                    *line = Some(kept);
                    return Ok(status);
                }
                // The server closed it after the last response, which is allowed.
                Err(Lost::Unanswered(_)) => {}
                Err(lost) => return Err(lost),
            }
        }
        let mut new = OpenConnection::open(self.sockets, self.spec.address).await?;
        let status = new.ask(self.ask.clone()).await?;
        *line = Some(new);
        Ok(status)
    }

    /// Resolves when no more responses are awaited.
    async fn last_call(&self) {
        self.clock.sleep(self.end.since(self.clock.mark())).await;
        let slowest = Duration::from(self.tally.borrow().slowest);
        sleep(GRACE.max(slowest.saturating_mul(2))).await;
    }
}

/// The results of all connections, which are on one thread.
struct Tally {
    latencies: Vec<Nanos>,
    failures: u64,
    /// The slowest complete response, including the warm-up.
    slowest: Nanos,
    /// The last unexpected status.
    wrong: Option<u16>,
    last: Option<Lost>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            latencies: Vec::with_capacity(ROOM),
            failures: 0,
            slowest: Nanos(0),
            wrong: None,
            last: None,
        }
    }
}

impl Tally {
    fn note(&mut self, took: Nanos, answer: Result<u16, Lost>, expected: bool, counts: bool) {
        if answer.is_ok() {
            self.slowest = self.slowest.max(took);
        }
        if !counts {
            return;
        }
        match answer {
            Ok(_) if expected => {
                self.latencies.push(took);
                return;
            }
            Ok(status) => self.wrong = Some(status),
            Err(lost) => self.last = Some(lost),
        }
        self.failures += 1;
    }

    /// `silent` requests are outstanding.
    fn outcome(mut self, spec: &LoadSpec, silent: usize) -> Result<LoadOutcome, ProbeFailure> {
        if self.latencies.is_empty() {
            return Err(self.failure(spec));
        }
        self.latencies.sort_unstable();
        Ok(LoadOutcome {
            answers: Count(self.latencies.len() as u64),
            failures: Count(self.failures + silent as u64),
            elapsed: spec.load.duration,
            latencies: self.latencies,
        })
    }

    /// A rate of zero is not a measurement.
    fn failure(self, spec: &LoadSpec) -> ProbeFailure {
        match (self.wrong, self.last) {
            (Some(status), _) => ProbeFailure::WrongAnswer {
                path: spec.load.path.clone(),
                status,
                expected: format!("status {}", spec.load.status),
                body: "(not kept)".to_owned(),
            },
            (None, Some(lost)) => unanswered(spec, lost.describe()),
            (None, None) => unanswered(spec, "no whole answer came".to_owned()),
        }
    }
}

impl Lost {
    fn describe(&self) -> String {
        match self {
            Self::Connect(error) => format!("connect: {error}"),
            Self::Unanswered(error) | Self::Cut(error) => chain(error),
        }
    }
}

fn ask(spec: &LoadSpec) -> Result<Ask, ProbeFailure> {
    let load = &spec.load;
    request(&load.method, &load.path, &load.headers, spec.address)
        .body(Empty::new())
        .map_err(|error| unanswered(spec, format!("nothing was asked: {error}")))
}

/// No response within the counted time.
fn unanswered(spec: &LoadSpec, last: String) -> ProbeFailure {
    ProbeFailure::TimedOut {
        path: spec.load.path.clone(),
        within: spec.load.duration,
        last,
    }
}
