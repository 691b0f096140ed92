//! A clean room: a private container engine with its own data and its own namespaces. It ends
//! when this process ends, even on SIGKILL.
//!
//! The kernel kills the room's first process when the thread that started it ends, and ends a PID
//! namespace with its first process. So daemon, containers, mounts and interfaces disappear
//! without a clean-up step. After a kill, files and empty cgroup directories remain;
//! [`stale_rooms`] finds them.
//!
//! The namespaces of the machine and the user's engine stay unchanged. See docs/CLEANROOM.md.

mod cgroup;
mod commands;
mod control;
mod error;
mod folder;
mod kernel;
mod metadata;
mod mounts;
mod namespace;
mod ping;
mod requirements;
mod room;
mod spec;
mod stale;
mod supervisor;

pub use error::RoomError;
pub use requirements::{MissingRequirement, RoomEngine, Unavailable, check_requirements};
pub use room::Room;
pub use spec::{DataPlace, RoomSpec};
pub use stale::{StaleRoom, stale_rooms};
