//! The server: several endpoints that share one store.

use std::error::Error;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::RegistryError;
use super::accept::accept;
use super::blob::Store;
use super::endpoint::EndpointState;
use super::index::Index;
use super::route::Reference;
use super::sessions::Sessions;
use super::state::ServerState;
use crate::engine::{Registry, RegistryEndpoint, Traffic};
use crate::record::{Link, ManifestRecord};

/// A registry in this process. Clones share the registry; its listeners close when the last clone
/// is dropped.
#[derive(Debug, Clone)]
pub struct Server {
    state: Arc<ServerState>,
    _listeners: Arc<DropGuard>,
}

/// Binds an address, for [`Server::serve`].
///
/// # Errors
/// The address cannot be bound; the error has a hint.
pub fn bind(address: SocketAddr) -> Result<TcpListener, RegistryError> {
    TcpListener::bind(address).map_err(|source| RegistryError::Bind { address, source })
}

impl Server {
    /// Opens a registry that stores its blobs in a folder. The folder is created if it is missing
    /// and must be empty otherwise. The caller removes it.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn open(store_dir: &Path) -> Result<Self, RegistryError> {
        let closing = CancellationToken::new();
        let state = ServerState {
            store: Arc::new(Store::open(store_dir)?),
            index: Index::default(),
            sessions: Arc::new(Sessions::default()),
            closing: closing.clone(),
            killing: CancellationToken::new(),
            tasks: TaskTracker::new(),
            supply: EndpointState::new(),
            build: EndpointState::new(),
            pull: EndpointState::new(),
        };
        Ok(Self {
            state: Arc::new(state),
            _listeners: Arc::new(closing.drop_guard()),
        })
    }

    /// Serves an endpoint from a listener, which may be bound in another network namespace. If an
    /// endpoint has several listeners, it has the address of the last one.
    ///
    /// # Errors
    /// The listener cannot be used, or there is no tokio runtime.
    pub fn serve(
        &self,
        endpoint: RegistryEndpoint,
        listener: TcpListener,
    ) -> Result<(), RegistryError> {
        let failed = |source| RegistryError::Serve { source };
        let runtime =
            Handle::try_current().map_err(|error| failed(std::io::Error::other(error)))?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
        let state = self.state.endpoint(endpoint).clone();
        state.set_address(address);
        let accept_loop = accept(listener, self.state.clone(), state);

        self.state.tasks.spawn_on(accept_loop, &runtime);
        Ok(())
    }

    /// Stops accepting, waits for requests until the deadline, and then ends them. The deadline
    /// is necessary because engines keep connections open.
    pub async fn close(&self, deadline: Duration) {
        self.state.closing.cancel();
        self.state.tasks.close();
        if timeout(deadline, self.state.tasks.wait()).await.is_err() {
            self.state.killing.cancel();
            self.state.tasks.wait().await;
        }
        self.state.sessions.clear();
    }

    /// Removes all content and everything that the registry created in its folder.
    ///
    /// # Errors
    /// Files cannot be removed.
    pub fn clear(&self) -> Result<(), RegistryError> {
        self.state.sessions.clear();
        self.state.index.clear();
        self.state.store.clear()
    }
}

impl Registry for Server {
    /// An endpoint that is not served has the authority `127.0.0.1:0`, where nothing answers.
    fn authority(&self, endpoint: RegistryEndpoint) -> String {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut address = self.state.endpoint(endpoint).address();
        let address = address.get_or_insert(SocketAddr::new(loopback, 0));
        if address.ip().is_unspecified() {
            address.set_ip(loopback);
        }
        address.to_string()
    }

    fn shape(&self, link: Link) {
        self.state.endpoint(RegistryEndpoint::Pull).shape(link);
    }

    fn reset_traffic(&self, endpoint: RegistryEndpoint) {
        self.state.endpoint(endpoint).traffic.reset();
    }

    fn traffic(&self, endpoint: RegistryEndpoint) -> Traffic {
        self.state.endpoint(endpoint).traffic.read()
    }

    fn manifest(
        &self,
        repository: &str,
        reference: &str,
        platform: &str,
    ) -> Result<ManifestRecord, Box<dyn Error + Send + Sync>> {
        let manifest = Reference::of(reference)
            .ok()
            .and_then(|by| self.state.index.manifest(repository, &by))
            .ok_or_else(|| RegistryError::NoManifest {
                repository: repository.to_owned(),
                reference: reference.to_owned(),
            })?;
        let of_digest = |digest: &str| {
            let by = Reference::of(digest).ok()?;
            self.state.index.manifest(repository, &by)
        };
        let image = manifest.image_of(platform).and_then(of_digest);
        let record = image.as_ref().unwrap_or(&manifest).record();
        Ok(record.ok_or_else(|| RegistryError::NoImage {
            repository: repository.to_owned(),
            reference: reference.to_owned(),
            media_type: manifest.media_type.clone(),
        })?)
    }

    fn blob(
        &self,
        repository: &str,
        digest: &str,
    ) -> Result<Box<dyn Read + Send>, Box<dyn Error + Send + Sync>> {
        let blob = digest
            .parse()
            .ok()
            .and_then(|digest| self.state.index.blob(repository, &digest))
            .ok_or_else(|| RegistryError::NoBlob {
                repository: repository.to_owned(),
                digest: digest.to_owned(),
            })?;
        Ok(Box::new(blob.open()?))
    }

    /// A blob that is being served is removed when the download ends.
    fn forget(&self, repository: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut outcome = Ok(());
        for blob in self.state.index.forget(repository) {
            if let Some(blob) = Arc::into_inner(blob) {
                // Continue after an error, so that the other blobs are removed.
                outcome = outcome.and(blob.remove());
            }
        }
        Ok(outcome?)
    }
}
