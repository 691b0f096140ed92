//! Why a text is no run record, where the fault is, and what the user can do.

use crate::record::SCHEMA_VERSION;

/// Why a text is no run record.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It ends too early.
    #[error("line {line}, column {column}: the text ends in the middle")]
    Cut {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It is not JSON, or not of the record's form.
    #[error("{0}")]
    Form(serde_json::Error),
    /// It contradicts itself.
    #[error("{}{what}", at(*.place))]
    Contradiction {
        /// Line and column, from 1, where the fault has one place.
        place: Option<(usize, usize)>,
        /// What is wrong.
        what: String,
    },
    /// It is of a form that is not known here.
    #[error("its schema_version is {found}, known is {SCHEMA_VERSION}")]
    Version {
        /// Its version.
        found: u64,
    },
    /// It is of an old form, and cannot be brought into the present one.
    #[error("its schema_version is {found}, and it cannot be brought to {SCHEMA_VERSION}: {why}")]
    Migration {
        /// Its version.
        found: u64,
        /// Why not.
        why: String,
    },
}

fn at(place: Option<(usize, usize)>) -> String {
    place.map_or_else(String::new, |(line, column)| {
        format!("line {line}, column {column}: ")
    })
}

impl ReadError {
    /// Line and column, from 1, where there is one place.
    pub fn place(&self) -> Option<(usize, usize)> {
        match self {
            Self::Cut { line, column } => Some((*line, *column)),
            Self::Form(error) => Some((error.line(), error.column())),
            Self::Contradiction { place, .. } => *place,
            Self::Version { .. } | Self::Migration { .. } => None,
        }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Cut { .. } => {
                "the file was cut short, by a full disk or a copy that broke off: copy it again, or run again"
            }
            Self::Form(_) | Self::Contradiction { .. } => {
                "the file was edited or damaged: restore it as plimsoll wrote it, or run again. \
                 What is to be left out of a report is left out with --only, not in this file"
            }
            Self::Version { found } if *found > u64::from(SCHEMA_VERSION) => {
                "a newer plimsoll wrote it: update this one"
            }
            Self::Version { .. } | Self::Migration { .. } => {
                "run it again: this plimsoll cannot read so old a form"
            }
        }
    }

    pub(super) fn of(error: serde_json::Error) -> Self {
        if error.is_eof() {
            return Self::Cut {
                line: error.line(),
                column: error.column(),
            };
        }
        Self::Form(error)
    }
}
