//! The state that all connections share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::blob::Store;
use super::endpoint::EndpointState;
use super::index::Index;
use super::sessions::Sessions;
use crate::engine::RegistryEndpoint;

/// The state that all connections share.
#[derive(Debug)]
pub(super) struct ServerState {
    pub(super) store: Arc<Store>,
    pub(super) index: Index,
    pub(super) sessions: Arc<Sessions>,
    /// Cancelled when no new connections and requests are accepted.
    pub(super) closing: CancellationToken,
    /// Cancelled when open connections are ended.
    pub(super) killing: CancellationToken,
    pub(super) tasks: TaskTracker,
    pub(super) supply: Arc<EndpointState>,
    pub(super) build: Arc<EndpointState>,
    pub(super) pull: Arc<EndpointState>,
}

impl ServerState {
    pub(super) fn endpoint(&self, endpoint: RegistryEndpoint) -> &Arc<EndpointState> {
        match endpoint {
            RegistryEndpoint::Supply => &self.supply,
            RegistryEndpoint::Build => &self.build,
            RegistryEndpoint::Pull => &self.pull,
        }
    }
}
