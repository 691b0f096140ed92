//! Random ignore files and trees: what plimsoll sends, and what BuildKit's client sends.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use plimsoll::context::Context;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::oracle;

#[derive(Debug, Clone, Serialize)]
struct Case {
    name: String,
    ignore: String,
    tree: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sent {
    name: String,
    sent: Vec<String>,
    /// The client refuses the ignore file.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    error: bool,
}

/// What a kind of case is made of.
struct Kind {
    name: &'static str,
    cases: usize,
    components: &'static [&'static str],
    patterns: &'static [&'static str],
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "plain",
        cases: 2000,
        components: &[
            "a",
            "b",
            "docs",
            "app",
            "node_modules",
            "x.md",
            "r.txt",
            "1",
        ],
        patterns: &[
            "a",
            "b",
            "docs",
            "app",
            "node_modules",
            "x.md",
            "r.txt",
            "1",
            "*",
            "**",
            "*.md",
            "x*",
            "?",
            "*s",
            "d*",
            ".",
            "..",
            "a*",
            "**.md",
            "**s",
        ],
    },
    Kind {
        name: "escapes",
        cases: 600,
        components: &["a", "d", "1", "w_", "*", "a b", "[x]", "\\", "n", "-", ".x"],
        patterns: &[
            "\\a", "\\d", "\\D", "\\w", "\\W", "\\s", "\\n", "\\*", "\\[x\\]", "\\\\", "\\1",
            "\\12", "\\061", "\\x61", "\\pL", "\\-", "\\.x", "*\\d", "\\d*", "a", "**", "\\b",
            "\\y", "\\ä", "\\Qa",
        ],
    },
    Kind {
        name: "brackets",
        cases: 600,
        components: &["a", "b", "xa]", "]", "^", "!", "-", "c", "*", "[", "é", "5"],
        patterns: &[
            "[a]",
            "[ab]",
            "[a-c]",
            "[^a]",
            "[!a]",
            "[a^]",
            "[*]",
            "[?]",
            "[\\]]",
            "[\\d]",
            "[\\-a]",
            "[[]",
            "**a]",
            "a]",
            "]",
            "[a&&b]",
            "[.]",
            "[é]",
            "[a-]",
            "[]",
            "[c-a]",
            "[^]]",
            "*[a]",
            "[:alpha:]",
            "[[:alpha:]]",
            "[\\w-z]",
            "[a-b-c]",
            "**",
            "*",
        ],
    },
    Kind {
        name: "signs",
        cases: 600,
        components: &[
            "a", "b", "a|b", "aa", "a{2}", "$a", "(a)", "a+", "{", "#", "!a", "~",
        ],
        patterns: &[
            "a|b",
            "a|b*",
            "|*",
            "a{2}",
            "a{2}*",
            "a{2,}?",
            "{*",
            "a{1,2}{3}*",
            "{2}*",
            "$a",
            "$*",
            "(a)",
            "(*",
            "a+*",
            "a.?",
            "}*",
            "a{x}*",
            "a{02}*",
            "*{2}",
            "#",
            "!a",
            "~",
            "a",
            "**",
        ],
    },
];

fn cases() -> Vec<Case> {
    let mut random = ChaCha8Rng::seed_from_u64(20);
    let mut cases = Vec::new();
    for kind in &KINDS {
        for number in 0..kind.cases {
            cases.push(Case {
                name: format!("{} {number}", kind.name),
                ignore: ignore(kind, &mut random),
                tree: tree(kind, &mut random),
            });
        }
    }
    cases
}

fn path(parts: &[&str], most: usize, random: &mut ChaCha8Rng) -> String {
    let depth = random.random_range(1..=most);
    let parts = (0..depth).filter_map(|_| parts.choose(random).copied());
    parts.collect::<Vec<_>>().join("/")
}

fn ignore(kind: &Kind, random: &mut ChaCha8Rng) -> String {
    let mut text = String::new();
    for _ in 0..random.random_range(1..=4) {
        if random.random_bool(0.35) {
            text.push('!');
        }
        match random.random_range(0..12) {
            0 => text.push('/'),
            1 => text.push_str("./"),
            2 | 3 => text.push_str("**/"),
            4 => text.push(' '),
            _ => {}
        }
        text.push_str(&path(kind.patterns, 3, random));
        match random.random_range(0..12) {
            0 => text.push('/'),
            1 => text.push_str("/**"),
            2 => text.push_str("/*"),
            3 => text.push_str(" \t"),
            4 => text.push('\r'),
            _ => {}
        }
        text.push('\n');
    }
    text
}

/// Files, none of which stands where a folder has to.
fn tree(kind: &Kind, random: &mut ChaCha8Rng) -> Vec<String> {
    let mut files: BTreeSet<String> = BTreeSet::new();
    for _ in 0..random.random_range(3..=9) {
        let file = path(kind.components, 3, random);
        let below = |one: &str, other: &str| {
            other == one
                || other
                    .strip_prefix(one)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        if !files
            .iter()
            .any(|known| below(known, &file) || below(&file, known))
        {
            files.insert(file);
        }
    }
    files.into_iter().collect()
}

/// What plimsoll sends; `None` where it refuses the ignore file.
fn ours(case: &Case) -> Option<Vec<String>> {
    let home = tempfile::tempdir_in(oracle::quick()).unwrap();
    let root = home.path();
    let put = |path: &Path| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    };
    for file in &case.tree {
        put(&root.join(file));
    }
    // In a folder that is not compared, because a Dockerfile is always sent.
    put(&root.join("zz/Dockerfile"));
    fs::write(root.join("zz/Dockerfile.dockerignore"), &case.ignore).unwrap();
    let context = Context::scan(root, "zz/Dockerfile").ok()?;
    let own = |path: &&str| *path != "zz" && !path.starts_with("zz/");
    Some(context.paths().filter(own).map(str::to_owned).collect())
}

#[test]
fn a_context_is_what_buildkit_sends() {
    let cases = cases();
    let answers: Vec<Sent> = oracle::answers("sent", "sent.json", &cases);
    let mut failures = Vec::new();
    let (mut refused, mut some) = (0, 0);
    for (case, reported) in cases.iter().zip(&answers) {
        assert_eq!(case.name, reported.name, "sent.json is of other cases");
        let expected: Option<BTreeSet<_>> =
            (!reported.error).then(|| reported.sent.iter().cloned().collect());
        refused += usize::from(reported.error);
        some += usize::from(!reported.error && !reported.sent.is_empty());
        let sent: Option<BTreeSet<_>> = ours(case).map(|sent| sent.into_iter().collect());
        if sent != expected {
            failures.push(format!(
                "{}: {:?} of {:?}: {sent:?}, BuildKit {expected:?}",
                case.name, case.ignore, case.tree
            ));
        }
    }
    println!(
        "{} trees, {refused} with ignore files that are refused, {some} of which something is sent",
        cases.len()
    );
    assert!(cases.len() >= 2000 && some > 1000 && refused > 50);
    assert_eq!(failures, [""; 0], "{} trees differ", failures.len());
}
