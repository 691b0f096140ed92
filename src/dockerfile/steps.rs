//! Numbers the steps as BuildKit's progress does.
//!
//! Source: `prefixCommand` and its callers in BuildKit's
//! `frontend/dockerfile/dockerfile2llb/convert.go`. A FROM counts if it names an
//! image; RUN, COPY, ADD and WORKDIR count; `WORKDIR /` counts in the total and
//! takes no number. Triggers of ONBUILD within the file count, whatever they do;
//! those of a base image are not known here, and shift the numbers.

use std::collections::BTreeMap;

use super::args::apply;
use super::env::Env;
use super::error::ParseError;
use super::file::{Dockerfile, Stage};
use super::graph::{Graph, Origin, refused};
use super::inherited::Inherited;
use super::instruction::{Instruction, InstructionKind};
use super::mount::Mount;
use super::pattern::clean;
use super::printed::printed;
use super::shell::{Lex, ShellError};
use super::step::{Step, StepKey};
use super::vertex::{Vertices, describe};

/// An instruction of a stage as the numbering sees it.
pub(super) struct Numbered<'a> {
    pub instruction: &'a Instruction,
    /// `None` where it makes no step.
    pub place: Option<StepKeys>,
    /// The stage's variables where it stands.
    pub env: Env,
    /// It makes the first folder on `scratch`.
    is_first_folder: bool,
}

/// The own and the shared key of a step.
#[derive(Debug, Clone)]
pub(super) struct StepKeys {
    pub key: StepKey,
    pub vertex: StepKey,
}

/// A stage with the numbers of its steps.
pub(super) struct NumberedStage<'a> {
    pub stage: &'a Stage,
    pub from: Option<StepKeys>,
    pub total: u32,
    pub triggers: u32,
    pub instructions: Vec<Numbered<'a>>,
}

impl Dockerfile {
    /// The steps of all stages that the target needs, in the order of the file.
    ///
    /// # Errors
    /// As [`Dockerfile::external_bases`].
    pub fn steps(
        &self,
        target: Option<&str>,
        args: &BTreeMap<String, String>,
    ) -> Result<Vec<Step>, ParseError> {
        let graph = self.graph(target, args)?;
        let mut steps = Vec::new();
        for numbered in self.number(&graph, args)? {
            let (stage, from) = (numbered.stage, numbered.from.clone());
            steps.extend(from.map(|place| numbered.step(place, stage.line, &stage.text)));
            for item in &numbered.instructions {
                let Some(place) = item.place.clone() else {
                    continue;
                };
                let instruction = item.instruction;
                let step = numbered.step(place, instruction.line, &instruction.text);
                steps.push(Step {
                    printed: printed(instruction, &item.env, self.escape),
                    always_runs: item.is_first_folder,
                    ..step
                });
            }
        }
        Ok(steps)
    }

    pub(super) fn number<'a>(
        &'a self,
        graph: &Graph,
        args: &BTreeMap<String, String>,
    ) -> Result<Vec<NumberedStage<'a>>, ParseError> {
        let labelled = self.is_labelled();
        let mut vertices = Vertices::default();
        let mut ends: Vec<Inherited> = Vec::new();
        let mut numbered = Vec::new();
        for stage in self.stages() {
            if !graph.reaches(stage.index) {
                ends.push(Inherited::default());
                continue;
            }
            let mut counter = Counter {
                label: labelled.then(|| stage.label()),
                index: 0,
            };
            let (mut state, from) = match &graph.bases[stage.index] {
                Origin::Stage(base) => (ends[*base].clone(), None),
                Origin::Scratch => {
                    let workdir = Some(String::new());
                    let env = Env::of_scratch();
                    (
                        Inherited {
                            env,
                            workdir,
                            ..Inherited::default()
                        },
                        None,
                    )
                }
                Origin::Image(reference) => {
                    let mut state = Inherited {
                        env: Env::of_image(),
                        ..Inherited::default()
                    };
                    let place = counter.place(&mut vertices, &mut state, stage.what(reference));
                    (state, Some(place))
                }
            };
            let (mut total, mut triggers) = (u32::from(from.is_some()), 0);
            let mut instructions = Vec::new();
            for (is_trigger, instruction) in self.instructions(&graph.bases, stage) {
                total += u32::from(is_trigger || instruction.is_step());
                triggers += u32::from(is_trigger);
                let lacks = |error| refused(instruction.line, error);
                apply(
                    &instruction.kind,
                    &mut state.env,
                    &graph.globals,
                    args,
                    self.escape,
                )
                .map_err(lacks)?;
                self.check_words(instruction, &state.env).map_err(lacks)?;
                let empty = state.file_system == 0;
                let mut place = None;
                if self.settle(instruction, &mut state).map_err(lacks)? {
                    let origins = self.sources_of(stage, instruction)?;
                    let what = describe(instruction, &state, &origins, &ends, self.escape);
                    place = Some(counter.place(&mut vertices, &mut state, what));
                }
                instructions.push(Numbered {
                    instruction,
                    place,
                    env: state.env.clone(),
                    is_first_folder: empty
                        && matches!(instruction.kind, InstructionKind::Workdir(_)),
                });
            }
            ends.push(state);
            numbered.push(NumberedStage {
                stage,
                from,
                total,
                triggers,
                instructions,
            });
        }
        Ok(numbered)
    }

    /// BuildKit drops the label where it knows of one stage only; and an image that
    /// files are taken from is a stage to it, as is what a mount rests on. Seen on
    /// Docker 20.10.24: a cache mount brings the label back, a bind or tmpfs mount
    /// without `from` does not; newer frontends count every mount.
    /// [`find_step`](super::find_step) allows for both.
    fn is_labelled(&self) -> bool {
        let has_source = |instruction: &Instruction| match &instruction.kind {
            InstructionKind::Copy(copy) => copy.from.is_some(),
            InstructionKind::Run(mounts) => !mounts.is_empty(),
            _ => false,
        };
        let mut stages = self.stages().iter();
        self.stages().len() > 1 || stages.any(|stage| stage.instructions.iter().any(has_source))
    }

    /// Follows WORKDIR, USER and SHELL; says whether the instruction takes a number.
    fn settle(&self, instruction: &Instruction, state: &mut Inherited) -> Result<bool, ShellError> {
        Ok(match &instruction.kind {
            InstructionKind::Workdir(path) => {
                let path = Lex::new(self.escape).process(path, &state.env)?;
                state.workdir = join_workdir(state.workdir.as_deref(), &path.text)
                    .filter(|_| path.unknown.is_empty());
                // An absolute path is compared as it is written: `/.` is a step.
                match path.text.starts_with('/') {
                    true => path.text != "/" || !path.unknown.is_empty(),
                    false => state.workdir.as_deref() != Some(""),
                }
            }
            InstructionKind::Setting => {
                state.settings.push_str(&instruction.text);
                state.settings.push('\n');
                false
            }
            _ => instruction.is_step(),
        })
    }

    /// Refuses words that the builder does not expand.
    fn check_words(&self, instruction: &Instruction, env: &Env) -> Result<(), ShellError> {
        let lex = Lex::new(self.escape);
        let mut words: Vec<&str> = Vec::new();
        match &instruction.kind {
            InstructionKind::Copy(copy) => {
                words.extend(copy.words.iter().map(String::as_str));
                let raw = Lex {
                    skip_quotes: true,
                    ..Lex::new('\\')
                };
                for heredoc in &instruction.heredocs {
                    if heredoc.opening.expands {
                        raw.process(&heredoc.body, env)?;
                    }
                }
            }
            InstructionKind::Run(mounts) => words.extend(mounts.iter().flat_map(Mount::values)),
            InstructionKind::Setting | InstructionKind::Other => {
                let (keyword, rest) = instruction.text.split_at(first_word(&instruction.text));
                let expanded = ["USER", "LABEL", "EXPOSE", "VOLUME", "STOPSIGNAL"];
                if expanded
                    .iter()
                    .any(|name| keyword.eq_ignore_ascii_case(name))
                {
                    words.push(rest);
                }
            }
            _ => {}
        }
        words
            .into_iter()
            .try_for_each(|word| lex.process(word, env).map(drop))
    }
}

/// Where the first word of a line ends.
fn first_word(text: &str) -> usize {
    text.find(char::is_whitespace).unwrap_or(text.len())
}

impl Stage {
    fn label(&self) -> String {
        let name = self.name.clone();
        name.unwrap_or_else(|| format!("stage-{}", self.index))
    }

    /// What its FROM does: the image, and the platform where one is asked for.
    fn what(&self, reference: &str) -> String {
        format!("{reference} {:?}", self.platform)
    }
}

/// Gives the steps of a stage their numbers.
struct Counter {
    label: Option<String>,
    index: u32,
}

impl Counter {
    fn place(&mut self, vertices: &mut Vertices, state: &mut Inherited, what: String) -> StepKeys {
        self.index += 1;
        let key = StepKey {
            stage: self.label.clone(),
            index: self.index,
        };
        let (file_system, vertex) = vertices.after(state.file_system, what, &key);
        state.file_system = file_system;
        StepKeys { key, vertex }
    }
}

/// The new working directory without its leading slash; `None` where the image decides.
fn join_workdir(before: Option<&str>, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return Some(clean(path));
    }
    before.map(|before| clean(&format!("{before}/{path}")))
}

impl NumberedStage<'_> {
    fn step(&self, place: StepKeys, line: u32, text: &str) -> Step {
        Step {
            key: place.key,
            vertex: place.vertex,
            total: self.total,
            triggers: self.triggers,
            line,
            instruction: text[..first_word(text)].to_ascii_uppercase(),
            text: text.to_owned(),
            printed: None,
            always_runs: false,
        }
    }
}

#[cfg(test)]
#[path = "steps_tests.rs"]
mod tests;
