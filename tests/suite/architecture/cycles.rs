//! Import cycles between the files of a module.
//!
//! Reads `use` declarations and paths as text, and follows re-exports to the file that defines
//! the name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use regex::Regex;

use super::files;

type Name = Vec<String>;

/// The code of a file without comments and unit tests.
fn code(text: &str) -> String {
    // `mod tests;` ends nothing: code may come after it.
    let tests = Regex::new(r"#\[cfg\(test\)\]\nmod \w+ \{").unwrap();
    let end = tests.find(text).map_or(text.len(), |found| found.start());
    let lines = text[..end].lines();
    let lines = lines.map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The paths of a `use` declaration: `a::{b, c::{d, e}}` has `a::b`, `a::c::d` and `a::c::e`.
fn expanded(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((start, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split_whitespace().collect()];
    };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let start: String = start.split_whitespace().collect();
    let (mut depth, mut from, mut paths) = (0, 0, Vec::new());
    let mut ends: Vec<usize> = Vec::new();
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => ends.push(at),
            _ => {}
        }
    }
    ends.push(inner.len());
    for end in ends {
        let part = &inner[from..end];
        from = (end + 1).min(inner.len());
        if !part.trim().is_empty() {
            paths.extend(expanded(part).iter().map(|path| format!("{start}{path}")));
        }
    }
    paths
}

#[test]
fn a_use_declaration_has_these_paths() {
    assert_eq!(expanded("super::a"), ["super::a"]);
    let nested = expanded("crate::a::{self, b as c,\n d::{e, f}, }");
    assert_eq!(
        nested,
        [
            "crate::a::self",
            "crate::a::b",
            "crate::a::d::e",
            "crate::a::d::f"
        ]
    );
}

struct Source {
    modules: BTreeMap<Name, PathBuf>,
    texts: BTreeMap<PathBuf, String>,
}

impl Source {
    fn read() -> Self {
        let mut source = Self {
            modules: BTreeMap::new(),
            texts: BTreeMap::new(),
        };
        for (_, path, text) in files() {
            source.modules.insert(name_of(&path), path.clone());
            source.texts.insert(path, code(&text));
        }
        source
    }

    /// The file that a path leads to from a module, and the first name in it.
    fn target(&self, from: &Name, path: &str) -> Option<(&PathBuf, String)> {
        let words: Vec<&str> = path.split("::").collect();
        let mut whole = from.clone();
        let mut rest = words.as_slice();
        match words.first() {
            Some(&"crate") => {
                whole.clear();
                rest = &words[1..];
            }
            Some(&"self") => rest = &words[1..],
            Some(&"super") => {
                while let Some((&"super", behind)) = rest.split_first() {
                    whole.pop();
                    rest = behind;
                }
            }
            Some(first) => {
                let child = [from.as_slice(), &[(*first).to_owned()]].concat();
                self.modules.get(&child)?;
            }
            None => return None,
        }
        whole.extend(rest.iter().map(|word| (*word).to_owned()));
        let length = (0..=whole.len())
            .rev()
            .find(|length| self.modules.contains_key(&whole[..*length]))?;
        let name = whole.get(length).cloned().unwrap_or_else(|| "*".to_owned());
        Some((&self.modules[&whole[..length]], name))
    }

    /// Names that a file re-exports, and from which file.
    fn reexports(&self, path: &Path) -> BTreeMap<String, PathBuf> {
        let public = Regex::new(r"\bpub(?:\([^)]*\))?\s+use\s+([^;]+);").unwrap();
        let own = name_of(path);
        let trees = public.captures_iter(&self.texts[path]);
        let paths = trees.flat_map(|tree| expanded(&tree[1]));
        let targets = paths.filter_map(|path| self.target(&own, &path));
        targets
            .filter(|(_, name)| name != "*")
            .map(|(file, name)| (name, file.clone()))
            .collect()
    }

    /// Which files each file imports from.
    fn arrows(&self) -> BTreeMap<&PathBuf, BTreeSet<PathBuf>> {
        let declared = Regex::new(r"\buse\s+([^;]+);").unwrap();
        // A path may begin with a child, without a `use`.
        let inline = Regex::new(r"(?:^|[^:\w])([a-z_]\w*(?:::\w+)+)").unwrap();
        let reexports: BTreeMap<_, _> = self
            .texts
            .keys()
            .map(|path| (path.clone(), self.reexports(path)))
            .collect();
        let defined = |mut file: PathBuf, name: &str| {
            let mut seen = BTreeSet::new();
            while let Some(next) = reexports[&file].get(name)
                && seen.insert(file.clone())
            {
                file = next.clone();
            }
            file
        };
        let mut arrows = BTreeMap::new();
        for (path, text) in &self.texts {
            let own = name_of(path);
            let trees = declared.captures_iter(text);
            let mut paths: Vec<String> = trees.flat_map(|tree| expanded(&tree[1])).collect();
            let others = declared.replace_all(text, "");
            paths.extend(inline.captures_iter(&others).map(|path| path[1].to_owned()));
            let mut to = BTreeSet::new();
            for used in paths {
                let Some((file, name)) = self.target(&own, &used) else {
                    continue;
                };
                let file = defined(file.clone(), &name);
                let handed_on = reexports[path].get(&name);
                let handed_on = handed_on.map(|first| defined(first.clone(), &name));
                // What a file only hands on, it does not use.
                if file != *path && handed_on.as_ref() != Some(&file) {
                    to.insert(file);
                }
            }
            arrows.insert(path, to);
        }
        arrows
    }
}

/// The module of a file: `runner/mod.rs` is `runner`, `runner/pull.rs` is `runner::pull`.
fn name_of(path: &Path) -> Name {
    let words = path.with_extension("");
    let mut name: Name = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if name
        .last()
        .is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str()))
    {
        name.pop();
    }
    name
}

#[test]
fn no_file_imports_itself_by_way_of_others() {
    let source = Source::read();
    let arrows = source.arrows();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for start in arrows.keys() {
        let mut reached: BTreeSet<&PathBuf> = BTreeSet::new();
        let mut left: Vec<&PathBuf> = arrows[*start].iter().collect();
        while let Some(file) = left.pop() {
            if reached.insert(file) {
                left.extend(&arrows[file]);
            }
        }
        if reached.contains(start) {
            let module = name_of(start).first().cloned().unwrap_or_default();
            found
                .entry(module)
                .or_default()
                .push(start.display().to_string());
        }
    }
    assert!(found.is_empty(), "files in import cycles: {found:#?}");
}
