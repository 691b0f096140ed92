//! Claims about changes and derived figures, and the verdict on each claim.

use insta::assert_snapshot;
use plimsoll::export::{claims_json, report_json};
use plimsoll::record::{Disposition, Metric, RunRecord};
use plimsoll::report::report_md;
use plimsoll::scenario::Claim;
use plimsoll::summary::{ClaimResult, ClaimVerdict, claim_results};
use plimsoll::tables::claims;
use plimsoll::units::{Bytes, Nanos, Quantity, Ratio};

use super::builder::{Build, MB, MS, run};
use super::technique::technique;
use super::travel::{pushed_only, two_links};

/// A claim of bytes.
fn of_bytes(variant: &str, claimed: &str, bytes: u64) -> Claim {
    Claim {
        source: "guide".to_owned(),
        variant: variant.to_owned(),
        from: None,
        metric: "size.unpacked".to_owned(),
        link: None,
        claimed: claimed.to_owned(),
        claimed_bytes: Some(Bytes(bytes)),
        claimed_ns: None,
        claimed_change: None,
        approximate: claimed.starts_with('~'),
        note: None,
    }
}

/// A claim about a change; a ratio of 0 stands for a word without a figure.
fn of_change(from: &str, variant: &str, metric: &str, claimed: &str, change: f64) -> Claim {
    Claim {
        from: Some(from.to_owned()),
        metric: metric.to_owned(),
        claimed_bytes: None,
        claimed_change: Ratio::of(change, 1.0).filter(|ratio| ratio.get() > 0.0),
        ..of_bytes(variant, claimed, 0)
    }
}

fn over(link: &str, claim: Claim) -> Claim {
    Claim {
        link: Some(link.to_owned()),
        ..claim
    }
}

fn verdicts(run: &RunRecord) -> Vec<ClaimVerdict> {
    let results = claim_results(run);
    results.iter().map(|result| result.verdict).collect()
}

use ClaimVerdict::{CannotBeTested, DoesNotHold, Holds, HoldsInDirection};

/// Variants of 100, 85 and 50 MB.
fn sizes() -> RunRecord {
    let mut run = run();
    for (variant, size) in [("large", 100), ("middle", 85), ("small", 50)] {
        run.case(variant, Disposition::Qualified);
        run.values(variant, Metric::SizeUnpacked, &[size * MB; 2]);
    }
    run
}

#[test]
fn a_figure_holds_within_15_percent_and_25_where_it_says_about() {
    let mut run = sizes();
    let claimed = |text: &str, mb: u64| of_bytes("middle", text, mb * MB / 10);
    run.scenarios[0].claims = vec![
        claimed("85 MB", 850),
        // 85 / 74 = 1.149, 85 / 73.9 = 1.1502; 85 / 100 = 0.85, 85 / 100.1 = 0.8492.
        claimed("74 MB", 740),
        claimed("73.9 MB", 739),
        claimed("100 MB", 1_000),
        claimed("100.1 MB", 1_001),
        claimed("~70 MB", 700),
        claimed("~67 MB", 670),
        claimed("80+ MB", 800),
        claimed("10+ MB", 100),
        claimed("86+ MB", 860),
    ];
    let expected = [
        Holds,
        Holds,
        DoesNotHold,
        Holds,
        DoesNotHold,
        Holds,
        DoesNotHold,
        Holds,
        Holds,
        DoesNotHold,
    ];
    // All of one variant: the source has no order of variants.
    assert_eq!(verdicts(&run), expected);
}

#[test]
fn the_direction_is_the_order_against_the_largest_figure_of_the_source() {
    let mut run = sizes();
    run.scenarios[0].claims = vec![
        of_bytes("large", "1 GB", 1_000 * MB),
        of_bytes("middle", "400 MB", 400 * MB),
        of_bytes("small", "10 MB", 10 * MB),
    ];
    assert_eq!(verdicts(&run), [HoldsInDirection; 3]);
    // Claimed the wrong way round: only the one in the middle is below the largest claim... of a smaller one.
    run.scenarios[0].claims = vec![
        of_bytes("large", "10 MB", 10 * MB),
        of_bytes("middle", "400 MB", 400 * MB),
        of_bytes("small", "1 GB", 1_000 * MB),
    ];
    assert_eq!(verdicts(&run), [DoesNotHold; 3]);
    // A largest that was not measured says nothing; the next one is asked.
    run.scenarios[0].claims = vec![
        of_bytes("absent", "2 GB", 2_000 * MB),
        of_bytes("large", "1 GB", 1_000 * MB),
        of_bytes("small", "10 MB", 10 * MB),
    ];
    assert_eq!(
        verdicts(&run),
        [CannotBeTested, HoldsInDirection, HoldsInDirection]
    );
    // Another source's figures are no order.
    run.scenarios[0].claims[2].source = "blog".to_owned();
    assert_eq!(verdicts(&run)[2], DoesNotHold);
}

#[test]
fn an_improvement_holds_from_85_percent_of_the_way_and_a_worsening_on_both_sides() {
    let mut run = sizes();
    let small =
        |text: &str, change: f64| of_change("large", "small", "size.unpacked", text, change);
    run.scenarios[0].claims = vec![
        // Measured: 2x. 85 % of the way from 1 to 2.176 is 2, of that to 2.18 is 2.003.
        small("1/2", 0.5),
        small("2.17x", 1.0 / 2.17),
        small("2.18x", 1.0 / 2.18),
        small("-10 %", 0.9),
        small("less", 0.0),
        small("more", 0.0),
        small("+50 %", 1.5),
        // The other way round it doubles: 85 % to 115 % of the way.
        of_change("small", "large", "size.unpacked", "+100 %", 2.0),
        of_change("small", "large", "size.unpacked", "+90 %", 1.9),
        of_change("small", "large", "size.unpacked", "+80 %", 1.8),
        of_change("small", "large", "size.unpacked", "+150 %", 2.5),
        of_change("large", "absent", "size.unpacked", "-10 %", 0.9),
        of_change("absent", "large", "size.unpacked", "-10 %", 0.9),
    ];
    let expected = [
        Holds,
        Holds,
        HoldsInDirection,
        Holds,
        Holds,
        DoesNotHold,
        DoesNotHold,
        Holds,
        Holds,
        HoldsInDirection,
        HoldsInDirection,
        CannotBeTested,
        CannotBeTested,
    ];
    assert_eq!(verdicts(&run), expected);
    let results = claim_results(&run);
    assert_eq!(
        results[12].why.as_deref(),
        Some("before the change: not run")
    );
    // A difference of 5 % is noise between apps: no direction, and no "less".
    let mut close = run;
    close.samples.clear();
    close.values("large", Metric::SizeUnpacked, &[100 * MB]);
    close.values("small", Metric::SizeUnpacked, &[95 * MB]);
    close.scenarios[0].claims = vec![small("1/2", 0.5), small("less", 0.0), small("-5 %", 0.95)];
    assert_eq!(verdicts(&close), [DoesNotHold, DoesNotHold, Holds]);
}

/// Two variants with so many samples of `start.ready`, in percent of a second.
fn ready(before: &[u64], after: &[u64]) -> RunRecord {
    let mut run = run();
    for (variant, values) in [("before", before), ("after", after)] {
        run.case(variant, Disposition::Qualified);
        let values: Vec<u64> = values.iter().map(|value| value * 10 * MS).collect();
        run.values(variant, Metric::StartReady, &values);
    }
    let claim = |text: &str, change| of_change("before", "after", "start.ready", text, change);
    run.scenarios[0].claims = vec![
        claim("-50 %", 0.5),
        claim("-2 %", 0.98),
        claim("less", 0.0),
        claim("-90 %", 0.1),
    ];
    run
}

#[test]
fn a_timed_change_needs_an_interval_that_leaves_out_1() {
    let hundred = [100, 101, 102, 103, 104, 105];
    let halved = hundred.map(|value| value / 2);
    assert_eq!(
        verdicts(&ready(&hundred, &halved)),
        [Holds, Holds, Holds, HoldsInDirection]
    );
    // 2.5 % less by the medians, within what 6 samples leave open.
    let noisy = [90, 95, 100, 100, 105, 110];
    let close = verdicts(&ready(&hundred, &noisy));
    assert_eq!(
        close,
        [DoesNotHold, CannotBeTested, DoesNotHold, DoesNotHold]
    );
    // Below 6 samples a large change that meets its figure still counts, nothing else does.
    let few = ready(&hundred[..5], &halved[..5]);
    assert_eq!(
        verdicts(&few),
        [Holds, CannotBeTested, CannotBeTested, CannotBeTested]
    );
    let why: Vec<_> = claim_results(&few)
        .into_iter()
        .filter_map(|result| result.why)
        .collect();
    assert_eq!(
        why,
        ["n = 5: too few samples to distinguish the change from noise"; 3]
    );
}

fn travelled() -> RunRecord {
    let mut run = two_links();
    let link = |claim| over("100mbit", claim);
    let first = |text: &str, seconds| Claim {
        metric: "deploy.first".to_owned(),
        claimed_bytes: None,
        claimed_ns: Some(Nanos::from_secs(seconds)),
        ..of_bytes("single-stage", text, 0)
    };
    run.scenarios[0].claims = vec![
        link(first("8 s", 8)),
        over("1gbit", first("8 s", 8)),
        link(of_change(
            "single-stage",
            "multi-stage",
            "deploy.first",
            "10 s -> 5 s",
            0.5,
        )),
        link(of_change(
            "single-stage",
            "multi-stage",
            "deploy.sibling",
            "47x",
            1.0 / 47.0,
        )),
        over(
            "20mbit,10ms",
            of_change("single-stage", "multi-stage", "deploy.update", "1/2", 0.5),
        ),
        of_change(
            "single-stage",
            "multi-stage",
            "services.stored",
            "-70 %",
            0.3,
        ),
        of_change("single-stage", "static", "registry.moved", "less", 0.0),
        of_change("single-stage", "static", "posture.os-packages", "less", 0.0),
        of_change("single-stage", "static", "serve.rps", "2x", 2.0),
    ];
    run
}

#[test]
fn derived_figures_are_those_of_the_deploy_tables() {
    let run = travelled();
    let results = claim_results(&run);
    let of = |at: usize| -> (&ClaimResult<'_>, Option<Quantity>) {
        (&results[at], results[at].measured)
    };
    // 8.2 s of pull, 10 ms of create, 400 ms until ready.
    assert_eq!(of(0).1, Some(Quantity::Time(Nanos::from_millis(8_610))));
    // 3.075 s and 0.41 s.
    assert_eq!(of(2).1, Some(Quantity::Time(Nanos::from_millis(3_485))));
    let change = of(2).0.change.unwrap();
    assert!((change.ratio.get() - 3_485.0 / 8_610.0).abs() < 1e-12);
    let interval = change.interval.unwrap();
    assert!(
        interval.lower < 0.404 && interval.upper > 0.405,
        "{interval:?}"
    );
    // 15 services: b3 once, s2, m1 and the config for each; b1 and b2, and the rest.
    let stored = |base: u64, own: u64| Some(Quantity::Bytes(Bytes(base + 15 * own)));
    assert_eq!(of(5).1, stored(25 * MB, 10 * MB + 6_000));
    assert_eq!(of(5).0.before, stored(50 * MB, 45 * MB + 32 + 8_000));
    // 20 deploys to 3 environments on 30 days.
    assert_eq!(of(6).1, Some(Quantity::Bytes(Bytes(1_800 * 4_001_000))));
    let expected = [
        Holds,
        CannotBeTested,
        Holds,
        HoldsInDirection,
        CannotBeTested,
        Holds,
        Holds,
        CannotBeTested,
        CannotBeTested,
    ];
    assert_eq!(verdicts(&run), expected);
    assert_snapshot!(claims(&run).terminal(Some(150)), @r#"
Claimed against measured (8 metrics), 5 of 9 claims

variant       from        metric                         claimed   before  measured  change                measured  verdict             source  note
                                                                                                                  /
                                                                                                            claimed
──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
single-stage              deploy.first over 100mbit          8 s             8.61 s                           1.08x  holds               guide
single-stage              deploy.first over 1gbit            8 s           not run¹                               –  cannot be tested    guide
                                                                                                                     here¹
multi-stage   single-     deploy.first over 100mbit  10 s -> 5 s   8.61 s    3.48 s  2.47x [2.41, 2.53]       0.81x  holds               guide
              stage                                                                  faster
multi-stage   single-     deploy.sibling over                47x   4.51 s    1.33 s  3.38x [3.31, 3.46]       13.9x  holds in direction  guide
              stage       100mbit                                                    faster
multi-stage   single-     deploy.update over                 1/2   2.97 s      DNF²                               –  cannot be tested    guide
              stage       20mbit,10ms                                                                                here²
multi-stage   single-     services.stored                  -70 %   725 MB    175 MB  550 MB less (4.14x)      0.80x  holds               guide
              stage
static        single-     registry.moved                    less  9014 MB   7202 MB  1813 MB less (1.25x)         –  holds               guide
              stage
static        single-     posture.os-packages               less        –        –³                               –  cannot be tested    guide
              stage                                                                                                  here³
static        single-     serve.rps                           2x        –        –⁴                               –  cannot be tested    guide
              stage                                                                                                  here⁴
──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
Verdicts on 9 claims: 4 hold, 1 holds in direction, 0 do not hold, 4 cannot be tested here. Each is about this app on this engine; the sources
  measured others.
guide: A multi-stage guide
¹ nothing went over 1gbit in this run
² pull.update: the registry was cut off | EOF
³ this image was not looked into
⁴ this run did not take serve.rps
"#);
    let json = claims_json(&run);
    assert_eq!(json[2]["before_ns"], 8_610 * MS);
    assert_eq!(json[2]["verdict"], "holds");
    assert_eq!(json[2]["claimed_change_ratio"], 0.5);
    assert!(json[2]["measured_change_interval"]["upper_ratio"].as_f64() < Some(0.42));
    assert_eq!(report_json(&run)["verdicts"]["cannot_be_tested"], 4);
}

#[test]
fn without_pulls_the_claims_on_deploys_say_why() {
    let run = travelled();
    let mut pushed = pushed_only();
    pushed.scenarios[0].claims = run.scenarios[0].claims.clone();
    let reported = claim_results(&pushed);
    let why: Vec<_> = reported
        .iter()
        .take(3)
        .filter_map(|result| result.why.as_deref())
        .collect();
    assert_snapshot!(why.join("\n"), @r#"
nothing went over 100mbit in this run
nothing went over 1gbit in this run
nothing went over 100mbit in this run
"#);
    assert_eq!(reported[5].verdict, Holds, "sizes are there without a pull");
}

#[test]
fn counts_among_the_facts_can_change() {
    let mut run = technique();
    let change = |metric: &str, text: &str, ratio| {
        of_change("all-at-once", "manifests-first", metric, text, ratio)
    };
    run.scenarios[0].claims = vec![
        change("posture.os-packages", "413 -> 12", 12.0 / 413.0),
        change("posture.shell", "less", 0.0),
        change("posture.setuid", "-70 %", 0.3),
        change("posture.cves", "less", 0.0),
        of_change(
            "all-at-once",
            "renamed",
            "posture.package-managers",
            "less",
            0.0,
        ),
        of_change(
            "manifests-first",
            "all-at-once",
            "posture.setuid",
            "+100 %",
            2.0,
        ),
    ];
    assert_eq!(
        verdicts(&run),
        [
            Holds,
            Holds,
            Holds,
            CannotBeTested,
            DoesNotHold,
            CannotBeTested
        ]
    );
    let page = report_md(&run);
    assert!(
        page.contains("| verdict |") && page.contains("Verdicts on 6 claims: 3 hold,"),
        "{page}"
    );
}
