//! Here-documents: which ones a line opens.
//!
//! Source: `heredocsFromLine` and `ParseHeredoc` in BuildKit's
//! `frontend/dockerfile/parser/parser.go`.

use super::env::Env;
use super::shell::Lex;

/// The word that opens a here-document: `3<<-"EOF"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Opening {
    /// The line that closes it.
    pub name: String,
    /// Leading tabs do not count (`<<-`).
    pub strip_tabs: bool,
    /// Variables in its text are expanded: no part of the word is quoted.
    pub expands: bool,
}

/// A here-document with its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heredoc {
    pub opening: Opening,
    pub body: String,
}

/// Those that a line opens, in their order. The escape directive does not count here. A line
/// that is no sequence of words opens none.
pub(super) fn openings(line: &str) -> Result<Vec<Opening>, String> {
    let lex = Lex {
        raw_quotes: true,
        raw_escapes: true,
        skip_unset: true,
        ..Lex::new('\\')
    };
    let words = lex.process(line, &Env::default()).unwrap_or_default().words;
    let found = words.iter().map(|word| opening(word));
    found.filter_map(Result::transpose).collect()
}

/// Reads one word; `None` where it opens nothing, as `<<<word` does.
pub(super) fn opening(word: &str) -> Result<Option<Opening>, String> {
    let word = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let Some(rest) = word.strip_prefix("<<") else {
        return Ok(None);
    };
    let (strip_tabs, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace());
    if rest.is_empty() || rest.contains('<') {
        return Ok(None);
    }
    let lex = Lex {
        skip_unset: true,
        ..Lex::new('\\')
    };
    let process = |lex: Lex| {
        let expanded = lex.process(rest, &Env::default());
        let words = expanded.map_err(|error| error.message)?.words;
        Ok::<_, String>(words)
    };
    let plain = process(lex)?;
    let [name] = plain.as_slice() else {
        return Ok(None);
    };
    let raw = process(Lex {
        raw_quotes: true,
        ..lex
    })?;
    let quotes = |text: &str| text.matches(['\'', '"']).count();
    Ok(Some(Opening {
        expands: raw.iter().map(|word| quotes(word)).sum::<usize>() == quotes(name),
        name: name.clone(),
        strip_tabs,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> String {
        let openings = openings(line).unwrap();
        let names = openings.into_iter().map(|opening| {
            let tabs = if opening.strip_tabs { "-" } else { "" };
            let quoted = if opening.expands { "" } else { "!" };
            format!("{tabs}{quoted}{}", opening.name)
        });
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_that_open_a_heredoc_are_found() {
        for (line, expected) in [
            ("RUN <<EOF", "EOF"),
            ("RUN cat << EOF > /x", "EOF"),
            ("RUN cat 3<<-'E F' <<\t\"G\"H", "-!E F !GH"),
            (r"COPY <<E\OF /x", "EOF"),
            ("RUN echo \"<<C\" '<<D' $((1<<2)) <<<z <<", ""),
            ("RUN echo it's <<E", ""),
            ("COPY <<$N /x", "$N"),
        ] {
            assert_eq!(names(line), expected, "{line}");
        }
    }
}
