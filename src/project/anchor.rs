//! Texts by which a place in a file is found again: they occur exactly once.

/// What a change puts into a file: `find` occurs once, and `replace` takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Substitution {
    pub find: String,
    pub replace: String,
}

/// Lines that are tried.
const MOST_LINES: usize = 40;

/// What is new each time.
pub(super) const NONCE: &str = "{nonce}";

/// Puts a line before the first.
pub(super) fn before(text: &str, line: &str) -> Option<Substitution> {
    let ends = text.match_indices('\n').map(|(at, _)| at + 1);
    let mut heads = ends
        .chain([text.len()])
        .take(MOST_LINES)
        .map(|end| &text[..end]);
    let find = heads.find(|head| is_anchor(head, text))?;
    Some(Substitution {
        find: find.to_owned(),
        replace: format!("{line}\n{find}"),
    })
}

/// Puts a line behind the last.
pub(super) fn behind(text: &str, line: &str) -> Option<Substitution> {
    let body = text.trim_end();
    let begins = body.rmatch_indices('\n').map(|(at, _)| at + 1);
    let mut tails = begins
        .chain([0])
        .take(MOST_LINES)
        .map(|begin| &body[begin..]);
    let find = tails.find(|tail| is_anchor(tail, text))?;
    Some(Substitution {
        find: find.to_owned(),
        replace: format!("{find}\n{line}"),
    })
}

/// Whether a text occurs once, and what replaces it holds no other mark.
pub(super) fn is_anchor(part: &str, text: &str) -> bool {
    !part.trim().is_empty() && !part.contains(NONCE) && text.matches(part).count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_by_as_many_lines_as_it_takes() {
        let text = "a\na\nb\na\n";
        let found = before(text, "# x").unwrap();
        assert_eq!(found.find, "a\na\n");
        assert_eq!(
            text.replace(&found.find, &found.replace),
            "# x\na\na\nb\na\n"
        );
        let found = behind(text, "# x").unwrap();
        assert_eq!(found.find, "b\na");
        assert_eq!(
            text.replace(&found.find, &found.replace),
            "a\na\nb\na\n# x\n"
        );
        assert_eq!(before("one", "# x").unwrap().replace, "# x\none");
        assert_eq!(behind("", "# x"), None);
        assert_eq!(before("{nonce}\n", "# x"), None);
    }
}
