//! Saved analyses: files, and standard input, that hold the JSON of an earlier `inspect`.

use std::io::{self, Cursor, Read, Seek};

use super::super::failure::Failure;
use crate::files;
use crate::image::ImageSource;
use crate::inspection::{Inspection, SavedInspectionError, read_inspection};
use crate::units::Bytes;

/// Most bytes of a saved analysis.
const MOST_BYTES: Bytes = Bytes(512 << 20);
/// Bytes that show what a file is: the first block of a tar.
const HEAD_BYTES: u64 = 512;

/// What a file or standard input holds.
pub(super) enum Opened {
    /// What is to be read as an image.
    Image(ImageSource),
    /// The text of a saved analysis.
    Saved(Vec<u8>),
}

/// Looks whether a saved analysis is there, and reads it.
///
/// # Errors
/// When it cannot be read, or is too large.
pub(super) fn opened(name: &str, source: ImageSource) -> Result<Opened, Failure> {
    open(source).map_err(|error| Failure::failed(format!("failed to read `{name}`: {error}")))
}

fn open(source: ImageSource) -> io::Result<Opened> {
    match source {
        ImageSource::File(path) => {
            // Whoever reads it as an image names what is wrong with it.
            let Ok(mut file) = files::open(&path) else {
                return Ok(Opened::Image(ImageSource::File(path)));
            };
            if !is_saved(&head(&mut file)?) {
                return Ok(Opened::Image(ImageSource::File(path)));
            }
            file.rewind()?;
            Ok(Opened::Saved(files::read_within(&file, MOST_BYTES)?))
        }
        ImageSource::Stream(mut stream) => {
            let mut text = head(&mut stream)?;
            if !is_saved(&text) {
                let whole = Cursor::new(text).chain(stream);
                return Ok(Opened::Image(ImageSource::Stream(Box::new(whole))));
            }
            stream.take(MOST_BYTES.0).read_to_end(&mut text)?;
            match text.len() as u64 > MOST_BYTES.0 {
                true => Err(io::Error::other(format!("it has more than {MOST_BYTES}"))),
                false => Ok(Opened::Saved(text)),
            }
        }
        ImageSource::Folder(path) => Ok(Opened::Image(ImageSource::Folder(path))),
    }
}

fn head(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    from.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(head)
}

/// Whether it begins as a JSON object. The first block of a tar has zeros.
fn is_saved(head: &[u8]) -> bool {
    head.trim_ascii_start().starts_with(b"{") && !head.contains(&0)
}

/// An analysis that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("failed to read the saved analysis `{name}`")]
struct UnreadableAnalysis {
    name: String,
    #[source]
    source: SavedInspectionError,
}

/// Reads the text of a saved analysis.
///
/// # Errors
/// When it is another document, of another version, or not consistent.
pub(super) fn read(name: &str, text: &[u8]) -> Result<Inspection, Failure> {
    read_inspection(text).map_err(|source| {
        let hint = source.hint().to_owned();
        let name = name.to_owned();
        Failure::failed(UnreadableAnalysis { name, source }).with_hint(Some(hint))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_no_analysis() {
        assert!(is_saved(b"{}"));
        assert!(is_saved(b"\n  {\"a\": 1}"));
        let mut tar = vec![0; 512];
        tar[..8].copy_from_slice(b"{x}.json");
        for other in [&tar[..], b"", b"[]", b"hello"] {
            assert!(!is_saved(other));
        }
    }

    #[test]
    fn what_is_no_analysis_is_read_from_its_beginning() {
        let stream = |bytes: &'static [u8]| ImageSource::Stream(Box::new(bytes));
        let Ok(Opened::Image(ImageSource::Stream(mut whole))) = open(stream(b"no json")) else {
            panic!("it is no analysis");
        };
        let mut text = String::new();
        whole.read_to_string(&mut text).unwrap();
        assert_eq!(text, "no json");
        let Ok(Opened::Saved(text)) = open(stream(b"{ }")) else {
            panic!("it is one");
        };
        assert_eq!(text, b"{ }");
    }
}
