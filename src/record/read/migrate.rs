//! Brings records of older forms into the present one, a version at a time.

use serde_json::{Value, json};

use super::error::ReadError;
use crate::record::RunRecord;

/// From one version to the next.
pub(super) struct Migration {
    /// The version that it reads; it writes the one after.
    pub(super) from: u64,
    /// Changes a record, or says why it cannot be.
    pub(super) apply: fn(&mut Value) -> Result<(), String>,
}

/// All that there are. Version 1 is the first: what was added to it since has defaults, so
/// that its oldest records are read as they are.
pub(super) const MIGRATIONS: &[Migration] = &[];

/// Reads a record of another version than `known`.
///
/// # Errors
/// When it is newer, when there is no way from its version, or when the way fails.
pub(super) fn read(
    text: &str,
    found: u64,
    known: u32,
    migrations: &[Migration],
) -> Result<RunRecord, ReadError> {
    let value = raised(text, found, u64::from(known), migrations)?;
    serde_json::from_value(value).map_err(ReadError::of)
}

fn raised(
    text: &str,
    found: u64,
    known: u64,
    migrations: &[Migration],
) -> Result<Value, ReadError> {
    let mut value: Value = serde_json::from_str(text).map_err(ReadError::of)?;
    let mut version = found;
    while version != known {
        let step = migrations.iter().find(|step| step.from == version);
        // Nothing leads down from a newer one.
        let step = step.ok_or(ReadError::Version { found })?;
        (step.apply)(&mut value).map_err(|why| ReadError::Migration { found, why })?;
        version += 1;
        value["schema_version"] = json!(version);
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What two later versions could have changed: a key renamed, and one that needs a value.
    const LATER: &[Migration] = &[
        Migration {
            from: 1,
            apply: |record| {
                let old = record["load"].take();
                record["load_average"] = old;
                record.as_object_mut().map(|map| map.remove("load"));
                Ok(())
            },
        },
        Migration {
            from: 2,
            apply: |record| match record["load_average"].as_f64() {
                Some(load) => {
                    record["load_average"] = json!({ "one_minute": load });
                    Ok(())
                }
                None => Err("its load_average is no number".to_owned()),
            },
        },
    ];

    #[test]
    fn a_record_is_raised_one_version_after_the_other() {
        let old = r#"{"schema_version": 1, "load": 0.5}"#;
        let new = json!({ "schema_version": 3, "load_average": { "one_minute": 0.5 } });
        assert_eq!(raised(old, 1, 3, LATER).unwrap(), new);
        let half = r#"{"schema_version": 2, "load_average": 0.5}"#;
        assert_eq!(raised(half, 2, 3, LATER).unwrap(), new);
    }

    #[test]
    fn what_cannot_be_raised_says_from_which_version_it_is() {
        let odd = r#"{"schema_version": 1, "load": "high"}"#;
        let error = raised(odd, 1, 3, LATER).unwrap_err();
        assert_eq!(
            error.to_string(),
            "its schema_version is 1, and it cannot be brought to 1: its load_average is no number"
        );
        // Older than the first that is known, or newer than the last.
        for version in [0, 4] {
            let text = format!("{{\"schema_version\": {version}}}");
            let error = raised(&text, version, 3, LATER).unwrap_err();
            assert!(matches!(error, ReadError::Version { found } if found == version));
        }
    }
}
