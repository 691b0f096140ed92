//! The arguments of ARG and ENV.

use super::words::split_quoted;

/// `NAME` and, where one is written, its value, unexpanded.
pub(super) type NameAndValue = (String, Option<String>);

/// `ARG a b=c`.
pub(super) fn arg_pairs(arguments: &str, escape: char) -> Vec<NameAndValue> {
    split_quoted(arguments, escape)
        .into_iter()
        .map(|word| match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word.to_owned(), None),
        })
        .collect()
}

/// `ENV a=b c=d`, or the old `ENV a b c d`, where all after the name is the value.
pub(super) fn env_pairs(arguments: &str, escape: char) -> Vec<NameAndValue> {
    let words = split_quoted(arguments, escape);
    match words.first() {
        Some(first) if !first.contains('=') => {
            let value = arguments.trim_start()[first.len()..].trim_start();
            vec![((*first).to_owned(), Some(value.to_owned()))]
        }
        _ => arg_pairs(arguments, escape),
    }
}
