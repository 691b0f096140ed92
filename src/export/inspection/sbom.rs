//! The packages of an image as a bill of materials: CycloneDX 1.6 and SPDX 2.3.

use std::borrow::Cow;
use std::collections::BTreeMap;

use packageurl::PackageUrl;
use serde_cyclonedx::cyclonedx::v_1_6 as cyclonedx;
use serde_json::Value;
use serde_spdx::spdx::v_2_3 as spdx;

use crate::inspection::{Inspection, LinuxDistribution, Package, PackageKind};

/// A form of a bill of materials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sbom {
    /// CycloneDX 1.6 (<https://cyclonedx.org/docs/1.6/json/>).
    CycloneDx,
    /// SPDX 2.3 (<https://spdx.github.io/spdx-spec/v2.3/>).
    Spdx,
}

/// Why there is no bill of materials.
#[derive(Debug, thiserror::Error)]
#[error("failed to write the bill of materials")]
pub struct SbomError(#[from] Cause);

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Document(String),
}

const TOOL: &str = "plimsoll";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The reference of the image in a document.
const IMAGE: &str = "image";
/// Characters of a version in CycloneDX 1.6 (`definitions.version.maxLength`).
const MOST_VERSION_CHARS: usize = 1024;
/// What SPDX has where nothing is known.
const NO_ASSERTION: &str = "NOASSERTION";

/// The bill of materials of an image, for machines. `created` is the present time by RFC 3339
/// in UTC, in whole seconds.
///
/// # Errors
/// What the libraries do not accept; nothing that an image has causes it.
pub fn sbom(image: &Inspection, form: Sbom, created: &str) -> Result<Value, SbomError> {
    let value = match form {
        Sbom::CycloneDx => cyclonedx_of(image, created),
        Sbom::Spdx => spdx_of(image, created),
    };
    value.map_err(SbomError)
}

fn refused(error: impl std::fmt::Display) -> Cause {
    Cause::Document(error.to_string())
}

/// Stands for the type `npm` while a package URL is built. The library writes names of that
/// type in lower case, but old packages differ by case alone (`JSONStream`, `jsonstream`).
const NPM: &str = "plimsoll-npm";

/// The package URL (<https://github.com/package-url/purl-spec>); none where the package has no
/// name that one can have.
fn purl(package: &Package, distribution: Option<&LinuxDistribution>) -> Option<String> {
    let mut key = package.key_name();
    if package.kind == PackageKind::Go {
        // The library writes the namespace alone in lower case.
        key = Cow::Owned(key.to_lowercase());
    }
    let name = &*key;
    let distribution_of =
        |usual: &'static str| Some(distribution.map_or(usual, |it| it.id.as_str()));
    let (kind, namespace, name) = match package.kind {
        PackageKind::Dpkg => ("deb", distribution_of("debian"), name),
        PackageKind::Apk => ("apk", distribution_of("alpine"), name),
        PackageKind::Npm => match name.split_once('/') {
            Some((scope, name)) => (NPM, Some(scope), name),
            None => (NPM, None, name),
        },
        PackageKind::Python => ("pypi", None, name),
        PackageKind::Java => match package.group.as_deref() {
            Some(group) if is_group(group) => ("maven", Some(group), name),
            // The type requires a group.
            _ => ("generic", None, name),
        },
        PackageKind::Ruby => ("gem", None, name),
        PackageKind::Go => match name.rsplit_once('/') {
            Some((path, name)) => ("golang", Some(path), name),
            None => ("golang", None, name),
        },
        PackageKind::Rust => ("cargo", None, name),
        PackageKind::Runtime => ("generic", None, name),
    };
    let mut url = PackageUrl::new(kind, name).ok()?;
    if let Some(namespace) = namespace {
        url.with_namespace(namespace).ok()?;
    }
    if let Some(version) = package.version.as_deref() {
        url.with_version(version).ok()?;
    }
    if matches!(package.kind, PackageKind::Dpkg | PackageKind::Apk) {
        if let Some(architecture) = package.architecture.as_deref() {
            url.add_qualifier("arch", architecture).ok()?;
        }
        if let Some(LinuxDistribution { id, version }) = distribution {
            let version = version.as_deref().unwrap_or_default();
            let named = format!("{id}-{version}");
            url.add_qualifier("distro", named.trim_end_matches('-').to_owned())
                .ok()?;
        }
    }
    if package.kind == PackageKind::Ruby
        && let Some(platform) = package.architecture.as_deref()
    {
        url.add_qualifier("platform", platform).ok()?;
    }
    let url = url.to_string();
    Some(match url.strip_prefix(&format!("pkg:{NPM}/")) {
        Some(rest) if package.kind == PackageKind::Npm => format!("pkg:npm/{rest}"),
        _ => url,
    })
}

/// Whether a text can be the group of an artifact (Maven's `DefaultModelValidator`). Manifests
/// state names and addresses of vendors, too (`http://www.jboss.org/`).
fn is_group(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !text.is_empty() && text.bytes().all(is_part)
}

/// A version as the schema of CycloneDX takes it. Each control character takes six.
fn short(text: &str) -> String {
    line(text).chars().take(MOST_VERSION_CHARS).collect()
}

/// A text that the schema takes as a version or a name: without line breaks and tabs.
fn line(text: &str) -> String {
    crate::text::inline(text).into_owned()
}

fn properties(pairs: Vec<(&str, String)>) -> Vec<cyclonedx::Property> {
    let pairs = pairs.into_iter();
    let properties = pairs.map(|(name, value)| cyclonedx::Property {
        name: format!("{TOOL}:{name}"),
        value: Some(line(&value)),
    });
    properties.collect()
}

fn component(
    image: &Inspection,
    number: usize,
    package: &Package,
) -> Result<cyclonedx::Component, Cause> {
    let mut about = vec![
        ("kind", package.kind.name().to_owned()),
        ("path", package.path.clone()),
        ("layer", package.layer.to_string()),
    ];
    about.extend(package.within.clone().map(|within| ("within", within)));
    about.extend(package.architecture.clone().map(|it| ("architecture", it)));
    let mut component = cyclonedx::ComponentBuilder::default();
    component
        .type_(match package.kind {
            PackageKind::Runtime => "platform",
            _ => "library",
        })
        .bom_ref(format!("package-{}", number + 1))
        .name(line(&package.name))
        .properties(properties(about));
    if let Some(version) = &package.version {
        component.version(short(version));
    }
    if let Some(group) = &package.group {
        component.group(line(group));
    }
    if let Some(purl) = purl(package, image.packages.distribution.as_ref()) {
        component.purl(purl);
    }
    component.build().map_err(refused)
}

fn cyclonedx_of(image: &Inspection, created: &str) -> Result<Value, Cause> {
    let mut components = Vec::new();
    for (number, package) in image.packages.list.iter().enumerate() {
        components.push(component(image, number, package)?);
    }
    if let Some(LinuxDistribution { id, version }) = &image.packages.distribution {
        let mut system = cyclonedx::ComponentBuilder::default();
        system
            .type_("operating-system")
            .bom_ref("distribution")
            .name(line(id));
        if let Some(version) = version {
            system.version(short(version));
        }
        components.push(system.build().map_err(refused)?);
    }
    let tool = cyclonedx::ComponentBuilder::default()
        .type_("application")
        .name(TOOL)
        .version(VERSION)
        .build()
        .map_err(refused)?;
    let subject = cyclonedx::ComponentBuilder::default()
        .type_("container")
        .bom_ref(IMAGE)
        .name(line(&image.image))
        .version(line(&image.id))
        .build()
        .map_err(refused)?;
    let metadata = cyclonedx::MetadataBuilder::default()
        .timestamp(created)
        .tools(cyclonedx::MetadataTools::Variant0(
            cyclonedx::MetadataToolsVariant0 {
                components: Some(vec![tool]),
                services: None,
            },
        ))
        .component(subject)
        .properties(properties(missing(image)))
        .build()
        .map_err(refused)?;
    let document = cyclonedx::CycloneDxBuilder::default()
        .schema("http://cyclonedx.org/schema/bom-1.6.schema.json")
        .bom_format("CycloneDX")
        .spec_version("1.6")
        .serial_number(serial_number(&digest(image, created)))
        .version(1)
        .metadata(metadata)
        .components(components)
        .build()
        .map_err(refused)?;
    Ok(serde_json::to_value(document)?)
}

/// Names a document: of another image or another time, another one.
fn digest(image: &Inspection, created: &str) -> String {
    crate::oci::sha256_hex(format!("{}\n{created}", image.id).as_bytes())
}

/// A UUID of version 8 (RFC 9562, section 5.8), whose bits are those of a digest.
fn serial_number(digest: &str) -> String {
    let variant = match digest.as_bytes().get(16) {
        Some(b'0'..=b'3') => '8',
        Some(b'4'..=b'7') => '9',
        Some(b'8' | b'9' | b'a' | b'b') => 'a',
        _ => 'b',
    };
    let part = |range: std::ops::Range<usize>| digest.get(range).unwrap_or_default();
    format!(
        "urn:uuid:{}-{}-8{}-{variant}{}-{}",
        part(0..8),
        part(8..12),
        part(13..16),
        part(17..20),
        part(20..32)
    )
}

/// What the document does not have, although the image may.
fn missing(image: &Inspection) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if image.packages.more.0 > 0 {
        found.push(("unlisted-packages", image.packages.more.0.to_string()));
    }
    if image.packages.all_unread().0 > 0 {
        found.push(("unread-files", image.packages.all_unread().0.to_string()));
    }
    if image.missing_layers.0 > 0 {
        found.push(("unread-layers", image.missing_layers.0.to_string()));
    }
    found.extend(
        image
            .posture
            .unread_packages
            .clone()
            .map(|manager| ("unread-database", manager)),
    );
    found
}

fn item(
    image: &Inspection,
    reference: &str,
    package: &Package,
) -> Result<spdx::SpdxItemPackages, Cause> {
    let place = match &package.within {
        Some(within) => format!("{}!/{within}", package.path),
        None => package.path.clone(),
    };
    let mut item = spdx::SpdxItemPackagesBuilder::default();
    item.spdxid(reference)
        .name(match &package.group {
            Some(group) => format!("{}:{}", line(group), line(&package.name)),
            None => line(&package.name),
        })
        .download_location(NO_ASSERTION)
        .files_analyzed(false)
        .source_info(line(&format!(
            "{} package of {place} in layer {}",
            package.kind.name(),
            package.layer
        )));
    if let Some(version) = &package.version {
        item.version_info(line(version));
    }
    if let Some(purl) = purl(package, image.packages.distribution.as_ref()) {
        let url = spdx::SpdxItemPackagesItemExternalRefsBuilder::default()
            .reference_category("PACKAGE-MANAGER")
            .reference_type("purl")
            .reference_locator(purl)
            .build()
            .map_err(refused)?;
        item.external_refs(vec![url]);
    }
    item.build().map_err(refused)
}

fn spdx_of(image: &Inspection, created: &str) -> Result<Value, Cause> {
    let id = |reference: &str| format!("SPDXRef-{reference}");
    let mut packages = Vec::new();
    let mut relations = Vec::new();
    let mut relate = |from: &str, relation: &str, to: &str| -> Result<(), Cause> {
        let relation = spdx::SpdxItemRelationshipsBuilder::default()
            .spdx_element_id(from)
            .relationship_type(relation)
            .related_spdx_element(to)
            .build()
            .map_err(refused)?;
        relations.push(relation);
        Ok(())
    };
    let subject = spdx::SpdxItemPackagesBuilder::default()
        .spdxid(id(IMAGE))
        .name(line(&image.image))
        .version_info(line(&image.id))
        .download_location(NO_ASSERTION)
        .files_analyzed(false)
        .primary_package_purpose("CONTAINER")
        .build()
        .map_err(refused)?;
    packages.push(subject);
    relate("SPDXRef-DOCUMENT", "DESCRIBES", &id(IMAGE))?;
    for (number, package) in image.packages.list.iter().enumerate() {
        let reference = id(&format!("package-{}", number + 1));
        packages.push(item(image, &reference, package)?);
        relate(&id(IMAGE), "CONTAINS", &reference)?;
    }
    let missing: BTreeMap<_, _> = missing(image).into_iter().collect();
    let missing: Vec<_> = missing
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let mut creation = spdx::SpdxCreationInfoBuilder::default();
    creation
        .created(created)
        .creators(vec![format!("Tool: {TOOL}-{VERSION}")]);
    if !missing.is_empty() {
        creation.comment(missing.join(", "));
    }
    // One of a kind for an image and a time, as the standard asks.
    let digest = digest(image, created);
    let document = spdx::SpdxBuilder::default()
        .spdxid("SPDXRef-DOCUMENT")
        .spdx_version("SPDX-2.3")
        .data_license("CC0-1.0")
        .name(line(&image.image))
        .document_namespace(format!("https://spdx.org/spdxdocs/{TOOL}-{digest}"))
        .creation_info(creation.build().map_err(refused)?)
        .packages(packages)
        .relationships(relations)
        .build()
        .map_err(refused)?;
    Ok(serde_json::to_value(document)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purl_of(kind: PackageKind, group: Option<&str>, name: &str) -> String {
        let package = Package {
            kind,
            name: name.to_owned(),
            version: Some("1".to_owned()),
            group: group.map(str::to_owned),
            architecture: None,
            path: String::new(),
            within: None,
            layer: 1,
        };
        purl(&package, None).unwrap()
    }

    #[test]
    fn a_module_of_go_has_a_url_in_lower_case() {
        for (name, expected) in [
            (
                "github.com/Nvveen/Gotty",
                "pkg:golang/github.com/nvveen/gotty@1",
            ),
            (
                "github.com/BurntSushi/toml",
                "pkg:golang/github.com/burntsushi/toml@1",
            ),
            ("stdlib", "pkg:golang/stdlib@1"),
        ] {
            assert_eq!(purl_of(PackageKind::Go, None, name), expected);
        }
    }

    #[test]
    fn what_is_no_group_is_none_of_a_url() {
        for (group, expected) in [
            ("org.x-y", "pkg:maven/org.x-y/a@1"),
            ("http://www.jboss.org/", "pkg:generic/a@1"),
            ("Sun Microsystems", "pkg:generic/a@1"),
        ] {
            assert_eq!(purl_of(PackageKind::Java, Some(group), "a"), expected);
        }
    }
}
