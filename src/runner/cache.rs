//! Which records of the builder's cache are ours.
//!
//! BuildKit's records carry no label (METHODOLOGY, rule 3). What a build of ours
//! left is recognised by these signs: the record was not there before the visit, and
//! no sign of a foreign build stands among the new ones (a command that is not ours, more
//! contexts than we sent, more copies than we made); or the record itself names a cache mount of
//! ours. What cannot be recognised stays.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::planned_case::PlannedCase;
use crate::dockerfile::{Step, StepKey};
use crate::engine::{BuildStep, CacheRecord};

/// New records, ours and doubtful apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attribution {
    /// Ids that may be removed.
    pub ours: Vec<String>,
    /// New records that may be somebody else's.
    pub doubtful: Vec<String>,
}

/// The builder's cache before a visit, and what identifies the records of the visit. It is
/// noted while the visit goes on: should the process die, `clean` finds the records by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitNotes {
    /// Ids of the records that were there.
    before: BTreeSet<String>,
    /// The RUN commands of the Dockerfile.
    commands: BTreeSet<String>,
    /// Visits since then: more than one where the records of one could not be looked at.
    visits: usize,
    /// When the process was last seen alive; known to who reads the notes of another one.
    #[serde(skip)]
    last_seen: Option<SystemTime>,
}

/// How much later than its last sign of life a build of a process may have made a record.
const STILL_ALIVE: Duration = Duration::from_secs(3);

impl VisitNotes {
    /// The same, of a process that was last seen alive at that time.
    #[must_use]
    pub fn last_seen(mut self, at: Option<SystemTime>) -> Self {
        self.last_seen = at;
        self
    }

    /// The new records of a visit whose process died, ours and doubtful apart. What was made
    /// after its death belongs to another process, even if its command is ours, and is neither.
    /// How many tars it had sent is not known, so a context that came as a tar makes all
    /// doubtful.
    pub fn attribute(&self, records: &[CacheRecord]) -> Attribution {
        let until = self.last_seen.map(|at| at + STILL_ALIVE);
        let in_time = |record: &&CacheRecord| match (record.created, until) {
            (Some(created), Some(until)) => created <= until,
            _ => true,
        };
        let records: Vec<_> = records.iter().filter(in_time).cloned().collect();
        attribute(
            &self.before,
            &records,
            &self.commands,
            Asked::UNKNOWN,
            self.visits,
        )
    }
}

/// What the builds of this process have asked of the builder so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Contexts that went as a tar.
    pub(super) tars: usize,
    /// Steps that ran and may have left a record of files: each leaves one at most.
    pub(super) copies: usize,
    /// Builds of which nobody knows what steps ran: they failed or were interrupted, or the builder
    /// reports no steps.
    pub(super) unknown: usize,
}

impl Asked {
    /// Adds the steps of a build that succeeded. Internal steps count, except those that load or
    /// export: heredocs, permissions of cache mounts and `copy /context` leave a record of files.
    pub(super) fn add_steps(&mut self, steps: &[BuildStep]) {
        let ran = steps.iter().filter(|step| {
            let makes_no_files = match StepKey::parse_vertex(&step.name) {
                Some((_, _, text)) => text.starts_with("RUN ") || text.starts_with("FROM "),
                None => WITHOUT_FILES
                    .iter()
                    .any(|start| step.name.starts_with(start)),
            };
            step.started.is_some() && !step.cached && !makes_no_files
        });
        self.copies += ran.count();
        self.unknown += usize::from(steps.is_empty());
    }

    fn since(self, earlier: Self) -> Self {
        Self {
            tars: self.tars - earlier.tars,
            copies: self.copies - earlier.copies,
            unknown: self.unknown - earlier.unknown,
        }
    }

    /// Of a process that died: only the number of tars is assumed, 0.
    const UNKNOWN: Self = Self {
        tars: 0,
        copies: 0,
        unknown: 1,
    };
}

/// How the names of internal steps begin that leave no record of files.
const WITHOUT_FILES: [&str; 3] = ["[internal] load ", "exporting ", "resolve image config "];

/// The notes of a visit, with what only its process knows.
pub(super) struct Before {
    pub(super) notes: VisitNotes,
    asked: Asked,
}

impl Before {
    /// What there is before a visit of `case`, or of the floor.
    pub(super) fn new(ids: BTreeSet<String>, case: Option<&PlannedCase>, asked: Asked) -> Self {
        let spec = case.map(|case| &case.spec);
        let steps = spec.and_then(|spec| {
            let target = spec.target.as_deref();
            spec.dockerfile.steps(target, &spec.build_args).ok()
        });
        Self {
            notes: VisitNotes {
                before: ids,
                commands: commands(&steps.unwrap_or_default()),
                visits: 1,
                last_seen: None,
            },
            asked,
        }
    }

    /// The same together with an earlier visit whose records were not looked at.
    pub(super) fn with(mut self, earlier: Self) -> Self {
        self.notes.before = earlier.notes.before;
        self.notes.commands.extend(earlier.notes.commands);
        self.notes.visits += earlier.notes.visits;
        self.asked = earlier.asked;
        self
    }

    /// The new records, ours and doubtful apart.
    pub(super) fn attribute(&self, after: &[CacheRecord], asked: Asked) -> Attribution {
        let asked = asked.since(self.asked);
        let VisitNotes {
            before,
            commands,
            visits,
            last_seen: _,
        } = &self.notes;
        attribute(before, after, commands, asked, *visits)
    }
}

/// How the record of a context that came as a tar is described. ADD of a URL has the URL.
const TAR_CONTEXT: &str = "http url http://build-context-";

/// How the records of a context are described that came over a session.
const SYNCED_CONTEXT: &str = "local source for ";

/// How the record of copied files, or of a folder that was made, is described.
const COPIED: &str = "fileop target";

/// Such records that the builds of one visit leave: the Dockerfile, the ignore file, and the
/// context if it is read (seen on 20.10). All builds of a visit share them. A
/// build of somebody else's on a folder that the builder does not know yet leaves two at least.
const SYNCED_BY_A_VISIT: usize = 3;

/// Compares the records before and after `visits` visits whose builds asked for `asked`, and whose
/// RUN commands are `commands`.
fn attribute(
    before: &BTreeSet<String>,
    after: &[CacheRecord],
    commands: &BTreeSet<String>,
    asked: Asked,
    visits: usize,
) -> Attribution {
    let fresh: Vec<_> = after
        .iter()
        .filter(|record| !before.contains(&record.id))
        .collect();
    // More tars than we sent came from somebody else, and so did more copies than we made.
    let described = |start: &'static str| {
        let records = fresh.iter();
        records.filter(move |record| record.description.starts_with(start))
    };
    let copied = described(COPIED).count();
    let synced = described(SYNCED_CONTEXT);
    let foreign = described(TAR_CONTEXT).count() > asked.tars
        || (asked.unknown == 0 && copied > asked.copies)
        || synced.clone().count() > SYNCED_BY_A_VISIT * visits
        || synced
            .filter(|record| record.description.contains("for dockerfile"))
            .count()
            > visits
        || fresh
            .iter()
            .any(|record| origin(record, commands) == Origin::Foreign);
    let mut attribution = Attribution::default();
    for record in fresh {
        match (origin(record, commands), foreign) {
            (Origin::Ours, _) | (Origin::Unmarked, false) => {
                attribution.ours.push(record.id.clone())
            }
            (Origin::Unmarked, true) | (Origin::Foreign, _) => {
                attribution.doubtful.push(record.id.clone());
            }
        }
    }
    attribution
}

/// The commands of RUN steps, as the descriptions of cache records end.
fn commands(planned: &[Step]) -> BTreeSet<String> {
    planned
        .iter()
        .filter(|step| step.instruction == "RUN")
        .map(|step| {
            let words = step.text.split_whitespace().skip(1);
            let words: Vec<_> = words.skip_while(|word| word.starts_with("--")).collect();
            let text = words.join(" ");
            // The exec form is described by its words.
            match serde_json::from_str::<Vec<String>>(&text) {
                Ok(words) => words.join(" "),
                Err(_) => text,
            }
        })
        .collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Ours,
    Foreign,
    Unmarked,
}

/// The descriptions are BuildKit's (seen on 20.10 and 26.1): `mount / from exec
/// /bin/sh -c CMD`, `local source for context`, `http url ...`, `fileop target`.
fn origin(record: &CacheRecord, commands: &BTreeSet<String>) -> Origin {
    let text = record
        .description
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if let Some((_, command)) = text.split_once(" from exec ") {
        if text.contains("plimsoll-") {
            return Origin::Ours;
        }
        let command = command.strip_prefix("/bin/sh -c ").unwrap_or(command);
        // The same command in somebody else's build looks the same, so it is no proof.
        let known = commands.iter().any(|own| !own.is_empty() && command == own);
        return if known {
            Origin::Unmarked
        } else {
            Origin::Foreign
        };
    }
    if text.contains("plimsoll-") {
        return Origin::Ours;
    }
    if text.starts_with("git snapshot") {
        return Origin::Foreign;
    }
    Origin::Unmarked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Bytes;

    fn record(id: &str, description: &str) -> CacheRecord {
        CacheRecord {
            id: id.to_owned(),
            description: description.to_owned(),
            kind: "regular".to_owned(),
            size: Bytes(1),
            in_use: false,
            created: None,
        }
    }

    fn asked(tars: usize, copies: usize) -> Asked {
        Asked {
            tars,
            copies,
            unknown: 0,
        }
    }

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn what_is_made_after_the_death_of_the_process_is_not_ours() {
        let notes = VisitNotes {
            before: BTreeSet::new(),
            commands: BTreeSet::from(["npm ci".to_owned()]),
            visits: 1,
            last_seen: None,
        };
        let seen = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let at = |id: &str, seconds| CacheRecord {
            created: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)),
            ..record(id, "mount / from exec /bin/sh -c npm ci")
        };
        // The user builds the same Dockerfile an hour later.
        let records = [at("ours", 999), at("late", 1_002), at("theirs", 4_600)];
        let found = notes.clone().last_seen(Some(seen)).attribute(&records);
        assert_eq!(found.ours, ids(&["ours", "late"]));
        assert_eq!(found.doubtful, ids(&[]));
    }

    #[test]
    fn alone_all_new_records_are_ours() {
        let before = BTreeSet::from(["old".to_owned()]);
        let after = [
            record("old", "fileop target"),
            record("a", "mount / from exec /bin/sh -c npm ci"),
            record("b", "fileop target"),
        ];
        let commands = BTreeSet::from(["npm ci".to_owned()]);
        let found = attribute(&before, &after, &commands, asked(1, 1), 1);
        assert_eq!(
            found,
            Attribution {
                ours: ids(&["a", "b"]),
                doubtful: vec![]
            }
        );
    }

    #[test]
    fn during_a_foreign_build_only_records_that_name_plimsoll_are_ours() {
        let after = [
            record("a", "mount / from exec /bin/sh -c npm ci"),
            record("b", "fileop target"),
            record("c", "mount / from exec /bin/sh -c make install"),
            record("d", "git snapshot"),
            record(
                "e",
                "cached mount /root/.npm from exec /bin/sh -c x with id plimsoll-1",
            ),
        ];
        let commands = BTreeSet::from(["npm ci".to_owned()]);
        let found = attribute(&BTreeSet::new(), &after, &commands, asked(1, 1), 1);
        assert_eq!(
            found,
            Attribution {
                ours: ids(&["e"]),
                doubtful: ids(&["a", "b", "c", "d"])
            }
        );
    }

    #[test]
    fn a_second_tar_context_is_a_sign_of_somebody_else() {
        let after = [
            record("a", "http url http://build-context-1"),
            record("b", "http url http://build-context-2"),
            record("c", "fileop target"),
        ];
        let none = BTreeSet::new();
        assert_eq!(
            attribute(&none, &after, &none, asked(2, 1), 1).ours.len(),
            3
        );
        assert_eq!(
            attribute(&none, &after, &none, asked(1, 1), 1).ours.len(),
            0
        );
    }

    #[test]
    fn more_copies_than_were_made_are_a_sign_of_somebody_else() {
        let copies = ["a", "b"].map(|id| record(id, "fileop target"));
        let none = BTreeSet::new();
        let ours = |asked| attribute(&none, &copies, &none, asked, 1).ours.len();
        assert_eq!(ours(asked(0, 2)), 2);
        assert_eq!(ours(asked(0, 1)), 0);
        // A build that failed may have made some.
        let failed = Asked {
            unknown: 1,
            ..asked(0, 1)
        };
        assert_eq!(ours(failed), 2);
        let step = |name: &str, cached| BuildStep {
            name: name.to_owned(),
            started: Some(crate::units::Nanos(1)),
            duration: Some(crate::units::Nanos(1)),
            cached,
        };
        let mut seen = Asked::default();
        seen.add_steps(&[
            step("[internal] load build definition from Dockerfile", false),
            step("[internal] load metadata for x", false),
            step("[1/4] FROM x", false),
            step("copy /context /", false),
            step("[1/4] WORKDIR /app", false),
            step("[2/4] COPY a b", true),
            step("[3/4] RUN make", false),
            step("[4/4] COPY c d", false),
            step("exporting to image", false),
        ]);
        assert_eq!(seen.copies, 3);
    }

    #[test]
    fn a_file_that_a_build_adds_from_a_url_is_no_context() {
        let after = [
            record("a", "http url https://example.com/tool.tar"),
            record("b", "fileop target"),
        ];
        let none = BTreeSet::new();
        assert_eq!(
            attribute(&none, &after, &none, asked(0, 1), 1).ours.len(),
            2
        );
    }

    #[test]
    fn a_fourth_synced_context_is_a_sign_of_somebody_else() {
        let mut after: Vec<_> = ["dockerfile", "context", "context"]
            .iter()
            .enumerate()
            .map(|(id, name)| record(&format!("l{id}"), &format!("local source for {name}")))
            .collect();
        after.push(record("c", "fileop target"));
        let none = BTreeSet::new();
        assert_eq!(
            attribute(&none, &after, &none, asked(4, 1), 1).ours.len(),
            4
        );
        after.push(record("l4", "local source for dockerfile"));
        assert_eq!(
            attribute(&none, &after, &none, asked(4, 1), 1).ours.len(),
            0
        );
    }

    #[test]
    fn a_command_in_exec_form_is_known_by_its_words() {
        let file = crate::dockerfile::Dockerfile::parse(
            "FROM x\nRUN --mount=type=cache,target=/c [\"/tool\", \"put\", \"a b\"]\nRUN npm ci\n",
        )
        .unwrap();
        let steps = file
            .steps(None, &std::collections::BTreeMap::new())
            .unwrap();
        let known = commands(&steps);
        assert_eq!(
            known,
            BTreeSet::from(["/tool put a b".to_owned(), "npm ci".to_owned()])
        );
    }
}
