//! What a door has of its own: its link and its ledger.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::ledger::Ledger;
use super::pipe::Pipe;
use crate::record::Link;
use crate::units::Nanos;

/// The state of a door.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) ledger: Ledger,
    /// To the client.
    pub(super) down: Arc<Pipe>,
    /// From the client.
    pub(super) up: Arc<Pipe>,
    latency: AtomicU64,
    address: Mutex<Option<SocketAddr>>,
}

impl Gate {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            ledger: Ledger::default(),
            down: Pipe::new(),
            up: Pipe::new(),
            latency: AtomicU64::new(0),
            address: Mutex::new(None),
        })
    }

    pub(super) fn shape(&self, link: Link) {
        self.down.shape(link.rate);
        self.up.shape(link.rate);
        self.latency.store(link.latency.0, Ordering::Relaxed);
    }

    pub(super) fn latency(&self) -> Nanos {
        Nanos(self.latency.load(Ordering::Relaxed))
    }

    pub(super) fn set_address(&self, address: SocketAddr) {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = Some(address);
    }

    pub(super) fn address(&self) -> Option<SocketAddr> {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
