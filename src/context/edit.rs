//! A scenario's edits, applied in memory.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::ContextError;
use super::overlay::Overlay;
use super::scan::inside;
use crate::scenario::{ChangeKind, Edit};

/// Stands for the nonce in the new text of an edit.
const PLACEHOLDER: &str = "{nonce}";

/// The files that an edit changes, as they read after it. Nothing is written.
///
/// Later changes of an edit see what earlier ones made of the same file.
///
/// # Errors
/// A file that leaves the folder, is a link or cannot be read as UTF-8, and a
/// `find` that does not occur exactly once.
pub fn apply_edit(edit: &Edit, app_dir: &Path, nonce: &str) -> Result<Overlay, ContextError> {
    let mut overlay = Overlay::new();
    for change in &edit.changes {
        let file = inside(&change.file)?;
        let text = match &change.kind {
            ChangeKind::Overwrite { text } => {
                refuse_link(app_dir, &file)?;
                text.replace(PLACEHOLDER, nonce)
            }
            ChangeKind::Substitute { find, replace } => {
                let old = match overlay.get(&file) {
                    Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    None => read(app_dir, &file)?,
                };
                substitute(&file, &old, find, &replace.replace(PLACEHOLDER, nonce))?
            }
        };
        overlay.insert(file, text);
    }
    Ok(overlay)
}

fn read(app_dir: &Path, file: &str) -> Result<String, ContextError> {
    refuse_link(app_dir, file)?;
    let path = app_dir.join(file);
    crate::files::read_to_string(&path).map_err(|source| ContextError::Read { path, source })
}

/// A link may lead out of the tree, and an overlay would put a file in its place.
fn refuse_link(app_dir: &Path, file: &str) -> Result<(), ContextError> {
    let mut path = app_dir.to_owned();
    for component in file.split('/') {
        path.push(component);
        if path.is_symlink() {
            return Err(ContextError::Edit {
                file: file.to_owned(),
                problem: format!("`{}` is a symbolic link", path.display()),
                hint: "name the file that the link leads to",
            });
        }
    }
    Ok(())
}

fn substitute(file: &str, old: &str, find: &str, new: &str) -> Result<String, ContextError> {
    let fault = |count: &str| ContextError::Edit {
        file: file.to_owned(),
        problem: format!("`{find}` occurs {count}"),
        hint: "`find` must occur exactly once: take in more of the line",
    };
    let at = match old.find(find) {
        Some(at) if !find.is_empty() => at,
        _ => return Err(fault("nowhere")),
    };
    // From the next character on, so that overlapping occurrences count too.
    let next = at + find.chars().next().map_or(1, char::len_utf8);
    if old[next..].contains(find) {
        return Err(fault("more than once"));
    }
    Ok(format!("{}{new}{}", &old[..at], &old[at + find.len()..]))
}

/// A text that no other edit of any round has put into a file: 21 hex digits, of
/// which the first is a letter, so that it is valid as an identifier and as a
/// pre-release of a semantic version (which may not be a number with a leading zero).
///
/// Depends on nothing but its arguments.
pub fn nonce(seed: u64, case: &str, edit: &str, round: u32) -> String {
    let mut hash = Sha256::new();
    hash.update(b"plimsoll nonce 1");
    hash.update(seed.to_le_bytes());
    hash.update(round.to_le_bytes());
    for text in [case, edit] {
        // Lengths, so that `ab`+`c` and `a`+`bc` differ.
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let hex = format!("{:x}", hash.finalize());
    format!("a{}", &hex[..20])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_depends_on_every_argument_and_on_nothing_else() {
        let base = nonce(1, "node/slim", "source", 1);
        assert_eq!(base, nonce(1, "node/slim", "source", 1));
        assert!(
            base.bytes()
                .all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
        );
        assert!(base.starts_with('a') && base.len() == 21);
        for other in [
            nonce(2, "node/slim", "source", 1),
            nonce(1, "node/slims", "ource", 1),
            nonce(1, "node/slim", "dependency", 1),
            nonce(1, "node/slim", "source", 2),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn a_find_must_occur_exactly_once() {
        assert_eq!(substitute("f", "a=1;", "1", "2").unwrap(), "a=2;");
        for (text, find, words) in [
            ("abc", "x", "failed to edit `f`: `x` occurs nowhere"),
            (
                "abab",
                "ab",
                "failed to edit `f`: `ab` occurs more than once",
            ),
            (
                "aaa",
                "aa",
                "failed to edit `f`: `aa` occurs more than once",
            ),
            ("abc", "", "failed to edit `f`: `` occurs nowhere"),
        ] {
            let error = substitute("f", text, find, "y").unwrap_err();
            assert_eq!(error.to_string(), words);
            assert!(error.hint().is_some());
        }
        assert_eq!(substitute("f", "xßy", "ß", "s").unwrap(), "xsy");
    }
}
