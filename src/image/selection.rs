//! Which of an archive's images is meant: by its name, its digest or its number, and by its
//! platform.

mod sought;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::archive::{ArchivePart, ArchiveParts};
use super::config::Document;
use super::error::ImageError;
use super::manifest::{self, Chosen, ImageNames, MOST_LAYERS, Offer, Offered};
use super::name;
use crate::inspection::{check_platform, platform_fit};
use crate::oci::ImageReference;
use sought::{Sought, digest_of};

/// Images and platforms that an error names.
const MOST_NAMED: usize = 20;
/// Names of an image that are tried for an error.
const MOST_TRIED: usize = 4;
/// Bytes of a name that an error may offer.
const MOST_LABEL_BYTES: usize = 200;

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
    let archive = Archive::of(parts, manifest::offer(parts, with_index)?);
    let image = archive.one(selection)?;
    if image.layers.len() > MOST_LAYERS {
        let by = name::brief(&image.by);
        let problem =
            format!("`{by}` names more than {MOST_LAYERS} layers, and no engine stacks so many");
        return Err(ImageError::Unfit { problem });
    }
    Ok(image)
}

/// An archive with its images.
struct Archive<'a> {
    parts: &'a ArchiveParts,
    images: Vec<Offered>,
    references: Vec<ImageNames>,
    numbered: usize,
    /// The platforms by the configs that state them: many images may have one config, which may
    /// be large.
    platforms: RefCell<BTreeMap<&'a str, Rc<str>>>,
}

impl<'a> Archive<'a> {
    fn of(parts: &'a ArchiveParts, offer: Offer) -> Self {
        let Offer {
            images,
            references,
            numbered,
        } = offer;
        Self {
            parts,
            images,
            references,
            numbered,
            platforms: RefCell::default(),
        }
    }

    fn one(&self, selection: &ImageSelection) -> Result<Chosen, ImageError> {
        let named = match &selection.image {
            Some(image) => self.named(image)?,
            None => self.images.iter().collect(),
        };
        let found = self.of_platform(&named, selection.platform.as_deref());
        let [image] = found.as_slice() else {
            return Err(self.not_one(&found, &named, selection));
        };
        let mut chosen = image.chosen.clone();
        let wanted = selection.image.as_deref();
        chosen
            .notes
            .extend(wanted.and_then(|wanted| self.number_and_name(wanted)));
        Ok(chosen)
    }

    /// The images of a name, a digest or a number.
    fn named(&self, wanted: &str) -> Result<Vec<&Offered>, ImageError> {
        let meant = self.meant(&Sought::of(wanted, self.numbered));
        if !meant.is_empty() {
            return Ok(meant);
        }
        Err(ImageError::Selection {
            wanted: format!("the image `{}`", name::brief(wanted)),
            problem: "it holds none of that name, digest or number".to_owned(),
            hint: format!("it has {}", self.names()),
        })
    }

    fn meant(&self, sought: &Sought<'_>) -> Vec<&Offered> {
        if let Sought::Number(at) = sought {
            return self.of_number(*at);
        }
        let places: BTreeSet<usize> = { self.references.iter().enumerate() }
            .filter(|(_, names)| sought.is_of(names))
            .map(|(at, _)| at)
            .collect();
        let is_meant = |image: &&Offered| {
            image.references.iter().any(|at| places.contains(at)) || sought.is_digest_of(image)
        };
        self.images.iter().filter(is_meant).collect()
    }

    /// The image of a number, which `manifest.json` has for one platform, and its other platforms,
    /// which the index has.
    fn of_number(&self, at: usize) -> Vec<&Offered> {
        let has_number = |image: &&Offered| image.references.contains(&at);
        let own = self.images.iter().filter(has_number);
        let of_index: BTreeSet<usize> = own
            .flat_map(|image| &image.references)
            .copied()
            .filter(|reference| *reference >= self.numbered)
            .collect();
        let is_meant = |image: &&Offered| {
            let is_linked = || image.references.iter().any(|one| of_index.contains(one));
            has_number(image) || (image.is_of_index && is_linked())
        };
        self.images.iter().filter(is_meant).collect()
    }

    /// What is of a platform, or of the best that there is. Without one: of several platforms
    /// that an engine wrote, it names its own one in `manifest.json`.
    fn of_platform<'i>(&self, images: &[&'i Offered], wanted: Option<&str>) -> Vec<&'i Offered> {
        let all = images.iter().copied();
        let Some(wanted) = wanted else {
            let named: Vec<_> = all.filter(|image| !image.is_of_index).collect();
            return if named.is_empty() {
                images.to_vec()
            } else {
                named
            };
        };
        let fits = all.filter_map(|image| {
            let fit = platform_fit(wanted, &self.platform(image))?;
            Some((fit, image))
        });
        let fits: Vec<_> = fits.collect();
        let best = fits.iter().map(|(fit, _)| *fit).min();
        let fits = fits.into_iter().filter(|(fit, _)| Some(*fit) == best);
        fits.map(|(_, image)| image).collect()
    }

    /// The error where none or several are left of those that are named.
    fn not_one(
        &self,
        found: &[&Offered],
        named: &[&Offered],
        selection: &ImageSelection,
    ) -> ImageError {
        let platform = selection.platform.as_deref();
        if found.is_empty() {
            return match platform {
                Some(platform) if !named.is_empty() => ImageError::NoPlatform {
                    platform: name::brief(platform),
                    hint: format!("it has {}", list(self.platforms_of(named))),
                },
                _ => ImageError::Choice {
                    problem: "it holds none".to_owned(),
                },
            };
        }
        let count = found.len();
        let names: BTreeSet<Option<&str>> = { found.iter() }
            .map(|image| self.names_of(image).min())
            .collect();
        let is_one_name = selection.image.is_some() || names.len() <= 1;
        let platforms = self.platforms_of(found);
        let has_each_once =
            platforms.len() == count && platforms.iter().all(|one| check_platform(one).is_ok());
        let hint = if is_one_name && has_each_once {
            format!("name one with --platform: {}", list(platforms))
        } else {
            format!("name one with --image: {}", self.labels(found, platform))
        };
        ImageError::Selection {
            wanted: match platform {
                Some(platform) => format!("one image of {}", name::brief(platform)),
                None => "one image".to_owned(),
            },
            problem: format!("it holds {count}"),
            hint,
        }
    }

    fn platform(&self, image: &Offered) -> Rc<str> {
        let Some((name, ArchivePart::Document(text))) = self.parts.find(&image.chosen.config)
        else {
            return Document::default().platform().into();
        };
        if let Some(known) = self.platforms.borrow().get(name) {
            return Rc::clone(known);
        }
        let document: Document = serde_json::from_slice(text).unwrap_or_default();
        let platform: Rc<str> = name::brief(&document.platform()).into();
        let mut platforms = self.platforms.borrow_mut();
        platforms.insert(name, Rc::clone(&platform));
        platform
    }

    fn platforms_of(&self, images: &[&Offered]) -> BTreeSet<Rc<str>> {
        images.iter().map(|image| self.platform(image)).collect()
    }

    fn names_of<'s>(&'s self, image: &'s Offered) -> impl Iterator<Item = &'s str> {
        let references = image.references.iter();
        let names = references.flat_map(move |at| &self.references[*at].names);
        names.map(String::as_str)
    }

    /// A note where a number is the name of another image.
    fn number_and_name(&self, wanted: &str) -> Option<String> {
        let Sought::Number(own) = Sought::of(wanted, self.numbered) else {
            return None;
        };
        let mut others = self.references.iter().take(self.numbered).enumerate();
        let (at, _) = others
            .find(|(at, other)| *at != own && other.names.iter().any(|name| name == wanted))?;
        let number = at + 1;
        Some(format!(
            "{wanted} is the number of this image; the image with the name `{wanted}` has the \
             number {number}"
        ))
    }

    /// The names of the images, and then what stands for those without any.
    fn names(&self) -> String {
        let mut seen = BTreeSet::new();
        let (mut labels, mut nameless) = (Vec::new(), Vec::new());
        for image in &self.images {
            let names = self.names_of(image).filter(|name| self.is_label(name));
            let Some(name) = names.min() else {
                nameless.push(image);
                continue;
            };
            let whole = name.parse::<ImageReference>();
            if seen.insert(whole.map_or_else(|_| name.to_owned(), |whole| whole.canonical())) {
                labels.push(name.to_owned());
            }
        }
        let count = labels.len() + nameless.len();
        let left = MOST_NAMED.saturating_sub(labels.len());
        let nameless = nameless.into_iter().take(left);
        labels.extend(nameless.map(|image| self.label(image, None)));
        list_of(labels, count)
    }

    /// What `--image` takes for each of them, next to the platform.
    fn labels(&self, images: &[&Offered], platform: Option<&str>) -> String {
        let shown = images.iter().take(MOST_NAMED);
        let labels = shown.map(|image| self.label(image, platform));
        list_of(labels.collect(), images.len())
    }

    /// What `--image` takes for an image alone: its name, or else its number or its digest.
    fn label(&self, image: &Offered, platform: Option<&str>) -> String {
        let is_alone = |label: &str| {
            let meant = self.meant(&Sought::of(label, self.numbered));
            let found = self.of_platform(&meant, platform);
            matches!(found.as_slice(), [one] if std::ptr::eq(*one, image))
        };
        let names = self.names_of(image).filter(|name| self.is_label(name));
        let names: BTreeSet<&str> = names.collect();
        let mut names = names.into_iter().take(MOST_TRIED);
        if let Some(name) = names.find(|name| name::brief(name) == **name && is_alone(name)) {
            return name.to_owned();
        }
        let numbers = image.references.iter().filter(|at| **at < self.numbered);
        let mut numbers = numbers.map(|at| (at + 1).to_string()).take(MOST_TRIED);
        numbers
            .find(|number| is_alone(number))
            .or_else(|| digest_of(&image.chosen.by))
            .or_else(|| digest_of(&image.chosen.config))
            .unwrap_or_else(|| image.chosen.config.clone())
    }

    /// Whether a name can be written after `--image`, and is taken for a name there.
    fn is_label(&self, name: &str) -> bool {
        name.len() <= MOST_LABEL_BYTES
            && name.bytes().all(|byte| byte.is_ascii_graphic())
            && !name.starts_with('-')
            && !name.bytes().all(|byte| byte.is_ascii_digit())
            && matches!(Sought::of(name, self.numbered), Sought::Name(..))
    }
}

/// Texts from outside in one line.
fn list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let texts = texts.into_iter().take(MOST_NAMED);
    let texts: Vec<String> = texts.map(|text| name::brief(text.as_ref())).collect();
    texts.join(", ")
}

/// The same, with the number of those that are not shown of so many.
fn list_of(labels: Vec<String>, count: usize) -> String {
    let more = count.saturating_sub(labels.len().min(MOST_NAMED));
    let labels = list(labels);
    match more {
        0 => labels,
        more => format!("{labels} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A config of some megabytes that each element of `manifest.json` names takes long to read.
    #[test]
    fn a_config_is_read_once_however_it_is_named() {
        let mut parts = ArchiveParts::default();
        let config = br#"{"os": "linux", "architecture": "arm64"}"#.to_vec();
        let config = ArchivePart::Document(config);
        parts.add("c.json".to_owned(), config).unwrap();
        let images = ["c.json", "./c.json", "././c.json"].map(
            |config| serde_json::json!({ "Config": config, "Layers": [format!("{config}.tar")] }),
        );
        let list = serde_json::Value::from(images.to_vec()).to_string();
        let list = ArchivePart::Document(list.into_bytes());
        parts.add("manifest.json".to_owned(), list).unwrap();
        let archive = Archive::of(&parts, manifest::offer(&parts, true).unwrap());
        assert_eq!(archive.images.len(), 3);
        let platforms: Vec<_> = { archive.images.iter() }
            .map(|image| archive.platform(image))
            .collect();
        assert_eq!(&*platforms[0], "linux/arm64");
        assert!(Rc::ptr_eq(&platforms[0], &platforms[1]));
        assert!(Rc::ptr_eq(&platforms[0], &platforms[2]));
    }
}
