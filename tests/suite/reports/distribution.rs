//! How images travel: sizes, pulls over two links, deploys and services.

use std::sync::LazyLock;

use insta::assert_snapshot;
use plimsoll::export::report_json;
use plimsoll::record::{DeployPlan, Metric, Outcome, RunRecord};
use plimsoll::tables::{Table, distribution_tables};
use plimsoll::units::Count;
use serde_json::Value;

use super::builder::Build;
use super::travel::{fast, pushed_only, two_links};

/// Those of [`two_links`], made once: each analysis resamples.
fn tables() -> &'static [Table] {
    static TABLES: LazyLock<Vec<Table>> =
        LazyLock::new(|| distribution_tables(&two_links(), "node"));
    &TABLES
}

fn titles(tables: &[Table]) -> Vec<&str> {
    tables.iter().map(|table| table.title.as_str()).collect()
}

#[test]
fn each_link_has_tables_of_its_own() {
    let tables = tables();
    assert_eq!(
        titles(tables),
        [
            "Node API (node): distribution",
            "Node API (node): pulls over 100mbit",
            "Node API (node): deploys over 100mbit",
            "Node API (node): pulls over 20mbit,10ms",
            "Node API (node): deploys over 20mbit,10ms",
            "Node API (node): 15 services in one registry",
        ]
    );
    assert_snapshot!(tables[0].terminal(Some(120)), @r#"
Node API (node): distribution

variant       strategy      transfer       of        push   push   cold   base  update
                                  MB  largest          ms  bytes  bytes  there   bytes
                                                              MB     MB  bytes      MB
                                                                            MB
───────────────────────────────────────────────────────────────────────────────────────
single-stage  single-stage      95.0    1.00x         925   45.0   95.0   45.0    5.01
                                      ███████  [905, 945]
multi-stage   multi-stage       35.0    0.37x         925   10.0   35.0   10.0    5.01
                                      ██▋      [905, 945]
static        static            4.00  0.0421x         925   4.00   4.00   4.00    4.00
                                      ▎        [905, 945]
───────────────────────────────────────────────────────────────────────────────────────
Times: median [95 % bootstrap interval of it], n = 6.
Sizes and bytes are packed, as the registry of the run stores, takes in and serves them. Push: into a registry that
  holds the bases and no more of the image.
Pulls, in bytes that the registry served: cold, with no layer of the image in the store; base there, with the base's
  layers in it and no other of the image; update, of the image after the source edit with the one before it in the
  store.
The bytes are those over 100mbit; over 20mbit,10ms they are the same.
Pulled by Docker Engine 20.10.24 (driver overlay2 on tmpfs, so its data is in memory).
"#);
}

#[test]
fn tables_fit_a_terminal_with_long_names_and_stars() {
    let mut run = two_links();
    for case in &mut run.cases {
        case.variant = format!("{}-alpine-reinstall", case.variant);
        case.strategy.clone_from(&case.variant);
    }
    run.stand_in("static-alpine-reinstall", "node:20-alpine");
    for table in distribution_tables(&run, "node") {
        for width in [100, 120] {
            let drawn = table.terminal(Some(width));
            let widest = drawn.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(usize::from(width)), "{width}:\n{drawn}");
            assert!(drawn.contains("\n* rests on a stand-in base"), "{drawn}");
        }
    }
}

#[test]
fn pulls_say_what_makes_them_credible() {
    let tables = tables();
    assert_snapshot!(tables[1].markdown(), @r#"
**Node API (node): pulls over 100mbit**

| variant | strategy | pull, cold (s) | cold, download (s) | cold, unpack (s) | pull, base there (s) | pull, update (s) |
| :--- | :--- | ---: | ---: | ---: | ---: | ---: |
| single-stage | single-stage | 8.20 [8.04, 8.36] | 4.10 [4.02, 4.18] | 2.05 [2.01, 2.09] | 4.10 [4.02, 4.18] | 0.51 [0.50, 0.52] |
| multi-stage | multi-stage | 3.08¹ [3.02, 3.13] | 1.54 [1.51, 1.57] | 0.77 [0.75, 0.78] | 0.92 [0.90, 0.94] | 0.46 [0.45, 0.47] |
| static | static | 0.41 [0.40, 0.42] | 0.20 [0.20, 0.21] | 0.10 [0.10, 0.10] | 0.41 [0.40, 0.42] | 0.41 [0.40, 0.42] |

- Times: median [95 % bootstrap interval of it], n = 6.
- 100mbit: one rate for all connections together, set by the registry of the run; what TCP and IP add is not modelled.
- Download and unpack are parts of the cold pull, and overlap: layers are unpacked while others still come.
- Cold pulls: 18 accepted (the engine reported no layer as already present), 1 invalid, 0 DNF. In 18 of the 18 the registry served the manifest's sum to the byte, a layer that it lists twice counted once.
- Repeated cold pulls of one image spread by 2.4 % at the most (interquartile range / median: node/static, 6 pulls).
- ¹ 1 of 7 samples invalid: layer b3 was there before
"#);
    assert_snapshot!(tables[3].terminal(Some(100)), @r#"
Node API (node): pulls over 20mbit,10ms

variant       strategy              pull          cold          cold          pull          pull
                                    cold      download        unpack          base        update
                                       s             s             s         there             s
                                                                                 s
─────────────────────────────────────────────────────────────────────────────────────────────────
single-stage  single-stage          41.0          20.5          10.2          20.5          2.56
                            [40.2, 41.8]  [20.1, 20.9]  [10.1, 10.4]  [20.1, 20.9]  [2.51, 2.61]
multi-stage   multi-stage           15.4          7.69          3.84          4.61          DNF¹
                            [15.1, 15.7]  [7.54, 7.84]  [3.77, 3.92]  [4.52, 4.70]
static        static                2.05          1.02          0.51          2.05          2.05
                            [2.01, 2.09]  [1.00, 1.04]  [0.50, 0.52]  [2.01, 2.09]  [2.01, 2.09]
─────────────────────────────────────────────────────────────────────────────────────────────────
Times: median [95 % bootstrap interval of it], n = 6.
20mbit,10ms: one rate for all connections together, set by the registry of the run; what TCP and IP
  add is not modelled; each request waits 10.0 ms before it is answered.
Download and unpack are parts of the cold pull, and overlap: layers are unpacked while others still
  come.
Cold pulls: 18 accepted (the engine reported no layer as already present), 0 invalid, 0 DNF. In 18
  of the 18 the registry served the manifest's sum to the byte, a layer that it lists twice counted
  once.
Repeated cold pulls of one image spread by 2.4 % at the most (interquartile range / median:
  node/static, 6 pulls).
¹ the registry was cut off | EOF
"#);
}

#[test]
fn deploys_are_sums_of_medians() {
    let tables = tables();
    assert_snapshot!(tables[2].terminal(Some(120)), @r#"
Node API (node): deploys over 100mbit

variant       strategy       first      with  update      a        a
                            deploy  siblings  deploy  month    month
                                 s         s       s  moved  pulling
                                                         MB      min
─────────────────────────────────────────────────────────────────────
single-stage  single-stage    8.61      4.51    0.92   9014     15.4
multi-stage   multi-stage     3.48      1.33    0.87   9011     13.8
static        static          0.82      0.82    0.82   7202     12.3
─────────────────────────────────────────────────────────────────────
Computed, not measured as a whole: a pull (cold, base there, update) plus create plus start until ready, each its
  median. A sum of medians has no interval. The start is one with a warm page cache.
A month: 20 deploys a day x 3 environments x 30 days = 1 800 update pulls, one node each.
"#);
    assert_snapshot!(tables[4].markdown(), @r#"
**Node API (node): deploys over 20mbit,10ms**

| variant | strategy | first deploy (s) | with siblings (s) | update deploy (s) | a month, moved (MB) | a month, pulling (min) |
| :--- | :--- | ---: | ---: | ---: | ---: | ---: |
| single-stage | single-stage | 41.4 | 20.9 | 2.97 | 9014 | 76.9 |
| multi-stage | multi-stage | 15.8 | 5.02 | DNF¹ | DNF² | DNF¹ |
| static | static | 2.46 | 2.46 | 2.46 | 7202 | 61.5 |

- Computed, not measured as a whole: a pull (cold, base there, update) plus create plus start until ready, each its median. A sum of medians has no interval. The start is one with a warm page cache.
- A month: 20 deploys a day x 3 environments x 30 days = 1 800 update pulls, one node each.
- ¹ pull.update: the registry was cut off \| EOF
- ² pull.update.bytes: the registry was cut off \| EOF
"#);
}

#[test]
fn services_share_their_base_once() {
    let tables = tables();
    assert_snapshot!(tables[5].markdown(), @r#"
**Node API (node): 15 services in one registry**

| variant | strategy | base layers (MB) | own layers (MB) | stored, base once (MB) | each whole (MB) | once / whole |
| :--- | :--- | ---: | ---: | ---: | ---: | ---: |
| single-stage | single-stage | 50.0 | 45.0 | 725 | 1425 | 0.51x |
| multi-stage | multi-stage | 25.0 | 10.0 | 175 | 525 | 0.33x |
| static | static | 0¹ | 4.00 | 60.0 | 60.0 | 1.00x |

- 15 services built as this variant: the packed layers of the base once, own layers and config for each. They are taken to share nothing but the base. Each whole: as many times config and layers.
- All variants of this scenario in one registry: 129 MB stored once, 134 MB if each were stored whole (3 images, 129015032 and 134015064 bytes; manifests left out).
- ¹ no base of its Dockerfile lies below this image: nothing is shared
"#);
}

#[test]
fn without_a_puller_a_note_says_why() {
    let tables = distribution_tables(&pushed_only(), "node");
    assert_eq!(
        titles(&tables),
        [
            "Node API (node): distribution",
            "Node API (node): 15 services in one registry"
        ]
    );
    assert_snapshot!(tables[0].markdown(), @r#"
**Node API (node): distribution**

| variant | strategy | transfer (MB) | of largest | push (ms) | push, bytes (MB) |
| :--- | :--- | ---: | ---: | ---: | ---: |
| single-stage | single-stage | 95.0 | 1.00x | 925 [905, 945] | 45.0 |
| multi-stage | multi-stage | 35.0 | 0.37x | 925 [905, 945] | 10.0 |
| static | static | 4.00 | 0.0421x | 925 [905, 945] | 4.00 |

- Times: median [95 % bootstrap interval of it], n = 6.
- Sizes and bytes are packed, as the registry of the run stores, takes in and serves them. Push: into a registry that holds the bases and no more of the image.
- Nothing was pulled: the host's engine is left alone.
"#);
}

#[test]
fn a_case_that_failed_is_no_pull_where_nobody_could_pull() {
    let mut run = pushed_only();
    run.plan.links = vec![fast()];
    for metric in Metric::ALL.iter().filter(|metric| metric.is_linked()) {
        let reason = "exited with code 1 before it was ready".to_owned();
        run.over(Some(fast()), "static", *metric, Outcome::Dnf { reason });
    }
    let tables = distribution_tables(&run, "node");
    let pulls = titles(&tables)
        .into_iter()
        .filter(|title| title.contains("over"));
    assert_eq!(pulls.count(), 0, "{:?}", titles(&tables));
    let drawn = tables[0].markdown();
    assert!(
        drawn.contains("Nothing was pulled: the host's engine is left alone."),
        "{drawn}"
    );
}

/// A row of a table in the JSON report.
fn row(json: &Value, at: usize) -> &Value {
    &json["rows"][at]
}

#[test]
fn the_figures_are_those_of_a_calculation_by_hand() {
    let mut run = two_links();
    run.scenarios[0].deploy = DeployPlan {
        per_day: Count(2),
        environments: Count(5),
        services: Count(4),
    };
    let json = report_json(&run);
    let scenario = &json["distribution"]["scenarios"][0];
    let single = row(&scenario["links"][0]["deploys"], 0);
    // Medians: pulls 8 s, 4 s and 0.5 s plus 2.5 %; create 10 ms; ready 400 ms.
    assert_eq!(single["deploy_first_ns"], 8_610_000_000_u64);
    assert_eq!(single["deploy_sibling_ns"], 4_510_000_000_u64);
    assert_eq!(single["deploy_update_ns"], 922_500_000_u64);
    // 2 x 5 x 30 = 300 updates of 5 008 000 bytes and 512.5 ms each.
    assert_eq!(single["month_moved_bytes"], 1_502_400_000_u64);
    assert_eq!(single["month_pulling_ns"], 153_750_000_000_u64);
    // The update over the slow link did not finish: no sum rests on it.
    let multi = row(&scenario["links"][1]["deploys"], 1);
    assert!(multi["deploy_update_ns"].is_null() && multi["month_moved_bytes"].is_null());
    assert_eq!(multi["absent"]["deploy_update"], "dnf");
    // 15 s, 2.5 % more, and 410 ms.
    assert_eq!(multi["deploy_first_ns"], 15_785_000_000_u64);
    // Base 30 + 20 MB; own 40 + 5 MB, the empty layer's 32 bytes once, config 8 kB.
    let single = row(&scenario["services"], 0);
    assert_eq!(single["base_layers_bytes"], 50_000_000);
    assert_eq!(single["own_layers_bytes"], 45_008_032);
    assert_eq!(single["stored_once_bytes"], 50_000_000 + 4 * 45_008_032);
    assert_eq!(single["stored_whole_bytes"], 4 * 95_008_064);
    // The longest base below it counts, not every one that the Dockerfile names.
    let multi = row(&scenario["services"], 1);
    assert_eq!(multi["base_layers_bytes"], 25_000_000);
    assert_eq!(multi["stored_once_bytes"], 25_000_000 + 4 * 10_006_000);
    // s2 is a layer of two variants, the empty one twice in one: 5 MB and 32 bytes less.
    assert_eq!(scenario["stored"]["once_bytes"], 129_015_032);
    assert_eq!(scenario["stored"]["whole_bytes"], 134_015_064);
    let cold = &scenario["links"][0]["cold_pulls"];
    assert_eq!(
        [
            &cold["accepted"],
            &cold["proven"],
            &cold["invalid"],
            &cold["dnf"]
        ],
        [18, 18, 1, 0]
    );
    // 400 .. 420 ms in steps of 4: quartiles 405 and 415 around 410.
    assert_eq!(
        scenario["links"][0]["widest_iqr_to_median_case"],
        "node/static"
    );
    let ratio = scenario["links"][0]["widest_iqr_to_median_ratio"]
        .as_f64()
        .unwrap();
    assert!((ratio - 10.0 / 410.0).abs() < 1e-12, "{ratio}");
}

/// The services table where something does not fit, and its notes.
fn services(change: impl FnOnce(&mut RunRecord)) -> Table {
    let mut run = two_links();
    change(&mut run);
    distribution_tables(&run, "node").pop().unwrap()
}

#[test]
fn inconsistent_records_give_no_derived_figures() {
    let image = |run: &mut RunRecord, change: fn(&mut plimsoll::record::ImageRecord)| {
        change(run.cases[0].image.as_mut().unwrap());
    };
    let no_manifest = services(|run| image(run, |image| image.manifest = None));
    let too_few = services(|run| image(run, |image| image.diff_ids.truncate(5)));
    let unknown_base = services(|run| run.bases[0].diff_ids.clear());
    let no_image = services(|run| run.cases[0].image = None);
    let mut reported = String::new();
    for table in [no_manifest, too_few, unknown_base, no_image] {
        let json = table.json();
        assert!(row(&json, 0)["stored_once_bytes"].is_null());
        assert!(row(&json, 0)["once_to_whole_ratio"].is_null());
        let note = table.notes.iter().find(|note| note.mark.text() == "¹");
        reported.push_str(&format!("{}\n", note.unwrap().text));
    }
    assert_snapshot!(reported, @r#"
the record has no manifest of this image
the manifest lists 6 layers and the image has 5: which are the base's is not known
the record has no layers of the base node:20
the record has no manifest of this image
"#);
}
