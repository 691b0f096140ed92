//! Paths with the links that they lead through, as a builder asks for them.
//!
//! The rules are those of `FollowLinks` in <https://github.com/tonistiigi/fsutil>: each
//! component of a path is looked at; a link on the way is asked for, and so is what it
//! leads to. A wildcard in a component stands for the links whose names it matches.

use std::collections::{BTreeMap, BTreeSet};

use super::ignore::clean;
use super::pack::{ItemBody, PackedItem};
use crate::dockerfile::matches_component;

/// The paths to ask for; `None` where they are the whole tree.
pub(super) fn follow(items: &[PackedItem], paths: &[String]) -> Option<Vec<String>> {
    let mut resolver = Resolver {
        bodies: items
            .iter()
            .map(|item| (item.path.as_str(), &item.body))
            .collect(),
        resolved: BTreeSet::new(),
    };
    for path in paths {
        resolver.add(path);
    }
    if resolver.resolved.contains(".") {
        return None;
    }
    Some(resolver.resolved.into_iter().collect())
}

struct Resolver<'a> {
    bodies: BTreeMap<&'a str, &'a ItemBody>,
    resolved: BTreeSet<String>,
}

impl Resolver<'_> {
    fn add(&mut self, path: &str) {
        let path = clean(path.trim_start_matches('/'));
        let mut current = String::new();
        let mut rest = Some(path.as_str());
        while let Some(left) = rest {
            let (component, behind) = match left.split_once('/') {
                Some((component, behind)) => (component, Some(behind)),
                None => (left, None),
            };
            if !current.is_empty() {
                current.push('/');
            }
            current.push_str(component);
            let targets = self.targets(&current);
            if (behind.is_none() || !targets.is_empty()) && self.resolved.contains(&current) {
                return;
            }
            if !targets.is_empty() {
                self.resolved.insert(current);
                for target in targets {
                    match behind {
                        Some(behind) => self.add(&format!("{target}/{behind}")),
                        None => self.add(&target),
                    }
                }
                return;
            }
            rest = behind;
        }
        self.resolved.insert(current);
    }

    /// Where the links of a path lead; its last component may hold wildcards.
    fn targets(&self, path: &str) -> Vec<String> {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        if !name.contains(['*', '?', '[']) {
            return self.target(path).into_iter().collect();
        }
        let below = match dir {
            "" => String::new(),
            dir => format!("{dir}/"),
        };
        self.bodies
            .range(below.as_str()..)
            .take_while(|(path, _)| path.starts_with(&below))
            .filter(|(path, _)| {
                let entry = &path[below.len()..];
                !entry.contains('/') && matches_component(name, entry) == Some(true)
            })
            .filter_map(|(path, _)| self.target(path))
            .collect()
    }

    fn target(&self, path: &str) -> Option<String> {
        let Some(ItemBody::Link(target)) = self.bodies.get(path) else {
            return None;
        };
        let target = target.to_string_lossy();
        if target.starts_with('/') {
            return Some(clean(&target));
        }
        let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
        Some(clean(&format!("/{dir}/{target}")))
    }
}
