//! One metric by itself.

use plimsoll::export::summaries_csv_of;
use plimsoll::record::{Disposition, Metric};
use plimsoll::summary::Grouping;
use plimsoll::tables::one_metric_tables;

use super::builder::{Build, MB, MS, four_variants, run};
use super::rows;

#[test]
fn the_best_comes_first_with_factors_to_it() {
    let tables = one_metric_tables(&four_variants(), Metric::BuildCold, Grouping::Variant);
    let [table] = tables.as_slice() else {
        panic!("one scenario, no link: {tables:?}");
    };
    insta::assert_snapshot!(table.markdown(), @r"
**Node API (node): build.cold**

| variant | strategy | median (s) | of best | MAD (s) | min (s) | max (s) | n |
| :--- | :--- | ---: | ---: | ---: | ---: | ---: | ---: |
| multi-stage-alpine-prune \* | multi-stage-alpine | 15.4 [15.1, 15.8] | 1.00x | 0.23 | 15.0 | 15.9 | 6 |
| single-stage | single-stage | 30.8 [30.1, 31.5] | 2.00x | 0.45 | 30.0 | 31.8 | 6 |
| multi-stage-distroless | multi-stage-distroless | DNF¹ | – | – | – | – | – |
| scratch | scratch | n/a² | – | – | – | – | – |

- build.cold: median [95 % bootstrap interval of it], n = 6.
- \* rests on a stand-in base, not on the registry's image: node:20-alpine (as plimsoll.local/node:20-alpine)
- ¹ GET /health answered 500 \| expected 200
- ² the stock Node runtime is not static
");
}

#[test]
fn what_nobody_took_has_no_table() {
    let tables = one_metric_tables(&four_variants(), Metric::PullCold, Grouping::Variant);
    assert!(tables.is_empty());
}

#[test]
fn more_is_better_where_it_is_and_strategies_stay_together() {
    let mut run = run();
    for (at, name) in ["slow", "quick", "broken", "middle"]
        .into_iter()
        .enumerate()
    {
        let disposition = match name {
            "broken" => Disposition::Failed {
                reason: "it ended".to_owned(),
            },
            _ => Disposition::Qualified,
        };
        run.case(name, disposition);
        run.cases[at].strategy = ["one", "other", "other", "one"][at].to_owned();
    }
    for (variant, efficiency) in [("slow", 10), ("quick", 30), ("middle", 20)] {
        run.values(variant, Metric::WasteEfficiency, &[efficiency * 1_000_000]);
        run.values(
            variant,
            Metric::BuildCold,
            &[1_000_000 * MS / efficiency; 6],
        );
        run.values(variant, Metric::SizeUnpacked, &[50 * MB]);
    }
    let order = |metric, grouping| {
        let tables = one_metric_tables(&run, metric, grouping);
        let names = tables[0].rows.iter().map(|row| match &row[0].content {
            plimsoll::tables::Content::Text(name) => name.clone(),
            other => panic!("{other:?}"),
        });
        names.collect::<Vec<_>>()
    };
    assert_eq!(
        order(Metric::BuildCold, Grouping::Variant),
        ["quick", "middle", "slow", "broken"]
    );
    assert_eq!(
        order(Metric::BuildCold, Grouping::Strategy),
        ["quick", "broken", "middle", "slow"],
        "the strategy with the best first"
    );
}

#[test]
fn the_summary_can_be_of_one_metric() {
    let csv = summaries_csv_of(&[four_variants(), four_variants()], Metric::SizeUnpacked);
    let rows = rows(&csv);
    assert_eq!(rows.len(), 8, "four variants of two runs");
    assert!(rows.iter().all(|row| &row[6] == "size.unpacked"));
}
