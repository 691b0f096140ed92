//! The contract: how an app proves that it works.

use std::collections::BTreeMap;
use std::fmt;

use regex::bytes::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Nanos;

/// Deadline for being ready where none is given.
pub(super) const READY_WITHIN_DEFAULT: Nanos = Nanos::from_secs(30);
/// Grace period of a stop where none is given.
pub(super) const STOP_WITHIN_DEFAULT: Nanos = Nanos::from_secs(10);

/// Characters of a regular expression.
const MOST_PATTERN: usize = 1_000;
/// Bytes of a compiled regular expression.
const MOST_COMPILED: usize = 1 << 20;

/// How the app proves that it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// When it counts as ready.
    pub ready: ReadyCheck,
    /// Deadline for that.
    pub ready_within: Nanos,
    /// Grace period of a stop.
    pub stop_within: Nanos,
    /// Environment of the container.
    pub env: BTreeMap<String, String>,
}

impl Contract {
    /// A contract with the default deadlines and without environment.
    pub fn of(ready: ReadyCheck) -> Self {
        Self {
            ready,
            ready_within: READY_WITHIN_DEFAULT,
            stop_within: STOP_WITHIN_DEFAULT,
            env: BTreeMap::new(),
        }
    }
}

/// When a container counts as ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadyCheck {
    /// A whole HTTP answer came, not a bare connect.
    Http(HttpCheck),
    /// A port accepts connections.
    Tcp {
        /// The port inside the container.
        port: u16,
    },
    /// A line of its standard output or standard error matches.
    Log {
        /// What the line must match.
        line: LinePattern,
    },
    /// It exited with this code: ready means finished.
    Exit {
        /// The code.
        code: u8,
    },
    /// The engine reports that the image's own health check passed.
    Healthy,
}

/// The name of a [`ReadyCheck`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContractKind {
    /// A whole HTTP answer.
    Http,
    /// A port accepts connections.
    Tcp,
    /// A line of the output matches.
    Log,
    /// The process exits with a code.
    Exit,
    /// The image's health check passes.
    Healthy,
}

impl ContractKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Http, Self::Tcp, Self::Log, Self::Exit, Self::Healthy];

    /// The word in scenario files and in the record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tcp => "tcp",
            Self::Log => "log",
            Self::Exit => "exit",
            Self::Healthy => "healthy",
        }
    }

    /// What `start.ready` and "ready" mean for it, and how exactly the moment is known.
    pub fn definition(self) -> &'static str {
        match self {
            Self::Http => {
                "the whole first answer over HTTP that keeps the contract was read; asked every 2 ms"
            }
            Self::Tcp => {
                "the port accepted a connection at the container's own address, or the kernel's table of its network lists it as listening; asked every 2 ms. The app may not answer requests yet"
            }
            Self::Log => {
                "the line that matches arrived at plimsoll through the engine, by plimsoll's clock. The app need not do anything but print it"
            }
            Self::Exit => {
                "the process finished with the expected exit code, by the engine's stamp of the exit"
            }
            Self::Healthy => {
                "the engine reported that the image's own health check passed. The interval of that check is the resolution"
            }
        }
    }
}

impl ReadyCheck {
    /// Its name.
    pub fn kind(&self) -> ContractKind {
        match self {
            Self::Http(_) => ContractKind::Http,
            Self::Tcp { .. } => ContractKind::Tcp,
            Self::Log { .. } => ContractKind::Log,
            Self::Exit { .. } => ContractKind::Exit,
            Self::Healthy => ContractKind::Healthy,
        }
    }
}

/// What is asked for, as a sentence.
impl fmt::Display for ReadyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(http) => {
                write!(
                    f,
                    "{} {} on port {} is answered with {}",
                    http.method,
                    http.path,
                    http.port,
                    http.expected()
                )
            }
            Self::Tcp { port } => write!(f, "port {port} accepts connections"),
            Self::Log { line } => write!(f, "a line of the output matches `{line}`"),
            Self::Exit { code } => write!(f, "the process exits with code {code}"),
            Self::Healthy => f.write_str("the image's health check passes"),
        }
    }
}

/// A request and the answer to expect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpCheck {
    /// The port that the app listens on inside its container.
    pub port: u16,
    /// The path to ask for.
    pub path: String,
    /// The method, in capitals.
    pub method: String,
    /// Statuses that keep the contract.
    pub status: Statuses,
    /// Further headers of the request.
    pub headers: BTreeMap<String, String>,
    /// A text that the body must contain; empty where it may hold anything.
    pub body_contains: String,
}

impl HttpCheck {
    /// `GET` of a path, which is to be answered with 200.
    pub fn get(port: u16, path: impl Into<String>) -> Self {
        Self {
            port,
            path: path.into(),
            method: "GET".to_owned(),
            status: Statuses::OK,
            headers: BTreeMap::new(),
            body_contains: String::new(),
        }
    }

    /// The answer that is expected, in words.
    pub fn expected(&self) -> String {
        match self.body_contains.as_str() {
            "" => format!("status {}", self.status),
            text => format!("status {} and `{text}`", self.status),
        }
    }
}

/// A set of HTTP statuses.
#[derive(Debug, Clone)]
pub struct Statuses(Vec<(u16, u16)>);

impl Statuses {
    /// 200 alone.
    pub const OK: Self = Self(Vec::new());

    /// A set of one.
    pub fn one(status: u16) -> Self {
        Self(vec![(status, status)])
    }

    /// Reads `200`, `2xx`, `200-399`, and several of these with commas between them.
    /// Statuses lie between 100 and 599.
    pub fn parse(text: &str) -> Option<Self> {
        let ranges: Option<Vec<_>> = text.split(',').map(|part| range(part.trim())).collect();
        ranges.map(Self)
    }

    /// The union of several sets; none where there is none.
    pub(super) fn union(sets: impl IntoIterator<Item = Self>) -> Option<Self> {
        let ranges: Vec<_> = sets.into_iter().flat_map(|set| set.0).collect();
        (!ranges.is_empty()).then_some(Self(ranges))
    }

    fn ranges(&self) -> &[(u16, u16)] {
        match self.0.as_slice() {
            [] => &[(200, 200)],
            ranges => ranges,
        }
    }

    /// Whether a status is in the set.
    pub fn contains(&self, status: u16) -> bool {
        self.ranges()
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&status))
    }

    /// Whether an interim answer (1xx) can keep the contract. 101 is a final answer.
    pub fn holds_interim(&self) -> bool {
        (100..200).any(|status| status != 101 && self.contains(status))
    }
}

impl PartialEq for Statuses {
    fn eq(&self, other: &Self) -> bool {
        self.ranges() == other.ranges()
    }
}

impl Eq for Statuses {}

fn range(text: &str) -> Option<(u16, u16)> {
    let status = |text: &str| {
        let digits = text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit());
        let status = text.parse().ok().filter(|_| digits)?;
        (100..=599).contains(&status).then_some(status)
    };
    if let Some(class) = text.strip_suffix("xx") {
        let first = status(&format!("{class}00"))?;
        return Some((first, first + 99));
    }
    match text.split_once('-') {
        Some((from, to)) => {
            let (from, to) = (status(from.trim())?, status(to.trim())?);
            (from <= to).then_some((from, to))
        }
        None => status(text).map(|one| (one, one)),
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (from, to)) in self.ranges().iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            match to - from {
                0 => write!(f, "{comma}{from}")?,
                99 if from % 100 == 0 => write!(f, "{comma}{}xx", from / 100)?,
                _ => write!(f, "{comma}{from}-{to}")?,
            }
        }
        Ok(())
    }
}

/// A regular expression for a line of output. It works on bytes, in time linear in the line.
#[derive(Debug, Clone)]
pub struct LinePattern {
    text: String,
    regex: Regex,
}

impl LinePattern {
    /// Compiles it.
    ///
    /// # Errors
    /// What is wrong with it, in one line; it is also limited in length and compiled size.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("it is empty, so that every line would match".to_owned());
        }
        if text.chars().count() > MOST_PATTERN {
            return Err(format!("it has more than {MOST_PATTERN} characters"));
        }
        let regex = RegexBuilder::new(text).size_limit(MOST_COMPILED).build();
        match regex {
            Ok(regex) => Ok(Self {
                text: text.to_owned(),
                regex,
            }),
            Err(regex::Error::CompiledTooBig(_)) => Err(format!(
                "it takes more than {MOST_COMPILED} bytes once it is compiled"
            )),
            // The message draws the place over several lines; the last one says what is wrong.
            Err(error) => {
                let message = error.to_string();
                let last = message.lines().last().unwrap_or_default();
                Err(last.trim_start_matches("error: ").to_owned())
            }
        }
    }

    /// Whether a line matches, without its end.
    pub fn matches(&self, line: &[u8]) -> bool {
        self.regex.is_match(line)
    }
}

impl PartialEq for LinePattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for LinePattern {}

impl fmt::Display for LinePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_numbers_classes_and_ranges() {
        let read = |text: &str| Statuses::parse(text).map(|set| set.to_string());
        for (text, shown) in [
            ("200", "200"),
            ("2xx", "2xx"),
            ("200-399", "200-399"),
            ("200 - 299, 304,4xx", "2xx, 304, 4xx"),
        ] {
            assert_eq!(read(text).as_deref(), Some(shown));
        }
        for text in [
            "", "99", "600", "6xx", "xx", "2x", "399-200", "200-", "0200", "+20", "200,",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        let some = Statuses::parse("204, 3xx").unwrap();
        assert!(some.contains(204) && some.contains(399) && !some.contains(200));
        assert!(Statuses::OK.contains(200) && !Statuses::OK.contains(201));
        assert_eq!(Statuses::OK, Statuses::one(200));
        assert!(Statuses::parse("1xx").unwrap().holds_interim());
        assert!(!Statuses::one(101).holds_interim());
    }

    #[test]
    fn a_pattern_is_bounded_and_matches_bytes() {
        let pattern = LinePattern::new("^ready on [0-9]+$").unwrap();
        assert!(pattern.matches(b"ready on 80"));
        assert!(!pattern.matches(b"not ready on 80"));
        assert!(LinePattern::new("ready").unwrap().matches(b"\xff ready"));
        assert!(LinePattern::new("").is_err());
        assert!(LinePattern::new(&"a".repeat(1_001)).is_err());
        assert_eq!(LinePattern::new("(a").unwrap_err(), "unclosed group");
        let huge = LinePattern::new("(a{1000}){1000}").unwrap_err();
        assert!(huge.contains("once it is compiled"), "{huge}");
    }
}
