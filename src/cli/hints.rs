//! The hint of an error, wherever it is in the chain of causes.

use std::error::Error;

use super::output_error::OutputError;
use crate::bases::BasesError;
use crate::builtin::BuiltinError;
use crate::cleanroom::RoomError;
use crate::context::ContextError;
use crate::dockerfile::ParseError;
use crate::engine::EngineError;
use crate::git::GitError;
use crate::image::ImageError;
use crate::inspection::{BadCondition, SavedInspectionError};
use crate::merge::MergeError;
use crate::project::ProjectError;
use crate::record::ReadError;
use crate::registry::RegistryError;
use crate::scenario::{ReadyFormError, ScenarioError};
use crate::store::StoreError;
use crate::text;

/// A cause in a chain.
type Cause<'a> = &'a (dyn Error + 'static);

/// The hint of the outermost error that has one.
pub(super) fn hint_of(error: Cause<'_>) -> Option<String> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(hint) = own_hint(error) {
            return Some(hint);
        }
        cause = error.source();
    }
    None
}

/// An error with its causes and its hint on one line.
pub(super) fn line_of(error: Cause<'_>) -> String {
    let chain = text::chain(error);
    match hint_of(error) {
        Some(hint) => format!("{chain} (hint: {hint})"),
        None => chain,
    }
}

/// The hint of one error, without its causes.
fn own_hint(error: Cause<'_>) -> Option<String> {
    text_of::<BadCondition>(error, |it| Some(it.hint()))
        .or_else(|| text_of::<BasesError>(error, BasesError::hint))
        .or_else(|| text_of::<BuiltinError>(error, |it| owned(it.hint())))
        .or_else(|| text_of::<ContextError>(error, |it| it.hint().and_then(owned)))
        .or_else(|| text_of::<EngineError>(error, |it| it.hint.clone()))
        .or_else(|| text_of::<GitError>(error, |it| it.hint().and_then(owned)))
        .or_else(|| text_of::<ImageError>(error, |it| it.hint().and_then(owned)))
        .or_else(|| text_of::<MergeError>(error, |it| Some(it.hint())))
        .or_else(|| text_of::<OutputError>(error, OutputError::hint))
        .or_else(|| text_of::<ParseError>(error, |it| it.hint.clone()))
        .or_else(|| text_of::<ProjectError>(error, |it| it.hint().and_then(owned)))
        .or_else(|| text_of::<ReadError>(error, |it| owned(it.hint())))
        .or_else(|| text_of::<ReadyFormError>(error, |it| owned(it.hint())))
        .or_else(|| text_of::<RegistryError>(error, |it| it.hint().and_then(owned)))
        .or_else(|| text_of::<RoomError>(error, |it| it.hint.clone()))
        .or_else(|| text_of::<SavedInspectionError>(error, |it| owned(it.hint())))
        .or_else(|| text_of::<ScenarioError>(error, |it| it.hint().and_then(owned)))
        .or_else(|| text_of::<StoreError>(error, |it| it.hint().and_then(owned)))
}

/// What an error of this type says. A cause may be in a box of its own type.
fn text_of<E: Error + 'static>(
    error: Cause<'_>,
    text: impl FnOnce(&E) -> Option<String>,
) -> Option<String> {
    let boxed = || error.downcast_ref::<Box<E>>().map(|inner| &**inner);
    error.downcast_ref::<E>().or_else(boxed).and_then(text)
}

fn owned(hint: &str) -> Option<String> {
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::engine::ErrorKind;
    use crate::runner::RunError;

    fn full() -> StoreError {
        StoreError::Write {
            path: "results/x/run.json".into(),
            source: io::ErrorKind::StorageFull.into(),
        }
    }

    #[test]
    fn a_hint_is_found_below_other_errors() {
        let hint = hint_of(&RunError::Record(Box::new(full()))).unwrap();
        assert!(hint.starts_with("free space on that disk"), "{hint}");
        let context = ContextError::Special {
            path: "pipe".into(),
            kind: "named pipe",
        };
        let recipe = BasesError::Recipe {
            name: "node:20".to_owned(),
            source: Box::new(context),
        };
        assert_eq!(hint_of(&recipe).unwrap(), "exclude it in .dockerignore");
        assert_eq!(hint_of(&io::Error::other("no more is known")), None);
    }

    #[test]
    fn the_outermost_hint_counts() {
        let outer = EngineError::new("build", "app", ErrorKind::Refused, full());
        let inner = hint_of(&outer).unwrap();
        assert!(inner.starts_with("free space on that disk"), "{inner}");
        let outer = outer.with_hint("start the engine");
        assert_eq!(hint_of(&outer).unwrap(), "start the engine");
        let outer = EngineError::new("prune", "cache", ErrorKind::Timeout, "no answer");
        assert_eq!(line_of(&outer), "failed to prune `cache`: no answer");
        assert_eq!(
            line_of(&outer.with_hint("wait")),
            "failed to prune `cache`: no answer (hint: wait)"
        );
    }
}
