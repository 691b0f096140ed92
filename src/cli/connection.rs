//! Which engine is used, and the connection to it.

use super::failure::Failure;
use crate::docker::{DockerEngine, EngineEnvironment, FoundEngine};
use crate::engine::{Engine, EngineError};

/// The engine that was named by `--host` or `DOCKER_HOST`, or else is found.
pub(super) fn find(endpoint: Option<&str>) -> Result<FoundEngine, EngineError> {
    match endpoint.filter(|text| !text.is_empty()) {
        Some(host) => Ok(FoundEngine {
            host: host.to_owned(),
            why: "named by --host or DOCKER_HOST".to_owned(),
        }),
        None => EngineEnvironment::of_process().find(),
    }
}

/// Connects, and proves that something answers.
pub(super) async fn connect(endpoint: Option<&str>) -> Result<DockerEngine, Failure> {
    let found = find(endpoint)?;
    let engine = DockerEngine::connect(Some(&found.host)).await?;
    engine.ping().await?;
    Ok(engine)
}
