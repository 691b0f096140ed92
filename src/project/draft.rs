//! From a folder to the text of a scenario.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::bake::baked;
use super::compose::with_compose;
use super::contract::SentContext;
use super::error::ProjectError;
use super::find::{Found, dockerfiles};
use super::images::{common_name, image_variants};
use super::located::{Broken, Located, locate};
use super::note::ProjectNote;
use super::rebuild::{Rebuild, is_read, rebuilds};
use super::request::Request;
use super::service::Service;
use super::settled::settled_contract;
use super::suggest::suggested;
use super::text::{ScenarioMaterial, text};
use super::variants::{ProjectVariant, relative, variants};
use crate::context::{Context, ContextError};
use crate::scenario::kebab;

/// Names that a note lists.
const LISTED: usize = 4;

/// A scenario for a folder.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// The folder that its paths are relative to.
    pub root: PathBuf,
    /// The text of its file.
    pub text: String,
    /// What was assumed.
    pub notes: Vec<ProjectNote>,
    /// Names of its variants.
    pub variants: Vec<String>,
}

/// Finds what can be measured in a folder.
///
/// # Errors
/// When nothing can be, when it is more than one app, or when something has to be said that
/// cannot be found: the hint names the flag.
pub fn draft(request: &Request) -> Result<Draft, ProjectError> {
    let folder = real(&request.folder)?;
    let home = real(&request.home)?;
    let mut notes = Vec::new();
    if !request.images.is_empty() {
        return of_images(request, home, notes);
    }
    let request = &match &request.compose {
        Some(compose) => with_compose(request, compose, &mut notes)?,
        None => request.clone(),
    };
    let (files, variants) = to_build(request, &folder, &mut notes)?;
    let root_of_context = &files[0].context;
    let root = match root_of_context.starts_with(&home) {
        true => home,
        false => root_of_context.clone(),
    };
    check_swaps(request, &variants)?;
    let contexts = contexts(root_of_context, &variants)?;
    let app = relative(&files[0].app, root_of_context);
    let paths: Vec<String> = contexts[0].paths().map(str::to_owned).collect();
    let sent = SentContext {
        context: root_of_context,
        files: &paths,
        is_read: &|path| is_read(&variants, &contexts, path),
    };
    let found = settled_contract(request, &variants, &sent, &mut notes)?;
    let [dependency, source] = rebuilds(root_of_context, &app, &variants, &contexts);
    let shown = |path: &Path| relative(path, &folder);
    notes.insert(
        0,
        ProjectNote {
            subject: "variants",
            text: listed(variants.iter().map(|one| one.title.clone()), variants.len()),
            flag: Some(match request.bake {
                Some(_) => "--target NAME",
                None => "-f FILE, --target, --build-arg, --base",
            }),
        },
    );
    notes.insert(
        1,
        ProjectNote {
            subject: "context",
            text: match root_of_context.strip_prefix(&folder) {
                Ok(inside) if inside.as_os_str().is_empty() => "this folder".to_owned(),
                Ok(_) => shown(root_of_context),
                Err(_) => root_of_context.display().to_string(),
            },
            flag: Some("--context DIR"),
        },
    );
    notes.extend(request.services.iter().map(service_note));
    notes.extend(edit_notes(source.as_ref(), dependency.as_ref()));
    let folder_name = files[0].app.file_name().or(folder.file_name());
    let name = kebab(&folder_name.unwrap_or_default().to_string_lossy());
    let name = named(name, request);
    let text = text(&ScenarioMaterial {
        name: &name,
        app_path: &relative(root_of_context, &root),
        contract: &found,
        env: &request.env,
        source: source.as_ref(),
        dependency: dependency.as_ref(),
        variants: &variants,
        services: &request.services,
    });
    Ok(Draft {
        name,
        root,
        text,
        notes,
        variants: variants.into_iter().map(|variant| variant.name).collect(),
    })
}

/// The Dockerfiles with their variants.
fn to_build(
    request: &Request,
    folder: &Path,
    notes: &mut Vec<ProjectNote>,
) -> Result<(Vec<Located>, Vec<ProjectVariant>), ProjectError> {
    if let Some(file) = &request.bake {
        let baked = baked(request, file, folder, notes)?;
        return Ok((baked.files, baked.variants));
    }
    let context = request.context.as_deref().map(real).transpose()?;
    let files = located(request, folder, context.as_deref(), notes)?;
    let request = &suggesting(request, &files, notes)?;
    let variants = variants(request, &files)?;
    Ok((files, variants))
}

/// The scenario of ready images.
fn of_images(
    request: &Request,
    root: PathBuf,
    mut notes: Vec<ProjectNote>,
) -> Result<Draft, ProjectError> {
    let variants = image_variants(request)?;
    let nothing = SentContext {
        context: &root,
        files: &[],
        is_read: &|_| false,
    };
    let found = settled_contract(request, &variants, &nothing, &mut notes)?;
    let names = request.images.iter().map(|image| image.reference.clone());
    let of_variants = ProjectNote {
        subject: "variants",
        text: format!(
            "{}: ready images, so context, build and rebuild are not applicable",
            listed(names, variants.len())
        ),
        flag: Some("--image"),
    };
    notes.insert(0, of_variants);
    notes.extend(request.services.iter().map(service_note));
    let name = named(common_name(request), request);
    let text = text(&ScenarioMaterial {
        name: &name,
        app_path: ".",
        contract: &found,
        env: &request.env,
        source: None,
        dependency: None,
        variants: &variants,
        services: &request.services,
    });
    Ok(Draft {
        name,
        root,
        text,
        notes,
        variants: variants.into_iter().map(|variant| variant.name).collect(),
    })
}

/// A name that no other scenario is kept for.
fn named(mut name: String, request: &Request) -> String {
    if name == request.reserved {
        name.push_str("-app");
    }
    name
}

/// How a service is started, in words.
fn service_note(service: &Service) -> ProjectNote {
    let mut text = format!(
        "{} from {}, ready when {}",
        service.name, service.image, service.ready
    );
    // A value may be a secret.
    let env: Vec<&str> = service.env.keys().map(String::as_str).collect();
    if !env.is_empty() {
        text.push_str(&format!(", with {}", env.join(", ")));
    }
    ProjectNote {
        subject: "service",
        text,
        flag: Some("--with NAME=IMAGE,ready=HOW,env.NAME=VALUE"),
    }
}

/// What the rebuilds change, in words.
fn edit_notes(source: Option<&Rebuild>, dependency: Option<&Rebuild>) -> [ProjectNote; 2] {
    [("source edit", source), ("dependency edit", dependency)].map(|(subject, edit)| {
        let Some(edit) = edit else {
            let text = "none: no build copies a file that plimsoll can edit, so this rebuild is not measured";
            return ProjectNote {
                subject,
                text: text.to_owned(),
                flag: None,
            };
        };
        let what = match edit.is_description {
            true => "the description",
            false => "a comment",
        };
        let mut text = format!("{what} in {}", edit.file);
        if !edit.unread.is_empty() {
            let unread = listed(edit.unread.iter().cloned(), edit.unread.len());
            text.push_str(&format!(" (not copied by {unread})"));
        }
        ProjectNote {
            subject,
            text,
            flag: Some("--save FILE, then edit it"),
        }
    })
}

/// The request with the bases that are proposed, where that is asked for.
fn suggesting(
    request: &Request,
    files: &[Located],
    notes: &mut Vec<ProjectNote>,
) -> Result<Request, ProjectError> {
    let mut request = request.clone();
    if !request.suggest {
        return Ok(request);
    }
    let [one] = files else {
        let message = format!(
            "--suggest is for one Dockerfile, and there are {}",
            files.len()
        );
        return Err(ProjectError::open(message, "name one: -f FILE"));
    };
    let path = relative(&one.file, &one.context);
    let args = only_values(&request);
    let target = request.targets.first().map(String::as_str);
    let base = one.dockerfile.final_base(target, &args).ok().flatten();
    let found = base.as_deref().and_then(|base| {
        let commands = one.dockerfile.commands_on(base, &args).ok()?;
        suggested(base, &commands)
    });
    let Some(found) = found else {
        let base = base.unwrap_or_else(|| "scratch".to_owned());
        let message =
            format!("--suggest knows no other base for `{base}`, on which {path} is built");
        return Err(ProjectError::open(
            message,
            "name bases yourself: --base IMAGE,IMAGE",
        ));
    };
    request.bases = found.fit;
    for (reference, reason) in found.unfit {
        notes.push(ProjectNote {
            subject: "not proposed",
            text: format!("{reference} ({reason})"),
            flag: Some("--base"),
        });
    }
    Ok(request)
}

/// Build arguments of which one value is given.
fn only_values(request: &Request) -> BTreeMap<String, String> {
    let given = request.build_args.iter();
    let single = given.filter_map(|(name, values)| match values.as_slice() {
        [value] => Some((name.clone(), value.clone())),
        _ => None,
    });
    single.collect()
}

fn real(path: &Path) -> Result<PathBuf, ProjectError> {
    path.canonicalize().map_err(|source| ProjectError::Read {
        path: path.to_owned(),
        source,
    })
}

/// The Dockerfiles of one app, with one context.
fn located(
    request: &Request,
    folder: &Path,
    context: Option<&Path>,
    notes: &mut Vec<ProjectNote>,
) -> Result<Vec<Located>, ProjectError> {
    let is_named = !request.files.is_empty();
    let found = match is_named {
        true => Found {
            files: given(request, folder)?,
            ..Found::default()
        },
        false => dockerfiles(folder)?,
    };
    let mut files = Vec::new();
    let mut broken: Vec<Broken> = Vec::new();
    for file in &found.files {
        match locate(file, folder, context, is_named)? {
            Ok(located) => files.push(located),
            Err(fault) => broken.push(fault),
        }
    }
    let shown = |path: &Path| relative(path, folder);
    let fault = |one: &Broken| format!("{}, {}", shown(&one.file), one.reason);
    if let Some(first) = broken.first().filter(|_| is_named || files.is_empty()) {
        let hint = "fix the file, or name others: -f FILE";
        return Err(ProjectError::open(
            format!("no builder accepts {}", fault(first)),
            hint,
        ));
    }
    if files.is_empty() {
        let message = format!("there is no Dockerfile in {}", request.folder.display());
        let hint = "go to the folder of your project, or name a file: -f FILE";
        return Err(ProjectError::open(message, hint));
    }
    let mut groups: BTreeMap<(PathBuf, PathBuf), Vec<Located>> = BTreeMap::new();
    for one in files {
        // Files that the user names are variants of each other, wherever they lie.
        let app = if is_named { &one.context } else { &one.app };
        let key = (one.context.clone(), app.clone());
        groups.entry(key).or_default().push(one);
    }
    let own = (folder.to_owned(), folder.to_owned());
    let key = match groups.len() {
        1 => groups.keys().next().cloned().unwrap_or(own),
        _ if is_named => return Err(several_contexts(groups.keys().map(|(context, _)| context))),
        _ if groups.contains_key(&own) => own,
        count => return Err(several_apps(groups.values().flatten(), count, folder)),
    };
    let chosen = groups.remove(&key).unwrap_or_default();
    let others: Vec<_> = groups
        .values()
        .flatten()
        .map(|one| shown(&one.file))
        .collect();
    let mut left_out = |files: Vec<String>, why: &str| {
        if !files.is_empty() {
            let count = files.len();
            let text = format!("{} ({why})", listed(files.into_iter(), count));
            notes.push(ProjectNote {
                subject: "left out",
                text,
                flag: Some("-f FILE"),
            });
        }
    };
    left_out(others, "of other apps");
    left_out(
        found.left_out.iter().map(|file| shown(file)).collect(),
        "not an image to run, by its name",
    );
    left_out(broken.iter().map(fault).collect(), "no builder accepts it");
    if found.is_cut {
        left_out(
            vec!["the rest of a large folder".to_owned()],
            "it was not searched",
        );
    }
    Ok(chosen)
}

/// The files that are named.
fn given(request: &Request, folder: &Path) -> Result<Vec<PathBuf>, ProjectError> {
    let files = request.files.iter().map(|file| {
        real(&folder.join(file)).map_err(|_| {
            ProjectError::open(
                format!("there is no Dockerfile `{}`", file.display()),
                "-f is relative to this folder, or to the project's",
            )
        })
    });
    files.collect()
}

fn several_contexts<'a>(contexts: impl Iterator<Item = &'a PathBuf>) -> ProjectError {
    let contexts: Vec<_> = contexts.map(|one| one.display().to_string()).collect();
    ProjectError::open(
        format!(
            "the Dockerfiles have different build contexts: {}",
            contexts.join(", ")
        ),
        "name the one that all of them take: --context DIR",
    )
}

fn several_apps<'a>(
    files: impl Iterator<Item = &'a Located>,
    count: usize,
    folder: &Path,
) -> ProjectError {
    let shown: Vec<_> = files.map(|one| relative(&one.file, folder)).collect();
    let first = shown.first().cloned().unwrap_or_default();
    let count_of_files = shown.len();
    ProjectError::open(
        format!(
            "this folder holds {count} apps: {}",
            listed(shown.into_iter(), count_of_files)
        ),
        format!("variants of one app are compared: name its Dockerfiles, -f {first}"),
    )
}

fn check_swaps(request: &Request, variants: &[ProjectVariant]) -> Result<(), ProjectError> {
    for (from, _) in &request.swaps {
        if variants
            .iter()
            .any(|variant| variant.swap.contains_key(from))
        {
            continue;
        }
        let bases: BTreeSet<String> = variants
            .iter()
            .flat_map(|variant| variant.dockerfile.all_bases(&variant.build_args))
            .flatten()
            .collect();
        let count = bases.len();
        return Err(ProjectError::open(
            format!("--swap: no Dockerfile is built on `{from}`"),
            format!("there are {}", listed(bases.into_iter(), count)),
        ));
    }
    Ok(())
}

fn contexts(root: &Path, variants: &[ProjectVariant]) -> Result<Vec<Context>, ProjectError> {
    let scanned = variants
        .iter()
        .map(|variant| Context::scan(root, &variant.path));
    let scanned: Result<Vec<_>, ContextError> = scanned.collect();
    scanned.map_err(|error| {
        let hint = error
            .hint()
            .unwrap_or("name the build context: --context DIR")
            .to_owned();
        let mut message = error.to_string();
        if let Some(cause) = std::error::Error::source(&error) {
            message.push_str(&format!(": {cause}"));
        }
        ProjectError::open(message, hint)
    })
}

/// Some names, and how many more there are.
fn listed(names: impl Iterator<Item = String>, count: usize) -> String {
    let first: Vec<_> = names.take(LISTED).collect();
    match count.saturating_sub(first.len()) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}
