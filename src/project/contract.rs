//! How the app shows that it is ready, where the user does not say.

use std::collections::BTreeMap;
use std::path::Path;

use super::health_check::{CheckAction, asked};
use super::language::source;
use super::ready::ReadyOption;
use crate::dockerfile::Hints;
use crate::scenario::{HttpCheck, ReadyCheck, Statuses};

/// What a check of curl or wget takes for healthy: all but errors.
const CHECKED: &str = "200-399";

/// An API need not answer a guessed path with 200; that it answers shows that it runs.
const GUESSED: &str = "200-499";

/// Ports of images whose app comes with the base.
const PORTS_OF_BASES: [(&str, u16); 5] = [
    ("nginx", 80),
    ("httpd", 80),
    ("caddy", 80),
    ("wordpress", 80),
    ("tomcat", 8080),
];

/// Paths that mean health wherever they are served, the strongest first.
const HEALTH_PATHS: [&str; 10] = [
    "/readyz",
    "/ready",
    "/healthz",
    "/health",
    "/livez",
    "/api/health",
    "/actuator/health",
    "/_health",
    "/up",
    "/ping",
];

/// Source files that are searched for them, and bytes of each.
const MOST_FILES: usize = 400;
const MOST_BYTES: u64 = 256 * 1024;

/// What shows that the app is ready, and where that is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SuggestedContract {
    pub check: ReadyCheck,
    pub why: String,
    /// Whether the path is only a guess.
    pub is_guess: bool,
}

/// The build context, as far as a contract needs it.
pub(super) struct SentContext<'a> {
    /// Its folder.
    pub context: &'a Path,
    /// Files in it, relative to the folder.
    pub files: &'a [String],
    /// Whether a build reads this file. In a monorepo most files are those of other services.
    pub is_read: &'a dyn Fn(&str) -> bool,
}

/// Settles on a contract; none where nothing speaks for one. `base` comes with words for what it
/// is.
pub(super) fn contract(
    (ready, port): (Option<&ReadyOption>, Option<(u16, &'static str)>),
    hints: &Hints,
    base: Option<(&str, &'static str)>,
    sent: &SentContext<'_>,
) -> Option<SuggestedContract> {
    if let Some(ReadyOption::Check(check)) = ready {
        return Some(SuggestedContract {
            check: check.clone(),
            why: "from --ready".to_owned(),
            is_guess: false,
        });
    }
    let checked = hints.health_check.as_deref().map(asked);
    let checked_port = match &checked {
        Some(CheckAction::Http { port, .. }) => *port,
        _ => None,
    };
    let by_check = matches!(checked, Some(CheckAction::Http { .. })) && ready.is_none();
    let known = [
        // Port and path of a check belong together.
        (checked_port.filter(|_| by_check), "HEALTHCHECK"),
        (port.map(|(port, _)| port), port.map_or("", |(_, why)| why)),
        (hints.ports.first().copied(), "EXPOSE"),
        (checked_port, "HEALTHCHECK"),
        (hints.port_variable, "ENV PORT"),
        (
            base.and_then(|(base, _)| port_of_base(base)),
            base.map_or("", |(_, what)| what),
        ),
    ];
    let found = known.into_iter().find_map(|(port, why)| Some((port?, why)));
    let settled = |path: String, path_why: String, statuses: Option<&str>| {
        let (port, port_why) = found?;
        let mut check = HttpCheck::get(port, path);
        if let Some(statuses) = statuses {
            check.status = Statuses::parse(statuses)?;
        }
        Some(SuggestedContract {
            check: ReadyCheck::Http(check),
            why: format!("port from {port_why}, path from {path_why}"),
            is_guess: statuses == Some(GUESSED),
        })
    };
    match (ready, checked) {
        (Some(ReadyOption::Path(path)), _) => settled(path.clone(), "--ready".to_owned(), None),
        (_, Some(CheckAction::Http { path, .. })) if found.is_some() => {
            settled(path, "HEALTHCHECK".to_owned(), Some(CHECKED))
        }
        // What a check does otherwise, only the engine can do.
        (_, Some(_)) => Some(SuggestedContract {
            check: ReadyCheck::Healthy,
            why: "from HEALTHCHECK; its interval decides most of the time".to_owned(),
            is_guess: false,
        }),
        (_, None) => match served(sent) {
            Some((path, file)) => settled(path.to_owned(), file, None),
            None => settled("/".to_owned(), "a guess".to_owned(), Some(GUESSED)),
        },
    }
}

fn port_of_base(base: &str) -> Option<u16> {
    let name = base.rsplit('/').next().unwrap_or(base);
    let name = name.split([':', '@']).next().unwrap_or(name);
    let mut known = PORTS_OF_BASES.iter();
    known
        .find(|(known, _)| *known == name)
        .map(|(_, port)| *port)
}

/// A path that means health and that a source file of the app holds in quotes.
fn served(sent: &SentContext<'_>) -> Option<(&'static str, String)> {
    let mut sources: Vec<_> = sent
        .files
        .iter()
        .filter(|file| source(file).is_some())
        .collect();
    sources.sort_by_key(|file| source(file).map(|(rank, _)| rank));
    let mut found: BTreeMap<usize, &String> = BTreeMap::new();
    for file in sources.into_iter().take(MOST_FILES) {
        let path = sent.context.join(file);
        if std::fs::metadata(&path).map_or(true, |facts| facts.len() > MOST_BYTES) {
            continue;
        }
        let Ok(text) = crate::files::read_to_string(&path) else {
            continue;
        };
        for (rank, known) in HEALTH_PATHS.iter().enumerate() {
            if is_whole_path(&text, known) && (sent.is_read)(file) {
                found.entry(rank).or_insert(file);
            }
        }
    }
    let (rank, file) = found.into_iter().next()?;
    Some((HEALTH_PATHS[rank], file.clone()))
}

/// Whether the path stands in quotes by itself, or behind a method, as Go 1.22 has it.
fn is_whole_path(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + path.len()..].chars().next();
        matches!(before, Some('"' | '\'' | '`' | ' ')) && matches!(after, Some('"' | '\'' | '`'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints() -> Hints {
        Hints::default()
    }

    fn sent<'a>(context: &'a Path, files: &'a [String]) -> SentContext<'a> {
        SentContext {
            context,
            files,
            is_read: &|_| true,
        }
    }

    fn http(port: u16, path: &str) -> ReadyCheck {
        ReadyCheck::Http(HttpCheck::get(port, path))
    }

    fn answered(port: u16, path: &str, statuses: &str) -> ReadyCheck {
        let mut check = HttpCheck::get(port, path);
        check.status = Statuses::parse(statuses).unwrap();
        ReadyCheck::Http(check)
    }

    fn guessed(port: u16) -> ReadyCheck {
        answered(port, "/", "200-499")
    }

    /// `curl -f` and `wget` fail from 400 on: a redirection or a 204 is healthy.
    fn healthy(port: u16, path: &str) -> ReadyCheck {
        answered(port, path, "200-399")
    }

    #[test]
    fn the_strongest_contract_that_something_speaks_for_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let none = &sent(folder.path(), &[]);
        assert_eq!(contract((None, None), &hints(), None, none), None);
        let of_base = contract(
            (None, None),
            &hints(),
            Some(("docker.io/library/nginx:1.27", "the base image")),
            none,
        );
        assert_eq!(of_base.unwrap().check, guessed(80));
        let exposed = Hints {
            ports: vec![3000, 9000],
            ..hints()
        };
        let found = contract((None, None), &exposed, None, none).unwrap();
        assert_eq!((found.check, found.is_guess), (guessed(3000), true));
        let compose = Some((9000, "the Compose file"));
        let found = contract((None, compose), &exposed, None, none).unwrap();
        assert_eq!(found.check, guessed(9000));
        let check = "wget -qO- http://127.0.0.1:4000/live?full=1 || exit 1";
        let checked = Hints {
            health_check: Some(check.to_owned()),
            ..exposed.clone()
        };
        let found = contract((None, None), &checked, None, none).unwrap();
        assert_eq!(found.check, healthy(4000, "/live?full=1"));
        let check = "curl -f \"http://localhost:${PORT:-8081}/up\" || exit 1";
        let only = Hints {
            health_check: Some(check.to_owned()),
            ..hints()
        };
        let found = contract((None, None), &only, None, none).unwrap();
        assert_eq!(found.check, healthy(8081, "/up"));
        let command = Hints {
            health_check: Some("pg_isready".to_owned()),
            ..exposed.clone()
        };
        let found = contract((None, None), &command, None, none).unwrap();
        assert_eq!(found.check, ReadyCheck::Healthy);
        std::fs::write(
            folder.path().join("main.go"),
            "mux.HandleFunc(\"GET /healthz\", h)\nx(\"/api/healthy\")\n",
        )
        .unwrap();
        let files = ["main.go".to_owned()];
        let found = contract((None, None), &exposed, None, &sent(folder.path(), &files)).unwrap();
        assert_eq!(found.check, http(3000, "/healthz"));
        assert_eq!(found.why, "port from EXPOSE, path from main.go");
    }

    #[test]
    fn what_the_user_says_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let none = &sent(folder.path(), &[]);
        let exposed = Hints {
            ports: vec![3000],
            ..hints()
        };
        let check = |text: &str| {
            let ready = text.parse().unwrap();
            contract((Some(&ready), None), &exposed, None, none)
                .unwrap()
                .check
        };
        assert_eq!(check("http://:1/x"), http(1, "/x"));
        assert_eq!(check("http:///x"), http(3000, "/x"));
        assert_eq!(check("tcp://:5432"), ReadyCheck::Tcp { port: 5432 });
        assert_eq!(check("exit:3"), ReadyCheck::Exit { code: 3 });
    }
}
