//! Makes one record of several.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{
    BaseRecord, CaseId, CaseRecord, Link, PartRecord, RunRecord, RunState, ScenarioRecord, case_id,
};

/// One record of the parts, which were found to be of one run; none of no parts. `all` is the
/// order of its cases, and `allowed` is what is unlike between the parts all the same.
pub(super) fn join(
    parts: Vec<RunRecord>,
    all: &[CaseId],
    allowed: Vec<String>,
) -> Option<RunRecord> {
    let pieces: Vec<RunRecord> = parts.into_iter().map(with_own_floor).collect();
    let each = || pieces.iter();
    let complete = each().all(|part| part.state == RunState::Complete);
    // RFC 3339 in UTC, of one precision: the order of the texts is that of the times.
    let started_at = each().map(|part| part.started_at.clone()).min()?;
    let ends: Option<Vec<String>> = each().map(|part| part.finished_at.clone()).collect();
    let (links, order) = (links(&pieces), order(&pieces));
    let visits_done = visits_done(&pieces, &order);
    // Where unlike rounds were allowed, those of the longest part: no sample is of a later one.
    let rounds = |part: &RunRecord| part.plan.warmup_rounds.saturating_add(part.plan.rounds);
    let rounds = each().map(rounds).max()?;
    let distribution = each().find_map(|part| part.distribution.clone());
    let (scenarios, bases) = (scenarios(&pieces, all), bases(&pieces));
    let parts: Vec<PartRecord> = each().filter_map(part_record).collect();
    // Facts of a part that measured something stand for the run where there is one.
    let facts = each().position(|part| !part.cases.is_empty()).unwrap_or(0);

    // Moved and not copied: this is nearly all that the parts hold.
    let (mut commands, mut cases, mut warnings) = (Vec::new(), Vec::new(), allowed);
    let (mut samples, mut builds, mut conditions) = (Vec::new(), Vec::new(), Vec::new());
    let mut whole = None;
    for (at, mut part) in pieces.into_iter().enumerate() {
        let name = part_record(&part).map_or_else(String::new, |part| part.name());
        let warned = std::mem::take(&mut part.warnings).into_iter();
        warnings.extend(warned.map(|warning| format!("shard {name}: {warning}")));
        commands.append(&mut part.commands);
        cases.append(&mut part.cases);
        samples.append(&mut part.samples);
        builds.append(&mut part.builds);
        conditions.append(&mut part.conditions);
        if at == facts {
            whole = Some(part);
        }
    }
    let mut whole = whole?;
    whole.state = match complete {
        true => RunState::Complete,
        false => RunState::Interrupted,
    };
    (whole.started_at, whole.finished_at) =
        (started_at, ends.and_then(|ends| ends.into_iter().max()));
    whole.plan.rounds = rounds.saturating_sub(whole.plan.warmup_rounds);
    (whole.plan.shard, whole.plan.links) = (None, links);
    (whole.plan.order, whole.plan.visits_done) = (order, visits_done);
    (whole.distribution, whole.scenarios, whole.bases) = (distribution, scenarios, bases);
    (whole.commands, whole.cases, whole.warnings) = (commands, in_order(cases, all), warnings);
    (whole.samples, whole.builds, whole.conditions) = (samples, builds, conditions);
    whole.parts = parts;
    Some(whole)
}

/// A part whose floor has an id of its own: `engine/floor-2of4`.
fn with_own_floor(mut part: RunRecord) -> RunRecord {
    let Some(shard) = &part.plan.shard else {
        return part;
    };
    let suffix = format!("{}of{}", shard.index, shard.count);
    let mut renamed: BTreeMap<CaseId, CaseId> = BTreeMap::new();
    for case in part
        .cases
        .iter_mut()
        .filter(|case| case.strategy == "floor")
    {
        case.variant = format!("{}-{suffix}", case.variant);
        let id = case_id(&case.scenario, &case.variant);
        renamed.insert(std::mem::replace(&mut case.id, id.clone()), id);
    }
    let anew = |id: &mut CaseId| {
        if let Some(name) = renamed.get(id) {
            *id = name.clone();
        }
    };
    part.samples.iter_mut().for_each(|one| anew(&mut one.case));
    part.builds.iter_mut().for_each(|one| anew(&mut one.case));
    part.conditions
        .iter_mut()
        .for_each(|one| anew(&mut one.case));
    part.plan.order.iter_mut().flatten().for_each(anew);
    part
}

fn part_record(part: &RunRecord) -> Option<PartRecord> {
    let shard = part.plan.shard.as_ref()?;
    Some(PartRecord {
        run: part.id.clone(),
        index: shard.index,
        count: shard.count,
        started_at: part.started_at.clone(),
        finished_at: part.finished_at.clone(),
        tool: part.tool.clone(),
        seed: part.plan.seed,
        engine: part.engine.clone(),
        engine_choice: part.plan.engine,
        reach: part.plan.reach,
        distribution: part.distribution.clone(),
        host: part.host.clone(),
        calibration: part.calibration.clone(),
        bases: part.bases.clone(),
        cases: part.cases.iter().map(|case| case.id.clone()).collect(),
    })
}

/// Each once, as they come up.
fn links(parts: &[RunRecord]) -> Vec<Link> {
    let mut links = Vec::new();
    for link in parts.iter().flat_map(|part| &part.plan.links) {
        if !links.contains(link) {
            links.push(*link);
        }
    }
    links
}

/// Round by round, part after part.
fn order(parts: &[RunRecord]) -> Vec<Vec<CaseId>> {
    let rounds = parts.iter().map(|part| part.plan.order.len()).max();
    (0..rounds.unwrap_or(0))
        .map(|round| {
            let of_round = parts.iter().filter_map(|part| part.plan.order.get(round));
            of_round.flatten().cloned().collect()
        })
        .collect()
}

/// Visits of the rounds that are whole in every part.
fn visits_done(parts: &[RunRecord], order: &[Vec<CaseId>]) -> u32 {
    let whole = parts.iter().map(|part| {
        let complete = part.state == RunState::Complete;
        let done = part.plan.rounds_done();
        // What failed for good is passed over, and a part with fewer rounds is done with all.
        if complete { u32::MAX } else { done }
    });
    let rounds = whole.min().unwrap_or(0);
    let rounds = usize::try_from(rounds).unwrap_or(usize::MAX);
    let visits: usize = order.iter().take(rounds).map(Vec::len).sum();
    u32::try_from(visits).unwrap_or(u32::MAX)
}

/// In the order of the whole; the floors behind them.
fn in_order(mut cases: Vec<CaseRecord>, all: &[CaseId]) -> Vec<CaseRecord> {
    let places: BTreeMap<&CaseId, usize> = all.iter().zip(0..).collect();
    cases.sort_by_key(|case| places.get(&case.id).copied().unwrap_or(usize::MAX));
    cases
}

/// Each once, in the order of their cases.
fn scenarios(parts: &[RunRecord], all: &[CaseId]) -> Vec<ScenarioRecord> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, id) in all.iter().enumerate() {
        if let Some((name, _)) = id.as_str().split_once('/') {
            places.entry(name).or_insert(at);
        }
    }
    let mut known: BTreeSet<&str> = BTreeSet::new();
    let each = parts.iter().flat_map(|part| &part.scenarios);
    let mut scenarios: Vec<ScenarioRecord> = each
        .filter(|scenario| known.insert(&scenario.name))
        .cloned()
        .collect();
    scenarios.sort_by_key(|scenario| places.get(scenario.name.as_str()).copied());
    scenarios
}

/// Each image once: one name may stand for several, where that was allowed.
fn bases(parts: &[RunRecord]) -> Vec<BaseRecord> {
    let mut bases: Vec<BaseRecord> = Vec::new();
    for base in parts.iter().flat_map(|part| &part.bases) {
        let same = |known: &BaseRecord| {
            known.reference == base.reference && known.diff_ids == base.diff_ids
        };
        if !bases.iter().any(same) {
            bases.push(base.clone());
        }
    }
    bases.sort_by(|left, right| left.reference.cmp(&right.reference));
    bases
}
