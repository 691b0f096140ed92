//! What the page of a large run costs: `cargo bench --bench page [-- --quick]`.

#![expect(clippy::print_stdout, reason = "a bench prints what it found")]

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::Criterion;
use plimsoll::charts::{Theme, charts};
use plimsoll::export::{samples_csv, steps_csv, summary_csv};
use plimsoll::page::report_html;
use plimsoll::record::RunRecord;
use plimsoll::report::report_md;

#[expect(dead_code, reason = "the tests of the reports use the rest")]
#[path = "../tests/suite/reports/builder.rs"]
mod builder;
#[expect(dead_code, reason = "the tests of the page use the rest")]
#[path = "../tests/suite/reports/large.rs"]
mod large;

/// All that is written into a run's folder when the run has ended, in bytes.
fn everything(record: &RunRecord) -> usize {
    let drawn = charts(record, Theme::Light);
    drawn.iter().map(|chart| chart.svg.len()).sum::<usize>()
        + samples_csv(record).len()
        + summary_csv(record).len()
        + steps_csv(record).len()
        + report_md(record).len()
        + report_html(record).len()
}

fn main() {
    let record = large::large();
    let page = report_html(&record);
    // To be looked at.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/page-of-100-variants.html");
    fs::write(&file, &page).expect("room for a few MB");
    println!(
        "{} variants in {} rounds, {} samples: {:.2} MB",
        large::VARIANTS,
        large::ROUNDS,
        record.samples.len(),
        page.len() as f64 / 1e6
    );
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    criterion.bench_function("report.html of 100 variants and 20 rounds", |bencher| {
        bencher.iter(|| report_html(black_box(&record)));
    });
    criterion.bench_function(
        "all files of the same: CSV, Markdown, charts, page",
        |bencher| {
            bencher.iter(|| everything(black_box(&record)));
        },
    );
    criterion.final_summary();
}
