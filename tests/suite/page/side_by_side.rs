//! The pages of a comparison and of a history: as whole, as safe and as true as a run's.

use std::collections::BTreeSet;

use plimsoll::compare::{Rule, Standing, Terms, compare};
use plimsoll::history::TrendTerms;
use plimsoll::page::{comparison_html, history_html};
use plimsoll::record::{Metric, Outcome, RunRecord};
use plimsoll::summary::HistoryPage;
use plimsoll::units::{Nanos, Quantity};
use scraper::Html;

use super::planted::planted;
use super::structure::{all, parsed, text};
use crate::history::{all as trends, days, digests};

/// The page of the comparison, in which no rule holds.
pub fn compared(base: &RunRecord, head: &RunRecord) -> String {
    let terms = Terms {
        waived: Rule::ALL.into_iter().collect(),
        ..Terms::default()
    };
    comparison_html(&compare(base, head, terms))
}

/// The page of all trends.
pub fn over_time(records: &[RunRecord]) -> String {
    let (runs, terms) = (digests(records), TrendTerms::default());
    let found = trends(&runs, &terms);
    let page = HistoryPage {
        source: "results",
        runs: runs.len(),
        left_out: &[("other/run.json".to_owned(), "<b>cut</b> short".to_owned())],
        terms: &terms,
        trends: &found,
    };
    history_html(&page, &[])
}

/// Head is slower by a half and smaller.
fn two() -> (RunRecord, RunRecord) {
    let mut runs = days(&[(1, 10_000, 95), (1, 15_000, 90)]);
    let head = runs.pop().unwrap();
    (runs.pop().unwrap(), head)
}

fn holds_together(html: &Html) {
    let ids: Vec<&str> = all(html, "[id]")
        .iter()
        .filter_map(|element| element.value().attr("id"))
        .collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "{ids:?}");
    for link in all(html, "a[href]") {
        let href = link.value().attr("href").unwrap();
        assert!(unique.contains(&href[1..]), "{href} leads nowhere");
    }
    let levels: Vec<u32> = all(html, "h1, h2, h3, h4")
        .iter()
        .map(|heading| heading.value().name()[1..].parse().unwrap())
        .collect();
    assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1);
    for pair in levels.windows(2) {
        assert!(pair[1] <= pair[0] + 1, "{levels:?}");
    }
    for table in all(html, "table") {
        assert!(
            table
                .select(&scraper::Selector::parse("caption").unwrap())
                .count()
                == 1
        );
    }
}

#[test]
fn a_comparison_says_what_changed_in_picture_and_table() {
    let (base, head) = two();
    let html = parsed(&compared(&base, &head));
    holds_together(&html);
    let changed = all(&html, "#changed-lines td[data-verdict]");
    let words: Vec<String> = changed.iter().map(|cell| text(*cell)).collect();
    assert_eq!(words, [Standing::Worse.word(), Standing::Better.word()]);
    let heads = all(&html, "#changed-lines tbody th");
    assert!(heads.iter().all(|head| text(*head) == "node/slim"));
    let drawn = text(all(&html, "#chart-comparison svg")[0]);
    assert!(drawn.contains("node/slim build.cold"), "{drawn}");
    let sides: Vec<String> = all(&html, "#sides tbody tr")
        .iter()
        .map(|row| text(*row))
        .collect();
    assert!(
        sides[0].starts_with("base") && sides[0].contains("run-001"),
        "{sides:?}"
    );
    assert!(
        sides[1].starts_with("head") && sides[1].contains("run-002"),
        "{sides:?}"
    );
}

#[test]
fn a_comparison_without_a_change_says_so() {
    let (base, _) = two();
    let html = parsed(&compared(&base, &base));
    holds_together(&html);
    let changes = text(all(&html, "#changes")[0]);
    assert!(
        changes.contains("Nothing became worse or better."),
        "{changes}"
    );
    assert_eq!(all(&html, "#changed-lines").len(), 0);
    assert_eq!(all(&html, "#all-lines tbody tr").len(), 2);
}

#[test]
fn a_history_links_each_line_to_its_picture_and_its_runs() {
    let mut records = days(&[(16, 10_000, 95), (4, 12_000, 90)]);
    let failed = records.last_mut().unwrap();
    for sample in &mut failed.samples {
        if sample.metric == Metric::SizeUnpacked {
            sample.outcome = Outcome::Dnf {
                reason: "<i>gone</i>".to_owned(),
            };
        }
    }
    let html = parsed(&over_time(&records));
    holds_together(&html);
    let rows = all(&html, "#trends-table tbody th a");
    assert_eq!(rows.len(), 2);
    for (at, row) in rows.iter().enumerate() {
        let anchor = format!("#trend-{}", at + 1);
        assert_eq!(row.value().attr("href"), Some(anchor.as_str()));
        assert_eq!(all(&html, &format!("{anchor} svg")).len(), 1);
        assert_eq!(all(&html, &format!("{anchor} details tbody tr")).len(), 20);
    }
    assert!(text(all(&html, "main")[0]).contains("<b>cut</b> short"));
    let heads = all(&html, "#trends-table thead th");
    assert!(
        heads.iter().all(|head| text(*head) != "trend"),
        "pictures stand in its place"
    );
}

#[test]
fn what_is_planted_does_nothing_here_either() {
    let (mut record, _) = planted();
    record.started_at = "2026-11-21T20:00:00Z".to_owned();
    let mut later = record.clone();
    later.started_at = "2026-11-22T20:00:00Z".to_owned();
    later.id = format!("{}-later", later.id);
    for sample in &mut later.samples {
        if let Outcome::Ok {
            value: Quantity::Time(Nanos(nanos)),
        } = &mut sample.outcome
        {
            *nanos *= 2;
        }
    }
    for page in [compared(&record, &later), over_time(&[record, later])] {
        let html = parsed(&page);
        holds_together(&html);
        assert_eq!(all(&html, "script").len(), 1, "the page's own");
        assert_eq!(all(&html, "img, iframe, object, form, link, base").len(), 0);
        for element in html.tree.values().filter_map(|node| node.as_element()) {
            assert!(element.attrs().all(|(name, _)| !name.starts_with("on")));
        }
        let body: String = all(&html, "body")[0].text().collect();
        assert!(body.contains("<script>window.planted=1</script>"));
        let hidden = |c: char| (c.is_control() && c != '\n') || "\u{2028}\u{202e}".contains(c);
        assert_eq!(page.chars().find(|c| hidden(*c)), None);
    }
}
