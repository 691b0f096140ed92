//! What can go wrong with looking into an image.

use std::io;

/// An image archive that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The stream broke off, or is no tar.
    #[error("failed to read the image archive {place}")]
    Archive {
        /// How far it was read: "at its beginning", "after `manifest.json`".
        place: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A file or folder cannot be opened.
    #[error("failed to open {path}")]
    Open {
        /// The path.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A layer cannot be read.
    #[error("failed to read the layer `{layer}` of the image archive")]
    Layer {
        /// Its name in the archive.
        layer: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A file of a layer cannot be read.
    #[error("failed to read `{entry}` of the layer `{layer}`")]
    File {
        /// The layer's name in the archive.
        layer: String,
        /// The entry's name.
        entry: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A layer's entry makes no sense.
    #[error("failed to place `{entry}` of the layer `{layer}`: {problem}")]
    Entry {
        /// Its name in the archive.
        layer: String,
        /// The entry's name.
        entry: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A document cannot be read.
    #[error("failed to read `{document}` of the image archive")]
    Document {
        /// Its name in the archive.
        document: String,
        /// The cause.
        #[source]
        source: Malformed,
    },
    /// Something that another part names is missing or of another kind.
    #[error("failed to find `{part}`, which `{by}` names: {problem}")]
    Missing {
        /// What is named.
        part: String,
        /// By what.
        by: String,
        /// What was found instead.
        problem: String,
    },
    /// It holds no image, or nothing that names one.
    #[error("failed to find one image in the archive: {problem}")]
    Choice {
        /// What was found instead.
        problem: String,
    },
    /// It holds images of other platforms only.
    #[error("failed to find one image of {platform} in the archive: it holds none")]
    NoPlatform {
        /// The platform.
        platform: String,
        /// Which platforms it has.
        hint: String,
    },
    /// It holds several images or platforms, and not one that is named.
    #[error("failed to find {wanted} in the archive: {problem}")]
    Selection {
        /// `one image`, or which one.
        wanted: String,
        /// What was found instead.
        problem: String,
        /// What to do.
        hint: String,
    },
    /// The parts do not fit each other.
    #[error("failed to put the image together: {problem}")]
    Unfit {
        /// What does not fit.
        problem: String,
    },
    /// What is to be looked for cannot be.
    #[error("failed to prepare the search for secrets")]
    Search(#[source] aho_corasick::BuildError),
    /// Nobody reads on any more.
    #[error("failed to look into the image: the work was given up")]
    GivenUp,
}

/// What is wrong with a document, in a few words.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub(super) String);

impl ImageError {
    /// What a user can do about it, where there is a remedy.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Archive { .. } | Self::Document { .. } => {
                Some("the export was cut short or is no image archive; export the image again")
            }
            Self::Layer { .. } | Self::File { .. } | Self::Entry { .. } | Self::Unfit { .. } => {
                Some("the image is damaged or was made by hand; build it again or pull it again")
            }
            Self::Selection { hint, .. } | Self::NoPlatform { hint, .. } => Some(hint),
            Self::Choice { .. } => Some("export one image for one platform"),
            _ => None,
        }
    }
}
