//! What can go wrong with the registry itself. What it answers to clients is a `Fault`.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A registry that cannot be opened, or that has not what is asked for.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The folder cannot be made or read.
    #[error("failed to open the registry's store `{}`", path.display())]
    Store {
        /// Which.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The folder holds something already.
    #[error("failed to open the registry's store `{}`: it is not empty", path.display())]
    Occupied {
        /// Which.
        path: PathBuf,
    },
    /// The address cannot be had.
    #[error("failed to listen on {address}")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A listener cannot be served.
    #[error("failed to serve the registry's listener")]
    Serve {
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// There is no such manifest.
    #[error("failed to find the manifest `{reference}` of `{repository}`")]
    NoManifest {
        /// The repository.
        repository: String,
        /// The tag or digest.
        reference: String,
    },
    /// There is no such blob.
    #[error("failed to find the blob `{digest}` of `{repository}`")]
    NoBlob {
        /// The repository.
        repository: String,
        /// The digest.
        digest: String,
    },
    /// It is an index, or an artifact.
    #[error(
        "failed to read the manifest `{reference}` of `{repository}`: `{media_type}` is no image manifest"
    )]
    NoImage {
        /// The repository.
        repository: String,
        /// The tag or digest.
        reference: String,
        /// What it is.
        media_type: String,
    },
    /// A file stays.
    #[error("failed to remove `{}`", path.display())]
    Remove {
        /// Which.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl RegistryError {
    /// What the user can do about it, where there is a remedy.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Store { .. } => Some("name a folder that you can write to"),
            Self::Occupied { .. } => {
                Some("name an empty folder: the store is kept for the life of the process only")
            }
            Self::Bind { source, .. } => match source.kind() {
                io::ErrorKind::AddrInUse => {
                    Some("another process has this port: stop it, or take port 0 for any free one")
                }
                io::ErrorKind::PermissionDenied => Some("take a port above 1023"),
                io::ErrorKind::AddrNotAvailable => {
                    Some("this machine has no such address: take 127.0.0.1")
                }
                _ => None,
            },
            Self::NoManifest { .. } | Self::NoBlob { .. } => Some("push the image first"),
            Self::Serve { .. } | Self::NoImage { .. } | Self::Remove { .. } => None,
        }
    }
}
