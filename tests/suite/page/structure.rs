//! The page as a parser of HTML sees it.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use plimsoll::page::{report_html, reports_html};
use plimsoll::record::RunRecord;
use plimsoll::summary::findings;
use plimsoll::tables::terminal_tables;
use scraper::{ElementRef, Html, Selector};

use crate::reports::builder::{Build, four_variants, run};
use crate::reports::large::{VARIANTS, large};

pub fn parsed(page: &str) -> Html {
    let html = Html::parse_document(page);
    assert_eq!(html.errors, Vec::<String>::new(), "the page is well-formed");
    html
}

pub fn all<'h>(html: &'h Html, selector: &str) -> Vec<ElementRef<'h>> {
    html.select(&Selector::parse(selector).unwrap()).collect()
}

pub fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>()
}

fn with_steps() -> RunRecord {
    let mut run = four_variants();
    for round in 2..=7 {
        let steps = [("[2/3] RUN npm ci", 20_000, false)];
        run.cold_build("single-stage", round, &steps);
    }
    run.warnings.push("the machine was busy".to_owned());
    run
}

#[test]
fn headings_go_down_by_one() {
    let page = reports_html(&[with_steps(), run()]);
    for page in [report_html(&with_steps()), page] {
        let html = parsed(&page);
        let levels: Vec<u32> = all(&html, "h1, h2, h3, h4, h5, h6")
            .iter()
            .map(|heading| heading.value().name()[1..].parse().unwrap())
            .collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
        assert_eq!(levels[0], 1);
        for pair in levels.windows(2) {
            assert!(pair[1] <= pair[0] + 1, "{levels:?}");
        }
    }
}

#[test]
fn every_table_has_a_caption_and_scopes() {
    let html = parsed(&report_html(&with_steps()));
    let tables = all(&html, "table");
    // Size, start, all figures of two variants, steps, claims, failures, metrics.
    assert!(tables.len() >= 8, "{}", tables.len());
    let one = |table: ElementRef<'_>, selector: &str| {
        table.select(&Selector::parse(selector).unwrap()).count()
    };
    for table in tables {
        let caption = Selector::parse("caption").unwrap();
        let caption = table.select(&caption).next().expect("a caption");
        assert!(!text(caption).trim().is_empty());
        let columns = one(table, "thead th[scope=col]");
        assert_eq!(one(table, "thead th"), columns);
        let rows = one(table, "tbody tr");
        assert_eq!(one(table, "tbody th[scope=row]"), rows, "a head per row");
        assert_eq!(one(table, "tbody td"), rows * (columns - 1));
    }
}

#[test]
fn ids_are_one_of_a_kind_and_links_lead_to_them() {
    let mut twins = with_steps();
    // Names that differ in what no id can hold.
    let mut twin = twins.cases[1].clone();
    twin.id = plimsoll::record::case_id("node", "multi-stage alpine-prune");
    twin.variant = "multi-stage alpine-prune".to_owned();
    twins.cases.push(twin);
    for page in [
        report_html(&twins),
        reports_html(&[twins.clone(), with_steps()]),
    ] {
        let html = parsed(&page);
        let ids: Vec<&str> = all(&html, "[id]")
            .iter()
            .map(|element| element.value().attr("id").unwrap())
            .collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len());
        for link in all(&html, "a[href^='#']") {
            let href = link.value().attr("href").unwrap();
            assert!(unique.contains(&href[1..]), "{href} leads nowhere");
        }
        for labelled in all(&html, "[aria-labelledby]") {
            let label = labelled.value().attr("aria-labelledby").unwrap();
            assert!(unique.contains(label), "{label}");
        }
        assert_eq!(
            all(&html, "details.case").len(),
            ids.iter().filter(|id| id.contains("case-")).count()
        );
    }
}

#[test]
fn nothing_is_fetched() {
    let page = report_html(&with_steps());
    let html = parsed(&page);
    for element in all(
        &html,
        "[src], [href], [action], [data], [poster], [srcset], [background]",
    ) {
        let value = element.value();
        assert_eq!(
            value
                .attr("href")
                .map(|href| href.starts_with('#') || href.starts_with("data:")),
            Some(true),
            "{value:?}"
        );
    }
    for word in [
        "url(",
        "@import",
        "fetch(",
        "XMLHttpRequest",
        "WebSocket",
        "import(",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    let policy = all(&html, "meta[http-equiv=Content-Security-Policy]");
    let policy = policy[0].value().attr("content").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'sha256-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    let first: Vec<&str> = all(&html, "head > *")
        .iter()
        .take(2)
        .map(|one| one.value().name())
        .collect();
    assert_eq!(
        first,
        ["meta", "meta"],
        "the policy comes before all that it is about"
    );
    assert_eq!(
        all(&html, "[style]").len(),
        0,
        "the policy forbids styles of elements"
    );
}

#[test]
fn figures_are_those_of_the_tables() {
    let run = with_steps();
    let html = parsed(&report_html(&run));
    let tables = all(&html, "table[data-filtered]");
    for (drawn, table) in tables.iter().zip(terminal_tables(&run, "node")) {
        let rows = Selector::parse("tbody tr").unwrap();
        for (drawn, row) in drawn.select(&rows).zip(&table.rows) {
            let cells = Selector::parse("th, td").unwrap();
            for (drawn, cell) in drawn.select(&cells).zip(row) {
                let plimsoll::tables::Content::Value {
                    text: number,
                    quantity,
                    ..
                } = &cell.content
                else {
                    assert_eq!(drawn.value().attr("data-value"), None);
                    continue;
                };
                assert!(text(drawn).starts_with(number), "{number}: {}", text(drawn));
                let value: f64 = drawn.value().attr("data-value").unwrap().parse().unwrap();
                assert_eq!(value, quantity.base_value());
            }
        }
    }
    let dnf = all(&html, "td[data-status=dnf]");
    assert!(dnf.iter().all(|cell| text(*cell).starts_with("DNF")));
    assert!(
        dnf.len() > 10,
        "the failed variant has DNF in all its cells"
    );
}

#[test]
fn the_things_to_know_are_computed() {
    let found = findings(&four_variants());
    let reported: Vec<(&str, Vec<String>)> = found
        .iter()
        .map(|finding| {
            let sentences = finding.sentences.iter().map(ToString::to_string);
            (finding.title, sentences.collect())
        })
        .collect();
    insta::assert_debug_snapshot!(reported, @r#"
    [
        (
            "Smallest image",
            [
                "Node API: the smallest image that works is multi-stage-alpine-prune * with 148 MB. Against single-stage (1184 MB): 1036 MB smaller (8.00x).",
            ],
        ),
        (
            "Soonest ready",
            [
                "Node API: multi-stage-alpine-prune * is ready first, 215 ms after its start. Against single-stage (430 ms): 2.00x [1.94, 2.06] faster.",
            ],
        ),
        (
            "What to doubt",
            [
                "1 of 4 variants did not work: node/multi-stage-distroless.",
                "Of 83 samples: 1 did not finish, 1 invalid.",
                "Of 5 published figures: 2 met, 0 met in direction, 0 not, 3 not tested.",
            ],
        ),
    ]
    "#);
}

#[test]
fn a_run_of_nothing_has_a_page_too() {
    let html = parsed(&report_html(&run()));
    assert_eq!(all(&html, "details.case").len(), 0);
    assert_eq!(all(&html, "h1").len(), 1);
}

#[test]
fn the_same_record_gives_the_same_page() {
    assert_eq!(report_html(&with_steps()), report_html(&with_steps()));
}

/// It takes a while, so it is made once.
pub static LARGE: LazyLock<String> = LazyLock::new(|| report_html(&large()));

#[test]
fn a_large_run_stays_below_five_megabytes() {
    assert!(LARGE.len() < 5_000_000, "{} bytes", LARGE.len());
    let cases = LARGE.matches("<details class=\"case\"").count();
    assert_eq!(cases as u64, VARIANTS, "nothing is left out to be small");
    assert!(LARGE.contains("without the steps of its builds"));
}
