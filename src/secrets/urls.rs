//! Passwords and tokens in URLs: `scheme://user:password@host`, `https://token@host`.

use memchr::memmem;

use super::found::Find;
use super::judge::is_random;
use super::rules::is_placeholder;

/// Bytes of a user and a password that are looked at.
const LOOKED_AT: usize = 512;
/// A shorter user is a name and no token.
const LEAST_TOKEN: usize = 20;
const LEAST_PASSWORD: usize = 3;
/// What follows the `@` in the reference of an image.
const DIGESTS: &[&[u8]] = &[b"sha256:", b"sha512:"];

/// All of them, in order.
pub(super) fn find(text: &[u8]) -> Vec<Find> {
    let places = memmem::find_iter(text, "://");
    places.filter_map(|at| in_url(text, at + 3)).collect()
}

/// What stands before the host, which begins at `start` or later.
fn in_url(text: &[u8], start: usize) -> Option<Find> {
    let scheme = text.get(start.checked_sub(4)?)?;
    if !scheme.is_ascii_alphanumeric() {
        return None;
    }
    let rest = &text[start..text.len().min(start + LOOKED_AT)];
    let length = rest.iter().position(|byte| !belongs(*byte));
    let rest = &rest[..length.unwrap_or(rest.len())];
    // The user ends before the path. Only a password that nobody escaped goes on behind a `/`.
    let path = rest.iter().position(|byte| *byte == b'/');
    let authority = &rest[..path.unwrap_or(rest.len())];
    let last_at = |part: &[u8]| part.iter().rposition(|byte| *byte == b'@');
    let host = last_at(authority).or_else(|| last_at(rest))?;
    // No user begins with a bracket, and no host is called like a digest: an address and the
    // reference of an image are no users with passwords.
    let is_digest = DIGESTS
        .iter()
        .any(|kind| rest[host + 1..].starts_with(kind));
    if rest.starts_with(b"[") || is_digest {
        return None;
    }
    let user_info = &rest[..host];
    let colon = user_info.iter().position(|byte| *byte == b':');
    let slash = user_info.iter().position(|byte| *byte == b'/');
    if slash.is_some_and(|slash| colon.is_none_or(|colon| slash < colon)) {
        return None;
    }
    let (secret, kind) = match colon {
        Some(colon) => (colon + 1..host, "password in a URL"),
        None => (0..host, "token in a URL"),
    };
    let content = &user_info[secret.clone()];
    let is_port = || {
        let digits = content.iter().take_while(|byte| byte.is_ascii_digit());
        let digits = digits.count();
        digits > 0 && content.get(digits) == Some(&b'/')
    };
    let is_secret = match colon {
        Some(_) => content.len() >= LEAST_PASSWORD && !is_port(),
        None => content.len() >= LEAST_TOKEN && is_random(std::str::from_utf8(content).ok()?),
    };
    if !is_secret || is_template(content) || is_placeholder(content) {
        return None;
    }
    let secret = start + secret.start..start + secret.end;
    Some(Find {
        start: secret.start,
        end: secret.end,
        secret,
        kind: kind.to_owned(),
    })
}

/// `$PASSWORD`, `${PASSWORD}`, `%s`, `{password}`, `:password`.
fn is_template(content: &[u8]) -> bool {
    let brackets = content.starts_with(b"{") || content.starts_with(b"[");
    brackets
        || content.starts_with(b"$")
        || content == b"%s"
        || memmem::find(content, b"${").is_some()
        || content.iter().all(|byte| *byte == b'*')
}

fn belongs(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && !byte.is_ascii_control() && !b"\"'<>\\`?#|,;".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let finds = find(text.as_bytes()).into_iter();
        finds.map(|find| &text[find.secret]).collect()
    }

    #[test]
    fn passwords_and_tokens_in_urls_are_found() {
        for (text, secret) in [
            ("http://user:password@proxy:3128", "password"),
            ("postgres://app:hunter2@db/x", "hunter2"),
            ("redis://:hunter2@db", "hunter2"),
            ("\"https://u:p%40ss@h/a@b\"", "p%40ss"),
            ("http://u:p@ss@h", "p@ss"),
            ("git+https://oauth2:abc123@git.example.org/x", "abc123"),
            ("http://u:pa/ss@h", "pa/ss"),
            (
                "git clone https://3f786850e387550fdab836ed7e6dc881de23001b@h/x",
                "3f786850e387550fdab836ed7e6dc881de23001b",
            ),
        ] {
            assert_eq!(found(text), [secret], "{text}");
        }
    }

    #[test]
    fn other_urls_hold_none() {
        for text in [
            "https://example.org/a@b",
            "https://example.org:8080/pkg@1.0.0",
            "https://user@example.org",
            "ssh://git@example.org:22/x",
            "https://cdn.example.org/npm/a:b@1.2.3",
            "http://user:$PASSWORD@h",
            "http://user:${PASSWORD}@h",
            "http://user:***@h",
            "http://user:hun…@h",
            "http://user:<password>@h",
            "http://u:@h",
            "docker://alpine:latest@sha256:0f3c",
            "docker-image://node:22.11.0@sha256:0f3c",
            "oci://x:1@sha512:0f3c",
            "http://[::1]:4873/@scope/pkg",
            "x://",
            "://a:bcdef@h",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}
