//! Values under keys that speak of secrets, in YAML and JSON: `password: x`,
//! `"apiKey": "x"`, the credentials of a registry client (`"auth": "..."`), and in XML.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::bytes::Regex;

use super::found::Find;
use super::judge::{Form, is_secret_of, is_telling};
use super::value::Value;

/// A key and its colon. Quotes may be escaped: the text may stand within a string.
static FORM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?m)(?:^|[\s{,\[("'\\])([A-Za-z][A-Za-z0-9_.-]{1,60})(?:\\?["'])?[ \t]{0,4}:[ \t]{0,8}"#,
    )
    .expect("the form is compiled in")
});

/// An element of XML, as settings of build tools have it.
static ELEMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"<([A-Za-z][A-Za-z0-9_.-]{1,60})>([^<>\s]{1,256})</")
        .expect("the form is compiled in")
});

/// The key of a registry client's credentials.
const AUTH: &str = "auth";

/// What a value without quotes does not begin with in YAML.
const NO_START: &[u8] = b"\\,}[]{#&*!|>%@`";

/// All of them.
pub(super) fn find(text: &[u8]) -> Vec<Find> {
    let mut finds = elements(text);
    // A text without a colon has no key, and most names of files are such texts.
    if !text.contains(&b':') {
        return finds;
    }
    let mut from = 0;
    while let Some(found) = FORM.captures_at(text, from) {
        let (Some(key), Some(whole)) = (found.get(1), found.get(0)) else {
            break;
        };
        // A key within the value is looked at, too.
        from = whole.end();
        let name = String::from_utf8_lossy(key.as_bytes());
        if name != AUTH && !is_telling(&name) {
            continue;
        }
        let value = Value::read(text, from);
        let starts =
            |value: &Value| value.is_quoted() || !NO_START.contains(&text[value.place.start]);
        let Some(value) = value.filter(starts) else {
            continue;
        };
        if !value.is_quoted() && is_prose(text, key.start(), &value) {
            continue;
        }
        let Some(kind) = kind(
            key.as_bytes(),
            &text[value.place.clone()],
            !value.is_quoted(),
        ) else {
            continue;
        };
        let secret = value.whole(text);
        from = secret.end;
        finds.push(Find {
            start: secret.start,
            end: secret.end,
            secret,
            kind,
        });
    }
    finds
}

/// Whether a sentence goes on after the colon: `invalid password: authentication failed`. The
/// same line has a word before the key and one after the value.
fn is_prose(text: &[u8], key: usize, value: &Value) -> bool {
    let before = text[..key].trim_ascii_end();
    let blanks = &text[before.len()..key];
    let follows = before
        .last()
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b':')
        && !blanks.is_empty()
        && blanks.iter().all(|byte| matches!(byte, b' ' | b'\t'));
    let word = &text[value.place.clone()];
    let word = word.strip_suffix(b".").unwrap_or(word);
    let rest = &text[value.place.end..];
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    let goes_on = rest.first() == Some(&b' ') && rest.get(1).is_some_and(u8::is_ascii_alphabetic);
    follows && goes_on && word.iter().all(u8::is_ascii_lowercase)
}

fn elements(text: &[u8]) -> Vec<Find> {
    if !text.contains(&b'<') {
        return Vec::new();
    }
    let elements = ELEMENT.captures_iter(text).filter_map(|found| {
        let (name, value) = (found.get(1)?, found.get(2)?);
        Some(Find {
            start: value.start(),
            end: value.end(),
            secret: value.range(),
            kind: kind(name.as_bytes(), value.as_bytes(), false)?,
        })
    });
    elements.collect()
}

/// What a key and its value are; none where they are no secret.
fn kind(key: &[u8], value: &[u8], plain: bool) -> Option<String> {
    let (key, value) = (
        std::str::from_utf8(key).ok()?,
        std::str::from_utf8(value).ok()?,
    );
    if key == AUTH {
        return is_basic_auth(value).then(|| "registry credential".to_owned());
    }
    let form = if plain { Form::Plain } else { Form::Quoted };
    is_secret_of(key, value, form).then(|| format!("value of {key}"))
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
            ("<password>hunter2x</password>", "password", "hunter2x"),
            (
                "- password: correcthorse battery",
                "password",
                "correcthorse",
            ),
            (
                "x\npassword: correcthorse battery",
                "password",
                "correcthorse",
            ),
            ("the password: correcthorse", "password", "correcthorse"),
            ("the password: hunter2x is it", "password", "hunter2x"),
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
            "invalid password: authentication failed",
            "check password: connection refused",
            "ERROR: password: authentication, again, failed",
            "password: secrets/production/db",
            "{ password: settings.db_pass, x }",
            "password: this.form.pass",
            "PWD: builds-1",
            "{\"PWD\": \"C:\\\\builds-1\"}",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
