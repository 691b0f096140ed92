//! Limits of what the engine sends, so that plimsoll's memory is bounded whatever it sends.
//!
//! `bollard` collects an answer, a JSON line or a frame of a container's output until it is
//! complete, without a limit. So the transport counts the bytes that arrive ([`Meter`]), and
//! reading fails at the limit. The reader of a stream resets the count with each item: a stream
//! may be endless, but not one of its items. What the HTTP client has read ahead counts too; that
//! is about 1 MB at most.

use std::error::Error as StdError;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bollard::errors::Error;
use futures_util::{Stream, StreamExt};

use crate::units::Bytes;

/// The most that an engine may send. Engines send a small fraction of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerLimits {
    /// One object, one message of a stream, or one frame of a container's output.
    pub message: Bytes,
    /// One list: ten times the lists of an engine with ten thousand images.
    pub list: Bytes,
    /// What is kept of all messages of a push, pull, import or build.
    pub kept: Bytes,
}

impl AnswerLimits {
    /// The default limits.
    pub const USUAL: Self = Self {
        message: Bytes(16_000_000),
        list: Bytes(64_000_000),
        kept: Bytes(256_000_000),
    };
}

/// What of an engine's answer is too large, and its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum LimitExceeded {
    #[error("the engine's answer is larger than {0}")]
    Answer(Bytes),
    #[error("a message in the engine's answer is larger than {0}")]
    Message(Bytes),
    #[error("the messages in the engine's answer are larger than {0} in total")]
    Kept(Bytes),
}

impl LimitExceeded {
    /// The limit that made reading fail.
    pub(super) fn of(error: &Error) -> Option<Self> {
        // This variant forwards to its source, so it is not in the chain itself.
        if let Error::IOError { err } = error {
            return Self::in_io(err);
        }
        let mut next: Option<&(dyn StdError + 'static)> = Some(error);
        while let Some(cause) = next {
            if let Some(found) = cause.downcast_ref::<io::Error>().and_then(Self::in_io) {
                return Some(found);
            }
            next = cause.source();
        }
        None
    }

    fn in_io(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref::<Self>().copied()
    }
}

impl From<LimitExceeded> for io::Error {
    fn from(exceeded: LimitExceeded) -> Self {
        Self::new(io::ErrorKind::InvalidData, exceeded)
    }
}

/// Counts the bytes of one answer since its last item. A clone counts the same answer.
#[derive(Debug, Clone)]
pub(super) struct Meter(Arc<MeterState>);

#[derive(Debug)]
struct MeterState {
    most: Bytes,
    exceeded: LimitExceeded,
    since_item: AtomicU64,
    is_exceeded: AtomicBool,
}

impl Meter {
    /// For an answer that is read as a whole.
    pub(super) fn of_answer(limits: AnswerLimits) -> Self {
        Self::new(limits.message, LimitExceeded::Answer(limits.message))
    }

    /// For an answer that is read by items: JSON lines, frames or chunks.
    pub(super) fn of_messages(limits: AnswerLimits) -> Self {
        Self::new(limits.message, LimitExceeded::Message(limits.message))
    }

    fn new(most: Bytes, exceeded: LimitExceeded) -> Self {
        Self(Arc::new(MeterState {
            most,
            exceeded,
            since_item: AtomicU64::new(0),
            is_exceeded: AtomicBool::new(false),
        }))
    }

    /// Counts bytes that arrived.
    ///
    /// # Errors
    /// They are more than the limit.
    pub(super) fn add(&self, arrived: usize) -> io::Result<()> {
        let arrived = u64::try_from(arrived).unwrap_or(u64::MAX);
        let before = self.0.since_item.fetch_add(arrived, Ordering::Relaxed);
        if before.saturating_add(arrived) <= self.0.most.0 {
            return Ok(());
        }
        self.0.is_exceeded.store(true, Ordering::Relaxed);
        Err(self.0.exceeded.into())
    }

    /// The items of the answer. Each one resets the count.
    pub(super) fn items<T>(
        self,
        items: impl Stream<Item = Result<T, Error>>,
    ) -> impl Stream<Item = Result<T, Error>> {
        items.map(move |item| {
            let item = item.map_err(|error| self.explained(error));
            self.0.since_item.store(0, Ordering::Relaxed);
            item
        })
    }

    /// `bollard` keeps only the text of an error in a stream of lines.
    fn explained(&self, error: Error) -> Error {
        let is_broken = matches!(
            error,
            Error::IOError { .. } | Error::HyperResponseError { .. }
        );
        match is_broken && self.0.is_exceeded.load(Ordering::Relaxed) {
            true => Error::IOError {
                err: self.0.exceeded.into(),
            },
            false => error,
        }
    }
}

/// What is kept of the messages of one answer.
#[derive(Debug)]
pub(super) struct KeptBudget {
    most: Bytes,
    left: u64,
}

/// What a kept message takes in memory in addition to its texts.
const PER_MESSAGE: u64 = 128;

impl KeptBudget {
    pub(super) fn new(limits: AnswerLimits) -> Self {
        Self {
            most: limits.kept,
            left: limits.kept.0,
        }
    }

    /// Takes a kept message with this length of its texts from the budget.
    ///
    /// # Errors
    /// Nothing is left.
    pub(super) fn take(&mut self, texts: usize) -> Result<(), LimitExceeded> {
        let texts = u64::try_from(texts).unwrap_or(u64::MAX);
        let size = texts.saturating_add(PER_MESSAGE);
        match self.left.checked_sub(size) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(LimitExceeded::Kept(self.most)),
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    const LIMITS: AnswerLimits = AnswerLimits {
        message: Bytes(100),
        list: Bytes(1_000),
        kept: Bytes(1_000),
    };

    #[test]
    fn bytes_are_counted_up_to_the_limit_and_not_beyond() {
        let meter = Meter::of_answer(LIMITS);
        meter.add(60).unwrap();
        meter.add(40).unwrap();
        let error = meter.add(1).unwrap_err();
        let text = "the engine's answer is larger than 100 B";
        assert_eq!(error.to_string(), text);
        let found = LimitExceeded::of(&Error::IOError { err: error });
        assert_eq!(found, Some(LimitExceeded::Answer(Bytes(100))));
    }

    #[tokio::test]
    async fn each_item_resets_the_count() {
        let meter = Meter::of_messages(LIMITS);
        let arriving = meter.clone();
        let items = stream::iter(1..=50).map(move |item| {
            arriving.add(90)?;
            Ok::<_, Error>(item)
        });
        let read: Vec<_> = meter.items(items).map(Result::unwrap).collect().await;
        assert_eq!(read.len(), 50);
    }

    #[tokio::test]
    async fn an_error_is_explained_only_after_the_limit() {
        let broken = || Error::IOError {
            err: io::Error::other("error reading a body from connection"),
        };
        let meter = Meter::of_messages(LIMITS);
        let items = meter.clone().items(stream::iter([Err::<(), _>(broken())]));
        let errors: Vec<_> = items.map(Result::unwrap_err).collect().await;
        assert_eq!(LimitExceeded::of(&errors[0]), None);

        meter.add(101).unwrap_err();
        let refused = Error::DockerStreamError {
            error: "no".to_owned(),
        };
        let items = meter.items(stream::iter([Err::<(), _>(refused), Err(broken())]));
        let errors: Vec<_> = items.map(Result::unwrap_err).collect().await;
        assert_eq!(errors[0].to_string(), "Docker stream error: no");
        let exceeded = LimitExceeded::Message(Bytes(100));
        assert_eq!(LimitExceeded::of(&errors[1]), Some(exceeded));
    }

    #[test]
    fn a_budget_ends_with_messages_without_texts_too() {
        let mut budget = KeptBudget::new(LIMITS);
        for _ in 0..7 {
            budget.take(0).unwrap();
        }
        assert_eq!(budget.take(0), Err(LimitExceeded::Kept(Bytes(1_000))));
        let mut budget = KeptBudget::new(LIMITS);
        budget.take(872).unwrap();
        assert_eq!(budget.take(0), Err(LimitExceeded::Kept(Bytes(1_000))));
    }
}
