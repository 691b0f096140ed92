//! A fake BuildKit: it takes the session of a build, and asks for the context over it as the
//! real one does.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use base64::Engine as _;
use bollard::fsutil::types::Packet;
use bollard::fsutil::types::packet::PacketType;
use bollard::moby::filesync::v1::file_sync_client::FileSyncClient;
use futures_util::StreamExt;
use hyper::client::conn::http2;
use hyper_util::rt::TokioExecutor;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::codegen::{Service, http};
use tonic::{Code, Status};

/// A stream of the context that the builder opens.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ask {
    pub(crate) directory: &'static str,
    /// Headers besides the directory's.
    pub(crate) headers: Vec<(&'static str, &'static str)>,
    /// What is wanted of the files that were listed, by their path; none for all.
    pub(crate) wanted: Option<Vec<&'static str>>,
    /// An id that is asked for, listed or not.
    pub(crate) id: Option<u32>,
    /// Whether it leaves in the middle.
    pub(crate) leaves: bool,
}

impl Ask {
    pub(crate) fn of(directory: &'static str) -> Self {
        Self {
            directory,
            ..Self::default()
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(crate) fn wanting(mut self, paths: &[&'static str]) -> Self {
        self.wanted = Some(paths.to_vec());
        self
    }
}

/// What came of one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Got {
    /// Path, Go mode and target of each entry, in the order in which they were listed.
    pub(crate) entries: Vec<(String, u32, String)>,
    pub(crate) contents: BTreeMap<String, Vec<u8>>,
    /// Whether the transfer was ended by both sides.
    pub(crate) finished: bool,
    pub(crate) failure: Option<(Code, String)>,
}

impl Got {
    pub(crate) fn paths(&self) -> Vec<&str> {
        self.entries.iter().map(|entry| entry.0.as_str()).collect()
    }

    pub(crate) fn text(&self, path: &str) -> String {
        String::from_utf8(self.contents[path].clone()).unwrap()
    }
}

/// What the builder saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Headers of the session, each name with its values.
    pub(crate) session: BTreeMap<String, Vec<String>>,
    /// The query of the build, decoded, and how many bytes its body had.
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: usize,
    pub(crate) got: Vec<Got>,
}

#[derive(Clone)]
pub(crate) struct BuildKit {
    asks: Arc<Vec<Ask>>,
    /// Whether it knows sessions.
    sessions: bool,
    connection: Arc<Mutex<Option<Channel>>>,
    pub(crate) seen: Arc<Mutex<Seen>>,
}

impl BuildKit {
    pub(crate) fn asking(asks: &[Ask]) -> Self {
        Self {
            asks: Arc::new(asks.to_vec()),
            sessions: true,
            connection: Arc::default(),
            seen: Arc::default(),
        }
    }

    /// One that has no sessions.
    pub(crate) fn without_sessions() -> Self {
        let sessions = false;
        Self {
            sessions,
            ..Self::asking(&[])
        }
    }

    /// Answers `POST /session` and `POST /build`.
    pub(crate) async fn answer(&self, request: Request) -> Response<Body> {
        let path = request.uri().path().to_owned();
        if path.ends_with("/session") {
            return match self.sessions {
                true => self.open(request),
                false => refused(),
            };
        }
        let pairs = request.uri().query().unwrap_or_default().split('&');
        let pairs = pairs.filter_map(|pair| pair.split_once('='));
        let query = pairs.map(|(name, value)| (name.to_owned(), decoded(value)));
        let query: BTreeMap<_, _> = query.collect();
        let mut body = 0;
        let mut chunks = request.into_body().into_data_stream();
        while let Some(Ok(chunk)) = chunks.next().await {
            body += chunk.len();
        }
        self.seen(|seen| (seen.query, seen.body) = (query, body));
        let Some(channel) = self.taken().await else {
            return Response::new(Body::from(traced()));
        };
        for ask in self.asks.iter() {
            let got = fetch(channel.clone(), ask).await;
            let failure = got.failure.clone();
            self.seen(|seen| seen.got.push(got));
            if let Some((_, message)) = failure {
                let error = serde_json::json!({"errorDetail": {"message": message}});
                return Response::new(Body::from(format!("{error}\r\n")));
            }
        }
        Response::new(Body::from(traced()))
    }

    pub(crate) fn seen<T>(&self, f: impl FnOnce(&mut Seen) -> T) -> T {
        f(&mut self.seen.lock().unwrap())
    }

    fn open(&self, request: Request) -> Response<Body> {
        let mut session = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in request.headers() {
            let values = session.entry(name.to_string()).or_default();
            values.push(value.to_str().unwrap().to_owned());
        }
        self.seen(|seen| seen.session = session);
        let builder = self.clone();
        tokio::spawn(async move {
            let upgraded = hyper::upgrade::on(request).await.unwrap();
            builder.take(upgraded).await;
        });
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        for (name, value) in [("connection", "Upgrade"), ("upgrade", "h2c")] {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        response
    }

    /// Takes the connection of a session.
    pub(crate) async fn take(
        &self,
        io: impl hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    ) {
        *self.connection.lock().unwrap() = Some(Channel::over(io).await);
    }

    /// The session, which comes up while the build is being asked for.
    async fn taken(&self) -> Option<Channel> {
        if self.seen(|seen| !seen.query.contains_key("session") || seen.session.is_empty()) {
            return None;
        }
        loop {
            if let Some(channel) = self.connection.lock().unwrap().clone() {
                return Some(channel);
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

fn refused() -> Response<Body> {
    let mut response = Response::new(Body::from(r#"{"message":"page not found"}"#));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Opens one stream, and takes what it gives.
async fn fetch(channel: Channel, ask: &Ask) -> Got {
    let mut got = Got::default();
    if let Err(status) = take(channel, ask, &mut got).await {
        got.failure = Some((status.code(), status.message().to_owned()));
    }
    got
}

async fn take(channel: Channel, ask: &Ask, got: &mut Got) -> Result<(), Status> {
    let origin = "http://builder".parse().unwrap();
    let mut client = FileSyncClient::with_origin(channel, origin);
    let (sender, receiver) = mpsc::channel(64);
    let mut request = tonic::Request::new(ReceiverStream::new(receiver));
    let headers = request.metadata_mut();
    headers.insert("dir-name", ask.directory.parse().unwrap());
    for (name, value) in &ask.headers {
        headers.append(*name, value.parse().unwrap());
    }
    let mut packets = client.diff_copy(request).await?.into_inner();
    let packet = |kind: PacketType, id| Packet {
        r#type: kind.into(),
        id,
        ..Packet::default()
    };
    let mut open: BTreeMap<u32, String> = BTreeMap::new();
    let mut listed = false;
    loop {
        let Some(next) = packets.message().await? else {
            return Ok(());
        };
        match (next.r#type(), next.stat) {
            (PacketType::PacketStat, Some(stat)) => {
                let id = u32::try_from(got.entries.len()).unwrap();
                let is_file = stat.mode & (1 << 31 | 1 << 27) == 0;
                let wanted = ask.wanted.as_ref();
                if is_file && wanted.is_none_or(|paths| paths.contains(&stat.path.as_str())) {
                    open.insert(id, stat.path.clone());
                    let _ = sender.send(packet(PacketType::PacketReq, id)).await;
                }
                got.entries.push((stat.path, stat.mode, stat.linkname));
                continue;
            }
            // The list is whole.
            (PacketType::PacketStat, None) => {
                listed = true;
                if let Some(id) = ask.id {
                    let _ = sender.send(packet(PacketType::PacketReq, id)).await;
                    continue;
                }
            }
            (PacketType::PacketData, _) if next.data.is_empty() => {
                got.contents
                    .entry(open.remove(&next.id).unwrap())
                    .or_default();
            }
            (PacketType::PacketData, _) => {
                let content = got.contents.entry(open[&next.id].clone()).or_default();
                content.extend_from_slice(&next.data);
            }
            (PacketType::PacketFin, _) => {
                got.finished = true;
                return Ok(());
            }
            (other, _) => panic!("{other:?}"),
        }
        if ask.leaves {
            return Ok(());
        }
        if listed && open.is_empty() {
            let _ = sender.send(packet(PacketType::PacketFin, 0)).await;
        }
    }
}

/// A gRPC client over one connection.
#[derive(Clone)]
pub(crate) struct Channel(http2::SendRequest<tonic::body::Body>);

impl Channel {
    pub(crate) async fn over(
        io: impl hyper::rt::Read + hyper::rt::Write + Unpin + Send + 'static,
    ) -> Self {
        let handshake = http2::handshake(TokioExecutor::new(), io).await;
        let (sender, connection) = handshake.unwrap();
        tokio::spawn(connection);
        Self(sender)
    }
}

impl Service<http::Request<tonic::body::Body>> for Channel {
    type Response = http::Response<hyper::body::Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, hyper::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<tonic::body::Body>) -> Self::Future {
        Box::pin(self.0.send_request(request))
    }
}

/// A trace of one step, as the status stream carries it: a `StatusResponse` with one `Vertex`.
fn traced() -> String {
    let field = |number: u8, bytes: &[u8]| {
        let length = u8::try_from(bytes.len()).unwrap();
        [&[number << 3 | 2, length], bytes].concat()
    };
    let vertex = [
        field(1, b"sha256:1"),
        field(3, b"[1/1] COPY . /"),
        field(5, &[8, 100]),
        field(6, &[8, 102]),
    ];
    let status = base64::prelude::BASE64_STANDARD.encode(field(1, &vertex.concat()));
    format!("{{\"id\":\"moby.buildkit.trace\",\"aux\":\"{status}\"}}\r\n")
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                let digits = std::str::from_utf8(&digits).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).unwrap()
}
