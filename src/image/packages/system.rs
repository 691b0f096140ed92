//! The databases of a distribution.

use super::sink::{FoundPackage, MOST_VERSION_BYTES, Sink};
use crate::inspection::{LinuxDistribution, PackageKind};

/// dpkg's `status`: paragraphs of fields as in deb-control(5), with the `Status` of dpkg(1)
/// (`install ok installed`). Distroless images have a file per package without a status.
pub(super) fn dpkg(text: &str, sink: &mut Sink<'_>) {
    if text.contains('\0') {
        sink.problem("it is damaged: it holds a zero byte");
    }
    let (mut name, mut version, mut architecture) = (None, None, None);
    let mut is_there = true;
    let mut has_fields = false;
    for line in text.lines().chain([""]) {
        if line.trim().is_empty() {
            if let Some(name) = name.take()
                && is_there
            {
                let mut package = FoundPackage::new(PackageKind::Dpkg, name, version);
                package.architecture = architecture.map(str::to_owned);
                sink.add(package);
            }
            (version, architecture, is_there) = (None, None, true);
            continue;
        }
        // A line that goes on begins with a space.
        let Some((field, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        match field {
            "Package" => {
                has_fields = true;
                name = Some(value);
            }
            "Version" if !value.is_empty() => version = Some(value),
            "Architecture" if !value.is_empty() => architecture = Some(value),
            // Removed packages stay listed for their configuration.
            "Status" => {
                is_there = !matches!(
                    value.split_whitespace().nth(2),
                    Some("not-installed" | "config-files") | None
                );
            }
            _ => {}
        }
    }
    if !has_fields && !text.trim().is_empty() {
        sink.problem("it is no database of dpkg");
    }
}

/// apk's `installed`: records of lines with a letter and a colon, separated by empty lines
/// (<https://wiki.alpinelinux.org/wiki/Apk_spec>, "Installed Database V2").
pub(super) fn apk(text: &str, sink: &mut Sink<'_>) {
    if text.contains('\0') {
        sink.problem("it is damaged: it holds a zero byte");
    }
    let mut current: Option<FoundPackage> = None;
    let mut has_fields = false;
    for line in text.lines().chain([""]) {
        if line.is_empty() {
            current
                .take()
                .into_iter()
                .for_each(|package| sink.add(package));
            continue;
        }
        let Some((field, value)) = line.split_once(':') else {
            continue;
        };
        match (field, &mut current) {
            ("P", _) => {
                has_fields = true;
                let next = FoundPackage::new(PackageKind::Apk, value, None);
                current
                    .replace(next)
                    .into_iter()
                    .for_each(|package| sink.add(package));
            }
            ("V", Some(package)) => package.version = Some(value.to_owned()),
            ("A", Some(package)) => package.architecture = Some(value.to_owned()),
            _ => {}
        }
    }
    if !has_fields && !text.trim().is_empty() {
        sink.problem("it is no database of apk");
    }
}

/// The `ID` and the `VERSION_ID` of os-release(5).
pub(super) fn distribution(text: &str) -> Option<LinuxDistribution> {
    let value = |key: &str| {
        let lines = text.lines().filter_map(|line| line.split_once('='));
        let mut values = lines.filter(|(name, _)| name.trim() == key);
        let value = values.next_back()?.1.trim().trim_matches(['"', '\'']);
        (!value.is_empty() && value.len() <= MOST_VERSION_BYTES).then(|| value.to_owned())
    };
    Some(LinuxDistribution {
        id: value("ID")?,
        version: value("VERSION_ID"),
    })
}
