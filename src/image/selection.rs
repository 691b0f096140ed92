//! Which of an archive's images is meant: by its name, its digest or its number, and by its
//! platform.

use std::collections::BTreeSet;

use super::archive::ArchiveParts;
use super::config::Document;
use super::error::ImageError;
use super::manifest::{self, Chosen, ImageNames, MOST_LAYERS, Offer, Offered};
use super::name;
use crate::oci::{Digest, ImageReference};

/// Images and platforms that an error names.
const MOST_NAMED: usize = 20;
/// Digits of the longest number; what is longer is a name or a digest.
const MOST_DIGITS: usize = 5;
/// Hex digits of the shortest digest.
const LEAST_HEX: usize = 12;
/// Hex digits of a whole digest.
const WHOLE_HEX: usize = 64;

/// Which of an archive's images is read. The default is the only one that it has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageSelection {
    /// Its name, its digest, or its number in the archive from 1.
    pub image: Option<String>,
    /// Its platform: `os/architecture`, or with a variant.
    pub platform: Option<String>,
}

/// The image that is meant.
///
/// # Errors
/// When there is none, or several.
pub(super) fn choose(
    parts: &ArchiveParts,
    selection: &ImageSelection,
) -> Result<Chosen, ImageError> {
    let with_index = *selection != ImageSelection::default();
    let Offer {
        images,
        references,
        numbered,
    } = manifest::offer(parts, with_index)?;
    let archive = Archive {
        parts,
        references,
        numbered,
    };
    let image = archive.one(images, selection)?;
    if image.layers.len() > MOST_LAYERS {
        let by = name::brief(&image.by);
        let problem =
            format!("`{by}` names more than {MOST_LAYERS} layers, and no engine stacks so many");
        return Err(ImageError::Unfit { problem });
    }
    Ok(image)
}

/// An archive whose images are named.
struct Archive<'a> {
    parts: &'a ArchiveParts,
    references: Vec<ImageNames>,
    numbered: usize,
}

impl Archive<'_> {
    fn one(&self, images: Vec<Offered>, selection: &ImageSelection) -> Result<Chosen, ImageError> {
        let images = match &selection.image {
            Some(image) => self.named(images, image)?,
            None => images,
        };
        let (mut images, others): (Vec<_>, Vec<_>) = images.into_iter().partition(|image| {
            let wanted = selection.platform.as_ref();
            wanted.is_none_or(|wanted| is_of_platform(&self.platform(image), wanted))
        });
        // Of several platforms that an engine wrote, it names its own one in `manifest.json`.
        if selection.platform.is_none() && images.iter().any(|image| !image.is_of_index) {
            images.retain(|image| !image.is_of_index);
        }
        match <[Offered; 1]>::try_from(images) {
            Ok([image]) => Ok(image.chosen),
            Err(images) => Err(self.not_one(&images, &others, selection)),
        }
    }

    /// The images of a name, a digest or a number.
    fn named(&self, images: Vec<Offered>, wanted: &str) -> Result<Vec<Offered>, ImageError> {
        let sought = Sought::of(wanted);
        let numbered = match &sought {
            Sought::Number(number) => number.checked_sub(1).filter(|at| *at < self.numbered),
            _ => None,
        };
        // `manifest.json` has one platform of an image, and the index has all of them.
        let name = numbered.and_then(|at| self.references[at].names.first());
        let by_name = name.map(|name| Sought::of_name(name));
        let places: BTreeSet<usize> = { self.references.iter().enumerate() }
            .filter(|(at, names)| {
                let has_name = by_name.as_ref().is_some_and(|name| name.is_of(names));
                numbered == Some(*at) || has_name || sought.is_of(names)
            })
            .map(|(at, _)| at)
            .collect();
        let is_meant = |image: &Offered| {
            image.references.iter().any(|at| places.contains(at)) || sought.is_digest_of(image)
        };
        let (meant, others): (Vec<_>, Vec<_>) = images.into_iter().partition(is_meant);
        if !meant.is_empty() {
            return Ok(meant);
        }
        Err(ImageError::Selection {
            wanted: format!("the image `{}`", name::brief(wanted)),
            problem: "it holds none of that name, digest or number".to_owned(),
            hint: format!("it has {}", self.labels(&others)),
        })
    }

    /// The error where none or several are left.
    fn not_one(
        &self,
        images: &[Offered],
        others: &[Offered],
        selection: &ImageSelection,
    ) -> ImageError {
        let listed = images.iter().chain(others);
        let platforms: BTreeSet<String> = listed.map(|image| self.platform(image)).collect();
        let count = images.len();
        let wanted = match &selection.platform {
            Some(platform) if count == 0 && !others.is_empty() => {
                return ImageError::NoPlatform {
                    platform: name::brief(platform),
                    hint: format!("it has {}", list(platforms)),
                };
            }
            Some(platform) => format!("one image of {}", name::brief(platform)),
            None => "one image".to_owned(),
        };
        if count == 0 {
            let problem = "it holds none".to_owned();
            return ImageError::Choice { problem };
        }
        let names: BTreeSet<Option<&str>> =
            images.iter().map(|image| self.first_name(image)).collect();
        let is_one_name = selection.image.is_some() || names.len() <= 1;
        let has_each_once = platforms.len() == count && selection.platform.is_none();
        let hint = if is_one_name && has_each_once {
            format!("name one with --platform: {}", list(platforms))
        } else {
            format!("name one with --image: {}", self.labels(images))
        };
        ImageError::Selection {
            wanted,
            problem: format!("it holds {count}"),
            hint,
        }
    }

    fn platform(&self, image: &Offered) -> String {
        let text = self.parts.document(&image.chosen.config);
        let document: Document =
            serde_json::from_slice(text.unwrap_or_default()).unwrap_or_default();
        document.platform()
    }

    fn first_name(&self, image: &Offered) -> Option<&str> {
        let names = { image.references.iter() }.flat_map(|at| &self.references[*at].names);
        names.min().map(String::as_str)
    }

    /// What `--image` takes for each of them: its name, or else its number or its digest.
    fn labels(&self, images: &[Offered]) -> String {
        let is_alone = |image: &Offered, of: &dyn Fn(&Offered) -> bool| {
            let mut others = images.iter().filter(|other| !std::ptr::eq(*other, image));
            !others.any(of)
        };
        let shown = images.iter().take(MOST_NAMED);
        let labels: Vec<String> = shown
            .map(|image| {
                let name = self.first_name(image);
                if let Some(name) = name
                    && is_alone(image, &|other| self.first_name(other) == Some(name))
                {
                    return name.to_owned();
                }
                let number = image.references.first().copied();
                if let Some(number) = number.filter(|number| *number < self.numbered)
                    && is_alone(image, &|other| other.references.contains(&number))
                {
                    return (number + 1).to_string();
                }
                digest_of(&image.chosen.by)
                    .or_else(|| digest_of(&image.chosen.config))
                    .unwrap_or_else(|| image.chosen.config.clone())
            })
            .collect();
        let more = images.len() - labels.len();
        let labels = list(labels);
        match more {
            0 => labels,
            more => format!("{labels} and {more} more"),
        }
    }
}

/// What `--image` names.
enum Sought<'a> {
    Number(usize),
    /// A digest, or how it begins.
    Digest(String),
    Name(&'a str, Option<Box<ImageReference>>),
}

impl<'a> Sought<'a> {
    fn of(text: &'a str) -> Self {
        let is_hex = |hex: &str| {
            hex.bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let hex = text.strip_prefix("sha256:");
        if text.len() <= MOST_DIGITS
            && let Ok(number) = text.parse()
        {
            Self::Number(number)
        } else if hex.is_some_and(|hex| hex.len() >= LEAST_HEX && is_hex(hex))
            || text.parse::<Digest>().is_ok()
        {
            Self::Digest(text.to_owned())
        } else if text.len() == WHOLE_HEX && is_hex(text) {
            Self::Digest(format!("sha256:{text}"))
        } else {
            Self::of_name(text)
        }
    }

    fn of_name(text: &'a str) -> Self {
        Self::Name(text, text.parse().ok().map(Box::new))
    }

    /// Whether a reference has the name, or leads to the digest.
    fn is_of(&self, names: &ImageNames) -> bool {
        match self {
            Self::Number(_) => false,
            Self::Digest(digest) => names
                .digest
                .as_ref()
                .is_some_and(|it| it.starts_with(digest)),
            Self::Name(text, wanted) => names.names.iter().any(|name| {
                let fits = |wanted: &ImageReference| is_same(wanted, name, names);
                name == text || wanted.as_deref().is_some_and(fits)
            }),
        }
    }

    /// Whether it is the digest of the image's manifest or config.
    fn is_digest_of(&self, image: &Offered) -> bool {
        let Self::Digest(digest) = self else {
            return false;
        };
        let own = [&image.chosen.by, &image.chosen.config];
        own.into_iter()
            .filter_map(|name| digest_of(name))
            .any(|own| own.starts_with(digest))
    }
}

/// Whether an engine takes two names for the same: with the registry, the repository and the
/// tag that a short one leaves out.
fn is_same(wanted: &ImageReference, name: &str, names: &ImageNames) -> bool {
    let Ok(name) = name.parse::<ImageReference>() else {
        return false;
    };
    match wanted.digest() {
        // As engines do, a tag next to a digest is not looked at.
        Some(digest) => {
            wanted.domain() == name.domain()
                && wanted.repository() == name.repository()
                && names.digest.as_deref() == Some(digest.as_str())
        }
        None => wanted.canonical() == name.canonical(),
    }
}

/// The digest that the name of a part is made of: `blobs/sha256/…`, or `….json` as Docker
/// before 25 names configs.
fn digest_of(name: &str) -> Option<String> {
    let digest = match name.strip_prefix("blobs/") {
        Some(name) => name.replacen('/', ":", 1),
        None => format!("sha256:{}", name.strip_suffix(".json")?),
    };
    digest.parse::<Digest>().is_ok().then_some(digest)
}

/// Whether a platform is the wanted one, which may leave out the variant.
fn is_of_platform(platform: &str, wanted: &str) -> bool {
    let variant = platform.strip_prefix(wanted);
    variant.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Texts from outside in one line.
fn list(texts: impl IntoIterator<Item = String>) -> String {
    let texts = texts.into_iter().take(MOST_NAMED);
    let texts: Vec<String> = texts.map(|text| name::brief(&text)).collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> ImageNames {
        ImageNames {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            digest: Some(format!("sha256:{}", "a".repeat(WHOLE_HEX))),
        }
    }

    #[test]
    fn a_name_is_matched_as_an_engine_does() {
        let digest = format!("alpine@sha256:{}", "a".repeat(WHOLE_HEX));
        let other = format!("alpine@sha256:{}", "b".repeat(WHOLE_HEX));
        for (wanted, name, is_it) in [
            ("alpine:3.20", "alpine:3.20", true),
            ("alpine:3.20", "docker.io/library/alpine:3.20", true),
            ("docker.io/library/alpine:3.20", "alpine:3.20", true),
            ("alpine", "alpine:latest", true),
            ("alpine", "alpine:3.20", false),
            ("alpine:3.20", "x/alpine:3.20", false),
            ("alpine:3.20", "example.com/alpine:3.20", false),
            ("alpine:3.20", "localhost/alpine:3.20", false),
            ("x/alpine:3.20", "x/alpine:3.20", true),
            ("alpine:3.2", "alpine:3.20", false),
            ("3.20", "3.20", true),
            ("Not A Name", "Not A Name", true),
            (&digest, "alpine:3.20", true),
            (&digest, "x/alpine:3.20", false),
            (&other, "alpine:3.20", false),
        ] {
            let found = Sought::of(wanted).is_of(&named(&[name]));
            assert_eq!(found, is_it, "{wanted} of {name}");
        }
    }

    #[test]
    fn numbers_and_digests_are_no_names() {
        assert!(matches!(Sought::of("12"), Sought::Number(12)));
        assert!(matches!(Sought::of("12:latest"), Sought::Name(..)));
        assert!(matches!(Sought::of("3.20"), Sought::Name(..)));
        assert!(matches!(Sought::of("sha256:abc"), Sought::Name(..)));
        for digest in [
            "sha256:aaaaaaaaaaaa".to_owned(),
            format!("sha256:{}", "a".repeat(WHOLE_HEX)),
            "a".repeat(WHOLE_HEX),
        ] {
            let sought = Sought::of(&digest);
            assert!(matches!(sought, Sought::Digest(_)), "{digest}");
            assert!(sought.is_of(&named(&[])), "{digest}");
        }
        assert!(!Sought::of("sha256:bbbbbbbbbbbb").is_of(&named(&[])));
    }
}
