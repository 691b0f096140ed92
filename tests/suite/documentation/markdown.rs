//! As much of Markdown as the checks of the pages need: headings, links, tables and prose,
//! outside of code.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

static LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\]\(([^)\s]+)(?: [^)]*)?\)"));
static HTML: LazyLock<Regex> = LazyLock::new(|| pattern("(?:src|srcset|href)=\"([^\"]+)\""));
static LINKED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[([^\]]*)\]\([^)]*\)"));

/// What a page holds.
#[derive(Debug, Default)]
pub struct Page {
    /// Targets of links and pictures, with their lines.
    pub links: Vec<(usize, String)>,
    /// Anchors of the headings, as GitHub makes them.
    pub anchors: BTreeSet<String>,
    /// How many tables it has.
    pub tables: usize,
    /// Rows that do not fit their table, with their lines.
    pub broken_rows: Vec<(usize, String)>,
    /// Lines outside of code blocks, without code spans.
    pub prose: Vec<(usize, String)>,
    /// Code spans, with their lines.
    pub spans: Vec<(usize, String)>,
    /// Code blocks, each with the last line before it that is not empty.
    pub blocks: Vec<(String, String)>,
}

impl Page {
    /// Reads a page.
    pub fn of(text: &str) -> Self {
        let mut page = Self::default();
        let mut fence: Option<String> = None;
        let mut block = String::new();
        let mut before = String::new();
        let mut cells: Option<usize> = None;
        let mut slugs = BTreeMap::new();
        let lines: Vec<_> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let number = at + 1;
            let trimmed = line.trim_start();
            if let Some(mark) = &fence {
                if trimmed.starts_with(mark.as_str()) {
                    page.blocks
                        .push((std::mem::take(&mut before), std::mem::take(&mut block)));
                    fence = None;
                } else {
                    block.push_str(line);
                    block.push('\n');
                }
                continue;
            }
            if trimmed.starts_with("```") {
                fence = Some("```".to_owned());
                cells = None;
                continue;
            }
            page.table_row(number, trimmed, lines.get(at + 1), &mut cells);
            if let Some(heading) = heading(trimmed) {
                page.anchors.insert(slug(heading, &mut slugs));
            }
            let bare = without_code_spans(line);
            page.links
                .extend(links(&bare).into_iter().map(|link| (number, link)));
            page.prose.push((number, bare));
            let spans = line.split('`').skip(1).step_by(2);
            page.spans
                .extend(spans.map(|span| (number, span.to_owned())));
            if !trimmed.is_empty() {
                before = (*line).to_owned();
            }
        }
        assert!(fence.is_none(), "a code block has no end");
        page
    }

    fn table_row(
        &mut self,
        number: usize,
        line: &str,
        next: Option<&&str>,
        cells: &mut Option<usize>,
    ) {
        if !line.starts_with('|') {
            *cells = None;
            return;
        }
        let count = cells_of(line);
        match *cells {
            Some(columns) if columns != count => {
                let fault = format!("{count} cells in a table of {columns}");
                self.broken_rows.push((number, fault));
            }
            Some(_) => {}
            None if next.is_some_and(|next| is_delimiter(next.trim())) => {
                self.tables += 1;
                *cells = Some(count);
            }
            None => {
                let fault = "a row outside of a table".to_owned();
                self.broken_rows.push((number, fault));
            }
        }
    }
}

/// `|---|:---:|`.
fn is_delimiter(line: &str) -> bool {
    let inner = line.trim_start_matches('|').trim_end_matches('|');
    line.starts_with('|')
        && inner.split('|').all(|cell| {
            let cell = cell.trim().trim_matches(':');
            !cell.is_empty() && cell.chars().all(|c| c == '-')
        })
}

/// GitHub ends a cell at each bar that no backslash escapes, in code spans too.
fn cells_of(line: &str) -> usize {
    let line = line.trim().replace("\\|", "");
    let line = line.strip_prefix('|').unwrap_or(&line);
    let line = line.strip_suffix('|').unwrap_or(line);
    line.split('|').count()
}

fn heading(line: &str) -> Option<&str> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    ((1..=6).contains(&level) && text.starts_with(' ')).then(|| text.trim())
}

/// The anchor that GitHub gives a heading: lower case, spaces to dashes, other signs dropped; a
/// second one of the same text gets a number.
fn slug(heading: &str, seen: &mut BTreeMap<String, usize>) -> String {
    let text = LINKED.replace_all(heading, "$1").to_lowercase();
    let kept = text.chars().filter_map(|c| match c {
        ' ' => Some('-'),
        c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
        _ => None,
    });
    let slug: String = kept.collect();
    let times = seen.entry(slug.clone()).or_default();
    *times += 1;
    match *times {
        1 => slug,
        more => format!("{slug}-{}", more - 1),
    }
}

/// The line with code spans blanked.
fn without_code_spans(line: &str) -> String {
    let mut found = String::new();
    for (at, part) in line.split('`').enumerate() {
        if at % 2 == 0 {
            found.push_str(part);
        } else {
            found.push('\u{2423}');
        }
    }
    found
}

fn links(line: &str) -> Vec<String> {
    let all = LINK.captures_iter(line).chain(HTML.captures_iter(line));
    all.map(|one| one[1].to_owned()).collect()
}

#[test]
fn a_page_is_read_as_github_reads_it() {
    let page = Page::of(
        "# One `two`, three\n## Same\n## Same\n\n| a | b |\n|---|---|\n| `x \\| y` | 1 |\n| 1 |\n\n\
         | alone |\n\n[a](b.md#c) `[d](e)`\n\nsaid so:\n```\n| not a table |\n```\n",
    );
    let anchors: Vec<_> = page.anchors.iter().map(String::as_str).collect();
    assert_eq!(anchors, ["one-two-three", "same", "same-1"]);
    assert_eq!(page.links, [(12, "b.md#c".to_owned())]);
    assert_eq!(page.tables, 1);
    let spans: Vec<_> = page.spans.iter().map(|(_, span)| span.as_str()).collect();
    assert_eq!(spans, ["two", "x \\| y", "[d](e)"]);
    let rows: Vec<_> = page.broken_rows.iter().map(|(line, _)| *line).collect();
    assert_eq!(rows, [8, 10]);
    let block = ("said so:".to_owned(), "| not a table |\n".to_owned());
    assert_eq!(page.blocks, [block]);
}
