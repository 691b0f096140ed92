//! `plimsoll inspect`: one image of the engine.

use super::args::{InspectArgs, InspectFormat};
use super::failure::{Exit, Failure};
use super::output::Printer;
use crate::bases::{STAND_IN_DOMAIN, stand_in_of};
use crate::engine::{Engine, LABEL_STANDS_IN_FOR};
use crate::image;
use crate::record::{mask_texts, secrets_in};
use crate::report::{self, Inspection};
use crate::secrets::Masker;
use crate::units::Bytes;

/// From this size on a user is told that reading takes a while.
const LARGE: Bytes = Bytes(200_000_000);

/// Reads the image as the engine exports it, and prints what is in it.
///
/// # Errors
/// When the engine has no such image, does not answer, or exports what makes no sense.
pub(super) async fn inspect<E: Engine>(
    engine: &E,
    args: &InspectArgs,
    printer: &mut Printer,
) -> Result<Exit, Failure> {
    let name = &args.image;
    let Some(facts) = engine.image(name).await? else {
        return Err(absent(engine, name).await);
    };
    if facts.listed >= LARGE {
        printer.talk(&format!(
            "reading {}, which takes some seconds",
            facts.listed
        ));
    }
    let export = engine.export(&facts.id.0).await?;
    let contents = image::analyse_export(export, Vec::new()).await;
    let contents = contents.map_err(|error| {
        let hint = error.hint().map(str::to_owned);
        Failure::failed(error).with_hint(hint)
    })?;
    for note in &contents.notes {
        printer.talk(&format!("note: {note}"));
    }
    // As the tars state it: what an engine says of a layer depends on its store.
    let layers: Vec<_> = contents.layers.iter().map(|layer| layer.bytes).collect();
    let mut history = facts.history;
    image::spread_over_history(&mut history, &layers, &contents.makers_of_layers);
    let stands_in_for = match facts.labels.get(LABEL_STANDS_IN_FOR) {
        // An image built on a stand-in inherits its labels.
        Some(base) => {
            let stand_in = engine.image(&stand_in_of(base)).await?;
            let same = stand_in.is_some_and(|stand_in| stand_in.id == facts.id);
            same.then(|| base.clone())
        }
        None => None,
    };
    let mut found = Inspection {
        name: name.clone(),
        id: facts.id.0,
        platform: facts.platform,
        digests: facts.repo_digests,
        stands_in_for,
        unpacked: layers.into_iter().sum(),
        listed: facts.listed,
        history,
        files: contents.files,
        waste: contents.waste,
        efficiency: contents.efficiency,
        layers: contents.layers,
        posture: contents.posture,
    };
    let mut masker = Masker::default();
    masker.learn(contents.values);
    masker.learn(secrets_in(&mut found));
    mask_texts(&mut found, &masker);
    let drawn = |draw: &dyn Fn(&report::Table) -> String| {
        let tables = report::inspection_tables(&found);
        tables.iter().map(draw).collect::<Vec<_>>().join("\n")
    };
    let text = match args.format {
        InspectFormat::Table => drawn(&|table| table.terminal(printer.width)),
        InspectFormat::Md => drawn(&|table| table.markdown()),
        InspectFormat::Json => format!("{:#}\n", report::inspection_json(&found)),
    };
    printer.data(text.as_bytes())?;
    Ok(Exit::Fine)
}

/// The hint is its stand-in, where that is there.
async fn absent<E: Engine>(engine: &E, name: &str) -> Failure {
    let stand_in = format!("{STAND_IN_DOMAIN}/{name}");
    let hint = match engine.image(&stand_in).await {
        Ok(Some(_)) => format!("its stand-in is there: plimsoll inspect {stand_in}"),
        _ => "pull or build it first: nothing is pulled here".to_owned(),
    };
    Failure::failed(format!("the engine has no image `{name}`")).with_hint(Some(hint))
}
