//! The files that package managers of languages leave with each package.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::sink::{FoundPackage, Sink};
use crate::inspection::PackageKind;

/// `package.json` with `name` and `version`
/// (<https://docs.npmjs.com/cli/v10/configuring-npm/package-json>). One without both is the
/// description of no package. Of repeated keys, the last counts.
pub(super) fn npm(text: &str, sink: &mut Sink<'_>) {
    let read = || -> serde_json::Result<_> {
        let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
        let text = |key: &str| -> serde_json::Result<Option<String>> {
            fields
                .get(key)
                .map_or(Ok(None), |value| serde_json::from_str(value.get()))
        };
        Ok((text("name")?, text("version")?))
    };
    match read() {
        Ok((Some(name), Some(version))) if !name.is_empty() && !version.is_empty() => {
            sink.add(FoundPackage::new(PackageKind::Npm, name, Some(&version)));
        }
        Ok(_) => {}
        Err(_) => sink.problem("it is no description of a package"),
    }
}

/// The headers `Name` and `Version` of Python's core metadata
/// (<https://packaging.python.org/en/latest/specifications/core-metadata/>).
pub(super) fn python(text: &str, sink: &mut Sink<'_>) {
    let headers = text.lines().take_while(|line| !line.trim().is_empty());
    let (mut name, mut version) = (None, None);
    for line in headers {
        // A line that goes on begins with a space.
        let Some((field, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        if field.eq_ignore_ascii_case("name") {
            name.get_or_insert(value);
        } else if field.eq_ignore_ascii_case("version") {
            version.get_or_insert(value);
        }
    }
    match (name, version) {
        (Some(name), Some(version)) if !name.is_empty() && !version.is_empty() => {
            sink.add(FoundPackage::new(PackageKind::Python, name, Some(version)));
        }
        _ => sink.problem("it has no name and version"),
    }
}

/// An installed specification. RubyGems writes a line `# stub: NAME VERSION PLATFORM PATHS`
/// for quick reading (`Gem::StubSpecification`, lib/rubygems/stub_specification.rs); other
/// writers only `s.name = "NAME"` and `s.version = "VERSION"`.
pub(super) fn gem(text: &str, sink: &mut Sink<'_>) {
    let stub = text.lines().find_map(|line| line.strip_prefix("# stub: "));
    let stub = stub.and_then(|stub| {
        let mut words = stub.split(' ');
        Some((words.next()?, words.next()?, words.next()))
    });
    let set = |field: &str| {
        text.lines().find_map(|line| {
            let (left, right) = line.split_once('=')?;
            let is_field = left
                .trim()
                .split_once('.')
                .is_some_and(|(_, name)| name == field);
            let quoted = right.split(['"', '\'']).nth(1);
            quoted.filter(|_| is_field)
        })
    };
    match stub.or_else(|| Some((set("name")?, set("version")?, set("platform")))) {
        Some((name, version, platform)) if !version.is_empty() => {
            let mut gem = FoundPackage::new(PackageKind::Ruby, name, Some(version));
            let platform = platform.filter(|it| !matches!(*it, "" | "ruby"));
            gem.architecture = platform.map(str::to_owned);
            sink.add(gem);
        }
        _ => sink.problem("it has no name and version"),
    }
}
