//! Puts the final stage of a Dockerfile on another base.

use std::collections::BTreeMap;

use crate::dockerfile::{Dockerfile, ParseError};

/// Why a Dockerfile is not put on another base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RebaseError {
    /// The file is invalid.
    Invalid(ParseError),
    /// The final stage is built on `scratch`.
    Scratch,
    /// This build argument chooses the base, and has a value for that.
    Argument(String),
    /// The final stage is built on this image, which is swapped already.
    Swapped(String),
}

impl RebaseError {
    /// What is wrong with the Dockerfile of this path.
    pub fn message(&self, path: &str) -> String {
        match self {
            Self::Invalid(error) => format!("{path}:{}: {}", error.line, error.message),
            Self::Scratch => format!(
                "the final stage of {path} is built on `scratch`, so there is no base to replace"
            ),
            Self::Argument(name) => {
                format!("the build argument `{name}` already chooses the base of {path}")
            }
            Self::Swapped(from) => {
                format!("`{from}`, the base of {path}, is swapped already")
            }
        }
    }
}

/// Adds what puts the final stage of a target on `base`: a value of the argument that chooses its
/// base, or else a swap of the base that it has. Returns the argument if it had a value before.
///
/// # Errors
/// When there is no base to replace, or what is given replaces it already.
pub fn rebase(
    dockerfile: &Dockerfile,
    target: Option<&str>,
    base: &str,
    build_args: &mut BTreeMap<String, String>,
    swap: &mut BTreeMap<String, String>,
) -> Result<Option<String>, RebaseError> {
    let argument = dockerfile.base_argument(target, build_args);
    let argument = argument.map_err(RebaseError::Invalid)?;
    let value = argument.as_ref().and_then(|one| one.value_for(base));
    if let Some((argument, value)) = argument.as_ref().zip(value) {
        // The swap would replace what the argument has chosen.
        if swap.contains_key(base) {
            return Err(RebaseError::Swapped(base.to_owned()));
        }
        let before = build_args.insert(argument.name.clone(), value.to_owned());
        return Ok(before.map(|_| argument.name.clone()));
    }
    let from = dockerfile.final_base(target, build_args);
    let from = from.map_err(RebaseError::Invalid)?;
    let from = from.ok_or(RebaseError::Scratch)?;
    if swap.contains_key(&from) {
        return Err(RebaseError::Swapped(from));
    }
    if from != base {
        swap.insert(from, base.to_owned());
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Build arguments and swaps.
    type Maps = (BTreeMap<String, String>, BTreeMap<String, String>);

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    fn of(
        file: &str,
        base: &str,
        args: &[(&str, &str)],
        swap: &[(&str, &str)],
    ) -> Result<Maps, RebaseError> {
        let file = Dockerfile::parse(file).unwrap();
        let (mut args, mut swap) = (map(args), map(swap));
        rebase(&file, None, base, &mut args, &mut swap)?;
        Ok((args, swap))
    }

    #[test]
    fn an_argument_chooses_the_base_or_a_swap_does() {
        let by_argument = "ARG V=20\nFROM node:${V}-slim\n";
        assert_eq!(
            of(by_argument, "node:22-slim", &[], &[]),
            Ok((map(&[("V", "22")]), map(&[])))
        );
        assert_eq!(
            of(by_argument, "node:22", &[], &[("a", "b")]),
            Ok((map(&[]), map(&[("a", "b"), ("node:20-slim", "node:22")])))
        );
        let written = "FROM node:20 AS a\nFROM a\n";
        assert_eq!(
            of(written, "node:22", &[("X", "1")], &[]),
            Ok((map(&[("X", "1")]), map(&[("node:20", "node:22")])))
        );
        assert_eq!(of(written, "node:20", &[], &[]), Ok((map(&[]), map(&[]))));
    }

    #[test]
    fn what_is_replaced_twice_is_known() {
        let file = Dockerfile::parse("ARG V=20\nFROM node:$V\n").unwrap();
        let (mut args, mut swap) = (map(&[]), map(&[]));
        let mut on = |base| rebase(&file, None, base, &mut args, &mut swap);
        assert_eq!(on("node:22"), Ok(None));
        assert_eq!(on("node:24"), Ok(Some("V".to_owned())), "it had 22");
        assert_eq!((args, swap), (map(&[("V", "24")]), map(&[])));
        // The base of the file itself is swapped, too: the variant would not be built on it.
        for base in ["node:20", "node:22"] {
            let twice = of("FROM node:20\n", base, &[], &[("node:20", "node:18")]);
            assert_eq!(twice, Err(RebaseError::Swapped("node:20".to_owned())));
        }
        // What the argument chooses would be swapped: the variant would not be built on it.
        let by_argument = "ARG V=20\nFROM node:${V}\n";
        for base in ["node:20", "node:22"] {
            let twice = of(by_argument, base, &[], &[(base, "node:18")]);
            assert_eq!(twice, Err(RebaseError::Swapped(base.to_owned())));
            let other = of(by_argument, base, &[], &[("node:24", "node:18")]);
            assert!(other.is_ok(), "{base}");
        }
        let none = of("FROM scratch\n", "node:20", &[], &[]).unwrap_err();
        assert_eq!(none, RebaseError::Scratch);
        assert_eq!(
            none.message("Dockerfile"),
            "the final stage of Dockerfile is built on `scratch`, so there is no base to replace"
        );
    }
}
