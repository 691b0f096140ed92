//! The names that a file of the context has through symbolic links.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::pattern::{Cover, clean, covers};

/// Symbolic links of a context: path to target, both as they stand there.
pub(super) type Links = BTreeMap<String, String>;

/// More names are not followed: links that lead through one another have no end of them.
const LIMIT: usize = 256;

/// A name of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Alias {
    path: String,
    /// How many of its leading components lead through links. A source that stops before them
    /// copies the link and not what it leads to.
    through: usize,
}

impl Alias {
    /// Whether the source of a COPY reads the file by this name.
    pub fn covered_by(&self, source: &str) -> Cover {
        if self.through == 0 {
            return covers(source, &self.path);
        }
        if depth(&clean(source)) < self.through {
            return Cover::No;
        }
        match covers(source, &self.path) {
            // Builders differ in whether a wildcard follows the links that it matches.
            Cover::Yes if source.contains(['*', '?', '[', '\\']) => Cover::Unknown,
            cover => cover,
        }
    }
}

/// All names of a file, its own first.
pub(super) fn aliases(path: &str, links: &Links) -> Vec<Alias> {
    let own = Alias {
        path: clean(path),
        through: 0,
    };
    let mut seen = BTreeSet::from([own.clone()]);
    let mut found = vec![own.clone()];
    let mut open = VecDeque::from([own]);
    while let Some(known) = open.pop_front() {
        for (link, target) in links {
            let link = clean(link);
            let target = resolve(&link, target);
            let Some(rest) = below(&target, &known.path) else {
                continue;
            };
            let alias = Alias {
                path: clean(&format!("{link}/{rest}")),
                through: depth(&link) + known.through.saturating_sub(depth(&target)),
            };
            if found.len() < LIMIT && seen.insert(alias.clone()) {
                found.push(alias.clone());
                open.push_back(alias);
            }
        }
    }
    found
}

fn depth(path: &str) -> usize {
    path.split('/').filter(|part| !part.is_empty()).count()
}

/// Where a link leads. The context is the root of absolute targets.
fn resolve(link: &str, target: &str) -> String {
    if target.starts_with('/') {
        return clean(target);
    }
    let folder = link.rsplit_once('/').map_or("", |(folder, _)| folder);
    clean(&format!("{folder}/{target}"))
}

/// What is left of `path` below `folder`; empty for the folder itself.
fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    if folder.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cover(source: &str, path: &str, links: &[(&str, &str)]) -> Option<Cover> {
        let links = links
            .iter()
            .map(|(link, target)| ((*link).to_owned(), (*target).to_owned()))
            .collect();
        let aliases = aliases(path, &links);
        aliases.iter().map(|alias| alias.covered_by(source)).max()
    }

    #[test]
    fn a_source_reads_what_its_links_lead_to() {
        let links = [
            ("link", "real"),
            ("d/up", "../real"),
            ("file", "real/src.txt"),
            ("top", "d"),
            ("abs", "/real"),
        ];
        for (source, expected) in [
            ("link/", Cover::Yes),
            ("link/src.txt", Cover::Yes),
            ("file", Cover::Yes),
            ("d/up", Cover::Yes),
            ("top/up/src.txt", Cover::Yes),
            ("abs", Cover::Yes),
            ("real", Cover::Yes),
            (".", Cover::Yes),
            // The link is copied as a link.
            ("d", Cover::No),
            ("top", Cover::No),
            ("link/other", Cover::No),
            ("l*", Cover::Unknown),
        ] {
            assert_eq!(
                cover(source, "real/src.txt", &links),
                Some(expected),
                "{source}"
            );
        }
    }

    #[test]
    fn links_in_circles_end() {
        let links = [("a", "."), ("b", "a/b"), ("c", "/")];
        assert_eq!(cover("a/a/x", "x", &links), Some(Cover::Yes));
        assert_eq!(cover("y", "x", &links), Some(Cover::No));
    }
}
