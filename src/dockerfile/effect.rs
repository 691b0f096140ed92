//! Which steps an edit of the context makes run again.

use std::collections::{BTreeMap, BTreeSet};

use super::alias::{Alias, aliases};
use super::env::Env;
use super::error::ParseError;
use super::file::Dockerfile;
use super::graph::Origin;
use super::instruction::{Instruction, InstructionKind};
use super::pattern::Cover;
use super::shell::Lex;
use super::step::StepKey;

/// What an edit does to the steps of a build, by [`Step::vertex`](super::Step). A step
/// that is in neither set must be taken from the cache. FROM is in neither.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EditEffect {
    /// Steps that must run again: were one of them cached, the edit did not arrive.
    pub must_run: BTreeSet<StepKey>,
    /// Steps of which the builder decides by content, or which cannot be judged.
    pub may_run: BTreeSet<StepKey>,
}

/// What has become of a step, or of a file system so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Taint {
    Clean,
    May,
    Must,
}

impl From<Cover> for Taint {
    fn from(cover: Cover) -> Self {
        match cover {
            Cover::No => Self::Clean,
            Cover::Unknown => Self::May,
            Cover::Yes => Self::Must,
        }
    }
}

impl Dockerfile {
    /// Which steps run again after the content of `changed` (paths relative to the
    /// context, none of them kept out by ignore rules) has changed. `links` are the symbolic
    /// links of the context, path to target: a source may lead through them.
    ///
    /// # Errors
    /// As [`Dockerfile::external_bases`].
    pub fn edit_effect(
        &self,
        target: Option<&str>,
        args: &BTreeMap<String, String>,
        changed: &[String],
        links: &BTreeMap<String, String>,
    ) -> Result<EditEffect, ParseError> {
        let changed: Vec<_> = changed
            .iter()
            .flat_map(|path| aliases(path, links))
            .collect();
        let graph = self.graph(target, args)?;
        let mut effect = EditEffect::default();
        let mut ends = vec![Taint::Clean; self.stages().len()];
        for numbered in self.number(&graph, args)? {
            let mut taint = match &graph.bases[numbered.stage.index] {
                Origin::Stage(base) => ends[*base],
                _ => Taint::Clean,
            };
            for item in numbered.instructions {
                let Some(place) = item.place else { continue };
                let key = place.vertex;
                let mut own = self.context_taint(item.instruction, &item.env, &changed);
                for origin in self.sources_of(numbered.stage, item.instruction)? {
                    if let Origin::Stage(source) = origin {
                        // By content: the stage may run and its files come out the same.
                        own = own.max(ends[source].min(Taint::May));
                    }
                }
                let is_run = matches!(item.instruction.kind, InstructionKind::Run(_));
                // A RUN's cache key holds that of the step before it, so it cannot be
                // cached behind one that ran with other content. Of the other steps
                // BuildKit may still judge by content (`COPY --link`).
                let before = if is_run { taint } else { taint.min(Taint::May) };
                taint = taint.max(own);
                match own.max(before) {
                    Taint::Must => effect.must_run.insert(key),
                    Taint::May => effect.may_run.insert(key),
                    Taint::Clean => false,
                };
            }
            ends[numbered.stage.index] = taint;
        }
        // Of two steps that are one vertex, one may have to meet less than the other.
        let EditEffect { must_run, may_run } = &mut effect;
        may_run.retain(|key| !must_run.contains(key));
        Ok(effect)
    }

    /// What the step itself reads of the context.
    fn context_taint(&self, instruction: &Instruction, env: &Env, changed: &[Alias]) -> Taint {
        match &instruction.kind {
            InstructionKind::Copy(copy) if copy.from.is_none() => {
                let sources = copy.sources.iter();
                let taint = sources
                    .map(|source| self.source_taint(source, env, changed))
                    .max();
                let taint = taint.unwrap_or(Taint::Clean);
                if copy.filtered {
                    taint.min(Taint::May)
                } else {
                    taint
                }
            }
            InstructionKind::Run(mounts) => mounts
                .iter()
                .filter(|mount| mount.from.is_none())
                .map(|mount| {
                    match self.expanded(&mount.kind, env).as_deref() {
                        Some(kind) if !kind.eq_ignore_ascii_case("bind") => return Taint::Clean,
                        Some(_) => {}
                        None => return unknown(changed),
                    }
                    let source = mount.source.as_deref().unwrap_or_default();
                    let taint = self.source_taint(source, env, changed);
                    // What can be written to has no checksum of its own: the whole
                    // context is in the key.
                    if mount.writable {
                        taint.max(Taint::May)
                    } else {
                        taint
                    }
                })
                .max()
                .unwrap_or(Taint::Clean),
            _ => Taint::Clean,
        }
    }

    fn source_taint(&self, source: &str, env: &Env, changed: &[Alias]) -> Taint {
        let Some(source) = self.expanded(source, env) else {
            return unknown(changed);
        };
        let cover = changed.iter().map(|alias| alias.covered_by(&source)).max();
        cover.map_or(Taint::Clean, Taint::from)
    }

    /// The word with its variables; `None` where the base image may set one of them.
    fn expanded(&self, word: &str, env: &Env) -> Option<String> {
        let expanded = Lex::new(self.escape).process(word, env).ok()?;
        expanded.unknown.is_empty().then_some(expanded.text)
    }
}

/// Whether what cannot be judged reads a changed file.
fn unknown(changed: &[Alias]) -> Taint {
    if changed.is_empty() {
        Taint::Clean
    } else {
        Taint::May
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `must | may`, each key as `label/index`.
    fn effect_of(text: &str, changed: &[&str]) -> String {
        let changed: Vec<String> = changed.iter().map(|path| (*path).to_owned()).collect();
        let file = Dockerfile::parse(text).unwrap();
        // As in a tree that has these links.
        let links = [("link", "real"), ("file", "real/src.txt")];
        let links = links.map(|(link, target)| (link.to_owned(), target.to_owned()));
        let (none, links) = (BTreeMap::new(), BTreeMap::from(links));
        let effect = file.edit_effect(None, &none, &changed, &links).unwrap();
        let list = |keys: &BTreeSet<StepKey>| {
            let keys = keys.iter().map(|key| match &key.stage {
                Some(stage) => format!("{stage}/{}", key.index),
                None => key.index.to_string(),
            });
            keys.collect::<Vec<_>>().join(" ")
        };
        format!("{} | {}", list(&effect.must_run), list(&effect.may_run))
    }

    const SINGLE: &str = "FROM node:20\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\nCMD x\n";

    #[test]
    fn one_stage_runs_from_the_first_copy_that_covers_the_change() {
        assert_eq!(effect_of(SINGLE, &["src/a.ts"]), "5 6 | ");
        assert_eq!(effect_of(SINGLE, &["package.json"]), "3 4 5 6 | ");
        assert_eq!(effect_of(SINGLE, &[]), " | ");
        let later = "FROM a\nCOPY x y\nCOPY b c\nWORKDIR /d\nRUN e\n";
        assert_eq!(effect_of(later, &["x"]), "2 5 | 3 4");
        assert_eq!(effect_of(later, &["other"]), " | ");
    }

    #[test]
    fn stages_that_share_a_base_stage_follow_it() {
        let text = concat!(
            "FROM node:20 AS deps\nCOPY package*.json ./\nRUN npm ci\n",
            "FROM deps AS build\nCOPY src src\nRUN npm run build\n",
            "FROM deps AS prune\nRUN npm prune\n",
            "FROM node:20-alpine\nWORKDIR /app\nCOPY --from=prune /n n\nCOPY --from=build /d d\nRUN x\n",
        );
        assert_eq!(
            effect_of(text, &["src/a"]),
            "build/1 build/2 | stage-3/4 stage-3/5"
        );
        assert_eq!(
            effect_of(text, &["package.json"]),
            "build/2 deps/2 deps/3 prune/1 | build/1 stage-3/3 stage-3/4 stage-3/5"
        );
        assert_eq!(effect_of(text, &["README.md"]), " | ");
    }

    #[test]
    fn a_covered_copy_behind_a_copied_stage_must_run() {
        let text =
            "FROM a AS b\nCOPY src .\nRUN x\nFROM c\nCOPY --from=b /x /\nCOPY src/s .\nRUN y\n";
        assert_eq!(
            effect_of(text, &["src/s"]),
            "b/2 b/3 stage-1/3 stage-1/4 | stage-1/2"
        );
        assert_eq!(
            effect_of(text, &["src/t"]),
            "b/2 b/3 | stage-1/2 stage-1/3 stage-1/4"
        );
    }

    #[test]
    fn mounts_of_the_context_count_as_reading() {
        let text = "FROM a\nRUN --mount=type=bind,source=go.mod,target=/m x\nRUN --mount=target=. --mount=type=cache,target=/c y\n";
        assert_eq!(effect_of(text, &["main.go"]), "stage-0/3 | ");
        assert_eq!(effect_of(text, &["go.mod"]), "stage-0/2 stage-0/3 | ");
        let writable = "FROM a\nRUN --mount=type=bind,rw,source=s,target=/m x\n";
        assert_eq!(effect_of(writable, &["main.go"]), " | stage-0/2");
        let other = "FROM a AS t\nCOPY x /\nFROM b\nRUN --mount=from=t,target=/t x\nRUN y\n";
        assert_eq!(effect_of(other, &["x"]), "t/2 | stage-1/2 stage-1/3");
    }

    #[test]
    fn what_cannot_be_judged_may_run() {
        assert_eq!(effect_of("FROM a\nCOPY $X/y .\nRUN z\n", &["q"]), " | 2 3");
        assert_eq!(
            effect_of("FROM a\nARG X=q\nCOPY $X .\nRUN z\n", &["q"]),
            "2 3 | "
        );
        assert_eq!(
            effect_of("FROM a\nCOPY --exclude=*.md . .\nRUN z\n", &["q"]),
            " | 2 3"
        );
        assert_eq!(
            effect_of(
                "FROM a\nADD https://x/y /y\nCOPY <<E /q\nE\nRUN z\n",
                &["q"]
            ),
            " | "
        );
        assert_eq!(
            effect_of("FROM a\nCOPY [\"a b\", \"/q\"]\nRUN z\n", &["a b"]),
            "2 3 | "
        );
    }

    #[test]
    fn what_a_base_image_may_set_makes_a_step_may_run() {
        let file = "FROM a\nCOPY $SRC /app/\n";
        assert_eq!(effect_of(file, &["src.txt"]), " | 2");
        // On scratch there is nobody else to set it, so the source is the whole context.
        assert_eq!(
            effect_of("FROM scratch\nCOPY x$SRC /\n", &["src.txt"]),
            " | "
        );
        assert_eq!(effect_of("FROM scratch\nCOPY x$SRC /\n", &["x"]), "1 | ");
        let with_default = "FROM a\nCOPY ${SRC:-other} /app/\n";
        assert_eq!(effect_of(with_default, &["src.txt"]), " | 2");
        let own = "FROM a\nENV SRC=src.txt\nCOPY $SRC /app/\n";
        assert_eq!(effect_of(own, &["src.txt"]), "2 | ");
        let cut = "FROM a\nARG V=vsrc.txt\nCOPY ${V#v} /app/\n";
        assert_eq!(effect_of(cut, &["src.txt"]), "2 | ");
        let mount = "FROM a\nRUN --mount=type=$T,source=src.txt,target=/x y\n";
        assert_eq!(effect_of(mount, &["src.txt"]), " | stage-0/2");
    }

    #[test]
    fn sources_lead_through_links() {
        for (source, expected) in [
            ("link/", "2 | "),
            ("link/src.txt", "2 | "),
            ("file", "2 | "),
            ("l*", " | 2"),
            ("other", " | "),
        ] {
            let file = format!("FROM a\nCOPY {source} /app/\n");
            assert_eq!(effect_of(&file, &["real/src.txt"]), expected, "{source}");
        }
    }

    #[test]
    fn a_trigger_reads_the_context_of_the_stage_that_it_runs_in() {
        let file = "FROM a AS t\nONBUILD COPY src.txt /\nONBUILD RUN x\nFROM t\nRUN y\n";
        let all = "stage-1/1 stage-1/2 stage-1/3 | ";
        assert_eq!(effect_of(file, &["src.txt"]), all);
    }
}
