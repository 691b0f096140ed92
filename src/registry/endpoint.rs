//! The state of an endpoint: its link and its traffic counter.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::throttle::Throttle;
use super::traffic::TrafficCounter;
use crate::record::Link;
use crate::units::Nanos;

/// The state of an endpoint.
#[derive(Debug)]
pub(super) struct EndpointState {
    pub(super) traffic: TrafficCounter,
    /// Limits the rate to the client.
    pub(super) down: Arc<Throttle>,
    /// Limits the rate from the client.
    pub(super) up: Arc<Throttle>,
    latency: AtomicU64,
    address: Mutex<Option<SocketAddr>>,
}

impl EndpointState {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            traffic: TrafficCounter::default(),
            down: Throttle::new(),
            up: Throttle::new(),
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
