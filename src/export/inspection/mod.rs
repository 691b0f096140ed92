//! What an inspection found in one image, for other programs.

mod gate;
mod sbom;

use serde::Serialize;
use serde_json::Value;

use crate::inspection::{INSPECTION_SCHEMA, Inspection, Judged, Packages};

pub use gate::{gate_annotations, gate_junit, gate_sarif};
pub use sbom::{Sbom, SbomError, sbom};

/// What another program reads. It is written from the analysis itself: a tree of JSON values takes
/// several times the memory of the text.
#[derive(Serialize)]
struct InspectionDocument<'a> {
    schema_version: u64,
    #[serde(flatten)]
    image: &'a Inspection,
    conditions: Value,
}

#[derive(Serialize)]
struct PackagesDocument<'a> {
    image: &'a str,
    packages: &'a Packages,
    unread_database: Option<&'a str>,
}

/// The same for machines, in base units, with the conditions under `conditions`. Nothing is
/// cut, and [`read_inspection`](crate::inspection::read_inspection) reads it again.
///
/// # Errors
/// None that an inspection can cause: its keys are texts.
pub fn inspection_json(image: &Inspection, judged: &[Judged]) -> serde_json::Result<String> {
    json_text(&InspectionDocument {
        schema_version: INSPECTION_SCHEMA,
        image,
        conditions: gate::gate_json(judged),
    })
}

/// The same for machines. Nothing is cut.
///
/// # Errors
/// None that an inspection can cause.
pub fn packages_json(image: &Inspection) -> serde_json::Result<String> {
    json_text(&PackagesDocument {
        image: &image.image,
        packages: &image.packages,
        unread_database: image.posture.unread_packages.as_deref(),
    })
}

/// A JSON document as commands print it: indented, with a newline at its end.
///
/// # Errors
/// A key is not a text.
pub fn json_text(document: &impl Serialize) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    Ok(text)
}
