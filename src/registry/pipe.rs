//! One direction of a link: a rate that all its flows share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::units::{BitRate, Bytes};

/// Bytes that are handed over at once where nothing is shaped.
const WHOLE: usize = 64 << 10;
/// Bounds of the same on a shaped link.
const LEAST: usize = 1 << 10;
const MOST: usize = 32 << 10;
/// Portions that a shaped link carries in a second, if their bounds allow it.
const PER_SECOND: u64 = 500;
/// How much of what a flow was late by it makes good: a timer or the scheduler is
/// late, the link is not. More than this is a client that does not read.
const SLACK: Duration = Duration::from_millis(100);

/// A virtual clock says when the link will have carried all that was asked of it.
/// It is absolute, so the errors of timers do not add up.
#[derive(Debug)]
pub(super) struct Pipe(Mutex<State>);

#[derive(Debug)]
struct State {
    rate: Option<BitRate>,
    free: Instant,
    flows: usize,
}

impl Pipe {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            rate: None,
            free: Instant::now(),
            flows: 0,
        })))
    }

    /// From the next portion on.
    pub(super) fn shape(&self, rate: Option<BitRate>) {
        let mut state = self.state();
        state.rate = rate;
        state.free = Instant::now();
    }

    /// A body that is about to move.
    pub(super) fn flow(self: &Arc<Self>) -> Flow {
        let mut state = self.state();
        if state.flows == 0 {
            // The time in which nobody wanted the link is lost, as on a real one.
            state.free = state.free.max(Instant::now());
        }
        state.flows += 1;
        Flow(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body on its way.
#[derive(Debug)]
pub(super) struct Flow(Arc<Pipe>);

impl Flow {
    /// How many bytes to hand over at once. Small ones let flows take turns.
    pub(super) fn portion(&self) -> usize {
        match self.0.state().rate {
            None => WHOLE,
            Some(rate) => usize::try_from(rate.0 / 8 / PER_SECOND)
                .unwrap_or(MOST)
                .clamp(LEAST, MOST),
        }
    }

    /// Waits until the link has carried the bytes.
    pub(super) async fn carry(&self, bytes: usize) {
        let done = {
            let mut state = self.0.state();
            let Some(rate) = state.rate else { return };
            let now = Instant::now();
            let earliest = now.checked_sub(SLACK).unwrap_or(now);
            let took: Duration = rate.time_of(Bytes(bytes as u64)).into();
            state.free = state.free.max(earliest) + took;
            state.free
        };
        sleep_until(done).await;
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.flows -= 1;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    const RATE: BitRate = BitRate(8_000_000);

    async fn move_bytes(flow: &Flow, mut bytes: usize) {
        while bytes > 0 {
            let portion = flow.portion().min(bytes);
            flow.carry(portion).await;
            bytes -= portion;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_megabyte_takes_a_second_at_eight_megabit() {
        let pipe = Pipe::new();
        pipe.shape(Some(RATE));
        tokio::time::sleep(Duration::from_secs(60)).await;
        let start = Instant::now();
        move_bytes(&pipe.flow(), 1_000_000).await;
        let took = start.elapsed();
        assert!(took >= Duration::from_secs(1), "{took:?}");
        assert!(took <= Duration::from_millis(1_002), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn flows_share_the_rate_and_end_together() {
        let pipe = Pipe::new();
        pipe.shape(Some(RATE));
        let start = Instant::now();
        let ends = join_all((0..4).map(|_| {
            let flow = pipe.flow();
            async move {
                move_bytes(&flow, 250_000).await;
                start.elapsed()
            }
        }))
        .await;
        for end in ends {
            assert!(end >= Duration::from_millis(980), "{end:?}");
            assert!(end <= Duration::from_millis(1_002), "{end:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_link_saves_nothing_up_between_flows() {
        let pipe = Pipe::new();
        pipe.shape(Some(RATE));
        for _ in 0..5 {
            let start = Instant::now();
            move_bytes(&pipe.flow(), 100_000).await;
            assert!(start.elapsed() >= Duration::from_millis(100));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_stalls_gets_little_of_it_back() {
        let pipe = Pipe::new();
        pipe.shape(Some(RATE));
        let flow = pipe.flow();
        flow.carry(1_000).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        let start = Instant::now();
        move_bytes(&flow, 1_000_000).await;
        assert!(start.elapsed() >= Duration::from_millis(900));
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_rate_holds_at_once() {
        let pipe = Pipe::new();
        pipe.shape(Some(BitRate(8_000)));
        let flow = pipe.flow();
        flow.carry(1_000).await;
        pipe.shape(None);
        let start = Instant::now();
        move_bytes(&flow, 100_000_000).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        pipe.shape(Some(RATE));
        move_bytes(&flow, 1_000_000).await;
        assert!(start.elapsed() >= Duration::from_secs(1));
    }
}
