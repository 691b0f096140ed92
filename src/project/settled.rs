//! The contract of a scenario, from what all its variants say.

use std::collections::BTreeSet;

use super::contract::{Contract, Sent, contract};
use super::error::ProjectError;
use super::note::Note;
use super::request::Request;
use super::variants::Variant;
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
    variants: &[Variant],
    sent: &Sent<'_>,
    notes: &mut Vec<Note>,
) -> Result<Contract, ProjectError> {
    let Merged {
        hints: mut merged,
        ports,
        base,
    } = merged(variants)?;
    if !merged.open_arguments.is_empty() {
        notes.push(Note {
            subject: "build arguments",
            text: format!("{} without a value", merged.open_arguments.join(", ")),
            flag: Some("--build-arg NAME=VALUE"),
        });
    }
    merged.secrets.sort();
    merged.secrets.dedup();
    merged.secrets.retain(|id| !request.secrets.contains(id));
    if !merged.secrets.is_empty() {
        notes.push(Note {
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
    let found = contract(
        (request.ready.as_ref(), request.port),
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
    if ports.len() > 1 {
        text.push_str("; other variants expose other ports");
    }
    notes.insert(
        0,
        Note {
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
    /// The first port of each.
    ports: BTreeSet<u16>,
    /// The base of the first that has one.
    base: Option<String>,
}

fn merged(variants: &[Variant]) -> Result<Merged, ProjectError> {
    let mut merged = Hints::default();
    let mut ports = BTreeSet::new();
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
        ports.extend(hints.ports.first().copied());
        if merged.ports.is_empty() {
            merged.ports = hints.ports;
        }
        merged.port_variable = merged.port_variable.or(hints.port_variable);
        merged.health_check = merged.health_check.or(hints.health_check);
        for name in hints.open_arguments {
            if !merged.open_arguments.contains(&name) {
                merged.open_arguments.push(name);
            }
        }
        merged.secrets.extend(hints.secrets);
        let of_this = variant.dockerfile.final_base(target, &variant.build_args);
        base = base.or(of_this.ok().flatten());
    }
    Ok(Merged {
        hints: merged,
        ports,
        base,
    })
}
