//! What a file says about running its image and about what a build needs: ports, the health
//! check, secrets, arguments without a value.

use std::collections::BTreeMap;

use super::args::apply;
use super::env::Env;
use super::error::ParseError;
use super::file::{Dockerfile, Stage};
use super::graph::Origin;
use super::instruction::{Instruction, InstructionKind};
use super::shell::Lex;
use super::words::split_quoted;

/// What is known of an image, and of its build, before it is built. What only the base image
/// knows is not in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// TCP ports of EXPOSE, in the order of the file.
    pub ports: Vec<u16>,
    /// The value of the variable PORT.
    pub port_variable: Option<u16>,
    /// The command of HEALTHCHECK, variables expanded where their value is known.
    pub health_check: Option<String>,
    /// Build arguments without a default that no build argument sets.
    pub open_arguments: Vec<String>,
    /// Ids of `RUN --mount=type=secret`.
    pub secrets: Vec<String>,
}

/// An argument that decides the base of a stage: `FROM node:${VERSION}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseArgument {
    /// The argument's name.
    pub name: String,
    /// What stands before its value.
    pub prefix: String,
    /// What stands behind it.
    pub suffix: String,
}

impl BaseArgument {
    /// The value with which the stage rests on `reference`, where there is one.
    pub fn value_for<'a>(&self, reference: &'a str) -> Option<&'a str> {
        let rest = reference.strip_prefix(&self.prefix)?;
        rest.strip_suffix(&self.suffix)
            .filter(|value| !value.is_empty())
    }
}

impl Dockerfile {
    /// What the file says about the image of a target.
    ///
    /// # Errors
    /// As [`Dockerfile::external_bases`].
    pub fn hints(
        &self,
        target: Option<&str>,
        args: &BTreeMap<String, String>,
    ) -> Result<Hints, ParseError> {
        let graph = self.graph(target, args)?;
        let mut hints = Hints::default();
        let mut seen = BTreeMap::new();
        for instruction in &self.globals {
            seen.extend(declared(instruction));
        }
        let reached = self.stages().iter().filter(|it| graph.reaches(it.index));
        for instruction in reached.flat_map(|stage| &stage.instructions) {
            for (name, has_default) in declared(instruction) {
                let known = seen.entry(name).or_insert(has_default);
                *known |= has_default;
            }
            if matches!(instruction.kind, InstructionKind::Run(_)) {
                hints.secrets.extend(secrets(&instruction.text));
            }
        }
        hints.secrets.dedup();
        let is_open =
            |name: &String| !args.contains_key(name) && graph.globals.value(name).is_none();
        let without = seen.into_iter().filter(|(_, has_default)| !has_default);
        hints.open_arguments = without.map(|(name, _)| name).filter(is_open).collect();
        let mut env = Env::of_image();
        for stage in self.chain(&graph.bases, graph.target) {
            for instruction in &stage.instructions {
                // What cannot be expanded stays unknown; the builder reports it.
                let _ = apply(
                    &instruction.kind,
                    &mut env,
                    &graph.globals,
                    args,
                    self.escape,
                );
                self.note(instruction, &env, &mut hints);
            }
        }
        hints.port_variable = env.value("PORT").and_then(|value| value.parse().ok());
        Ok(hints)
    }

    /// Paths of the context that COPY and ADD of any stage read, as written.
    pub fn context_sources(&self) -> Vec<String> {
        let instructions = self.stages().iter().flat_map(|stage| &stage.instructions);
        let copies = instructions.filter_map(|instruction| match &instruction.kind {
            InstructionKind::Copy(copy) if copy.from.is_none() => Some(&copy.sources),
            _ => None,
        });
        copies.flatten().cloned().collect()
    }

    /// References of the images that any stage needs, as [`Dockerfile::external_bases`] gives
    /// them for one target.
    ///
    /// # Errors
    /// As [`Dockerfile::external_bases`].
    pub fn all_bases(&self, args: &BTreeMap<String, String>) -> Result<Vec<String>, ParseError> {
        let graph = self.graph(None, args)?;
        let mut found = Vec::new();
        for stage in self.stages() {
            let mut origins = vec![graph.bases[stage.index].clone()];
            origins.extend(self.sources(&graph.bases, stage).unwrap_or_default());
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

    /// The commands that run on an image: RUN, CMD, ENTRYPOINT and HEALTHCHECK of the stages
    /// that rest on it, as written.
    ///
    /// # Errors
    /// As [`Dockerfile::external_bases`].
    pub fn commands_on(
        &self,
        base: &str,
        args: &BTreeMap<String, String>,
    ) -> Result<Vec<String>, ParseError> {
        let graph = self.graph(None, args)?;
        let rests_on_it = |stage: &&Stage| {
            let chain = self.chain(&graph.bases, stage.index);
            let lowest = chain.first().map(|stage| &graph.bases[stage.index]);
            matches!(lowest, Some(Origin::Image(reference)) if reference == base)
        };
        let stages = self.stages().iter().filter(rests_on_it);
        let texts = stages
            .flat_map(|stage| &stage.instructions)
            .map(|one| one.text.trim());
        let is_command = |text: &&str| {
            let keyword = text.split_whitespace().next().unwrap_or_default();
            let commands = ["RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"];
            commands
                .iter()
                .any(|known| keyword.eq_ignore_ascii_case(known))
        };
        Ok(texts.filter(is_command).map(str::to_owned).collect())
    }

    /// The argument that decides the base under a target, where one alone does.
    ///
    /// # Errors
    /// As [`Dockerfile::external_bases`].
    pub fn base_argument(
        &self,
        target: Option<&str>,
        args: &BTreeMap<String, String>,
    ) -> Result<Option<BaseArgument>, ParseError> {
        let graph = self.graph(target, args)?;
        let chain = self.chain(&graph.bases, graph.target);
        let base = chain.first().map_or("", |stage| stage.base.as_str());
        let is_declared = |argument: &BaseArgument| {
            let mut names = self.globals.iter().flat_map(declared);
            names.any(|(name, _)| name == argument.name)
        };
        Ok(base_argument(base).filter(is_declared))
    }

    /// A stage and those that it is built on, the lowest first.
    fn chain(&self, bases: &[Origin], target: usize) -> Vec<&Stage> {
        let mut chain = vec![&self.stages()[target]];
        // Ends: a base is a stage of a lower index.
        while let Some(Origin::Stage(index)) = chain.last().map(|stage| &bases[stage.index]) {
            chain.push(&self.stages()[*index]);
        }
        chain.reverse();
        chain
    }

    fn note(&self, instruction: &Instruction, env: &Env, hints: &mut Hints) {
        let text = instruction.text.trim();
        let (keyword, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let expanded = |text: &str| Lex::new(self.escape).process(text, env).ok();
        match keyword.to_ascii_uppercase().as_str() {
            "EXPOSE" => {
                let words = expanded(rest).map(|found| found.words).unwrap_or_default();
                let ports = words.iter().filter_map(|word| port(word));
                hints.ports.extend(ports);
            }
            "HEALTHCHECK" => {
                hints.health_check = health_command(rest).map(|command| {
                    // The exec form has no shell, so no variables.
                    if let Ok(words) = serde_json::from_str::<Vec<String>>(&command) {
                        return words.join(" ");
                    }
                    let known = expanded(&command).filter(|found| found.unknown.is_empty());
                    // Quotes go with the expansion, and nothing here needs them.
                    known.map_or(command, |found| found.text)
                });
            }
            _ => {}
        }
    }
}

/// What follows the options and `CMD` of a HEALTHCHECK; nothing for `NONE`.
fn health_command(text: &str) -> Option<String> {
    let mut rest = text.trim_start();
    while rest.starts_with("--") {
        rest = rest.split_once(char::is_whitespace)?.1.trim_start();
    }
    let (keyword, command) = rest.split_once(|c: char| c.is_whitespace() || c == '[')?;
    keyword.eq_ignore_ascii_case("CMD").then(|| {
        let from = match rest.as_bytes().get(keyword.len()) {
            Some(b'[') => &rest[keyword.len()..],
            _ => command,
        };
        from.trim().to_owned()
    })
}

/// The names that an ARG declares, and whether each has a default.
fn declared(instruction: &Instruction) -> Vec<(String, bool)> {
    match &instruction.kind {
        InstructionKind::Arg(pairs) => pairs
            .iter()
            .map(|(name, default)| (name.clone(), default.is_some()))
            .collect(),
        _ => Vec::new(),
    }
}

/// A port of EXPOSE; the first of a range. UDP answers no probe.
fn port(word: &str) -> Option<u16> {
    let (number, protocol) = word.split_once('/').unwrap_or((word, "tcp"));
    let first = number.split('-').next().unwrap_or(number);
    protocol.eq_ignore_ascii_case("tcp").then_some(())?;
    first.parse().ok().filter(|port| *port != 0)
}

/// Ids of the secrets that a RUN mounts.
fn secrets(run: &str) -> Vec<String> {
    let words = split_quoted(run, '\\');
    let mounts = words
        .iter()
        .filter_map(|word| word.strip_prefix("--mount="));
    mounts
        .filter(|mount| mount.split(',').any(|field| field == "type=secret"))
        .filter_map(|mount| {
            let field = |name: &str| {
                let mut fields = mount.split(',').filter_map(|field| field.split_once('='));
                fields.find(|(key, _)| *key == name).map(|(_, value)| value)
            };
            let target = field("target").or(field("dst"));
            let file = target.map(|path| path.rsplit('/').next().unwrap_or(path));
            field("id").or(file).map(str::to_owned)
        })
        .collect()
}

fn base_argument(base: &str) -> Option<BaseArgument> {
    let (prefix, rest) = base.split_once('$')?;
    let (name, suffix) = match rest.strip_prefix('{') {
        Some(inside) => {
            let (inside, suffix) = inside.split_once('}')?;
            (inside.split([':', '#', '%', '/']).next()?, suffix)
        }
        None => {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            rest.split_at(end.unwrap_or(rest.len()))
        }
    };
    let is_one = !name.is_empty() && !suffix.contains('$') && !prefix.contains('"');
    is_one.then(|| BaseArgument {
        name: name.to_owned(),
        prefix: prefix.to_owned(),
        suffix: suffix.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Hints {
        let file = Dockerfile::parse(text).unwrap();
        file.hints(None, &BTreeMap::new()).unwrap()
    }

    #[test]
    fn ports_health_and_needs_are_those_of_the_last_stage_and_what_it_rests_on() {
        let hints = of(
            "ARG TOKEN\nFROM a AS base\nENV APP_PORT=8081\nEXPOSE $APP_PORT 53/udp\n\
            FROM b AS build\nARG TOKEN\nARG MODE=x\nEXPOSE 1\nCOPY go.mod cmd/ ./\n\
            RUN --mount=type=secret,id=npm,target=/t make\nFROM base\nCOPY --from=build /x /x\n\
            ENV PORT=9\nEXPOSE 90-92/tcp\nHEALTHCHECK --interval=5s CMD curl -f http://localhost:${APP_PORT}/up\n",
        );
        assert_eq!(hints.ports, [8081, 90]);
        assert_eq!(hints.port_variable, Some(9));
        let check = hints.health_check.unwrap();
        assert!(check.ends_with("http://localhost:8081/up"), "{check}");
        assert_eq!(hints.open_arguments, ["TOKEN"]);
        assert_eq!(hints.secrets, ["npm"]);
        let file = "FROM a AS b\nRUN x\nCOPY y z\nFROM b\nCMD [\"w\"]\nFROM c\nRUN v\n";
        let file = Dockerfile::parse(file).unwrap();
        let commands = file.commands_on("a", &BTreeMap::new()).unwrap();
        assert_eq!(commands, ["RUN x", "CMD [\"w\"]"]);
        let none = of("FROM a\nHEALTHCHECK CMD x\nHEALTHCHECK NONE\n");
        assert_eq!(none.health_check, None);
    }

    #[test]
    fn an_argument_that_decides_the_base_is_found_with_the_value_for_another() {
        let argument = |text: &str| {
            let file = Dockerfile::parse(text).unwrap();
            file.base_argument(None, &BTreeMap::new()).unwrap()
        };
        let whole = argument("ARG BASE=node:20\nFROM ${BASE} AS a\nFROM a\n").unwrap();
        assert_eq!(whole.value_for("node:22-slim"), Some("node:22-slim"));
        let tag = argument("ARG V=20\nFROM node:${V:-20}-slim\n").unwrap();
        assert_eq!(tag.value_for("node:22-slim"), Some("22"));
        assert_eq!(tag.value_for("node:22-alpine"), None);
        assert_eq!(argument("FROM node:20\n"), None);
    }
}
