//! The pages that people read: links, anchors and tables hold, every page is in the book, and
//! commands, options, outputs and numbers are those of the program.

mod book;
mod examples;
mod facts;
mod markdown;
mod numbers;
mod reference;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use markdown::Page;

/// Longest README.
const README_LINES: usize = 200;

/// The README's first picture is on this line at the latest.
const PICTURE_LINE: usize = 15;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages of the book, without its table of contents.
fn book() -> BTreeSet<String> {
    let pages = fs::read_dir(root().join("docs")).unwrap();
    pages
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".md") && name != "SUMMARY.md")
        .collect()
}

/// All pages that are written by hand, by their paths from the root.
fn pages() -> Vec<String> {
    let top = [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "bases/README.md",
        "benches/README.md",
        "results/README.md",
        "results/reference-2026-11-20-2cpu-vm/README.md",
        "results/reference-2026-11-21-clean-room-2cpu-vm/README.md",
        "results/reference-2026-11-21-2cpu-vm/notes.md",
        "results/verdicts-2026-11-30-2cpu-vm/README.md",
        "docs/SUMMARY.md",
    ];
    let of_book = book().into_iter().map(|name| format!("docs/{name}"));
    top.map(str::to_owned).into_iter().chain(of_book).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The path of a link on a page, from the root.
fn target(page: &str, link: &str) -> PathBuf {
    let mut found = Path::new(page).parent().unwrap().to_owned();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => assert!(found.pop(), "{page}: {link} leaves the repository"),
            Component::CurDir => {}
            part => found.push(part),
        }
    }
    found
}

/// What is wrong with the links of a page.
fn broken_links(page: &str, text: &str, anchors: &mut Anchors) -> Vec<String> {
    let mut broken = Vec::new();
    for (line, link) in Page::of(text).links {
        if link.contains("://") || link.starts_with("mailto:") {
            continue;
        }
        let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
        let file = match path {
            "" => PathBuf::from(page),
            path => target(page, path),
        };
        if !root().join(&file).exists() {
            broken.push(format!("{page}:{line}: {link}: no such file"));
        } else if !anchor.is_empty() && !anchors.of(&file).contains(anchor) {
            broken.push(format!("{page}:{line}: {link}: no such heading"));
        }
    }
    broken
}

/// The anchors of each file that was asked for.
#[derive(Default)]
struct Anchors(BTreeMap<PathBuf, BTreeSet<String>>);

impl Anchors {
    fn of(&mut self, file: &Path) -> &BTreeSet<String> {
        self.0.entry(file.to_owned()).or_insert_with(|| {
            let text = fs::read_to_string(root().join(file)).unwrap_or_default();
            Page::of(&text).anchors
        })
    }
}

#[test]
fn every_relative_link_and_anchor_exists() {
    let mut anchors = Anchors::default();
    let mut broken = Vec::new();
    let mut seen = 0;
    for page in pages() {
        let text = read(&page);
        seen += Page::of(&text).links.len();
        broken.extend(broken_links(&page, &text, &mut anchors));
    }
    assert!(seen > 100, "only {seen} links were found");
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}

#[test]
fn a_broken_link_is_found() {
    let text = "# A b\n[one](README.md) [two](nowhere.md) `[three](none)`\n\n\
                ```\n[four](none)\n```\n[five](#a-b) [six](#c) <img src=\"none.svg\">\n";
    let found = broken_links("CHANGELOG.md", text, &mut Anchors::default());
    let short: Vec<_> = found
        .iter()
        .map(|one| one.split(": ").nth(1).unwrap())
        .collect();
    // `#a-b` is looked up in the real file, which has no such heading.
    assert_eq!(short, ["nowhere.md", "#a-b", "#c", "none.svg"]);
}

/// Files of this repository that a page names in code: `src/cli/mod.rs`.
#[test]
fn every_file_that_a_page_names_exists() {
    let folders = [
        "src/",
        "tests/",
        "scripts/",
        "bases/",
        "scenarios/",
        "schemas/",
        "docs/",
        "benches/",
    ];
    let plain = |span: &str| {
        let mut signs = span.chars();
        signs.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "/._-".contains(c))
    };
    let mut missing = Vec::new();
    let mut seen = 0;
    for page in pages().iter().filter(|page| *page != "CHANGELOG.md") {
        for (line, span) in Page::of(&read(page)).spans {
            if folders.iter().any(|folder| span.starts_with(folder)) && plain(&span) {
                seen += 1;
                if !root().join(&span).exists() {
                    missing.push(format!("{page}:{line}: {span}"));
                }
            }
        }
    }
    assert!(seen > 40, "only {seen} files were found");
    assert!(missing.is_empty(), "missing files:\n{}", missing.join("\n"));
}

#[test]
fn no_table_is_broken() {
    let mut broken = Vec::new();
    let mut tables = 0;
    for page in pages() {
        let found = Page::of(&read(&page));
        tables += found.tables;
        let faults = found.broken_rows.into_iter();
        broken.extend(faults.map(|(line, fault)| format!("{page}:{line}: {fault}")));
    }
    assert!(tables > 50, "only {tables} tables were found");
    assert!(broken.is_empty(), "broken tables:\n{}", broken.join("\n"));
}

#[test]
fn every_page_is_in_the_book() {
    let summary = Page::of(&read("docs/SUMMARY.md"));
    let listed: Vec<_> = summary.links.into_iter().map(|(_, link)| link).collect();
    let once: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), once.len(), "a page is listed twice");
    assert_eq!(once, book());
}

#[test]
fn the_readme_is_short_and_begins_with_a_picture() {
    let text = read("README.md");
    let lines = text.lines().count();
    assert!(lines <= README_LINES, "README.md has {lines} lines");
    let picture = text
        .lines()
        .position(|line| line.contains("<img "))
        .unwrap();
    assert!(
        picture < PICTURE_LINE,
        "the first picture is on line {}",
        picture + 1
    );
    let size = text.len();
    assert!(size < 20_000, "README.md has {size} bytes");
}

/// No word of the list in `words.rs`. Code spans and code blocks do not count.
#[test]
fn the_pages_are_in_plain_words() {
    let avoided = crate::words::words();
    let mut found = Vec::new();
    for page in pages() {
        // The first is a history; the tables of the second are written by the program.
        if ["CHANGELOG.md", "results/README.md"].contains(&page.as_str()) {
            continue;
        }
        for (number, line) in Page::of(&read(&page)).prose {
            let hits = avoided.find_iter(&line);
            found.extend(hits.map(|hit| format!("{page}:{number}: `{}`", hit.as_str())));
        }
    }
    assert!(found.is_empty(), "words to replace:\n{}", found.join("\n"));
}
