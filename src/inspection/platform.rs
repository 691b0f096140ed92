//! Which platform of several is meant: `linux/arm64`, or with a variant.

/// How well a platform fits the one that is asked for, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PlatformFit {
    /// It is written in the same way.
    Exact,
    /// It is the same: a variant is left out that every processor of the architecture has.
    Same,
    /// It is a variant of the one that is asked for without any.
    Variant,
}

/// A text that names no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a platform")]
pub struct BadPlatform(String);

impl BadPlatform {
    /// What a user can do about it.
    pub fn hint(&self) -> &'static str {
        "write `os/architecture` or `os/architecture/variant`, as `linux/arm64`"
    }
}

/// Variants that containerd takes for the architecture without one
/// (<https://github.com/containerd/platforms/blob/main/database.go>).
const USUAL_VARIANTS: [(&str, &str); 2] = [("amd64", "v1"), ("arm64", "v8")];

/// A platform in its parts.
#[derive(PartialEq, Eq)]
struct Parts<'a> {
    os: &'a str,
    architecture: &'a str,
    variant: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// None where the text is no platform.
    fn of(text: &'a str) -> Option<Self> {
        let mut parts = text.split('/');
        let (os, architecture, variant) = (parts.next()?, parts.next()?, parts.next());
        let is_whole = parts.next().is_none()
            && [Some(os), Some(architecture), variant]
                .into_iter()
                .flatten()
                .all(|part| !part.is_empty() && part.trim() == part);
        is_whole.then_some(Self {
            os,
            architecture,
            variant,
        })
    }

    /// Without a variant that is the usual one.
    fn usual(&self) -> Self {
        let is_usual = |variant: &&str| USUAL_VARIANTS.contains(&(self.architecture, *variant));
        Self {
            os: self.os,
            architecture: self.architecture,
            variant: self.variant.filter(|variant| !is_usual(variant)),
        }
    }
}

/// Checks that a text names a platform.
///
/// # Errors
/// When it does not: it is empty, or has no architecture.
pub fn check_platform(text: &str) -> Result<(), BadPlatform> {
    match Parts::of(text) {
        Some(_) => Ok(()),
        None => Err(BadPlatform(text.to_owned())),
    }
}

/// How well a platform fits the one that is asked for; none where it is another one.
pub fn platform_fit(wanted: &str, platform: &str) -> Option<PlatformFit> {
    let (wanted_parts, parts) = (Parts::of(wanted)?, Parts::of(platform));
    if wanted == platform {
        return Some(PlatformFit::Exact);
    }
    let parts = parts?;
    if wanted_parts.usual() == parts.usual() {
        return Some(PlatformFit::Same);
    }
    let is_variant = wanted_parts.variant.is_none()
        && (wanted_parts.os, wanted_parts.architecture) == (parts.os, parts.architecture);
    is_variant.then_some(PlatformFit::Variant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_platform_goes_before_a_variant_of_it() {
        use PlatformFit::{Exact, Same, Variant};
        for (wanted, platform, fit) in [
            ("linux/arm64", "linux/arm64", Some(Exact)),
            ("linux/arm64", "linux/arm64/v8", Some(Same)),
            ("linux/arm64/v8", "linux/arm64", Some(Same)),
            ("linux/amd64/v1", "linux/amd64", Some(Same)),
            ("linux/amd64", "linux/amd64/v3", Some(Variant)),
            ("linux/arm", "linux/arm/v6", Some(Variant)),
            ("linux/arm", "linux/arm/v7", Some(Variant)),
            ("linux/arm/v7", "linux/arm", None),
            ("linux/arm/v7", "linux/arm/v6", None),
            ("linux/arm64/v8", "linux/arm64/v9", None),
            ("linux/arm", "linux/arm64", None),
            ("linux", "linux/arm64", None),
            ("", "linux/arm64", None),
            ("unknown/unknown", "unknown/unknown", Some(Exact)),
        ] {
            assert_eq!(platform_fit(wanted, platform), fit, "{wanted} {platform}");
        }
        assert!(Exact < Same && Same < Variant);
    }

    #[test]
    fn a_platform_has_an_architecture() {
        for good in ["linux/arm64", "linux/arm/v7", "windows(10.0.1)/amd64"] {
            assert_eq!(check_platform(good), Ok(()));
        }
        for bad in [
            "",
            "linux",
            "linux/",
            "/arm64",
            "linux/arm/",
            "a/b/c/d",
            "linux/ arm",
        ] {
            let error = check_platform(bad).unwrap_err();
            assert_eq!(error.to_string(), format!("`{bad}` is not a platform"));
            assert!(error.hint().contains("os/architecture"));
        }
    }
}
