//! What a room is to be.

use std::path::PathBuf;

use crate::record::ImageStore;
use crate::units::Bytes;

/// A room to be opened.
#[derive(Debug, Clone)]
pub struct RoomSpec {
    /// The folder of all rooms, on a file system with space.
    pub folder: PathBuf,
    /// The run that it serves, so that `clean --run` finds it.
    pub run: String,
    /// What it is for: a word of lower-case letters, such as `build` or `pull`.
    pub purpose: &'static str,
    /// Whether it reaches the internet, and its containers a bridge.
    pub network: bool,
    /// Where its engine keeps images.
    pub data: DataPlace,
    /// What keeps them; the engine's own default where it is unknown.
    pub store: ImageStore,
}

/// Where a room's engine keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataPlace {
    /// In the room's folder.
    Disk,
    /// In memory, up to a limit: no disk is measured.
    Memory {
        /// The most that may be kept.
        limit: Bytes,
    },
}
