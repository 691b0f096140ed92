//! Commands, options and outputs of the pages against those of the program.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;

use regex::Regex;

use super::markdown::Page;
use super::{pages, read, root};

/// What the program prints.
fn output(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .args(arguments)
        .current_dir(root())
        .env_remove("PLIMSOLL_HOME")
        .env("DOCKER_HOST", "unix:///nowhere/plimsoll.sock")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The names of a help's subcommands.
fn commands(help: &str) -> BTreeSet<String> {
    let list = help.split("Commands:\n").nth(1).unwrap_or_default();
    let list = list.split("\n\n").next().unwrap_or_default();
    let name = Regex::new(r"(?m)^  ([a-z]+) ").unwrap();
    let found = name.captures_iter(list).map(|one| one[1].to_owned());
    found.filter(|name| name != "help").collect()
}

#[test]
fn the_reference_lists_the_commands_of_the_program() {
    let of_program = commands(&output(&["--help"]));
    assert!(of_program.len() > 10, "{of_program:?}");
    let text = read("docs/REFERENCE.md");
    let section = text.split("\n## Commands\n").nth(1).unwrap();
    let section = section.split("\n### ").next().unwrap();
    let name = Regex::new(r"(?m)^\| `([a-z]+)|, `([a-z]+)`").unwrap();
    let listed: BTreeSet<_> = section
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| {
            let cell = line.split(" | ").next().unwrap();
            let names = name.captures_iter(cell);
            names
                .map(|one| one.get(1).or(one.get(2)).unwrap().as_str().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(listed, of_program);
}

/// Options of other programs, of scripts and of Dockerfiles.
const OTHERS: &[&str] = &[
    "--all-targets",
    "--bench",
    "--exclude",
    "--fast",
    "--from",
    "--locked",
    "--no-cache",
    "--parents",
    "--path",
    "--privileged",
    "--release",
    "--test",
    "--pairs",
    "--quick",
    "--mount",
    "--detach",
    "--depth",
    "--orphan",
];

#[test]
fn every_option_on_the_pages_is_one_of_the_program() {
    let top = output(&["--help"]);
    let mut helps = top.clone();
    for name in commands(&top) {
        let help = output(&[&name, "--help"]);
        for below in commands(&help) {
            helps += &output(&[&name, &below, "--help"]);
        }
        helps += &help;
    }
    let option = Regex::new(r"(?:^|[\s`(\[|])(--[a-z][a-z-]+)").unwrap();
    let known: BTreeSet<_> = option
        .captures_iter(&helps)
        .map(|one| one[1].to_owned())
        .collect();
    let mut unknown = String::new();
    let mut seen = 0;
    for page in pages().iter().filter(|page| *page != "CHANGELOG.md") {
        for (number, line) in (1..).zip(read(page).lines()) {
            for one in option.captures_iter(line) {
                seen += 1;
                if !known.contains(&one[1]) && !OTHERS.contains(&&one[1]) {
                    writeln!(unknown, "{page}:{number}: {}", &one[1]).unwrap();
                }
            }
        }
    }
    assert!(seen > 50, "only {seen} options were found");
    assert!(unknown.is_empty(), "unknown options:\n{unknown}");
}

/// Below a line `<!-- output: ARGUMENTS -->`, a block shows the command and what it prints.
#[test]
fn shown_outputs_are_those_of_the_program() {
    let mut shown = 0;
    for page in pages() {
        for (before, block) in Page::of(&read(&page)).blocks {
            let arguments = before.strip_prefix("<!-- output: ");
            let Some(arguments) = arguments.and_then(|rest| rest.strip_suffix(" -->")) else {
                continue;
            };
            shown += 1;
            let words: Vec<_> = arguments.split(' ').collect();
            let expected = format!("$ plimsoll {arguments}\n{}", output(&words));
            assert_eq!(block.trim_end(), expected.trim_end(), "{page}");
        }
    }
    assert!(shown > 0, "no page shows an output");
}
