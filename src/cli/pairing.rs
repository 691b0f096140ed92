//! Which cases two revisions share, and which of them differ.

use std::collections::{BTreeMap, BTreeSet};

use super::cases::Selection;
use super::failure::Failure;
use crate::compare::Side;
use crate::context::ContextError;
use crate::record::{CaseId, case_id};
use crate::runner::PlannedCase;

/// Names that a note lists.
const LISTED: usize = 8;

/// The cases of two revisions that are worth measuring.
#[derive(Debug)]
pub(super) struct Pairing {
    /// Those of both, in scenarios that bear the suffix of their side.
    pub(super) selection: Selection,
    /// The scenarios' own names.
    pub(super) names: Vec<String>,
    /// What is left out, and why.
    pub(super) notes: Vec<String>,
    /// Variants that only base has.
    pub(super) gone: Vec<CaseId>,
    /// Variants that only head has.
    pub(super) new: Vec<CaseId>,
    /// Whether any variant is in both.
    pub(super) common: bool,
}

impl Pairing {
    /// Whether a variant is on one side only.
    pub(super) fn has_one_sided(&self) -> bool {
        !self.gone.is_empty() || !self.new.is_empty()
    }
}

/// Brings the cases of both together: those that both have and, unless `unchanged` ones are
/// wanted too, of which anything differs.
///
/// # Errors
/// When a context cannot be read.
pub(super) fn pair(
    mut base: Selection,
    mut head: Selection,
    unchanged: bool,
) -> Result<Pairing, Failure> {
    let old = by_id(&base);
    let new = by_id(&head);
    let mut wanted = BTreeSet::new();
    let mut same = Vec::new();
    for (id, head) in &new {
        let Some(base) = old.get(id) else { continue };
        let (dockerfiles, others) = (unread(base, &old), unread(head, &new));
        let differs = || differ((*base, &dockerfiles), (*head, &others));
        if unchanged || differs().map_err(Failure::failed)? {
            wanted.insert((*id).clone());
        } else {
            same.push(*id);
        }
    }
    let only = |these: &BTreeMap<&CaseId, _>, those: &BTreeMap<&CaseId, _>| -> Vec<_> {
        let ids = these.keys().copied();
        ids.filter(|id| !those.contains_key(id)).cloned().collect()
    };
    let (gone, fresh) = (only(&old, &new), only(&new, &old));
    let common = old.keys().any(|id| new.contains_key(id));
    let notes = [
        (
            "unchanged, so not measured (--unchanged measures them)",
            same,
        ),
        ("only in base, so not compared", gone.iter().collect()),
        ("only in head, so not compared", fresh.iter().collect()),
    ];
    let notes = notes
        .into_iter()
        .filter(|(_, ids)| !ids.is_empty())
        .map(|(what, ids)| format!("{what}: {}", listed(&ids)))
        .collect();
    keep(&mut base, &wanted);
    keep(&mut head, &wanted);
    let names = head.scenarios.iter().map(|scenario| scenario.name.clone());
    let names = names.collect();
    rename(&mut base, Side::Base);
    rename(&mut head, Side::Head);
    base.records.extend(head.records);
    base.planned.extend(head.planned);
    base.scenarios.extend(head.scenarios);
    Ok(Pairing {
        selection: base,
        names,
        notes,
        gone,
        new: fresh,
        common,
    })
}

fn by_id(selection: &Selection) -> BTreeMap<&CaseId, &PlannedCase> {
    let planned = selection.planned.iter();
    planned.map(|case| (&case.id, case)).collect()
}

fn listed(ids: &[&CaseId]) -> String {
    let names: Vec<_> = ids.iter().take(LISTED).map(|id| id.as_str()).collect();
    match ids.len() - names.len() {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// The Dockerfiles that lie in a case's context, its own among them, and their ignore files,
/// as far as none of its steps reads them: it does not matter what they are called.
fn unread(case: &PlannedCase, all: &BTreeMap<&CaseId, &PlannedCase>) -> BTreeSet<String> {
    let spec = &case.spec;
    let reads = |path: &String| {
        let changed = std::slice::from_ref(path);
        let effect = spec.dockerfile.edit_effect(
            spec.target.as_deref(),
            &spec.build_args,
            changed,
            &case.context.links(),
        );
        // What cannot be judged may be read.
        let effect = effect.map(|effect| effect.must_run.len() + effect.may_run.len());
        case.context.lets_through(path) && effect.unwrap_or(1) > 0
    };
    let near = all.values().filter(|one| one.app_dir == case.app_dir);
    near.map(|one| one.context.dockerfile())
        .flat_map(|file| [file.to_owned(), format!("{file}.dockerignore")])
        .filter(|path| !reads(path))
        .collect()
}

/// A case, and the files in its context of which the names do not matter.
type Nameless<'a> = (&'a PlannedCase, &'a BTreeSet<String>);

/// Whether anything that is sent, built, started or changed in a rebuild differs.
fn differ((base, old_names): Nameless, (head, new_names): Nameless) -> Result<bool, ContextError> {
    let (old, new) = (&base.spec, &head.spec);
    let same = old.ready_image == new.ready_image
        && old.dockerfile.bytes() == new.dockerfile.bytes()
        && old.target == new.target
        && old.build_args == new.build_args
        && old.platform == new.platform
        && old.secret == new.secret
        && old.confinement == new.confinement
        && base.contract == head.contract
        && base.companions == head.companions
        && base.edits == head.edits
        && base.healthy == head.healthy
        && base.load == head.load
        && base.secret == head.secret
        && base.context.digest_with_nameless(old_names)?
            == head.context.digest_with_nameless(new_names)?;
    Ok(!same)
}

fn keep(selection: &mut Selection, wanted: &BTreeSet<CaseId>) {
    selection.records.retain(|case| wanted.contains(&case.id));
    selection.planned.retain(|case| wanted.contains(&case.id));
    let records = &selection.records;
    let used = |name: &str| records.iter().any(|case| case.scenario == name);
    selection.scenarios.retain(|scenario| used(&scenario.name));
}

fn rename(selection: &mut Selection, side: Side) {
    let mut ids = BTreeMap::new();
    for case in &mut selection.records {
        case.scenario = side.of_scenario(&case.scenario);
        let id = case_id(&case.scenario, &case.variant);
        ids.insert(std::mem::replace(&mut case.id, id.clone()), id);
    }
    for case in &mut selection.planned {
        if let Some(id) = ids.get(&case.id) {
            case.id = id.clone();
        }
    }
    for scenario in &mut selection.scenarios {
        scenario.name = side.of_scenario(&scenario.name);
    }
}
