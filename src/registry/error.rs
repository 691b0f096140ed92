//! Errors of the registry itself. Errors that it returns to clients are `ErrorResponse`s.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The registry cannot be opened, or lacks the requested content.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The folder cannot be created or read.
    #[error("failed to open the registry's store `{}`", path.display())]
    Store {
        /// Its path or address.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The folder is not empty.
    #[error("failed to open the registry's store `{}`: it is not empty", path.display())]
    Occupied {
        /// Its path or address.
        path: PathBuf,
    },
    /// The address cannot be bound.
    #[error("failed to listen on {address}")]
    Bind {
        /// Its path or address.
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
        "failed to read the manifest `{reference}` of `{repository}`: `{media_type}` is not an image manifest"
    )]
    NoImage {
        /// The repository.
        repository: String,
        /// The tag or digest.
        reference: String,
        /// The media type that was found.
        media_type: String,
    },
    /// A file cannot be removed.
    #[error("failed to remove `{}`", path.display())]
    Remove {
        /// Its path or address.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl RegistryError {
    /// How the user can fix it, if there is a fix.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Store { .. } => Some("pass a folder that you can write to"),
            Self::Occupied { .. } => {
                Some("pass an empty folder: the store lasts only as long as the process")
            }
            Self::Bind { source, .. } => match source.kind() {
                io::ErrorKind::AddrInUse => {
                    Some("another process uses this port: stop it, or use port 0 for any free port")
                }
                io::ErrorKind::PermissionDenied => Some("use a port above 1023"),
                io::ErrorKind::AddrNotAvailable => {
                    Some("this machine does not have this address: use 127.0.0.1")
                }
                _ => None,
            },
            Self::NoManifest { .. } | Self::NoBlob { .. } => Some("push the image first"),
            Self::Serve { .. } | Self::NoImage { .. } | Self::Remove { .. } => None,
        }
    }
}
