//! What each stage rests on, after argument expansion, and what a target needs.
//!
//! Follows BuildKit's `dockerfile2llb`: a FROM sees the stages before it, a
//! `--from` all of them; a name that is no stage is an image.

use std::collections::BTreeMap;

use super::args::global_env;
use super::env::Env;
use super::error::ParseError;
use super::file::{Dockerfile, Stage};
use super::instruction::{Instruction, InstructionKind};
use super::shell::{Lex, ShellError};

/// Where a file system comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Origin {
    Scratch,
    Stage(usize),
    Image(String),
}

/// The file with its references resolved for one target.
#[derive(Debug)]
pub(super) struct Graph {
    pub globals: Env,
    /// The base of each stage.
    pub bases: Vec<Origin>,
    pub target: usize,
    reachable: Vec<bool>,
}

impl Graph {
    pub fn reaches(&self, stage: usize) -> bool {
        self.reachable[stage]
    }
}

impl Dockerfile {
    /// References of the images that the target needs, as written but with
    /// arguments expanded: of FROM, `COPY --from` and `RUN --mount=from`; without
    /// `scratch` and stages; in order of appearance, each once. `args` are the build
    /// arguments; they win over the predefined ones such as `TARGETARCH`.
    ///
    /// # Errors
    /// A target that is no stage, a base that expands to nothing usable, a stage
    /// that is used before it is defined.
    pub fn external_bases(
        &self,
        target: Option<&str>,
        args: &BTreeMap<String, String>,
    ) -> Result<Vec<String>, ParseError> {
        let graph = self.graph(target, args)?;
        let mut found = Vec::new();
        for stage in self
            .stages()
            .iter()
            .filter(|stage| graph.reaches(stage.index))
        {
            let mut origins = vec![graph.bases[stage.index].clone()];
            origins.extend(self.sources(&graph.bases, stage)?);
            for origin in origins {
                if let Origin::Image(reference) = origin
                    && !found.contains(&reference)
                {
                    found.push(reference);
                }
            }
        }
        Ok(found)
    }

    /// The image under the target stage, through the stages that it is built on;
    /// `None` where that is `scratch`.
    ///
    /// # Errors
    /// As [`Dockerfile::external_bases`].
    pub fn final_base(
        &self,
        target: Option<&str>,
        args: &BTreeMap<String, String>,
    ) -> Result<Option<String>, ParseError> {
        let graph = self.graph(target, args)?;
        let mut origin = &graph.bases[graph.target];
        // Ends: a base is a stage of a lower index.
        while let Origin::Stage(index) = origin {
            origin = &graph.bases[*index];
        }
        Ok(match origin {
            Origin::Image(reference) => Some(reference.clone()),
            _ => None,
        })
    }

    pub(super) fn graph(
        &self,
        target: Option<&str>,
        args: &BTreeMap<String, String>,
    ) -> Result<Graph, ParseError> {
        let last = self.stages().last().and_then(|stage| stage.name.as_deref());
        let name = target.filter(|name| !name.is_empty()).or(last);
        let name = name.unwrap_or("default");
        let platform = self.platform.as_deref();
        let globals = global_env(&self.globals, args, name, platform, self.escape)
            .map_err(|(line, error)| refused(line, error))?;
        let bases = self
            .stages()
            .iter()
            .map(|stage| self.base(stage, &globals))
            .collect::<Result<Vec<_>, _>>()?;
        let target = self.target(target)?;
        let mut reachable = vec![false; bases.len()];
        let mut open = vec![target];
        while let Some(index) = open.pop() {
            if std::mem::replace(&mut reachable[index], true) {
                continue;
            }
            let sources = self.sources(&bases, &self.stages()[index])?;
            open.extend(
                sources
                    .iter()
                    .chain([&bases[index]])
                    .filter_map(|origin| match origin {
                        Origin::Stage(index) => Some(*index),
                        _ => None,
                    }),
            );
        }
        Ok(Graph {
            globals,
            bases,
            target,
            reachable,
        })
    }

    fn target(&self, target: Option<&str>) -> Result<usize, ParseError> {
        let Some(name) = target.filter(|name| !name.is_empty()) else {
            return Ok(self.stages().len() - 1);
        };
        if let Some(index) = self.named(name, self.stages().len()) {
            return Ok(index);
        }
        let names: Vec<_> = self
            .stages()
            .iter()
            .filter_map(|stage| stage.name.as_deref())
            .collect();
        let error = ParseError::new(self.stages()[0].line, format!("no stage is named `{name}`"));
        Err(match names.as_slice() {
            [] => error.with_hint(format!("name one: `FROM image AS {name}`")),
            names => error.with_hint(format!("its stages are {}", names.join(", "))),
        })
    }

    /// The last stage of that name before stage `end`.
    fn named(&self, name: &str, end: usize) -> Option<usize> {
        let name = name.to_ascii_lowercase();
        self.stages()[..end]
            .iter()
            .rposition(|stage| stage.name.as_deref() == Some(name.as_str()))
    }

    fn base(&self, stage: &Stage, globals: &Env) -> Result<Origin, ParseError> {
        let lex = Lex::new(self.escape);
        let expand = |word: &str| {
            let expanded = lex.process(word, globals);
            expanded.map_err(|error| refused(stage.line, error))
        };
        let lacks = |what: &str, unset: &[String], hint: &str| {
            let error = ParseError::new(stage.line, what.to_owned());
            match unset.first() {
                Some(unset) => error.with_hint(format!(
                    "give `{unset}` a value: `ARG {unset}=…` before the first FROM, or a build argument"
                )),
                None => error.with_hint(hint),
            }
        };
        let expanded = expand(&stage.base)?;
        let name = expanded.text;
        if name.is_empty() || name.ends_with([':', '@', '/']) {
            return Err(lacks(
                &format!("the base `{}` expands to `{name}`", stage.base),
                &expanded.unset,
                "an image is written `name`, `name:tag` or `name@digest`",
            ));
        }
        if let Some(written) = &stage.platform {
            let expanded = expand(written)?;
            if expanded.text.is_empty() {
                return Err(lacks(
                    &format!("the platform `{written}` expands to nothing"),
                    &expanded.unset,
                    "a platform is written `os/architecture`",
                ));
            }
        }
        // Names of stages are lower case, and a FROM is compared as it is written.
        let stages = &self.stages()[..stage.index];
        let found = stages
            .iter()
            .rposition(|stage| stage.name.as_deref() == Some(name.as_str()));
        Ok(match found {
            Some(index) => Origin::Stage(index),
            None if name == "scratch" => Origin::Scratch,
            None => Origin::Image(name),
        })
    }

    /// What a stage does: the triggers of the stage that it is built on, then its own
    /// instructions. The flag is set for triggers.
    pub(super) fn instructions<'a>(
        &'a self,
        bases: &[Origin],
        stage: &'a Stage,
    ) -> impl Iterator<Item = (bool, &'a Instruction)> {
        let base = match bases[stage.index] {
            Origin::Stage(index) => self.stages()[index].instructions.as_slice(),
            _ => &[],
        };
        let triggers = base
            .iter()
            .filter_map(|instruction| match &instruction.kind {
                InstructionKind::Onbuild(trigger) => Some((true, trigger.as_ref())),
                _ => None,
            });
        triggers.chain(stage.instructions.iter().map(|own| (false, own)))
    }

    /// What the instructions of a stage take files from, in order of appearance.
    pub(super) fn sources(
        &self,
        bases: &[Origin],
        stage: &Stage,
    ) -> Result<Vec<Origin>, ParseError> {
        let mut sources = Vec::new();
        for (_, instruction) in self.instructions(bases, stage) {
            sources.extend(self.sources_of(stage, instruction)?);
        }
        Ok(sources)
    }

    /// The same of one instruction.
    pub(super) fn sources_of(
        &self,
        stage: &Stage,
        instruction: &Instruction,
    ) -> Result<Vec<Origin>, ParseError> {
        let line = instruction.line;
        match &instruction.kind {
            InstructionKind::Copy(copy) => copy
                .from
                .iter()
                .map(|from| self.source(stage, line, &from.text, true))
                .collect(),
            InstructionKind::Run(mounts) => mounts
                .iter()
                .filter_map(|mount| mount.from.as_ref())
                .map(|from| self.source(stage, line, &from.text, false))
                .collect(),
            _ => Ok(Vec::new()),
        }
    }

    fn source(
        &self,
        stage: &Stage,
        line: u32,
        name: &str,
        by_index: bool,
    ) -> Result<Origin, ParseError> {
        let plain = Lex::new(self.escape).process(name, &Env::default());
        if plain.map_err(|error| refused(line, error))?.text != name {
            return Err(
                ParseError::new(line, format!("`from={name}` may not hold a variable")).with_hint(
                    format!("define a stage, `FROM {name} AS other`, and name that"),
                ),
            );
        }
        let count = self.stages().len();
        let found = match name.parse::<i64>() {
            Ok(index) if by_index => match usize::try_from(index) {
                Ok(index) if index < count => Some(index),
                _ => {
                    return Err(ParseError::new(line, format!("there is no stage {index}"))
                        .with_hint(format!("stages count from 0, and the file has {count}")));
                }
            },
            _ => self.named(name, count),
        };
        match found {
            Some(index) if index >= stage.index => Err(ParseError::new(
                line,
                format!("stage `{name}` is used before it is defined"),
            )
            .with_hint(format!("move it before line {}", stage.line))),
            Some(index) => Ok(Origin::Stage(index)),
            None if name == "scratch" => Ok(Origin::Scratch),
            None => Ok(Origin::Image(name.to_owned())),
        }
    }
}

/// A word that the builder does not expand, as an error of its line.
pub(super) fn refused(line: u32, error: ShellError) -> ParseError {
    let refused = ParseError::new(line, error.message);
    match error.variable {
        Some(name) => refused.with_hint(format!(
            "give `{name}` a value: `ARG {name}=…`, or a build argument"
        )),
        None => refused,
    }
}
