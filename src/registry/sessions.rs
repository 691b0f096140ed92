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

use super::blob::PartialBlob;
use super::response_error::{Code, ErrorResponse};

/// Most concurrent sessions. An engine pushes five layers at once.
const MOST: usize = 256;
/// How long a session waits for its next request.
const IDLE: Duration = Duration::from_secs(300);

/// All sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Session>>);

#[derive(Debug)]
struct Session {
    repository: String,
    /// `None` while a request uses it.
    partial: Option<PartialBlob>,
    /// Bytes received by completed requests.
    size: u64,
    last_used: Instant,
    /// Whether it was created for a mount whose blob was not found; the client may never use it.
    unclaimed: bool,
}

impl Sessions {
    /// Starts a session and returns its id. If there are too many sessions, the oldest unclaimed
    /// one is removed.
    pub(super) fn begin(
        &self,
        repository: &str,
        partial: PartialBlob,
        unclaimed: bool,
    ) -> Result<String, ErrorResponse> {
        self.sweep();
        let mut sessions = self.lock();
        let unused = sessions
            .iter()
            .filter(|(_, session)| session.unclaimed && session.partial.is_some());
        let oldest = unused
            .min_by_key(|(_, session)| session.last_used)
            .map(|(id, _)| id.clone());
        if let Some(oldest) = oldest.filter(|_| sessions.len() >= MOST) {
            sessions.remove(&oldest);
        }
        if sessions.len() >= MOST {
            let fault = ErrorResponse::new(Code::TooManyRequests, "too many uploads at a time");
            return Err(fault.header(RETRY_AFTER, "5"));
        }
        let id = new_id();
        let session = Session {
            repository: repository.to_owned(),
            partial: Some(partial),
            size: 0,
            last_used: Instant::now(),
            unclaimed,
        };
        sessions.insert(id.clone(), session);
        Ok(id)
    }

    /// Takes the partial blob for one request.
    pub(super) fn take(
        self: &Arc<Self>,
        repository: &str,
        id: &str,
    ) -> Result<SessionGuard, ErrorResponse> {
        let mut sessions = self.lock();
        let session = sessions
            .get_mut(id)
            .filter(|session| session.repository == repository);
        let session = session.ok_or_else(unknown)?;
        session.unclaimed = false;
        let partial = session.partial.take().ok_or_else(|| {
            ErrorResponse::new(
                Code::BlobUploadInvalid,
                "another request is writing to this upload",
            )
            .status(StatusCode::CONFLICT)
        })?;
        Ok(SessionGuard {
            sessions: self.clone(),
            id: id.to_owned(),
            partial: Some(partial),
        })
    }

    /// How many bytes a session has received.
    pub(super) fn size(&self, repository: &str, id: &str) -> Result<u64, ErrorResponse> {
        let sessions = self.lock();
        let session = sessions
            .get(id)
            .filter(|session| session.repository == repository);
        session.map(|session| session.size).ok_or_else(unknown)
    }

    /// Ends a session. Its partial blob is removed, at the latest when the current request ends.
    pub(super) fn cancel(&self, repository: &str, id: &str) -> Result<(), ErrorResponse> {
        self.size(repository, id)?;
        let session = self.lock().remove(id);
        drop(session);
        Ok(())
    }

    /// Ends idle sessions.
    pub(super) fn sweep(&self) {
        let now = Instant::now();
        let idle: Vec<_> = self
            .lock()
            .extract_if(|_, session| session.partial.is_some() && now - session.last_used >= IDLE)
            .collect();
        drop(idle);
    }

    /// Ends all sessions.
    pub(super) fn clear(&self) {
        let all = std::mem::take(&mut *self.lock());
        drop(all);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unknown() -> ErrorResponse {
    ErrorResponse::new(Code::BlobUploadUnknown, "no such upload")
}

/// A partial blob in use by a request. Unless it is put back, the session ends on drop.
#[derive(Debug)]
pub(super) struct SessionGuard {
    sessions: Arc<Sessions>,
    id: String,
    partial: Option<PartialBlob>,
}

impl SessionGuard {
    pub(super) fn size(&self) -> u64 {
        self.partial.as_ref().map_or(0, PartialBlob::size)
    }

    /// Takes the partial blob out of the guard.
    pub(super) fn partial(&mut self) -> Result<PartialBlob, ErrorResponse> {
        self.partial.take().ok_or_else(unknown)
    }

    /// Puts the partial blob back for the next request. Fails if the session was cancelled.
    pub(super) fn put_back(mut self, partial: PartialBlob) -> Result<(), ErrorResponse> {
        let id = std::mem::take(&mut self.id);
        let mut sessions = self.sessions.lock();
        let session = sessions.get_mut(&id).ok_or_else(unknown)?;
        session.size = partial.size();
        session.last_used = Instant::now();
        session.partial = Some(partial);
        Ok(())
    }
}

impl Drop for SessionGuard {
    fn drop(&mut self) {
        let session = self.sessions.lock().remove(&self.id);
        drop(session);
    }
}

/// A random UUID. The standard library seeds its hash keys from the system's random numbers.
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

    fn partial(folder: &tempfile::TempDir) -> PartialBlob {
        let store = Store::open(&folder.path().join(new_id())).unwrap();
        PartialBlob::new(Arc::new(store), Hasher::of("sha256").unwrap())
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
    async fn one_request_at_a_time_uses_a_session_and_a_broken_request_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Arc::new(Sessions::default());
        let id = sessions.begin("a", partial(&folder), false).unwrap();
        assert!(sessions.take("b", &id).is_err());
        let mut session = sessions.take("a", &id).unwrap();
        assert!(sessions.take("a", &id).is_err());
        let mut piece = session.partial().unwrap();
        piece.append(b"abc").unwrap();
        session.put_back(piece).unwrap();
        assert_eq!(sessions.size("a", &id).unwrap(), 3);
        drop(sessions.take("a", &id).unwrap());
        assert!(sessions.size("a", &id).is_err());
    }

    #[tokio::test]
    async fn a_cancelled_session_cannot_be_continued() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Arc::new(Sessions::default());
        let id = sessions.begin("a", partial(&folder), false).unwrap();
        let mut session = sessions.take("a", &id).unwrap();
        sessions.cancel("a", &id).unwrap();
        let piece = session.partial().unwrap();
        assert!(session.put_back(piece).is_err());
        assert!(sessions.cancel("a", &id).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn sessions_are_bounded_and_idle_ones_end() {
        let folder = tempfile::tempdir().unwrap();
        let sessions = Arc::new(Sessions::default());
        let first = sessions.begin("a", partial(&folder), false).unwrap();
        let _busy = sessions.take("a", &first).unwrap();
        for _ in 1..MOST {
            sessions.begin("a", partial(&folder), false).unwrap();
        }
        assert!(sessions.begin("a", partial(&folder), false).is_err());
        tokio::time::advance(IDLE).await;
        sessions.begin("a", partial(&folder), false).unwrap();
        assert_eq!(sessions.lock().len(), 2, "the busy one and the new one");
        sessions.clear();
        assert_eq!(sessions.lock().len(), 0);
    }
}
