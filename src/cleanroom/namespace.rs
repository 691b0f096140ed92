//! A thread inside a room's network namespace.
//!
//! A socket belongs for good to the namespace in which it was made. So one
//! thread lives there and makes them for everybody.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use super::kernel::{self, Network};
use crate::engine::Sockets;

enum Ask {
    Tcp(SocketAddr, SyncSender<io::Result<TcpStream>>),
    Bind(SocketAddr, SyncSender<io::Result<TcpListener>>),
    Leave,
}

/// Makes sockets in a room.
#[derive(Debug)]
pub(super) struct Namespace {
    asks: Sender<Ask>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Namespace {
    /// Enters the namespace of a process.
    pub fn enter(pid: u32) -> io::Result<Self> {
        let network = Network::of(pid)?;
        Self::begin(move || network.enter())
    }

    fn begin(enter: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<Self> {
        let (asks, asked) = channel();
        let (entered, waiting) = sync_channel(1);
        let thread = thread::Builder::new()
            .name("room-network".to_owned())
            .spawn(move || {
                let outcome = enter();
                let is_in = outcome.is_ok();
                // A sending that fails is an asker that is gone.
                let _ = entered.send(outcome);
                if is_in {
                    serve(&asked);
                }
            })?;
        waiting.recv().map_err(|_| gone())??;
        Ok(Self {
            asks,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Ends the thread: as long as it lives, the namespace does.
    pub fn leave(&self) {
        let _ = self.asks.send(Ask::Leave);
        let thread = self.thread.lock().ok().and_then(|mut slot| slot.take());
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }

    /// A listener in the namespace.
    pub fn bind(&self, address: SocketAddr) -> io::Result<TcpListener> {
        self.ask(|answer| Ask::Bind(address, answer))
    }

    fn ask<T>(&self, ask: impl FnOnce(SyncSender<io::Result<T>>) -> Ask) -> io::Result<T> {
        let (sender, answer) = sync_channel(1);
        self.asks.send(ask(sender)).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

impl Sockets for Namespace {
    fn tcp(&self, for_address: SocketAddr) -> io::Result<TcpStream> {
        self.ask(|answer| Ask::Tcp(for_address, answer))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.leave();
    }
}

fn serve(asked: &Receiver<Ask>) {
    while let Ok(ask) = asked.recv() {
        match ask {
            Ask::Tcp(address, answer) => {
                let _ = answer.send(kernel::tcp(address));
            }
            Ask::Bind(address, answer) => {
                let _ = answer.send(TcpListener::bind(address));
            }
            Ask::Leave => return,
        }
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the room is closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn sockets_are_made_until_the_thread_leaves() {
        let here = Namespace::begin(|| Ok(())).unwrap();
        let listener = here.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        assert!(here.tcp(address).is_ok());
        assert!(here.tcp("[::1]:1".parse().unwrap()).is_ok());
        here.leave();
        let error = here.tcp(address).unwrap_err();
        assert_eq!(error.to_string(), "the room is closed");
    }

    #[test]
    fn a_namespace_that_cannot_be_entered_is_an_error() {
        let denied = || Err(io::ErrorKind::PermissionDenied.into());
        let error = Namespace::begin(denied).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }
}
