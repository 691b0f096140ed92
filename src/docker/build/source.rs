//! The request body with the tar stream.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use crate::engine::BuildContext;

/// Stores a read error, which the HTTP client reports only as "the body failed".
#[derive(Debug, Clone, Default)]
pub(in crate::docker) struct ErrorSlot(Arc<Mutex<Option<io::Error>>>);

impl ErrorSlot {
    pub(in crate::docker) fn take(&self) -> Option<io::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn keep(&self, error: io::Error) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(error);
    }
}

/// The frames of a request body for `bollard`.
type Frames = Pin<Box<dyn Stream<Item = io::Result<hyper::body::Frame<Bytes>>> + Send>>;

/// A request body for `bollard`, which does not export this type.
pub(in crate::docker) type Body =
    http_body_util::Either<http_body_util::Full<Bytes>, http_body_util::StreamBody<Frames>>;

/// A request body and the store of its read errors.
pub(in crate::docker) fn watched(stream: BuildContext) -> (Body, ErrorSlot) {
    let slot = ErrorSlot::default();
    let keeper = slot.clone();
    let stream = stream.map(move |chunk| {
        chunk.map_err(|error| {
            // The request must still fail, with its own error.
            let kind = error.kind();
            keeper.keep(error);
            io::Error::from(kind)
        })
    });
    (bollard::body_try_stream(stream), slot)
}
