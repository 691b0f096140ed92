//! Bases of the same family that fit the commands of a Dockerfile, and those that do not.

/// What an image brings, as far as commands depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Debian or Ubuntu in full.
    Debian,
    /// The same with few packages.
    Slim,
    /// Alpine, with musl and busybox.
    Alpine,
    /// No shell and no package manager.
    Bare,
}

/// A family of official images: its repository, and the ends of its tags.
struct Family {
    repository: &'static str,
    members: &'static [(&'static str, Kind)],
}

const USUAL: &[(&str, Kind)] = &[
    ("", Kind::Debian),
    ("-slim", Kind::Slim),
    ("-alpine", Kind::Alpine),
];

const FAMILIES: [Family; 12] = [
    Family {
        repository: "node",
        members: USUAL,
    },
    Family {
        repository: "python",
        members: USUAL,
    },
    Family {
        repository: "ruby",
        members: USUAL,
    },
    Family {
        repository: "rust",
        members: USUAL,
    },
    Family {
        repository: "golang",
        members: &[("", Kind::Debian), ("-alpine", Kind::Alpine)],
    },
    Family {
        repository: "php",
        members: &[("", Kind::Debian), ("-alpine", Kind::Alpine)],
    },
    Family {
        repository: "nginx",
        members: &[
            ("", Kind::Slim),
            ("-alpine", Kind::Alpine),
            ("-alpine-slim", Kind::Alpine),
        ],
    },
    Family {
        repository: "httpd",
        members: &[("", Kind::Slim), ("-alpine", Kind::Alpine)],
    },
    Family {
        repository: "eclipse-temurin",
        members: &[
            ("-jdk", Kind::Slim),
            ("-jre", Kind::Slim),
            ("-jdk-alpine", Kind::Alpine),
            ("-jre-alpine", Kind::Alpine),
        ],
    },
    Family {
        repository: "debian",
        members: &[("", Kind::Debian), ("-slim", Kind::Slim)],
    },
    Family {
        repository: "mcr.microsoft.com/dotnet/aspnet",
        members: &[
            ("", Kind::Slim),
            ("-alpine", Kind::Alpine),
            ("-noble-chiseled", Kind::Bare),
        ],
    },
    Family {
        repository: "mcr.microsoft.com/dotnet/runtime",
        members: &[
            ("", Kind::Slim),
            ("-alpine", Kind::Alpine),
            ("-noble-chiseled", Kind::Bare),
        ],
    },
];

/// Words that need what only some images have: the word, what has it, and what it is.
const NEEDS: [(&str, &[Kind], &str); 8] = [
    ("apt-get", &[Kind::Debian, Kind::Slim], "apt-get"),
    ("apt", &[Kind::Debian, Kind::Slim], "apt"),
    ("apk", &[Kind::Alpine], "apk"),
    ("useradd", &[Kind::Debian, Kind::Slim], "useradd"),
    ("groupadd", &[Kind::Debian, Kind::Slim], "groupadd"),
    ("bash", &[Kind::Debian, Kind::Slim], "bash"),
    ("wget", &[Kind::Debian, Kind::Alpine], "wget"),
    ("curl", &[Kind::Debian], "curl"),
];

/// Names of releases of Debian and Ubuntu in tags.
const RELEASES: [&str; 8] = [
    "bookworm", "bullseye", "buster", "focal", "jammy", "noble", "sid", "trixie",
];

/// What a tag says: `8.3-fpm-bookworm`.
#[derive(Debug, Clone, Default)]
struct Tag<'t> {
    /// Empty for `latest`, and for a tag that begins with a form: `slim`.
    version: &'t str,
    /// What else the image has: `fpm`, `apache`.
    flavour: Option<&'t str>,
    release: Option<&'t str>,
}

impl<'t> Tag<'t> {
    /// `None` where the tag has parts that are not known.
    fn of(tag: &'t str, repository: &str) -> Option<Self> {
        let is_form = |part: &str| {
            ["slim", "jdk", "jre", "chiseled"].contains(&part) || part.starts_with("alpine")
        };
        let mut found = Self::default();
        for (at, part) in tag.split('-').enumerate() {
            let is_release = RELEASES.contains(&part);
            if at == 0 && part == "latest" || is_form(part) {
                continue;
            }
            // Debian's versions are its releases.
            if at == 0 && (!is_release || repository == "debian") {
                found.version = part;
            } else if is_release && found.release.is_none() {
                found.release = Some(part);
            } else if repository == "php" && found.flavour.is_none() {
                found.flavour = Some(part);
            } else {
                return None;
            }
        }
        Some(found)
    }

    /// The tag of a member of the family. `None` where the repository has none.
    fn member(&self, end: &str, repository: &str) -> Option<String> {
        let end = end.trim_start_matches('-');
        let is_alpine = end.contains("alpine");
        if self.flavour == Some("apache") && is_alpine {
            return None;
        }
        let keeps_release = !is_alpine && !repository.contains('/');
        let release = self.release.filter(|_| keeps_release).unwrap_or_default();
        let flavour = self.flavour.unwrap_or_default();
        let parts = match repository {
            "node" => [self.version, release, end, ""],
            "php" => [self.version, flavour, end, release],
            _ => [self.version, end, release, ""],
        };
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        Some(match parts.is_empty() {
            true => "latest".to_owned(),
            false => parts.join("-"),
        })
    }
}

/// Proposals for a base.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Suggested {
    /// Those that fit, the present base among them.
    pub fit: Vec<String>,
    /// Those that do not, with the reason.
    pub unfit: Vec<(String, String)>,
}

/// The members of a base's family; none where the family is not known. `commands` are those
/// that run on the base.
pub(super) fn suggested(base: &str, commands: &[String]) -> Option<Suggested> {
    // A digest belongs to one tag.
    let named = base.split('@').next().unwrap_or(base);
    let (repository, tag) = match named.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (named, "latest"),
    };
    let plain = repository.strip_prefix("docker.io/").unwrap_or(repository);
    let plain = plain.strip_prefix("library/").unwrap_or(plain);
    let family = FAMILIES.iter().find(|family| family.repository == plain)?;
    let tag = Tag::of(tag, plain)?;
    // Without a version these have no form of a fixed name.
    if tag.version.is_empty() && (plain.contains('/') || plain == "eclipse-temurin") {
        return None;
    }
    let mut suggested = Suggested::default();
    for (end, kind) in family.members {
        let Some(member) = tag.member(end, plain) else {
            continue;
        };
        let reference = match member.as_str() {
            // `node` is `node:latest`.
            "latest" if named == repository => base.to_owned(),
            member => format!("{repository}:{member}"),
        };
        match reason_against(*kind, commands) {
            Some(reason) if reference != base => suggested.unfit.push((reference, reason)),
            _ => suggested.fit.push(reference),
        }
    }
    // A base of a more special tag is measured too.
    if !suggested.fit.iter().any(|known| known == base) {
        suggested.fit.insert(0, base.to_owned());
    }
    Some(suggested)
}

/// The first thing that the commands need and the image does not have. What a command
/// installs before it uses it is there.
fn reason_against(kind: Kind, commands: &[String]) -> Option<String> {
    if kind == Kind::Bare {
        let shell = commands.iter().find(|command| needs_shell(command))?;
        let keyword = shell.split_whitespace().next().unwrap_or_default();
        return Some(format!("{keyword} needs a shell: there is none"));
    }
    let words: Vec<&str> = commands
        .iter()
        .flat_map(|command| words_of(command))
        .collect();
    let installs = |word: &str| {
        // A package manager does not bring itself.
        let is_manager = ["apt-get", "apt", "apk"].contains(&word);
        let mut installing = commands.iter().filter(|command| {
            [
                "apt-get install",
                "apt install",
                "apk add",
                "apt-get -y install",
            ]
            .iter()
            .any(|how| command.contains(how))
        });
        !is_manager && installing.any(|command| words_of(command).any(|known| known == word))
    };
    NEEDS.iter().find_map(|(word, kinds, what)| {
        let is_needed = words.contains(word) && !kinds.contains(&kind) && !installs(word);
        is_needed.then(|| {
            let name = match kind {
                Kind::Alpine => "Alpine",
                Kind::Slim => "a slim image",
                Kind::Debian => "Debian",
                Kind::Bare => "it",
            };
            format!("a step runs {what}, which {name} does not have")
        })
    })
}

fn needs_shell(command: &str) -> bool {
    let rest = command
        .split_once(char::is_whitespace)
        .map_or("", |(_, rest)| rest);
    !rest
        .trim_start()
        .trim_start_matches("CMD")
        .trim_start()
        .starts_with('[')
}

fn words_of(command: &str) -> impl Iterator<Item = &str> {
    command.split(|ch: char| !(ch.is_ascii_alphanumeric() || matches!(ch, '-' | '_' | '.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(base: &str, commands: &[&str]) -> Suggested {
        let commands: Vec<String> = commands.iter().map(|one| (*one).to_owned()).collect();
        suggested(base, &commands).unwrap()
    }

    #[test]
    fn members_of_the_family_that_fit_are_proposed_and_others_have_a_reason() {
        let found = of(
            "node:20",
            &[
                "RUN apt-get update && apt-get install -y curl",
                "RUN curl x",
            ],
        );
        assert_eq!(found.fit, ["node:20", "node:20-slim"]);
        assert_eq!(
            found.unfit,
            [(
                "node:20-alpine".to_owned(),
                "a step runs apt-get, which Alpine does not have".to_owned()
            )]
        );
        assert_eq!(
            of("node:20-alpine3.20", &[]).fit,
            [
                "node:20-alpine3.20",
                "node:20",
                "node:20-slim",
                "node:20-alpine"
            ]
        );
        let slim = of(
            "python:3.12",
            &["HEALTHCHECK CMD curl -f http://localhost/"],
        );
        assert_eq!(slim.fit, ["python:3.12"]);
        let apk = of(
            "docker.io/library/node:22-alpine",
            &["RUN apk add --no-cache git"],
        );
        assert_eq!(apk.fit, ["docker.io/library/node:22-alpine"]);
        assert_eq!(apk.unfit.len(), 2);
    }

    #[test]
    fn an_image_without_a_shell_takes_commands_in_exec_form_alone() {
        let base = "mcr.microsoft.com/dotnet/aspnet:8.0";
        let exec = of(base, &["ENTRYPOINT [\"dotnet\", \"a.dll\"]"]);
        assert!(exec.fit.contains(&format!("{base}-noble-chiseled")));
        let shell = of(base, &["RUN mkdir /data"]);
        assert_eq!(shell.unfit[0].1, "RUN needs a shell: there is none");
        assert_eq!(suggested("example.org/own:1", &[]), None);
        assert_eq!(suggested("ubuntu:24.04", &[]), None);
    }

    #[test]
    fn only_tags_that_the_repositories_publish_are_proposed() {
        for (base, fit) in [
            ("node", "node node:slim node:alpine"),
            (
                "node:20@sha256:0",
                "node:20@sha256:0 node:20 node:20-slim node:20-alpine",
            ),
            (
                "node:20-bookworm-slim",
                "node:20-bookworm node:20-bookworm-slim node:20-alpine",
            ),
            (
                "python:3.12-slim-bookworm",
                "python:3.12-bookworm python:3.12-slim-bookworm python:3.12-alpine",
            ),
            (
                "rust:1-slim-bookworm",
                "rust:1-bookworm rust:1-slim-bookworm rust:1-alpine",
            ),
            (
                "golang:1.22-alpine3.20",
                "golang:1.22-alpine3.20 golang:1.22 golang:1.22-alpine",
            ),
            (
                "nginx:latest",
                "nginx:latest nginx:alpine nginx:alpine-slim",
            ),
            ("php:8.3-fpm", "php:8.3-fpm php:8.3-fpm-alpine"),
            (
                "php:8.3-fpm-bookworm",
                "php:8.3-fpm-bookworm php:8.3-fpm-alpine",
            ),
            ("php:8.3-apache", "php:8.3-apache"),
            (
                "eclipse-temurin:21-jre-jammy",
                "eclipse-temurin:21-jdk-jammy eclipse-temurin:21-jre-jammy \
                 eclipse-temurin:21-jdk-alpine eclipse-temurin:21-jre-alpine",
            ),
            ("debian:bookworm", "debian:bookworm debian:bookworm-slim"),
            ("debian:12-slim", "debian:12 debian:12-slim"),
        ] {
            assert_eq!(of(base, &[]).fit.join(" "), fit, "{base}");
        }
        for base in [
            "nginx:1.27-perl",
            "eclipse-temurin:latest",
            "python:3.12-windowsservercore",
        ] {
            assert_eq!(suggested(base, &[]), None, "{base}");
        }
    }
}
