//! What a Bake file says of its targets: context, Dockerfile, stage, arguments and platforms.
//!
//! Sources: the Bake file reference, <https://docs.docker.com/build/bake/reference/>, and the
//! parser of buildx 0.27 (`bake/`), where the reference leaves things open.

mod arguments;
mod document;
mod fault;
mod functions;
mod scope;
mod target;
mod text;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::error::ProjectError;
use super::located::{Located, locate};
use super::note::ProjectNote;
use super::request::Request;
use super::variants::{MOST_VARIANTS, ProjectVariant, relative};
use crate::scenario::{kebab, unique_name};
use document::BakeDocument;
use fault::BakeFault;
use target::{ResolvedTarget, Targets};

/// Longer files are none that people write.
const MOST_BYTES: usize = 4 << 20;

/// What a Bake file comes to.
#[derive(Debug)]
pub(super) struct Baked {
    /// A Dockerfile for each variant.
    pub files: Vec<Located>,
    /// A variant for each target and platform, in the order of the file's groups.
    pub variants: Vec<ProjectVariant>,
}

/// The variants of the targets that are asked for, or else of `default`.
///
/// # Errors
/// When the file cannot be read, a target does not exist, or it needs what cannot be measured.
pub(super) fn baked(
    request: &Request,
    file: &Path,
    folder: &Path,
    notes: &mut Vec<ProjectNote>,
) -> Result<Baked, ProjectError> {
    let text = crate::files::read_to_string(file).map_err(|source| ProjectError::Read {
        path: file.to_owned(),
        source,
    })?;
    let variable = |name: &str| std::env::var(name).ok();
    let fault = |fault: BakeFault| fault.in_file(file);
    let targets = resolve(file, &text, &request.targets, &variable).map_err(fault)?;
    let mut baked = Baked {
        files: Vec::new(),
        variants: Vec::new(),
    };
    let mut names = BTreeSet::new();
    let mut left_out: BTreeSet<&str> = BTreeSet::new();
    for target in &targets {
        left_out.extend(target.left_out.iter().map(String::as_str));
        let located = locate_target(target, folder, file)?;
        let swap = target.swaps(&located.dockerfile).map_err(fault)?;
        let platforms: Vec<Option<&String>> = match target.platforms.as_slice() {
            [] => vec![None],
            some => some.iter().map(Some).collect(),
        };
        for platform in &platforms {
            let (mut parts, mut title) = (
                vec![target.name.as_str()],
                format!("target {}", target.name),
            );
            if let Some(platform) = platform {
                title.push_str(&format!(", for {platform}"));
                if platforms.len() > 1 {
                    parts.push(platform);
                }
            }
            baked.variants.push(ProjectVariant {
                name: unique_name(&kebab(&parts.join("-")), &mut names),
                title,
                ready_image: None,
                path: relative(&located.file, &located.context),
                dockerfile: located.dockerfile.clone(),
                target: target.stage.clone(),
                build_args: target.args.clone(),
                swap: swap.clone(),
                platform: platform.cloned(),
            });
        }
        baked.files.push(located);
    }
    check(&baked, file)?;
    let names: Vec<&str> = targets.iter().map(|target| target.name.as_str()).collect();
    notes.push(ProjectNote {
        subject: "bake",
        text: format!("{} of {}", names.join(", "), file.display()),
        flag: Some("--target NAME,NAME"),
    });
    if !left_out.is_empty() {
        let keys: Vec<String> = left_out.iter().map(|key| format!("`{key}`")).collect();
        notes.push(ProjectNote {
            subject: "left out",
            text: format!("{} of the Bake file", keys.join(", ")),
            flag: None,
        });
    }
    Ok(baked)
}

fn resolve(
    file: &Path,
    text: &str,
    wanted: &[String],
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<ResolvedTarget>, BakeFault> {
    if text.len() > MOST_BYTES {
        return Err(BakeFault::new(
            None,
            "the file is too long",
            "give a Bake file",
        ));
    }
    let is_json = file.extension().is_some_and(|end| end == "json");
    let document = match is_json {
        true => BakeDocument::of_json(text)?,
        false => BakeDocument::of_hcl(text)?,
    };
    Targets::of(&document, variable)?.selected(wanted)
}

fn locate_target(
    target: &ResolvedTarget,
    folder: &Path,
    file: &Path,
) -> Result<Located, ProjectError> {
    let said = |said: String, hint: &str| {
        BakeFault::new(
            target.line,
            format!("target `{}`: {said}", target.name),
            hint,
        )
        .in_file(file)
    };
    // Relative to where bake runs, and not to the file.
    let context = folder.join(&target.context);
    let Ok(context) = context.canonicalize() else {
        return Err(said(
            format!("there is no folder {}", context.display()),
            "go to the folder in which `docker buildx bake` runs, or name it: plimsoll bench PATH --bake FILE",
        ));
    };
    let dockerfile = context.join(&target.dockerfile);
    let Ok(dockerfile) = dockerfile.canonicalize() else {
        return Err(said(
            format!("there is no Dockerfile {}", dockerfile.display()),
            "`dockerfile` is relative to the target's context",
        ));
    };
    match locate(&dockerfile, folder, Some(&context), true)? {
        // Targets of one file are variants of one app.
        Ok(located) => Ok(Located {
            app: located.context.clone(),
            ..located
        }),
        Err(broken) => Err(said(
            format!(
                "no builder accepts {}, {}",
                dockerfile.display(),
                broken.reason
            ),
            "fix the Dockerfile",
        )),
    }
}

/// One scenario has one context.
fn check(baked: &Baked, file: &Path) -> Result<(), ProjectError> {
    let contexts: BTreeSet<&PathBuf> = baked.files.iter().map(|file| &file.context).collect();
    if contexts.len() > 1 {
        let contexts: Vec<_> = contexts
            .iter()
            .map(|one| one.display().to_string())
            .collect();
        let said = format!(
            "the targets have different build contexts: {}",
            contexts.join(", ")
        );
        let hint = "measure those of one context: --target NAME";
        return Err(BakeFault::new(None, said, hint).in_file(file));
    }
    if baked.variants.len() > MOST_VARIANTS {
        let said = format!(
            "{} variants are more than {MOST_VARIANTS}",
            baked.variants.len()
        );
        return Err(BakeFault::new(None, said, "name fewer targets: --target NAME").in_file(file));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
