//! What the name of an image on the command line means, and how it is read.

use std::io;
use std::path::{Path, PathBuf};

use super::super::failure::Failure;
use super::super::output::Printer;
use super::saved::{self, Opened};
use crate::bases::STAND_IN_DOMAIN;
use crate::engine::{Engine, ImageFacts};
use crate::image::{Examined, ImageError, ImageSelection, ImageSource, examine, examine_export};
use crate::inspection::Inspection;
use crate::units::Bytes;

/// From this size on, a message says that reading takes a while.
const LARGE: Bytes = Bytes(200_000_000);

/// What a folder has that holds an image.
const LAYOUT_FILES: [&str; 3] = ["index.json", "oci-layout", "manifest.json"];

/// Where an image is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ImageLocation {
    /// On standard input.
    Stdin,
    /// In a file.
    File(PathBuf),
    /// In a folder.
    Folder(PathBuf),
    /// On the engine.
    Engine(String),
}

/// What was read.
pub(super) enum ReadImage {
    /// An image, with what the engine says of it.
    Image(Box<Examined>, Option<Box<ImageFacts>>),
    /// The saved analysis of one.
    Saved(Box<Inspection>),
}

impl ImageLocation {
    /// What exists by that name: a file or the folder of a layout, and else the engine's.
    /// What can only be a path is one, whether it is there or not.
    pub fn of(name: &str) -> Self {
        let path = Path::new(name);
        let is_layout = |path: &Path| LAYOUT_FILES.iter().any(|file| path.join(file).is_file());
        let is_path = ["/", "./", "../"]
            .iter()
            .any(|start| name.starts_with(start))
            || name == "."
            || name == "..";
        if name == "-" {
            Self::Stdin
        } else if path.is_dir() && (is_path || is_layout(path)) {
            Self::Folder(path.to_owned())
        } else if is_path || (path.exists() && !path.is_dir()) {
            Self::File(path.to_owned())
        } else {
            Self::Engine(name.to_owned())
        }
    }

    /// Where to read it from; the engine's are exported.
    pub fn source(&self) -> Option<ImageSource> {
        match self {
            Self::Stdin => Some(ImageSource::Stream(Box::new(io::stdin()))),
            Self::File(path) => Some(ImageSource::File(path.clone())),
            Self::Folder(path) => Some(ImageSource::Folder(path.clone())),
            Self::Engine(_) => None,
        }
    }
}

/// Reads an image.
pub(super) async fn look_at<E: Engine>(
    engine: Option<&E>,
    image: &str,
    subject: &ImageLocation,
    selection: ImageSelection,
    printer: &mut Printer,
) -> Result<ReadImage, Failure> {
    if let Some(source) = subject.source() {
        let name = image.to_owned();
        let work = tokio::task::spawn_blocking(move || read(&name, source, &selection));
        let given_up = |_| Err(failure(image, ImageError::GivenUp));
        return work.await.unwrap_or_else(given_up);
    }
    let (ImageLocation::Engine(name), Some(engine)) = (subject, engine) else {
        return Err(Failure::failed("there is no engine to ask for the image"));
    };
    let Some(facts) = engine.image(name).await? else {
        return Err(absent(engine, name).await);
    };
    if facts.listed >= LARGE {
        printer.talk(&format!(
            "reading {}, which takes some seconds",
            facts.listed
        ));
    }
    // An engine with the containerd store exports every platform that it has.
    let export = engine.export(&facts.id.0).await?;
    let selection = ImageSelection {
        image: None,
        ..selection
    };
    let examined = examine_export(export, selection).await;
    let examined = examined.map_err(|error| engine_failure(image, error))?;
    Ok(ReadImage::Image(Box::new(examined), Some(Box::new(facts))))
}

/// Reads an image, or the saved analysis of one.
fn read(name: &str, source: ImageSource, selection: &ImageSelection) -> Result<ReadImage, Failure> {
    match saved::opened(name, source)? {
        Opened::Saved(text) => Ok(ReadImage::Saved(Box::new(saved::read(name, &text)?))),
        Opened::Image(source) => {
            let examined = examine(source, selection, &[]);
            let examined = examined.map_err(|error| failure(name, error))?;
            Ok(ReadImage::Image(Box::new(examined), None))
        }
    }
}

/// One of the images that a command names.
#[derive(Debug, thiserror::Error)]
#[error("failed to analyze `{image}`")]
struct Unreadable {
    image: String,
    #[source]
    source: ImageError,
}

/// An image that cannot be read.
pub(super) fn failure(image: &str, source: ImageError) -> Failure {
    let hint = source.hint().map(str::to_owned);
    let image = image.to_owned();
    Failure::failed(Unreadable { image, source }).with_hint(hint)
}

/// An image of the engine that cannot be read.
fn engine_failure(image: &str, source: ImageError) -> Failure {
    let ImageError::NoPlatform { platform, hint } = &source else {
        return failure(image, source);
    };
    let hint = format!("{hint}; pull it first: docker pull --platform {platform} {image}");
    failure(image, source).with_hint(Some(hint))
}

/// The hint is its stand-in, where that is there.
pub(super) async fn absent<E: Engine>(engine: &E, name: &str) -> Failure {
    let stand_in = format!("{STAND_IN_DOMAIN}/{name}");
    let hint = match engine.image(&stand_in).await {
        Ok(Some(_)) => format!("its stand-in is there: plimsoll inspect {stand_in}"),
        _ => "pull or build it first: nothing is pulled here. A file's name needs its folder where the file is missing: ./NAME".to_owned(),
    };
    Failure::failed(format!("the engine has no image `{name}`")).with_hint(Some(hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_path_where_something_is_there_and_else_the_engines() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("app.tar");
        std::fs::write(&file, "").unwrap();
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        assert_eq!(ImageLocation::of("-"), ImageLocation::Stdin);
        assert_eq!(
            ImageLocation::of(&path(&file)),
            ImageLocation::File(file.clone())
        );
        let folder = dir.path().to_owned();
        assert_eq!(
            ImageLocation::of(&path(&folder)),
            ImageLocation::Folder(folder.clone())
        );
        let missing = folder.join("none.tar");
        assert_eq!(
            ImageLocation::of(&path(&missing)),
            ImageLocation::File(missing)
        );
        for name in ["node:20", "src", "localhost:5000/a/b@sha256:00"] {
            assert_eq!(
                ImageLocation::of(name),
                ImageLocation::Engine(name.to_owned())
            );
        }
    }
}
