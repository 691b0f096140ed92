//! The parsed file and its stages.

use std::borrow::Cow;

use super::error::ParseError;
use super::instruction::{Instruction, InstructionKind};
use super::lexer::lex;
use super::mount::CacheMount;
use super::words::Word;

/// A parsed Dockerfile.
#[derive(Debug, Clone)]
pub struct Dockerfile {
    pub(super) text: Vec<u8>,
    pub(super) escape: char,
    /// `os/architecture` to build for.
    pub(super) platform: Option<String>,
    syntax: Option<String>,
    /// Instructions before the first FROM: ARGs.
    pub(super) globals: Vec<Instruction>,
    stages: Vec<Stage>,
}

/// One `FROM` and what follows it.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its position in the file, from 0.
    pub index: usize,
    /// Its name in lower case, where it has one.
    pub name: Option<String>,
    /// What it is built on, as written (arguments not expanded).
    pub base: String,
    /// The line of its FROM, from 1.
    pub line: u32,
    /// The FROM's logical line.
    pub(super) text: String,
    pub(super) base_word: Word,
    pub(super) platform: Option<String>,
    pub(super) instructions: Vec<Instruction>,
}

impl Dockerfile {
    /// Parses a file. Bytes that are not UTF-8 are kept, and mean nothing.
    ///
    /// # Errors
    /// The first line that no builder would accept: an unknown instruction, an
    /// instruction before the first FROM, a malformed FROM or stage name, a heredoc
    /// that is never closed, a bad escape directive; or a file without a FROM.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, ParseError> {
        let text = text.as_ref();
        let lexed = lex(text)?;
        let mut globals = Vec::new();
        let mut stages: Vec<Stage> = Vec::new();
        for line in &lexed.lines {
            let instruction = Instruction::parse(line, lexed.escape)?;
            if let InstructionKind::From {
                base,
                platform,
                name,
            } = &instruction.kind
            {
                stages.push(Stage {
                    index: stages.len(),
                    name: name.clone(),
                    base: base.text.clone(),
                    line: instruction.line,
                    text: instruction.text.clone(),
                    base_word: base.clone(),
                    platform: platform.clone(),
                    instructions: Vec::new(),
                });
            } else if let Some(stage) = stages.last_mut() {
                stage.instructions.push(instruction);
            } else if matches!(instruction.kind, InstructionKind::Arg(_)) {
                globals.push(instruction);
            } else {
                return Err(
                    ParseError::new(line.number, "an instruction before the first FROM")
                        .with_hint("only ARG may stand before FROM"),
                );
            }
        }
        if stages.is_empty() {
            let lines = text.split_inclusive(|byte| *byte == b'\n').count();
            let last = u32::try_from(lines).unwrap_or(u32::MAX).max(1);
            return Err(ParseError::new(last, "the file has no FROM")
                .with_hint("a Dockerfile starts a stage with `FROM image` or `FROM scratch`"));
        }
        Ok(Self {
            text: text.to_vec(),
            escape: lexed.escape,
            platform: None,
            syntax: lexed.syntax,
            globals,
            stages,
        })
    }

    /// The same file for a build for `platform` (`os/architecture` or with a variant), which
    /// gives `TARGETARCH` and its like their values. `None` is this machine's.
    pub fn for_platform(mut self, platform: Option<&str>) -> Self {
        self.platform = platform.map(str::to_owned);
        self
    }

    /// The platform that it is built for, where it is not this machine's.
    pub fn platform(&self) -> Option<&str> {
        self.platform.as_deref()
    }

    /// The file, byte for byte.
    pub fn bytes(&self) -> &[u8] {
        &self.text
    }

    /// The file's text. Bytes that are not UTF-8 stand as the replacement character.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.text)
    }

    /// Its stages in the order of the file; never empty.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// The frontend that a `# syntax=` line asks for.
    pub fn syntax(&self) -> Option<&str> {
        self.syntax.as_deref()
    }

    /// Whether that frontend is a stable release of Docker's that a builder from BuildKit 0.30
    /// on has inside, or an earlier one: releases of one major version take what those before
    /// them took.
    pub fn asks_for_known_frontend(&self) -> bool {
        self.syntax().is_some_and(is_known_frontend)
    }

    /// The cache mounts of all stages and their ONBUILD triggers, in the order of the file.
    pub fn cache_mounts(&self) -> Vec<CacheMount> {
        let mut found = Vec::new();
        for instruction in self.stages.iter().flat_map(|stage| &stage.instructions) {
            let InstructionKind::Run(mounts) = &instruction.effective().kind else {
                continue;
            };
            found.extend(mounts.iter().filter_map(|mount| {
                Some(CacheMount {
                    line: instruction.line,
                    id: mount.cache_id()?,
                    target: mount.target.clone().unwrap_or_default(),
                })
            }));
        }
        found
    }
}

/// The release that BuildKit 0.30 has inside: 1.24.
const OWN_FRONTEND: u32 = 24;

fn is_known_frontend(syntax: &str) -> bool {
    let name = syntax.strip_prefix("docker.io/").unwrap_or(syntax);
    let tag = match name.strip_prefix("docker/dockerfile") {
        Some("") => "latest",
        // Else a digest, or the name of another image.
        Some(rest) => rest.strip_prefix(':').unwrap_or_default(),
        None => "",
    };
    let numbers: Result<Vec<u32>, _> = tag.split('.').map(str::parse).collect();
    match numbers.as_deref() {
        Ok([1]) => true,
        Ok([1, minor] | [1, minor, _]) => *minor <= OWN_FRONTEND,
        _ => tag == "latest",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_releases_of_the_frontend_are_known_as_far_as_builders_have_them() {
        for known in [
            "docker/dockerfile",
            "docker/dockerfile:1",
            "docker.io/docker/dockerfile:1",
            "docker/dockerfile:latest",
            "docker/dockerfile:1.4",
            "docker/dockerfile:1.24",
            "docker/dockerfile:1.7.1",
        ] {
            assert!(is_known_frontend(known), "{known}");
        }
        for other in [
            "docker/dockerfile:1-labs",
            "docker/dockerfile:1.7-labs",
            "docker/dockerfile:1.25",
            "docker/dockerfile:2",
            "docker/dockerfile:master",
            "docker/dockerfile@sha256:ab",
            "docker/dockerfile:1@sha256:ab",
            "docker/dockerfile-upstream:1",
            "docker/dockerfile:",
            "mirror.example.com/docker/dockerfile:1",
            "x",
            "",
        ] {
            assert!(!is_known_frontend(other), "{other}");
        }
    }

    fn error(text: &str) -> (u32, String, Option<String>) {
        let error = Dockerfile::parse(text).unwrap_err();
        (error.line, error.message, error.hint)
    }

    #[test]
    fn stages_have_names_bases_and_lines() {
        let file = Dockerfile::parse(
            "# syntax=docker/dockerfile:1\nARG V=1\n\nfrom --platform=$BUILDPLATFORM node:$V as Build\nRUN x\nFROM scratch\n",
        )
        .unwrap();
        let stages: Vec<_> = file
            .stages()
            .iter()
            .map(|stage| {
                (
                    stage.index,
                    stage.name.as_deref(),
                    stage.base.as_str(),
                    stage.line,
                )
            })
            .collect();
        assert_eq!(
            stages,
            [(0, Some("build"), "node:$V", 4), (1, None, "scratch", 6)]
        );
        assert_eq!(file.syntax(), Some("docker/dockerfile:1"));
    }

    #[test]
    fn errors_name_the_line_and_the_fix() {
        assert_eq!(
            error("FROM a\nRUNN x\n"),
            (
                2,
                "unknown instruction `RUNN`".into(),
                Some("did you mean `RUN`?".into())
            )
        );
        assert_eq!(error("# nothing\n\n").1, "the file has no FROM");
        assert_eq!(error("").0, 1);
        assert_eq!(
            error("RUN x\nFROM a").1,
            "an instruction before the first FROM"
        );
        assert_eq!(error("FROM a b c").0, 1);
        assert_eq!(error("FROM a AS 1x").1, "`1x` cannot name a stage");
        assert_eq!(
            error("FROM a\nRUN <<X\n").1,
            "the heredoc `X` is never closed"
        );
    }

    #[test]
    fn cache_mounts_have_the_id_that_the_builder_gives_them() {
        let file = Dockerfile::parse(concat!(
            "FROM a\n",
            "RUN --mount=type=cache,target=/root/.npm/ x\n",
            "RUN --mount=type=bind,target=/x --mount=type=cache,id=shared,dst=/y \\\n",
            "  --mount=target=$H/../z,type=cache x\n",
        ))
        .unwrap();
        let mounts: Vec<_> = file
            .cache_mounts()
            .into_iter()
            .map(|mount| (mount.line, mount.id, mount.target))
            .collect();
        let expected = [
            (2, "/root/.npm", "/root/.npm/"),
            (3, "shared", "/y"),
            (3, "$H/../z", "$H/../z"),
        ];
        assert_eq!(
            mounts,
            expected.map(|(line, id, target)| (line, id.to_owned(), target.to_owned()))
        );
    }
}
