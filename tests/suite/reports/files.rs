//! The files for machines: tidy CSV, summaries, JSON.

use super::builder::four_variants;
use super::{rows, text};
use insta::assert_snapshot;
use plimsoll::export::{report_json, samples_csv, summary_csv};
use plimsoll::record::{Metric, RunRecord};
use plimsoll::tables::{Columns, table};

#[test]
fn a_table_has_machine_forms_in_base_units() {
    let run = four_variants();
    let start = table(&run, "node", Columns::StartAndRun);
    assert_snapshot!(text(start.csv()), @r#"
variant,strategy,start_started_s,start_ready_s,stop_time_s,memory_ready_bytes,stand_in
single-stage,single-stage,0.4305,0.4305,,43500000,false
multi-stage-alpine-prune,multi-stage-alpine,0.21525,0.21525,,43500000,true
multi-stage-distroless,multi-stage-distroless,,,,,false
scratch,scratch,,,,,false
"#);
    let json = start.json();
    assert_eq!(json["rows"][0]["start_ready_ns"], 430_500_000);
    assert_eq!(json["rows"][2]["absent"]["start_ready"], "dnf");
    assert_eq!(json["rows"][1]["stand_in"], true);
}

#[test]
fn samples_csv_gives_back_every_sample() {
    let run = four_variants();
    let rows = rows(&samples_csv(&run));
    for (sample, row) in run.samples.iter().zip(&rows) {
        assert_eq!(&row[0], run.id);
        assert_eq!(format!("{}/{}", &row[1], &row[3]), sample.case.as_str());
        assert_eq!(&row[6], sample.metric.id());
        assert_eq!(row[8].parse(), Ok(sample.round));
        assert_eq!(row[9].parse(), Ok(sample.order));
        let value = sample.outcome.value().map(|value| value.base_value());
        assert_eq!(row[10].parse().ok(), value);
        assert_eq!(&row[11], sample.outcome.status().word());
        let stand_ins = run
            .cases
            .iter()
            .find(|case| case.id == sample.case)
            .map(|case| case.stand_ins.join(" "))
            .unwrap_or_default();
        match sample.outcome.reason() {
            Some(reason) => assert_eq!(&row[12], reason),
            None if stand_ins.is_empty() => assert_eq!(&row[12], ""),
            None => assert_eq!(&row[12], format!("on stand-ins for {stand_ins}")),
        }
    }
    // The variant that cannot exist: a row per metric, without a value.
    let impossible = &rows[run.samples.len()..];
    // Nothing was pushed or pulled: not a word of it.
    let metrics = Metric::ALL
        .iter()
        .filter(|metric| !metric.is_floor() && !metric.is_distribution() && !metric.is_optional());
    assert_eq!(impossible.len(), metrics.count());
    for row in impossible {
        assert_eq!(
            (&row[3], &row[10], &row[11]),
            ("scratch", "", "not-applicable")
        );
    }
    let csv = text(samples_csv(&run));
    let head: Vec<&str> = csv.lines().take(2).collect();
    assert_snapshot!(head.join("\n"), @r#"
run,scenario,app,variant,strategy,platform,metric,unit,round,order,value,status,reason,link
20261120T200000Z-node,node,node-api,single-stage,single-stage,linux/amd64,size.unpacked,bytes,1,1,1184000000,ok,,
"#);
}

#[test]
fn summary_csv_leaves_empty_what_is_missing() {
    let csv = text(summary_csv(&four_variants()));
    let picked: Vec<&str> = csv
        .lines()
        .filter(|line| {
            ["run,", "size.unpacked,", "start.ready,", "rebuild.source,"]
                .iter()
                .any(|part| line.contains(part))
        })
        .collect();
    assert_snapshot!(picked.join("\n"), @r#"
run,scenario,app,variant,strategy,platform,metric,unit,n,median,lower,upper,level,min,max,mad,invalid,dnf,ratio_to_largest,stand_in,link
20261120T200000Z-node,node,node-api,scratch,scratch,linux/amd64,size.unpacked,bytes,0,,,,,,,,0,0,,,
20261120T200000Z-node,node,node-api,scratch,scratch,linux/amd64,rebuild.source,s,0,,,,,,,,0,0,,,
20261120T200000Z-node,node,node-api,scratch,scratch,linux/amd64,start.ready,s,0,,,,,,,,0,0,,,
20261120T200000Z-node,node,node-api,multi-stage-alpine-prune,multi-stage-alpine,linux/amd64,size.unpacked,bytes,2,148000000,,,,148000000,148000000,0,0,0,0.125,node:20-alpine,
20261120T200000Z-node,node,node-api,multi-stage-alpine-prune,multi-stage-alpine,linux/amd64,rebuild.source,s,0,,,,,,,,0,0,,node:20-alpine,
20261120T200000Z-node,node,node-api,multi-stage-alpine-prune,multi-stage-alpine,linux/amd64,start.ready,s,6,0.21525,0.21105,0.2205,0.95,0.21,0.2226,0.00315,0,0,0.5,node:20-alpine,
20261120T200000Z-node,node,node-api,multi-stage-distroless,multi-stage-distroless,linux/amd64,size.unpacked,bytes,0,,,,,,,,0,0,,,
20261120T200000Z-node,node,node-api,multi-stage-distroless,multi-stage-distroless,linux/amd64,rebuild.source,s,0,,,,,,,,0,0,,,
20261120T200000Z-node,node,node-api,multi-stage-distroless,multi-stage-distroless,linux/amd64,start.ready,s,0,,,,,,,,0,0,,,
20261120T200000Z-node,node,node-api,single-stage,single-stage,linux/amd64,size.unpacked,bytes,2,1184000000,,,,1184000000,1184000000,0,0,0,1,,
20261120T200000Z-node,node,node-api,single-stage,single-stage,linux/amd64,rebuild.source,s,0,,,,,,,,1,0,,,
20261120T200000Z-node,node,node-api,single-stage,single-stage,linux/amd64,start.ready,s,6,0.4305,0.4221,0.441,0.95,0.42,0.4452,0.0063,0,0,1,,
"#);
}

#[test]
fn json_round_trips_and_holds_null_for_missing() {
    let run = four_variants();
    let json = report_json(&run);
    let back: serde_json::Value = serde_json::from_str(&json.to_string()).unwrap();
    assert!(alike(&back, &json));
    assert_eq!(json["schema_version"], 1);
    let summaries = json["summaries"].as_array().unwrap();
    let find = |variant: &str, metric: &str| {
        let mut found = summaries
            .iter()
            .filter(|s| s["variant"] == variant && s["metric"] == metric);
        found.next().unwrap()
    };
    let failed = find("multi-stage-distroless", "size.unpacked");
    assert!(failed["median_bytes"].is_null() && failed["to_largest_ratio"].is_null());
    assert_eq!(
        (&failed["standing"], &failed["n"]),
        (&"dnf".into(), &0.into())
    );
    let ready = find("single-stage", "start.ready");
    assert_eq!(ready["median_ns"], 430_500_000);
    assert_eq!(ready["counts"]["warmup"], 1);
    assert_eq!(ready["interval"]["level_ratio"], 0.95);
    // The record itself survives as well: all of this is computed from run.json alone.
    let stored: RunRecord = serde_json::from_str(&serde_json::to_string(&run).unwrap()).unwrap();
    assert_eq!(report_json(&stored), json);
}

/// Equal except for the last bit of a quotient, which serde_json's reader may lose.
fn alike(left: &serde_json::Value, right: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (left, right) {
        (Number(l), Number(r)) if l.is_f64() => l
            .as_f64()
            .zip(r.as_f64())
            .is_some_and(|(l, r)| (l - r).abs() < 1e-12),
        (Array(l), Array(r)) => l.len() == r.len() && l.iter().zip(r).all(|(l, r)| alike(l, r)),
        (Object(l), Object(r)) => {
            l.len() == r.len() && l.iter().zip(r).all(|(l, r)| l.0 == r.0 && alike(l.1, r.1))
        }
        _ => left == right,
    }
}
