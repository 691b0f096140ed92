//! Numbers the steps as BuildKit's progress does.
//!
//! Source: `prefixCommand` and its callers in BuildKit's
//! `frontend/dockerfile/dockerfile2llb/convert.go`. A FROM counts if it names an
//! image; RUN, COPY, ADD and WORKDIR count; `WORKDIR /` counts in the total and
//! takes no number. `ONBUILD` triggers of a base are not known here; they would
//! shift the numbers.

use std::collections::BTreeMap;

use super::args::apply;
use super::error::ParseError;
use super::expand::{Env, expand};
use super::file::{Dockerfile, Stage};
use super::graph::{Graph, Origin};
use super::instruction::{Instruction, Kind};
use super::pattern::clean;
use super::step::{Step, StepKey};
use super::vertex::{Vertices, describe};

/// An instruction of a stage as the numbering sees it.
pub(super) struct Numbered<'a> {
    pub instruction: &'a Instruction,
    /// `None` where it makes no step.
    pub place: Option<Place>,
    /// The stage's variables where it stands.
    pub env: Env,
}

/// The own and the shared key of a step.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub key: StepKey,
    pub vertex: StepKey,
}

/// A stage with the numbers of its steps.
pub(super) struct NumberedStage<'a> {
    pub stage: &'a Stage,
    pub from: Option<Place>,
    pub total: u32,
    pub instructions: Vec<Numbered<'a>>,
}

/// What a stage hands on to one that is built on it.
#[derive(Debug, Clone, Default)]
pub(super) struct Inherited {
    pub env: Env,
    /// Without its leading slash; `None` where the image decides it.
    pub workdir: Option<String>,
    /// USER and SHELL as they were written.
    pub settings: String,
    /// Which file system it is.
    pub file_system: usize,
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
            let (stage, total) = (numbered.stage, numbered.total);
            let from = numbered.from;
            steps.extend(from.map(|place| step(place, total, stage.line, &stage.text)));
            for Numbered {
                instruction, place, ..
            } in numbered.instructions
            {
                let (line, text) = (instruction.line, &instruction.text);
                steps.extend(place.map(|place| step(place, total, line, text)));
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
                    (
                        Inherited {
                            workdir,
                            ..Inherited::default()
                        },
                        None,
                    )
                }
                Origin::Image(reference) => {
                    let mut state = Inherited::default();
                    let place = counter.place(&mut vertices, &mut state, stage.what(reference));
                    (state, Some(place))
                }
            };
            let mut total = u32::from(from.is_some());
            let mut instructions = Vec::new();
            for instruction in &stage.instructions {
                total += u32::from(instruction.is_step());
                apply(
                    &instruction.kind,
                    &mut state.env,
                    &graph.globals,
                    args,
                    self.escape,
                );
                let mut place = None;
                if self.settle(instruction, &mut state) {
                    let origins = self.sources_of(stage, instruction)?;
                    let what = describe(instruction, &state, &origins, &ends, self.escape);
                    place = Some(counter.place(&mut vertices, &mut state, what));
                }
                let env = state.env.clone();
                instructions.push(Numbered {
                    instruction,
                    place,
                    env,
                });
            }
            ends.push(state);
            numbered.push(NumberedStage {
                stage,
                from,
                total,
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
            Kind::Copy(copy) => copy.from.is_some(),
            Kind::Run(mounts) => !mounts.is_empty(),
            _ => false,
        };
        let mut stages = self.stages().iter();
        self.stages().len() > 1 || stages.any(|stage| stage.instructions.iter().any(has_source))
    }

    /// Follows WORKDIR, USER and SHELL; says whether the instruction takes a number.
    fn settle(&self, instruction: &Instruction, state: &mut Inherited) -> bool {
        match &instruction.kind {
            Kind::Workdir(path) => {
                let path = expand(path, &state.env, self.escape);
                state.workdir = join_workdir(state.workdir.as_deref(), &path.text)
                    .filter(|_| path.unset.is_empty());
                state.workdir.as_deref() != Some("")
            }
            Kind::Setting => {
                state.settings.push_str(&instruction.text);
                state.settings.push('\n');
                false
            }
            _ => instruction.is_step(),
        }
    }
}

impl Stage {
    fn label(&self) -> String {
        let name = self.name.clone();
        name.unwrap_or_else(|| format!("stage-{}", self.index))
    }

    /// What its FROM does: the image, and the platform where one is asked for.
    fn what(&self, reference: &str) -> String {
        let words = self.text.split_whitespace();
        let flags: Vec<_> = words.filter(|word| word.starts_with("--")).collect();
        format!("{reference} {}", flags.join(" "))
    }
}

/// Gives the steps of a stage their numbers.
struct Counter {
    label: Option<String>,
    index: u32,
}

impl Counter {
    fn place(&mut self, vertices: &mut Vertices, state: &mut Inherited, what: String) -> Place {
        self.index += 1;
        let key = StepKey {
            stage: self.label.clone(),
            index: self.index,
        };
        let (file_system, vertex) = vertices.after(state.file_system, what, &key);
        state.file_system = file_system;
        Place { key, vertex }
    }
}

/// The new working directory without its leading slash; `None` where the image decides.
fn join_workdir(before: Option<&str>, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return Some(clean(path));
    }
    before.map(|before| clean(&format!("{before}/{path}")))
}

fn step(place: Place, total: u32, line: u32, text: &str) -> Step {
    let instruction = text.split_whitespace().next().unwrap_or_default();
    Step {
        key: place.key,
        vertex: place.vertex,
        total,
        line,
        instruction: instruction.to_ascii_uppercase(),
        text: text.to_owned(),
    }
}

#[cfg(test)]
#[path = "steps_tests.rs"]
mod tests;
