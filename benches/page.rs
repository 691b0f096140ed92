//! What the page of a large run costs: `cargo bench --bench page [-- --quick]`.

#![expect(clippy::print_stdout, reason = "a bench tells what it found")]

use std::fs;
use std::hint::black_box;
use std::path::Path;

use criterion::Criterion;
use plimsoll::report::report_html;

#[expect(dead_code, reason = "the tests of the reports use the rest")]
#[path = "../tests/suite/reports/builder.rs"]
mod builder;
#[expect(dead_code, reason = "the tests of the page use the rest")]
#[path = "../tests/suite/reports/large.rs"]
mod large;

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
    criterion.final_summary();
}
