//! Markup and scripts planted in whatever a record holds are shown, and do nothing.

use std::collections::BTreeSet;

use plimsoll::page::{report_html, reports_html};
use plimsoll::record::{Disposition, RunRecord};
use plimsoll::scenario::Source;
use serde_json::Value;

use super::structure::{all, parsed};
use crate::reports::builder::four_variants;
use crate::reports::large::furnished;

/// Ends attributes, elements, comments and CDATA; links that run; bidi and C0 controls.
const PLANT: &str = "\"'><script>window.planted=1</script><img src=x onerror=\"window.planted=1\">\
    <a href=\"javascript:window.planted=1\">x</a></style></pre></title><!--]]>\u{2028}\u{202e}\u{0}&lt;";

/// A record in which every text that may be any text ends in the plant, and how many do.
pub fn planted() -> (RunRecord, usize) {
    planted_with(PLANT)
}

/// The same with any plant.
pub fn planted_with(mark: &str) -> (RunRecord, usize) {
    let mut clean = four_variants();
    furnished(&mut clean);
    clean.warnings.push("a warning".to_owned());
    let mut json = serde_json::to_value(&clean).unwrap();
    let mut places = Vec::new();
    texts(&json, &mut String::new(), &mut places);
    // What has a form of its own (metrics, links, states) refuses the plant. A text stands in
    // several places, and means the same in all.
    let free: BTreeSet<String> = places
        .iter()
        .filter(|place| {
            let mut tried = json.clone();
            plant(tried.pointer_mut(place).unwrap(), mark);
            serde_json::from_value::<RunRecord>(tried).is_ok()
        })
        .cloned()
        .collect();
    for place in &free {
        plant(json.pointer_mut(place).unwrap(), mark);
    }
    (serde_json::from_value(json).unwrap(), free.len())
}

fn plant(text: &mut Value, mark: &str) {
    *text = Value::String(format!("{}{mark}", text.as_str().unwrap()));
}

fn texts(value: &Value, at: &mut String, places: &mut Vec<String>) {
    let length = at.len();
    let mut below = |key: String, value: &Value| {
        at.push('/');
        at.push_str(&key.replace('~', "~0").replace('/', "~1"));
        texts(value, at, places);
        at.truncate(length);
    };
    match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(key, item)| below(key.to_string(), item)),
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, item)| below(key.clone(), item)),
        Value::String(_) => places.push(at.clone()),
        _ => {}
    }
}

#[test]
fn what_is_planted_is_shown_and_does_nothing() {
    let (record, plants) = planted();
    assert!(plants > 150, "{plants} texts were planted in");
    for page in [
        report_html(&record),
        reports_html(&[record.clone(), record.clone()]),
    ] {
        let html = parsed(&page);
        assert_eq!(all(&html, "script").len(), 1, "the page's own");
        assert_eq!(
            all(
                &html,
                "img, iframe, object, embed, base, form, link, template"
            )
            .len(),
            0
        );
        assert_eq!(all(&html, "style, head title").len(), 2);
        for element in html.tree.values().filter_map(|node| node.as_element()) {
            for (name, value) in element.attrs() {
                assert!(!name.starts_with("on"), "{name}={value}");
                if name == "href" {
                    assert!(
                        value.starts_with('#')
                            || value.starts_with("data:application/gzip;base64,"),
                        "{value}"
                    );
                }
            }
        }
        let hidden = |c: char| (c.is_control() && c != '\n') || "\u{2028}\u{202e}".contains(c);
        assert_eq!(page.chars().find(|c| hidden(*c)), None);
        // The policy would stop what escaped; a mark per place proves that it is text.
        let body: String = all(&html, "body")[0].text().collect();
        assert!(body.matches("<script>window.planted=1</script>").count() > 100);
    }
}

#[test]
fn each_kind_of_outside_text_is_on_the_page() {
    let (record, _) = planted();
    let html = parsed(&report_html(&record));
    let reported = |selector: &str| {
        let texts = all(&html, selector);
        texts.iter().any(|element| {
            let text: String = element.text().collect();
            text.contains("<script>window.planted=1</script>")
        })
    };
    for place in [
        "h1",
        "h2",
        "summary h4",
        "dl.facts dd",
        "dl.facts code",
        "table[data-filtered] tbody th",
        "table[data-filtered] td",
        "ul.notes li",
        "ul.warnings li",
        "ul.lacks li",
        "pre.log",
        "details.text pre code",
        "details.paths li code",
        "nav a",
        "#claims td",
        "#data pre",
    ] {
        assert!(reported(place), "nothing planted in {place}");
    }
}

#[test]
fn names_that_are_no_ids_are_linked_all_the_same() {
    let mut record = four_variants();
    record.scenarios[0].sources.push(Source {
        id: "javascript:alert(1)".to_owned(),
        title: "https://example.com/\"onclick=\"alert(1)".to_owned(),
    });
    record.cases[0].disposition = Disposition::Failed {
        reason: "</pre><script>".to_owned(),
    };
    let html = parsed(&report_html(&record));
    assert_eq!(all(&html, "a[href^='javascript:'], a[onclick]").len(), 0);
}
