//! The variants of a scenario: each Dockerfile with each combination of target, build
//! arguments, base and platform.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::error::ProjectError;
use super::find::tag;
use super::located::Located;
use super::request::{ReadyImage, Request};
use crate::dockerfile::Dockerfile;

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

/// What distinguishes a variant from others of its file: the name's part, and words.
#[derive(Debug, Clone, Default)]
struct Choice {
    parts: Vec<String>,
    words: Vec<String>,
    target: Option<String>,
    build_args: BTreeMap<String, String>,
    base: Option<String>,
    platform: Option<String>,
}

/// All variants, in the order of files, then as the flags list them.
///
/// # Errors
/// A base or a swap that the file has no place for; no variant, or too many.
pub(super) fn variants(
    request: &Request,
    files: &[Located],
) -> Result<Vec<ProjectVariant>, ProjectError> {
    let choices = choices(request);
    if choices.len().saturating_mul(files.len()) > MOST_VARIANTS {
        return Err(ProjectError::open(
            format!(
                "{} Dockerfiles with {} combinations each are more than {MOST_VARIANTS} variants",
                files.len(),
                choices.len()
            ),
            "name fewer: -f FILE, or fewer values of --target, --build-arg, --base and --platform",
        ));
    }
    let mut names = BTreeSet::new();
    let mut variants = Vec::new();
    for located in files {
        let path = relative(&located.file, &located.context);
        for choice in &choices {
            let mut variant = variant(request, located, &path, choice)?;
            let mut parts = choice.parts.clone();
            if parts.is_empty() || files.len() > 1 {
                parts.insert(0, file_part(&path, files.len() > 1));
            }
            variant.name = unique(&kebab(&parts.join("-")), &mut names);
            variants.push(variant);
        }
    }
    Ok(variants)
}

fn choices(request: &Request) -> Vec<Choice> {
    let mut choices = vec![Choice::default()];
    let cross = |choices: Vec<Choice>, values: &[String], set: &dyn Fn(&mut Choice, &String)| {
        if values.is_empty() {
            return choices;
        }
        let mut crossed = Vec::new();
        for choice in &choices {
            for value in values {
                let mut choice = choice.clone();
                set(&mut choice, value);
                if values.len() > 1 {
                    choice.parts.push(value.clone());
                }
                crossed.push(choice);
            }
        }
        crossed
    };
    choices = cross(choices, &request.bases, &|choice, base| {
        choice.base = Some(base.clone());
        choice.words.push(format!("on {base}"));
    });
    choices = cross(choices, &request.targets, &|choice, target| {
        choice.target = Some(target.clone());
        choice.words.push(format!("target {target}"));
    });
    for (name, values) in &request.build_args {
        choices = cross(choices, values, &|choice, value| {
            choice.build_args.insert(name.clone(), value.clone());
            // One value for all distinguishes nothing, and may be a secret.
            if values.len() > 1 {
                choice.words.push(format!("{name}={value}"));
            }
        });
    }
    cross(choices, &request.platforms, &|choice, platform| {
        choice.platform = Some(platform.clone());
        choice.words.push(format!("for {platform}"));
    })
}

fn variant(
    request: &Request,
    located: &Located,
    path: &str,
    choice: &Choice,
) -> Result<ProjectVariant, ProjectError> {
    let dockerfile = &located.dockerfile;
    let target = choice.target.as_deref();
    let mut build_args = choice.build_args.clone();
    let mut swap = BTreeMap::new();
    let at = |error: crate::dockerfile::ParseError| {
        let hint = error.hint.clone().unwrap_or_default();
        ProjectError::open(format!("{path}:{}: {}", error.line, error.message), hint)
    };
    let known = || dockerfile.all_bases(&build_args);
    for (from, to) in &request.swaps {
        // A swap is for the files that have the base; that one has it is checked over all.
        if known().map_err(at)?.contains(from) {
            swap.insert(from.clone(), to.clone());
        }
    }
    if let Some(base) = &choice.base {
        let argument = dockerfile.base_argument(target, &build_args).map_err(at)?;
        let value = argument
            .as_ref()
            .and_then(|argument| Some((argument.name.clone(), argument.value_for(base)?)));
        match (
            value,
            dockerfile.final_base(target, &build_args).map_err(at)?,
        ) {
            (Some((name, value)), _) => {
                build_args.insert(name, value.to_owned());
            }
            (None, Some(from)) if from == *base => {}
            (None, Some(from)) => {
                swap.insert(from, base.clone());
            }
            (None, None) => {
                return Err(ProjectError::open(
                    format!(
                        "the final stage of {path} is built on `scratch`, so --base has nothing to replace"
                    ),
                    "leave --base out, or replace another base: --swap FROM=TO",
                ));
            }
        }
    }
    let words = match choice.words.is_empty() {
        true => String::new(),
        false => format!(", {}", choice.words.join(", ")),
    };
    Ok(ProjectVariant {
        name: String::new(),
        title: format!("{path}{words}"),
        ready_image: None,
        path: path.to_owned(),
        dockerfile: dockerfile.clone(),
        target: choice.target.clone(),
        build_args,
        swap,
        platform: choice.platform.clone(),
    })
}

/// What the name of a variant takes from its file.
fn file_part(path: &str, is_one_of_many: bool) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let tag = tag(name).unwrap_or_else(|| name.to_owned());
    let part = match tag.is_empty() {
        true => name.to_lowercase(),
        false => tag,
    };
    match is_one_of_many && !folder.is_empty() {
        true => format!("{folder}-{part}"),
        false => part,
    }
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

/// Lower-case letters and digits, with single dashes between.
pub(super) fn kebab(text: &str) -> String {
    let mut name = String::new();
    for ch in text.chars() {
        match ch.to_ascii_lowercase() {
            ch @ ('a'..='z' | '0'..='9') => name.push(ch),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_end_matches('-').to_owned();
    if name.is_empty() {
        "app".to_owned()
    } else {
        name
    }
}

/// The name, or one with a number that is not taken.
pub(super) fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut names = std::iter::once(name.to_owned()).chain((2..).map(|n| format!("{name}-{n}")));
    let free = names.find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}
