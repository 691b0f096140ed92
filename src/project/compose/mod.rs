//! What a Compose file says of a service: context, Dockerfile, target, arguments, environment,
//! and the services that it depends on.
//!
//! Source: the Compose Specification, <https://github.com/compose-spec/compose-spec>.

mod dotenv;
mod file;

use std::path::Path;

use super::error::ProjectError;
use super::note::ProjectNote;
use super::request::{Compose, Request};
use super::service::Service;
use crate::scenario::{is_kebab, kebab, unreachable};
use file::{Build, Entry, File, Words};

/// The request with what a Compose file says of its service. What the user says otherwise
/// goes before it.
///
/// # Errors
/// When the file cannot be read, has no such service, or says something that cannot be measured.
pub(super) fn with_compose(
    request: &Request,
    compose: &Compose,
    notes: &mut Vec<ProjectNote>,
) -> Result<Request, ProjectError> {
    let file = file::read(&compose.file)?;
    let shown = compose.file.display();
    let named: Vec<&str> = match &compose.service {
        Some(name) => vec![name],
        None => file.services.keys().map(String::as_str).collect(),
    };
    file.check_whole(&named, &shown.to_string())?;
    let (name, service) = chosen(&file, compose)?;
    let mut request = request.clone();
    let folder = compose.file.parent().unwrap_or(Path::new("."));
    let Built {
        context,
        dockerfile,
        target,
        args,
    } = built(name, service, &file, &compose.file)?;
    // `target: ${TARGET:-}` is none.
    let [context, dockerfile, target] =
        [context, dockerfile, target].map(|text| text.filter(|text| !text.is_empty()));
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
    if service.command.is_some() {
        left_out.push(format!("`command` of {name}"));
    }
    add_services(&mut request, &file, name, compose, &mut left_out)?;
    notes.push(ProjectNote {
        subject: "compose",
        text: format!("service {name} of {shown}"),
        flag: Some("--service NAME"),
    });
    if !file.unset.is_empty() {
        let names: Vec<&str> = file.unset.iter().map(String::as_str).collect();
        notes.push(ProjectNote {
            subject: "variables",
            text: format!("{} without a value, so they are empty", names.join(", ")),
            flag: None,
        });
    }
    if !left_out.is_empty() {
        notes.push(ProjectNote {
            subject: "left out",
            text: left_out.join(", "),
            flag: None,
        });
    }
    Ok(request)
}

/// Adds the services that a service depends on, what is needed first.
fn add_services(
    request: &mut Request,
    file: &File,
    name: &str,
    compose: &Compose,
    left_out: &mut Vec<String>,
) -> Result<(), ProjectError> {
    let shown = compose.file.display().to_string();
    let mut needed = Vec::new();
    in_order(file, name, &mut Vec::new(), &mut needed).map_err(|said| {
        ProjectError::open(
            format!("{shown}: {said}"),
            "correct `depends_on` in the file",
        )
    })?;
    file.check_whole(&needed, &shown)?;
    let mut services = Vec::new();
    for name in needed.into_iter().filter(|needed| *needed != name) {
        note_unread(name, &file.services[name], left_out);
        let other_names = file.services[name].other_names(name).into_iter();
        left_out.extend(other_names.map(|other| format!("the host name `{other}` of {name}")));
        match request
            .services
            .iter_mut()
            .find(|given| given.name == *name)
        {
            None => services.push(companion(name, file, &compose.file)?),
            // The command line says what is different.
            Some(given) => {
                let mut env = file.services[name].environment(file, &compose.file)?;
                env.append(&mut given.env);
                given.env = env;
                if given.command.is_empty() {
                    given.command = command(name, &file.services[name], &compose.file)?;
                }
            }
        }
    }
    services.append(&mut request.services);
    request.services = services;
    Ok(())
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
            let hint = "write it to a file, and name that: `dockerfile: Dockerfile`";
            Err(ProjectError::open(said, hint))
        }
        Some(Build::Whole { others, .. })
            if others
                .get("additional_contexts")
                .is_some_and(|value| !value.is_null()) =>
        {
            let said = format!("{shown}: the service `{name}` has `additional_contexts`");
            let hint = "plimsoll builds with one context; copy what is needed into it";
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
    let keys = service.unread().into_iter();
    left_out.extend(keys.map(|key| format!("`{key}` of {name}")));
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

/// The service that is looked at.
fn service_name<'f>(above: &[&'f str]) -> &'f str {
    above.last().copied().unwrap_or_default()
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
        let by = service_name(above);
        return Err(format!(
            "`{by}` depends on `{name}`, which is not in the file"
        ));
    };
    above.push(name);
    for needed in service.needs() {
        if !needed.required && !file.services.contains_key(needed.name) {
            continue;
        }
        if needed.finished {
            let name = needed.name;
            return Err(format!(
                "`{}` waits until `{name}` has finished, and plimsoll has no services that finish",
                service_name(above)
            ));
        }
        in_order(file, needed.name, above, found)?;
    }
    above.pop();
    found.push(name);
    Ok(())
}

fn companion(name: &str, whole: &File, file: &Path) -> Result<Service, ProjectError> {
    let service = &whole.services[name];
    // `--with` cannot name it either.
    if !is_kebab(name) || unreachable(name).is_some() {
        let said = format!(
            "{}: plimsoll cannot start the service `{name}`, which the app needs, under this name{}",
            file.display(),
            unreachable(name)
                .map(|why| format!(": {why}"))
                .unwrap_or_default(),
        );
        let other = match kebab(name) {
            same if unreachable(&same).is_some() => format!("{same}-service"),
            other => other,
        };
        let hint = format!(
            "rename it in a copy of the file, such as `{other}`, also in `depends_on` and where the app names it as a host"
        );
        return Err(ProjectError::open(said, hint));
    }
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
    let command = command(name, service, file)?;
    // The first port may be that of a web interface.
    let port = service.port().filter(|_| !Service::is_known(image));
    let ready = port.map(|port| format!("tcp://:{port}"));
    let env = service.environment(whole, file)?;
    Service::of(name, image, ready, env, command).map_err(wrong)
}

/// The words of a service's command.
fn command(name: &str, service: &Entry, file: &Path) -> Result<Vec<String>, ProjectError> {
    match &service.command {
        None => Ok(Vec::new()),
        Some(Words::List(words)) => Ok(words.clone()),
        Some(Words::Line(line)) => shlex::split(line).ok_or_else(|| {
            let said = format!(
                "{}: the `command` of `{name}` has an open quote",
                file.display()
            );
            ProjectError::open(said, "close the quote, or write a list of words")
        }),
    }
}
