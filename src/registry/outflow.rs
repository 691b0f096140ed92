//! Blobs on their way out.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::try_unfold;
use tokio::task::spawn_blocking;

use super::blob::Blob;
use super::gate::Gate;
use super::pipe::Flow;

/// What is read at once; it is handed over in smaller portions.
const AHEAD: u64 = 512 << 10;

/// Bytes of a blob, through the link of the door and into its ledger. The file must
/// stand at the first of them.
pub(super) fn stream(blob: Arc<Blob>, file: File, length: u64, gate: Arc<Gate>) -> Body {
    let download = Download {
        blob,
        file: Some(file),
        left: length,
        buffer: Bytes::new(),
        gate,
        flow: None,
    };
    Body::from_stream(try_unfold(download, async |mut download| {
        let piece = download.next().await?;
        Ok::<_, io::Error>(piece.map(|piece| (piece, download)))
    }))
}

struct Download {
    /// Keeps the file in its place.
    blob: Arc<Blob>,
    file: Option<File>,
    left: u64,
    buffer: Bytes,
    gate: Arc<Gate>,
    /// From the first portion on: the latency before it is no time on the link.
    flow: Option<Flow>,
}

impl Download {
    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        if self.left == 0 {
            return Ok(None);
        }
        if self.buffer.is_empty() {
            let file = self.file.take().ok_or(io::ErrorKind::BrokenPipe)?;
            let wanted = self.left.min(AHEAD);
            let (file, bytes) = spawn_blocking(move || read(file, wanted)).await??;
            self.file = Some(file);
            self.buffer = bytes;
        }
        let flow = self.flow.get_or_insert_with(|| self.gate.down.flow());
        let portion = flow.portion().min(self.buffer.len());
        flow.carry(portion).await;
        let piece = self.buffer.split_to(portion);
        self.left -= piece.len() as u64;
        self.gate
            .ledger
            .served(self.blob.digest(), piece.len() as u64);
        Ok(Some(piece))
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        if self.left > 0 {
            self.gate.ledger.broken();
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
