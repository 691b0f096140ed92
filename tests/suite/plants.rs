//! What tests plant in texts from outside, to search all outputs for it: secrets of each
//! kind, and characters that act on a terminal.

use std::path::Path;

/// A secret, made up, and a text in which a rule finds it.
pub struct PlantedSecret {
    pub text: String,
    pub secret: String,
}

/// Put together here, so that no scanner takes this file for a leak.
fn made_up(start: &str, length: usize, salt: usize) -> String {
    let letters = "aB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJ";
    let letters = letters.chars().cycle().skip(salt).take(length);
    start.chars().chain(letters).collect()
}

/// One of each rule.
pub fn secrets() -> Vec<PlantedSecret> {
    let bare = |secret: String| PlantedSecret {
        text: secret.clone(),
        secret,
    };
    let within = |before: &str, secret: &str, after: &str| PlantedSecret {
        text: format!("{before}{secret}{after}"),
        secret: secret.to_owned(),
    };
    let auth = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        "robot:pa55word-of-the-registry",
    );
    let dashes = "-----";
    let key = format!("{dashes}BEGIN EC PRIVATE KEY{dashes}\\n");
    vec![
        within(&key, &made_up("MHcCAQ", 58, 1), "\\n"),
        bare(format!("AKIA{}", "Q3EXDVK7J2MWN5PT")),
        bare(made_up("ghp_", 36, 2)),
        bare(format!(
            "{}_{}",
            made_up("github_pat_", 22, 3),
            made_up("", 59, 4)
        )),
        bare(made_up("glpat-", 20, 5)),
        bare(made_up("npm_", 36, 6)),
        bare(made_up("pypi-AgEIcHlwaS5vcmc", 60, 7)),
        bare(format!("xoxb-{}-{}", "123456789012", made_up("", 24, 8))),
        bare(made_up("sk_live_", 24, 9)),
        within("//r.example.org/:_authToken=", "f00dba5e-1234-9d", ""),
        within("DB_PASSWORD=", "correct-horse-9-battery", ""),
        within("JWT_SECRET=", "s3cr3t-of-the-tokens", ""),
        within("password: ", "hunter2-of-yaml", ""),
        within("{\"api_key\": \"", "a1b2c3d4e5f6-of-json", "\"}"),
        within("PGPASSWORD=", "hunter2-of-postgres", ""),
        within("MYSQL_PWD=", "hunter3-of-mysql-x", ""),
        within("db_password = ", "hunter4-of-toml-files", ""),
        within("--password=", "hunter5-of-an-option", ""),
        within("--db-password ", "hunter6-of-arguments", ""),
        within(
            "http://user:",
            "hunter7-of-a-proxy-url",
            "@proxy.example.org:3128",
        ),
        within(
            "docker login -u me -p ",
            "hunter8-of-docker-login",
            " r.example.org",
        ),
        within("<password>", "hunter9-of-maven-files", "</password>"),
        within("Authorization: Bearer ", "hunter10-of-an-http-header", ""),
        within("{\"auths\":{\"r.example.org\":{\"auth\":\"", &auth, "\"}}}"),
    ]
}

/// Fails where a text holds a secret, or all of it except for what is shown.
pub fn assert_secretless(place: &str, text: &str) {
    for plant in secrets() {
        for part in [plant.secret.as_str(), &plant.secret[8..]] {
            let at = text.find(part);
            let around = at.map(|at| {
                let start = (0..=at.saturating_sub(80))
                    .rev()
                    .find(|at| text.is_char_boundary(*at));
                &text[start.unwrap_or(0)..at + part.len()]
            });
            assert!(
                at.is_none(),
                "{place} holds a secret: {}",
                around.unwrap_or_default()
            );
        }
    }
}

/// Escapes of terminals in C0 and C1, other controls, line breaks of all kinds, a line that a
/// CI system takes for a command, and bidirectional overrides.
pub const HOSTILE: &str = "\u{1b}]0;x\u{7}\u{1b}[2J\u{9b}31m\u{8}\u{7f}\r\n::error::HOSTILE\u{85}\u{2028}\u{202e}gpj\u{2066}\u{0}";

/// Fails where a text holds a character that acts. Line feeds are the writer's own.
pub fn assert_inert(place: &str, text: &str) {
    // The index of a history is no text.
    if place.ends_with(".plimsoll-history") {
        return;
    }
    let acts = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let found = text.char_indices().find(|(_, c)| acts(*c));
    assert!(
        found.is_none(),
        "{place}: {found:?} in {}",
        line_of(text, found)
    );
    // What came from outside is never at the beginning of a line. A line feed is white space
    // in HTML, and a Dockerfile is shown there with its own.
    if text.starts_with("<!DOCTYPE html>") {
        return;
    }
    let forged = text
        .lines()
        .find(|line| line.trim_start().starts_with("::error::HOSTILE"));
    assert!(forged.is_none(), "{place}: {forged:?}");
}

fn line_of(text: &str, found: Option<(usize, char)>) -> String {
    let Some((at, _)) = found else {
        return String::new();
    };
    let start = text[..at].rfind('\n').map_or(0, |before| before + 1);
    text[start..at].to_owned()
}

/// Fails where a file below a folder fails `check`; gives how many files were looked at. What
/// is no text is searched as it is.
pub fn in_files(folder: &Path, check: fn(&str, &str)) -> usize {
    let files = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap);
    let files = files.filter(|file| file.file_type().is_file());
    files
        .map(|file| {
            let bytes = std::fs::read(file.path()).unwrap();
            let place = file.path().display().to_string();
            if !place.ends_with(".png") {
                check(&place, &String::from_utf8_lossy(&bytes));
            }
        })
        .count()
}
