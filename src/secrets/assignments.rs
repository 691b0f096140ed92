//! Values that are given to variables whose names speak of secrets: in the config's
//! environment, in history (where build arguments stand before the command) and in
//! files of variables. Anywhere else such lines are code.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::Find;
use super::rules::is_placeholder;

/// A value in quotes goes to their end; another one to the next blank, or to a quote or comma
/// behind which it does not go on. One that begins with `$` is looked up when it is used.
static FORM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)(?:^|[\s;&|"'])((?:[A-Z0-9]+_)*(?:PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|SECRET_KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS)) ?= ?(?:"([^"$\r\n][^"\r\n]{7,})"|'([^'\r\n]{8,})'|["']?([^\s"'$,](?:[^\s"',]|["',][^\s"',\])}]){7,}))"#,
    )
    .expect("the form is compiled in")
});

/// All of them, in order.
pub(super) fn find(text: &[u8]) -> Vec<Find> {
    FORM.captures_iter(text)
        .filter_map(|found| {
            let (name, value) = (found.get(1)?, (2..=4).find_map(|group| found.get(group))?);
            if is_placeholder(value.as_bytes()) || is_reference(value.as_bytes()) {
                return None;
            }
            Some(Find {
                start: value.start(),
                end: value.end(),
                secret: value.range(),
                kind: format!("value of {}", String::from_utf8_lossy(name.as_bytes())),
            })
        })
        .collect()
}

/// A mounted secret's path, or a word that says that there is none.
pub(super) fn is_reference(value: &[u8]) -> bool {
    const PATHS: &[&[u8]] = &[b"/run/", b"/var/run/", b"file:", b"vault:"];
    PATHS.iter().any(|path| value.starts_with(path)) || value.eq_ignore_ascii_case(b"undefined")
}
