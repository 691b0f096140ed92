//! Replaces base references and cache mount ids in place.

use std::collections::BTreeMap;

use super::error::ParseError;
use super::file::Dockerfile;
use super::graph::Origin;
use super::instruction::{Instruction, InstructionKind};
use super::mount::Mount;
use super::words::Word;

/// Bytes of the file to leave out, and texts to put before a byte.
#[derive(Default)]
struct Edits {
    removed: Vec<usize>,
    inserted: BTreeMap<usize, String>,
}

impl Edits {
    /// A word may run over a line's end: what stands between its bytes (the
    /// continuation) is kept, and with it the count of lines. The new text goes to
    /// the word's last line: were that left blank, the continuation would take the
    /// next instruction in.
    fn replace(&mut self, word: &Word, text: &str) {
        let Some(last) = word.at.last() else { return };
        let run = word
            .at
            .iter()
            .rev()
            .zip(0..)
            .take_while(|(at, behind)| **at + behind == *last);
        let start = run.last().map_or(*last, |(at, _)| *at);
        self.removed.extend(&word.at);
        self.inserted.insert(start, text.to_owned());
    }

    fn apply(self, text: &[u8]) -> Vec<u8> {
        let mut keep = vec![true; text.len()];
        for at in self.removed {
            keep[at] = false;
        }
        let mut bytes = Vec::with_capacity(text.len() + 64);
        for (at, byte) in text.iter().enumerate() {
            if let Some(inserted) = self.inserted.get(&at) {
                bytes.extend_from_slice(inserted.as_bytes());
            }
            if keep[at] {
                bytes.push(*byte);
            }
        }
        if let Some(inserted) = self.inserted.get(&text.len()) {
            bytes.extend_from_slice(inserted.as_bytes());
        }
        bytes
    }
}

impl Dockerfile {
    /// The text with every reference that is a key of `bases` (as
    /// [`Dockerfile::external_bases`] gives it) replaced by its value, in FROM,
    /// `COPY --from` and `RUN --mount=from`, and, with `mount_ids`, with an id of
    /// its own for each cache mount: `plimsoll-<suffix>-<effective id>`. Mounts that
    /// shared an id share the new one. Everything else stays byte for byte, and every line
    /// keeps its number.
    ///
    /// `mount_ids` must hold neither comma, quote nor white space.
    ///
    /// # Errors
    /// As [`Dockerfile::external_bases`], of any stage.
    pub fn rewrite(
        &self,
        args: &BTreeMap<String, String>,
        bases: &BTreeMap<String, String>,
        mount_ids: Option<&str>,
    ) -> Result<Vec<u8>, ParseError> {
        let graph = self.graph(None, args)?;
        let mut edits = Edits::default();
        let mut replace = |origin: &Origin, word: &Word| {
            if let Origin::Image(reference) = origin
                && let Some(base) = bases.get(reference)
            {
                edits.replace(word, base);
            }
        };
        for stage in self.stages() {
            replace(&graph.bases[stage.index], &stage.base_word);
            for instruction in stage.instructions.iter().map(Instruction::effective) {
                let words: Vec<&Word> = match &instruction.kind {
                    InstructionKind::Copy(copy) => copy.from.iter().collect(),
                    InstructionKind::Run(mounts) => {
                        mounts.iter().filter_map(|m| m.from.as_ref()).collect()
                    }
                    _ => continue,
                };
                // What the builder refuses in a stage that no target needs, it never looks at.
                let sources = match self.sources_of(stage, instruction) {
                    Err(error) if graph.reaches(stage.index) => return Err(error),
                    sources => sources.unwrap_or_default(),
                };
                for (origin, word) in sources.iter().zip(words) {
                    replace(origin, word);
                }
            }
        }
        if let Some(suffix) = mount_ids {
            let instructions = self.stages().iter().flat_map(|stage| &stage.instructions);
            for instruction in instructions {
                if let InstructionKind::Run(mounts) = &instruction.effective().kind {
                    mounts
                        .iter()
                        .for_each(|mount| give_id(&mut edits, mount, suffix));
                }
            }
        }
        Ok(edits.apply(&self.text))
    }
}

/// A step as it is named after [`Dockerfile::rewrite`], without the ids of mounts: they are
/// others in each build, and the step is the same. An id that its author wrote goes too.
pub fn without_mount_ids(step: &str) -> String {
    const FIELD: &str = "id=plimsoll-";
    let mut text = String::with_capacity(step.len());
    let mut rest = step;
    while let Some(at) = rest.find(FIELD) {
        let (before, after) = rest.split_at(at);
        let end = after.find(|c: char| c == ',' || c.is_whitespace() || matches!(c, '"' | '\''));
        let end = end.unwrap_or(after.len());
        text.push_str(before);
        rest = &after[end..];
        // The comma between it and the next field, or between it and the field before.
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None if text.ends_with(',') => drop(text.pop()),
            None => {}
        }
    }
    text + rest
}

/// Why: a build without cache empties the cache mounts of the steps that it runs
/// again, by their id, and that is the target path where none is written: an
/// unchanged `/root/.npm` would be the user's own.
fn give_id(edits: &mut Edits, mount: &Mount, suffix: &str) {
    let Some(id) = mount.cache_id() else { return };
    let own = format!("plimsoll-{suffix}-");
    match mount.id.as_ref().map(|written| written.at.first()) {
        Some(Some(written)) => {
            edits.inserted.insert(*written, own);
        }
        // `id=`: the builder takes the target, and the last id of several.
        Some(None) => {
            let named = format!("{own}{}", id_safe(&id));
            edits.inserted.insert(mount.id_start, named);
        }
        None => {
            let field = format!("id={own}{},", id_safe(&id));
            let start = edits.inserted.entry(mount.start).or_default();
            start.insert_str(0, &field);
        }
    }
}

/// What may stand unquoted in a field of a mount. Slashes stay: builders' own
/// default ids hold them. No two ids become one.
fn id_safe(id: &str) -> String {
    let mut safe = String::with_capacity(id.len());
    for character in id.chars() {
        match character {
            ',' | '"' | '\'' | '%' | '\\' => {
                safe.push_str(&format!("%{:02x}", u32::from(character)))
            }
            _ if character.is_whitespace() => {
                safe.push_str(&format!("%{:02x}", u32::from(character)))
            }
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_the_same_whatever_its_mounts_are_called() {
        for (named, plain) in [
            (
                "[deps 4/4] RUN --mount=id=plimsoll-81-node_x-r1-/root/.npm,type=cache,target=/root/.npm npm ci",
                "[deps 4/4] RUN --mount=type=cache,target=/root/.npm npm ci",
            ),
            (
                "RUN --mount=type=cache,id=plimsoll-s-x,target=/a --mount=type=cache,target=/b,id=plimsoll-s-y make id=plimsoll",
                "RUN --mount=type=cache,target=/a --mount=type=cache,target=/b make id=plimsoll",
            ),
            ("RUN make", "RUN make"),
        ] {
            assert_eq!(without_mount_ids(named), plain);
        }
    }

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    const SOURCE: &str = concat!(
        "# syntax=docker/dockerfile:1\r\n",
        "ARG V=20\r\n",
        "FROM --platform=linux/amd64   node:${V}-slim  AS node\r\n",
        "RUN --mount=type=cache,target=/root/.npm \\\r\n",
        "  # why\r\n",
        "  --mount=type=ca\\\r\n",
        "che,id=x,target=/c --mount=from=alpine:3,target=/a npm ci # node:20-slim\r\n",
        "FROM node\r\n",
        "COPY --from=node /x /y\r\n",
        "copy --from=alpine:3 --chmod=1 /x /y\r\n",
        "RUN --mount=type=cache,target=\"/root/.npm/\" <<EOF\r\n",
        "FROM node:20-slim\r\n",
        "EOF",
    );

    #[test]
    fn references_and_ids_change_and_nothing_else() {
        let file = Dockerfile::parse(SOURCE).unwrap();
        let bases = map(&[
            ("node:20-slim", "p.local/node:20"),
            ("alpine:3", "p.local/alpine:3"),
            ("node", "no"),
        ]);
        let expected = SOURCE
            .replace("  node:${V}-slim ", "  p.local/node:20 ")
            .replace("from=alpine:3", "from=p.local/alpine:3")
            .replace(
                "type=cache,target=",
                "id=plimsoll-s1-/root/.npm,type=cache,target=",
            )
            .replace("id=x", "id=plimsoll-s1-x");
        let rewritten = file.rewrite(&map(&[]), &bases, Some("s1")).unwrap();
        assert_eq!(String::from_utf8_lossy(&rewritten), expected);
        let again = Dockerfile::parse(&rewritten).unwrap();
        let ids: Vec<_> = again
            .cache_mounts()
            .into_iter()
            .map(|mount| mount.id)
            .collect();
        assert_eq!(
            ids,
            [
                "plimsoll-s1-/root/.npm",
                "plimsoll-s1-x",
                "plimsoll-s1-/root/.npm"
            ]
        );
    }

    /// BuildKit takes the target for an empty id, which would be the user's own cache.
    #[test]
    fn an_empty_id_is_replaced_where_it_is_written() {
        for (written, rewritten) in [
            (
                "type=cache,target=/c,id= make",
                "type=cache,target=/c,id=plimsoll-s-/c make",
            ),
            (
                "type=cache,id=x,target=/c,id=\"\" make",
                "type=cache,id=x,target=/c,id=plimsoll-s-/c\"\" make",
            ),
            (
                "type=cache,target=/c,id make",
                "id=plimsoll-s-/c,type=cache,target=/c,id make",
            ),
        ] {
            let file = Dockerfile::parse(format!("FROM a\nRUN --mount={written}\n")).unwrap();
            let text = file.rewrite(&map(&[]), &map(&[]), Some("s")).unwrap();
            let expected = format!("FROM a\nRUN --mount={rewritten}\n");
            assert_eq!(String::from_utf8_lossy(&text), expected);
            let ids: Vec<_> = Dockerfile::parse(&text).unwrap().cache_mounts();
            assert_eq!(ids[0].id, "plimsoll-s-/c", "{written}");
        }
    }

    #[test]
    fn without_anything_to_do_the_text_is_the_same() {
        let file = Dockerfile::parse(SOURCE).unwrap();
        assert_eq!(
            file.rewrite(&map(&[]), &map(&[]), None).unwrap(),
            SOURCE.as_bytes()
        );
        // Another value of the argument names another image.
        let bases = map(&[("node:20-slim", "p")]);
        assert_eq!(
            file.rewrite(&map(&[("V", "22")]), &bases, None).unwrap(),
            SOURCE.as_bytes()
        );
    }

    #[test]
    fn a_word_over_a_line_end_keeps_the_line() {
        let file = Dockerfile::parse(
            "FROM no\\\nde:20\nRUN --mount=type=cache,from=no\\\nde:20,target=/x y\n",
        )
        .unwrap();
        let rewritten = file
            .rewrite(&map(&[]), &map(&[("node:20", "p/n:1")]), Some("s"))
            .unwrap();
        assert_eq!(
            String::from_utf8_lossy(&rewritten),
            "FROM \\\np/n:1\nRUN --mount=id=plimsoll-s-/x,type=cache,from=\\\np/n:1,target=/x y\n"
        );
        let again = Dockerfile::parse(&rewritten).unwrap();
        assert_eq!(again.external_bases(None, &map(&[])).unwrap(), ["p/n:1"]);
    }

    #[test]
    fn ids_stay_apart_and_safe() {
        assert_eq!(id_safe("/a b,c%"), "/a%20b%2cc%25");
        assert_ne!(id_safe("/a%20b"), id_safe("/a b"));
    }
}
