//! A run record from its text: the version first, then the form, then whether it agrees
//! with itself.
//!
//! A record that was cut short or edited by hand is refused with its place. What the types
//! hold needs no rule here: a negative time, an unknown key, `NaN`.

mod check;
mod error;
mod migrate;
mod places;

use serde::Deserialize;

pub use error::ReadError;

use super::{RunRecord, SCHEMA_VERSION};
use check::Fault;

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
