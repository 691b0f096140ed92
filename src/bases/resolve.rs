//! Resolves the reference of a FROM line to an image.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::catalogue::Catalogue;
use super::error::BasesError;
use crate::engine::{Engine, ImageFacts, LABEL_RECIPE, LABEL_STANDS_IN_FOR};
use crate::oci::ImageReference;
use crate::record::{BaseRecord, StandIn};

/// If a pull has no response after this time, its registry is treated as unreachable.
const PULL_DEADLINE: Duration = Duration::from_secs(1800);

/// The policy for base images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// The real image if the engine has it or can pull it, otherwise the stand-in.
    Auto,
    /// Only the real image.
    Real,
    /// Only the stand-in.
    StandIn,
}

impl Policy {
    /// The word in records and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Real => "real",
            Self::StandIn => "stand-in",
        }
    }

    /// The policy of a record; `Auto` if the record has none.
    pub fn of_name(name: &str) -> Self {
        [Self::Real, Self::StandIn]
            .into_iter()
            .find(|policy| policy.name() == name)
            .unwrap_or(Self::Auto)
    }
}

/// The sources of real images.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Names in a shared registry that are tried first, also for stand-ins.
    pub first: BTreeMap<String, String>,
    /// Whether a local copy under such a name is valid only if the registry has the same image. A
    /// resumed run compares the images itself.
    pub compares: bool,
    /// Mirror names that replace the original names in pulls.
    pub mirrors: BTreeMap<String, String>,
}

/// The name of a base in a shared registry: `reg:5000/node:20`.
pub fn shared_name(registry: &str, reference: &str) -> String {
    let parsed = reference.parse::<ImageReference>();
    let name = parsed.map_or_else(|_| reference.to_owned(), |name| name.familiar());
    format!("{registry}/{name}")
}

/// The result of resolving bases.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// The available bases.
    pub bases: Vec<BaseRecord>,
    /// Why the others are not available, by reference.
    pub missing: BTreeMap<String, String>,
    /// Bases that the shared registry lacks, and the images used instead.
    pub warnings: Vec<String>,
}

/// Resolves every reference before any measurement; bases are pulled here, never in a timed
/// build. An unavailable base is reported as missing and does not stop the others.
///
/// # Errors
/// When the engine fails.
pub async fn resolve<E: Engine>(
    engine: &E,
    references: &BTreeSet<String>,
    policy: Policy,
    sources: &Sources,
    catalogue: &Catalogue,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Resolved, BasesError> {
    let mut silent = BTreeMap::new();
    let mut resolved = Resolved::default();
    for reference in references {
        let real = sources.mirrors.get(reference).unwrap_or(reference);
        let mut base = None;
        let mut reason = String::new();
        if let Some(name) = sources.first.get(reference) {
            let found = match sources.compares {
                true => current_image(engine, name, &mut silent, &mut resolved, report).await?,
                false => real_image(engine, name, &mut silent, report).await?,
            };
            match found.and_then(|image| shared(reference, name, image, policy)) {
                Ok(found) => base = Some(found),
                Err(why) => reason = format!("`{name}`: {why}"),
            }
        }
        let of_registry = reason.clone();
        if base.is_none() && policy != Policy::StandIn {
            match real_image(engine, real, &mut silent, report).await? {
                Ok(image) => match check_digest(reference, &image) {
                    Ok(()) => base = Some(recorded(reference, real, image, None)),
                    Err(why) => reason = join(reason, why),
                },
                Err(why) => reason = join(reason, why),
            }
        }
        if base.is_none() && policy != Policy::Real {
            match stand_in(engine, reference, catalogue).await? {
                Ok(found) => base = Some(found),
                Err(why) => reason = join(reason, why),
            }
        }
        match base {
            Some(base) => {
                if !of_registry.is_empty() {
                    let instead = &base.resolved;
                    resolved.warnings.push(format!(
                        "the base `{reference}` is `{instead}` and not that of the shared registry: {of_registry}"
                    ));
                }
                resolved.bases.push(base);
            }
            None => {
                resolved.missing.insert(reference.clone(), reason);
            }
        }
    }
    Ok(resolved)
}

fn join(reason: String, more: String) -> String {
    match reason.is_empty() {
        true => more,
        false => format!("{reason}; {more}"),
    }
}

/// The record of an image from the shared registry, if the policy permits it.
fn shared(
    reference: &str,
    name: &str,
    image: ImageFacts,
    policy: Policy,
) -> Result<BaseRecord, String> {
    check_digest(reference, &image)?;
    let found = recorded(reference, name, image, None);
    match (policy, &found.stand_in) {
        (Policy::Real, Some(_)) => Err("it has a stand-in".to_owned()),
        (Policy::StandIn, None) => Err("it has the real image".to_owned()),
        _ => Ok(found),
    }
}

/// The image with a name in a shared registry. A local copy is used if it is the same image, or
/// if the registry does not report its digest.
async fn current_image<E: Engine>(
    engine: &E,
    name: &str,
    silent: &mut BTreeMap<String, String>,
    resolved: &mut Resolved,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Result<ImageFacts, String>, BasesError> {
    let is_pinned = name.parse::<ImageReference>();
    let is_pinned = is_pinned.is_ok_and(|name| name.digest().is_some());
    let local = engine.image(name).await?.filter(|_| !is_pinned);
    let Some(local) = local else {
        return real_image(engine, name, silent, report).await;
    };
    let asked = match silent.get(&domain(name)) {
        Some(reason) => Err(reason.clone()),
        None => engine.registry_digest(name).await.map_err(|error| {
            let reason = error.chain();
            note_silent(silent, name, &reason);
            reason
        }),
    };
    let digest = match asked {
        Ok(digest) => digest,
        Err(why) => {
            resolved.warnings.push(format!(
                "`{name}` is the local copy, which was not compared with the shared registry: {why}"
            ));
            return Ok(Ok(local));
        }
    };
    if has_digest(&local, &digest) {
        return Ok(Ok(local));
    }
    let pulled = pull(engine, name, silent, report).await?;
    Ok(
        pulled
            .map_err(|why| format!("the local copy is not the image {digest} that it has: {why}")),
    )
}

/// The image in the engine, or pulled. A registry that did not respond once is not tried again.
async fn real_image<E: Engine>(
    engine: &E,
    reference: &str,
    silent: &mut BTreeMap<String, String>,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Result<ImageFacts, String>, BasesError> {
    if let Some(image) = engine.image(reference).await? {
        return Ok(Ok(image));
    }
    if let Some(reason) = silent.get(&domain(reference)) {
        return Ok(Err(reason.clone()));
    }
    // The digest is requested first, because an unreachable registry fails quickly there, while a
    // pull may retry for a long time.
    if let Err(error) = engine.registry_digest(reference).await {
        let reason = error.chain();
        note_silent(silent, reference, &reason);
        return Ok(Err(reason));
    }
    pull(engine, reference, silent, report).await
}

async fn pull<E: Engine>(
    engine: &E,
    reference: &str,
    silent: &mut BTreeMap<String, String>,
    report: &mut (dyn FnMut(&str) + Send),
) -> Result<Result<ImageFacts, String>, BasesError> {
    report(&format!("pulling {reference}"));
    let mut quiet = |_| {};
    let pulled = tokio::time::timeout(PULL_DEADLINE, engine.pull(reference, &mut quiet)).await;
    match pulled {
        Ok(Ok(())) => match engine.image(reference).await? {
            Some(image) => Ok(Ok(image)),
            None => Ok(Err(
                "it was pulled, yet the engine does not have it".to_owned()
            )),
        },
        Ok(Err(error)) => {
            let reason = error.chain();
            note_silent(silent, reference, &reason);
            Ok(Err(reason))
        }
        Err(_) => Ok(Err("the pull ran into its deadline".to_owned())),
    }
}

/// For each reference, `None` if its real image is available from the engine or a registry,
/// otherwise the reason. Nothing is pulled; an unresponsive registry is tried once.
///
/// # Errors
/// When the engine fails.
pub async fn available<E: Engine>(
    engine: &E,
    references: &BTreeSet<String>,
    mirrors: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Option<String>>, BasesError> {
    let mut silent = BTreeMap::new();
    let mut found = BTreeMap::new();
    for reference in references {
        let real = mirrors.get(reference).unwrap_or(reference);
        let reason = if engine.image(real).await?.is_some() {
            None
        } else if let Some(reason) = silent.get(&domain(real)) {
            Some(String::clone(reason))
        } else {
            engine.registry_digest(real).await.err().map(|error| {
                let reason = error.chain();
                note_silent(&mut silent, real, &reason);
                reason
            })
        };
        found.insert(reference.clone(), reason);
    }
    Ok(found)
}

fn domain(reference: &str) -> String {
    reference
        .parse::<ImageReference>()
        .map(|reference| reference.domain().to_owned())
        .unwrap_or_default()
}

/// Only an unreachable registry affects all its images.
fn note_silent(silent: &mut BTreeMap<String, String>, reference: &str, reason: &str) {
    let signs = [
        "dial tcp",
        "lookup ",
        "connection refused",
        "Client.Timeout",
        "handshake timeout",
        "deadline exceeded",
        "i/o timeout",
        "no such host",
    ];
    if signs.iter().any(|sign| reason.contains(sign)) {
        silent.insert(domain(reference), reason.to_owned());
    }
}

async fn stand_in<E: Engine>(
    engine: &E,
    reference: &str,
    catalogue: &Catalogue,
) -> Result<Result<BaseRecord, String>, BasesError> {
    let Some(entry) = catalogue.find(reference) else {
        return Ok(Err("there is no stand-in recipe for it".to_owned()));
    };
    let tag = entry.stand_in();
    let Some(image) = engine.image(&tag).await? else {
        return Ok(Err(format!("its stand-in `{tag}` is not built")));
    };
    let recipe_sha256 = image.labels.get(LABEL_RECIPE).cloned().unwrap_or_default();
    let note = StandIn {
        stands_in_for: reference.to_owned(),
        recipe_sha256,
    };
    Ok(Ok(recorded(reference, &tag, image, Some(note))))
}

/// A pinned digest must match, because a mirror may have a newer image.
fn check_digest(reference: &str, image: &ImageFacts) -> Result<(), String> {
    let Ok(parsed) = reference.parse::<ImageReference>() else {
        return Ok(());
    };
    let Some(digest) = parsed.digest() else {
        return Ok(());
    };
    if has_digest(image, &digest.to_string()) {
        return Ok(());
    }
    Err(format!(
        "it is pinned to {digest}, and what was found has {}",
        match image.repo_digests.as_slice() {
            [] => "no digest of a registry".to_owned(),
            known => known.join(", "),
        }
    ))
}

/// Whether an image has this digest in a registry.
fn has_digest(image: &ImageFacts, digest: &str) -> bool {
    let known = image.repo_digests.iter();
    known
        .filter_map(|known| known.rsplit_once('@'))
        .any(|(_, known)| known == digest)
}

fn recorded(
    reference: &str,
    resolved: &str,
    image: ImageFacts,
    stand_in: Option<StandIn>,
) -> BaseRecord {
    // A stand-in from a mirror is still a stand-in. An image built on a stand-in inherits its
    // labels, but is a separate image.
    let label = image.labels.get(LABEL_STANDS_IN_FOR);
    let mirrored = label.filter(|name| same_name(name, reference));
    let mirrored = mirrored.map(|name| StandIn {
        stands_in_for: name.clone(),
        recipe_sha256: image.labels.get(LABEL_RECIPE).cloned().unwrap_or_default(),
    });
    let stand_in = stand_in.or(mirrored);
    BaseRecord {
        reference: reference.to_owned(),
        resolved: resolved.to_owned(),
        image_id: image.id.0,
        repo_digests: image.repo_digests,
        manifest_digest: image.manifest_digest,
        unpacked_bytes: image.history.iter().map(|(bytes, _)| *bytes).sum(),
        diff_ids: image.diff_ids,
        stand_in,
    }
}

/// Whether two references are equal; a familiar and a canonical form may be equal.
fn same_name(one: &str, other: &str) -> bool {
    let canonical = |name: &str| Some(name.parse::<ImageReference>().ok()?.canonical());
    one == other || (canonical(one).is_some() && canonical(one) == canonical(other))
}
