//! From an engine's stream to the reader that looks into it.

use std::io::{self, Read};

use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use tokio::sync::mpsc::{Receiver, channel};

use super::contents::ImageContents;
use super::error::ImageError;
use super::examined::{Examined, examine_stream};
use super::secrets::Planted;
use super::selection::ImageSelection;
use crate::engine::BuildContext;

/// Chunks that may wait.
const CHUNKS: usize = 16;

/// Looks into an image as an engine exports it: [`analyse`](super::analyse) on a thread of
/// its own. Where the future is dropped, that thread ends with the chunk that it reads.
///
/// # Errors
/// As [`analyse`](super::analyse).
pub async fn analyse_export(
    export: BuildContext,
    planted: Vec<Planted>,
) -> Result<ImageContents, ImageError> {
    let work = move |archive: Chunks| {
        examine_stream(archive, &ImageSelection::default(), &planted)?.contents()
    };
    on_a_thread(export, work).await
}

/// Reads an image as an engine exports it, on a thread of its own.
///
/// # Errors
/// As [`super::examine`].
pub async fn examine_export(
    export: BuildContext,
    selection: ImageSelection,
) -> Result<Examined, ImageError> {
    let work = move |archive: Chunks| examine_stream(archive, &selection, &[]);
    on_a_thread(export, work).await
}

async fn on_a_thread<T: Send + 'static>(
    mut export: BuildContext,
    work: impl FnOnce(Chunks) -> Result<T, ImageError> + Send + 'static,
) -> Result<T, ImageError> {
    let (sender, receiver) = channel(CHUNKS);
    let reader = Chunks {
        receiver,
        chunk: Bytes::new(),
        ended: false,
    };
    let work = tokio::task::spawn_blocking(move || work(reader));
    while let Some(chunk) = export.next().await {
        // The reader is gone where it found a fault: that is the answer.
        if sender.send(Some(chunk)).await.is_err() {
            break;
        }
    }
    // Without this end, the reader was given up.
    let _ = sender.send(None).await;
    drop(sender);
    work.await.unwrap_or(Err(ImageError::GivenUp))
}

struct Chunks {
    receiver: Receiver<Option<io::Result<Bytes>>>,
    chunk: Bytes,
    ended: bool,
}

impl Read for Chunks {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() && !self.ended {
            match self.receiver.blocking_recv() {
                Some(Some(chunk)) => self.chunk = chunk?,
                Some(None) => self.ended = true,
                None => return Err(io::ErrorKind::ConnectionAborted.into()),
            }
        }
        let read = into.len().min(self.chunk.len());
        into[..read].copy_from_slice(&self.chunk[..read]);
        self.chunk.advance(read);
        Ok(read)
    }
}
