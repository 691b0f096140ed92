//! Clean rooms on this machine, with `PLIMSOLL_LIVE=1`: what they can do, what
//! they leave behind, and how they end.

pub(crate) mod machine;
mod owner;
mod rooms;
mod traces;
