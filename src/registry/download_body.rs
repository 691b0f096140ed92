//! The bodies of downloads.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::try_unfold;
use tokio::task::spawn_blocking;

use super::blob::Blob;
use super::endpoint::EndpointState;
use super::throttle::Flow;

/// How much is read from the file at once; it is sent in smaller chunks.
const READ_SIZE: u64 = 512 << 10;

/// Streams `length` bytes of a blob at the rate of the endpoint and counts them. The file must be
/// positioned at the first byte.
pub(super) fn stream(
    blob: Arc<Blob>,
    file: File,
    length: u64,
    endpoint: Arc<EndpointState>,
) -> Body {
    let download = Download {
        blob,
        file: Some(file),
        left: length,
        buffer: Bytes::new(),
        endpoint,
        flow: None,
    };
    Body::from_stream(try_unfold(download, async |mut download| {
        let piece = download.next().await?;
        Ok::<_, io::Error>(piece.map(|piece| (piece, download)))
    }))
}

struct Download {
    /// Keeps the file from being removed.
    blob: Arc<Blob>,
    file: Option<File>,
    left: u64,
    buffer: Bytes,
    endpoint: Arc<EndpointState>,
    /// Set with the first chunk, because the latency before it does not occupy the link.
    flow: Option<Flow>,
}

impl Download {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.left == 0 {
            return Ok(None);
        }
        if self.buffer.is_empty() {
            let file = self.file.take().ok_or(io::ErrorKind::BrokenPipe)?;
            let wanted = self.left.min(READ_SIZE);
            let (file, bytes) = spawn_blocking(move || read(file, wanted)).await??;
            self.file = Some(file);
            self.buffer = bytes;
        }
        let flow = self.flow.get_or_insert_with(|| self.endpoint.down.flow());
        let chunk_size = flow.chunk_size().min(self.buffer.len());
        flow.transmit(chunk_size).await;
        let piece = self.buffer.split_to(chunk_size);
        self.left -= piece.len() as u64;
        self.endpoint
            .traffic
            .served(self.blob.digest(), piece.len() as u64);
        Ok(Some(piece))
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        if self.left > 0 {
            self.endpoint.traffic.broken();
        }
    }
}

fn read(file: File, wanted: u64) -> io::Result<(File, Bytes)> {
    let mut bytes = Vec::with_capacity(usize::try_from(wanted).unwrap_or_default());
    let mut rest = file.take(wanted);
    rest.read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < wanted {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((rest.into_inner(), bytes.into()))
}
