//! The answer of a run: marks, who beats whom, order and sentences.

use plimsoll::record::{Disposition, Metric, Outcome, RunRecord};
use plimsoll::tables::{Content, answer};

use super::builder::{Build, four_variants, run};

const MB: u64 = 1_000_000;
const MS: u64 = 1_000_000;

/// A variant with a size and a time to ready of six rounds.
fn add(run: &mut RunRecord, variant: &str, size: u64, ready: u64) {
    run.case(variant, Disposition::Qualified);
    run.values(variant, Metric::SizeUnpacked, &[size * MB; 6]);
    let spread = |part: u64| ready * MS * (100 + part) / 100;
    run.values(variant, Metric::StartReady, &[0, 2, 1, 4, 3, 5].map(spread));
}

/// Small and quick, as quick and large, large and slow, smallest and slow.
fn four() -> RunRecord {
    let mut run = run();
    add(&mut run, "large", 900, 200);
    add(&mut run, "slow", 800, 400);
    add(&mut run, "small", 100, 201);
    add(&mut run, "tiny", 50, 400);
    run
}

/// A row: the variant, then the cells as they are printed.
fn rows(run: &RunRecord, preferred: &[Metric]) -> Vec<Vec<String>> {
    let cell = |content: &Content| match content {
        Content::Text(text) | Content::Value { text, .. } => text.trim().to_owned(),
        Content::Absent { word, .. } => (*word).to_owned(),
    };
    let table = answer(run, "node", preferred).table;
    let rows = table.rows.iter();
    rows.map(|row| row.iter().map(|one| cell(&one.content)).collect())
        .collect()
}

#[test]
fn the_best_is_marked_and_what_does_not_differ_from_it_and_who_is_beaten() {
    assert_eq!(
        rows(&four(), &[]),
        [
            ["tiny", "50.0 ✓", "410", ""],
            ["small", "100", "206 ≈", ""],
            ["slow", "800", "410", "small"],
            ["large", "900", "205 ✓", "small"],
        ]
    );
}

#[test]
fn rows_are_sorted_by_what_is_preferred_and_then_by_the_next() {
    let names = |preferred: &[Metric]| -> Vec<String> {
        let rows = rows(&four(), preferred).into_iter();
        rows.map(|row| row[0].clone()).collect()
    };
    let (size, start) = (Metric::SizeUnpacked, Metric::StartReady);
    // Of two that are equally quick the smaller comes first.
    assert_eq!(names(&[start, size]), ["small", "large", "tiny", "slow"]);
    assert_eq!(names(&[size, start]), ["tiny", "small", "slow", "large"]);
    // What the run did not take decides nothing.
    let memory = Metric::MemoryReady;
    assert_eq!(names(&[memory, size]), names(&[size]));
}

#[test]
fn sentences_are_of_the_data_and_at_most_three() {
    let said = answer(&four(), "node", &[]).sentences;
    assert_eq!(
        said,
        [
            "tiny is 18.0x smaller than large: 50.0 MB instead of 900 MB.",
            "Time to ready: large is 2.00x faster than tiny (205 ms instead of 410 ms).",
        ]
    );
    let said = answer(&four_variants(), "node", &[]).sentences;
    assert_eq!(said.len(), 3);
    assert_eq!(
        said[0],
        "multi-stage-distroless has no figures: GET /health answered 500 | expected 200."
    );
}

#[test]
fn a_phase_that_failed_and_has_no_column_is_in_a_sentence() {
    let mut run = run();
    for variant in ["a", "b"] {
        add(&mut run, variant, 50, 200);
        let reason = "did not exit within 10.0 s of its stop signal".to_owned();
        run.sample(variant, Metric::StopTime, Outcome::Dnf { reason });
    }
    let said = answer(&run, "node", &[]).sentences;
    assert_eq!(
        said[0],
        "a and b: stop failed: did not exit within 10.0 s of its stop signal."
    );
}

#[test]
fn times_of_few_rounds_beat_nothing_and_are_called_so() {
    let mut run = run();
    for (variant, ready) in [("a", 100), ("b", 300)] {
        run.case(variant, Disposition::Qualified);
        run.values(variant, Metric::SizeUnpacked, &[50 * MB; 2]);
        run.values(variant, Metric::StartReady, &[ready * MS; 2]);
    }
    let found = answer(&run, "node", &[]);
    let beaten: Vec<_> = rows(&run, &[])
        .into_iter()
        .map(|row| row[3].clone())
        .collect();
    assert_eq!(beaten, ["", ""]);
    let notes = format!("{:?}", found.table.notes);
    assert!(notes.contains("2 rounds are too few"), "{notes}");
    assert_eq!(
        found.sentences,
        [
            "The images do not differ in size.",
            "Times cannot be compared yet: measure more rounds with --time or --rounds.",
        ]
    );
}

#[test]
fn one_variant_is_no_choice() {
    let mut run = run();
    add(&mut run, "only", 50, 200);
    assert_eq!(rows(&run, &[]), [["only", "50.0", "205"]]);
    assert_eq!(answer(&run, "node", &[]).sentences, Vec::<String>::new());
}
