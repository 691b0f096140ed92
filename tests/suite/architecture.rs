//! One-way arrows: a module imports only from lower ranks (docs/DESIGN.md), and no file imports
//! itself by way of others. The core has no async, no clock, no file, no environment and no print.
//! A type name has one meaning, and no file grows past its bound.

mod cycles;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use walkdir::WalkDir;

/// Longest file, tests included.
const MOST_LINES: usize = 500;

/// Modules of the pure core.
const PURE: &[&str] = &[
    "units",
    "oci",
    "stats",
    "dockerfile",
    "record",
    "compare",
    "merge",
    "history",
    "summary",
    "tables",
    "export",
    "charts",
    "page",
    "report",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The rank table of docs/DESIGN.md: rows `| 1 | `oci`, `stats` | ... |`.
fn ranks() -> BTreeMap<String, u32> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/DESIGN.md");
    let text = fs::read_to_string(page).unwrap();
    let mut ranks = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let Some(rank) = cells.get(1).and_then(|cell| cell.parse().ok()) else {
            continue;
        };
        for name in cells[2].split(',') {
            ranks.insert(name.trim().trim_matches('`').to_owned(), rank);
        }
    }
    assert!(ranks.len() > 10, "the rank table was not found: {ranks:?}");
    ranks
}

fn files() -> Vec<(String, PathBuf, String)> {
    let root = source();
    WalkDir::new(&root)
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap)
        .filter(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "rs")
        })
        .map(|entry| {
            let path = entry.path().strip_prefix(&root).unwrap().to_owned();
            let module = path
                .components()
                .next()
                .unwrap()
                .as_os_str()
                .to_str()
                .unwrap();
            let module = module.trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(entry.path()).unwrap();
            (module, path, text)
        })
        .collect()
}

/// Modules that a file names after `crate::`, in code and not in comments.
fn imports(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let code = line.split("//").next().unwrap_or_default();
        for (at, _) in code.match_indices("crate::") {
            let rest = &code[at + "crate::".len()..];
            let name: String = rest
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_')
                .collect();
            if !name.is_empty() {
                found.push((number, name));
            }
        }
    }
    found
}

#[test]
fn a_module_imports_only_from_lower_ranks() {
    let ranks = ranks();
    let mut seen = 0;
    let mut wrong = Vec::new();
    for (module, path, text) in files() {
        if module == "lib" || module == "main" {
            continue;
        }
        let rank = ranks
            .get(&module)
            .unwrap_or_else(|| panic!("`{module}` has no rank"));
        for (line, name) in imports(&text) {
            let Some(other) = ranks.get(&name) else {
                panic!("{}:{line}: `{name}` has no rank", path.display())
            };
            seen += 1;
            if name != module && other >= rank {
                wrong.push(format!(
                    "{}:{line}: {module} ({rank}) uses {name} ({other})",
                    path.display()
                ));
            }
        }
    }
    assert!(
        seen > 50,
        "only {seen} imports were found: does the test read the right folder?"
    );
    assert!(
        wrong.is_empty(),
        "arrows that point up:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_reader_of_imports_sees_what_it_should() {
    let text = "use crate::units::Bytes; // crate::cli\nlet x = crate::oci::parse();\n";
    assert_eq!(
        imports(text),
        [(1, "units".to_owned()), (2, "oci".to_owned())]
    );
}

#[test]
fn the_core_is_pure() {
    let banned = [
        "async fn",
        ".await",
        "tokio::",
        "std::fs",
        "std::env",
        "Instant::now",
        "SystemTime",
        "println!",
        "eprintln!",
        "Utc::now",
    ];
    for (module, path, text) in files() {
        // A file of tests is compiled for tests only.
        let is_test = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().contains("test"));
        if !PURE.contains(&module.as_str()) || is_test {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in (1..).zip(code.lines()) {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for word in banned {
                assert!(
                    !line.contains(word),
                    "{}:{number}: `{word}` in the core",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn no_file_grows_past_its_bound() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let paths = WalkDir::new(source())
        .into_iter()
        .chain(WalkDir::new(tests));
    for entry in paths.map(Result::unwrap) {
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "rs")
        {
            let lines = fs::read_to_string(entry.path()).unwrap().lines().count();
            assert!(
                lines <= MOST_LINES,
                "{} has {lines} lines",
                entry.path().display()
            );
        }
    }
}

#[test]
fn there_is_no_drawer_for_odds_and_ends() {
    for (_, path, _) in files() {
        for part in path.iter().filter_map(|part| part.to_str()) {
            let name = part.trim_end_matches(".rs");
            assert!(
                !["utils", "util", "helpers", "common", "manager", "misc"].contains(&name),
                "{path:?}"
            );
        }
    }
}

/// A name that other files can use stands for one thing. Private types are
/// free.
#[test]
fn a_type_name_has_one_meaning() {
    let item =
        Regex::new(r"(?m)^pub(?:\([^)]*\))? (?:struct|enum|trait|type|union) (\w+)").unwrap();
    let mut defined: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (_, path, text) in files() {
        for found in item.captures_iter(&text) {
            let places = defined.entry(found[1].to_owned()).or_default();
            places.push(path.display().to_string());
        }
    }
    assert!(defined.len() > 500, "only {} types", defined.len());
    defined.retain(|_, places| places.len() > 1);
    assert!(defined.is_empty(), "defined twice: {defined:#?}");
}

/// Programs run within bounds: by `process`. The others say why.
#[test]
fn programs_are_started_in_one_way() {
    let own = [
        // The way itself.
        "process.rs",
        // A room's processes live as long as the room, in namespaces that end with it.
        "cleanroom/supervisor.rs",
        // A browser is the reader's, and goes on.
        "cli/open.rs",
    ];
    let starts = [".spawn()", ".output()", ".status()", "tokio::process"];
    let mut seen = 0;
    for (_, path, text) in files() {
        let code = text.split("\nmod tests").next().unwrap_or_default();
        if !code.contains("process::Command") && !code.contains("process::{") {
            continue;
        }
        let found = starts.iter().find(|start| code.contains(*start));
        let is_own = own.iter().any(|own| path == Path::new(own));
        seen += usize::from(is_own && found.is_some());
        assert!(
            found.is_none() || is_own,
            "{}: `{}` instead of crate::process",
            path.display(),
            found.unwrap_or(&"")
        );
    }
    assert_eq!(seen, own.len(), "does the test read the right files?");
}
