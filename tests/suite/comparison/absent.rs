//! What one side does not have, and what stores do not change.

use super::*;

#[test]
fn sizes_of_layers_are_compared_across_stores() {
    let sums_over_tars = |run: &mut RunRecord| {
        let image = run.cases[0].image.as_mut().unwrap();
        image.layer_bytes = Some(vec![Bytes(1)]);
    };
    let (mut base, mut head) = (before(), before());
    sums_over_tars(&mut base);
    head.engine.driver = "btrfs".to_owned();
    // The engine's own figures on one side.
    let comparison = compare(&base, &head, Terms::default());
    let size = Metric::SizeUnpacked;
    assert_eq!(standing(&comparison, size), Standing::NotComparable);
    sums_over_tars(&mut head);
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(standing(&comparison, size), Standing::Same);
    let time = Metric::StartReady;
    assert_eq!(standing(&comparison, time), Standing::NotComparable);
}

/// A failure in one round of base is no licence for head to fail in most.
#[test]
fn what_fails_in_most_rounds_of_head_broke() {
    let dnf = |run: &mut RunRecord, rounds: usize| {
        let mut left = rounds;
        run.samples.retain(|sample| {
            let goes = sample.metric == Metric::StartReady && left > 0;
            left -= usize::from(goes);
            !goes
        });
        for _ in 0..rounds {
            let reason = "not ready".to_owned();
            run.sample(VARIANT, Metric::StartReady, Outcome::Dnf { reason });
        }
    };
    for (rounds, expected) in [(1, Standing::Inconclusive), (5, Standing::Worse)] {
        let (mut base, mut head) = (before(), before());
        dnf(&mut base, 1);
        dnf(&mut head, rounds);
        let comparison = compare(&base, &head, Terms::default());
        assert_eq!(
            standing(&comparison, Metric::StartReady),
            expected,
            "{rounds}"
        );
    }
}

#[test]
fn what_head_no_longer_measures_is_open() {
    let (base, mut head) = (before(), before());
    let reason = "there is no base".to_owned();
    head.samples.clear();
    head.cases[0].disposition = Disposition::NotAvailable { reason };
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(comparison.count(Standing::Inconclusive), 4);
    let table = comparison_table(&comparison, false).terminal(None);
    assert!(table.contains("not measured: there is no base"), "{table}");
    // One metric alone: its samples do not count.
    let mut head = before();
    head.samples
        .retain(|sample| sample.metric != Metric::BuildCold);
    let reason = "a step came from the cache".to_owned();
    let value = Some(Quantity::Time(Nanos(1)));
    head.sample(
        VARIANT,
        Metric::BuildCold,
        Outcome::Invalid { value, reason },
    );
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(
        standing(&comparison, Metric::BuildCold),
        Standing::Inconclusive
    );
    assert_eq!(comparison.count(Standing::Same), 3);
}
