//! Values under keys that speak of secrets, in YAML and JSON: `password: x`,
//! `"apiKey": "x"`, and the credentials of a registry client (`"auth": "..."`).
//!
//! Such keys also stand in code, in schemas and in texts for users. A value that is a
//! template, a reference, a version, a type, a label or empty is no secret.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::bytes::Regex;

use super::Find;
use super::assignments::is_reference;
use super::rules::is_placeholder;

/// Quotes may be escaped: the text may stand within a string.
static FORM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)(?:^|[\s{,\[("'\\])([A-Za-z][A-Za-z0-9_.-]{1,60})(?:\\?["'])?[ \t]{0,4}:[ \t]{0,8}(?:\\?"((?:[^"\\\r\n]|\\[^"\r\n])*)\\?"|'([^'\r\n]*)'|([^\s"'\\,}\[\]{#&*!|>%@`][^\s,}\]"'\\]*))"#,
    )
    .expect("the form is compiled in")
});

/// Words that end the name of a password.
const PASSWORDS: &[&[&str]] = &[&["password"], &["passwd"], &["passphrase"], &["pwd"]];
/// Words that end the name of another secret.
const OTHERS: &[&[&str]] = &[
    &["secret"],
    &["token"],
    &["credentials"],
    &["apikey"],
    &["api", "key"],
    &["access", "key"],
    &["secret", "key"],
    &["private", "key"],
    &["identitytoken"],
    &["registrytoken"],
];

/// Shortest value of each sort.
const LEAST_PASSWORD: usize = 6;
const LEAST_OTHER: usize = 8;

/// Values that describe a value.
const WORDS: &[&str] = &[
    "boolean",
    "disabled",
    "enabled",
    "false",
    "integer",
    "none",
    "null",
    "number",
    "object",
    "optional",
    "required",
    "string",
    "true",
    "undefined",
];

/// All of them, in order.
pub(super) fn find(text: &[u8]) -> Vec<Find> {
    let mut finds = Vec::new();
    // A text without a colon has no key, and most names of files are such texts.
    if !text.contains(&b':') {
        return finds;
    }
    let mut from = 0;
    while let Some(found) = FORM.captures_at(text, from) {
        let (Some(key), Some(whole)) = (found.get(1), found.get(0)) else {
            break;
        };
        let value = (2..=4).find_map(|group| found.get(group));
        // A key within the value is looked at, too: `a: {password: x}` has none before it.
        from = value
            .map_or(whole.end(), |value| value.start())
            .max(key.end());
        let Some(value) = value else { continue };
        let plain = found.get(4).is_some();
        let (name, content) = (key.as_bytes(), value.as_bytes());
        let Some(kind) = kind(name, content, plain) else {
            continue;
        };
        finds.push(Find {
            start: value.start(),
            end: value.end(),
            secret: value.range(),
            kind,
        });
        from = value.end();
    }
    finds
}

/// What a key and its value are; none where they are no secret.
fn kind(key: &[u8], value: &[u8], plain: bool) -> Option<String> {
    let (key, value) = (
        std::str::from_utf8(key).ok()?,
        std::str::from_utf8(value).ok()?,
    );
    if key == "auth" {
        return is_basic_auth(value).then(|| "registry credential".to_owned());
    }
    let words = words(key);
    let ends = |with: &&[&str]| {
        let start = words.len().checked_sub(with.len());
        start.is_some_and(|start| words[start..].iter().eq(*with))
    };
    let password = PASSWORDS.iter().any(ends);
    if !password && !OTHERS.iter().any(ends) {
        return None;
    }
    let secret = is_secret(value, &words, plain)
        && if password {
            is_password(value)
        } else {
            is_random(value)
        };
    secret.then(|| format!("value of {key}"))
}

/// `apiKey`, `api_key`, `API-KEY` and `spring.api.key` are `api` and `key`.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in key.chars() {
        let apart = matches!(character, '_' | '-' | '.');
        if apart || (character.is_uppercase() && before.is_lowercase()) {
            words.push(String::new());
        }
        if let (false, Some(word)) = (apart, words.last_mut()) {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a value may be a secret at all.
fn is_secret(value: &str, key: &[String], plain: bool) -> bool {
    let lower = value.to_lowercase();
    let template = value.starts_with(['$', '<', '%', '(', '/', '.', '*', '{', '['])
        || [
            "${",
            "$(",
            "{{",
            "process.env",
            "os.environ",
            "getenv",
            "secrets.",
        ]
        .iter()
        .any(|part| lower.contains(part));
    // A call or a member, as code has it: `password: hash(x)`, `token: this.token,`.
    let code = plain && (value.contains(['(', ')', ';', '<']) || value.ends_with(':'));
    let reference = [
        "http:",
        "https:",
        "env:",
        "npm:",
        "workspace:",
        "git+",
        "arn:",
        "ENC[",
    ]
    .iter()
    .any(|start| value.starts_with(start))
        || is_reference(value.as_bytes());
    let named = key.concat() == lower.replace(['_', '-', '.'], "");
    value.is_ascii()
        && !value.contains(char::is_whitespace)
        && !template
        && !code
        && !reference
        && !named
        && !WORDS.contains(&lower.as_str())
        && !is_version(value)
        && !is_placeholder(value.as_bytes())
}

/// A label of a form is one word with a capital: `Password`, `Passwort`.
fn is_password(value: &str) -> bool {
    let letters = value.chars().all(|c| c.is_ascii_alphabetic());
    let label = letters && value.chars().skip(1).all(|c| c.is_ascii_lowercase());
    let capital = value.starts_with(|c: char| c.is_ascii_uppercase());
    let least = if letters { LEAST_OTHER } else { LEAST_PASSWORD };
    let is_label = label && capital || value.to_lowercase().contains("password");
    value.len() >= least && !is_label
}

/// Digits among letters, and not only as the number of a name: `db-credentials-v2`.
fn is_random(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let letters = value.chars().filter(char::is_ascii_alphabetic).count();
    let stem = value.trim_end_matches(|c: char| c.is_ascii_digit());
    let name = stem
        .chars()
        .all(|c| c.is_ascii_lowercase() || matches!(c, '-' | '_' | '.'));
    value.len() >= LEAST_OTHER && digits > 0 && letters > 0 && !(name && digits < 4)
}

/// `^1.2.3`, `>=2.0`, `1.7.1-beta`.
fn is_version(value: &str) -> bool {
    let number = value.trim_start_matches(['^', '~', '>', '<', '=', 'v', ' ']);
    let mut parts = number.split('.');
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.next().is_some_and(digits) && parts.next().is_some_and(|part| part == "x" || digits(part))
}

/// `user:password` in base64, as clients of registries keep it.
fn is_basic_auth(value: &str) -> bool {
    let plain = STANDARD
        .decode(value)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    plain.is_some_and(|plain| match plain.split_once(':') {
        Some((user, password)) => {
            !user.is_empty() && !password.is_empty() && !plain.contains(char::is_control)
        }
        None => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, &str)> {
        let finds = find(text.as_bytes()).into_iter();
        finds.map(|find| (find.kind, &text[find.secret])).collect()
    }

    #[test]
    fn values_under_telling_keys_are_found() {
        for (text, key, value) in [
            ("password: hunter2x", "password", "hunter2x"),
            (
                "db:\n  password: \"correct-horse\"\n",
                "password",
                "correct-horse",
            ),
            ("  - dbPassword: 'pa55!word-x'", "dbPassword", "pa55!word-x"),
            ("{\"api_key\": \"a1b2c3d4e5f6\"}", "api_key", "a1b2c3d4e5f6"),
            (
                "{\"a\":1,\"apiKey\":\"a1b2c3d4e5f6\"}",
                "apiKey",
                "a1b2c3d4e5f6",
            ),
            ("{password: tr0ub4dor}", "password", "tr0ub4dor"),
            (
                "x: {secret_key: 9f8e7d6c5b4a, y: 1}",
                "secret_key",
                "9f8e7d6c5b4a",
            ),
            (
                r#"RUN echo "{\"client_secret\": \"a1b2c3d4e5\"}" > x"#,
                "client_secret",
                "a1b2c3d4e5",
            ),
            (
                "spring.datasource.password: l0ngenough",
                "spring.datasource.password",
                "l0ngenough",
            ),
            (
                "\"identitytoken\": \"eyJhbGciOiJ1\"",
                "identitytoken",
                "eyJhbGciOiJ1",
            ),
        ] {
            assert_eq!(found(text), [(format!("value of {key}"), value)], "{text}");
        }
    }

    #[test]
    fn a_registry_client_s_credentials_are_found() {
        let auth = STANDARD.encode("me:hunter2hunter2");
        let text = format!("{{\"auths\": {{\"r.example.org\": {{\"auth\": \"{auth}\"}}}}}}");
        assert_eq!(
            found(&text),
            [("registry credential".to_owned(), auth.as_str())]
        );
        assert!(found("{\"auth\": \"\"}").is_empty());
        assert!(found("{\"auth\": \"basic\"}").is_empty());
    }

    #[test]
    fn what_only_looks_like_a_value_is_none() {
        for text in [
            "password:",
            "password: \"\"",
            "password: ${DB_PASSWORD}",
            "password: {{ .Values.password }}",
            "password: \"{{ lookup('env', 'X') }}\"",
            "password: $(cat x)",
            "password: <your password>",
            "password: changeme123",
            "password: string",
            "\"password\": \"Password\"",
            "\"password\": \"Passwort\"",
            "\"password\": \"Enter your password\"",
            "\"password\": \"パスワード\"",
            "password: !vault |",
            "password: null # none",
            "password: /run/secrets/db",
            "password: process.env.DB_PASSWORD,",
            "password: hash(input),",
            "\"generate-password\": \"^1.7.1\"",
            "\"jsonwebtoken\": \"^9.0.2-rc1\"",
            "secret: db-credentials",
            "secret: db-credentials-v2",
            "secretName: db-7f9c2d11aa",
            "token: bearer",
            "api_key: env:API_KEY1",
            "tokenizer: gpt2-1234567",
            "max_token: 12345678",
            "passwordFile: /a/b1",
            "password: corr…",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
