//! What makes two runs unlike, and which metrics that touches.

use std::collections::BTreeMap;
use std::fmt;

use super::apps;
use crate::record::{BaseRecord, CaseRecord, Ground, Metric, RunRecord};
use crate::stats::Kind;

/// A rule by which a metric of two runs is not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The images are for different platforms.
    Platform,
    /// The engines keep images in different ways: sizes mean different things.
    Store,
    /// A base is another image now, by the same name.
    Base,
    /// A base is a stand-in on one side, or one by another recipe.
    StandIn,
    /// Another machine.
    Host,
    /// Another engine, version of one, or way to run it.
    Engine,
    /// One program was optimised, the other was not.
    Tool,
}

impl Rule {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 7] = [
        Self::Platform,
        Self::Store,
        Self::StandIn,
        Self::Base,
        Self::Host,
        Self::Engine,
        Self::Tool,
    ];

    /// The word on the command line and in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Store => "store",
            Self::Base => "base",
            Self::StandIn => "stand-in",
            Self::Host => "host",
            Self::Engine => "engine",
            Self::Tool => "tool",
        }
    }

    /// The rule of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.word() == word)
    }

    /// Whether it keeps a metric from being compared. What the context holds depends on
    /// nothing but the tree; what an image holds not on who measured it, nor how fast.
    pub fn touches(self, metric: Metric) -> bool {
        let of_context = matches!(metric, Metric::ContextBytes | Metric::ContextFiles);
        let of_contents = matches!(
            metric,
            Metric::SizeFiles | Metric::WasteBytes | Metric::WasteEfficiency
        );
        match self {
            Self::Platform | Self::StandIn | Self::Base => !of_context,
            Self::Store => !of_context && !of_contents,
            Self::Host | Self::Engine | Self::Tool => metric.kind() == Kind::Timed,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A rule that two runs, or a case of them, run into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The rule.
    pub rule: Rule,
    /// How they differ, in words.
    pub what: String,
}

fn differ(rule: Rule, what: &str, base: &str, head: &str) -> Option<Difference> {
    (base != head).then(|| Difference {
        rule,
        what: format!("{what}: {base} against {head}"),
    })
}

/// What is unlike between two runs as wholes. Of runs that were joined from parts: all that
/// is unlike between their common cases.
pub(super) fn of_runs(base: &RunRecord, head: &RunRecord) -> Vec<Difference> {
    if base.parts.is_empty() && head.parts.is_empty() {
        return of_grounds(&base.ground(), &head.ground());
    }
    let mut found = Vec::new();
    let common = apps(head).filter(|case| apps(base).any(|other| other.id == case.id));
    for case in common {
        for one in of_grounds(&base.ground_of(&case.id), &head.ground_of(&case.id)) {
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    found
}

/// What is unlike between what two cases were measured on.
fn of_grounds(base: &Ground<'_>, head: &Ground<'_>) -> Vec<Difference> {
    let (old, new) = (base.engine, head.engine);
    [
        differ(
            Rule::Store,
            "image store",
            &old.store_words(),
            &new.store_words(),
        ),
        differ(
            Rule::Host,
            "machine",
            &base.host.words(),
            &head.host.words(),
        ),
        differ(Rule::Engine, "engine", &old.words(), &new.words()),
        differ(Rule::Engine, "way", &base.way(), &head.way()),
        differ(Rule::Tool, "program", base.build(), head.build()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What is unlike between a case of two runs, what it was measured on among it.
pub(super) fn of_cases(
    base: (&RunRecord, &CaseRecord),
    head: (&RunRecord, &CaseRecord),
) -> Vec<Difference> {
    let (old, new) = (base.1, head.1);
    let grounds = (base.0.ground_of(&old.id), head.0.ground_of(&new.id));
    let mut found = of_grounds(&grounds.0, &grounds.1);
    found.extend(differ(
        Rule::Platform,
        "platform",
        &old.platform,
        &new.platform,
    ));
    let known = |ground: &Ground<'_>| -> BTreeMap<String, BaseRecord> {
        let bases = ground.bases.iter();
        bases
            .map(|base| (base.reference.clone(), base.clone()))
            .collect()
    };
    let (before, after) = (known(&grounds.0), known(&grounds.1));
    // A base that only one side names is a change of the Dockerfile, and that is what is
    // to be compared.
    for reference in old.bases.iter().filter(|name| new.bases.contains(name)) {
        let (Some(before), Some(after)) = (before.get(reference), after.get(reference)) else {
            continue;
        };
        found.extend(of_bases(before, after));
    }
    found.extend(differ(Rule::StandIn, "bases", rests_on(old), rests_on(new)));
    found.dedup();
    found
}

fn rests_on(case: &CaseRecord) -> &'static str {
    match case.stand_ins.is_empty() {
        true => "images of a registry",
        false => "stand-ins",
    }
}

fn of_bases(before: &BaseRecord, after: &BaseRecord) -> Option<Difference> {
    if before.diff_ids == after.diff_ids {
        return None;
    }
    let recipe = |base: &BaseRecord| {
        let stand_in = base.stand_in.as_ref();
        stand_in.map(|stand_in| stand_in.recipe_sha256.clone())
    };
    let (old, new) = (recipe(before), recipe(after));
    let name = &before.reference;
    Some(if old == new {
        Difference {
            rule: Rule::Base,
            what: format!("`{name}` is another image now"),
        }
    } else {
        Difference {
            rule: Rule::StandIn,
            what: format!("`{name}` is a stand-in by another recipe, or on one side only"),
        }
    })
}
