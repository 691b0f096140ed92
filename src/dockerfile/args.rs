//! The arguments of ARG and ENV, and what they do to a stage's variables.

use std::collections::BTreeMap;

use super::expand::{Env, expand};
use super::instruction::{Instruction, Kind};
use super::words::split_quoted;

/// `NAME` and, where one is written, its value, unexpanded.
pub(super) type Pair = (String, Option<String>);

/// `ARG a b=c`.
pub(super) fn arg_pairs(arguments: &str, escape: char) -> Vec<Pair> {
    split_quoted(arguments, escape)
        .into_iter()
        .map(|word| match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word.to_owned(), None),
        })
        .collect()
}

/// `ENV a=b c=d`, or the old `ENV a b c d`, where all after the name is the value.
pub(super) fn env_pairs(arguments: &str, escape: char) -> Vec<Pair> {
    let words = split_quoted(arguments, escape);
    match words.first() {
        Some(first) if !first.contains('=') => {
            let value = arguments.trim_start()[first.len()..].trim_start();
            vec![((*first).to_owned(), Some(value.to_owned()))]
        }
        _ => arg_pairs(arguments, escape),
    }
}

/// The variables before the first FROM: build arguments win over defaults, and
/// only declared ones count.
pub(super) fn global_env(
    declared: &[Instruction],
    args: &BTreeMap<String, String>,
    escape: char,
) -> Env {
    // The platform arguments are there undeclared, as BuildKit predefines them.
    let mut env: Env = args
        .iter()
        .filter(|(name, _)| is_platform_argument(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    for instruction in declared {
        if let Kind::Arg(pairs) = &instruction.kind {
            for (name, default) in pairs {
                let value = args
                    .get(name)
                    .cloned()
                    .or_else(|| default.as_ref().map(|word| expand(word, &env, escape).text));
                if let Some(value) = value {
                    env.insert(name.clone(), value);
                }
            }
        }
    }
    env
}

fn is_platform_argument(name: &str) -> bool {
    ["TARGET", "BUILD"].iter().any(|side| {
        name.strip_prefix(side)
            .is_some_and(|what| matches!(what, "PLATFORM" | "OS" | "ARCH" | "VARIANT"))
    })
}

/// What an ARG or ENV within a stage does to the stage's variables. A value that
/// rests on something unknown (the base image's environment) makes the variable
/// unknown as well.
pub(super) fn apply(
    kind: &Kind,
    env: &mut Env,
    global: &Env,
    args: &BTreeMap<String, String>,
    escape: char,
) {
    // One ENV's values all see the variables as they were before it.
    let before = env.clone();
    let known = |word: &String| {
        let expanded = expand(word, &before, escape);
        expanded.unset.is_empty().then_some(expanded.text)
    };
    let (pairs, is_arg) = match kind {
        Kind::Arg(pairs) => (pairs, true),
        Kind::Env(pairs) => (pairs, false),
        _ => return,
    };
    for (name, word) in pairs {
        let value = match (is_arg, word) {
            (false, word) => word.as_ref().and_then(known),
            (true, word) => args
                .get(name)
                .cloned()
                .or_else(|| word.as_ref().and_then(known))
                .or_else(|| global.get(name).cloned()),
        };
        match value {
            Some(value) => env.insert(name.clone(), value),
            None => env.remove(name),
        };
    }
}
