//! The analysis of an image as `--format json` writes it, read again.

use serde::Deserialize;

use super::saved_size::too_large;
use super::{HistoryInstruction, InspectedLayer, Inspection};

/// The version of the document. It increases if a reader of the old one would misread the new
/// one.
pub const INSPECTION_SCHEMA: u64 = 1;

/// Layers of an image: overlayfs stacks no more.
const MOST_LAYERS: usize = 500;
/// Characters of a digest: those of SHA-512, and of the name of an algorithm.
const MOST_HEX: usize = 128;
const MOST_KIND: usize = 8;

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
    /// Its lists are longer than those of an analysis.
    #[error("it is larger than an analysis: {problem}")]
    TooLarge {
        /// What is too large.
        problem: &'static str,
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
/// When it is another document, of another version, too large, or not consistent.
pub fn read_inspection(text: &[u8]) -> Result<Inspection, SavedInspectionError> {
    let version: Version = serde_json::from_slice(text)?;
    match version.schema_version {
        Some(INSPECTION_SCHEMA) => {}
        Some(found) => return Err(SavedInspectionError::Version { found }),
        None => return Err(SavedInspectionError::Other),
    }
    if let Some(problem) = too_large(text) {
        return Err(SavedInspectionError::TooLarge { problem });
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
    let has = |number: u32| entry(&of.layers, number).is_some();
    let base = of.base.as_ref().and_then(|base| base.layers);
    let is_share = |share: f64| (0.0..=1.0).contains(&share);
    let packages = &of.packages;
    let checks = [
        (layers <= MOST_LAYERS, "it has more than 500 layers"),
        (
            (1..).zip(&of.layers).all(is_numbered),
            "its layers are not numbered one after another",
        ),
        (
            has_digests(of),
            "its id, or a digest of a layer, is not written as one",
        ),
        (
            of.layers.iter().all(|layer| {
                layer
                    .entry
                    .is_none_or(|at| entry(&of.history, at).is_some())
            }),
            "a layer names an instruction that it does not have",
        ),
        (
            of.history.iter().all(|entry| entry.layer.is_none_or(has)),
            "an instruction names a layer that it does not have",
        ),
        (
            are_linked(&of.layers, &of.history),
            "its layers and its instructions do not name each other",
        ),
        (
            base.is_none_or(|base| base.0 <= layers as u64),
            "its base has more layers than it has",
        ),
        (
            of.efficiency.is_none_or(|ratio| is_share(ratio.get())),
            "its efficiency is not between 0 and 1",
        ),
        (
            has_layers_of_waste(of, has),
            "wasted files name a layer that it does not have",
        ),
        (
            of.heaviest.iter().all(|heavy| has(heavy.layer)),
            "its heaviest files name a layer that it does not have",
        ),
        (
            packages.list.iter().all(|package| has(package.layer))
                && packages.unread.iter().all(|file| has(file.layer)),
            "its packages name a layer that it does not have",
        ),
    ];
    let problem = checks.into_iter().find(|(fits, _)| !fits);
    problem.map(|(_, problem)| problem)
}

/// The entry of a number, from 1.
fn entry<T>(list: &[T], number: u32) -> Option<&T> {
    list.get((number as usize).checked_sub(1)?)
}

/// Whether each layer that names an instruction is named by it, and the reverse.
fn are_linked(layers: &[InspectedLayer], history: &[HistoryInstruction]) -> bool {
    let layers_fit = layers.iter().all(|layer| {
        let made_by = layer.entry.and_then(|at| entry(history, at));
        made_by.is_none_or(|made_by| made_by.layer == Some(layer.number))
    });
    let mut history = (1_u32..).zip(history);
    let history_fits = history.all(|(number, made_by)| {
        let layer = made_by.layer.and_then(|at| entry(layers, at));
        layer.is_none_or(|layer| layer.entry == Some(number))
    });
    layers_fit && history_fits
}

fn has_layers_of_waste(of: &Inspection, has: impl Fn(u32) -> bool) -> bool {
    let groups = of.waste.groups.iter();
    let groups = groups.map(|group| (group.written_by, group.hidden_by));
    let files = of.waste.paths.iter();
    let files = files.map(|file| (file.written_by, file.hidden_by));
    groups
        .chain(files)
        .all(|(by, hidden)| has(by) && has(hidden))
}

/// Whether what is printed as a digest is one: digests are not masked.
fn has_digests(of: &Inspection) -> bool {
    let mut layers = of.layers.iter();
    is_digest(&of.id)
        && layers
            .all(|layer| is_digest(&layer.digest) && layer.blob.as_deref().is_none_or(is_digest))
}

/// Whether a text is a digest, with or without the name of its algorithm.
fn is_digest(text: &str) -> bool {
    let (kind, hex) = match text.split_once(':') {
        Some((kind, hex)) => (Some(kind), hex),
        None => (None, text),
    };
    let is_kind = |kind: &str| {
        (1..=MOST_KIND).contains(&kind.len())
            && kind.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    kind.is_none_or(is_kind)
        && (1..=MOST_HEX).contains(&hex.len())
        && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Count;

    fn saved(change: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
        let mut image = Inspection {
            id: format!("sha256:{}", "a".repeat(64)),
            ..Inspection::default()
        };
        for number in [1, 2] {
            image.layers.push(InspectedLayer {
                number,
                digest: "b".repeat(64),
                files: Count(3),
                entry: Some(number),
                ..InspectedLayer::default()
            });
            image.history.push(HistoryInstruction {
                layer: Some(number),
                ..HistoryInstruction::default()
            });
        }
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
        let (said, _) = refused(&|json| json["layers"][0]["entry"] = 3.into());
        assert!(
            said.contains("an instruction that it does not have"),
            "{said}"
        );
        assert!(read_inspection(b"{").is_err());
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        type Change = fn(&mut serde_json::Value);
        let links = "its layers and its instructions do not name each other";
        let digests = "its id, or a digest of a layer, is not written as one";
        let heavy = serde_json::json!([{ "path": "/a", "is_folder": false, "bytes": 1,
            "files": 1, "layer": 3, "layer_bytes": 1 }]);
        let package = serde_json::json!([{ "kind": "npm", "name": "a", "path": "/a",
            "layer": 0 }]);
        let unread = serde_json::json!([{ "path": "/a", "layer": 3, "problem": "broken" }]);
        let base = serde_json::json!({ "reference": "x", "layers": 3, "evidence": "given" });
        let set = |path: &'static str, value: serde_json::Value| {
            saved(|json| *json.pointer_mut(path).unwrap() = value.clone())
        };
        let null = serde_json::Value::Null;
        for (path, value, said) in [
            ("/history/0/layer", null.clone(), links),
            ("/layers/0/entry", null, links),
            ("/history/0/layer", 2.into(), links),
            ("/layers/1/entry", 1.into(), links),
            ("/efficiency", (-4).into(), "its efficiency is not"),
            ("/efficiency", 1.5.into(), "its efficiency is not"),
            ("/base", base, "its base has more layers"),
            ("/heaviest", heavy, "its heaviest files name a layer"),
            ("/packages/list", package, "its packages name a layer"),
            ("/packages/unread", unread, "its packages name a layer"),
            ("/id", "ghp_0123456789abcdefghij".into(), digests),
            ("/id", "".into(), digests),
            ("/layers/1/digest", "sha256:x".into(), digests),
            ("/layers/1/blob", "tokentoken:ab".into(), digests),
        ] {
            let error = read_inspection(&set(path, value)).unwrap_err();
            assert!(error.to_string().contains(said), "{path}: {error}");
        }
        let fits: [Change; 4] = [
            |json| json["efficiency"] = 1.into(),
            |json| json["layers"][0]["blob"] = "sha512:ab".into(),
            |json| json["id"] = "0123456789AB".into(),
            |json| {
                json["layers"][0]["entry"] = serde_json::Value::Null;
                json["history"][0]["layer"] = serde_json::Value::Null;
            },
        ];
        for change in fits {
            assert!(read_inspection(&saved(change)).is_ok());
        }
    }

    #[test]
    fn long_lists_are_refused() {
        let names = vec![""; 100_001];
        let long = saved(|json| json["notes"] = names.clone().into());
        let error = read_inspection(&long).unwrap_err();
        assert_eq!(
            error.to_string(),
            "it is larger than an analysis: one of its lists has more than 100,000 entries"
        );
        let long = saved(|json| json["layers"][0]["names"]["added"] = names.clone().into());
        assert!(read_inspection(&long).is_ok());
    }
}
