//! The network namespace from which connections are made.

use std::io;
use std::net::{SocketAddr, TcpStream};

/// Creates sockets in a network namespace.
pub trait Sockets: Send + Sync + 'static {
    /// A TCP socket of the address family: unconnected, non-blocking, close-on-exec.
    ///
    /// # Errors
    /// Errors of the system call.
    fn tcp(&self, for_address: SocketAddr) -> io::Result<TcpStream>;
}
