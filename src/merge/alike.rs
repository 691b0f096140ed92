//! What keeps parts from being joined.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::{MergeRule, Refusal};
use super::whole::Whole;
use crate::record::{BaseRecord, CaseId, RunRecord, RunState, ScenarioRecord, Setup, ShardRecord};

/// All that is unlike or not there, in words that name the parts.
pub(super) fn refusals(parts: &[&RunRecord], all: &Whole) -> Vec<Refusal> {
    let mut found = splits(parts, all);
    // Parts of different wholes have nothing in common to look at.
    if !found.is_empty() {
        return found;
    }
    found.extend(missing(parts, all));
    found.extend(incomplete(parts));
    found.extend(scenarios(parts));
    found.extend(plans(parts));
    // A part without a case measured nothing on whatever it had.
    let measured: Vec<&RunRecord> = parts
        .iter()
        .copied()
        .filter(|part| !part.cases.is_empty())
        .collect();
    if let [first, others @ ..] = measured.as_slice() {
        for other in others {
            found.extend(setups(first, other));
        }
    }
    found.extend(bases(&measured));
    found
}

fn refused(rule: MergeRule, what: String) -> Refusal {
    Refusal {
        rule: Some(rule),
        what,
    }
}

fn never(what: String) -> Refusal {
    Refusal { rule: None, what }
}

/// Whether they are shards of one split, each there once.
fn splits(parts: &[&RunRecord], all: &Whole) -> Vec<Refusal> {
    let mut found = Vec::new();
    let mut shards: Vec<(&RunRecord, &ShardRecord)> = Vec::new();
    for part in parts {
        match &part.plan.shard {
            Some(shard) => shards.push((part, shard)),
            None if !part.parts.is_empty() => {
                found.push(never(format!("`{}` was joined from parts before", part.id)));
            }
            None => found.push(never(format!(
                "`{}` is no shard: it was run whole",
                part.id
            ))),
        }
    }
    let Some(((first, of), others)) = shards.split_first() else {
        return found;
    };
    for (other, shard) in others {
        let (one, two) = (&first.id, &other.id);
        if shard.count != of.count {
            let (n, m) = (of.count, shard.count);
            found.push(never(format!(
                "`{one}` is one of {n} shards, `{two}` of {m}"
            )));
        }
    }
    for (other, cases) in &all.unlike {
        found.push(never(format!(
            "`{}` and `{other}` are shards of different cases: {}",
            all.run,
            difference(&all.cases, cases)
        )));
    }
    for pair in shards.windows(2) {
        let [(one, left), (two, right)] = pair else {
            continue;
        };
        if left.index == right.index {
            let name = format!("{}/{}", left.index, left.count);
            found.push(never(format!(
                "`{}` and `{}` are both shard {name}",
                one.id, two.id
            )));
        }
    }
    found.extend(twice(parts));
    found
}

/// `only the first has a, only the second has b`.
fn difference(left: &[CaseId], right: &[CaseId]) -> String {
    let only = |of: &[CaseId], other: &[CaseId]| {
        let alone = of.iter().filter(|case| !other.contains(case));
        alone.map(CaseId::to_string).collect::<Vec<_>>().join(", ")
    };
    let sides = [("first", only(left, right)), ("second", only(right, left))];
    let words: Vec<String> = sides
        .iter()
        .filter(|(_, cases)| !cases.is_empty())
        .map(|(side, cases)| format!("only the {side} has {cases}"))
        .collect();
    match words.is_empty() {
        true => "they are in another order".to_owned(),
        false => words.join(", "),
    }
}

/// Cases of scenarios that two parts have.
fn twice(parts: &[&RunRecord]) -> Vec<Refusal> {
    let mut seen: BTreeMap<&CaseId, &RunRecord> = BTreeMap::new();
    let mut found = Vec::new();
    for part in parts {
        for case in part.cases.iter().filter(|case| case.strategy != "floor") {
            if let Some(before) = seen.insert(&case.id, part) {
                let (one, two) = (&before.id, &part.id);
                found.push(never(format!("`{one}` and `{two}` both have {}", case.id)));
            }
        }
    }
    found
}

/// Shards that are not there; cases that no shard has.
fn missing(parts: &[&RunRecord], all: &Whole) -> Vec<Refusal> {
    let shards = || parts.iter().filter_map(|part| part.plan.shard.as_ref());
    let Some(of) = shards().next() else {
        return Vec::new();
    };
    let there: BTreeSet<u32> = shards().map(|shard| shard.index).collect();
    let gone: Vec<String> = (1..=of.count)
        .filter(|index| !there.contains(index))
        .map(|index| format!("{index}/{}", of.count))
        .collect();
    let cases = parts.iter().flat_map(|part| &part.cases);
    let has: BTreeSet<&CaseId> = cases.map(|case| &case.id).collect();
    let cases: Vec<String> = all
        .cases
        .iter()
        .filter(|id| !has.contains(id))
        .map(CaseId::to_string)
        .collect();
    let cases = cases.join(", ");
    match (gone.is_empty(), cases.is_empty()) {
        (true, true) => Vec::new(),
        (true, false) => vec![never(format!("all shards are there, and none has {cases}"))],
        (false, true) => vec![refused(
            MergeRule::Missing,
            format!(
                "shard {} is missing, which would add no case",
                gone.join(", ")
            ),
        )],
        (false, false) => vec![refused(
            MergeRule::Missing,
            format!("shard {} is missing, and with it {cases}", gone.join(", ")),
        )],
    }
}

fn incomplete(parts: &[&RunRecord]) -> Vec<Refusal> {
    let open = parts.iter().filter(|part| part.state != RunState::Complete);
    open.map(|part| {
        let (done, all) = (part.plan.rounds_done(), part.plan.order.len());
        let what = format!(
            "`{}` is not complete: {done} of {all} rounds are whole; `plimsoll run --resume` goes on with it",
            part.id
        );
        refused(MergeRule::Incomplete, what)
    })
    .collect()
}

/// Scenarios that several parts have.
fn scenarios(parts: &[&RunRecord]) -> Vec<Refusal> {
    let mut seen: BTreeMap<&str, (&RunRecord, &ScenarioRecord)> = BTreeMap::new();
    let mut found = Vec::new();
    for part in parts {
        for scenario in &part.scenarios {
            let (first, known) = *seen
                .entry(scenario.name.as_str())
                .or_insert((part, scenario));
            let what = if known.sha256 != scenario.sha256 {
                "text"
            } else if known.app_sha256 != scenario.app_sha256 {
                "app"
            } else {
                continue;
            };
            let (one, two, name) = (&first.id, &part.id, &scenario.name);
            found.push(refused(
                MergeRule::Scenario,
                format!("`{one}` and `{two}` have another {what} of the scenario `{name}`"),
            ));
        }
    }
    found
}

fn differ(
    rule: MergeRule,
    what: &str,
    sides: [&RunRecord; 2],
    words: [String; 2],
) -> Option<Refusal> {
    let [one, two] = sides;
    let [left, right] = words;
    (left != right).then(|| {
        let what = format!(
            "`{}` and `{}` differ in {what}: {left} against {right}",
            one.id, two.id
        );
        refused(rule, what)
    })
}

fn plans(parts: &[&RunRecord]) -> Vec<Refusal> {
    let Some((first, others)) = parts.split_first() else {
        return Vec::new();
    };
    let rounds = |part: &RunRecord| {
        let plan = &part.plan;
        format!("{}, {} + {}", plan.profile, plan.warmup_rounds, plan.rounds)
    };
    let found = others.iter().flat_map(|other| {
        let sides = [*first, *other];
        let seeds = sides.map(|part| part.plan.seed.to_string());
        [
            differ(MergeRule::Seed, "seed", sides, seeds),
            differ(
                MergeRule::Rounds,
                "profile and rounds",
                sides,
                sides.map(rounds),
            ),
        ]
    });
    found.flatten().collect()
}

fn setups(first: &RunRecord, other: &RunRecord) -> Vec<Refusal> {
    let sides = [first, other];
    type Words = fn(&RunRecord, &Setup<'_>) -> String;
    let looked_at: [(MergeRule, &str, Words); 7] = [
        (MergeRule::Host, "machine", |_, setup| setup.host.words()),
        (MergeRule::Engine, "engine", |_, setup| {
            let engine = setup.engine;
            format!("{}, {}", engine.words(), engine.platform)
        }),
        (MergeRule::Engine, "image store", |_, setup| {
            setup.engine.store_words()
        }),
        (MergeRule::Engine, "way", |_, setup| setup.way()),
        (MergeRule::Engine, "links", |part, _| {
            let links = part.plan.links.iter().map(ToString::to_string);
            match &part.distribution {
                Some(_) => format!(
                    "pushes, and pulls over {}",
                    links.collect::<Vec<_>>().join(" ")
                ),
                None => "no pushes".to_owned(),
            }
        }),
        (MergeRule::Rounds, "phases", |part, _| {
            let skipped = part.plan.skipped.iter().map(|phase| phase.name());
            match part.plan.skipped.as_slice() {
                [] => "all phases".to_owned(),
                _ => format!("without {}", skipped.collect::<Vec<_>>().join(", ")),
            }
        }),
        (MergeRule::Tool, "plimsoll", |_, setup| {
            format!("{}, {}", setup.tool.version, setup.build())
        }),
    ];
    let found = looked_at.into_iter().filter_map(|(rule, what, words)| {
        differ(
            rule,
            what,
            sides,
            sides.map(|part| words(part, &part.setup())),
        )
    });
    found.collect()
}

/// Bases that several parts have.
fn bases(parts: &[&RunRecord]) -> Vec<Refusal> {
    let mut seen: BTreeMap<&str, (&RunRecord, &BaseRecord)> = BTreeMap::new();
    let mut found = Vec::new();
    for part in parts {
        for base in &part.bases {
            let (first, known) = *seen.entry(base.reference.as_str()).or_insert((part, base));
            if known.diff_ids == base.diff_ids {
                continue;
            }
            let recipe = |base: &BaseRecord| {
                let stand_in = base.stand_in.as_ref();
                stand_in.map(|stand_in| stand_in.recipe_sha256.clone())
            };
            let how = match (recipe(known), recipe(base)) {
                (None, None) => "as another image",
                (Some(one), Some(two)) if one == two => {
                    "as a stand-in of one recipe that was built apart"
                }
                (Some(_), Some(_)) => "as stand-ins of different recipes",
                _ => "once as a stand-in and once not",
            };
            found.push(refused(
                MergeRule::Base,
                format!(
                    "`{}` and `{}` had the base `{}` {how}",
                    first.id, part.id, base.reference
                ),
            ));
        }
    }
    found
}
