//! The two images of a command line, and which of an archive's images each of them is.

use super::super::args::InspectArgs;
use super::super::failure::Failure;
use super::subject::ImageLocation;
use crate::image::ImageSelection;

/// Which of the images of the command line.
#[derive(Clone, Copy)]
pub(super) enum InspectedSide<'a> {
    Image,
    Against(&'a str),
}

impl<'a> InspectedSide<'a> {
    pub fn name(self, args: &'a InspectArgs) -> &'a str {
        match self {
            Self::Image => &args.image,
            Self::Against(image) => image,
        }
    }

    /// Which image of an archive is meant: the first `--image` is for the image, and the second
    /// for the other one; one alone is for both.
    pub fn selection(self, args: &InspectArgs) -> ImageSelection {
        let image = match self {
            Self::Image => args.select.first(),
            Self::Against(_) => args.select.last(),
        };
        ImageSelection {
            image: image.cloned(),
            platform: args.platform.clone(),
        }
    }

    /// Whether `--image` speaks of this image alone, which has to be in an archive then.
    pub fn is_selected(self, args: &InspectArgs) -> bool {
        match (self, args.select.len()) {
            (_, 0) | (Self::Against(_), 1) => false,
            (Self::Image, 1) => args.against.is_none(),
            _ => true,
        }
    }
}

/// The images of the command line.
fn names(args: &InspectArgs) -> Vec<&str> {
    let names = [Some(args.image.as_str()), args.against.as_deref()];
    names.into_iter().flatten().collect()
}

/// Refuses `--image` where all images are the engine's. Nothing is read for that.
///
/// # Errors
/// When it selects nothing.
pub(super) fn check_selection(args: &InspectArgs) -> Result<(), Failure> {
    let names = names(args);
    let is_engines = |name: &&str| matches!(ImageLocation::of(name), ImageLocation::Engine(_));
    match !args.select.is_empty() && names.iter().all(is_engines) {
        true => Err(no_archive(&names)),
        false => Ok(()),
    }
}

/// Refuses one `--image` for two images of which none is in an archive.
///
/// # Errors
/// When it selects nothing.
pub(super) fn check_archives(args: &InspectArgs, are_any: bool) -> Result<(), Failure> {
    match !args.select.is_empty() && !are_any {
        true => Err(no_archive(&names(args))),
        false => Ok(()),
    }
}

/// The images of which `--image` speaks, and which are in no archive.
pub(super) fn no_archive(images: &[&str]) -> Failure {
    let said = match images {
        [one, other] => {
            format!("neither `{one}` nor `{other}` is in an archive with several images")
        }
        _ => format!(
            "`{}` is in no archive with several images",
            images.join("`, `")
        ),
    };
    let hint = "leave out --image: it selects an image of an archive or of an OCI layout";
    Failure::usage(said).with_hint(Some(hint.to_owned()))
}
