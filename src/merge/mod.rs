//! Joins the shards of a run that was split over machines.
//!
//! Pure. What was measured stays as it was; what each part was measured on is kept next to
//! it ([`crate::record::PartRecord`]), since times of two machines are never of one series.

mod alike;
mod join;
mod rule;
mod whole;

use std::collections::BTreeSet;

pub use rule::{MergeError, MergeRule, Refusal};

use crate::record::RunRecord;
use whole::Whole;

/// Parts of one run, taken in one after the other, in whatever order they come.
#[derive(Debug, Default)]
pub struct Parts {
    parts: Vec<RunRecord>,
    all: Option<Whole>,
}

impl Parts {
    /// Takes a part in. Each lists the cases of all parts: the list is kept once, since
    /// those of hundreds of parts take more memory than what the parts measured.
    pub fn add(&mut self, mut part: RunRecord) {
        if let Some(shard) = &mut part.plan.shard {
            let (run, cases) = (part.id.clone(), std::mem::take(&mut shard.all));
            match &mut self.all {
                None => {
                    self.all = Some(Whole {
                        run,
                        cases,
                        unlike: Vec::new(),
                    });
                }
                Some(all) if all.cases == cases => {}
                Some(all) => all.unlike.push((run, cases)),
            }
        }
        self.parts.push(part);
    }

    /// One run of all parts. Its id is the first part's: whoever keeps it names it. What was
    /// waived and is unlike stands in its warnings.
    ///
    /// # Errors
    /// With all that is unlike between the parts and not waived, and all that is not there.
    pub fn join(self, waived: &BTreeSet<MergeRule>) -> Result<RunRecord, MergeError> {
        let Self { mut parts, all } = self;
        let all = all.unwrap_or_default();
        parts.sort_by_key(|part| part.plan.shard.as_ref().map(|shard| shard.index));
        let allowed = allowed(&parts, &all, waived)?;
        join::join(parts, &all.cases, allowed).ok_or_else(|| MergeError {
            refusals: vec![Refusal {
                rule: None,
                what: "no part was named".to_owned(),
            }],
        })
    }
}

/// [`Parts::join`] of parts that are kept.
///
/// # Errors
/// As there.
pub fn merge(parts: &[RunRecord], waived: &BTreeSet<MergeRule>) -> Result<RunRecord, MergeError> {
    let mut all = Parts::default();
    parts.iter().cloned().for_each(|part| all.add(part));
    all.join(waived)
}

/// What is unlike and waived.
fn allowed(
    parts: &[RunRecord],
    all: &Whole,
    waived: &BTreeSet<MergeRule>,
) -> Result<Vec<String>, MergeError> {
    let parts: Vec<&RunRecord> = parts.iter().collect();
    let found = alike::refusals(&parts, all);
    let holds = |refusal: &Refusal| refusal.rule.is_some_and(|rule| waived.contains(&rule));
    let (allowed, refused): (Vec<_>, Vec<_>) = found.into_iter().partition(holds);
    if !refused.is_empty() {
        return Err(MergeError { refusals: refused });
    }
    Ok(allowed.into_iter().map(|refusal| refusal.what).collect())
}
