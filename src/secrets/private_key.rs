//! Private keys, which have many lines: as lines, within strings of code, or with one end cut
//! off.

use std::ops::Range;

use memchr::memmem;

use super::found::{Find, PRIVATE_KEY};

/// A shorter run of letters after a private key is a word of the text around it.
const LEAST_LINE: usize = 16;

/// A private key goes on while there are lines of base64, as lines or within strings of code.
pub(super) fn whole(text: &[u8], find: &Find) -> Range<usize> {
    let mut secret = find.secret.clone();
    if find.kind != PRIVATE_KEY {
        return secret;
    }
    // The rule looks at the beginning of the first line only.
    secret.end += base64_length(&text[secret.end..]);
    loop {
        let start = secret.end + separator_length(&text[secret.end..]);
        let length = base64_length(&text[start..]);
        let after = &text[start + length..];
        let is_last = after[separator_length(after)..].starts_with(b"-----END");
        if length == 0 || (length < LEAST_LINE && !is_last) {
            return secret;
        }
        secret.end = start + length;
    }
}

fn is_base64(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=')
}

fn base64_length(text: &[u8]) -> usize {
    text.iter()
        .take_while(|byte| is_base64(char::from(**byte)))
        .count()
}

fn separator_length_at_end(text: &[u8]) -> usize {
    let mut rest = text;
    loop {
        rest = match rest {
            [before @ .., b'\\', b'n' | b'r'] => before,
            [before @ .., byte] if is_separator(*byte) => before,
            _ => return text.len() - rest.len(),
        };
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(
        byte,
        b'\\' | b'"' | b'\'' | b'+' | b',' | b'|' | b' ' | b'\t' | b'\r' | b'\n'
    )
}

/// The text between two lines of a key.
fn separator_length(text: &[u8]) -> usize {
    let mut length = 0;
    while let Some(byte) = text.get(length) {
        length += match byte {
            b'\\' if matches!(text.get(length + 1), Some(b'n' | b'r')) => 2,
            byte if is_separator(*byte) => 1,
            _ => break,
        };
    }
    length
}

/// A private key whose beginning was cut off: the lines of base64 before the one that ends it.
pub(super) fn rest(text: &[u8]) -> Option<Range<usize>> {
    const END: &[u8] = b"-----END ";
    const END_BYTES: usize = 64;
    let cut = memmem::find(text, b"-----BEGIN ").unwrap_or(text.len());
    let end = memmem::find(&text[..cut], END)?;
    let line = &text[end..text.len().min(end + END_BYTES)];
    memmem::find(line, b"PRIVATE KEY-----")?;
    let (mut start, mut has_line) = (end, false);
    loop {
        let before = start - separator_length_at_end(&text[..start]);
        let line = text[..before].iter().rev();
        let line = line
            .take_while(|byte| is_base64(char::from(**byte)))
            .count();
        let is_whole = line >= LEAST_LINE;
        let is_border = start == end || line == before;
        if line == 0 || !(is_whole || is_border) {
            break;
        }
        has_line |= is_whole;
        start = before - line;
    }
    has_line.then_some(start..end)
}

/// The lines of a key, each of which is a secret.
pub(super) fn lines(key: &str) -> Vec<String> {
    let lines = key.replace("\\n", " ").replace("\\r", " ");
    let lines = lines.split(|c: char| !is_base64(c)).map(str::to_owned);
    lines.filter(|line| line.len() >= LEAST_LINE).collect()
}

#[cfg(test)]
mod tests {
    use crate::secrets::mask_found;

    fn made_up(start: &str, length: usize) -> String {
        let letters = "aB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJ";
        let letters = letters.chars().cycle().take(length);
        start.chars().chain(letters).collect()
    }

    #[test]
    fn a_private_key_is_masked_to_its_end() {
        let body: Vec<String> = (0..20)
            .map(|n| made_up("MII", 61) + &n.to_string())
            .collect();
        // Log lines are quoted with bars between them.
        for between in ["\n", "\\n", "\\n\" +\n  \"", " | "] {
            let text = format!(
                "-----BEGIN RSA PRIVATE KEY-----{between}{}{between}-----END RSA PRIVATE KEY-----",
                body.join(between)
            );
            let masked = mask_found(&text);
            assert!(
                !masked.contains(&body[0][8..]) && !masked.contains(&body[19][8..]),
                "{masked}"
            );
            assert!(masked.contains("-----END"), "{masked}");
        }
    }

    #[test]
    fn a_private_key_whose_beginning_was_cut_off_is_masked() {
        let body: Vec<String> = (0..20)
            .map(|n| made_up("MII", 61) + &n.to_string())
            .collect();
        for between in ["\n", "\\n", "\\n\" +\n  \"", " | "] {
            for cut in [0, 5, 60] {
                let key = body.join(between)[cut..].to_owned() + between;
                let text = format!("{key}-----END RSA PRIVATE KEY-----{between}x");
                let masked = mask_found(&text);
                assert!(masked.contains("…-----END RSA"), "{masked}");
                assert!(masked.len() < 60, "{masked}");
                let masked = mask_found(&format!("exit code 1 {between}{text}")).into_owned();
                assert!(
                    masked.starts_with("exit code 1 ") && masked.len() < 90,
                    "{masked}"
                );
            }
        }
        let line = &body[0];
        for text in [
            format!("{line}\n-----END CERTIFICATE-----\n"),
            format!("{line}: -----END PRIVATE KEY-----\n"),
            "sed '/-----END RSA PRIVATE KEY-----/d' x".to_owned(),
            "if line == \"-----END PRIVATE KEY-----\"".to_owned(),
        ] {
            assert_eq!(mask_found(&text), text);
        }
    }
}
