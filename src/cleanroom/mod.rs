//! A clean room: a container engine of our own, with data of its own, in
//! namespaces of its own, that ends with this process however that ends.
//!
//! The room's first process dies with the thread that began it, and the kernel
//! ends a PID namespace with its first process: daemon, containers, mounts and
//! interfaces go without anybody's help. What stays after a kill are files and
//! empty cgroup directories; [`left_over`] finds them.
//!
//! Nothing is changed in the namespaces of the machine, and the user's engine
//! hears of nothing. See docs/CLEANROOM.md.

mod card;
mod cgroup;
mod error;
mod folder;
mod keeper;
mod kernel;
mod left;
mod life;
mod means;
mod mounts;
mod namespace;
mod ping;
mod plan;
mod room;
mod spec;

pub use error::RoomError;
pub use left::{LeftRoom, left_over};
pub use means::{Lack, Means, Unavailable, available};
pub use room::Room;
pub use spec::{DataPlace, RoomSpec};
