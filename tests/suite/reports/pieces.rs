//! Summaries that are computed scenario by scenario are those of the whole.

use plimsoll::export::summary_csv;
use plimsoll::record::{Disposition, Metric, RunRecord, case_id};
use plimsoll::summary::Analysis;

use super::builder::{Build, MB, run};
use super::rows;

/// Three variants for each of so many scenarios; one scenario has the first and a later case.
fn many(scenarios: usize) -> RunRecord {
    let mut record = run();
    let scenario = record.scenarios.remove(0);
    for number in 0..scenarios {
        let mut own = scenario.clone();
        own.name = format!("s{number}");
        record.scenarios.push(own);
        for variant in ["a", "b", "c"] {
            let name = format!("{variant}{number}");
            record.case(&name, Disposition::Qualified);
            let size = (number as u64 * 7) % 11 + u64::from(variant == "b") + 1;
            record.values(&name, Metric::SizeUnpacked, &[size * MB; 6]);
            let times: Vec<u64> = (1..=6).map(|at| size * MB + at).collect();
            record.values(&name, Metric::BuildCold, &times);
        }
    }
    for (at, case) in record.cases.iter_mut().enumerate() {
        let scenario = if at == 250 { 0 } else { at / 3 };
        case.scenario = format!("s{scenario}");
        case.id = case_id(&case.scenario, &case.variant);
    }
    let cases = record.cases.clone();
    for sample in &mut record.samples {
        let (_, variant) = sample.case.as_str().split_once('/').unwrap();
        let case = cases.iter().find(|case| case.variant == variant).unwrap();
        sample.case = case.id.clone();
    }
    record
}

#[test]
fn a_summary_of_many_scenarios_is_that_of_the_whole() {
    // With samples of a case that the record does not have, the whole is one piece.
    let (whole, mut odd) = (many(240), many(240));
    let mut sample = odd.samples[0].clone();
    sample.case = case_id("s9", "unknown");
    odd.samples.push(sample);
    for record in [whole, odd] {
        let analysis = Analysis::of(&record);
        let rows = rows(&summary_csv(&record));
        assert_eq!(rows.len(), analysis.entries().len());
        for (row, entry) in rows.iter().zip(analysis.entries()) {
            let ratio = analysis.ratio_to_largest(entry);
            let ratio = ratio.map(|ratio| ratio.ratio.get().to_string());
            let reported = (&row[1], &row[3], &row[6], &row[18]);
            let subject = entry.subject;
            let expected = (
                subject.scenario(),
                subject.variant(),
                entry.metric.id(),
                ratio.as_deref().unwrap_or_default(),
            );
            assert_eq!(reported, expected);
        }
    }
}
