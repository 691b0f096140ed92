//! Connections.

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

use super::gate::Gate;
use super::handlers;
use super::server::Hall;

/// Bounds what a connection keeps, and the pieces that bodies come in.
const BUFFER: usize = 128 << 10;
/// How long a connection may take for the head of its next request.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How often idle sessions are looked for.
const SWEEP: Duration = Duration::from_secs(60);
/// A pause where the system has no connection to give, as when files run out.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepts until the registry closes.
pub(super) async fn accept(listener: TcpListener, hall: Arc<Hall>, gate: Arc<Gate>) {
    let mut sweep = interval(SWEEP);
    sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = hall.closing.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    hall.tasks.spawn(connection(stream, hall.clone(), gate.clone()));
                }
                Err(_) => sleep(PAUSE).await,
            },
            _ = sweep.tick() => hall.sessions.sweep(),
        }
    }
}

async fn connection(stream: TcpStream, hall: Arc<Hall>, gate: Arc<Gate>) {
    // Without it small answers wait for the client's acknowledgements.
    let _ = stream.set_nodelay(true);
    let (closing, killing) = (hall.closing.clone(), hall.killing.clone());
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let (hall, gate) = (hall.clone(), gate.clone());
        async move { Ok::<_, Infallible>(handlers::answer(&hall, &gate, request.map(Body::new)).await) }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .max_buf_size(BUFFER)
            // Who has sent all of a request may close that half, and still gets the answer.
            .half_close(true)
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .serve_connection(TokioIo::new(stream), service)
    );
    // How a connection ends is in the ledger where it matters.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = closing.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    tokio::select! {
        _ = connection => {}
        () = killing.cancelled() => {}
    }
}
