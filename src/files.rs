//! Reads files at paths from users. Only regular files are accepted: opening a named pipe blocks
//! until a writer exists, and a device has no end.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use crate::units::Bytes;

/// Whether a write failed because the disk, or the part of it that the user may use, is full.
pub fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// Opens a regular file, or a link to one, for reading.
///
/// # Errors
/// As [`File::open`]; or the path is not a regular file.
pub fn open(path: &Path) -> io::Result<File> {
    regular(fs::metadata(path)?.file_type())?;
    // Does not block even if the file is replaced between the two calls.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)?;
    regular(file.metadata()?.file_type())?;
    Ok(file)
}

/// Reads a regular file completely.
///
/// # Errors
/// As [`open`], and read errors.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a regular UTF-8 file completely.
///
/// # Errors
/// As [`read`], or the content is not UTF-8.
pub fn read_to_string(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

/// Reads an open file of at most so many bytes.
///
/// # Errors
/// Read errors; the content is longer.
pub fn read_within(file: &File, most: Bytes) -> io::Result<Vec<u8>> {
    let too_long = || io::Error::other(format!("it has more than {most}"));
    if file.metadata()?.len() > most.0 {
        return Err(too_long());
    }
    // It may grow meanwhile.
    let mut bytes = Vec::new();
    file.take(most.0.saturating_add(1))
        .read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most.0 {
        true => Err(too_long()),
        false => Ok(bytes),
    }
}

/// The same of a UTF-8 file.
///
/// # Errors
/// As [`read_within`], or the content is not UTF-8.
pub fn text_within(file: &File, most: Bytes) -> io::Result<String> {
    let bytes = read_within(file, most)?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn regular(kind: FileType) -> io::Result<()> {
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("it is {what}, and a regular file is expected"),
    ))
}

#[cfg(test)]
mod tests {
    use rustix::fs::{CWD, FileType as Node, Mode, mknodat};

    use super::*;

    #[test]
    fn a_file_that_is_too_long_is_no_text() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, "12345").unwrap();
        let read = |most| text_within(&open(&path).unwrap(), Bytes(most));
        assert_eq!(read(5).unwrap(), "12345");
        let error = read(4).unwrap_err();
        assert_eq!(error.to_string(), "it has more than 4 B");
        // A sparse file of a terabyte is not read into memory.
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(read(1 << 20).is_err());
    }

    #[test]
    fn only_regular_files_are_read_and_nothing_is_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        fs::write(&file, "text").unwrap();
        assert_eq!(read_to_string(&file).unwrap(), "text");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read(&link).unwrap(), b"text");
        let pipe = dir.path().join("pipe");
        mknodat(CWD, &pipe, Node::Fifo, Mode::RWXU, 0).unwrap();
        assert!(
            read(&pipe)
                .unwrap_err()
                .to_string()
                .contains("a named pipe")
        );
        let device = Path::new("/dev/zero");
        assert!(read(device).unwrap_err().to_string().contains("a device"));
        let kind = |path: &Path| read(path).unwrap_err().kind();
        assert_eq!(kind(dir.path()), io::ErrorKind::IsADirectory);
        assert_eq!(kind(&dir.path().join("none")), io::ErrorKind::NotFound);
    }
}
