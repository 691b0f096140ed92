//! `RUN --mount=…`.

use std::collections::BTreeMap;

use super::pattern::clean;
use super::words::Word;

/// A cache mount of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheMount {
    /// The line of its RUN, from 1.
    pub line: u32,
    /// Its effective id: where none is written, the target after cleaning.
    pub id: String,
    /// Where it is mounted, as written.
    pub target: String,
}

/// A mount as written; values are not expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    pub kind: String,
    pub from: Option<Word>,
    pub source: Option<String>,
    pub target: Option<String>,
    pub id: Option<Word>,
    /// Offset in the file of the first byte behind the `=` of the id.
    pub id_start: usize,
    pub writable: bool,
    /// The variable that a secret is put into.
    pub env: Option<String>,
    /// `uid`, `gid` and `mode` as written, in this order: the builder keeps a cache apart by
    /// them (`setCacheUIDGID` of BuildKit).
    pub owner: BTreeMap<String, String>,
    /// Offset in the file of the first byte behind `--mount=`.
    pub start: usize,
}

impl Mount {
    /// Parses a flag's value; `None` where it is empty. Unknown keys are the
    /// builder's to refuse.
    pub fn parse(value: &Word) -> Option<Self> {
        let mut mount = Self {
            kind: "bind".to_owned(),
            from: None,
            source: None,
            target: None,
            id: None,
            id_start: 0,
            writable: false,
            env: None,
            owner: BTreeMap::new(),
            start: *value.at.first()?,
        };
        let mut start = 0;
        for field in value.text.split(',') {
            let key_end = field.find('=').unwrap_or(field.len());
            let value_start = (start + key_end + 1).min(start + field.len());
            let word = value.slice(value_start, start + field.len());
            let text = || Some(word.text.clone());
            match field[..key_end].trim().to_ascii_lowercase().as_str() {
                "type" => mount.kind.clone_from(&word.text),
                "from" => mount.from = Some(word),
                "source" | "src" => mount.source = text(),
                "target" | "dst" | "destination" => mount.target = text(),
                // Without `=` the builder refuses it.
                "id" if key_end < field.len() => {
                    mount.id = Some(word);
                    mount.id_start = value.at[start + key_end] + 1;
                }
                key @ ("uid" | "gid" | "mode") => {
                    mount.owner.insert(key.to_owned(), word.text.clone());
                }
                "env" => mount.env = text(),
                "rw" | "readwrite" => mount.writable = !is_false(&word.text),
                "ro" | "readonly" => mount.writable = is_false(&word.text),
                _ => {}
            }
            start += field.len() + 1;
        }
        Some(mount)
    }

    /// The values that the builder expands.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let texts = [&self.source, &self.target].into_iter().flatten();
        let id = self.id.iter().map(|id| id.text.as_str());
        let owner = self.owner.values().map(String::as_str);
        texts
            .map(String::as_str)
            .chain(id)
            .chain(owner)
            .chain([self.kind.as_str()])
    }

    pub fn is_cache(&self) -> bool {
        self.kind.eq_ignore_ascii_case("cache")
    }

    /// The id by which BuildKit knows a cache mount: the written one, or the
    /// cleaned target (`dockerfile2llb`, `dispatchRunMounts`).
    pub fn cache_id(&self) -> Option<String> {
        if !self.is_cache() {
            return None;
        }
        match &self.id {
            Some(id) if !id.text.is_empty() => Some(id.text.clone()),
            _ => {
                let target = self.target.as_deref()?;
                // A variable may hold `..` or slashes: leave the whole to the builder.
                if target.contains('$') {
                    return Some(target.to_owned());
                }
                let slash = if target.starts_with('/') { "/" } else { "" };
                Some(format!("{slash}{}", clean(target)))
            }
        }
    }
}

/// Go's `strconv.ParseBool`.
fn is_false(value: &str) -> bool {
    matches!(value, "0" | "f" | "F" | "false" | "FALSE" | "False")
}
