//! The bodies of uploads.

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::blob::PartialBlob;
use super::endpoint::EndpointState;
use super::response_error::{Code, ErrorResponse};
use super::traffic::TrafficCounter;

/// A client that sends nothing for this long is treated as disconnected.
const STALL: Duration = Duration::from_secs(120);
/// How much is hashed and written at once, while the next batch arrives.
const BATCH: usize = 512 << 10;

/// Reads a blob, or a chunk of `length` bytes, into the partial blob. On failure or drop the
/// partial blob is removed.
pub(super) async fn receive_blob(
    body: &mut Body,
    partial: PartialBlob,
    endpoint: &EndpointState,
    length: Option<u64>,
) -> Result<PartialBlob, ErrorResponse> {
    let mut guard = BrokenBodyGuard(Some(&endpoint.traffic));
    let flow = endpoint.up.flow();
    let mut writer = Writer::new(partial);
    let mut received = 0;
    while let Some(piece) = next(body).await? {
        flow.transmit(piece.len()).await;
        received += piece.len() as u64;
        let pushed = match length {
            Some(length) if received > length => Err(wrong_length()),
            _ => writer.push(&piece).await,
        };
        if let Err(fault) = pushed {
            guard.0 = None;
            return Err(fault);
        }
    }
    guard.0 = None;
    if length.is_some_and(|length| received < length) {
        return Err(wrong_length());
    }
    writer.finish().await
}

/// Reads a whole body of at most `most` bytes.
///
/// Source: distribution specification, section "Pushing Manifests", the limit.
pub(super) async fn receive_all(
    body: &mut Body,
    endpoint: &EndpointState,
    most: usize,
) -> Result<Bytes, ErrorResponse> {
    let mut guard = BrokenBodyGuard(Some(&endpoint.traffic));
    let flow = endpoint.up.flow();
    let mut whole = BytesMut::new();
    while let Some(piece) = next(body).await? {
        flow.transmit(piece.len()).await;
        if whole.len() + piece.len() > most {
            guard.0 = None;
            return Err(too_large(most));
        }
        whole.extend_from_slice(&piece);
    }
    guard.0 = None;
    Ok(whole.freeze())
}

pub(super) fn too_large(most: usize) -> ErrorResponse {
    ErrorResponse::new(
        Code::ManifestInvalid,
        format!("a manifest may have at most {most} bytes"),
    )
    .status(StatusCode::PAYLOAD_TOO_LARGE)
}

fn wrong_length() -> ErrorResponse {
    ErrorResponse::new(
        Code::SizeInvalid,
        "the length of the chunk differs from its Content-Range",
    )
}

/// The next piece of a body.
pub(super) async fn next(body: &mut Body) -> Result<Option<Bytes>, ErrorResponse> {
    loop {
        let frame = timeout(STALL, body.frame()).await.map_err(|_| {
            ErrorResponse::new(Code::BlobUploadInvalid, "the body stalled")
                .status(StatusCode::REQUEST_TIMEOUT)
        })?;
        match frame {
            None => return Ok(None),
            Some(Ok(frame)) => {
                // Trailers are ignored.
                if let Ok(piece) = frame.into_data() {
                    return Ok(Some(piece));
                }
            }
            Some(Err(error)) => {
                let why = format!("the body broke off: {error}");
                return Err(ErrorResponse::new(Code::BlobUploadInvalid, why));
            }
        }
    }
}

/// Counts a body as broken unless it was read to the end.
struct BrokenBodyGuard<'a>(Option<&'a TrafficCounter>);

impl Drop for BrokenBodyGuard<'_> {
    fn drop(&mut self) {
        if let Some(traffic) = self.0 {
            traffic.broken();
        }
    }
}

/// Hashes and writes outside the async worker threads, one batch behind the network.
struct Writer {
    filling: Vec<u8>,
    /// The partial blob and the buffer of the previous batch, unless a batch is being written.
    idle: Option<Written>,
    writing: Option<JoinHandle<io::Result<Written>>>,
}

type Written = (PartialBlob, Vec<u8>);

impl Writer {
    fn new(partial: PartialBlob) -> Self {
        Self {
            filling: Vec::new(),
            idle: Some((partial, Vec::new())),
            writing: None,
        }
    }

    async fn push(&mut self, piece: &[u8]) -> Result<(), ErrorResponse> {
        self.filling.extend_from_slice(piece);
        if self.filling.len() < BATCH {
            return Ok(());
        }
        let (mut partial, spare) = self.wait_idle().await?;
        let mut batch = std::mem::replace(&mut self.filling, spare);
        self.writing = Some(spawn_blocking(move || {
            partial.append(&batch)?;
            batch.clear();
            Ok((partial, batch))
        }));
        Ok(())
    }

    async fn finish(mut self) -> Result<PartialBlob, ErrorResponse> {
        let (mut partial, _) = self.wait_idle().await?;
        if self.filling.is_empty() {
            return Ok(partial);
        }
        let last = self.filling;
        written(spawn_blocking(move || partial.append(&last).map(|()| partial)).await)
    }

    /// Waits until the previous batch is written.
    async fn wait_idle(&mut self) -> Result<Written, ErrorResponse> {
        if let Some(job) = self.writing.take() {
            return written(job.await);
        }
        let gone = || ErrorResponse::new(Code::Unknown, "the upload has failed");
        self.idle.take().ok_or_else(gone)
    }
}

fn written<T>(done: Result<io::Result<T>, JoinError>) -> Result<T, ErrorResponse> {
    done.map_err(io::Error::other)
        .flatten()
        .map_err(|error| ErrorResponse::disk("store the blob", &error))
}
