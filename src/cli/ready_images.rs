//! Ready images of a bench: what their configs say of how they show that they are ready.

use std::collections::{BTreeMap, BTreeSet};

use super::args::{BenchArgs, Place};
use super::config;
use super::environment::Environments;
use super::failure::Failure;
use super::job::Seams;
use super::output::Printer;
use super::prepare::sources;
use crate::bases::{self, BasesError, Catalogue, Policy};
use crate::engine::{Clock, Engine, ImageFacts, Probe};
use crate::project::{ImageConfig, ReadyOption};
use crate::record::Metric;

/// Whether flags are given that only a build uses.
///
/// # Errors
/// The first of them, with `--image`. Those that say what is built are refused by clap.
pub(super) fn check(args: &BenchArgs) -> Result<(), Failure> {
    let common = &args.common;
    let prefers = |metric| args.prefer.iter().any(|one| Metric::from(*one) == metric);
    let flags = [
        ("--secret", !common.secrets.is_empty()),
        ("--ssh", !common.ssh.is_empty()),
        ("--skip", !common.skip.is_empty()),
        ("--keep-cache", common.keep_cache),
        ("--prefer build", prefers(Metric::BuildCold)),
        ("--prefer rebuild", prefers(Metric::RebuildSource)),
    ];
    let found = flags.into_iter().find(|(_, is_given)| *is_given);
    match found {
        Some((flag, _)) if !args.project.images.is_empty() => {
            let said = format!("{flag} cannot be used with --image: nothing is built");
            let hint = format!("remove {flag}, or name a Dockerfile with -f instead of --image");
            Err(Failure::usage(said).with_hint(Some(hint)))
        }
        _ => Ok(()),
    }
}

/// The configs of the images that are available, by reference; images that are missing are
/// pulled as bases are. Nothing is asked where the contract is known.
///
/// # Errors
/// When the engine fails, or no image is available.
pub(super) async fn configs<E: Engine, C: Clock, P: Probe, G: Environments<E, P>>(
    place: &Place,
    args: &BenchArgs,
    seams: &Seams<E, C, P, G>,
    printer: &mut Printer,
) -> Result<BTreeMap<String, ImageConfig>, Failure> {
    let images: BTreeSet<String> = args.project.images.iter().cloned().collect();
    if images.is_empty() || matches!(args.project.ready, Some(ReadyOption::Check(_))) {
        return Ok(BTreeMap::new());
    }
    let engine = seams.engine.as_ref();
    let catalogue = Catalogue::load(&place.bases()?)?;
    let mirrors = config::load(place)?.bases;
    let found = bases::resolve(
        engine,
        &images,
        Policy::from(args.common.bases),
        &sources(mirrors, &args.common, None, &images, &catalogue),
        &catalogue,
        &mut |text| printer.talk(text),
    )
    .await?;
    if let (true, Some((reference, reason))) =
        (found.bases.is_empty(), found.missing.first_key_value())
    {
        return Err(BasesError::Unavailable {
            reference: reference.clone(),
            reason: reason.clone(),
        }
        .into());
    }
    let mut configs = BTreeMap::new();
    for base in found.bases {
        if let Some(facts) = engine.image(&base.resolved).await? {
            configs.insert(base.reference, config_of(facts));
        }
    }
    Ok(configs)
}

fn config_of(facts: ImageFacts) -> ImageConfig {
    let port = facts.env.iter().find_map(|line| line.strip_prefix("PORT="));
    ImageConfig {
        ports: facts.ports,
        port_variable: port.and_then(|port| port.parse().ok()),
        health_check: facts.health_command,
    }
}
