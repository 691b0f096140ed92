//! A connection that is kept for one request after another.

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

/// An open connection. What moves its bytes is polled along with each request, so
/// that no task has to be woken for it.
pub(super) struct Line {
    sender: SendRequest<Empty<Bytes>>,
    /// Dropped once it has ended: that is how the sender hears of it.
    connection: Option<Pin<Box<Mover>>>,
}

/// Why a request has no answer. Holds causes, not texts: those are made once, at the end.
#[derive(Debug)]
pub(super) enum Lost {
    /// There is no connection.
    Connect(io::Error),
    /// The connection ended before an answer began.
    Unanswered(hyper::Error),
    /// It ended within one.
    Cut(hyper::Error),
}

impl Line {
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

    /// Asks, and reads the whole answer; gives its status.
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
                    // Its end, or its failure, reaches the answer.
                    _ = open => *connection = None,
                },
                None => return answer.await,
            }
        }
    }
}
