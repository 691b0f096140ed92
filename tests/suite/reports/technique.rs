//! What a technique does, from synthetic records.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use plimsoll::export::{effects_csv, report_json, samples_csv, summary_csv};
use plimsoll::record::{
    Disposition, HardenedStart, Metric, Outcome, Posture, RunRecord, ScanOutcome, ScanRecord,
    SecretFinding, SecretPlace, StopFacts, TechniqueRecord,
};
use plimsoll::report::report_md;
use plimsoll::tables::{effect_table, terminal_tables};
use plimsoll::units::{Count, Nanos};

use super::builder::{Build, MB, MS, run};
use super::{rows, text};

fn posture(root: bool) -> Posture {
    let secret = |place, at: &str| SecretFinding {
        place,
        at: at.to_owned(),
        kind: "planted token".to_owned(),
        masked: "plim…".to_owned(),
        planted: true,
    };
    let paths = |names: &[&str]| {
        names
            .iter()
            .map(|name| format!("/usr/bin/{name}"))
            .collect()
    };
    if root {
        return Posture {
            root: true,
            shell: Some("/bin/bash".to_owned()),
            package_managers: paths(&["apt", "dpkg"]),
            compilers: paths(&["gcc", "g++", "make", "ld"]),
            setuid: paths(&["su", "mount"]),
            os_packages: Some(Count(413)),
            language_packages: BTreeMap::from([("npm".to_owned(), Count(312))]),
            leaks: vec!["app/.git".to_owned()],
            secrets: vec![
                secret(SecretPlace::History, "RUN TOKEN=… npm ci | tee"),
                secret(SecretPlace::Layer, "app/.npmrc in layer 4"),
            ],
            hardened: Some(HardenedStart::Failed {
                reason: "EROFS: read-only file system".to_owned(),
            }),
            stop: Some(StopFacts {
                exit_code: 137,
                killed: true,
                grace_ns: Nanos::from_secs(10),
            }),
            scans: vec![ScanRecord {
                scanner: "trivy".to_owned(),
                version: "0.50".to_owned(),
                database: None,
                outcome: ScanOutcome::Found(BTreeMap::from([
                    ("low".to_owned(), Count(40)),
                    ("critical".to_owned(), Count(3)),
                ])),
            }],
            ..Posture::default()
        };
    }
    Posture {
        user: "node".to_owned(),
        hardened: Some(HardenedStart::Ready),
        health_check: true,
        stop: Some(StopFacts {
            exit_code: 0,
            killed: false,
            grace_ns: Nanos::from_secs(10),
        }),
        ..Posture::default()
    }
}

/// A baseline and four variants: one that helps, one that does not, one on stand-ins that
/// did not finish, and one that is not available here.
pub fn technique() -> RunRecord {
    let mut run = run();
    run.scenarios[0].technique = Some(TechniqueRecord {
        id: "layer-order".to_owned(),
        question: "What does it save to copy the manifests before the source?".to_owned(),
        baseline: "all-at-once".to_owned(),
        shows: ["rebuild.source", "posture.user", "posture.stop"]
            .map(str::to_owned)
            .to_vec(),
    });
    let spread = |base: u64| [0, 2, 1, 4, 3, 6].map(|i| base * MS * (100 + i) / 100);
    for (variant, rebuild, size) in [
        ("all-at-once", 14_000, 1_178),
        ("manifests-first", 2_100, 154),
        ("renamed", 14_100, 1_178),
    ] {
        run.case(variant, Disposition::Qualified);
        run.values(variant, Metric::RebuildSource, &spread(rebuild));
        run.values(variant, Metric::BuildCold, &spread(15_000)[..3]);
        run.values(variant, Metric::SizeUnpacked, &[size * MB; 2]);
        run.cases.last_mut().unwrap().posture = Some(posture(variant != "manifests-first"));
    }
    run.case("broken", Disposition::Qualified);
    run.stand_in("broken", "node:20");
    let reason = "npm ci: exit 137".to_owned();
    run.sample("broken", Metric::RebuildSource, Outcome::Dnf { reason });
    run.values("broken", Metric::SizeUnpacked, &[1_178 * MB - 47]);
    let reason = "no emulator for linux/arm64 on this machine".to_owned();
    run.case("arm64", Disposition::NotAvailable { reason });
    run
}

#[test]
fn an_effect_is_reported_only_where_the_interval_shows_it() {
    let table = effect_table(&technique(), "node").unwrap();
    assert_snapshot!(table.terminal(Some(120)), @r#"
Node API (node): effect of layer-order. What does it save to copy the manifests before the source?

variant          in              should                all-at-once                     with  effect
                                 show                                                    it
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
manifests-first  rebuild.source  yes                        14.3 s                   2.15 s  6.67x [6.48, 6.86] faster
manifests-first  posture.user    yes                          root                     node  changed
manifests-first  posture.stop    yes       killed after 10 s (137)                   exit 0  changed
manifests-first  size.unpacked   no                        1178 MB                   154 MB  1024 MB smaller (7.65x)
manifests-first  build.cold      no                         15.2 s                   15.2 s  1.00x, n = 3, no interval
renamed          rebuild.source  yes                        14.3 s                   14.5 s  1.01x [0.98, 1.04], no
                                                                                             effect shown
renamed          posture.user    yes                          root                     root  no effect
renamed          posture.stop    yes       killed after 10 s (137)  killed after 10 s (137)  no effect
renamed          size.unpacked   no                        1178 MB                  1178 MB  no effect
renamed          build.cold      no                         15.2 s                   15.2 s  1.00x, n = 3, no interval
broken *         rebuild.source  yes                        14.3 s                     DNF¹  –
broken *         posture.user    yes                          root                       –²  –
broken *         posture.stop    yes       killed after 10 s (137)                       –²  –
broken *         size.unpacked   no                        1178 MB                  1178 MB  47 B smaller
broken *         build.cold      no                         15.2 s                        –  –
arm64            rebuild.source  yes                        14.3 s                not here³  –
arm64            posture.user    yes                          root                not here³  –
arm64            posture.stop    yes       killed after 10 s (137)                not here³  –
arm64            size.unpacked   no                        1178 MB                not here³  –
arm64            build.cold      no                         15.2 s                not here³  –
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
Times and memory: medians, and the ratio of the two [95 % bootstrap interval of it, from 6 samples a side]; no effect is
  shown where it includes 1. Sizes, counts and facts are compared as they are.
* rests on a stand-in base, not on the registry's image: node:20 (as plimsoll.local/node:20)
¹ npm ci: exit 137
² this image was not looked into
³ not available here: no emulator for linux/arm64 on this machine
"#);
    assert_snapshot!(table.markdown().lines().take(6).collect::<Vec<_>>().join("\n"), @r#"
**Node API (node): effect of layer-order. What does it save to copy the manifests before the source?**

| variant | in | should show | all-at-once | with it | effect |
| :--- | :--- | :--- | ---: | ---: | :--- |
| manifests-first | rebuild.source | yes | 14.3 s | 2.15 s | 6.67x [6.48, 6.86] faster |
| manifests-first | posture.user | yes | root | node | changed |
"#);
}

#[test]
fn effects_have_a_file_and_a_place_in_the_json() {
    let run = technique();
    let csv = text(effects_csv(&run).unwrap());
    let picked: Vec<&str> = csv
        .lines()
        .filter(|line| {
            ["run,", "manifests-first", "broken,rebuild", "arm64,size"]
                .iter()
                .any(|part| line.contains(part))
        })
        .collect();
    assert_snapshot!(picked.join("\n"), @r#"
run,scenario,technique,baseline,variant,metric,unit,link,expected,n,before,after,ratio,lower,upper,level,effect,better,reason,stand_in
20261120T200000Z-node,node,layer-order,all-at-once,manifests-first,rebuild.source,s,,true,6,14.35,2.1525,0.15,0.14567307692307693,0.15443349753694582,0.95,lower,true,,
20261120T200000Z-node,node,layer-order,all-at-once,manifests-first,posture.user,,,true,,root,node,,,,,changed,,,
20261120T200000Z-node,node,layer-order,all-at-once,manifests-first,posture.stop,,,true,,killed after 10 s (137),exit 0,,,,,changed,,,
20261120T200000Z-node,node,layer-order,all-at-once,manifests-first,size.unpacked,bytes,,false,,1178000000,154000000,0.1307300509337861,,,,lower,true,,
20261120T200000Z-node,node,layer-order,all-at-once,manifests-first,build.cold,s,,false,3,15.15,15.15,1,,,,too-few-samples,,,
20261120T200000Z-node,node,layer-order,all-at-once,broken,rebuild.source,s,,true,,14.35,,,,,,,,npm ci: exit 137,node:20
20261120T200000Z-node,node,layer-order,all-at-once,arm64,size.unpacked,bytes,,false,,1178000000,,,,,,,,not available here: no emulator for linux/arm64 on this machine,
"#);
    let json = report_json(&run);
    let first = &json["effects"][0];
    assert_eq!(
        (&first["metric"], &first["variant"]),
        (&"rebuild.source".into(), &"manifests-first".into())
    );
    assert_eq!(
        (&first["effect"], &first["better"]),
        (&"lower".into(), &true.into())
    );
    assert_eq!(first["before_ns"], 14_350 * MS);
    assert_eq!(json["posture"].as_array().unwrap().len(), 3);
    // A run about no technique has neither file nor rows.
    let mut plain = technique();
    plain.scenarios[0].technique = None;
    assert_eq!(effects_csv(&plain), None);
    assert_eq!(effect_table(&plain, "node"), None);
    assert_eq!(report_json(&plain)["effects"], serde_json::json!([]));
}

#[test]
fn a_baseline_that_did_not_run_leaves_no_effect() {
    let mut run = technique();
    run.cases.retain(|case| case.variant != "all-at-once");
    let table = effect_table(&run, "node").unwrap();
    assert!(
        table
            .rows
            .iter()
            .all(|row| row[5].clone() == plimsoll::tables::Cell::missing())
    );
    assert!(table.terminal(None).contains("not run"));
}

#[test]
fn facts_of_images_are_two_tables() {
    let run = technique();
    let tables = terminal_tables(&run, "node");
    let drawn: Vec<String> = tables
        .iter()
        .filter(|table| {
            table.columns[0].key == "variant" && table.columns[1].key.starts_with("posture")
        })
        .map(|table| table.terminal(Some(120)))
        .collect();
    assert_snapshot!(drawn.join("\n"), @r#"
Node API (node): what is in the image

variant          shell      package        compilers          setuid      OS         language        leaks     sources
                            managers                          files       packages   packages
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
all-at-once      /bin/bash  apt, dpkg      4: gcc, g++,       2           413        312 npm         app/.git  none
                                           make, …
renamed          /bin/bash  apt, dpkg      4: gcc, g++,       2           413        312 npm         app/.git  none
                                           make, …
broken *         –¹         –¹             –¹                 –¹          –¹         –¹              –¹        –¹
manifests-first  none       none           none               none        no         none            none      none
                                                                          database
arm64            not here²  not here²      not here²          not here²   not here²  not here²       not       not
                                                                                                     here²     here²
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
Facts of the first image that kept the contract; none of them is a verdict.
* rests on a stand-in base, not on the registry's image: node:20 (as plimsoll.local/node:20)
¹ this image was not looked into
² not available here: no emulator for linux/arm64 on this machine

Node API (node): how it runs and what it exposes

variant          user      health      hardened      stop                 secrets                 CVEs
                           check       start
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
all-at-once      root      none        failed¹       killed after 10 s    2 planted: history,     trivy: 3 critical, 40
                                                     (137)                layer²                  low
renamed          root      none        failed¹       killed after 10 s    2 planted: history,     trivy: 3 critical, 40
                                                     (137)                layer²                  low
broken *         –³        –³          –³            –³                   –³                      –³
manifests-first  node      yes         ready         exit 0               none                    no scanner
arm64            not       not here⁴   not here⁴     not here⁴            not here⁴               not here⁴
                 here⁴
────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
Facts of the first image that kept the contract; none of them is a verdict.
Hardened: read-only root file system, no capabilities, no new privileges. Secrets: planted ones were put there by this
  run, and none is printed whole. CVEs: distinct ids, by the scanners of this machine.
trivy 0.50, database not dated.
* rests on a stand-in base, not on the registry's image: node:20 (as plimsoll.local/node:20)
¹ hardened start failed: EROFS: read-only file system
² planted token in the history (RUN TOKEN=… npm ci | tee): plim…; planted token in the layer (app/.npmrc in layer 4):
  plim…
³ this image was not looked into
⁴ not available here: no emulator for linux/arm64 on this machine
"#);
    let mut without = technique();
    for case in &mut without.cases {
        case.posture = None;
    }
    assert!(!report_md(&without).contains("what is in the image"));
}

#[test]
fn a_variant_that_is_not_available_is_marked_in_every_format() {
    let run = technique();
    let reason = "not available here: no emulator for linux/arm64 on this machine";
    let page = report_md(&run);
    assert!(page.contains(&format!("- node/arm64: {reason}")), "{page}");
    for table in terminal_tables(&run, "node") {
        let drawn = table.terminal(None);
        assert!(
            drawn.contains("not here") && drawn.contains(reason),
            "{drawn}"
        );
    }
    let rows = rows(&samples_csv(&run));
    let of_arm: Vec<_> = rows.iter().filter(|row| &row[3] == "arm64").collect();
    assert!(of_arm.len() > 10);
    for row in of_arm {
        assert_eq!((&row[10], &row[11], &row[12]), ("", "not-measured", reason));
    }
    assert!(text(summary_csv(&run)).contains(",arm64,"));
    let json = report_json(&run);
    let summaries = json["summaries"].as_array().unwrap();
    let arm = summaries
        .iter()
        .find(|summary| summary["variant"] == "arm64")
        .unwrap();
    assert_eq!(arm["standing"], "not-available");
    assert_eq!(arm["reasons"][0]["status"], "not-measured");
}
