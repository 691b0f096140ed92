//! The contract of a scenario, from what all its variants say.

use super::contract::{SentContext, SuggestedContract, contract};
use super::error::ProjectError;
use super::note::ProjectNote;
use super::request::Request;
use super::variants::ProjectVariant;
use crate::dockerfile::Hints;

const NO_CONTRACT: &str = "it is not known when the app is ready: no Dockerfile names a port by EXPOSE, HEALTHCHECK or ENV PORT";
const NO_CONTRACT_OF_IMAGES: &str = "it is not known when the images are ready: the config of none has an exposed port, a health check or a variable PORT";
/// `--dry-run` and `init` ask nothing of an engine.
const NO_CONFIG: &str = "it is not known when the images are ready: their configs were not read, because no engine is asked for a plan";

/// Settles on a contract, and notes where it is from. `sent` is the context with its files.
///
/// # Errors
/// When nothing speaks for one, or a Dockerfile cannot be read for it.
pub(super) fn settled_contract(
    request: &Request,
    variants: &[ProjectVariant],
    sent: &SentContext<'_>,
    notes: &mut Vec<ProjectNote>,
) -> Result<SuggestedContract, ProjectError> {
    let Merged {
        hints: mut merged,
        differing,
        base,
    } = merged(variants)?;
    if !merged.open_arguments.is_empty() {
        notes.push(ProjectNote {
            subject: "build arguments",
            text: format!("{} without a value", merged.open_arguments.join(", ")),
            flag: Some("--build-arg NAME=VALUE"),
        });
    }
    merged.secrets.sort();
    merged.secrets.dedup();
    merged.secrets.retain(|id| !request.secrets.contains(id));
    if !merged.secrets.is_empty() {
        notes.push(ProjectNote {
            subject: "secrets",
            text: format!(
                "{} without a value, so steps that need it fail",
                merged.secrets.join(", ")
            ),
            flag: Some("--secret id=NAME,src=FILE"),
        });
    }
    let what_base = match request.images.is_empty() {
        true => "the base image",
        false => "the name of the image",
    };
    // What the container gets goes before what the image says.
    let of_env = request.env.iter().find(|(name, _)| name == "PORT");
    let of_env = of_env.and_then(|(_, value)| value.parse().ok());
    let port = match (of_env, request.port) {
        (Some(port), _) => Some((port, "the variable PORT")),
        (None, port) => port.map(|port| (port, "the Compose file")),
    };
    let found = contract(
        (request.ready.as_ref(), port),
        &merged,
        base.as_deref().map(|base| (base, what_base)),
        sent,
    );
    let Some(found) = found else {
        let message = match request.images.as_slice() {
            [] => NO_CONTRACT,
            images if images.iter().all(|image| image.config.is_none()) => NO_CONFIG,
            _ => NO_CONTRACT_OF_IMAGES,
        };
        let hint = "say how it shows that: --ready http://:8080/, tcp://:5432, log:REGEX or exit:0";
        return Err(ProjectError::open(message, hint));
    };
    let mut text = format!("{} ({})", found.check, found.why);
    if found.is_guess {
        text.push_str("; this is weak");
    }
    if !differing.is_empty() && request.ready.is_none() {
        let names = differing.join(", ");
        text.push_str(&format!("; another port or health check is in {names}"));
    }
    notes.insert(
        0,
        ProjectNote {
            subject: "ready when",
            text,
            flag: Some("--ready http://:PORT/PATH"),
        },
    );
    Ok(found)
}

/// What the variants say together.
struct Merged {
    hints: Hints,
    /// Variants whose port or health check is another one.
    differing: Vec<String>,
    /// The base of the first that has one.
    base: Option<String>,
}

/// What a variant says of its contract.
struct Says {
    port: Option<u16>,
    is_exposed: bool,
    check: Option<String>,
}

impl Says {
    fn of(hints: &Hints) -> Self {
        let exposed = hints.ports.first().copied();
        Self {
            port: exposed.or(hints.port_variable),
            is_exposed: exposed.is_some(),
            check: hints.health_check.clone(),
        }
    }

    fn strength(&self) -> u8 {
        match self {
            Self { check: Some(_), .. } => 3,
            Self {
                is_exposed: true, ..
            } => 2,
            Self { port: Some(_), .. } => 1,
            _ => 0,
        }
    }

    fn differs_from(&self, other: &Self) -> bool {
        let ports = self.port.zip(other.port);
        let checks = self.check.as_ref().zip(other.check.as_ref());
        ports.is_some_and(|(one, other)| one != other)
            || checks.is_some_and(|(one, other)| one != other)
    }
}

fn merged(variants: &[ProjectVariant]) -> Result<Merged, ProjectError> {
    let mut merged = Hints::default();
    let mut says = Vec::new();
    let mut base = None;
    for variant in variants {
        let target = variant.target.as_deref();
        let hints = match &variant.ready_image {
            Some(image) => image.hints(),
            None => variant
                .dockerfile
                .hints(target, &variant.build_args)
                .map_err(|error| {
                    let hint = error.hint.clone().unwrap_or_default();
                    ProjectError::open(
                        format!("{}:{}: {}", variant.path, error.line, error.message),
                        hint,
                    )
                })?,
        };
        says.push((variant.name.as_str(), Says::of(&hints)));
        // All of one variant: a port of one and a path of another belong to no app.
        if Says::of(&hints).strength() > Says::of(&merged).strength() {
            merged.ports = hints.ports;
            merged.port_variable = hints.port_variable;
            merged.health_check = hints.health_check;
        }
        for name in hints.open_arguments {
            if !merged.open_arguments.contains(&name) {
                merged.open_arguments.push(name);
            }
        }
        merged.secrets.extend(hints.secrets);
        let of_this = variant.dockerfile.final_base(target, &variant.build_args);
        base = base.or(of_this.ok().flatten());
    }
    let chosen = Says::of(&merged);
    let differing = says.iter().filter(|(_, says)| says.differs_from(&chosen));
    let differing = differing.map(|(name, _)| (*name).to_owned()).collect();
    Ok(Merged {
        hints: merged,
        differing,
        base,
    })
}
