//! What makes two runs unlike, and which metrics that touches.

use std::collections::BTreeMap;
use std::fmt;

use crate::record::{BaseRecord, CaseRecord, EngineFacts, Metric, RunRecord};
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

/// What is unlike between two runs as wholes.
pub(super) fn of_runs(base: &RunRecord, head: &RunRecord) -> Vec<Difference> {
    let (old, new) = (&base.engine, &head.engine);
    let host = |record: &RunRecord| {
        let host = &record.host;
        // Memory in whole gigabytes: what a kernel keeps for itself varies.
        let memory = host.memory_bytes.0 / 1_000_000_000;
        format!(
            "{} x {}, {memory} GB, {}",
            host.cpus.0, host.cpu, host.kernel
        )
    };
    let engine = |facts: &EngineFacts| {
        format!(
            "{} {} ({}, {}, cgroup {})",
            facts.name, facts.version, facts.builder, facts.runtime, facts.cgroup_version
        )
    };
    let store = |facts: &EngineFacts| format!("{:?}, {}", facts.store, facts.driver);
    let way = |record: &RunRecord| {
        format!("{}, {:?}", record.plan.engine.name(), record.plan.reach).to_lowercase()
    };
    let optimised = |record: &RunRecord| match record.tool.optimised {
        true => "optimised",
        false => "not optimised",
    };
    [
        differ(Rule::Store, "image store", &store(old), &store(new)),
        differ(Rule::Host, "machine", &host(base), &host(head)),
        differ(Rule::Engine, "engine", &engine(old), &engine(new)),
        differ(Rule::Engine, "way", &way(base), &way(head)),
        differ(Rule::Tool, "program", optimised(base), optimised(head)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What is unlike between a case of two runs.
pub(super) fn of_cases(
    base: (&RunRecord, &CaseRecord),
    head: (&RunRecord, &CaseRecord),
) -> Vec<Difference> {
    let mut found = Vec::new();
    let (old, new) = (base.1, head.1);
    found.extend(differ(
        Rule::Platform,
        "platform",
        &old.platform,
        &new.platform,
    ));
    let known = |record: &'_ RunRecord| -> BTreeMap<String, BaseRecord> {
        let bases = record.bases.iter();
        bases
            .map(|base| (base.reference.clone(), base.clone()))
            .collect()
    };
    let (before, after) = (known(base.0), known(head.0));
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
