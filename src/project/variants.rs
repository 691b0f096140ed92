//! The variants of a scenario: each Dockerfile with each combination of base, swaps, target,
//! build arguments and platform.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::error::ProjectError;
use super::located::Located;
use super::request::{ReadyImage, Request};
use crate::dockerfile::{Dockerfile, ParseError};
use crate::scenario::{
    Combination, MatrixAxis, MatrixKey, RebaseError, combinations, rebase, unique_name,
};
use crate::units::Count;

/// A run of more than these takes hours, and is likely a mistake.
pub(super) const MOST_VARIANTS: usize = 64;

/// One way of building the app.
#[derive(Debug, Clone)]
pub(super) struct ProjectVariant {
    pub name: String,
    pub title: String,
    /// A ready image, which is not built. Then `path` is empty, and `dockerfile` has one FROM
    /// line that names it.
    pub ready_image: Option<ReadyImage>,
    /// The Dockerfile relative to the context.
    pub path: String,
    pub dockerfile: Dockerfile,
    pub target: Option<String>,
    pub build_args: BTreeMap<String, String>,
    /// Bases to replace, from and to.
    pub swap: BTreeMap<String, String>,
    pub platform: Option<String>,
}

/// All variants, in the order of files, then as the flags list them.
///
/// # Errors
/// A base or a swap that the file has no place for; no variant, or too many.
pub(super) fn variants(
    request: &Request,
    files: &[Located],
) -> Result<Vec<ProjectVariant>, ProjectError> {
    let located = |file: &Located| relative(&file.file, &file.context);
    let paths: Vec<String> = files.iter().map(located).collect();
    let axes = axes(request, &paths);
    let combinations = combinations(&axes, Count(MOST_VARIANTS as u64)).map_err(|count| {
        ProjectError::open(
            format!(
                "{} Dockerfiles with {} combinations each are more than {MOST_VARIANTS} variants",
                files.len(),
                count.0 / files.len().max(1) as u64
            ),
            "name fewer: -f FILE, or fewer values of --target, --build-arg, --base, --swap and --platform",
        )
    })?;
    let mut names = BTreeSet::new();
    let mut variants = Vec::new();
    for combination in &combinations {
        let path = combination.value(&MatrixKey::Dockerfile);
        let mut known = paths.iter().zip(files);
        let file = known.find(|(known, _)| Some(known.as_str()) == path);
        if let Some((path, file)) = file {
            let name = unique_name(&combination.name(), &mut names);
            variants.push(variant(combination, name, path, &file.dockerfile)?);
        }
    }
    Ok(variants)
}

/// What varies, the slowest first.
fn axes(request: &Request, paths: &[String]) -> Vec<MatrixAxis> {
    let mut axes = Vec::new();
    let mut add = |key: MatrixKey, values: &[String]| {
        let mut distinct: Vec<String> = Vec::new();
        for value in values {
            if !distinct.contains(value) {
                distinct.push(value.clone());
            }
        }
        if !distinct.is_empty() {
            axes.push(MatrixAxis {
                is_named: distinct.len() > 1,
                key,
                values: distinct,
            });
        }
    };
    add(MatrixKey::Dockerfile, paths);
    add(MatrixKey::Base, &request.bases);
    // A base that is named several times has a variant for each replacement.
    let mut swaps: Vec<(&str, Vec<String>)> = Vec::new();
    for (from, to) in &request.swaps {
        match swaps.iter_mut().find(|(known, _)| known == from) {
            Some((_, values)) => values.push(to.clone()),
            None => swaps.push((from.as_str(), vec![to.clone()])),
        }
    }
    for (from, values) in &swaps {
        add(MatrixKey::Swap((*from).to_owned()), values);
    }
    add(MatrixKey::Target, &request.targets);
    for (name, values) in &request.build_args {
        add(MatrixKey::BuildArg(name.clone()), values);
    }
    add(MatrixKey::Platform, &request.platforms);
    axes
}

fn variant(
    combination: &Combination<'_>,
    name: String,
    path: &str,
    dockerfile: &Dockerfile,
) -> Result<ProjectVariant, ProjectError> {
    let target = combination.value(&MatrixKey::Target);
    let mut build_args = combination.build_args();
    let swaps = combination.swaps();
    let mut swap: BTreeMap<String, String> = swaps
        .map(|(from, to, _)| (from.to_owned(), to.to_owned()))
        .collect();
    if let Some(base) = combination.value(&MatrixKey::Base) {
        let replaced = rebase(dockerfile, target, base, &mut build_args, &mut swap)
            .map_err(|error| not_on_base(&error, path))?;
        // --base replaces a single value, such as a Compose file's. With several, variants of
        // different names would be the same.
        let is_named = |name: &String| combination.is_named(&MatrixKey::BuildArg(name.clone()));
        if let Some(name) = replaced.filter(is_named) {
            return Err(not_on_base(&RebaseError::Argument(name), path));
        }
    }
    let invalid = |error: ParseError| not_on_base(&RebaseError::Invalid(error), path);
    // A swap is for the files that have the base; that one has it is checked over all.
    if !swap.is_empty() {
        let known = dockerfile.all_bases(&build_args).map_err(invalid)?;
        for (from, _, is_one_of_many) in combination.swaps() {
            if is_one_of_many && !known.iter().any(|base| base == from) {
                return Err(ProjectError::open(
                    format!(
                        "--swap: {path} is not built on `{from}`, which several images replace"
                    ),
                    "name the files that are built on it: -f FILE",
                ));
            }
        }
        swap.retain(|from, _| known.contains(from));
    }
    Ok(ProjectVariant {
        name,
        title: combination.title(),
        ready_image: None,
        path: path.to_owned(),
        dockerfile: dockerfile.clone(),
        target: target.map(str::to_owned),
        build_args,
        swap,
        platform: combination.value(&MatrixKey::Platform).map(str::to_owned),
    })
}

/// The flag that is to blame.
fn not_on_base(error: &RebaseError, path: &str) -> ProjectError {
    let hint = match error {
        RebaseError::Invalid(error) => error.hint.clone().unwrap_or_default(),
        RebaseError::Scratch => {
            "leave --base out, or replace another base: --swap FROM=TO".to_owned()
        }
        RebaseError::Argument(name) => format!("leave out --base or --build-arg {name}"),
        RebaseError::Swapped(from) => format!("leave out --base or --swap {from}"),
    };
    let message = match error {
        RebaseError::Scratch | RebaseError::Invalid(_) => error.message(path),
        _ => format!("--base: {}", error.message(path)),
    };
    ProjectError::open(message, hint)
}

/// A path below a folder, with forward slashes.
pub(super) fn relative(path: &Path, folder: &Path) -> String {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    let parts: Vec<_> = inside
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    match parts.is_empty() {
        true => ".".to_owned(),
        false => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn located(name: &str, text: &str) -> Located {
        let context = PathBuf::from("/shop");
        Located {
            file: context.join(name),
            dockerfile: Dockerfile::parse(text).unwrap(),
            app: context.clone(),
            context,
        }
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn swaps(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(from, to): &(&str, &str)| ((*from).to_owned(), (*to).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn flags_are_combined_and_name_the_variants() {
        let request = Request {
            bases: texts(&["node:20", "node:20-slim", "node:20"]),
            build_args: vec![
                ("V".to_owned(), texts(&["1", "2"])),
                ("TOKEN".to_owned(), texts(&["x"])),
            ],
            ..Request::default()
        };
        let file = located("Dockerfile", "FROM node:20\n");
        let variants = variants(&request, &[file]).unwrap();
        let shown: Vec<_> = variants
            .iter()
            .map(|one| format!("{}: {}", one.name, one.title))
            .collect();
        assert_eq!(
            shown,
            [
                "node-20-v-1: Dockerfile, on node:20, V=1",
                "node-20-v-2: Dockerfile, on node:20, V=2",
                "node-20-slim-v-1: Dockerfile, on node:20-slim, V=1",
                "node-20-slim-v-2: Dockerfile, on node:20-slim, V=2",
            ]
        );
        assert!(variants[0].swap.is_empty());
        assert_eq!(variants[3].swap["node:20"], "node:20-slim");
        assert_eq!(variants[3].build_args["TOKEN"], "x");
    }

    #[test]
    fn one_swap_is_for_the_files_that_have_the_base_and_several_make_variants() {
        let both = [
            located("Dockerfile", "FROM node:20\n"),
            located("Dockerfile.go", "FROM golang:1.22\n"),
        ];
        let request = |pairs: &[(&str, &str)]| Request {
            swaps: swaps(pairs),
            ..Request::default()
        };
        let one = variants(&request(&[("node:20", "node:22")]), &both).unwrap();
        let swapped: Vec<_> = one.iter().map(|one| one.swap.len()).collect();
        assert_eq!(swapped, [1, 0]);
        let two = request(&[("node:20", "node:20"), ("node:20", "node:22")]);
        let of_one = variants(&two, &both[..1]).unwrap();
        let names: Vec<_> = of_one.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["node-20", "node-22"]);
        assert_eq!(of_one[1].swap["node:20"], "node:22");
        let error = variants(&two, &both).unwrap_err();
        assert_eq!(
            error.to_string(),
            "--swap: Dockerfile.go is not built on `node:20`, which several images replace"
        );
    }

    #[test]
    fn a_base_is_replaced_once_and_variants_are_counted() {
        let file = [located("Dockerfile", "FROM node:20\n")];
        let request = Request {
            bases: texts(&["node:22"]),
            swaps: swaps(&[("node:20", "node:18")]),
            ..Request::default()
        };
        let error = variants(&request, &file).unwrap_err();
        assert_eq!(
            error.to_string(),
            "--base: `node:20`, the base of Dockerfile, is swapped already"
        );
        assert_eq!(error.hint(), Some("leave out --base or --swap node:20"));
        let by_argument = [located("Dockerfile", "ARG V=20\nFROM node:$V\n")];
        let mut request = Request {
            bases: texts(&["node:22"]),
            build_args: vec![("V".to_owned(), texts(&["21"]))],
            ..Request::default()
        };
        let found = variants(&request, &by_argument).unwrap();
        assert_eq!(found[0].build_args["V"], "22");
        request.build_args[0].1 = texts(&["20", "21"]);
        let error = variants(&request, &by_argument).unwrap_err();
        assert_eq!(
            error.to_string(),
            "--base: the build argument `V` already chooses the base of Dockerfile"
        );
        let values: Vec<String> = (0..9).map(|n| format!("a:{n}")).collect();
        let request = Request {
            targets: values.clone(),
            bases: values,
            ..Request::default()
        };
        let error = variants(&request, &file).unwrap_err().to_string();
        assert!(
            error.contains("81 combinations each are more than 64"),
            "{error}"
        );
    }
}
