//! What trackers and CI systems read, from a synthetic run.

use plimsoll::export::{
    bencher_json, bigger_is_better_json, go_benchmark_text, hyperfine_json, open_metrics_text,
    smaller_is_better_json,
};
use serde_json::json;

use super::builder::{Build, four_variants};
use super::*;

#[test]
fn github_action_benchmark_gets_one_direction_a_file() {
    let mut run = four_variants();
    run.values("single-stage", Metric::ServeRps, &[500; 6]);
    let smaller = smaller_is_better_json(&run);
    let smaller = smaller.as_array().unwrap();
    let find = |name: &str| smaller.iter().find(|one| one["name"] == name);
    let size = find("node/single-stage/size.unpacked").unwrap();
    assert_eq!(
        (&size["value"], &size["unit"]),
        (&json!(1_184_000_000.0), &json!("bytes"))
    );
    let cold = find("node/single-stage/build.cold").unwrap();
    assert_eq!(cold["unit"], "ms");
    assert!(
        cold["extra"]
            .as_str()
            .unwrap()
            .contains("n=6 median CI95 ["),
        "{cold}"
    );
    let stand_in = find("node/multi-stage-alpine-prune/size.unpacked").unwrap();
    assert!(
        stand_in["extra"]
            .as_str()
            .unwrap()
            .contains("stand-in: node:20-alpine"),
        "{stand_in}"
    );
    // What failed has no number, and throughput is in the other file.
    assert!(
        smaller
            .iter()
            .all(|one| !one["name"].as_str().unwrap().contains("distroless"))
    );
    assert!(find("node/single-stage/serve.rps").is_none());
    let bigger = bigger_is_better_json(&run);
    assert_eq!(bigger[0]["name"], "node/single-stage/serve.rps");
    assert_eq!(bigger[0]["value"], 500.0);
}

#[test]
fn bencher_gets_slugs_and_bounds() {
    let json = bencher_json(&four_variants());
    let cold = &json["node/single-stage"]["build-cold"];
    assert!(cold["lower_value"].as_f64() <= cold["value"].as_f64());
    assert!(cold["value"].as_f64() <= cold["upper_value"].as_f64());
    assert!(
        json["node/single-stage"]["size-unpacked"]
            .get("lower_value")
            .is_none()
    );
    assert!(json.get("node/multi-stage-distroless").is_none());
}

#[test]
fn hyperfine_gets_seconds() {
    let json = hyperfine_json(&four_variants());
    let results = json["results"].as_array().unwrap();
    let cold = results
        .iter()
        .find(|one| one["command"] == "node/single-stage build.cold")
        .unwrap();
    assert_eq!(cold["times"].as_array().unwrap().len(), 6);
    assert_eq!(cold["exit_codes"].as_array().unwrap().len(), 6);
    // 15 s by 100 to 106 %, twice.
    assert_eq!((&cold["min"], &cold["max"]), (&json!(30.0), &json!(31.8)));
    // By hand: mean 30.8, squares 2.1, over 5.
    let deviation = cold["stddev"].as_f64().unwrap();
    assert!(
        (deviation - (2.1_f64 / 5.0).sqrt()).abs() < 1e-9,
        "{deviation}"
    );
    assert!(
        results
            .iter()
            .all(|one| !one["command"].as_str().unwrap().contains("size"))
    );
}

#[test]
fn go_benchmarks_say_what_may_be_assumed() {
    let text = go_benchmark_text(&four_variants());
    assert!(
        text.contains("Unit size.unpacked-bytes assume=exact better=lower\n"),
        "{text}"
    );
    assert!(
        text.contains("Unit build.cold-ns assume=nothing better=lower\n"),
        "{text}"
    );
    let lines = text.lines().filter(|line| {
        line.starts_with("BenchmarkNode/variant=single-stage 1 ")
            && line.ends_with(" build.cold-ns")
    });
    assert_eq!(lines.count(), 6);
}

#[test]
fn open_metrics_end_and_name_their_units() {
    let text = open_metrics_text(&four_variants());
    assert!(text.ends_with("# EOF\n"));
    assert!(
        text.contains("# UNIT plimsoll_build_cold_seconds seconds\n"),
        "{text}"
    );
    let line =
        "plimsoll_size_unpacked_bytes{scenario=\"node\",variant=\"single-stage\"} 1184000000\n";
    assert!(text.contains(line), "{text}");
}

#[test]
fn a_version_at_the_end_of_a_name_is_no_number_of_processors() {
    let mut run = run();
    for variant in ["node-18", "node-20", "slim"] {
        run.case(variant, Disposition::Qualified);
        run.values(variant, Metric::SizeUnpacked, &[100 * MB; 6]);
    }
    let text = go_benchmark_text(&run);
    // benchfmt takes the last `-N` off: the variant is `node-18`, on one processor.
    for name in ["node-18-1", "node-20-1", "slim-1"] {
        let line = format!("BenchmarkNode/variant={name} 1 ");
        assert_eq!(text.matches(&line).count(), 6, "{text}");
    }
}
