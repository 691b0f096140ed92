//! Sessions over the engine's own gRPC, as Docker serves it since 29.2. This daemon is a fake:
//! it listens on a Unix socket, and knows HTTP/2 from the first byte if it is asked to.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bollard::moby::buildkit::v1::control_server::{Control, ControlServer};
use bollard::moby::buildkit::v1::*;
use futures_util::stream::Empty;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use plimsoll::docker::DockerEngine;
use plimsoll::engine::Engine;
use plimsoll::units::Count;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};

use super::builder::{Ask, BuildKit};
use super::daemon::{Daemon, Parts, Serving, source};
use super::streams::{build, request};

/// How the socket takes HTTP/2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Http2 {
    /// It serves sessions.
    Sessions,
    /// It knows gRPC, and no sessions.
    NoSessions,
    /// It closes the connection, as servers of HTTP/1.1 do.
    Closes,
    /// It says nothing.
    Silent,
}

/// The engine's gRPC service.
#[derive(Clone)]
struct Service {
    http2: Http2,
    builder: BuildKit,
    /// How many sessions of builds were taken.
    sessions: Arc<AtomicUsize>,
    /// How many were opened to see whether they are.
    probes: Arc<AtomicUsize>,
    /// Set once a session has ended.
    ended: Arc<AtomicBool>,
}

type Answer<T> = Result<Response<T>, Status>;

fn unknown<T>() -> Answer<T> {
    Err(Status::unimplemented("unknown"))
}

#[tonic::async_trait]
impl Control for Service {
    type StatusStream = Empty<Result<StatusResponse, Status>>;
    type SessionStream = ReceiverStream<Result<BytesMessage, Status>>;
    type PruneStream = Empty<Result<UsageRecord, Status>>;
    type ListenBuildHistoryStream = Empty<Result<BuildHistoryEvent, Status>>;

    async fn session(
        &self,
        request: Request<Streaming<BytesMessage>>,
    ) -> Answer<Self::SessionStream> {
        if self.http2 != Http2::Sessions {
            return unknown();
        }
        let headers = request.metadata().clone().into_headers();
        let name = headers.get("x-docker-expose-session-name");
        if name.is_some_and(|name| name == "plimsoll-probe") {
            self.probes.fetch_add(1, Ordering::Relaxed);
            return Ok(Response::new(ReceiverStream::new(mpsc::channel(1).1)));
        }
        self.builder.seen(|seen| {
            for (name, value) in &headers {
                let values = seen.session.entry(name.to_string()).or_default();
                values.push(value.to_str().unwrap_or_default().to_owned());
            }
        });
        self.sessions.fetch_add(1, Ordering::Relaxed);
        let mut from_client = request.into_inner();
        let (to_client, messages) = mpsc::channel(16);
        let (near, far) = tokio::io::duplex(1 << 16);
        let (mut reading, mut writing) = tokio::io::split(far);
        tokio::spawn(async move {
            let mut buffer = vec![0; 1 << 14];
            while let Ok(read @ 1..) = reading.read(&mut buffer).await {
                let data = buffer[..read].to_vec();
                if to_client.send(Ok(BytesMessage { data })).await.is_err() {
                    break;
                }
            }
        });
        let ended = self.ended.clone();
        tokio::spawn(async move {
            while let Ok(Some(message)) = from_client.message().await {
                writing.write_all(&message.data).await.unwrap();
            }
            ended.store(true, Ordering::Relaxed);
        });
        let builder = self.builder.clone();
        tokio::spawn(async move { builder.take(TokioIo::new(near)).await });
        Ok(Response::new(ReceiverStream::new(messages)))
    }

    async fn disk_usage(&self, _: Request<DiskUsageRequest>) -> Answer<DiskUsageResponse> {
        unknown()
    }
    async fn prune(&self, _: Request<PruneRequest>) -> Answer<Self::PruneStream> {
        unknown()
    }
    async fn solve(&self, _: Request<SolveRequest>) -> Answer<SolveResponse> {
        unknown()
    }
    async fn status(&self, _: Request<StatusRequest>) -> Answer<Self::StatusStream> {
        unknown()
    }
    async fn list_workers(&self, _: Request<ListWorkersRequest>) -> Answer<ListWorkersResponse> {
        unknown()
    }
    async fn info(&self, _: Request<InfoRequest>) -> Answer<InfoResponse> {
        unknown()
    }
    async fn listen_build_history(
        &self,
        _: Request<BuildHistoryRequest>,
    ) -> Answer<Self::ListenBuildHistoryStream> {
        unknown()
    }
    async fn update_build_history(
        &self,
        _: Request<UpdateBuildHistoryRequest>,
    ) -> Answer<UpdateBuildHistoryResponse> {
        unknown()
    }
}

/// An engine at work.
struct Fake {
    engine: DockerEngine,
    builder: BuildKit,
    service: Service,
    /// Connections that began with HTTP/2.
    tries: Arc<AtomicUsize>,
    serving: Serving,
    _folder: tempfile::TempDir,
}

impl Fake {
    /// One that knows the API up to `1.newest`.
    async fn new(newest: u32, http2: Http2, asks: &[Ask]) -> Self {
        let builder = BuildKit::asking(asks);
        let (app, parts) = Daemon::accepting(40, newest)
            .building(&builder)
            .on("GET /images/plimsoll/x:1/json", 200, r#"{"Id":"sha256:7"}"#)
            .app();
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("engine.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let service = Service {
            http2,
            builder: builder.clone(),
            sessions: Arc::default(),
            probes: Arc::default(),
            ended: Arc::default(),
        };
        let tries = Arc::new(AtomicUsize::new(0));
        let (answers, count) = (service.clone(), tries.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(connection(
                    stream,
                    app.clone(),
                    answers.clone(),
                    count.clone(),
                ));
            }
        });
        let serving = Parts::served(parts, format!("unix://{}", socket.display()), task);
        let engine = DockerEngine::connect(Some(&serving.host)).await.unwrap();
        Self {
            engine,
            builder,
            service,
            tries,
            serving,
            _folder: folder,
        }
    }

    fn upgrades(&self) -> usize {
        let asked = self.serving.asked.lock().unwrap();
        asked
            .iter()
            .filter(|path| path.ends_with("/session"))
            .count()
    }
}

async fn connection(
    mut stream: UnixStream,
    app: axum::Router,
    service: Service,
    tries: Arc<AtomicUsize>,
) {
    let mut begin = [0; 3];
    if stream.read_exact(&mut begin).await.is_err() {
        return;
    }
    let is_http2 = &begin == b"PRI";
    let (reading, writing) = stream.into_split();
    let io = TokioIo::new(tokio::io::join(Cursor::new(begin).chain(reading), writing));
    if !is_http2 {
        let served = http1::Builder::new().serve_connection(io, TowerToHyperService::new(app));
        let _ = served.with_upgrades().await;
        return;
    }
    tries.fetch_add(1, Ordering::Relaxed);
    match service.http2 {
        Http2::Closes => {}
        Http2::Silent => std::future::pending().await,
        Http2::Sessions | Http2::NoSessions => {
            let routes = Routes::new(ControlServer::new(service));
            let server = http2::Builder::new(TokioExecutor::new());
            let _ = server
                .serve_connection(io, TowerToHyperService::new(routes))
                .await;
        }
    }
}

fn asks() -> Vec<Ask> {
    vec![Ask::of("dockerfile"), Ask::of("context")]
}

/// More than one message.
const LARGE: usize = 300_000;

#[tokio::test]
async fn a_session_goes_over_the_engines_own_grpc_where_it_has_it() {
    let fake = Fake::new(53, Http2::Sessions, &asks()).await;
    assert_eq!(fake.service.probes.load(Ordering::Relaxed), 1);
    let large = ("a".to_owned(), 0o644, vec![b'x'; LARGE].into());
    let source = plimsoll::context::in_memory([large], "FROM scratch\n", "key");
    let built = fake.engine.build(&request(), source, &mut |_| {}).await;
    assert_eq!(built.unwrap().sent.bytes.0, LARGE as u64);
    // Nothing is tried within the build.
    assert_eq!(
        (fake.upgrades(), fake.tries.load(Ordering::Relaxed)),
        (0, 2)
    );
    fake.builder.seen(|seen| {
        assert_eq!(seen.got[0].text("Dockerfile"), "FROM scratch\n");
        assert_eq!(seen.got[1].contents["a"], vec![b'x'; LARGE]);
        assert_eq!(
            (seen.body, seen.query["remote"].as_str()),
            (0, "client-session")
        );
        // The build names the session by the id that it was opened with.
        let header = |name: &str| &seen.session[&format!("x-docker-expose-session-{name}")];
        assert_eq!(header("uuid"), &[seen.query["session"].clone()]);
        assert_eq!(header("sharedkey"), &["key".to_owned()]);
        let synced = "/moby.filesync.v1.FileSync/DiffCopy".to_owned();
        assert!(header("grpc-method").contains(&synced));
    });
    // It ends with the build.
    let ended = async {
        while !fake.service.ended.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_secs(10), ended)
            .await
            .is_ok()
    );
    assert_eq!(fake.service.sessions.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_engine_that_does_not_take_it_is_asked_once_before_any_build() {
    for http2 in [Http2::NoSessions, Http2::Closes, Http2::Silent] {
        let fake = Fake::new(53, http2, &asks()).await;
        // Builds are timed, and a try may take seconds.
        assert_eq!(fake.tries.load(Ordering::Relaxed), 1, "{http2:?}");
        let built = build(&fake.engine).await.unwrap();
        assert_eq!(built.sent.files, Count(1), "{http2:?}");
        assert!(built.sent.synced, "{http2:?}");
        fake.builder.seen(|seen| {
            let id = &seen.session["x-docker-expose-session-uuid"];
            assert_eq!(id, &[seen.query["session"].clone()]);
        });
        assert_eq!(
            (fake.upgrades(), fake.tries.load(Ordering::Relaxed)),
            (1, 1)
        );
        // Clones know of it.
        let again = fake.engine.clone();
        let _ = tokio::time::timeout(
            Duration::from_secs(1),
            again.build(&request(), source(), &mut |_| {}),
        )
        .await;
        assert_eq!(fake.tries.load(Ordering::Relaxed), 1, "{http2:?}");
    }
}

#[tokio::test]
async fn an_engine_of_before_29_2_is_never_asked_for_it() {
    for newest in [41, 45, 51, 52] {
        let fake = Fake::new(newest, Http2::Sessions, &asks()).await;
        assert!(build(&fake.engine).await.unwrap().sent.synced);
        assert_eq!(
            (fake.upgrades(), fake.tries.load(Ordering::Relaxed)),
            (1, 0)
        );
    }
}

#[tokio::test]
async fn an_engine_at_an_address_is_never_asked_for_it() {
    let builder = BuildKit::asking(&asks());
    let daemon = Daemon::accepting(40, 53).building(&builder).on(
        "GET /images/plimsoll/x:1/json",
        200,
        r#"{"Id":"sha256:7"}"#,
    );
    let (engine, serving) = daemon.engine().await;
    assert!(build(&engine).await.unwrap().sent.synced);
    let asked = serving.asked.lock().unwrap();
    assert!(asked.contains(&"/v1.51/session".to_owned()), "{asked:?}");
}
