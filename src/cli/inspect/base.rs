//! Which of an image's layers are its base's.

use super::super::args::InspectArgs;
use super::super::failure::Failure;
use super::saved::{self, Opened};
use super::subject::{self, ImageLocation};
use crate::bases::stand_in_of;
use crate::engine::{Engine, LABEL_STANDS_IN_FOR};
use crate::image::{self, Examined, ImageError, ImageSelection, ImageSource};
use crate::inspection::{Base, BaseEvidence, Inspection};
use crate::units::Count;

/// The digests of the layers of the base that was named on the command line.
///
/// # Errors
/// When it is not there, or cannot be read.
pub(super) async fn given_layers<E: Engine>(
    connect: &impl AsyncFn() -> Result<E, Failure>,
    engine: Option<&E>,
    base: &str,
    args: &InspectArgs,
) -> Result<Vec<String>, Failure> {
    let Some(source) = ImageLocation::of(base).source() else {
        return match engine {
            Some(engine) => layers_of(engine, base).await,
            None => layers_of(&connect().await?, base).await,
        };
    };
    let (name, platform) = (base.to_owned(), args.platform.clone());
    let work = tokio::task::spawn_blocking(move || layers_in(&name, source, platform));
    let given_up = |_| Err(failure(base, ImageError::GivenUp));
    work.await.unwrap_or_else(given_up)
}

/// The digests of the layers of an image, or of a saved analysis.
fn layers_in(
    name: &str,
    source: ImageSource,
    platform: Option<String>,
) -> Result<Vec<String>, Failure> {
    match saved::opened(name, source)? {
        Opened::Saved(text) => {
            let layers = saved::read(name, &text)?.layers.into_iter();
            Ok(layers.map(|layer| layer.digest).collect())
        }
        Opened::Image(source) => {
            let selection = ImageSelection {
                image: None,
                platform,
            };
            let layers = image::stated_layers(source, &selection);
            layers.map_err(|error| failure(name, error))
        }
    }
}

/// A base that cannot be read. `--image` is not for the base.
fn failure(base: &str, error: ImageError) -> Failure {
    let is_of_several =
        matches!(&error, ImageError::Selection { hint, .. } if hint.contains("--image"));
    let hint = "--base takes an archive with one image: save the base alone";
    subject::failure(base, error).with_hint(is_of_several.then(|| hint.to_owned()))
}

/// Sets the base that was named on the command line.
///
/// # Errors
/// When its layers are not the lowest of the image.
pub(super) fn set_given(
    base: &str,
    layers: &[String],
    found: &mut Inspection,
) -> Result<(), Failure> {
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
        return Err(Failure::usage(said).with_hint(Some(hint)));
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
