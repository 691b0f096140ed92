//! A build step that empties cache mounts.
//!
//! A builder keeps a mount's content under its id. No call of the API empties one, and the
//! removal of its record spoils the layer cache on some stores. So a step of its own mounts
//! the same ids and deletes what they hold.

use std::collections::{BTreeMap, BTreeSet};

use super::file::Dockerfile;
use super::instruction::{Instruction, InstructionKind};

/// Where the step mounts them.
const FOLDER: &str = "/.plimsoll-emptied";

impl Dockerfile {
    /// This file up to a step that has a shell and a cache mount, with a step in its place
    /// that empties all cache mounts of the build of `target`. `None` where there is none.
    ///
    /// `nonce` makes the step another one in each build. It must hold nothing that a shell
    /// or a Dockerfile reads as more than text.
    ///
    /// # Errors
    /// Why the mounts cannot be emptied so.
    pub fn emptying(
        &self,
        target: Option<&str>,
        args: &BTreeMap<String, String>,
        nonce: &str,
    ) -> Result<Option<Vec<u8>>, String> {
        let steps = self
            .steps(target, args)
            .map_err(|error| error.to_string())?;
        let planned: BTreeSet<_> = steps.iter().map(|step| step.line).collect();
        let mut caches = BTreeSet::new();
        let mut place = None;
        let instructions = self.stages().iter().flat_map(|stage| &stage.instructions);
        for instruction in instructions.filter(|it| planned.contains(&it.line)) {
            let InstructionKind::Run(mounts) = &instruction.effective().kind else {
                continue;
            };
            let mounts: Vec<_> = mounts.iter().filter(|mount| mount.is_cache()).collect();
            if mounts.is_empty() {
                continue;
            }
            if mounts.iter().any(|mount| mount.from.is_some()) {
                return Err(format!(
                    "the cache mount in line {} begins as a copy of an image, so it is never empty",
                    instruction.line
                ));
            }
            for mount in mounts {
                let id = mount.cache_id().unwrap_or_default();
                // A variable may have another value, or none, at the step's own place.
                if id.contains('$') || mount.owner.values().any(|value| value.contains('$')) {
                    return Err(format!(
                        "the cache mount in line {} has a variable in its id, target or owner",
                        instruction.line
                    ));
                }
                let owner = mount
                    .owner
                    .iter()
                    .map(|(key, value)| format!(",{key}={value}"));
                caches.insert((id, owner.collect::<String>()));
            }
            if place.is_none() && has_shell(instruction.effective()) {
                place = Some(instruction);
            }
        }
        if caches.is_empty() {
            return Ok(None);
        }
        let place = place.ok_or("no step with a cache mount runs a shell that could empty it")?;
        let mut file = self.before(place).to_vec();
        let (mounts, command) = (mount_flags(&caches), command(nonce));
        file.extend_from_slice(format!("USER 0\nRUN {mounts} {command}\n").as_bytes());
        Ok(Some(file))
    }

    /// The text before an instruction.
    fn before(&self, instruction: &Instruction) -> &[u8] {
        let line = usize::try_from(instruction.line).unwrap_or(usize::MAX);
        let lines = self
            .text
            .split_inclusive(|byte| *byte == b'\n')
            .take(line - 1);
        &self.text[..lines.map(<[u8]>::len).sum()]
    }
}

/// Whether a RUN hands its command to a shell: the exec form does not.
fn has_shell(instruction: &Instruction) -> bool {
    let words = instruction.text.split_whitespace().skip(1);
    let mut words = words.skip_while(|word| word.starts_with("--"));
    words.next().is_some_and(|word| !word.starts_with('['))
}

/// Each cache by its id and what else the builder keeps it apart by.
fn mount_flags(caches: &BTreeSet<(String, String)>) -> String {
    let flags = caches.iter().enumerate().map(|(number, (id, owner))| {
        format!("--mount=type=cache,id={id},target={FOLDER}/{number}{owner}")
    });
    flags.collect::<Vec<_>>().join(" ")
}

/// Deletes what each mount holds, and fails where something stays.
fn command(nonce: &str) -> String {
    format!(
        ": plimsoll-{nonce}; for mount in {FOLDER}/*; do \
         rm -rf \"$mount\"/* \"$mount\"/.[!.]* \"$mount\"/..?*; \
         test -z \"$(ls -A \"$mount\")\" || exit 1; done"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emptying(text: &str, target: Option<&str>) -> Result<Option<String>, String> {
        let file = Dockerfile::parse(text).unwrap();
        let emptying = file.emptying(target, &BTreeMap::new(), "n1")?;
        Ok(emptying.map(|file| String::from_utf8(file).unwrap()))
    }

    const FILE: &str = "# syntax=x\nFROM a AS deps\nCOPY p /\n\
        RUN --mount=type=cache,id=one,target=/one \\\n  --mount=type=cache,id=two,target=/two make\n\
        FROM b AS other\nRUN --mount=type=cache,id=three,target=/three x\n\
        FROM c\nCOPY --from=deps /x /\n";

    #[test]
    fn the_step_takes_the_place_of_the_first_that_can() {
        let text = emptying(FILE, None).unwrap().unwrap();
        let (before, step) = text.split_once("USER 0\n").unwrap();
        assert_eq!(before, "# syntax=x\nFROM a AS deps\nCOPY p /\n");
        assert!(
            step.starts_with(
                "RUN --mount=type=cache,id=one,target=/.plimsoll-emptied/0 \
                 --mount=type=cache,id=two,target=/.plimsoll-emptied/1 : plimsoll-n1; "
            ),
            "{step}"
        );
        // The stage that is not needed is left alone, and so are its mounts.
        assert!(!step.contains("three"), "{step}");
        let parsed = Dockerfile::parse(&text).unwrap();
        assert_eq!(parsed.stages().len(), 1);
        assert_eq!(parsed.cache_mounts().len(), 2);
        let other = emptying(FILE, Some("other")).unwrap().unwrap();
        let (_, step) = other.split_once("USER 0\n").unwrap();
        assert!(step.contains("id=three") && !step.contains("id=one"));
    }

    #[test]
    fn caches_of_different_owners_are_distinguished() {
        let file = "FROM a\nRUN --mount=type=cache,target=/c,gid=20,uid=10 x\n\
            RUN --mount=type=cache,target=/c x\n";
        let text = emptying(file, None).unwrap().unwrap();
        for flag in [
            "id=/c,target=/.plimsoll-emptied/0 ",
            "id=/c,target=/.plimsoll-emptied/1,gid=20,uid=10 ",
        ] {
            assert!(text.contains(flag), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_emptied_says_why() {
        assert_eq!(emptying("FROM a\nRUN x\n", None), Ok(None));
        let exec = "FROM a\nRUN --mount=type=cache,target=/c [\"/tool\"]\n";
        assert!(emptying(exec, None).unwrap_err().contains("no step"));
        let seeded = "FROM a AS b\nFROM a\nRUN --mount=type=cache,target=/c,from=b x\n";
        assert!(emptying(seeded, None).unwrap_err().contains("line 3"));
        let variable = "FROM a\nARG T\nRUN --mount=type=cache,target=/c/$T x\n";
        assert!(emptying(variable, None).unwrap_err().contains("a variable"));
        let both = format!("{exec}RUN --mount=type=cache,target=/d y\n");
        let text = emptying(&both, None).unwrap().unwrap();
        assert!(text.contains("id=/c,") && text.contains("id=/d,"), "{text}");
    }
}
