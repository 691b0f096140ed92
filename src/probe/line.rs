//! A persistent connection for successive requests.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::attempt::{Ask, connect, lenient};
use crate::engine::Sockets;

/// Moves the bytes.
type Mover = Connection<TokioIo<TcpStream>, Empty<Bytes>>;

/// An open connection. Its I/O is polled with each request, so that no separate task must be
/// woken.
pub(super) struct OpenConnection {
    sender: SendRequest<Empty<Bytes>>,
    /// Dropped when it has ended, which notifies the sender.
    connection: Option<Pin<Box<Mover>>>,
}

/// Why a request has no response. It has causes instead of texts, which are formatted once, at
/// the end.
#[derive(Debug)]
pub(super) enum Lost {
    /// The connection failed.
    Connect(io::Error),
    /// The connection ended before a response began.
    Unanswered(hyper::Error),
    /// It ended during a response.
    Cut(hyper::Error),
}

impl OpenConnection {
    pub(super) async fn open(
        sockets: Option<&dyn Sockets>,
        address: SocketAddr,
    ) -> Result<Self, Lost> {
        let stream = connect(sockets, address).await.map_err(Lost::Connect)?;
        stream.set_nodelay(true).map_err(Lost::Connect)?;
        let (sender, connection) = lenient()
            .handshake(TokioIo::new(stream))
            .await
            .map_err(Lost::Unanswered)?;
        Ok(Self {
            sender,
            connection: Some(Box::pin(connection)),
        })
    }

    /// Sends a request, reads the complete response, and returns its status.
    pub(super) async fn ask(&mut self, ask: Ask) -> Result<u16, Lost> {
        let (sender, connection) = (&mut self.sender, &mut self.connection);
        let mut answer = pin!(async move {
            sender.ready().await.map_err(Lost::Unanswered)?;
            let response = sender.send_request(ask).await.map_err(Lost::Unanswered)?;
            let status = response.status().as_u16();
            let mut body = response.into_body();
            while let Some(frame) = body.frame().await {
                frame.map_err(Lost::Cut)?;
            }
            Ok(status)
        });
        loop {
            match connection {
                Some(open) => tokio::select! {
                    biased;
                    answer = &mut answer => return answer,
                    // The response reports its end or failure.
                    _ = open => *connection = None,
                },
                None => return answer.await,
            }
        }
    }
}
