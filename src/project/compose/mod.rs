//! What a Compose file says of a service: context, Dockerfile, target, arguments, environment,
//! and the services that it depends on.
//!
//! Source: the Compose Specification, <https://github.com/compose-spec/compose-spec>.

mod dotenv;
mod file;

use std::path::{Path, PathBuf};

use super::error::ProjectError;
use super::note::Note;
use super::request::Request;
use super::service::Service;
use file::{Build, Entry, File, Words};

/// The service of a Compose file that is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compose {
    /// The file.
    pub file: PathBuf,
    /// The service; none for the only one that is built.
    pub service: Option<String>,
}

/// The request with what a Compose file says of its service. What the user says otherwise
/// goes before it.
///
/// # Errors
/// When the file cannot be read, has no such service, or says something that cannot be measured.
pub(super) fn with_compose(
    request: &Request,
    compose: &Compose,
    notes: &mut Vec<Note>,
) -> Result<Request, ProjectError> {
    let file = file::read(&compose.file)?;
    let shown = compose.file.display();
    let (name, service) = chosen(&file, compose)?;
    let mut request = request.clone();
    let folder = compose.file.parent().unwrap_or(Path::new("."));
    let Built {
        context,
        dockerfile,
        target,
        args,
    } = built(name, service, &file, &compose.file)?;
    let context = folder.join(context.unwrap_or("."));
    if request.files.is_empty() {
        let dockerfile = dockerfile.unwrap_or("Dockerfile");
        request.files.push(context.join(dockerfile));
    }
    request.context.get_or_insert(context);
    if request.targets.is_empty() {
        request.targets.extend(target.map(str::to_owned));
    }
    for (name, value) in args {
        if request.build_args.iter().all(|(known, _)| *known != name) {
            request.build_args.push((name, vec![value]));
        }
    }
    for (name, value) in service.environment(&file, &compose.file)? {
        if request.env.iter().all(|(known, _)| *known != name) {
            request.env.push((name, value));
        }
    }
    request.port = request.port.or(service.port());
    let mut left_out = Vec::new();
    note_unread(name, service, &mut left_out);
    let mut needed = Vec::new();
    in_order(&file, name, &mut Vec::new(), &mut needed).map_err(|said| {
        ProjectError::open(
            format!("{shown}: {said}"),
            "correct `depends_on` in the file",
        )
    })?;
    let mut services = Vec::new();
    for name in needed.into_iter().filter(|needed| *needed != name) {
        if request.services.iter().all(|given| given.name != *name) {
            services.push(companion(name, &file, &compose.file)?);
            note_unread(name, &file.services[name], &mut left_out);
        }
    }
    services.append(&mut request.services);
    request.services = services;
    notes.push(Note {
        subject: "compose",
        text: format!("service {name} of {shown}"),
        flag: Some("--service NAME"),
    });
    if !left_out.is_empty() {
        notes.push(Note {
            subject: "left out",
            text: left_out.join(", "),
            flag: None,
        });
    }
    Ok(request)
}

/// What is built, as the file says it.
#[derive(Default)]
struct Built<'f> {
    context: Option<&'f str>,
    dockerfile: Option<&'f str>,
    target: Option<&'f str>,
    args: Vec<(String, String)>,
}

fn built<'f>(
    name: &str,
    service: &'f Entry,
    file: &File,
    path: &Path,
) -> Result<Built<'f>, ProjectError> {
    let shown = path.display();
    match &service.build {
        Some(Build::Context(context)) => Ok(Built {
            context: Some(context),
            ..Built::default()
        }),
        Some(Build::Whole {
            dockerfile_inline: Some(_),
            ..
        }) => {
            let said = format!("{shown}: the service `{name}` has its Dockerfile in the file");
            let hint = "write it to a file of its own, and name that: `dockerfile: Dockerfile`";
            Err(ProjectError::open(said, hint))
        }
        Some(Build::Whole {
            context,
            dockerfile,
            target,
            args,
            ..
        }) => Ok(Built {
            context: context.as_deref(),
            dockerfile: dockerfile.as_deref(),
            target: target.as_deref(),
            args: args.values(&file.variables),
        }),
        None => {
            let said = format!("{shown}: the service `{name}` is not built: it has no `build`");
            Err(ProjectError::open(said, built_hint(file)))
        }
    }
}

/// Names the keys of a service that change a container and that are not read.
fn note_unread(name: &str, service: &Entry, left_out: &mut Vec<String>) {
    left_out.extend(service.unread().map(|key| format!("`{key}` of {name}")));
}

fn chosen<'f>(file: &'f File, compose: &'f Compose) -> Result<(&'f str, &'f Entry), ProjectError> {
    let shown = compose.file.display();
    if let Some(name) = &compose.service {
        let service = file.services.get(name);
        return service
            .map(|service| (name.as_str(), service))
            .ok_or_else(|| {
                ProjectError::open(format!("{shown} has no service `{name}`"), built_hint(file))
            });
    }
    let mut built = file
        .services
        .iter()
        .filter(|(_, service)| service.build.is_some());
    match (built.next(), built.count()) {
        (Some((name, service)), 0) => Ok((name, service)),
        (None, _) => {
            let hint = "measure the folder of a Dockerfile: plimsoll bench PATH";
            Err(ProjectError::open(
                format!("{shown} builds no service"),
                hint,
            ))
        }
        (_, more) => {
            let said = format!("{shown} builds {} services", more + 1);
            Err(ProjectError::open(said, built_hint(file)))
        }
    }
}

fn built_hint(file: &File) -> String {
    let built = file
        .services
        .iter()
        .filter(|(_, service)| service.build.is_some());
    let names: Vec<&str> = built.map(|(name, _)| name.as_str()).collect();
    match names.as_slice() {
        [] => "no service of the file has a `build`".to_owned(),
        names => format!("name one: --service {}", names.join(" or --service ")),
    }
}

/// A service and all that it depends on, what is needed first.
fn in_order<'f>(
    file: &'f File,
    name: &'f str,
    above: &mut Vec<&'f str>,
    found: &mut Vec<&'f str>,
) -> Result<(), String> {
    if found.contains(&name) {
        return Ok(());
    }
    if above.contains(&name) {
        above.push(name);
        return Err(format!(
            "services depend on each other: {}",
            above.join(" -> ")
        ));
    }
    let Some(service) = file.services.get(name) else {
        let by = above.last().copied().unwrap_or_default();
        return Err(format!(
            "`{by}` depends on `{name}`, which is not in the file"
        ));
    };
    above.push(name);
    for needed in service.needs() {
        in_order(file, needed, above, found)?;
    }
    above.pop();
    found.push(name);
    Ok(())
}

fn companion(name: &str, whole: &File, file: &Path) -> Result<Service, ProjectError> {
    let service = &whole.services[name];
    let wrong = |said: String| {
        let said = format!(
            "{}: the service `{name}`, which the app needs: {said}",
            file.display()
        );
        let hint = format!("say how it is started: --with {name}=IMAGE,ready=tcp://:PORT");
        ProjectError::open(said, hint)
    };
    let Some(image) = service.image.as_ref().filter(|_| service.build.is_none()) else {
        return Err(wrong(
            "it is built, and plimsoll starts services from images only".to_owned(),
        ));
    };
    let command = match &service.command {
        None => Vec::new(),
        Some(Words::List(words)) => words.clone(),
        Some(Words::Line(line)) => {
            shlex::split(line).ok_or_else(|| wrong("its `command` has an open quote".to_owned()))?
        }
    };
    let ready = service.port().map(|port| format!("tcp://:{port}"));
    let env = service.environment(whole, file)?;
    Service::of(name, image, ready, env, command).map_err(wrong)
}
