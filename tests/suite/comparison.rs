//! Two runs side by side, from synthetic records to verdicts, causes and exit codes.

use plimsoll::compare::{Cause, Rule, RunComparison, Standing, Terms, causes, compare};
use plimsoll::export::{comparison_csv, comparison_json};
use plimsoll::record::{
    BaseRecord, BlobRecord, Disposition, ImageRecord, LayerContents, ManifestRecord, Metric,
    Outcome, RunRecord, Weight,
};
use plimsoll::tables::comparison_table;
use plimsoll::units::{Bytes, Count, Nanos, Quantity};

mod absent;
mod budgets;
mod derived;
mod terms;

use crate::reports::builder::{Build, MB, MS, run};

const VARIANT: &str = "slim";

/// A run of one case with a base image of 75 MB and a layer of 20 MB.
fn before() -> RunRecord {
    let mut run = run();
    run.id = "20261120T200000Z-base".to_owned();
    run.case(VARIANT, Disposition::Qualified);
    run.bases.push(BaseRecord {
        manifest_digest: None,
        reference: "node:20-slim".to_owned(),
        resolved: "node:20-slim".to_owned(),
        image_id: "sha256:1".to_owned(),
        repo_digests: Vec::new(),
        diff_ids: vec!["sha256:a".to_owned()],
        unpacked_bytes: Bytes(75 * MB),
        stand_in: None,
    });
    run.cases[0].bases.push("node:20-slim".to_owned());
    image(
        &mut run,
        &[(75, "ADD rootfs"), (20, "RUN /bin/sh -c npm ci # buildkit")],
        &[("/app/node_modules/x", 15)],
    );
    run.values(VARIANT, Metric::SizeUnpacked, &[95 * MB; 6]);
    run.values(VARIANT, Metric::SizeOwn, &[20 * MB; 6]);
    run.values(
        VARIANT,
        Metric::BuildCold,
        &[10_000, 10_100, 10_050, 9_950, 10_020, 9_980].map(ms),
    );
    run.values(
        VARIANT,
        Metric::StartReady,
        &[200, 201, 199, 200, 202, 198].map(ms),
    );
    for round in 2..8 {
        run.cold_build(
            VARIANT,
            round,
            &[
                ("[2/4] RUN npm ci", 8_000, true),
                ("[3/4] COPY . .", 100, false),
            ],
        );
    }
    run
}

fn ms(millis: u64) -> u64 {
    millis * MS
}

/// The image of the case: its history and its heaviest files, in MB.
fn image(run: &mut RunRecord, history: &[(u64, &str)], files: &[(&str, u64)]) {
    let case = &mut run.cases[0];
    let history = history.iter();
    case.image = Some(ImageRecord {
        id: "sha256:image".to_owned(),
        diff_ids: Vec::new(),
        history: history
            .map(|(mb, text)| (Bytes(mb * MB), (*text).to_owned()))
            .collect(),
        user: String::new(),
        layer_bytes: None,
        reach: None,
        manifest: None,
    });
    let weight = |(path, mb): &(&str, u64)| Weight {
        path: (*path).to_owned(),
        bytes: Bytes(mb * MB),
    };
    case.layers = vec![LayerContents {
        bytes: Bytes(20 * MB),
        files: Count(files.len() as u64),
        heaviest_files: files.iter().map(weight).collect(),
        heaviest_folders: Vec::new(),
    }];
}

/// The same with a large file in the image, and an install that lost its cache.
fn after() -> RunRecord {
    let mut run = before();
    run.id = "20261121T200000Z-head".to_owned();
    image(
        &mut run,
        &[
            (75, "ADD rootfs"),
            (50, "COPY /src/ . # buildkit"),
            (20, "RUN /bin/sh -c npm ci # buildkit"),
        ],
        &[("/app/film.bin", 49), ("/app/node_modules/x", 15)],
    );
    run.samples.clear();
    run.values(VARIANT, Metric::SizeUnpacked, &[145 * MB; 6]);
    run.values(VARIANT, Metric::SizeOwn, &[70 * MB; 6]);
    run.values(
        VARIANT,
        Metric::BuildCold,
        &[18_000, 18_100, 18_050, 17_950, 18_020, 17_980].map(ms),
    );
    run.values(
        VARIANT,
        Metric::StartReady,
        &[200, 201, 199, 200, 202, 197].map(ms),
    );
    run.builds.clear();
    for round in 2..8 {
        run.cold_build(
            VARIANT,
            round,
            &[
                ("[2/4] COPY . .", 100, false),
                ("[3/4] RUN npm ci", 8_000, false),
            ],
        );
    }
    run
}

fn standing(comparison: &RunComparison<'_>, metric: Metric) -> Standing {
    let line = comparison.lines.iter().find(|line| line.metric == metric);
    line.unwrap().standing()
}

fn why(comparison: &RunComparison<'_>, metric: Metric) -> Vec<Cause> {
    let line = comparison.lines.iter().find(|line| line.metric == metric);
    causes(comparison, line.unwrap())
}

#[test]
fn each_regression_is_reported_with_its_cause() {
    let (base, head) = (before(), after());
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(standing(&comparison, Metric::SizeUnpacked), Standing::Worse);
    assert_eq!(standing(&comparison, Metric::BuildCold), Standing::Worse);
    assert_eq!(standing(&comparison, Metric::StartReady), Standing::Same);
    let size = why(&comparison, Metric::SizeUnpacked);
    assert_eq!(
        size,
        [
            Cause::Instruction {
                text: "COPY /src/ . # buildkit".to_owned(),
                before: None,
                after: Some(Bytes(50 * MB)),
            },
            Cause::Name {
                path: "/app/film.bin".to_owned(),
                before: None,
                after: Some(Bytes(49 * MB)),
            },
        ]
    );
    let build = why(&comparison, Metric::BuildCold);
    assert_eq!(
        build,
        [Cause::Step {
            name: "RUN npm ci".to_owned(),
            before: None,
            after: Some(Nanos::from_millis(8_000)),
            lost_cache: true,
        }]
    );
    assert_eq!(why(&comparison, Metric::StartReady), []);
}

#[test]
fn the_mirror_image_is_better() {
    let (base, head) = (after(), before());
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(
        standing(&comparison, Metric::SizeUnpacked),
        Standing::Better
    );
    assert_eq!(standing(&comparison, Metric::BuildCold), Standing::Better);
    assert_eq!(comparison.count(Standing::Worse), 0);
}

#[test]
fn a_run_is_the_same_as_itself() {
    let run = before();
    let comparison = compare(&run, &run, Terms::default());
    assert_eq!(comparison.count(Standing::Same), comparison.lines.len());
    assert_eq!(comparison.lines.len(), 4);
}

#[test]
fn unlike_runs_are_compared_as_far_as_they_are_alike() {
    let (base, mut head) = (before(), after());
    head.host.cpu = "Model Y".to_owned();
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(
        standing(&comparison, Metric::BuildCold),
        Standing::NotComparable
    );
    assert_eq!(standing(&comparison, Metric::SizeUnpacked), Standing::Worse);
    let waived = Terms {
        waived: [Rule::Host].into(),
        ..Terms::default()
    };
    let comparison = compare(&base, &head, waived);
    assert_eq!(standing(&comparison, Metric::BuildCold), Standing::Worse);
    // The difference is still reported.
    assert_eq!(comparison.differences[0].rule, Rule::Host);
}

#[test]
fn a_base_that_moved_is_no_change_of_the_app() {
    let (base, mut head) = (before(), after());
    head.bases[0].diff_ids = vec!["sha256:b".to_owned()];
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(
        standing(&comparison, Metric::SizeUnpacked),
        Standing::NotComparable
    );
    let csv = String::from_utf8(comparison_csv(&comparison)).unwrap();
    assert!(csv.contains("`node:20-slim` is another image now"), "{csv}");
    // Another base by another name is a change of the app.
    head.bases[0].reference = "node:20".to_owned();
    head.cases[0].bases = vec!["node:20".to_owned()];
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(standing(&comparison, Metric::SizeUnpacked), Standing::Worse);
}

#[test]
fn each_rule_keeps_apart_what_it_touches() {
    type Change = fn(&mut RunRecord);
    let cases: [(Rule, Change); 6] = [
        (Rule::Platform, |run| {
            run.cases[0].platform = "linux/arm64".to_owned()
        }),
        (Rule::Store, |run| run.engine.driver = "btrfs".to_owned()),
        (Rule::StandIn, |run| run.stand_in(VARIANT, "node:20-slim")),
        (Rule::Host, |run| run.host.cpus = Count(4)),
        (Rule::Engine, |run| run.engine.version = "26.1".to_owned()),
        (Rule::Tool, |run| run.tool.optimised = false),
    ];
    for (rule, change) in cases {
        let (base, mut head) = (before(), before());
        change(&mut head);
        let comparison = compare(&base, &head, Terms::default());
        for line in &comparison.lines {
            let expected = match rule.touches(line.metric) {
                true => Standing::NotComparable,
                false => Standing::Same,
            };
            assert_eq!(line.standing(), expected, "{rule} {}", line.metric);
        }
        assert!(comparison.count(Standing::NotComparable) > 0, "{rule}");
    }
}

#[test]
fn what_broke_is_worse_and_what_works_again_is_better() {
    let (base, mut head) = (before(), before());
    head.samples.clear();
    let reason = "exited with code 3".to_owned();
    head.cases[0].disposition = Disposition::Failed { reason };
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(comparison.count(Standing::Worse), 4);
    let comparison = compare(&head, &base, Terms::default());
    assert_eq!(comparison.count(Standing::Better), 4);
    // One metric alone.
    let mut head = before();
    head.samples
        .retain(|sample| sample.metric != Metric::StartReady);
    let reason = "not ready".to_owned();
    head.sample(VARIANT, Metric::StartReady, Outcome::Dnf { reason });
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(standing(&comparison, Metric::StartReady), Standing::Worse);
    assert_eq!(comparison.count(Standing::Same), 3);
    // One round of one metric, and a failed case that left numbers.
    let mut head = before();
    let reason = "not ready".to_owned();
    head.sample(VARIANT, Metric::StartReady, Outcome::Dnf { reason });
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(standing(&comparison, Metric::StartReady), Standing::Worse);
    let mut head = before();
    let reason = "exited with code 3".to_owned();
    head.cases[0].disposition = Disposition::Failed { reason };
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(comparison.count(Standing::Worse), 4);
    assert!(comparison.lines.iter().all(|line| line.head.is_none()));
}

#[test]
fn few_samples_leave_it_open() {
    let (base, mut head) = (before(), after());
    let mut seen = 0;
    head.samples.retain(|sample| {
        seen += usize::from(sample.metric == Metric::BuildCold);
        sample.metric != Metric::BuildCold || seen <= 3
    });
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(
        standing(&comparison, Metric::BuildCold),
        Standing::Inconclusive
    );
    let table = comparison_table(&comparison, false).terminal(Some(200));
    assert!(table.contains("fewer than 4 samples a side"), "{table}");
}

#[test]
fn cases_of_one_side_are_named() {
    let (mut base, mut head) = (before(), before());
    base.case("old", Disposition::Qualified);
    head.case("new", Disposition::Qualified);
    let comparison = compare(&base, &head, Terms::default());
    let names =
        |ids: &[&plimsoll::record::CaseId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        (names(&comparison.gone), names(&comparison.new)),
        (vec!["node/old".to_owned()], vec!["node/new".to_owned()])
    );
    let empty = run();
    let nothing = compare(&empty, &empty, Terms::default());
    let table = comparison_table(&nothing, true).terminal(None);
    assert!(table.contains("Nothing is in both runs."), "{table}");
}

#[test]
fn new_blobs_account_for_what_travels() {
    let manifest = |blobs: &[(&str, u64)]| ManifestRecord {
        digest: "sha256:m".to_owned(),
        media_type: String::new(),
        bytes: Bytes(1),
        config: BlobRecord {
            digest: "sha256:c".to_owned(),
            bytes: Bytes(2),
        },
        layers: blobs
            .iter()
            .map(|(digest, mb)| BlobRecord {
                digest: (*digest).to_owned(),
                bytes: Bytes(mb * MB),
            })
            .collect(),
    };
    let (mut base, mut head) = (before(), after());
    base.values(VARIANT, Metric::SizeTransfer, &[30 * MB; 6]);
    head.values(VARIANT, Metric::SizeTransfer, &[50 * MB; 6]);
    base.cases[0].image.as_mut().unwrap().manifest = Some(manifest(&[("sha256:1", 30)]));
    head.cases[0].image.as_mut().unwrap().manifest =
        Some(manifest(&[("sha256:1", 30), ("sha256:2", 20)]));
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(
        why(&comparison, Metric::SizeTransfer)[0],
        Cause::Blobs {
            count: Count(1),
            bytes: Bytes(20 * MB),
            heaviest: "sha256:2".to_owned()
        }
    );
}

#[test]
fn people_and_machines_read_the_same() {
    let (base, head) = (before(), after());
    let comparison = compare(&base, &head, Terms::default());
    let table = comparison_table(&comparison, false).terminal(None);
    for words in [
        "3 worse, 1 same.",
        "50.0 MB larger (1.53x)",
        "/app/film.bin: 49.0 MB, new",
        "RUN npm ci: no longer cached, 8.00 s, new",
        "slower",
    ] {
        assert!(table.contains(words), "{words}\n{table}");
    }
    assert!(!table.contains("start.ready   "), "{table}");
    assert!(table.contains("start.ready 6 %"), "{table}");
    assert!(
        comparison_table(&comparison, true)
            .terminal(None)
            .contains("start.ready")
    );
    let json = comparison_json(&comparison);
    assert_eq!(json["counts"]["worse"], 3);
    let line = json["lines"]
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["metric"] == "size.unpacked");
    let line = line.unwrap();
    assert_eq!(
        (&line["base_bytes"], &line["head_bytes"]),
        (&(95 * MB).into(), &(145 * MB).into())
    );
    assert_eq!(line["verdict"], "worse");
    let csv = comparison_csv(&comparison);
    assert_eq!(
        csv::Reader::from_reader(csv.as_slice())
            .records()
            .map(Result::unwrap)
            .count(),
        4
    );
}

#[test]
fn a_comment_shows_twenty_rows_and_folds_the_rest() {
    let (mut base, mut head) = (before(), before());
    for at in 0..25 {
        let variant = format!("variant-{at}");
        for (run, size) in [(&mut base, 90), (&mut head, 95 + at)] {
            run.case(&variant, Disposition::Qualified);
            run.values(&variant, Metric::SizeUnpacked, &[size * MB; 6]);
        }
    }
    let comparison = compare(&base, &head, Terms::default());
    let most = plimsoll::export::COMMENT_BYTES;
    let comment = plimsoll::export::summary_md(None, Some(&comparison), most);
    let (shown, folded) = comment.split_once("<details>").unwrap();
    let rows = |text: &str| {
        text.lines()
            .filter(|line| line.starts_with("| worse |"))
            .count()
    };
    assert_eq!((rows(shown), rows(folded)), (20, 5), "{comment}");
    assert!(folded.contains("<summary>5 more rows</summary>") && folded.contains("</details>"));
    // The largest change is seen first.
    assert!(shown.contains("variant-24") && folded.contains("variant-0 "));
    // What is folded is never cut in the middle.
    let short = plimsoll::export::summary_md(None, Some(&comparison), shown.len() + 400);
    assert!(
        !short.contains("<details>") && short.contains("Cut to fit"),
        "{short}"
    );
}

#[test]
fn small_open_rows_are_one_line() {
    let (base, mut head) = (before(), before());
    head.samples
        .retain(|sample| sample.metric != Metric::BuildCold);
    let values = [9_000, 9_500, 10_000, 10_050, 10_600, 11_200].map(ms);
    head.values(VARIANT, Metric::BuildCold, &values);
    let comparison = compare(&base, &head, Terms::default());
    assert_eq!(
        standing(&comparison, Metric::BuildCold),
        Standing::Inconclusive
    );
    let table = comparison_table(&comparison, false).terminal(None);
    assert!(table.contains("1 open row is small"), "{table}");
    assert!(!table.contains("inconclusive  node"), "{table}");
    let all = comparison_table(&comparison, true).terminal(None);
    assert!(
        all.contains("inconclusive") && all.contains("rounds a side would settle it"),
        "{all}"
    );
    let json = comparison_json(&comparison);
    let mut lines = json["lines"].as_array().unwrap().iter();
    let line = lines.rfind(|line| line["metric"] == "build.cold").unwrap();
    assert!(line["rounds_to_settle"].as_u64() > Some(6), "{line}");
    assert!(line["detectable_ratio"].as_f64() > Some(1.05), "{line}");
}
