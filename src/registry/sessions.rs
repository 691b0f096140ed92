//! Upload sessions.
//!
//! Source: distribution specification, section "Pushing a blob in chunks".

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use tokio::time::Instant;

use super::blob::Draft;
use super::fault::{Code, Fault};

/// Most sessions at a time. An engine pushes five layers at once.
const MOST: usize = 256;
/// How long a session waits for its next request.
const IDLE: Duration = Duration::from_secs(300);

/// All sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Slot>>);

#[derive(Debug)]
struct Slot {
    repository: String,
    /// None while a request has it.
    draft: Option<Draft>,
    /// As of the last request that ended.
    size: u64,
    touched: Instant,
    /// Whether it is the answer to a mount that found nothing, which nobody need use.
    offered: bool,
}

impl Sessions {
    /// Begins a session and gives its id. One that is only offered, in the answer to a mount,
    /// gives way to others once there are too many.
    pub(super) fn begin(
        &self,
        repository: &str,
        draft: Draft,
        offered: bool,
    ) -> Result<String, Fault> {
        self.sweep();
        let mut slots = self.slots();
        let unused = slots
            .iter()
            .filter(|(_, slot)| slot.offered && slot.draft.is_some());
        let oldest = unused
            .min_by_key(|(_, slot)| slot.touched)
            .map(|(id, _)| id.clone());
        if let Some(oldest) = oldest.filter(|_| slots.len() >= MOST) {
            slots.remove(&oldest);
        }
        if slots.len() >= MOST {
            let fault = Fault::new(Code::TooManyRequests, "too many uploads at a time");
            return Err(fault.header(RETRY_AFTER, "5"));
        }
        let id = new_id();
        let slot = Slot {
            repository: repository.to_owned(),
            draft: Some(draft),
            size: 0,
            touched: Instant::now(),
            offered,
        };
        slots.insert(id.clone(), slot);
        Ok(id)
    }

    /// Takes the draft out for one request.
    pub(super) fn take(self: &Arc<Self>, repository: &str, id: &str) -> Result<Taken, Fault> {
        let mut slots = self.slots();
        let slot = slots
            .get_mut(id)
            .filter(|slot| slot.repository == repository);
        let slot = slot.ok_or_else(unknown)?;
        slot.offered = false;
        let draft = slot.draft.take().ok_or_else(|| {
            Fault::new(Code::BlobUploadInvalid, "another request feeds this upload")
                .status(StatusCode::CONFLICT)
        })?;
        Ok(Taken {
            sessions: self.clone(),
            id: id.to_owned(),
            draft: Some(draft),
        })
    }

    /// How many bytes a session has.
    pub(super) fn size(&self, repository: &str, id: &str) -> Result<u64, Fault> {
        let slots = self.slots();
        let slot = slots.get(id).filter(|slot| slot.repository == repository);
        slot.map(|slot| slot.size).ok_or_else(unknown)
    }

    /// Ends a session; its draft goes with it, at the latest with the request that has it.
    pub(super) fn cancel(&self, repository: &str, id: &str) -> Result<(), Fault> {
        self.size(repository, id)?;
        let slot = self.slots().remove(id);
        drop(slot);
        Ok(())
    }

    /// Ends those that nobody has asked for in a long time.
    pub(super) fn sweep(&self) {
        let now = Instant::now();
        let idle: Vec<_> = self
            .slots()
            .extract_if(|_, slot| slot.draft.is_some() && now - slot.touched >= IDLE)
            .collect();
        drop(idle);
    }

    /// Ends all.
    pub(super) fn clear(&self) {
        let all = std::mem::take(&mut *self.slots());
        drop(all);
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unknown() -> Fault {
    Fault::new(Code::BlobUploadUnknown, "no such upload")
}

/// A draft in the hands of a request. Unless it is given back, its session has ended.
#[derive(Debug)]
pub(super) struct Taken {
    sessions: Arc<Sessions>,
    id: String,
    draft: Option<Draft>,
}

impl Taken {
    pub(super) fn size(&self) -> u64 {
        self.draft.as_ref().map_or(0, Draft::size)
    }

    /// The draft, for a request that may break off.
    pub(super) fn draft(&mut self) -> Result<Draft, Fault> {
        self.draft.take().ok_or_else(unknown)
    }

    /// Puts the draft back for the next request. The session may have been cancelled.
    pub(super) fn give_back(mut self, draft: Draft) -> Result<(), Fault> {
        let id = std::mem::take(&mut self.id);
        let mut slots = self.sessions.slots();
        let slot = slots.get_mut(&id).ok_or_else(unknown)?;
        slot.size = draft.size();
        slot.touched = Instant::now();
        slot.draft = Some(draft);
        Ok(())
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let slot = self.sessions.slots().remove(&self.id);
        drop(slot);
    }
}

/// A random UUID. The standard library's hash keys are the system's random numbers.
fn new_id() -> String {
    let half = || RandomState::new().hash_one(Instant::now());
    let (high, low) = (half(), half());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff,
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::blob::Store;
    use super::*;
    use crate::oci::Hasher;

    fn draft(folder: &tempfile::TempDir) -> Draft {
        let store = Store::open(&folder.path().join(new_id())).unwrap();
        Draft::new(Arc::new(store), Hasher::of("sha256").unwrap())
    }

    #[test]
    fn ids_are_uuids_and_differ() {
        let ids: HashSet<_> = (0..1000).map(|_| new_id()).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            let parts: Vec<_> = id.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
        }
    }

    #[tokio::test]
    async fn one_request_at_a_time_has_a_session_and_loses_it_when_it_breaks() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Arc::new(Sessions::default());
        let id = sessions.begin("a", draft(&folder), false).unwrap();
        assert!(sessions.take("b", &id).is_err());
        let mut taken = sessions.take("a", &id).unwrap();
        assert!(sessions.take("a", &id).is_err());
        let mut piece = taken.draft().unwrap();
        piece.append(b"abc").unwrap();
        taken.give_back(piece).unwrap();
        assert_eq!(sessions.size("a", &id).unwrap(), 3);
        drop(sessions.take("a", &id).unwrap());
        assert!(sessions.size("a", &id).is_err());
    }

    #[tokio::test]
    async fn a_cancelled_session_does_not_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Arc::new(Sessions::default());
        let id = sessions.begin("a", draft(&folder), false).unwrap();
        let mut taken = sessions.take("a", &id).unwrap();
        sessions.cancel("a", &id).unwrap();
        let piece = taken.draft().unwrap();
        assert!(taken.give_back(piece).is_err());
        assert!(sessions.cancel("a", &id).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn sessions_are_bounded_and_idle_ones_end() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Arc::new(Sessions::default());
        let first = sessions.begin("a", draft(&folder), false).unwrap();
        let _busy = sessions.take("a", &first).unwrap();
        for _ in 1..MOST {
            sessions.begin("a", draft(&folder), false).unwrap();
        }
        assert!(sessions.begin("a", draft(&folder), false).is_err());
        tokio::time::advance(IDLE).await;
        sessions.begin("a", draft(&folder), false).unwrap();
        assert_eq!(sessions.slots().len(), 2, "the busy one and the new one");
        sessions.clear();
        assert_eq!(sessions.slots().len(), 0);
    }
}
