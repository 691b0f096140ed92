//! Texts of any length on stderr.

use crate::secrets::excerpt;

/// Most characters of a line on stderr: what it quotes may be of any length.
const MOST_CHARACTERS: usize = 1000;

/// A text in one line that is not too long, without the secrets in it.
pub(super) fn short(text: &str) -> String {
    excerpt(text, MOST_CHARACTERS)
}
