//! General patterns: forms that issuers gave their secrets so that they can be found.
//!
//! Each begins with fixed letters, which one automaton looks for; what follows is then
//! checked against the whole form. Few characters in turn (`xxxx`, `0000`) and the word EXAMPLE
//! mark what manuals print.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::packed::Searcher;
use aho_corasick::{AhoCorasick, Input, Match, MatchKind, Span};
use regex::bytes::Regex;

use super::found::{Find, PRIVATE_KEY};

/// A form. Group 1 is the secret itself.
struct Rule {
    kind: &'static str,
    starts: &'static [&'static str],
    form: &'static str,
    /// Whether letters, digits or `_` right before it make it a part of something else.
    bounded: bool,
    /// Different characters that the secret must have.
    variety: usize,
}

/// A line of base64 within a key has at least 64 characters. Before it there may be
/// headers; within strings of code the lines end in `\n`.
const RULES: &[Rule] = &[
    Rule {
        kind: PRIVATE_KEY,
        starts: &["-----BEGIN "],
        form: r#"\A-----BEGIN (?:[A-Z]{2,9} )?PRIVATE KEY(?: BLOCK)?-----(?:\\[rn]|[\s"'+,|]|[A-Za-z-]{4,20}: [^\r\n\\]{0,100})*([A-Za-z0-9+/]{60})"#,
        bounded: false,
        variety: 16,
    },
    Rule {
        kind: "AWS access key id",
        starts: &["AKIA", "ASIA"],
        form: r"\A((?:AKIA|ASIA)[A-Z2-7]{16})(?:[^A-Za-z0-9_/+=]|\z)",
        bounded: true,
        variety: 8,
    },
    Rule {
        kind: "GitHub token",
        starts: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        form: r"\A(gh[pousr]_[A-Za-z0-9]{36})(?:[^A-Za-z0-9_]|\z)",
        bounded: true,
        variety: 12,
    },
    Rule {
        kind: "GitHub token",
        starts: &["github_pat_"],
        form: r"\A(github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})(?:[^A-Za-z0-9_]|\z)",
        bounded: true,
        variety: 16,
    },
    Rule {
        kind: "GitLab token",
        starts: &["glpat-"],
        form: r"\A(glpat-[A-Za-z0-9_-]{20})(?:[^A-Za-z0-9_-]|\z)",
        bounded: true,
        variety: 10,
    },
    Rule {
        kind: "npm token",
        starts: &["npm_"],
        form: r"\A(npm_[A-Za-z0-9]{36})(?:[^A-Za-z0-9_]|\z)",
        bounded: true,
        variety: 12,
    },
    Rule {
        kind: "PyPI token",
        starts: &["pypi-AgEIcHlwaS5vcmc"],
        form: r"\A(pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,})",
        bounded: true,
        variety: 16,
    },
    Rule {
        kind: "Slack token",
        starts: &["xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-"],
        form: r"\A(xox[abprs]-[0-9]{8,14}-[A-Za-z0-9-]{16,})",
        bounded: true,
        variety: 10,
    },
    Rule {
        kind: "Slack webhook",
        starts: &["hooks.slack.com/services/"],
        form: r"\Ahooks\.slack\.com/services/(T[A-Z0-9]{7,11}/B[A-Z0-9]{7,11}/[A-Za-z0-9]{24})",
        bounded: false,
        variety: 14,
    },
    Rule {
        kind: "Stripe key",
        starts: &["sk_live_", "rk_live_"],
        form: r"\A([sr]k_live_[A-Za-z0-9]{24,})",
        bounded: true,
        variety: 12,
    },
    Rule {
        kind: "registry credential",
        starts: &[":_authToken=", ":_password=", ":_auth="],
        form: r#"\A:_(?:authToken|password|auth)=["']?([^\s"'$\\]{8,})"#,
        bounded: false,
        variety: 6,
    },
];

static FORMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    RULES
        .iter()
        .map(|rule| Regex::new(rule.form).expect("the form is compiled in"))
        .collect()
});

/// All beginnings, with the rule of each.
struct Starts {
    /// By instructions that compare many bytes at once, where the processor has them.
    packed: Option<Searcher>,
    automaton: AhoCorasick,
    owners: Vec<usize>,
}

static STARTS: LazyLock<Starts> = LazyLock::new(|| {
    let mut starts: Vec<&str> = Vec::new();
    let mut owners = Vec::new();
    for (index, rule) in RULES.iter().enumerate() {
        starts.extend(rule.starts);
        owners.resize(starts.len(), index);
    }
    let automaton = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostFirst)
        .build(&starts);
    Starts {
        packed: Searcher::new(&starts),
        automaton: automaton.expect("the beginnings are compiled in"),
        owners,
    }
});

impl Starts {
    fn next(&self, text: &[u8], from: usize) -> Option<Match> {
        let span = Span::from(from..text.len());
        match &self.packed {
            Some(packed) => packed.find_in(text, span),
            None => self.automaton.find(Input::new(text).span(span)),
        }
    }
}

/// What begins within `from..until`. A form sees at most `ahead` bytes.
pub fn issued(text: &[u8], from: usize, until: usize, ahead: usize) -> impl Iterator<Item = Find> {
    let starts = &*STARTS;
    let mut at = from;
    // What begins within a secret is a part of it.
    let mut taken = from;
    let found = std::iter::from_fn(move || {
        let found = starts.next(text, at)?;
        at = found.end();
        Some(found)
    });
    found
        .take_while(move |found| found.start() < until)
        .filter_map(move |found| {
            let index = starts.owners[found.pattern().as_usize()];
            let start = found.start();
            let end = text.len().min(start + ahead);
            let find = (start >= taken).then(|| match_form(index, text, start, end))??;
            taken = find.end;
            Some(find)
        })
}

fn match_form(index: usize, text: &[u8], start: usize, end: usize) -> Option<Find> {
    let rule = &RULES[index];
    let before = start.checked_sub(1).map(|at| text[at]);
    if rule.bounded && before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return None;
    }
    let found = FORMS[index].captures(&text[start..end])?;
    let (whole, secret) = (found.get(0)?, found.get(1)?);
    let different: BTreeSet<_> = secret.as_bytes().iter().collect();
    if different.len() < rule.variety || is_placeholder(secret.as_bytes()) {
        return None;
    }
    Some(Find {
        start,
        end: start + whole.end(),
        secret: start + secret.start()..start + secret.end(),
        kind: rule.kind.to_owned(),
    })
}

/// Whether it is what manuals and templates print.
pub(super) fn is_placeholder(secret: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "example",
        "changeme",
        "change-me",
        "change_me",
        "placeholder",
        "your",
        "dummy",
        "xxxx",
        "redacted",
        "<",
        "{{",
        "%(",
        "(secret)",
        "***",
        // What was masked before.
        "…",
    ];
    let text = String::from_utf8_lossy(secret).to_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways to look for beginnings find the same, wherever the text is cut.
    #[test]
    fn the_processors_own_search_finds_what_the_automaton_does() {
        let mut text = Vec::new();
        for rule in RULES {
            for start in rule.starts {
                text.extend_from_slice(start.as_bytes());
                text.extend_from_slice(b"x-ghp:_auth=AKI");
            }
        }
        let starts = &*STARTS;
        let plain = Starts {
            packed: None,
            automaton: starts.automaton.clone(),
            owners: starts.owners.clone(),
        };
        for from in 0..text.len() {
            assert_eq!(starts.next(&text, from), plain.next(&text, from), "{from}");
        }
        let all = |starts: &Starts| {
            let (mut at, mut found) = (0, 0);
            while let Some(next) = starts.next(&text, at) {
                (at, found) = (next.end(), found + 1);
            }
            found
        };
        let beginnings: usize = RULES.iter().map(|rule| rule.starts.len()).sum();
        assert!(all(starts) >= beginnings);
    }
}
