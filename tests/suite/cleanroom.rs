//! Clean rooms on this machine, with `PLIMSOLL_LIVE=1`: their functions, what remains after them,
//! and how they end.

pub(crate) mod machine;
mod owner;
mod rooms;
mod traces;
