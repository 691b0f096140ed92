//! Bases of the same family that fit the commands of a Dockerfile, and those that do not.

use std::sync::LazyLock;

use regex::Regex;

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

/// What may follow a version in a tag, and is left out to find the family's members.
static END: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "a test compiles the pattern")]
    Regex::new(r"-(?:slim|alpine(?:[\d.]*)?(?:-slim)?|jdk|jre|jdk-alpine|jre-alpine|noble-chiseled|chiseled)$")
        .expect("the pattern is fixed")
});

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
    let (repository, tag) = base.rsplit_once(':')?;
    let plain = repository.strip_prefix("docker.io/").unwrap_or(repository);
    let plain = plain.strip_prefix("library/").unwrap_or(plain);
    let family = FAMILIES.iter().find(|family| family.repository == plain)?;
    let version = END.replace(tag, "");
    let mut suggested = Suggested::default();
    for (end, kind) in family.members {
        let reference = format!("{repository}:{version}{end}");
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
        assert_eq!(suggested("node", &[]), None);
    }
}
