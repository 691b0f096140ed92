//! A table in a page that a test writes.

use std::fs;
use std::path::Path;

/// Compares the text between two marks of a page, or writes it with `PLIMSOLL_BLESS=1`.
pub fn hold(page: &Path, [start, end]: [&str; 2], table: &str) {
    let text = fs::read_to_string(page).unwrap();
    let (before, rest) = text.split_once(start).unwrap();
    let (old, after) = rest.split_once(end).unwrap();
    if std::env::var_os("PLIMSOLL_BLESS").is_some() {
        fs::write(page, format!("{before}{start}{table}{end}{after}")).unwrap();
    } else {
        assert_eq!(old, table, "write it with PLIMSOLL_BLESS=1");
    }
}
