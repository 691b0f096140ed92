//! The example scenarios of the pages, read by the program.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::markdown::Page;
use super::read;

/// The folder of the example: `shop/` with what its scenario names.
fn shop(scenario: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let shop = home.path().join("shop");
    fs::create_dir_all(shop.join("src")).unwrap();
    let dockerfile = "FROM node:20-slim\nCOPY . /app\nCMD [\"node\", \"/app/server.js\"]\n";
    fs::write(shop.join("Dockerfile.slim"), dockerfile).unwrap();
    fs::write(shop.join("src/version.txt"), "unreleased\n").unwrap();
    fs::write(shop.join("plimsoll-app.toml"), scenario).unwrap();
    home
}

fn list(folder: &Path, file: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(["list", file])
        .current_dir(folder)
        .env_remove("PLIMSOLL_HOME")
        .output()
        .unwrap()
}

/// The first code block of a page that begins so.
fn block(page: &str, begins: &str) -> String {
    let blocks = Page::of(&read(page)).blocks;
    let mut texts = blocks.into_iter().map(|(_, text)| text);
    texts
        .find(|text| text.starts_with(begins))
        .unwrap_or_else(|| panic!("{page} has no block that begins with {begins}"))
}

#[test]
fn the_example_of_each_page_is_accepted() {
    for page in ["README.md", "docs/SCENARIOS.md"] {
        let home = shop(&block(page, "schema = 1\n"));
        let listed = list(home.path(), "shop/plimsoll-app.toml");
        assert!(listed.status.success(), "{page}: {listed:?}");
        let text = String::from_utf8(listed.stdout).unwrap();
        let shown = "docs/SCENARIOS.md";
        let command = "$ plimsoll list shop/plimsoll-app.toml\n";
        assert_eq!(block(shown, command), format!("{command}{text}"));
    }
}

#[test]
fn the_first_error_is_shown_as_it_is_printed() {
    let page = "docs/SCENARIOS.md";
    let wrong = block(page, "schema = 1\n").replace("title = \"The shop", "titel = \"The shop");
    let home = shop(&wrong);
    let listed = list(&home.path().join("shop"), "plimsoll-app.toml");
    assert_eq!(listed.status.code(), Some(2));
    let text = String::from_utf8(listed.stderr).unwrap();
    assert_eq!(
        block(page, "error: plimsoll-app.toml:3:1"),
        text.replace("./plimsoll", "plimsoll")
    );
}
