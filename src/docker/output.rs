//! Streams the output of a container.

use bollard::container::LogOutput;
use bollard::query_parameters::AttachContainerOptionsBuilder;
use futures_util::StreamExt;

use super::DockerEngine;
use super::error::failed;
use crate::engine::{ContainerId, OutputChunk, OutputPipe, OutputStream, Result};

const OPERATION: &str = "read the output of container";

impl DockerEngine {
    /// Attaches instead of following the logs: the engine forwards the output before it stores
    /// it, with any log driver and without polling.
    pub(super) async fn attach(&self, id: &ContainerId) -> Result<OutputStream> {
        let options = AttachContainerOptionsBuilder::default()
            .stream(true)
            .stdout(true)
            .stderr(true)
            .build();
        let (docker, meter) = self.reading(&self.docker);
        let attached = docker.attach_container(&id.0, Some(options)).await;
        let attached = attached.map_err(failed(OPERATION, &id.0))?;
        let subject = id.0.clone();
        // Nothing is written to the input; the connection stays open while the input exists.
        let input = attached.input;
        let output = meter.items(attached.output).map(move |chunk| {
            let _held = &input;
            let chunk = chunk.map_err(failed(OPERATION, &subject))?;
            Ok(match chunk {
                LogOutput::StdErr { message } => piece(OutputPipe::Stderr, message),
                LogOutput::StdOut { message }
                | LogOutput::StdIn { message }
                | LogOutput::Console { message } => piece(OutputPipe::Stdout, message),
            })
        });
        Ok(Box::pin(output))
    }
}

fn piece(pipe: OutputPipe, bytes: bytes::Bytes) -> OutputChunk {
    OutputChunk { pipe, bytes }
}
