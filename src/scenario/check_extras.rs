//! Checks what goes into builds in addition to the app's folder: made-up files, the planted secret.

use super::check::Checker;
use super::check_app::forward;
use super::figure::{FigureValue, parse_figure};
use super::model::{Extra, ExtraContent, SecretUse};
use super::raw::{RawExtra, RawSecret, RawVariant, Text};
use crate::units::Bytes;

/// The number of one of several files.
const NUMBER: &str = "{n}";
const MOST_FILES: i64 = 20_000;
/// All of it is held in memory.
const MOST_BYTES: Bytes = Bytes(512_000_000);
const FILE: &str = "file:";

impl Checker<'_> {
    pub fn extras(&mut self, raw: &[RawExtra]) -> Vec<Extra> {
        let extras: Vec<_> = raw.iter().filter_map(|extra| self.extra(extra)).collect();
        let total: u64 = extras.iter().map(size).sum();
        if let (true, Some(last)) = (total > MOST_BYTES.0, raw.last()) {
            let message = format!("the extra files weigh {} together", Bytes(total));
            self.report(
                last.file.span(),
                message,
                &format!("{MOST_BYTES} at most"),
                "",
            );
        }
        extras
    }

    fn extra(&mut self, raw: &RawExtra) -> Option<Extra> {
        let file = self.inside(&raw.file, raw.file.get_ref())?;
        let mut count = 1;
        if let Some(raw) = &raw.count {
            match u32::try_from(*raw.get_ref()) {
                Ok(some) if (1..=MOST_FILES).contains(raw.get_ref()) => count = some,
                _ => {
                    let message = format!("{} files cannot be made up", raw.get_ref());
                    self.report(raw.span(), message, "1 to 20000 files", "");
                }
            }
        }
        if (count > 1) != file.contains(NUMBER) {
            let message = format!("{count} files of the name `{file}`");
            let hint = format!("put `{NUMBER}` into the name exactly where there is a `count`");
            self.report(raw.file.span(), message, "", hint);
        }
        let content = match (&raw.text, &raw.bytes) {
            (Some(text), None) => ExtraContent::Text(text.clone()),
            (None, Some(bytes)) => match parse_figure(bytes.get_ref()).map(|figure| figure.value) {
                Some(FigureValue::Size(size)) => ExtraContent::Random(size),
                _ => {
                    let message = format!("invalid size `{}`", bytes.get_ref());
                    self.report(bytes.span(), message, "a size, as `20 MB`", "");
                    return None;
                }
            },
            _ => {
                let message = "an extra file holds either `text` or `bytes`";
                self.report(raw.file.span(), message, "one of the two", "");
                return None;
            }
        };
        Some(Extra {
            file,
            count,
            content,
        })
    }

    pub fn secret(&mut self, raw: Option<&RawSecret>, variants: &[RawVariant]) -> Option<String> {
        let Some(raw) = raw else {
            for secret in variants
                .iter()
                .filter_map(|variant| variant.secret.as_ref())
            {
                let message = "the scenario has no secret for it";
                self.report(
                    secret.span(),
                    message,
                    "a table `[secret]` with its `id`",
                    "",
                );
            }
            return None;
        };
        let id = raw.id.get_ref();
        let mut bytes = id.bytes();
        let well_formed = bytes
            .next()
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
            && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !well_formed {
            let message = format!("invalid secret id `{id}`");
            self.report(raw.id.span(), message, "a name as variables have", "");
        }
        Some(id.clone())
    }

    pub fn secret_use(&mut self, raw: Option<&Text>) -> Option<SecretUse> {
        let raw = raw?;
        match raw.get_ref().as_str() {
            "mount" => Some(SecretUse::Mount),
            "build-arg" => Some(SecretUse::BuildArg),
            other => match other.strip_prefix(FILE) {
                Some(path) => self.inside(raw, path).map(SecretUse::File),
                None => {
                    let message = format!("unknown use of a secret `{other}`");
                    self.report(
                        raw.span(),
                        message,
                        "`mount`, `build-arg`, or `file:` and a path",
                        "",
                    );
                    None
                }
            },
        }
    }

    /// A path of a file that need not be there, inside the app's folder.
    fn inside(&mut self, raw: &Text, path: &str) -> Option<String> {
        let clean = forward(path);
        let stays = !path.starts_with('/')
            && !path.is_empty()
            && !clean.split('/').any(|part| part == "..");
        if !stays {
            let message = format!("`{path}` is no file of the app's folder");
            self.report(raw.span(), message, "a relative path without `..`", "");
        }
        stays.then_some(clean)
    }
}

fn size(extra: &Extra) -> u64 {
    let each = match &extra.content {
        ExtraContent::Text(text) => text.len() as u64,
        ExtraContent::Random(bytes) => bytes.0,
    };
    each.saturating_mul(extra.count.into())
}
