//! Converts errors of `bollard` and of raw calls to engine errors.
//!
//! Texts of `bollard` repeat their sources, so the chain is flattened into one cause without
//! repetition.

use std::error::Error as StdError;
use std::io;

use bollard::errors::Error;

use super::limits::LimitExceeded;
use super::raw::RawError;
use super::transport::Unconnected;
use crate::engine::{EngineError, ErrorKind};
use crate::secrets::excerpt;

const HINT_START: &str = "start Docker, or set DOCKER_HOST / --host";
const HINT_GROUP: &str = "join the `docker` group (and log in again), or run as root";
const HINT_GONE: &str = "the engine went away; look at its log (`journalctl -u docker`)";
pub(super) const HINT_SLOW: &str = "the engine is overloaded or stuck; look at its log";
const HINT_LONG: &str =
    "a working engine sends much less; look at its log, and at any proxy in front of it";
const HINT_STRANGE: &str =
    "the engine may be of a kind or version that is not supported; see `plimsoll doctor`";

/// Longest cause in characters, because engines quote their input.
const MOST_CAUSE: usize = 4_000;

/// Converts an error of `bollard`, with operation and subject.
pub(super) fn failed(
    operation: &'static str,
    subject: impl Into<String>,
) -> impl FnOnce(Error) -> EngineError {
    let subject = subject.into();
    move |error| named(operation, subject, &error)
}

/// Converts an error of a raw call, with operation and subject.
pub(super) fn raw_failed(
    operation: &'static str,
    subject: impl Into<String>,
) -> impl FnOnce(RawError) -> EngineError {
    let subject = subject.into();
    move |error| {
        if let RawError::Long(limit) = error {
            return too_long(operation, subject, limit);
        }
        let kind = match &error {
            RawError::Connect(_) | RawError::Exchange(_) => ErrorKind::Unreachable,
            RawError::Late => ErrorKind::Timeout,
            RawError::Status { code, .. } => kind_of_status(*code),
            RawError::Request(_)
            | RawError::Json(_)
            | RawError::NotUpgraded
            | RawError::Session(_)
            | RawError::Long(_) => ErrorKind::Protocol,
        };
        let hint = hint(kind, &error, matches!(error, RawError::Connect(_)));
        with(operation, subject, kind, flat(&error), hint)
    }
}

/// An invalid response.
pub(super) fn strange(
    operation: &'static str,
    subject: impl Into<String>,
    what: impl Into<String>,
) -> EngineError {
    EngineError::new(operation, subject, ErrorKind::Protocol, what.into()).with_hint(HINT_STRANGE)
}

/// More than plimsoll takes from an engine.
pub(super) fn too_long(
    operation: &'static str,
    subject: impl Into<String>,
    limit: LimitExceeded,
) -> EngineError {
    EngineError::new(operation, subject, ErrorKind::Protocol, limit).with_hint(HINT_LONG)
}

fn named(operation: &'static str, subject: String, error: &Error) -> EngineError {
    if let Some(limit) = LimitExceeded::of(error) {
        return too_long(operation, subject, limit);
    }
    let mut connecting = false;
    let (kind, cause) = match error {
        Error::DockerResponseServerError {
            status_code,
            message,
        } => (
            kind_of_status(*status_code),
            format!("the engine answered {status_code}: {message}"),
        ),
        Error::DockerStreamError { error } => (ErrorKind::Refused, error.clone()),
        Error::DockerContainerWaitError { error, .. } => (ErrorKind::Refused, error.clone()),
        Error::RequestTimeoutError => (
            ErrorKind::Timeout,
            "the engine gave no answer in time".to_owned(),
        ),
        Error::SocketNotFoundError(path) => {
            connecting = true;
            (ErrorKind::Unreachable, format!("no socket at {path}"))
        }
        Error::IOError { err } if Unconnected::is_in(err) => {
            connecting = true;
            (ErrorKind::Unreachable, flat(err))
        }
        Error::HyperResponseError { .. } | Error::IOError { .. } => (
            ErrorKind::Unreachable,
            format!("the connection broke: {}", flat(error)),
        ),
        Error::JsonDataError { message, .. } => (
            ErrorKind::Protocol,
            format!("the answer is not what the API promises: {message}"),
        ),
        Error::JsonSerdeError { err } => (
            ErrorKind::Protocol,
            format!("the answer is not JSON: {err}"),
        ),
        other => (ErrorKind::Protocol, flat(other)),
    };
    // This variant forwards to its source, so it is not in the chain itself.
    let hint = match error {
        Error::IOError { err } => hint(kind, err, connecting),
        _ => hint(kind, error, connecting),
    };
    with(operation, subject, kind, cause, hint)
}

fn with(
    operation: &'static str,
    subject: String,
    kind: ErrorKind,
    cause: String,
    hint: Option<&str>,
) -> EngineError {
    let cause = excerpt(&cause, MOST_CAUSE);
    let error = EngineError::new(operation, subject, kind, cause);
    match hint {
        Some(hint) => error.with_hint(hint),
        None => error,
    }
}

fn kind_of_status(code: u16) -> ErrorKind {
    match code {
        404 => ErrorKind::NotFound,
        409 => ErrorKind::Conflict,
        408 | 504 => ErrorKind::Timeout,
        _ => ErrorKind::Refused,
    }
}

/// A hint for any operation. An operation with a better hint sets its own.
fn hint(
    kind: ErrorKind,
    error: &(dyn StdError + 'static),
    connecting: bool,
) -> Option<&'static str> {
    match kind {
        ErrorKind::Unreachable if forbidden(error) => Some(HINT_GROUP),
        ErrorKind::Unreachable if connecting => Some(HINT_START),
        ErrorKind::Unreachable => Some(HINT_GONE),
        ErrorKind::Timeout => Some(HINT_SLOW),
        ErrorKind::Protocol => Some(HINT_STRANGE),
        ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Refused => None,
    }
}

fn forbidden(error: &(dyn StdError + 'static)) -> bool {
    chain(error).any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|io| io.kind() == io::ErrorKind::PermissionDenied)
    })
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

/// The texts of a chain, without those that an outer text contains.
fn flat(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    for cause in chain(error) {
        let words = cause.to_string();
        if text.is_empty() {
            text = words;
        } else if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_socket_points_to_the_group() {
        let error = Error::IOError {
            err: io::Error::from(io::ErrorKind::PermissionDenied),
        };
        let error = failed("reach engine", "unix:///x")(error);
        assert_eq!(error.kind, ErrorKind::Unreachable);
        assert_eq!(error.hint.as_deref(), Some(HINT_GROUP));
        assert_eq!(
            error.chain(),
            "failed to reach engine `unix:///x`: the connection broke: permission denied"
        );
    }

    #[test]
    fn a_source_is_said_once() {
        let error = RawError::Connect(io::Error::other("no route"));
        let error = raw_failed("list cache", "engine")(error);
        assert_eq!(
            error.chain(),
            "failed to list cache `engine`: could not connect: no route"
        );
    }
}
