//! The specification of a room.

use std::path::PathBuf;

use crate::record::ImageStore;
use crate::units::Bytes;

/// What [`Room::open`](super::Room::open) opens.
#[derive(Debug, Clone)]
pub struct RoomSpec {
    /// The folder of all rooms, on a file system with space.
    pub folder: PathBuf,
    /// The run that uses it, so that `clean --run` finds it.
    pub run: String,
    /// Its purpose in lower-case letters, for example `build` or `pull`.
    pub purpose: &'static str,
    /// Whether it has internet access, and its containers a bridge network.
    pub network: bool,
    /// Where its engine stores images.
    pub data: DataPlace,
    /// The image store; `Unknown` selects the engine's default.
    pub store: ImageStore,
}

/// Where a room's engine stores its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataPlace {
    /// In the room's folder.
    Disk,
    /// In memory, up to a limit, so that disk time is not measured.
    Memory {
        /// The most that may be supervised.
        limit: Bytes,
    },
}
