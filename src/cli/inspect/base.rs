//! Which of an image's layers are its base's.

use super::super::args::InspectArgs;
use super::super::failure::Failure;
use super::subject::{self, ImageLocation};
use crate::bases::stand_in_of;
use crate::engine::{Engine, LABEL_STANDS_IN_FOR};
use crate::image::{self, Examined, ImageError, ImageSelection};
use crate::inspection::{Base, BaseEvidence, Inspection};
use crate::units::Count;

/// Why a named base is not set.
pub(super) enum NotSet {
    /// Its layers are not the lowest of the image.
    Unfit(Failure),
    /// It cannot be read.
    Failed(Failure),
}

impl From<Failure> for NotSet {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Sets the base that was named on the command line.
///
/// # Errors
/// When it is not there, or its layers are not the lowest of the image.
pub(super) async fn set_given<E: Engine>(
    connect: &impl AsyncFn() -> Result<E, Failure>,
    engine: Option<&E>,
    base: &str,
    args: &InspectArgs,
    found: &mut Inspection,
) -> Result<(), NotSet> {
    let subject = ImageLocation::of(base);
    let layers = match subject.source() {
        Some(source) => {
            let selection = ImageSelection {
                image: None,
                platform: args.platform.clone(),
            };
            let work = move || image::stated_layers(source, &selection);
            let layers = tokio::task::spawn_blocking(work).await;
            let layers = layers.unwrap_or(Err(ImageError::GivenUp));
            layers.map_err(|error| subject::failure(base, error))?
        }
        None => match engine {
            Some(engine) => layers_of(engine, base).await?,
            None => layers_of(&connect().await?, base).await?,
        },
    };
    let own = &found.layers;
    let same = layers.iter().zip(own);
    let same = same
        .take_while(|(one, other)| **one == other.digest)
        .count();
    if same < layers.len() {
        let said = format!("`{base}` is not the base of `{}`", found.image);
        let hint = match layers.len() > own.len() {
            true => format!("it has {} layers, the image {}", layers.len(), own.len()),
            false => format!("their layers differ from layer {} on", same + 1),
        };
        return Err(NotSet::Unfit(Failure::usage(said).with_hint(Some(hint))));
    }
    set(found, base, layers.len(), BaseEvidence::Given);
    Ok(())
}

/// Looks for the base by the label of a stand-in, and on the engine. Where an image is a
/// stand-in itself, that is noted.
///
/// # Errors
/// When the engine does not answer.
pub(super) async fn find<E: Engine>(
    engine: &E,
    examined: &Examined,
    found: &mut Inspection,
) -> Result<(), Failure> {
    let own: Vec<String> = { examined.diff_ids().into_iter() }
        .map(str::to_owned)
        .collect();
    if let Some(base) = examined.label(LABEL_STANDS_IN_FOR)
        && let Some(stand_in) = engine.image(&stand_in_of(base)).await?
    {
        // An image built on a stand-in inherits its labels.
        let layers = &stand_in.diff_ids;
        if stand_in.id.0 == found.id {
            found.stands_in_for = Some(base.to_owned());
        } else if layers.len() < own.len() && own.starts_with(layers) {
            set(found, base, layers.len(), BaseEvidence::StandIn);
            return Ok(());
        }
    }
    let below = engine.images_below(&own).await?;
    let nearest = below.iter().map(|(_, layers)| *layers).max();
    let nearest = below.iter().find(|(_, layers)| Some(*layers) == nearest);
    if let Some((name, layers)) = nearest {
        set(found, name, *layers, BaseEvidence::Engine);
    }
    Ok(())
}

async fn layers_of<E: Engine>(engine: &E, name: &str) -> Result<Vec<String>, Failure> {
    match engine.image(name).await? {
        Some(facts) => Ok(facts.diff_ids),
        None => Err(subject::absent(engine, name).await),
    }
}

fn set(found: &mut Inspection, reference: &str, layers: usize, evidence: BaseEvidence) {
    for (position, layer) in found.layers.iter_mut().enumerate() {
        layer.of_base = Some(position < layers);
    }
    let below = found.layers.iter().take(layers);
    found.base = Some(Base {
        reference: reference.to_owned(),
        layers: Some(Count(layers as u64)),
        bytes: Some(below.map(|layer| layer.bytes).sum()),
        evidence,
    });
}
