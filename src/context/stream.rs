//! The tar stream: packed on a thread, handed over through a bounded channel.

use std::io::{self, Write};
use std::mem;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_stream::wrappers::ReceiverStream;

use super::entry::SizedFile;
use super::error::ContextError;
use super::pack::{ItemBody, PackedItem};
use crate::engine::BuildContext;

/// Size of a chunk; with [`CHUNKS`] it bounds what waits in memory.
const CHUNK_BYTES: usize = 128 << 10;
/// Chunks that may wait.
const CHUNKS: usize = 16;

const NANOS_IN_A_SECOND: u64 = 1_000_000_000;

type Chunk = io::Result<Bytes>;

/// Starts the packing.
pub(super) fn open(root: PathBuf, plan: Result<Vec<PackedItem>, ContextError>) -> BuildContext {
    let (sender, receiver) = channel(CHUNKS);
    match plan {
        Ok(items) => start(root, items, &sender),
        Err(error) => refuse(&sender, io::Error::other(error)),
    }
    drop(sender);
    stream(receiver)
}

fn start(root: PathBuf, items: Vec<PackedItem>, sender: &Sender<Chunk>) {
    let own = sender.clone();
    // A blocking task and not a plain thread: a paused runtime knows of it, and
    // does not move its clock while a context is being packed.
    tokio::task::spawn_blocking(move || {
        if let Err(error) = pack(&root, &items, &own) {
            // Nobody listens any more where the stream was dropped: fine.
            let _ = own.blocking_send(Err(error));
        }
    });
}

fn refuse(sender: &Sender<Chunk>, error: io::Error) {
    // The channel is new and has room.
    let _ = sender.try_send(Err(error));
}

fn stream(receiver: Receiver<Chunk>) -> BuildContext {
    Box::pin(ReceiverStream::new(receiver))
}

fn pack(root: &Path, items: &[PackedItem], sender: &Sender<Chunk>) -> io::Result<()> {
    let mut tar = tar::Builder::new(Chunks {
        sender,
        buffer: Vec::with_capacity(CHUNK_BYTES),
    });
    for item in items {
        append(&mut tar, root, item)?;
    }
    tar.into_inner()?.flush()
}

fn append<W: Write>(tar: &mut tar::Builder<W>, root: &Path, item: &PackedItem) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_mode(item.mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(item.modified.0 / NANOS_IN_A_SECOND);
    header.set_size(0);
    match &item.body {
        ItemBody::Folder => {
            header.set_entry_type(tar::EntryType::Directory);
            tar.append_data(&mut header, format!("{}/", item.path), io::empty())
        }
        ItemBody::Link(target) => {
            header.set_entry_type(tar::EntryType::Symlink);
            tar.append_link(&mut header, &item.path, target)
        }
        ItemBody::Tree(size) => {
            header.set_size(*size);
            let file = SizedFile::open(root, &item.path, *size)?;
            tar.append_data(&mut header, &item.path, file)
        }
        ItemBody::Overlaid(content) => {
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, &item.path, content.as_ref())
        }
    }
}

/// Collects what tar writes into chunks.
struct Chunks<'a> {
    sender: &'a Sender<Chunk>,
    buffer: Vec<u8>,
}

impl Write for Chunks<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(CHUNK_BYTES - self.buffer.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        if self.buffer.len() == CHUNK_BYTES {
            self.flush()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let full = mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK_BYTES));
        self.sender
            .blocking_send(Ok(full.into()))
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}
