//! Which steps of different stages are one and the same to the builder.
//!
//! BuildKit names a vertex by what it does and what it does it to. Two stages that
//! begin alike (the same base, `WORKDIR /app`, the same COPY) share those vertices,
//! and progress shows each once, under the name of either stage. A file operation
//! does not see the environment; a RUN does.

use std::collections::BTreeMap;

use super::graph::Origin;
use super::inherited::Inherited;
use super::instruction::{Instruction, InstructionKind};
use super::printed::printed;
use super::step::StepKey;

/// The file systems met so far; 0 is the empty one.
#[derive(Debug, Default)]
pub(super) struct Vertices {
    known: BTreeMap<(usize, String), (usize, StepKey)>,
}

impl Vertices {
    /// The file system that doing `what` to `before` makes, and the key of the step
    /// that did it first.
    pub fn after(&mut self, before: usize, what: String, key: &StepKey) -> (usize, StepKey) {
        let next = self.known.len() + 1;
        self.known
            .entry((before, what))
            .or_insert_with(|| (next, key.clone()))
            .clone()
    }
}

/// What a step does, as far as the builder distinguishes steps by it.
pub(super) fn describe(
    instruction: &Instruction,
    state: &Inherited,
    origins: &[Origin],
    ends: &[Inherited],
    escape: char,
) -> String {
    let words: Vec<_> = instruction.text.split_whitespace().collect();
    let text = words.join(" ");
    let sources: Vec<_> = origins
        .iter()
        .map(|origin| match origin {
            Origin::Stage(index) => format!("#{}", ends[*index].file_system),
            Origin::Image(reference) => reference.clone(),
            Origin::Scratch => String::new(),
        })
        .collect();
    let bodies: Vec<_> = instruction
        .heredocs
        .iter()
        .map(|heredoc| &heredoc.body)
        .collect();
    let folder = state.workdir.as_deref();
    match &instruction.kind {
        InstructionKind::Workdir(path) => format!("mkdir {}", folder.unwrap_or(path)),
        InstructionKind::Run(_) => format!(
            "{text} {sources:?} {folder:?} {bodies:?} {:?} {}",
            state.env, state.settings
        ),
        _ => {
            let text = printed(instruction, &state.env, escape).unwrap_or(text);
            let words: Vec<_> = text.split_whitespace().collect();
            // The variables of a heredoc are expanded.
            let env = (!bodies.is_empty()).then_some(&state.env);
            format!("{words:?} {sources:?} {folder:?} {bodies:?} {env:?}")
        }
    }
}
