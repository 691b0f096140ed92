//! One direction of a link: a rate limit shared by all its flows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::units::{BitRate, Bytes};

/// Chunk size in bytes on an unshaped link.
const UNSHAPED_CHUNK: usize = 64 << 10;
/// Smallest chunk in bytes on a shaped link; `MOST` is the largest.
const LEAST: usize = 1 << 10;
const MOST: usize = 32 << 10;
/// Chunks per second on a shaped link, within the bounds above.
const CHUNKS_PER_SECOND: u64 = 500;
/// How much delay a flow may catch up. It compensates late timers and scheduling; a longer delay
/// is a client that does not read.
const SLACK: Duration = Duration::from_millis(100);

/// A virtual clock holds the time at which the link is free again. It is absolute, so timer
/// errors do not accumulate.
#[derive(Debug)]
pub(super) struct Throttle(Mutex<State>);

#[derive(Debug)]
struct State {
    rate: Option<BitRate>,
    free: Instant,
    flows: usize,
}

impl Throttle {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            rate: None,
            free: Instant::now(),
            flows: 0,
        })))
    }

    /// Sets the rate, from the next chunk on.
    pub(super) fn shape(&self, rate: Option<BitRate>) {
        let mut state = self.state();
        state.rate = rate;
        state.free = Instant::now();
    }

    /// Registers a body that is about to be transferred.
    pub(super) fn flow(self: &Arc<Self>) -> Flow {
        let mut state = self.state();
        if state.flows == 0 {
            // Idle time is lost, as on a real link.
            state.free = state.free.max(Instant::now());
        }
        state.flows += 1;
        Flow(self.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A body in transfer.
#[derive(Debug)]
pub(super) struct Flow(Arc<Throttle>);

impl Flow {
    /// How many bytes to transfer at once. Small chunks share the link fairly between flows.
    pub(super) fn chunk_size(&self) -> usize {
        match self.0.state().rate {
            None => UNSHAPED_CHUNK,
            Some(rate) => usize::try_from(rate.0 / 8 / CHUNKS_PER_SECOND)
                .unwrap_or(MOST)
                .clamp(LEAST, MOST),
        }
    }

    /// Waits until the link has transferred the bytes.
    pub(super) async fn transmit(&self, bytes: usize) {
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
            let chunk_size = flow.chunk_size().min(bytes);
            flow.transmit(chunk_size).await;
            bytes -= chunk_size;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_megabyte_takes_a_second_at_eight_megabit() {
        let throttle = Throttle::new();
        throttle.shape(Some(RATE));
        tokio::time::sleep(Duration::from_secs(60)).await;
        let start = Instant::now();
        move_bytes(&throttle.flow(), 1_000_000).await;
        let took = start.elapsed();
        assert!(took >= Duration::from_secs(1), "{took:?}");
        assert!(took <= Duration::from_millis(1_002), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn flows_share_the_rate_and_end_together() {
        let throttle = Throttle::new();
        throttle.shape(Some(RATE));
        let start = Instant::now();
        let ends = join_all((0..4).map(|_| {
            let flow = throttle.flow();
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
    async fn an_idle_link_accumulates_no_credit_between_flows() {
        let throttle = Throttle::new();
        throttle.shape(Some(RATE));
        for _ in 0..5 {
            let start = Instant::now();
            move_bytes(&throttle.flow(), 100_000).await;
            assert!(start.elapsed() >= Duration::from_millis(100));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stalled_client_catches_up_at_most_the_slack() {
        let throttle = Throttle::new();
        throttle.shape(Some(RATE));
        let flow = throttle.flow();
        flow.transmit(1_000).await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        let start = Instant::now();
        move_bytes(&flow, 1_000_000).await;
        assert!(start.elapsed() >= Duration::from_millis(900));
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_rate_applies_immediately() {
        let throttle = Throttle::new();
        throttle.shape(Some(BitRate(8_000)));
        let flow = throttle.flow();
        flow.transmit(1_000).await;
        throttle.shape(None);
        let start = Instant::now();
        move_bytes(&flow, 100_000_000).await;
        assert_eq!(start.elapsed(), Duration::ZERO);
        throttle.shape(Some(RATE));
        move_bytes(&flow, 1_000_000).await;
        assert!(start.elapsed() >= Duration::from_secs(1));
    }
}
