//! The address of an engine.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::{TcpStream, UnixStream};
use tokio_util::either::Either;

/// Docker's default socket.
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// The default port of a `tcp://` address, for the API without TLS.
const DEFAULT_PORT: u16 = 2375;

/// The address of an engine. Its text contains no user information.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A socket in the file system.
    Unix(PathBuf),
    /// `host:port`, without TLS.
    Tcp(String),
}

/// An address that plimsoll cannot use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// The scheme is not supported.
    #[error("`{0}://` is not supported")]
    Scheme(String),
    /// The address is empty after the scheme.
    #[error("the address is empty")]
    Empty,
}

/// How long one address of a host may take if there is another.
const ADDRESS_WITHIN: Duration = Duration::from_secs(3);

/// A connection to an engine.
pub(super) type Connection = Either<UnixStream, TcpStream>;

/// Connects to the first address of a host that answers.
async fn connect_to(authority: &str) -> io::Result<TcpStream> {
    let mut addresses = tokio::net::lookup_host(authority).await?.peekable();
    while let Some(address) = addresses.next() {
        let connecting = TcpStream::connect(address);
        if addresses.peek().is_none() {
            return connecting.await;
        }
        if let Ok(Ok(stream)) = tokio::time::timeout(ADDRESS_WITHIN, connecting).await {
            return Ok(stream);
        }
    }
    let error = "the host has no address";
    Err(io::Error::new(io::ErrorKind::NotFound, error))
}

impl Default for Endpoint {
    fn default() -> Self {
        Self::Unix(PathBuf::from(DEFAULT_SOCKET))
    }
}

impl Endpoint {
    /// Parses an address in the form of `DOCKER_HOST`: `unix:///run/x.sock`,
    /// `tcp://host:2375`, `http://host:2375`, or the bare path of a socket.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None if text.starts_with('/') => ("unix".to_owned(), text),
            None => ("tcp".to_owned(), text),
        };
        if rest.is_empty() {
            return Err(EndpointError::Empty);
        }
        match scheme.as_str() {
            "unix" => Ok(Self::Unix(PathBuf::from(rest))),
            "tcp" | "http" => {
                let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
                let host = authority
                    .rsplit_once('@')
                    .map_or(authority, |(_, host)| host);
                // An IPv6 address contains colons in brackets.
                let has_port = host
                    .rsplit_once(':')
                    .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
                match (host.is_empty(), has_port) {
                    (true, _) => Err(EndpointError::Empty),
                    (false, true) => Ok(Self::Tcp(host.to_owned())),
                    (false, false) => Ok(Self::Tcp(format!("{host}:{DEFAULT_PORT}"))),
                }
            }
            _ => Err(EndpointError::Scheme(scheme)),
        }
    }

    /// A new connection.
    pub(super) async fn connect(&self) -> io::Result<Connection> {
        Ok(match self {
            Self::Unix(socket) => Either::Left(UnixStream::connect(socket).await?),
            Self::Tcp(authority) => Either::Right(connect_to(authority).await?),
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(authority) => write!(f, "tcp://{authority}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(input: &str) -> String {
        Endpoint::parse(input).unwrap().to_string()
    }

    #[test]
    fn every_form_of_docker_host_is_read() {
        assert_eq!(text("unix:///run/x.sock"), "unix:///run/x.sock");
        assert_eq!(text("/run/x.sock"), "unix:///run/x.sock");
        assert_eq!(text("tcp://10.0.0.1:2376/"), "tcp://10.0.0.1:2376");
        assert_eq!(text("http://engine"), "tcp://engine:2375");
        assert_eq!(text("tcp://[::1]:99"), "tcp://[::1]:99");
    }

    #[test]
    fn user_information_is_dropped() {
        assert_eq!(text("tcp://me:secret@engine:1"), "tcp://engine:1");
    }

    #[test]
    fn what_is_not_spoken_is_refused() {
        assert_eq!(
            Endpoint::parse("ssh://host"),
            Err(EndpointError::Scheme("ssh".to_owned()))
        );
        assert_eq!(Endpoint::parse("unix://"), Err(EndpointError::Empty));
        assert_eq!(Endpoint::parse("tcp://me@"), Err(EndpointError::Empty));
    }
}
