//! Bodies on their way in.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::blob::Draft;
use super::fault::{Code, Fault};
use super::gate::Gate;
use super::ledger::Ledger;

/// A client that sends nothing for so long is gone.
const STALL: Duration = Duration::from_secs(120);
/// What is hashed and written at once, while the next batch comes in.
const BATCH: usize = 512 << 10;

/// Reads a blob, or a chunk of `length` bytes of it, into the draft. Where this
/// fails or is dropped, the draft is gone.
pub(super) async fn absorb(
    body: &mut Body,
    draft: Draft,
    gate: &Gate,
    length: Option<u64>,
) -> Result<Draft, Fault> {
    let mut receipt = Receipt(Some(&gate.ledger));
    let flow = gate.up.flow();
    let mut writer = Writer::new(draft);
    let mut came = 0;
    while let Some(piece) = next(body).await? {
        flow.carry(piece.len()).await;
        came += piece.len() as u64;
        let pushed = match length {
            Some(length) if came > length => Err(wrong_length()),
            _ => writer.push(&piece).await,
        };
        if let Err(fault) = pushed {
            receipt.0 = None;
            return Err(fault);
        }
    }
    receipt.0 = None;
    if length.is_some_and(|length| came < length) {
        return Err(wrong_length());
    }
    writer.finish().await
}

/// Reads a whole body of at most `most` bytes.
///
/// Source: distribution specification, section "Pushing Manifests", the limit.
pub(super) async fn collect(body: &mut Body, gate: &Gate, most: usize) -> Result<Bytes, Fault> {
    let mut receipt = Receipt(Some(&gate.ledger));
    let flow = gate.up.flow();
    let mut whole = BytesMut::new();
    while let Some(piece) = next(body).await? {
        flow.carry(piece.len()).await;
        if whole.len() + piece.len() > most {
            receipt.0 = None;
            return Err(too_large(most));
        }
        whole.extend_from_slice(&piece);
    }
    receipt.0 = None;
    Ok(whole.freeze())
}

pub(super) fn too_large(most: usize) -> Fault {
    Fault::new(
        Code::ManifestInvalid,
        format!("a manifest has {most} bytes at most"),
    )
    .status(StatusCode::PAYLOAD_TOO_LARGE)
}

fn wrong_length() -> Fault {
    Fault::new(
        Code::SizeInvalid,
        "the chunk is not as long as its Content-Range",
    )
}

/// The next piece of a body.
pub(super) async fn next(body: &mut Body) -> Result<Option<Bytes>, Fault> {
    loop {
        let frame = timeout(STALL, body.frame()).await.map_err(|_| {
            Fault::new(Code::BlobUploadInvalid, "the body stalled")
                .status(StatusCode::REQUEST_TIMEOUT)
        })?;
        match frame {
            None => return Ok(None),
            Some(Ok(frame)) => {
                // Trailers mean nothing here.
                if let Ok(piece) = frame.into_data() {
                    return Ok(Some(piece));
                }
            }
            Some(Err(error)) => {
                let why = format!("the body broke off: {error}");
                return Err(Fault::new(Code::BlobUploadInvalid, why));
            }
        }
    }
}

/// Counts a body as broken unless it was seen through.
struct Receipt<'a>(Option<&'a Ledger>);

impl Drop for Receipt<'_> {
    fn drop(&mut self) {
        if let Some(ledger) = self.0 {
            ledger.broken();
        }
    }
}

/// Hashes and writes away from the threads that serve, one batch behind the network.
struct Writer {
    filling: Vec<u8>,
    /// The draft and the memory of the batch before, unless they are at work.
    resting: Option<Written>,
    working: Option<JoinHandle<io::Result<Written>>>,
}

type Written = (Draft, Vec<u8>);

impl Writer {
    fn new(draft: Draft) -> Self {
        Self {
            filling: Vec::new(),
            resting: Some((draft, Vec::new())),
            working: None,
        }
    }

    async fn push(&mut self, piece: &[u8]) -> Result<(), Fault> {
        self.filling.extend_from_slice(piece);
        if self.filling.len() < BATCH {
            return Ok(());
        }
        let (mut draft, spare) = self.rest().await?;
        let mut batch = std::mem::replace(&mut self.filling, spare);
        self.working = Some(spawn_blocking(move || {
            draft.append(&batch)?;
            batch.clear();
            Ok((draft, batch))
        }));
        Ok(())
    }

    async fn finish(mut self) -> Result<Draft, Fault> {
        let (mut draft, _) = self.rest().await?;
        if self.filling.is_empty() {
            return Ok(draft);
        }
        let last = self.filling;
        written(spawn_blocking(move || draft.append(&last).map(|()| draft)).await)
    }

    /// Waits until the batch before is written.
    async fn rest(&mut self) -> Result<Written, Fault> {
        if let Some(job) = self.working.take() {
            return written(job.await);
        }
        let gone = || Fault::new(Code::Unknown, "the upload has failed");
        self.resting.take().ok_or_else(gone)
    }
}

fn written<T>(done: Result<io::Result<T>, JoinError>) -> Result<T, Fault> {
    done.map_err(io::Error::other)
        .flatten()
        .map_err(|error| Fault::disk("store the blob", &error))
}
