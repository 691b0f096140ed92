//! The thresholds that a run of two revisions keeps.

use plimsoll::compare::{Standing, Terms, compare, terms_of};
use plimsoll::record::{AbRecord, AbTerms, Metric, Revision};
use plimsoll::stats::Threshold;
use plimsoll::units::Ratio;

use super::{VARIANT, before, standing};
use crate::reports::builder::Build;

#[test]
fn a_run_of_two_revisions_keeps_the_tolerance_of_packed_bytes() {
    let revision = || Revision {
        commit: "0123456789abcdef".to_owned(),
        name: "main".to_owned(),
        dirty: false,
    };
    let factor = |threshold: Threshold| Ratio::of(threshold.factor(), 1.0).unwrap();
    let kept = |exact: Threshold| {
        let ab = AbRecord {
            base: revision(),
            head: revision(),
            terms: AbTerms {
                timed: factor(Threshold::TIMED),
                exact: factor(exact),
                metrics: Vec::new(),
                waived: Vec::new(),
            },
            planned_looks: vec![6],
            looks: Vec::new(),
            only_base: Vec::new(),
            only_head: Vec::new(),
            ended: None,
        };
        terms_of(&before(), &ab)
    };
    let terms = kept(Threshold::EXACT);
    assert_eq!(
        (terms.timed, terms.exact),
        (Threshold::TIMED, Threshold::EXACT)
    );
    // 4.2 kB of 2.2 MB: by so much the same tree differs that is packed twice.
    let (mut base, mut head) = (before(), before());
    base.values(VARIANT, Metric::SizeTransfer, &[2_200_000; 6]);
    head.values(VARIANT, Metric::SizeTransfer, &[2_204_200; 6]);
    let of = |terms: Terms| standing(&compare(&base, &head, terms), Metric::SizeTransfer);
    assert_eq!(of(terms), Standing::Same);
    assert_eq!(of(kept(Threshold::NONE)), Standing::Worse);
}
