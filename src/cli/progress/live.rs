//! The live view on a terminal: who draws it, and when.
//!
//! The measuring task draws at events outside of timed intervals. In a timed interval only a
//! thread draws: twice a second, and not in the first second of a phase. The builder's steps
//! change the state and draw nothing, so a terminal that does not read never stops a build.

use std::collections::VecDeque;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::frame::lines;
use super::state::{ProgressLine, RunProgress};
use crate::cli::screen::Screen;
use crate::record::CaseId;
use crate::runner::Event;

/// The time between two frames of the thread.
const TICK: Duration = Duration::from_millis(500);
/// The most frames within a second.
const MOST_FRAMES: usize = 10;

/// Draws the state of a run until it is dropped.
pub(super) struct LiveView {
    shared: Arc<LiveState>,
    ticker: Option<Ticker>,
}

/// What the measuring task and the thread share.
struct LiveState {
    progress: Mutex<RunProgress>,
    /// Held while a frame is made and written, so that an older one does not follow a newer one.
    frames: Mutex<FrameTimes>,
    screen: Screen,
    begun: Instant,
    stop: CancellationToken,
}

/// The thread that draws, and what ends it when it is dropped.
struct Ticker {
    quit: Sender<()>,
    thread: JoinHandle<()>,
}

/// When the last frames were drawn.
#[derive(Default)]
struct FrameTimes(VecDeque<Instant>);

impl FrameTimes {
    /// Whether one more is not too many; counts it then.
    fn allows(&mut self, now: Instant) -> bool {
        let second = Duration::from_secs(1);
        while let Some(oldest) = self.0.front()
            && now.saturating_duration_since(*oldest) >= second
        {
            self.0.pop_front();
        }
        let is_allowed = self.0.len() < MOST_FRAMES;
        if is_allowed {
            self.0.push_back(now);
        }
        is_allowed
    }
}

impl LiveView {
    /// A view of the visits in `order`. It ends once `stop` is cancelled: what is printed then
    /// has the screen for itself.
    pub(super) fn new(order: Vec<CaseId>, screen: Screen, stop: CancellationToken) -> Self {
        let shared = Arc::new(LiveState {
            progress: Mutex::new(RunProgress::new(order)),
            frames: Mutex::default(),
            screen,
            begun: Instant::now(),
            stop,
        });
        let ticker = Ticker::start(shared.clone());
        Self { shared, ticker }
    }

    /// Takes an event in, and draws where nothing is timed.
    pub(super) fn on_event(&self, event: Event) {
        let now = self.shared.begun.elapsed();
        if let Event::Step { .. } | Event::Sample { .. } = event {
            locked(&self.shared.progress).on_event(event, now);
            return;
        }
        let mut frames = locked(&self.shared.frames);
        let line = locked(&self.shared.progress).on_event(event, now);
        let finished = match line {
            Some(ProgressLine::Lasting(line)) => vec![line],
            Some(ProgressLine::Begins(_)) | None => Vec::new(),
        };
        self.shared.draw(&mut frames, &finished);
    }
}

impl LiveState {
    /// Adds finished lines and draws the live ones, if they may be drawn now.
    fn draw(&self, frames: &mut FrameTimes, finished: &[String]) {
        if self.stop.is_cancelled() {
            return self.screen.update(finished, &[]);
        }
        if !frames.allows(Instant::now()) {
            // The next frame shows them again.
            if !finished.is_empty() {
                self.screen.update(finished, &[]);
            }
            return;
        }
        let size = self.screen.size();
        let mut live = lines(&locked(&self.progress), self.begun.elapsed(), size.columns);
        // The cursor is on the line below.
        live.truncate(size.rows.saturating_sub(1));
        self.screen.update(finished, &live);
    }

    fn tick(&self) {
        let mut frames = locked(&self.frames);
        let may_be_drawn = locked(&self.progress).may_be_drawn(self.begun.elapsed());
        if may_be_drawn || self.stop.is_cancelled() {
            self.draw(&mut frames, &[]);
        }
    }
}

impl Ticker {
    /// None where the system has no thread left: the events draw then.
    fn start(shared: Arc<LiveState>) -> Option<Self> {
        let (quit, asked) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("live-view".to_owned())
            .spawn(move || {
                while asked.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                    shared.tick();
                }
            });
        let thread = thread.ok()?;
        Some(Self { quit, thread })
    }

    fn end(self) {
        drop(self.quit);
        let _ = self.thread.join();
    }
}

impl Drop for LiveView {
    fn drop(&mut self) {
        if let Some(ticker) = self.ticker.take() {
            ticker.end();
        }
        if thread::panicking() {
            // The panic's message is below the live lines.
            self.shared.screen.leave();
        } else {
            self.shared.screen.update(&[], &[]);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
