//! The server: doors on one store.

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
use super::gate::Gate;
use super::index::Index;
use super::route::Reference;
use super::sessions::Sessions;
use crate::engine::{Door, Registry, Traffic};
use crate::record::{Link, ManifestRecord};

/// A registry in this process. Clones are the same registry; with the last one its
/// listeners close.
#[derive(Debug, Clone)]
pub struct Server {
    hall: Arc<Hall>,
    _listeners: Arc<DropGuard>,
}

/// What all connections share.
#[derive(Debug)]
pub(super) struct Hall {
    pub(super) store: Arc<Store>,
    pub(super) index: Index,
    pub(super) sessions: Arc<Sessions>,
    /// No new connections and requests.
    pub(super) closing: CancellationToken,
    /// No connections at all.
    pub(super) killing: CancellationToken,
    pub(super) tasks: TaskTracker,
    supply: Arc<Gate>,
    build: Arc<Gate>,
    pull: Arc<Gate>,
}

impl Hall {
    fn gate(&self, door: Door) -> &Arc<Gate> {
        match door {
            Door::Supply => &self.supply,
            Door::Build => &self.build,
            Door::Pull => &self.pull,
        }
    }
}

/// Binds an address, for [`Server::serve`].
///
/// # Errors
/// Where it cannot be had; the error's hint says what to do.
pub fn bind(address: SocketAddr) -> Result<TcpListener, RegistryError> {
    TcpListener::bind(address).map_err(|source| RegistryError::Bind { address, source })
}

impl Server {
    /// Opens a registry whose blobs are kept in a folder, which is made where it is
    /// missing and must be empty otherwise. The folder's owner removes it.
    ///
    /// # Errors
    /// Where the folder cannot be used.
    pub fn open(store_dir: &Path) -> Result<Self, RegistryError> {
        let closing = CancellationToken::new();
        let hall = Hall {
            store: Arc::new(Store::open(store_dir)?),
            index: Index::default(),
            sessions: Arc::new(Sessions::default()),
            closing: closing.clone(),
            killing: CancellationToken::new(),
            tasks: TaskTracker::new(),
            supply: Gate::new(),
            build: Gate::new(),
            pull: Gate::new(),
        };
        Ok(Self {
            hall: Arc::new(hall),
            _listeners: Arc::new(closing.drop_guard()),
        })
    }

    /// Serves a door from a listener, which may be bound in another network
    /// namespace. Of several listeners of a door the last gives it its address.
    ///
    /// # Errors
    /// Where the listener is none, or there is no tokio runtime.
    pub fn serve(&self, door: Door, listener: TcpListener) -> Result<(), RegistryError> {
        let failed = |source| RegistryError::Serve { source };
        let runtime =
            Handle::try_current().map_err(|error| failed(std::io::Error::other(error)))?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
        let gate = self.hall.gate(door).clone();
        gate.set_address(address);
        let loop_of_door = accept(listener, self.hall.clone(), gate);
        self.hall.tasks.spawn_on(loop_of_door, &runtime);
        Ok(())
    }

    /// Stops accepting, lets requests end until the deadline, and then ends them.
    /// Engines keep connections open, so without a deadline this would not end.
    pub async fn close(&self, deadline: Duration) {
        self.hall.closing.cancel();
        self.hall.tasks.close();
        if timeout(deadline, self.hall.tasks.wait()).await.is_err() {
            self.hall.killing.cancel();
            self.hall.tasks.wait().await;
        }
        self.hall.sessions.clear();
    }

    /// Forgets everything and removes what it made in its folder.
    ///
    /// # Errors
    /// Where files cannot be removed.
    pub fn clear(&self) -> Result<(), RegistryError> {
        self.hall.sessions.clear();
        self.hall.index.clear();
        self.hall.store.clear()
    }
}

impl Registry for Server {
    /// A door that is not served is `127.0.0.1:0`, where nothing answers.
    fn authority(&self, door: Door) -> String {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut address = self.hall.gate(door).address();
        let address = address.get_or_insert(SocketAddr::new(loopback, 0));
        if address.ip().is_unspecified() {
            address.set_ip(loopback);
        }
        address.to_string()
    }

    fn shape(&self, link: Link) {
        self.hall.gate(Door::Pull).shape(link);
    }

    fn open_ledger(&self, door: Door) {
        self.hall.gate(door).ledger.open();
    }

    fn traffic(&self, door: Door) -> Traffic {
        self.hall.gate(door).ledger.read()
    }

    fn manifest(
        &self,
        repository: &str,
        reference: &str,
        platform: &str,
    ) -> Result<ManifestRecord, Box<dyn Error + Send + Sync>> {
        let manifest = Reference::of(reference)
            .ok()
            .and_then(|by| self.hall.index.manifest(repository, &by))
            .ok_or_else(|| RegistryError::NoManifest {
                repository: repository.to_owned(),
                reference: reference.to_owned(),
            })?;
        let of_digest = |digest: &str| {
            let by = Reference::of(digest).ok()?;
            self.hall.index.manifest(repository, &by)
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
            .and_then(|digest| self.hall.index.blob(repository, &digest))
            .ok_or_else(|| RegistryError::NoBlob {
                repository: repository.to_owned(),
                digest: digest.to_owned(),
            })?;
        Ok(Box::new(blob.open()?))
    }

    /// A blob that is being served goes when that ends.
    fn forget(&self, repository: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut outcome = Ok(());
        for blob in self.hall.index.forget(repository) {
            if let Some(blob) = Arc::into_inner(blob) {
                // One that stays is no reason to leave the others.
                outcome = outcome.and(blob.remove());
            }
        }
        Ok(outcome?)
    }
}
