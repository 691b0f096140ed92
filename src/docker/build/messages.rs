//! The message stream of a build, from a runtime of its own.
//!
//! `bollard` serves a BuildKit session from a task that nothing ends: every build
//! would leave a task and an open connection until the process is over. A runtime
//! per build takes both along when it is dropped, and costs a thread.

use std::io;

use bollard::Docker;
use bollard::errors::Error;
use bollard::models::BuildInfo;
use bollard::query_parameters::BuildImageOptions;
use futures_util::StreamExt;
use tokio::sync::mpsc;

use crate::docker::lines::read_lines;

/// Messages that may wait; a status stream comes in bursts.
const WAITING: usize = 256;

/// A request body, as `bollard` takes it; it does not name this type.
pub(in crate::docker) type Body = http_body_util::Either<
    http_body_util::Full<bytes::Bytes>,
    http_body_util::StreamBody<super::source::Frames>,
>;

/// Starts a build. Dropping the receiver ends it: the engine cancels a build
/// whose connection is gone.
pub(super) fn of(
    docker: Docker,
    options: BuildImageOptions,
    body: Body,
) -> io::Result<mpsc::Receiver<Result<BuildInfo, Error>>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("build".to_owned())
        .spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = sender.closed() => {}
                    () = forward(docker, options, body, &sender) => {}
                }
            });
            // Neither the session nor a name look-up is waited for.
            runtime.shutdown_background();
        })?;
    Ok(receiver)
}

async fn forward(
    docker: Docker,
    options: BuildImageOptions,
    body: Body,
    sender: &mpsc::Sender<Result<BuildInfo, Error>>,
) {
    let messages = docker.build_image(options, None, Some(body));
    let mut messages = std::pin::pin!(read_lines(messages));
    while let Some(message) = messages.next().await {
        if sender.send(message).await.is_err() {
            return;
        }
    }
}
