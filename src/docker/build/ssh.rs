//! SSH agents for `RUN --mount=type=ssh`: BuildKit's `moby.sshforward.v1.SSH`.
//!
//! Each connection of a step to its agent is a stream, which is forwarded to a local socket in
//! both directions.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bollard::moby::sshforward::v1::ssh_server::Ssh;
use bollard::moby::sshforward::v1::{BytesMessage, CheckAgentRequest, CheckAgentResponse};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// The header that names the agent; source: `sshforward.KeySSHID` of BuildKit.
const KEY: &str = "buildkit.ssh.id";

/// The id of a mount without one.
const DEFAULT: &str = "default";

/// Buffered responses.
const CHUNKS: usize = 16;

const CHUNK_BYTES: usize = 32 << 10;

type Answer<T> = Result<Response<T>, Status>;

/// The sockets of agents by id.
pub(super) struct Agents(pub(super) BTreeMap<String, PathBuf>);

impl Agents {
    async fn connect(&self, id: &str) -> Result<UnixStream, Status> {
        let id = if id.is_empty() { DEFAULT } else { id };
        let none = || Status::not_found(format!("the build was given no SSH agent `{id}`"));
        let socket = self.0.get(id).ok_or_else(none)?;
        UnixStream::connect(socket).await.map_err(|error| {
            let path = socket.display();
            Status::unavailable(format!(
                "the SSH agent at `{path}` does not answer: {error}"
            ))
        })
    }
}

#[tonic::async_trait]
impl Ssh for Agents {
    type ForwardAgentStream = ReceiverStream<Result<BytesMessage, Status>>;

    async fn check_agent(&self, request: Request<CheckAgentRequest>) -> Answer<CheckAgentResponse> {
        self.connect(&request.get_ref().id).await?;
        Ok(Response::new(CheckAgentResponse {}))
    }

    async fn forward_agent(
        &self,
        request: Request<Streaming<BytesMessage>>,
    ) -> Answer<Self::ForwardAgentStream> {
        let id = request.metadata().get(KEY);
        let id = id.and_then(|value| value.to_str().ok());
        let stream = self.connect(id.unwrap_or_default()).await?;
        let (answers, questions) = stream.into_split();
        let (sender, receiver) = mpsc::channel(CHUNKS);
        tokio::spawn(pass_on(request.into_inner(), questions));
        tokio::spawn(pass_back(answers, sender));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

/// Ends with the stream, which ends with the build; then the connection to the agent is closed.
async fn pass_on(mut asked: Streaming<BytesMessage>, mut agent: OwnedWriteHalf) {
    while let Ok(Some(message)) = asked.message().await {
        if agent.write_all(&message.data).await.is_err() {
            return;
        }
    }
    let _ = agent.shutdown().await;
}

async fn pass_back(mut agent: OwnedReadHalf, sender: mpsc::Sender<Result<BytesMessage, Status>>) {
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let read = tokio::select! {
            read = agent.read(&mut buffer) => read,
            () = sender.closed() => return,
        };
        let message = match read {
            Ok(0) => return,
            Ok(length) => Ok(BytesMessage {
                data: buffer[..length].to_vec(),
            }),
            Err(error) => Err(Status::unavailable(error.to_string())),
        };
        let failed = message.is_err();
        if sender.send(message).await.is_err() || failed {
            return;
        }
    }
}
