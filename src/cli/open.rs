//! Shows a file in the reader's browser.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use super::failure::Failure;

/// What opens a file as its user would: the desktop's own on Linux, `open` on macOS.
const OPENER: &str = if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

/// Hands the file to the desktop and waits until that has taken it.
///
/// # Errors
/// When the machine has nothing that opens a page: the hint says how to see it all the same.
pub(super) fn open_page(file: &Path) -> Result<(), Failure> {
    open_with(OPENER, file)
}

fn open_with(opener: &str, file: &Path) -> Result<(), Failure> {
    let file = std::fs::canonicalize(file).map_err(Failure::failed)?;
    let ended = Command::new(opener)
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let said = match ended {
        Ok(status) if status.success() => return Ok(()),
        Ok(status) => format!("`{opener}` could not open the page ({status})"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            format!("there is no `{opener}` here to open the page with")
        }
        Err(error) => format!("failed to run `{opener}`: {error}"),
    };
    let hint = format!("open {} in a browser", file.display());
    Err(Failure::failed(said).with_hint(Some(hint)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_no_program_opens_a_page_the_error_contains_its_path() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = std::fs::canonicalize(file.path()).unwrap();
        let failure = open_with("plimsoll-no-such-program", file.path()).unwrap_err();
        let text = failure.to_string();
        assert!(
            text.contains("there is no `plimsoll-no-such-program`"),
            "{text}"
        );
        assert!(text.contains(&path.display().to_string()), "{text}");
        let failure = open_with("false", file.path()).unwrap_err().to_string();
        assert!(failure.contains("could not open"), "{failure}");
        assert!(open_with("true", file.path()).is_ok());
    }
}
