//! Checks the app and its edits.

use std::path::{Path, PathBuf};

use super::check::Checker;
use super::figure::parse_duration;
use super::files::PathFault;
use super::model::{App, Change, ChangeKind, Edit, EditName};
use super::raw::{RawApp, RawChange, RawEdit, Text};
use super::words::suggest;
use crate::units::Nanos;

/// A longer wait is a slip of the pen.
const LONGEST_WAIT: Nanos = Nanos::from_secs(3_600);
/// Where a fresh text goes.
const NONCE: &str = "{nonce}";

impl Checker<'_> {
    pub fn app(&mut self, raw: &RawApp) -> Option<App> {
        self.kebab(&raw.name, "name of an app");
        let root = self.tree.root.clone();
        match self.tree.folder(&root, raw.path.get_ref()) {
            Ok(dir) => Some(App {
                name: raw.name.get_ref().clone(),
                dir,
                env: raw.env.clone(),
            }),
            Err(fault) => {
                self.path_fault(&raw.path, &root, "the app's folder", fault);
                None
            }
        }
    }

    pub fn duration(&mut self, raw: Option<&Text>, default: Nanos) -> Nanos {
        let Some(raw) = raw else { return default };
        let expected = "more than 0 and at most an hour, as `500ms`, `30s` or `2m`";
        match parse_duration(raw.get_ref()) {
            Some(duration) if duration > Nanos(0) && duration <= LONGEST_WAIT => duration,
            Some(_) => {
                self.report(
                    raw.span(),
                    format!("invalid duration `{}`", raw.get_ref()),
                    expected,
                    "",
                );
                default
            }
            None => {
                self.report(
                    raw.span(),
                    format!("invalid duration `{}`", raw.get_ref()),
                    expected,
                    "",
                );
                default
            }
        }
    }

    pub fn edits(&mut self, raw: &[RawEdit], app: Option<&App>) -> Vec<Edit> {
        self.unique(raw.iter().map(|edit| &edit.name), "edit");
        let app = app.map(|app| app.dir.as_path());
        raw.iter().filter_map(|edit| self.edit(edit, app)).collect()
    }

    fn edit(&mut self, raw: &RawEdit, app: Option<&Path>) -> Option<Edit> {
        let name = match raw.name.get_ref().as_str() {
            "source" => Some(EditName::Source),
            "dependency" => Some(EditName::Dependency),
            other => {
                let hint = suggest(other, ["source", "dependency"]);
                self.report(
                    raw.name.span(),
                    format!("unknown edit `{other}`"),
                    "`source` or `dependency`",
                    hint,
                );
                None
            }
        };
        if raw.change.is_empty() {
            self.report(
                raw.name.span(),
                "the edit changes nothing",
                "one `[[edit.change]]` at least",
                "",
            );
        }
        let changes: Vec<_> = raw
            .change
            .iter()
            .filter_map(|change| self.change(change, app?))
            .collect();
        let has_nonce = changes.iter().any(|change| match &change.kind {
            ChangeKind::Substitute { replace, .. } => replace.contains(NONCE),
            ChangeKind::Overwrite { text } => text.contains(NONCE),
        });
        if !has_nonce && !changes.is_empty() && changes.len() == raw.change.len() {
            let hint = format!(
                "put `{NONCE}` where its new text may hold anything: without it the builder has seen the content before"
            );
            self.report(
                raw.name.span(),
                format!("no change of the edit holds `{NONCE}`"),
                "",
                hint,
            );
        }
        Some(Edit {
            name: name?,
            summary: raw.summary.clone(),
            changes,
        })
    }

    fn change(&mut self, raw: &RawChange, app: &Path) -> Option<Change> {
        let old = self.file_text(&raw.file, app, "the file to change");
        let forms = "`find` and `replace`, or `from`";
        let kind = match (&raw.find, &raw.replace, &raw.from) {
            (Some(find), Some(replace), None) => {
                self.occurs_once(find, old.as_deref()?, raw.file.get_ref());
                ChangeKind::Substitute {
                    find: find.get_ref().clone(),
                    replace: replace.get_ref().clone(),
                }
            }
            (None, None, Some(from)) => ChangeKind::Overwrite {
                text: self.file_text(from, app, "the replacement")?,
            },
            (None, None, None) => {
                self.report(
                    raw.file.span(),
                    "the change does not say what it does",
                    forms,
                    "",
                );
                return None;
            }
            (find, replace, from) => {
                let span = [from, find, replace]
                    .into_iter()
                    .flatten()
                    .next()
                    .map(Text::span);
                self.report(
                    span.unwrap_or(raw.file.span()),
                    "the change mixes or halves its forms",
                    forms,
                    "",
                );
                return None;
            }
        };
        old.map(|_| Change {
            file: forward(raw.file.get_ref()),
            kind,
        })
    }

    fn occurs_once(&mut self, find: &Text, old: &str, file: &str) {
        let count = match find.get_ref().as_str() {
            "" => 0,
            text => old.matches(text).count(),
        };
        if count != 1 {
            let hint = match count {
                0 => "copy the text from the file as it is",
                _ => "add more of the text around it",
            };
            let message = format!("`{}` occurs {count} times in `{file}`", find.get_ref());
            self.report(
                find.span(),
                message,
                "a text that occurs exactly once",
                hint,
            );
        }
    }

    /// The text of a file of the app; reports why it cannot be read.
    pub fn file_text(&mut self, path: &Text, app: &Path, what: &str) -> Option<String> {
        let bytes = self.file_bytes(path, app, what)?;
        match String::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                let fault = PathFault::Unreadable(error.utf8_error().to_string());
                self.path_fault(path, app, what, fault);
                None
            }
        }
    }

    /// The content of a file of the app; reports why it cannot be read.
    pub fn file_bytes(&mut self, path: &Text, app: &Path, what: &str) -> Option<Vec<u8>> {
        match self.tree.bytes(app, path.get_ref()) {
            Ok(bytes) => Some(bytes),
            Err(fault) => {
                self.path_fault(path, app, what, fault);
                None
            }
        }
    }
}

/// A relative path as the context stream names it.
pub(super) fn forward(path: &str) -> String {
    let clean: PathBuf = Path::new(path)
        .components()
        .filter(|part| part.as_os_str() != ".")
        .collect();
    clean.to_string_lossy().replace('\\', "/")
}
