//! Source files of languages that are compiled: a running app does not need them. Scripts
//! (`js`, `py`, `rb`, `php`) are what runs, and are not counted; nor are declarations
//! (`.d.ts`) and headers.

use std::collections::BTreeMap;

use crate::image::path_class::PathClass;
use crate::units::Count;

const EXTENSIONS: &[&str] = &[
    "c", "cc", "cpp", "cs", "cts", "cxx", "go", "hs", "java", "kt", "mts", "rs", "scala", "swift",
    "ts", "tsx", "zig",
];

/// Counts a file, if it is a source in the app's places.
pub(super) fn see(at: &[&[u8]], class: PathClass, sources: &mut BTreeMap<String, Count>) {
    let name = at.last().and_then(|last| std::str::from_utf8(last).ok());
    let (PathClass::App, Some((stem, extension))) =
        (class, name.and_then(|name| name.rsplit_once('.')))
    else {
        return;
    };
    if EXTENSIONS.contains(&extension) && !stem.is_empty() && !stem.ends_with(".d") {
        let count = sources.entry(extension.to_owned()).or_default();
        *count = *count + Count(1);
    }
}
