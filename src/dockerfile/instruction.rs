//! From logical lines to instructions.

use super::error::ParseError;
use super::heredoc::{Heredoc, opening};
use super::lexer::InstructionLine;
use super::mount::Mount;
use super::pairs::{NameAndValue, arg_pairs, env_pairs};
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
    pub heredocs: Vec<Heredoc>,
    pub kind: InstructionKind,
}

#[derive(Debug, Clone)]
pub(super) enum InstructionKind {
    From {
        base: Word,
        platform: Option<String>,
        name: Option<String>,
    },
    Arg(Vec<NameAndValue>),
    Env(Vec<NameAndValue>),
    Run(Vec<Mount>),
    Copy(Copy),
    Workdir(String),
    /// USER or SHELL: no step, and the RUNs behind it are other ones for it.
    Setting,
    /// The instruction that each stage on this one begins with.
    Onbuild(Box<Instruction>),
    /// Makes no step.
    Other,
}

/// COPY or ADD.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    pub from: Option<Word>,
    /// Sources as written; remote ones (ADD) and heredocs left out.
    pub sources: Vec<String>,
    /// All that the builder expands: paths, owner, mode, checksum.
    pub words: Vec<String>,
    /// Whether a flag leaves some of what the sources cover out.
    pub filtered: bool,
}

impl Instruction {
    pub fn parse(line: &InstructionLine, escape: char) -> Result<Self, ParseError> {
        let (keyword, arguments) = line.content.split_first();
        let keyword = keyword.text.to_ascii_uppercase();
        let kind = match keyword.as_str() {
            "FROM" => from(line.number, &arguments, escape)?,
            "ARG" => InstructionKind::Arg(arg_pairs(&arguments.text, escape)),
            "ENV" => InstructionKind::Env(env_pairs(&arguments.text, escape)),
            "RUN" => {
                let (flags, _) = take_flags(&arguments, escape);
                let mounts = flags.iter().filter(|flag| flag.name == "mount");
                InstructionKind::Run(
                    mounts
                        .filter_map(|flag| Mount::parse(&flag.value))
                        .collect(),
                )
            }
            "COPY" | "ADD" => InstructionKind::Copy(copy(&keyword, &arguments, escape)),
            "WORKDIR" => InstructionKind::Workdir(take_flags(&arguments, escape).1.text),
            "USER" | "SHELL" => InstructionKind::Setting,
            "ONBUILD" => onbuild(line, &arguments, escape)?,
            _ if KNOWN.contains(&keyword.as_str()) => InstructionKind::Other,
            _ => return Err(unknown(line.number, &keyword)),
        };
        Ok(Self {
            line: line.number,
            text: line.content.text.trim().to_owned(),
            heredocs: line.heredocs.clone(),
            kind,
        })
    }

    /// Whether the builder gives this instruction a step of its own.
    pub fn is_step(&self) -> bool {
        matches!(
            self.kind,
            InstructionKind::Run(_) | InstructionKind::Copy(_) | InstructionKind::Workdir(_)
        )
    }

    /// Itself, or what it makes a later stage begin with.
    pub fn effective(&self) -> &Self {
        match &self.kind {
            InstructionKind::Onbuild(trigger) => trigger,
            _ => self,
        }
    }
}

fn onbuild(
    line: &InstructionLine,
    arguments: &Word,
    escape: char,
) -> Result<InstructionKind, ParseError> {
    let (keyword, _) = arguments.split_first();
    let keyword = keyword.text.to_ascii_uppercase();
    match keyword.as_str() {
        "" => Ok(InstructionKind::Other),
        "ONBUILD" | "FROM" | "MAINTAINER" => Err(ParseError::new(
            line.number,
            format!("{keyword} cannot stand behind ONBUILD"),
        )
        .with_hint("put it into the file that builds on this image")),
        _ => {
            let line = InstructionLine {
                content: arguments.clone(),
                ..line.clone()
            };
            // What is no instruction is refused where it is used, and by the builder.
            let trigger = Instruction::parse(&line, escape);
            Ok(trigger.map_or(InstructionKind::Other, |trigger| {
                InstructionKind::Onbuild(Box::new(trigger))
            }))
        }
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

fn from(line: u32, arguments: &Word, escape: char) -> Result<InstructionKind, ParseError> {
    let (flags, arguments) = take_flags(arguments, escape);
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
        return Err(
            ParseError::new(line, format!("`{name}` cannot name a stage")).with_hint(
                "a stage's name starts with a letter and holds a-z, 0-9, `-`, `_` and `.`",
            ),
        );
    }
    Ok(InstructionKind::From {
        base: base.clone(),
        platform: flag(&flags, "platform").map(|platform| platform.text),
        name,
    })
}

fn is_stage_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c))
}

fn copy(keyword: &str, arguments: &Word, escape: char) -> Copy {
    let (flags, arguments) = take_flags(arguments, escape);
    // The JSON form is for paths with spaces; what is no valid JSON is plain words.
    let mut words: Vec<String> = serde_json::from_str(&arguments.text).unwrap_or_else(|_| {
        let words = arguments.split_whitespace();
        words.into_iter().map(|word| word.text).collect()
    });
    words.retain(|word| !matches!(opening(word), Ok(Some(_))));
    let sources = words[..words.len().saturating_sub(1)]
        .iter()
        .filter(|source| keyword == "COPY" || !is_remote(source))
        .cloned()
        .collect();
    let has = |name: &str| flags.iter().any(|flag| flag.name == name);
    let expanded = ["chown", "chmod", "checksum"];
    words.extend(
        expanded
            .iter()
            .filter_map(|name| Some(flag(&flags, name)?.text)),
    );
    Copy {
        from: (keyword == "COPY").then(|| flag(&flags, "from")).flatten(),
        sources,
        words,
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
