//! The analysis of an image as `--format json` writes it, read again.

use serde::Deserialize;

use super::{HistoryInstruction, InspectedLayer, Inspection};

/// The version of the document. It increases if a reader of the old one would misread the new
/// one.
pub const INSPECTION_SCHEMA: u64 = 1;

/// Layers of an image: overlayfs stacks no more.
const MOST_LAYERS: usize = 500;

/// Why a saved analysis cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SavedInspectionError {
    /// It is no JSON, or a part of it is missing or of another kind.
    #[error("it is not a whole analysis")]
    Malformed(#[from] serde_json::Error),
    /// It is another document.
    #[error("it is no analysis of an image: it has no `schema_version`")]
    Other,
    /// It is of another version.
    #[error(
        "it has the schema version {found}, and this plimsoll reads {own}",
        own = INSPECTION_SCHEMA
    )]
    Version {
        /// The version.
        found: u64,
    },
    /// Its parts do not fit each other.
    #[error("its parts do not fit each other: {problem}")]
    Unfit {
        /// What does not fit.
        problem: &'static str,
    },
}

impl SavedInspectionError {
    /// What a user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Version { .. } => {
                "read it with the plimsoll that wrote it, or analyze the image again"
            }
            _ => "write it with `plimsoll inspect IMAGE --format json`",
        }
    }
}

#[derive(Deserialize)]
struct Version {
    schema_version: Option<u64>,
}

/// Reads a saved analysis.
///
/// # Errors
/// When it is another document, of another version, or not consistent.
pub fn read_inspection(text: &[u8]) -> Result<Inspection, SavedInspectionError> {
    let version: Version = serde_json::from_slice(text)?;
    match version.schema_version {
        Some(INSPECTION_SCHEMA) => {}
        Some(found) => return Err(SavedInspectionError::Version { found }),
        None => return Err(SavedInspectionError::Other),
    }
    let inspection: Inspection = serde_json::from_slice(text)?;
    match problem(&inspection) {
        Some(problem) => Err(SavedInspectionError::Unfit { problem }),
        None => Ok(inspection),
    }
}

/// What does not fit, if anything does not.
fn problem(of: &Inspection) -> Option<&'static str> {
    let layers = of.layers.len();
    let is_numbered = |(number, layer): (u32, &InspectedLayer)| layer.number == number;
    let has = |number: u32| (1..=layers).contains(&(number as usize));
    let has_entry = |layer: &InspectedLayer| {
        let entries = 1..=of.history.len();
        layer
            .entry
            .is_none_or(|entry| entries.contains(&(entry as usize)))
    };
    let has_layer = |entry: &HistoryInstruction| entry.layer.is_none_or(has);
    let groups = of.waste.groups.iter();
    let groups = groups.map(|group| (group.written_by, group.hidden_by));
    let files = of.waste.paths.iter();
    let files = files.map(|file| (file.written_by, file.hidden_by));
    if layers > MOST_LAYERS {
        Some("it has more than 500 layers")
    } else if !(1..).zip(&of.layers).all(is_numbered) {
        Some("its layers are not numbered one after another")
    } else if !of.layers.iter().all(has_entry) {
        Some("a layer names an instruction that it does not have")
    } else if !of.history.iter().all(has_layer) {
        Some("an instruction names a layer that it does not have")
    } else if !groups
        .chain(files)
        .all(|(by, hidden)| has(by) && has(hidden))
    {
        Some("wasted files name a layer that it does not have")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Count;

    fn saved(change: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
        let mut image = Inspection::default();
        image.layers.push(InspectedLayer {
            number: 1,
            files: Count(3),
            ..InspectedLayer::default()
        });
        let mut json = serde_json::to_value(&image).unwrap();
        json["schema_version"] = INSPECTION_SCHEMA.into();
        change(&mut json);
        serde_json::to_vec(&json).unwrap()
    }

    #[test]
    fn a_document_is_read_as_it_was_and_others_are_refused() {
        let read = read_inspection(&saved(|_| {})).unwrap();
        assert_eq!(read.layers[0].files, Count(3));
        let refused = |change: &dyn Fn(&mut serde_json::Value)| {
            let error = read_inspection(&saved(change)).unwrap_err();
            (error.to_string(), error.hint())
        };
        let (said, hint) = refused(&|json| json["schema_version"] = 2.into());
        assert_eq!(
            said,
            "it has the schema version 2, and this plimsoll reads 1"
        );
        assert!(hint.contains("that wrote it"), "{hint}");
        let (said, hint) = refused(&|json| json["schema_version"] = serde_json::Value::Null);
        assert!(said.contains("no analysis of an image"), "{said}");
        assert!(hint.contains("--format json"), "{hint}");
        let (said, _) = refused(&|json| json["layers"] = 3.into());
        assert_eq!(said, "it is not a whole analysis");
        let (said, _) = refused(&|json| json["layers"][0]["number"] = 2.into());
        assert!(said.contains("not numbered"), "{said}");
        let (said, _) = refused(&|json| json["layers"][0]["entry"] = 1.into());
        assert!(
            said.contains("an instruction that it does not have"),
            "{said}"
        );
        assert!(read_inspection(b"{").is_err());
    }
}
