//! From logical lines to instructions.

use super::args::{Pair, arg_pairs, env_pairs};
use super::error::ParseError;
use super::lexer::Line;
use super::mount::Mount;
use super::words::{Flag, Word, take_flags};

const KNOWN: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// An instruction, with as much of it parsed as is needed here.
#[derive(Debug, Clone)]
pub(super) struct Instruction {
    pub line: u32,
    /// The logical line, white space as written.
    pub text: String,
    pub kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    From {
        base: Word,
        name: Option<String>,
    },
    Arg(Vec<Pair>),
    Env(Vec<Pair>),
    Run(Vec<Mount>),
    Copy(Copy),
    Workdir(String),
    /// USER or SHELL: no step, and the RUNs behind it are other ones for it.
    Setting,
    /// Makes no step.
    Other,
}

/// COPY or ADD.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    pub from: Option<Word>,
    /// Sources as written; remote ones (ADD) and heredocs left out.
    pub sources: Vec<String>,
    /// Whether a flag leaves some of what the sources cover out.
    pub filtered: bool,
}

impl Instruction {
    pub fn parse(line: &Line, escape: char) -> Result<Self, ParseError> {
        let (keyword, arguments) = line.content.split_first();
        let keyword = keyword.text.to_ascii_uppercase();
        let kind = match keyword.as_str() {
            "FROM" => from(line.number, &arguments)?,
            "ARG" => Kind::Arg(arg_pairs(&arguments.text, escape)),
            "ENV" => Kind::Env(env_pairs(&arguments.text, escape)),
            "RUN" => {
                let (flags, _) = take_flags(&arguments);
                let mounts = flags.iter().filter(|flag| flag.name == "mount");
                Kind::Run(
                    mounts
                        .filter_map(|flag| Mount::parse(&flag.value))
                        .collect(),
                )
            }
            "COPY" | "ADD" => Kind::Copy(copy(&keyword, &arguments)),
            "WORKDIR" => Kind::Workdir(arguments.text.clone()),
            "USER" | "SHELL" => Kind::Setting,
            _ if KNOWN.contains(&keyword.as_str()) => Kind::Other,
            _ => return Err(unknown(line.number, &keyword)),
        };
        Ok(Self {
            line: line.number,
            text: line.content.text.trim().to_owned(),
            kind,
        })
    }

    /// Whether the builder gives this instruction a step of its own.
    pub fn is_step(&self) -> bool {
        matches!(self.kind, Kind::Run(_) | Kind::Copy(_) | Kind::Workdir(_))
    }
}

fn unknown(line: u32, keyword: &str) -> ParseError {
    let error = ParseError::new(line, format!("unknown instruction `{keyword}`"));
    let nearest = KNOWN
        .iter()
        .map(|known| (strsim::damerau_levenshtein(known, keyword), known))
        .min()
        .filter(|(distance, _)| *distance <= 2);
    match nearest {
        Some((_, known)) => error.with_hint(format!("did you mean `{known}`?")),
        None => error
            .with_hint("a line that continues the one before needs a `\\` at the end of that one"),
    }
}

fn from(line: u32, arguments: &Word) -> Result<Kind, ParseError> {
    let (_, arguments) = take_flags(arguments);
    let words = arguments.split_whitespace();
    let (base, name) = match words.as_slice() {
        [base] => (base, None),
        [base, keyword, name] if keyword.text.eq_ignore_ascii_case("as") => (base, Some(name)),
        _ => {
            return Err(
                ParseError::new(line, "FROM takes an image, or an image, `AS` and a name")
                    .with_hint("write `FROM image` or `FROM image AS name`"),
            );
        }
    };
    let name = name.map(|name| name.text.to_ascii_lowercase());
    if let Some(name) = name.as_deref().filter(|name| !is_stage_name(name)) {
        return Err(ParseError::new(line, format!("`{name}` cannot name a stage"))
            .with_hint("a stage's name starts with a letter and holds a-z, 0-9, `-`, `_` and `.`; `scratch` and `context` are taken"));
    }
    Ok(Kind::From {
        base: base.clone(),
        name,
    })
}

fn is_stage_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c))
        && !matches!(name, "scratch" | "context")
}

fn copy(keyword: &str, arguments: &Word) -> Copy {
    let (flags, arguments) = take_flags(arguments);
    // The JSON form is for paths with spaces; what is no valid JSON is plain words.
    let words: Vec<String> = serde_json::from_str(&arguments.text).unwrap_or_else(|_| {
        let words = arguments.split_whitespace();
        words.into_iter().map(|word| word.text).collect()
    });
    let sources = words[..words.len().saturating_sub(1)]
        .iter()
        .filter(|source| !source.starts_with("<<"))
        .filter(|source| keyword == "COPY" || !is_remote(source))
        .cloned()
        .collect();
    let has = |name: &str| flags.iter().any(|flag| flag.name == name);
    Copy {
        from: (keyword == "COPY").then(|| flag(&flags, "from")).flatten(),
        sources,
        filtered: has("exclude") || has("parents"),
    }
}

fn flag(flags: &[Flag], name: &str) -> Option<Word> {
    flags
        .iter()
        .find(|flag| flag.name == name && !flag.value.text.is_empty())
        .map(|flag| flag.value.clone())
}

fn is_remote(source: &str) -> bool {
    ["http://", "https://", "git://", "git@", "ssh://"]
        .iter()
        .any(|scheme| source.starts_with(scheme))
}
