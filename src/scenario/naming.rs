//! Names of variants, made from paths, references and values.

use std::collections::BTreeSet;

/// Characters of a digest that a name takes.
const DIGEST_CHARS: usize = 12;

/// Ends of the names of what is no Dockerfile any more, or none yet.
const NOT_ONE: [&str; 10] = [
    "dockerignore",
    "md",
    "bak",
    "orig",
    "rej",
    "swp",
    "tmpl",
    "template",
    "j2",
    "erb",
];

/// Lower-case letters and digits, with single dashes between.
pub fn kebab(text: &str) -> String {
    let mut name = String::new();
    for ch in text.chars() {
        match ch.to_ascii_lowercase() {
            ch @ ('a'..='z' | '0'..='9') => name.push(ch),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    let name = name.trim_end_matches('-').to_owned();
    if name.is_empty() {
        "app".to_owned()
    } else {
        name
    }
}

/// The name, or one with a number that is not taken.
pub fn unique_name(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut names = std::iter::once(name.to_owned()).chain((2..).map(|n| format!("{name}-{n}")));
    let free = names.find(|name| !taken.contains(name)).unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// What a file's name says beyond being a Dockerfile: `alpine` of `Dockerfile.alpine`. None where
/// it is no Dockerfile.
pub fn file_tag(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let tag = match lower.as_str() {
        "dockerfile" | "containerfile" => "",
        other => other
            .strip_prefix("dockerfile.")
            .or(other.strip_prefix("containerfile."))
            .or(other.strip_prefix("dockerfile-"))
            .or(other.strip_suffix(".dockerfile"))
            .or(other.strip_suffix(".containerfile"))?,
    };
    let end = tag.rsplit('.').next().unwrap_or(tag);
    (!NOT_ONE.contains(&end) && !tag.ends_with('~')).then(|| tag.to_owned())
}

/// What the name of a variant takes from its Dockerfile.
pub(super) fn file_part(path: &str, is_one_of_many: bool) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let tag = file_tag(name).unwrap_or_else(|| name.to_owned());
    let part = match tag.is_empty() {
        true => name.to_lowercase(),
        false => tag,
    };
    match is_one_of_many && !folder.is_empty() {
        true => format!("{folder}-{part}"),
        false => part,
    }
}

/// What it takes from a reference: of a digest the first characters.
pub(super) fn image_part(reference: &str) -> String {
    let Some((name, digest)) = reference.split_once('@') else {
        return reference.to_owned();
    };
    let hex = digest.split_once(':').map_or(digest, |(_, hex)| hex);
    let hex: String = hex.chars().take(DIGEST_CHARS).collect();
    format!("{name}-{hex}")
}

/// What it takes from a build argument: the value, with the argument's name where the value alone
/// says nothing.
pub(super) fn argument_part(name: &str, value: &str) -> String {
    const SWITCHES: [&str; 6] = ["true", "false", "yes", "no", "on", "off"];
    let has_letter = value.chars().any(|ch| ch.is_ascii_alphabetic());
    if value.is_empty() {
        format!("no-{name}")
    } else if !has_letter || SWITCHES.contains(&value.to_ascii_lowercase().as_str()) {
        format!("{name}-{value}")
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dockerfiles_are_known() {
        for (name, expected) in [
            ("Dockerfile", Some("")),
            ("Containerfile", Some("")),
            ("Dockerfile.alpine", Some("alpine")),
            ("api.Dockerfile", Some("api")),
            ("web.dockerfile", Some("web")),
            ("Dockerfile.dockerignore", None),
            ("Dockerfile.test.dockerignore", None),
            ("Dockerfile~", None),
            ("Dockerfile.j2", None),
            ("Makefile", None),
        ] {
            assert_eq!(file_tag(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_part_says_what_is_special() {
        assert_eq!(file_part("Dockerfile", false), "dockerfile");
        assert_eq!(file_part("docker/Dockerfile.alpine", false), "alpine");
        assert_eq!(file_part("docker/Dockerfile.alpine", true), "docker-alpine");
        let digest = format!("node@sha256:{}", "0123456789abcdef".repeat(4));
        assert_eq!(image_part(&digest), "node-0123456789ab");
        assert_eq!(image_part("node:20-slim"), "node:20-slim");
        for (value, part) in [
            ("a", "a"),
            ("3.12", "V-3.12"),
            ("False", "V-False"),
            ("", "no-V"),
            ("18-slim", "18-slim"),
        ] {
            assert_eq!(argument_part("V", value), part);
        }
    }

    #[test]
    fn names_are_kebab_case_and_unique() {
        assert_eq!(kebab("node:20.1_Slim/"), "node-20-1-slim");
        assert_eq!(kebab("::"), "app");
        let mut taken = BTreeSet::new();
        let names = ["a", "a", "b", "a"].map(|name| unique_name(name, &mut taken));
        assert_eq!(names, ["a", "a-2", "b", "a-3"]);
    }
}
