//! The frame of the page: head, policy, tools, contents.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::charts;
use super::section::ContentsEntry;
use crate::text;

const SCRIPT: &str = include_str!("script.js");
const STYLE: &str = include_str!("style.css");

/// The whole file. Ends with a line feed.
pub(super) fn document(title: &str, contents: &[ContentsEntry], body: &Markup) -> String {
    let style = format!("{STYLE}{}", charts::colours());
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content="plimsoll";
                title { (title) " – plimsoll" }
                style { (PreEscaped(&style)) }
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (bar(contents))
                main id="main" tabindex="-1" { (body) }
                p.vh id="live" role="status" aria-live="polite" {}
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    format!("{}\n", text::visible(&page.into_string()))
}

/// Nothing is fetched, and nothing runs but the page's own script and style, named by their
/// hashes: <https://www.w3.org/TR/CSP3/#grammardef-hash-source>. It is the second wall
/// against markup from outside; the first is that all of it is escaped.
fn policy(style: &str) -> String {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; img-src data:; base-uri 'none'; form-action 'none'",
        source_hash(SCRIPT),
        source_hash(style)
    )
}

fn source_hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// The tools that need a script are hidden until it runs.
fn bar(contents: &[ContentsEntry]) -> Markup {
    html! {
        header.bar {
            a.brand href="#main" { (mark()) span { "plimsoll" } }
            details.contents {
                summary { "Contents" }
                nav aria-label="Contents" { (entries(contents)) }
            }
            div.tools hidden {
                label.vh for="filter" { "Filter rows and variants" }
                input id="filter" type="search" placeholder="Filter rows" autocomplete="off" spellcheck="false";
                span.count id="count" aria-hidden="true" {}
                button id="theme" type="button" { "Theme: system" }
            }
        }
    }
}

fn entries(contents: &[ContentsEntry]) -> Markup {
    html! {
        ul {
            @for entry in contents {
                li {
                    a href={ "#" (entry.anchor) } { (entry.text) }
                    @if !entry.below.is_empty() { (entries(&entry.below)) }
                }
            }
        }
    }
}

/// The load line: a disc with a line through it.
fn mark() -> Markup {
    html! {
        svg.mark viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false" {
            circle cx="12" cy="12" r="7" fill="none" stroke="currentColor" stroke-width="2.5" {}
            path d="M1 12h22" stroke="currentColor" stroke-width="2.5" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_and_style_cannot_end_their_elements() {
        for text in [SCRIPT, STYLE] {
            let lower = text.to_lowercase();
            assert!(!lower.contains("</") && !lower.contains("<!--"));
            assert!(text.is_ascii(), "the hash is of what is sent");
        }
    }

    #[test]
    fn a_hash_is_that_of_the_standard() {
        // echo -n "alert('Hello, world.');" | openssl dgst -sha256 -binary | base64, from CSP 2.
        assert_eq!(
            source_hash("alert('Hello, world.');"),
            "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng="
        );
    }
}
