//! A thread in a room's network namespace.
//!
//! A socket belongs to the namespace in which it was created. So one thread stays in the
//! namespace and creates sockets for all callers.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, JoinHandle};

use super::kernel::{self, NetworkNamespace};
use crate::engine::Sockets;

enum SocketRequest {
    Connect(SocketAddr, SyncSender<io::Result<TcpStream>>),
    Bind(SocketAddr, SyncSender<io::Result<TcpListener>>),
    Stop,
}

/// Creates sockets in a room.
#[derive(Debug)]
pub(super) struct Namespace {
    requests: Sender<SocketRequest>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Namespace {
    /// Enters the namespace of a process.
    pub fn enter(pid: u32) -> io::Result<Self> {
        let network = NetworkNamespace::of(pid)?;
        Self::begin(move || network.enter())
    }

    fn begin(enter: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<Self> {
        let (requests, received) = channel();
        let (entered, waiting) = sync_channel(1);
        let thread = thread::Builder::new()
            .name("room-network".to_owned())
            .spawn(move || {
                let outcome = enter();
                let is_in = outcome.is_ok();
                // Fails if the caller has stopped waiting.
                let _ = entered.send(outcome);
                if is_in {
                    serve(&received);
                }
            })?;
        waiting.recv().map_err(|_| gone())??;
        Ok(Self {
            requests,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Ends the thread, which keeps the namespace alive.
    pub fn stop(&self) {
        let _ = self.requests.send(SocketRequest::Stop);
        let thread = self.thread.lock().ok().and_then(|mut slot| slot.take());
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }

    /// A listener in the namespace.
    pub fn bind(&self, address: SocketAddr) -> io::Result<TcpListener> {
        self.send(|answer| SocketRequest::Bind(address, answer))
    }

    fn send<T>(
        &self,
        request: impl FnOnce(SyncSender<io::Result<T>>) -> SocketRequest,
    ) -> io::Result<T> {
        let (sender, answer) = sync_channel(1);
        self.requests.send(request(sender)).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

impl Sockets for Namespace {
    fn tcp(&self, for_address: SocketAddr) -> io::Result<TcpStream> {
        self.send(|answer| SocketRequest::Connect(for_address, answer))
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.stop();
    }
}

fn serve(requests: &Receiver<SocketRequest>) {
    while let Ok(request) = requests.recv() {
        match request {
            SocketRequest::Connect(address, answer) => {
                let _ = answer.send(kernel::tcp(address));
            }
            SocketRequest::Bind(address, answer) => {
                let _ = answer.send(TcpListener::bind(address));
            }
            SocketRequest::Stop => return,
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
    fn sockets_are_created_until_the_thread_stops() {
        let here = Namespace::begin(|| Ok(())).unwrap();
        let listener = here.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        assert!(here.tcp(address).is_ok());
        assert!(here.tcp("[::1]:1".parse().unwrap()).is_ok());
        here.stop();
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
