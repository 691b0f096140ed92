//! Shards of a run, joined: what is refused, what is kept, and that no times of two
//! machines are ever compared.

mod large;
mod program;

use std::collections::BTreeSet;

use plimsoll::compare::{Rule, Standing, Terms, compare};
use plimsoll::export::{go_benchmark_text, report_json};
use plimsoll::merge::{MergeRule, merge};
use plimsoll::page::report_html;
use plimsoll::record::{
    CaseRecord, Disposition, EngineChoice, Metric, RunRecord, RunState, ShardBy, ShardRecord,
    SkippedPhase, case_id,
};
use plimsoll::report::report_md;
use plimsoll::scenario::Claim;
use plimsoll::summary::{Analysis, ClaimVerdict, Warning, claim_results, findings, warnings};
use plimsoll::tables::{floor_table, parts_table, terminal_tables};
use plimsoll::units::{Bytes, Count, Nanos};

use crate::reports::builder::{Build, MB, MS, run};

const VARIANTS: [&str; 3] = ["single-stage", "slim", "static"];

/// Part `index` of two, with these of [`VARIANTS`].
pub fn shard(index: u32, variants: &[&str]) -> RunRecord {
    let mut part = run();
    part.id = format!("20261120T20000{index}Z-node-shard{index}of2");
    part.started_at = format!("2026-11-20T20:00:0{index}Z");
    part.finished_at = Some(format!("2026-11-20T20:1{index}:00Z"));
    part.plan.shard = Some(ShardRecord {
        index,
        count: 2,
        by: ShardBy::Variant,
        all: VARIANTS.map(|variant| case_id("node", variant)).to_vec(),
    });
    let mut order: Vec<_> = variants.iter().map(|name| case_id("node", name)).collect();
    order.push(case_id("engine", "floor"));
    part.plan.visits_done = 7 * u32::try_from(order.len()).unwrap();
    part.plan.order = vec![order; 7];
    for variant in variants {
        let factor = 1 + VARIANTS.iter().position(|name| name == variant).unwrap() as u64;
        part.case(variant, Disposition::Qualified);
        part.values(variant, Metric::SizeUnpacked, &[(500 / factor) * MB; 6]);
        let times = [1000, 1010, 990, 1005, 995, 1001].map(|time| time * factor * MS);
        part.values(variant, Metric::BuildCold, &times);
        part.values(variant, Metric::StartStarted, &times);
    }
    let floor = CaseRecord {
        id: case_id("engine", "floor"),
        scenario: "engine".to_owned(),
        variant: "floor".to_owned(),
        strategy: "floor".to_owned(),
        ..part.cases[0].clone()
    };
    part.cases.push(floor);
    let started = part.samples.iter();
    let mut floor: Vec<_> = started
        .filter(|sample| sample.metric == Metric::StartStarted)
        .take(6)
        .cloned()
        .collect();
    for sample in &mut floor {
        sample.case = case_id("engine", "floor");
        sample.metric = Metric::FloorStartStarted;
    }
    part.samples.extend(floor);
    part
}

pub fn two() -> [RunRecord; 2] {
    [shard(1, &["single-stage", "slim"]), shard(2, &["static"])]
}

fn refused(parts: &[RunRecord]) -> String {
    merge(parts, &BTreeSet::new()).unwrap_err().to_string()
}

#[test]
fn parts_become_one_run_that_keeps_all_of_them() {
    let [one, two] = two();
    // In whatever order they come.
    let whole = merge(&[two.clone(), one.clone()], &BTreeSet::new()).unwrap();
    assert_eq!(whole.state, RunState::Complete);
    assert_eq!(whole.samples.len(), one.samples.len() + two.samples.len());
    assert_eq!(
        (whole.started_at.as_str(), whole.finished_at.as_deref()),
        ("2026-11-20T20:00:01Z", Some("2026-11-20T20:12:00Z"))
    );
    let ids: Vec<&str> = whole.cases.iter().map(|case| case.id.as_str()).collect();
    let expected = [
        "node/single-stage",
        "node/slim",
        "node/static",
        "engine/floor-1of2",
        "engine/floor-2of2",
    ];
    assert_eq!(ids, expected);
    assert_eq!(whole.plan.shard, None);
    assert_eq!(whole.plan.order[0].len(), 5);
    assert_eq!((whole.plan.visits_done, whole.plan.rounds_done()), (35, 7));
    assert_eq!(whole.scenarios.len(), 1);
    let measured: Vec<Vec<&str>> = whole
        .parts
        .iter()
        .map(|part| part.cases.iter().map(|case| case.as_str()).collect())
        .collect();
    assert_eq!(measured[1], ["node/static", "engine/floor-2of2"]);
    // It is a run record as any other.
    let json = serde_json::to_string(&whole).unwrap();
    assert_eq!(serde_json::from_str::<RunRecord>(&json).unwrap(), whole);
}

type Change = fn(&mut RunRecord);

/// A change of the second part, what is said of it, and what allows it.
fn unlike() -> [(MergeRule, &'static str, Change); 13] {
    [
        (
            MergeRule::Scenario,
            "have another text of the scenario `node`",
            |part| {
                part.scenarios[0].sha256 = "1".to_owned();
            },
        ),
        (
            MergeRule::Scenario,
            "have another app of the scenario `node`",
            |part| {
                part.scenarios[0].app_sha256 = "1".to_owned();
            },
        ),
        (MergeRule::Seed, "differ in seed: 42 against 43", |part| {
            part.plan.seed = 43
        }),
        (
            MergeRule::Rounds,
            "differ in profile and rounds: standard, 1 + 6 against standard, 1 + 5",
            |part| part.plan.rounds = 5,
        ),
        (
            MergeRule::Rounds,
            "differ in phases: all phases against without cold-mounts",
            |part| part.plan.skipped = vec![SkippedPhase::ColdMounts],
        ),
        (
            MergeRule::Engine,
            "differ in engine: Docker Engine 20.10.24",
            |part| {
                part.engine.version = "27.0.0".to_owned();
            },
        ),
        (
            MergeRule::Engine,
            "differ in image store: GraphDriver, overlay2 against GraphDriver, btrfs",
            |part| part.engine.driver = "btrfs".to_owned(),
        ),
        (
            MergeRule::Engine,
            "differ in way: host, bridge against clean-room, bridge",
            |part| part.plan.engine = EngineChoice::CleanRoom,
        ),
        (
            MergeRule::Host,
            "differ in machine: 2 x Model X, 8 GB, 6.1.0 against 4 x Model X, 8 GB, 6.1.0",
            |part| part.host.cpus = Count(4),
        ),
        (
            MergeRule::Tool,
            "differ in plimsoll: 0.1.0, optimised against 0.2.0",
            |part| {
                part.tool.version = "0.2.0".to_owned();
            },
        ),
        (
            MergeRule::Base,
            "had the base `node:20` as a stand-in of one recipe that was built apart",
            |part| part.bases[0].diff_ids = vec!["sha256:b".to_owned()],
        ),
        (
            MergeRule::Base,
            "had the base `node:20` once as a stand-in and once not",
            |part| {
                part.bases[0].diff_ids = vec!["sha256:b".to_owned()];
                part.bases[0].stand_in = None;
            },
        ),
        (
            MergeRule::Incomplete,
            "`20261120T200002Z-node-shard2of2` is not complete: 3 of 7 rounds are whole",
            |part| {
                part.state = RunState::Interrupted;
                part.plan.visits_done = 6;
            },
        ),
    ]
}

#[test]
fn every_way_of_being_unlike_is_refused_by_name_unless_it_is_allowed() {
    for (rule, words, change) in unlike() {
        let [mut one, mut two] = two();
        one.stand_in("slim", "node:20");
        two.stand_in("static", "node:20");
        change(&mut two);
        let parts = [one, two];
        let reported = refused(&parts);
        assert!(reported.contains(words), "{reported}");
        assert!(
            reported.contains(&format!("(--allow {rule})")),
            "{reported}"
        );
        if rule != MergeRule::Incomplete {
            assert!(reported.contains("`20261120T200001Z-node-shard1of2` and `20261120T200002Z"));
        }
        let hint = merge(&parts, &BTreeSet::new()).unwrap_err().hint();
        assert!(hint.contains(&format!("--allow {rule}. ")), "{hint}");
        let whole = merge(&parts, &[rule].into()).unwrap();
        // What was waived is reported for good.
        assert!(whole.warnings[0].contains(words), "{:?}", whole.warnings);
    }
}

#[test]
fn what_makes_no_sense_is_refused_whatever_is_allowed() {
    let all: BTreeSet<MergeRule> = MergeRule::ALL.into();
    let reported = |parts: &[RunRecord]| {
        let error = merge(parts, &all).unwrap_err();
        assert!(
            error.hint().contains("run the shards again"),
            "{}",
            error.hint()
        );
        error.to_string()
    };
    let [one, two] = two();
    let whole = merge(&[one.clone(), two.clone()], &all).unwrap();
    assert!(reported(&[whole]).contains("was joined from parts before"));
    assert!(reported(&[one.clone(), run()]).contains("is no shard: it was run whole"));
    assert!(reported(&[]).contains("no part was named"));
    let again = reported(&[one.clone(), one.clone()]);
    assert!(again.contains("are both shard 1/2"), "{again}");
    assert!(again.contains("both have node/slim"), "{again}");
    let mut third = two.clone();
    third.plan.shard.as_mut().unwrap().count = 3;
    assert!(reported(&[one.clone(), third]).contains("is one of 2 shards"));
    let mut other = two.clone();
    other
        .plan
        .shard
        .as_mut()
        .unwrap()
        .all
        .push(case_id("node", "more"));
    let other = reported(&[one.clone(), other]);
    assert!(other.contains("only the second has node/more"), "{other}");
    // A list that is empty is another list, in whatever order the parts come.
    let mut none = two.clone();
    none.plan.shard.as_mut().unwrap().all.clear();
    for parts in [[one.clone(), none.clone()], [none, one.clone()]] {
        let said = reported(&parts);
        assert!(
            said.contains("are shards of different cases: only the"),
            "{said}"
        );
    }
    let mut poor = two.clone();
    poor.cases.remove(0);
    assert!(reported(&[one, poor]).contains("all shards are there, and none has node/static"));
}

#[test]
fn a_missing_shard_is_named_with_its_cases() {
    let [one, _] = two();
    let reported = refused(std::slice::from_ref(&one));
    assert!(
        reported.contains("shard 2/2 is missing, and with it node/static (--allow missing)"),
        "{reported}"
    );
    let whole = merge(&[one], &[MergeRule::Missing].into()).unwrap();
    assert_eq!(whole.cases.len(), 3);
    assert!(whole.warnings[0].contains("shard 2/2 is missing"));
}

#[test]
fn an_empty_shard_is_a_part_whatever_it_ran_on() {
    let one = shard(1, &VARIANTS);
    let mut two = shard(2, &["static"]);
    two.cases.clear();
    two.samples.clear();
    two.scenarios.clear();
    two.plan.order = vec![Vec::new(); 7];
    two.plan.visits_done = 0;
    two.host.cpus = Count(64);
    two.engine.version = "27".to_owned();
    let whole = merge(&[two, one], &BTreeSet::new()).unwrap();
    assert_eq!(whole.parts.len(), 2);
    assert_eq!(whole.host.cpus, Count(2));
    // One machine measured all: there is nothing to warn of.
    assert!(
        !warnings(&whole)
            .iter()
            .any(|one| matches!(one, Warning::Joined { .. }))
    );
}

/// Two machines, allowed.
pub fn joined() -> RunRecord {
    let [one, mut two] = two();
    two.host.cpus = Count(4);
    two.host.cpu = "Model Y".to_owned();
    merge(&[one, two], &[MergeRule::Host].into()).unwrap()
}

#[test]
fn reports_compare_sizes_across_parts_and_times_within_them() {
    let whole = joined();
    let analysis = Analysis::of(&whole);
    let ratio = |variant: &str, metric| {
        let entry = analysis.get(&case_id("node", variant), metric).unwrap();
        analysis
            .ratio_to_largest(entry)
            .map(|ratio| ratio.ratio.get())
    };
    assert_eq!(ratio("static", Metric::SizeUnpacked), Some(166.0 / 500.0));
    // Three times as long as on the other machine says nothing.
    for variant in VARIANTS {
        assert_eq!(ratio(variant, Metric::BuildCold), None, "{variant}");
    }
    assert_eq!(warnings(&whole)[0], Warning::Joined { parts: 2 });
    let page = report_md(&whole);
    for words in [
        "## Parts",
        "4 x Model Y, 8 GB, 6.1.0",
        "Joined from parts; of the first: Engine:",
        "times and memory compare within a part only: single-stage, slim in part 1/2; static in part 2/2",
        "times of different parts are not compared",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let found = findings(&whole);
    assert!(
        found.iter().all(|found| found.title != "Fastest rebuild"),
        "the quickest on one machine is not the quickest of all: {found:?}"
    );
    assert!(report_html(&whole).contains("4 x Model Y, 8 GB, 6.1.0"));
    let noted = terminal_tables(&whole, "node");
    assert!(noted[0].notes[0].text.contains("static in part 2/2"));
    let json = report_json(&whole);
    assert_eq!(
        json["parts"][1]["cases"],
        serde_json::json!(["node/static"])
    );
    assert_eq!(parts_table(&whole).unwrap().rows.len(), 2);
    assert_eq!(parts_table(&run()), None);
}

#[test]
fn a_floor_is_listed_with_the_apps_of_its_own_machine() {
    let table = floor_table(&joined()).terminal(None);
    let line = |name: &str| {
        let line = table.lines().find(|line| line.starts_with(name)).unwrap();
        line.to_owned()
    };
    let first = line("floor.start.started (floor-1of2)");
    assert!(
        first.contains("node/slim") && !first.contains("node/static"),
        "{first}"
    );
    let second = line("floor.start.started (floor-2of2)");
    assert!(
        second.contains("node/static") && !second.contains("node/slim"),
        "{second}"
    );
}

#[test]
fn no_claim_is_judged_by_times_of_two_machines() {
    let mut whole = joined();
    let claim = |variant: &str, from: Option<&str>, metric: &str| Claim {
        source: "guide".to_owned(),
        variant: variant.to_owned(),
        from: from.map(str::to_owned),
        metric: metric.to_owned(),
        link: None,
        claimed: "less".to_owned(),
        claimed_bytes: None,
        claimed_ns: None,
        claimed_change: None,
        approximate: false,
        note: None,
    };
    // A figure that is not met, of which only the order could hold.
    let figure = |variant: &str, nanos: u64| Claim {
        claimed: "x".to_owned(),
        claimed_ns: Some(Nanos(nanos)),
        ..claim(variant, None, "build.cold")
    };
    whole.scenarios[0].claims = vec![
        claim("static", Some("slim"), "size.unpacked"),
        claim("static", Some("slim"), "build.cold"),
        claim("slim", Some("single-stage"), "build.cold"),
        figure("static", 90_000 * MS),
        figure("slim", 60_000 * MS),
    ];
    let results = claim_results(&whole);
    let verdicts: Vec<ClaimVerdict> = results.iter().map(|result| result.verdict).collect();
    assert_eq!(
        verdicts,
        [
            ClaimVerdict::Holds,
            ClaimVerdict::CannotBeTested,
            ClaimVerdict::DoesNotHold,
            ClaimVerdict::CannotBeTested,
            ClaimVerdict::CannotBeTested,
        ]
    );
    assert!(results[1].change.is_none());
    for at in [1, 3, 4] {
        let why = results[at].why.as_deref().unwrap();
        assert!(why.contains("different parts of the run"), "{why}");
    }
}

#[test]
fn runs_are_compared_case_by_case_by_what_each_was_measured_on() {
    let (base, mut head) = (joined(), joined());
    // The second part ran on the machine of the first this time.
    head.parts[1].host = head.parts[0].host.clone();
    let comparison = compare(&base, &head, Terms::default());
    let standing = |variant: &str, metric| {
        let id = case_id("node", variant);
        let mut lines = comparison.lines.iter();
        let line = lines.find(|line| *line.case == id && line.metric == metric);
        line.unwrap().standing()
    };
    assert_eq!(standing("slim", Metric::BuildCold), Standing::Same);
    assert_eq!(
        standing("static", Metric::BuildCold),
        Standing::NotComparable
    );
    assert_eq!(standing("static", Metric::SizeUnpacked), Standing::Same);
    assert_eq!(comparison.differences.len(), 1);
    assert_eq!(comparison.differences[0].rule, Rule::Host);
    // A run in one piece on the first machine: half of it is comparable.
    let mut piece = base.clone();
    piece.parts.clear();
    let comparison = compare(&piece, &base, Terms::default());
    assert_eq!(comparison.differences.len(), 1);
    assert_eq!(comparison.count(Standing::NotComparable), 2);
}

#[test]
fn benchstat_gets_a_key_for_each_part() {
    let text = go_benchmark_text(&joined());
    let keys: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("part: "))
        .collect();
    assert_eq!(keys, ["part: 1/2", "part: 2/2"]);
    let place = |what: &str| text.find(what).unwrap();
    assert!(place("part: 1/2") < place("variant=slim"));
    assert!(place("variant=slim") < place("part: 2/2"));
    assert!(place("part: 2/2") < place("variant=static"));
}

#[test]
fn a_base_that_differs_between_parts_is_each_cases_own() {
    let [mut one, mut two] = two();
    one.stand_in("slim", "node:20");
    two.stand_in("static", "node:20");
    two.bases[0].diff_ids = vec!["sha256:b".to_owned()];
    two.bases[0].unpacked_bytes = Bytes(1);
    let whole = merge(&[one, two], &[MergeRule::Base].into()).unwrap();
    assert_eq!(whole.bases.len(), 2);
    let base = |variant: &str| whole.setup_of(&case_id("node", variant)).bases[0].unpacked_bytes;
    assert_eq!((base("slim"), base("static")), (Bytes(133 * MB), Bytes(1)));
}

#[test]
fn a_run_that_was_joined_of_unlike_rounds_can_be_read_again() {
    for short in [0, 1] {
        let mut parts = two();
        let part = &mut parts[short];
        part.plan.rounds = 5;
        part.plan.order.truncate(6);
        let visits = part.plan.order.iter().map(Vec::len).sum::<usize>();
        part.plan.visits_done = u32::try_from(visits).unwrap();
        part.samples.retain(|sample| sample.round <= 6);
        let whole = merge(&parts, &[MergeRule::Rounds].into()).unwrap();
        assert_eq!((whole.plan.warmup_rounds, whole.plan.rounds), (1, 6));
        // As every command reads it: what a merge writes agrees with itself.
        let text = serde_json::to_string_pretty(&whole).unwrap();
        assert_eq!(RunRecord::read(&text).unwrap(), whole);
    }
}
