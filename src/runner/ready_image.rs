//! Ready images: run as they are. Nothing is built, and nothing of the user's is removed.

use super::bases::locked;
use super::bench::{Bench, World, bounded};
use super::job::BuiltImage;
use super::ledger::Ledger;
use crate::engine::{Engine, ErrorKind};
use crate::record::{BaseRecord, Metric, Outcome};

const NOTHING_IS_BUILT: &str = "a ready image: nothing is built";
/// Its history names no base, and layers that images share do not make one the base of the other.
pub(super) const NO_KNOWN_BASE: &str = "a ready image: its base is not known";
/// Why no image follows it.
pub(super) const NO_UPDATE: &str = "a ready image: nothing is rebuilt";

/// The image of a case that is not built: the one that the run was resolved to, by its id. A tag
/// may move meanwhile. `None` where it is gone; all of the visit is then DNF.
pub(super) async fn find<W: World>(
    bench: &Bench<W>,
    reference: &str,
    ledger: &mut Ledger,
) -> Option<BuiltImage> {
    let name = locked(bench, reference)
        .or_else(|| bench.bases.get(reference).cloned())
        .unwrap_or_else(|| reference.to_owned());
    let image = bench.engine.image(&name);
    let found = bounded(bench, "inspect image", &name, image).await;
    let facts = match found {
        Ok(Some(facts)) => facts,
        Ok(None) => {
            ledger.fail(&format!(
                "the image `{reference}` is not on the engine any more"
            ));
            return None;
        }
        Err(error) => {
            ledger.engine_lost |= error.kind == ErrorKind::Unreachable;
            ledger.fail(&error.chain());
            return None;
        }
    };
    // Ids differ between image stores; the layers' contents do not.
    let is_same = |base: &BaseRecord| base.diff_ids == facts.diff_ids;
    if !bench.base_of(reference).is_some_and(is_same) {
        ledger.fail(&format!(
            "the image `{reference}` is not the one that the run began with"
        ));
        return None;
    }
    Some(BuiltImage {
        tag: facts.id.0.clone(),
        image: facts.id.0,
    })
}

/// Notes what has no meaning without a build.
pub(super) fn note_builds(planned: &[Metric], ledger: &mut Ledger) {
    for metric in planned.iter().filter(|metric| metric.is_of_builds()) {
        let reason = NOTHING_IS_BUILT.to_owned();
        ledger.note(*metric, Outcome::NotApplicable { reason });
    }
}
