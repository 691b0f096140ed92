//! A fleet of ships over HTTP: how deep each is loaded, and that none lies below her line.

pub mod config;
pub mod fleet;
pub mod http;
mod policy;
pub mod release;
pub mod server;
