//! Accepts and serves connections.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::endpoint::EndpointState;
use super::handlers;
use super::state::ServerState;

/// Limits the buffer of a connection and the size of body frames.
const BUFFER: usize = 128 << 10;
/// How long a client may take to send the headers of a request.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How often idle sessions are removed.
const SWEEP: Duration = Duration::from_secs(60);
/// The pause after a failed accept, for example when no file descriptors are left.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts connections until the registry closes.
pub(super) async fn accept(
    listener: TcpListener,
    state: Arc<ServerState>,
    endpoint: Arc<EndpointState>,
) {
    let mut sweep = interval(SWEEP);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = state.closing.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    state.tasks.spawn(connection(stream, state.clone(), endpoint.clone()));
                }
                Err(_) => sleep(PAUSE).await,
            },
            _ = sweep.tick() => state.sessions.sweep(),
        }
    }
}

async fn connection(stream: TcpStream, state: Arc<ServerState>, endpoint: Arc<EndpointState>) {
    // Without it, small responses wait for the client's acknowledgements.
    let _ = stream.set_nodelay(true);
    let (closing, killing) = (state.closing.clone(), state.killing.clone());
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let (state, endpoint) = (state.clone(), endpoint.clone());
        async move {
            Ok::<_, Infallible>(handlers::answer(&state, &endpoint, request.map(Body::new)).await)
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .max_buf_size(BUFFER)
            // A client may close its sending half after the request and still read the response.
            .half_close(true)
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .serve_connection(TokioIo::new(stream), service)
    );
    // The result is ignored: the traffic counter records bodies that broke off.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = closing.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = connection => {}
        () = killing.cancelled() => {}
    }
}
