//! Where connections are made from.

use std::io;
use std::net::{SocketAddr, TcpStream};

/// Makes sockets in some network namespace.
pub trait Sockets: Send + Sync + 'static {
    /// A TCP socket of the address's family: not connected, not blocking, closed on exec.
    ///
    /// # Errors
    /// Those of the kernel.
    fn tcp(&self, for_address: SocketAddr) -> io::Result<TcpStream>;
}
