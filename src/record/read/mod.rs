//! A run record from its text: the version first, then the form, then whether it agrees
//! with itself.
//!
//! A record that was cut short or edited by hand is refused with its place. What the types
//! hold needs no rule here: a negative time, an unknown key, `NaN`.

mod check;
mod migrate;
mod places;

use serde::Deserialize;

use super::{RunRecord, SCHEMA_VERSION};
use check::Fault;

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

    fn of(error: serde_json::Error) -> Self {
        if error.is_eof() {
            return Self::Cut {
                line: error.line(),
                column: error.column(),
            };
        }
        Self::Form(error)
    }
}

/// All that every form of the record has in common.
#[derive(Deserialize)]
struct Version {
    schema_version: u64,
}

impl RunRecord {
    /// Reads a record, of this form or of an older one that is brought into it.
    ///
    /// # Errors
    /// With the version of a form that is not known; with line and column of what was cut
    /// short, is not of the form, or contradicts the rest.
    pub fn read(text: &str) -> Result<Self, ReadError> {
        let known = u64::from(SCHEMA_VERSION);
        let record = match serde_json::from_str::<Self>(text) {
            Ok(record) if record.schema_version == SCHEMA_VERSION => record,
            read => {
                // The version comes first: another form fails at some key of no interest.
                let found = serde_json::from_str::<Version>(text)
                    .map_err(ReadError::of)?
                    .schema_version;
                match read {
                    Err(error) if found == known => return Err(ReadError::of(error)),
                    _ => migrate::read(text, found, SCHEMA_VERSION, migrate::MIGRATIONS)?,
                }
            }
        };
        match check::fault(&record) {
            None => Ok(record),
            Some(Fault { spot, what }) => Err(ReadError::Contradiction {
                place: spot.and_then(|spot| places::place(text, spot)),
                what,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_looked_at_before_the_form() {
        let error = RunRecord::read("{\"schema_version\": 7, \"new\": true}").unwrap_err();
        assert_eq!(error.to_string(), "its schema_version is 7, known is 1");
        assert_eq!(error.hint(), "a newer plimsoll wrote it: update this one");
        let error = RunRecord::read("{\"schema_version\": 0}").unwrap_err();
        assert_eq!(error.to_string(), "its schema_version is 0, known is 1");
        assert!(error.hint().starts_with("run it again"), "{}", error.hint());
        let error = RunRecord::read("{}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "missing field `schema_version` at line 1 column 2"
        );
        let error = RunRecord::read("").unwrap_err();
        assert_eq!(error.place(), Some((1, 0)));
        assert!(error.hint().contains("cut short"));
    }
}
