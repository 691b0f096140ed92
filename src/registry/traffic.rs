//! Counts the traffic of an endpoint.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::Traffic;
use crate::oci::Digest;
use crate::units::{Bytes, Count};

/// Counts since its last reset.
#[derive(Debug, Default)]
pub(super) struct TrafficCounter(Mutex<Traffic>);

impl TrafficCounter {
    pub(super) fn reset(&self) {
        *self.traffic() = Traffic::default();
    }

    pub(super) fn read(&self) -> Traffic {
        self.traffic().clone()
    }

    pub(super) fn request(&self) {
        let mut traffic = self.traffic();
        traffic.requests = traffic.requests + Count(1);
    }

    pub(super) fn broken(&self) {
        let mut traffic = self.traffic();
        traffic.broken = traffic.broken + Count(1);
    }

    pub(super) fn served(&self, digest: &Digest, bytes: u64) {
        let mut traffic = self.traffic();
        match traffic.served.get_mut(digest.as_str()) {
            Some(sum) => *sum = *sum + Bytes(bytes),
            None => {
                traffic.served.insert(digest.to_string(), Bytes(bytes));
            }
        }
    }

    pub(super) fn received(&self, digest: &Digest, bytes: u64) {
        let mut traffic = self.traffic();
        let sum = traffic.received.entry(digest.to_string()).or_default();
        *sum = *sum + Bytes(bytes);
    }

    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
