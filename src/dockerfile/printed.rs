//! What the builder prints for a step.
//!
//! Source: `dispatchRun`, `dispatchCopy` and `dispatchWorkdir` in BuildKit's
//! `frontend/dockerfile/dockerfile2llb/convert.go`.

use super::env::Env;
use super::heredoc::opening;
use super::instruction::{Instruction, InstructionKind};
use super::shell::Lex;
use super::words::{Word, take_flags};

/// The text behind `[stage 2/5]`; `None` where it rests on what only the builder knows.
pub(super) fn printed(instruction: &Instruction, env: &Env, escape: char) -> Option<String> {
    let mut lex = Lex::new(escape);
    let mut text = instruction.text.clone();
    let mut env = env.clone();
    if let InstructionKind::Run(mounts) = &instruction.kind {
        lex.raw_quotes = true;
        lex.skip_unset = true;
        for mount in mounts.iter().filter(|mount| mount.kind == "secret") {
            if let Some(name) = &mount.env {
                env.set(name, Some("****".to_owned()));
            }
        }
        if let Some(summary) = summary(instruction, escape) {
            text.push_str(&format!(" ({summary})"));
        }
    }
    let text = match lex.process(&text, &env) {
        Ok(expanded) if expanded.unknown.is_empty() => expanded.text,
        Ok(_) => return None,
        Err(_) => text,
    };
    Some(match text.split_once(' ') {
        Some((keyword, rest)) => format!("{} {rest}", keyword.to_uppercase()),
        None => text.to_uppercase(),
    })
}

/// The first line of a RUN that is a heredoc and nothing else.
fn summary(instruction: &Instruction, escape: char) -> Option<String> {
    let heredoc = instruction.heredocs.first()?;
    let mut line = Word::default();
    line.push(&instruction.text, 0);
    let (_, arguments) = line.split_first();
    let (_, command) = take_flags(&arguments, escape);
    opening(command.text.trim()).ok()??;
    let body = heredoc.body.trim().replace("\r\n", "\n");
    let mut lines = body.split('\n');
    let first = lines.next().unwrap_or_default();
    let more = if lines.next().is_some() { "..." } else { "" };
    Some(format!("{first}{more}"))
}
