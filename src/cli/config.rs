//! `plimsoll.toml`: settings that belong to a place and not to a command.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};

use super::args::Place;
use super::failure::Failure;
use crate::files;
use crate::oci::ImageReference;
use crate::record::claimable;
use crate::scenario::{self, Budget, Deploy};
use crate::secrets::mask_found;
use crate::units::Count;

/// The configuration.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConfigFile {
    /// Mirrors: what a FROM line says, and where it is pulled from instead.
    #[serde(default)]
    pub bases: BTreeMap<String, String>,
    /// Limits for every scenario, in addition to its own.
    #[serde(skip)]
    pub budgets: Vec<Budget>,
    /// They are read with their places, apart from the rest.
    #[serde(default, rename = "budget")]
    _budget: IgnoredAny,
    /// What runs are compared with.
    #[serde(default)]
    pub baseline: Baseline,
    /// What deploy costs are computed for where a scenario does not say.
    #[serde(default, deserialize_with = "deploy")]
    pub deploy: Deploy,
}

/// Which runs relative budgets are compared with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// For `worse-by`.
    pub run: Option<String>,
    /// For `drift`.
    pub pinned: Option<String>,
}

/// The table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DeployTable {
    #[serde(default, deserialize_with = "number")]
    per_day: Option<Count>,
    #[serde(default, deserialize_with = "number")]
    environments: Option<Count>,
    #[serde(default, deserialize_with = "number")]
    services: Option<Count>,
}

fn deploy<'de, D: Deserializer<'de>>(source: D) -> Result<Deploy, D::Error> {
    let table = DeployTable::deserialize(source)?;
    Ok(Deploy {
        per_day: table.per_day,
        environments: table.environments,
        services: table.services,
    })
}

fn number<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Count>, D::Error> {
    let whole = i64::deserialize(source)?;
    let number = Deploy::number(whole);
    let fault = || D::Error::custom(format!("{whole} is not {}", Deploy::EXPECTED));
    number.ok_or_else(fault).map(Some)
}

/// Reads the file that the user named, or the home folder's, where there is one.
///
/// # Errors
/// When a named file is missing, or the file is not of the expected form.
pub fn load(place: &Place) -> Result<ConfigFile, Failure> {
    let path = match &place.config {
        Some(path) => path.clone(),
        None => {
            let path = place.home().join("plimsoll.toml");
            if !path.exists() {
                return Ok(ConfigFile::default());
            }
            path
        }
    };
    let text = files::read_to_string(&path)
        .map_err(|error| Failure::usage(format!("failed to read `{}`: {error}", path.display())))?;
    parse(&path, &text).map_err(Failure::usage)
}

fn parse(path: &Path, text: &str) -> Result<ConfigFile, String> {
    let mut config: ConfigFile = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text[..start].matches('\n').count() + 1;
        let column = start - text[..start].rfind('\n').map_or(0, |newline| newline + 1) + 1;
        let example = "expected e.g. [bases] with \"node:20\" = \"mirror.example.com/node:20\", \
                       or [deploy] with per-day = 20";
        format!(
            "{}:{line}:{column}: {} ({example})",
            path.display(),
            error.message()
        )
    })?;
    for (name, mirror) in &config.bases {
        for reference in [name, mirror] {
            reference
                .parse::<ImageReference>()
                .map_err(|error| format!("{}: [bases] `{reference}`: {error}", path.display()))?;
        }
    }
    config.budgets =
        scenario::budgets(path, text, &claimable()).map_err(|error| error.to_string())?;
    for budget in &mut config.budgets {
        for text in [&mut budget.why, &mut budget.variant, &mut budget.strategy] {
            *text = text.take().map(|text| mask_found(&text).into_owned());
        }
    }
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_map_is_read() {
        let text = "[bases]\n\"node:20\" = \"mirror.example.com/node:20\"\n";
        let config = parse(Path::new("plimsoll.toml"), text).unwrap();
        assert_eq!(config.bases["node:20"], "mirror.example.com/node:20");
    }

    #[test]
    fn deploy_numbers_are_read_and_bounded() {
        let read = |text: &str| parse(Path::new("p.toml"), text);
        let config = read("[deploy]\nper-day = 5\n").unwrap();
        assert_eq!(config.deploy.per_day, Some(Count(5)));
        assert_eq!(config.deploy.services, None);
        for (line, fault) in [
            (
                "services = 0",
                "p.toml:2:12: 0 is not a whole number from 1",
            ),
            (
                "services = 1.5",
                "p.toml:2:12: invalid type: floating point",
            ),
            ("servces = 1", "p.toml:2:1: unknown field `servces`"),
        ] {
            let error = read(&format!("[deploy]\n{line}\n")).unwrap_err();
            assert!(error.starts_with(fault), "{error}");
        }
    }

    #[test]
    fn errors_name_file_line_and_column() {
        let error = parse(Path::new("plimsoll.toml"), "\nbase = 1\n").unwrap_err();
        assert!(
            error.starts_with("plimsoll.toml:2:1: unknown field `base`"),
            "{error}"
        );
        let error = parse(
            Path::new("p.toml"),
            "[bases]\n\"node:20\" = \"UPPER case\"\n",
        )
        .unwrap_err();
        assert!(error.starts_with("p.toml: [bases] `UPPER case`"), "{error}");
    }
}
