//! Command lines, options and outputs of the pages against those of the program.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::process::Command;

use regex::Regex;

use super::markdown::Page;
use super::{pages, read, root};

/// What the program prints.
pub(super) fn output(arguments: &[&str]) -> String {
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
pub(super) fn commands(help: &str) -> BTreeSet<String> {
    let list = help.split("Commands:\n").nth(1).unwrap_or_default();
    let list = list.split("\n\n").next().unwrap_or_default();
    let name = Regex::new(r"(?m)^  ([a-z]+) ").unwrap();
    let found = name.captures_iter(list).map(|one| one[1].to_owned());
    found.filter(|name| name != "help").collect()
}

/// Options of other programs (cargo, git, sbatch), of scripts and of Dockerfiles.
const OTHERS: &[&str] = &[
    "--all-targets",
    "--array",
    "--batch",
    "--bench",
    "--dependency",
    "--depth",
    "--detach",
    "--docker",
    "--exclude",
    "--exclusive",
    "--fast",
    "--from",
    "--job-name",
    "--locked",
    "--macos",
    "--mount",
    "--network",
    "--no-cache",
    "--open-mode",
    "--orphan",
    "--output",
    "--on",
    "--pairs",
    "--jobs",
    "--seconds",
    "--parents",
    "--parsable",
    "--path",
    "--privileged",
    "--quick",
    "--release",
    "--requeue",
    "--rm",
    "--signal",
    "--test",
    "--time",
    "--wrap",
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

/// The words of a command line, without comments, redirections and what follows them.
fn words(line: &str) -> Vec<String> {
    let ends = [" #", " >", " |", " &", " -- "];
    let end = ends.iter().filter_map(|end| line.find(end)).min();
    let line = &line[..end.unwrap_or(line.len())];
    let words = line.split_whitespace().map(|word| word.trim_matches('\''));
    words.map(str::to_owned).collect()
}

/// With `--help` at its end the program reads a command line and does nothing.
#[test]
fn every_command_line_is_one_that_the_program_reads() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for page in pages() {
        for (_, block) in Page::of(&read(&page)).blocks {
            for line in block.lines() {
                let line = line.strip_prefix("$ ").unwrap_or(line);
                // A variable of the shell has its value elsewhere.
                let rest = line.strip_prefix("plimsoll ");
                let Some(rest) = rest.filter(|rest| !rest.contains('$')) else {
                    continue;
                };
                seen += 1;
                let ended = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
                    .args(words(rest))
                    .arg("--help")
                    .output()
                    .unwrap();
                if !ended.status.success() {
                    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
                    wrong.push(format!("{page}: {line}\n{said}"));
                }
            }
        }
    }
    assert!(seen > 40, "only {seen} command lines were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
