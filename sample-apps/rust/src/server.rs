//! Listens, serves, and stops without cutting off requests in flight.

use std::future::{Future, IntoFuture, pending};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tracing::{info, warn};

use crate::config::Config;
use crate::fleet::Fleet;
use crate::{http, release};

/// Takes the port.
pub async fn listen(config: &Config) -> io::Result<TcpListener> {
    let address = config.address();
    TcpListener::bind(address).await.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })
}

/// Serves until `stop` ends, then lets requests in flight finish within the grace period.
pub async fn serve(
    listener: TcpListener,
    grace: Duration,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    info!(address = %listener.local_addr()?, release = release::NAME, "listening");
    let (stopping, stopped) = oneshot::channel();
    let router = http::router(Arc::new(Fleet::new(OffsetDateTime::now_utc)));
    let served = axum::serve(listener, router).with_graceful_shutdown(async move {
        stop.await;
        info!("stopping");
        // The other end is gone only when serving is over as well.
        let _ = stopping.send(());
    });
    let overdue = async {
        if stopped.await.is_err() {
            pending::<()>().await;
        }
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        result = served.into_future() => result,
        () = overdue => {
            warn!("requests were cut off");
            Ok(())
        }
    }
}
