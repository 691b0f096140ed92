//! What looks like a secret in a text, and texts without it.
//!
//! Sets of rules: forms that issuers gave their secrets (`rules`), users and passwords in
//! URLs (`urls`), values that are assigned to names that speak of secrets (`assignments`),
//! values under such keys in YAML, JSON and XML (`keyed`), and arguments of commands
//! (`arguments`). `judge` decides what a name says and what a value can be. A [`Masker`] also
//! replaces what was found elsewhere: the value of a build argument may stand in a command
//! without its name.
//!
//! Each rule looks at a bounded part of the text behind a place: the time grows with the text.

mod arguments;
mod assignments;
mod excerpt;
mod found;
mod judge;
mod keyed;
mod masker;
mod places;
mod private_key;
mod rules;
mod urls;
mod value;

use std::fmt;

pub use excerpt::excerpt;
pub use found::{Find, PRIVATE_KEY};
pub use masker::{Masker, has_finds, mask_beginning, mask_found, without_cut_start};
pub use places::Places;
pub use rules::issued;

/// Bytes that a form of [`issued`] may look ahead.
pub const AHEAD_BYTES: usize = 1 << 10;

/// Characters of a secret that are shown.
const SHOWN: usize = 4;

/// Something that must not be printed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Everything that the rules find in a text of settings, of commands or of logs, in the order
/// of the rules: of two that overlap, the first.
pub fn find(text: &[u8]) -> Vec<Find> {
    let mut taken = Places::default();
    let issued = issued(text, 0, text.len(), AHEAD_BYTES);
    let others = [urls::find, assignments::find, keyed::find, arguments::find].into_iter();
    let finds = issued.chain(others.flat_map(|set| set(text)));
    finds
        .filter(|find| taken.take(find.start..find.end))
        .collect()
}

/// The first characters of a secret, and never more than a quarter of it.
pub fn mask(secret: &[u8]) -> String {
    let shown = SHOWN.min(secret.len() / 4);
    let start = String::from_utf8_lossy(&secret[..shown]);
    let start: String = start
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    format!("{start}…")
}
