//! Private networks.

use std::collections::{BTreeMap, HashMap};

use bollard::errors::Error;
use bollard::models::{EndpointSettings, NetworkCreateRequest, NetworkingConfig};

use super::DockerEngine;
use super::error::failed;
use super::image::is_absent;
use crate::engine::{Attachment, RemovalOutcome, Result};

const REMOVE: &str = "remove network";

/// Podman's message for a network with containers (`ErrNetworkInUse` of libpod).
const PODMAN_IN_USE: &str = "network is being used";

impl DockerEngine {
    pub(super) async fn make_network(
        &self,
        name: &str,
        labels: &BTreeMap<String, String>,
    ) -> Result<()> {
        let request = NetworkCreateRequest {
            name: name.to_owned(),
            labels: Some(labels.clone().into_iter().collect()),
            ..NetworkCreateRequest::default()
        };
        let made = self.docker.create_network(request).await;
        made.map(|_| ()).map_err(failed("create network", name))
    }

    pub(super) async fn drop_network(&self, name: &str) -> Result<RemovalOutcome> {
        match self.docker.remove_network(name).await {
            Ok(()) => Ok(RemovalOutcome::Removed),
            Err(error) if is_absent(&error) => Ok(RemovalOutcome::Absent),
            // Docker responds with 403 for a network with containers.
            Err(Error::DockerResponseServerError {
                status_code: 403 | 409,
                ..
            }) => Ok(RemovalOutcome::InUse),
            // Podman responds with 500, as for any other failure.
            Err(Error::DockerResponseServerError {
                status_code: 500,
                message,
            }) if message.contains(PODMAN_IN_USE) => Ok(RemovalOutcome::InUse),
            Err(error) => Err(failed(REMOVE, name)(error)),
        }
    }
}

/// The network settings in the request that creates a container.
pub(super) fn place(attachment: &Attachment) -> NetworkingConfig {
    let settings = EndpointSettings {
        aliases: Some(vec![attachment.alias.clone()]),
        ..EndpointSettings::default()
    };
    NetworkingConfig {
        endpoints_config: Some(HashMap::from([(attachment.network.clone(), settings)])),
    }
}
