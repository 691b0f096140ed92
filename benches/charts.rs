//! What it takes to draw all charts of a large run: 100 variants, 20 rounds, every metric
//! over two links. `cargo bench --bench charts [-- --quick]`.

#![expect(clippy::unwrap_used, reason = "the record is the tests' own")]

use std::hint::black_box;

use criterion::Criterion;
use plimsoll::charts::{Theme, charts, png};
use plimsoll::summary::Analysis;

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/suite/charts/made.rs"]
mod made;

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/suite/reports/builder.rs"]
mod synthetic;

/// Where the tests have it.
mod reports {
    pub(crate) use super::synthetic as builder;
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    let run = made::Made {
        variants: 100,
        samples: 20,
        ..made::SMALL
    }
    .record();
    criterion.bench_function(
        "charts/summaries of 100 variants and 20 rounds",
        |bencher| {
            bencher.iter(|| Analysis::of(black_box(&run)).entries().len());
        },
    );
    criterion.bench_function(
        "charts/all SVGs of the same, with its summaries",
        |bencher| {
            bencher.iter(|| charts(black_box(&run), Theme::Light).len());
        },
    );
    let drawn = charts(&run, Theme::Light);
    criterion.bench_function("charts/the first of them as PNG", |bencher| {
        bencher.iter(|| png(black_box(&drawn[0])).unwrap().len());
    });
    criterion.final_summary();
}
