//! What the fuzz targets ask of this module; see fuzz/ in the repository.

use std::path::Path;

use super::ignore::Rules;

/// Whether an ignore file of this text ignores each of the paths; none where it is refused.
pub fn ignored(text: &str, paths: &[&str]) -> Option<Vec<bool>> {
    let rules = Rules::parse(text, Path::new(".dockerignore")).ok()?;
    Some(paths.iter().map(|path| rules.ignores(path)).collect())
}
