//! Finds the address at which a container's port answers.

use std::net::{IpAddr, SocketAddr};

use bollard::models::{ContainerInspectResponse, NetworkSettings};
use bollard::query_parameters::InspectContainerOptions;

use super::DockerEngine;
use super::error::{failed, strange};
use crate::engine::{ContainerId, EngineError, ErrorKind, Result};
use crate::record::Reach;

const OPERATION: &str = "find address of container";

impl DockerEngine {
    pub(super) async fn container_address(
        &self,
        id: &ContainerId,
        port: u16,
        reach: Reach,
    ) -> Result<SocketAddr> {
        let container = self
            .docker
            .inspect_container(&id.0, None::<InspectContainerOptions>)
            .await
            .map_err(failed(OPERATION, &id.0))?;
        if let Some(code) = exit_code(&container) {
            return Err(EngineError::new(
                OPERATION,
                &id.0,
                ErrorKind::Refused,
                format!("it is not running; its exit code is {code}"),
            ));
        }
        let network = container.network_settings.unwrap_or_default();
        match reach {
            Reach::Bridge => bridge(&network, port)
                .ok_or_else(|| strange(OPERATION, &id.0, "it has no address on any network")),
            Reach::Published => published(&network, port).ok_or_else(|| {
                strange(
                    OPERATION,
                    &id.0,
                    format!("port {port} is not published on loopback"),
                )
            }),
        }
    }
}

fn exit_code(container: &ContainerInspectResponse) -> Option<i64> {
    let state = container.state.as_ref()?;
    (state.running == Some(false)).then_some(state.exit_code.unwrap_or_default())
}

/// The first network's address: Docker names it `bridge`, Podman `podman`.
fn bridge(network: &NetworkSettings, port: u16) -> Option<SocketAddr> {
    network
        .networks
        .iter()
        .flat_map(|networks| networks.values())
        .filter_map(|endpoint| endpoint.ip_address.as_deref())
        .find_map(|address| address.parse::<IpAddr>().ok())
        .map(|address| SocketAddr::new(address, port))
}

fn published(network: &NetworkSettings, port: u16) -> Option<SocketAddr> {
    network
        .ports
        .as_ref()?
        .get(&format!("{port}/tcp"))?
        .iter()
        .flatten()
        .find_map(|binding| {
            let port = binding.host_port.as_deref()?.parse().ok()?;
            let address = binding.host_ip.as_deref()?.parse().ok()?;
            Some(SocketAddr::new(address, port))
        })
}
