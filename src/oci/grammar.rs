//! The parts of a reference.
//!
//! Source: the grammar at the head of `reference.go` in
//! <https://github.com/distribution/reference>.

/// The registry of a reference that names none.
pub(super) const DEFAULT_DOMAIN: &str = "docker.io";
const LEGACY_DEFAULT_DOMAIN: &str = "index.docker.io";
const MAX_TAG_BYTES: usize = 128;
/// Clients refuse longer names.
pub(super) const MAX_NAME_BYTES: usize = 255;

/// The first part is a registry if it looks like a host: it has a dot or a
/// colon, is `localhost`, or has upper case (which no repository has).
pub(super) fn split_domain(name: &str) -> (&str, &str) {
    let Some((first, rest)) = name.split_once('/') else {
        return (DEFAULT_DOMAIN, name);
    };
    let is_host = first.contains(['.', ':'])
        || first == "localhost"
        || first.bytes().any(|b| b.is_ascii_uppercase());
    match first {
        LEGACY_DEFAULT_DOMAIN => (DEFAULT_DOMAIN, rest),
        _ if is_host => (first, rest),
        _ => (DEFAULT_DOMAIN, name),
    }
}

pub(super) fn is_domain(domain: &str) -> bool {
    let (host, port) = match domain.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (domain, None),
    };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    if !port.is_none_or(is_port) {
        return false;
    }
    if let Some(address) = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        return !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
    }
    host.split('.').all(|part| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}

pub(super) fn is_path_component(part: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = part.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    is_word(first)
        && is_word(last)
        && part
            .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            .all(|gap| matches!(gap, "" | "." | "_" | "__") || gap.bytes().all(|b| b == b'-'))
}

/// Whether a text may name a repository within a registry.
///
/// Source: distribution specification, section "Pulling manifests", `<name>`.
pub fn is_repository(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES && name.split('/').all(is_path_component)
}

/// Whether a text may be a tag.
///
/// Source: distribution specification, section "Pulling manifests", `<tag-or-digest>`.
pub fn is_tag(tag: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    tag.len() <= MAX_TAG_BYTES
        && tag.bytes().next().is_some_and(is_word)
        && tag.bytes().all(|b| is_word(b) || b == b'.' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_and_tags_keep_the_grammar_of_the_specification() {
        let long = "a".repeat(256);
        for name in ["a", "a/b", "a1/b-c/d__e/f.g/h---i", &long[1..]] {
            assert!(is_repository(name), "{name}");
        }
        for name in [
            "", "/", "a/", "/a", "a//b", "A", "a/..", "..", ".a", "a.", "a._b", "a___b", "é",
            "a\0b", "a%2fb", "a b", &long,
        ] {
            assert!(!is_repository(name), "{name}");
        }
        for tag in ["a", "_", "1.2-3_x", "Latest", &long[..128]] {
            assert!(is_tag(tag), "{tag}");
        }
        for tag in ["", ".", "..", "-a", "a/b", "a:b", "a\0", &long[..129]] {
            assert!(!is_tag(tag), "{tag}");
        }
    }
}
