//! Files of variables: `.env`, and those of `env_file`.
//!
//! Source: the documentation of Docker Compose, "Syntax for environment files in Docker Compose",
//! <https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/>.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::project::error::ProjectError;
use crate::project::interpolate::interpolate;

/// The variables of a file, added to those of earlier files. In values that name a variable, `of`
/// has priority over them, as in `docker compose`.
///
/// # Errors
/// When the file cannot be read, or has a line that is not a variable.
pub(super) fn read(
    path: &Path,
    of: &impl Fn(&str) -> Option<String>,
    earlier: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, ProjectError> {
    let text = crate::files::read_to_string(path).map_err(|source| ProjectError::Read {
        path: path.to_owned(),
        source,
    })?;
    parse(&text, of, earlier).map_err(|(line, said)| {
        let said = format!("{}:{line}: {said}", path.display());
        ProjectError::open(said, "write NAME=VALUE, a variable on each line")
    })
}

/// The variables of a file of the format `raw`: values are taken as they are written.
///
/// # Errors
/// When the file cannot be read.
pub(super) fn read_raw(path: &Path) -> Result<BTreeMap<String, String>, ProjectError> {
    let text = crate::files::read_to_string(path).map_err(|source| ProjectError::Read {
        path: path.to_owned(),
        source,
    })?;
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once('='));
    let pairs = pairs.map(|(name, value)| (name.trim().to_owned(), value.to_owned()));
    Ok(pairs.collect())
}

/// The variables of a text, or the line of the first that is wrong, counted from 1.
fn parse(
    text: &str,
    of: &impl Fn(&str) -> Option<String>,
    mut variables: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, (usize, String)> {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = 1;
    while !rest.is_empty() {
        let before = rest;
        let one = variable(&mut rest).map_err(|said| (line, said))?;
        if let Some((name, value)) = one {
            let own = |name: &str| of(name).or_else(|| variables.get(name).cloned());
            let value = match value {
                Written::Nothing => own(&name),
                Written::Literal(value) => Some(value),
                Written::Filled(value) => {
                    // Compose is silent about these, too.
                    let mut unset = BTreeSet::new();
                    let filled = interpolate(&value, &own, &mut unset);
                    Some(filled.map_err(|said| (line, format!("`{name}`: {said}")))?)
                }
            };
            if let Some(value) = value {
                variables.insert(name, value);
            }
        }
        let read = &before[..before.len() - rest.len()];
        line += read.matches('\n').count();
    }
    Ok(variables)
}

/// How a value is written.
enum Written {
    /// A name alone: it has the value of the variable of this name.
    Nothing,
    /// In single quotes.
    Literal(String),
    /// Variables in it are replaced.
    Filled(String),
}

/// Takes a line, or several where the value is in quotes.
fn variable<'t>(rest: &mut &'t str) -> Result<Option<(String, Written)>, String> {
    let text: &'t str = rest;
    let behind = |at: usize| text[at..].strip_prefix('\n').unwrap_or(&text[at..]);
    let end = text.find('\n').unwrap_or(text.len());
    let whole = &text[..end];
    *rest = behind(end);
    let line = whole.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let line = match line.strip_prefix("export") {
        Some(after) if after.starts_with([' ', '\t']) => after.trim_start(),
        _ => line,
    };
    let at = line.find(['=', ':']);
    let name = line[..at.unwrap_or(line.len())].trim_end();
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || "\"'#$".contains(c)) {
        return Err("expected NAME=VALUE".to_owned());
    }
    let name = name.to_owned();
    let Some(at) = at else {
        return Ok(Some((name, Written::Nothing)));
    };
    let value = line[at + 1..].trim_start();
    let Some(quote) = value.chars().next().filter(|c| ['"', '\''].contains(c)) else {
        let mut comments = value.match_indices('#').map(|(at, _)| at);
        let comment = comments.find(|at| *at == 0 || value[..*at].ends_with([' ', '\t']));
        let value = value[..comment.unwrap_or(value.len())].trim_end();
        return Ok(Some((name, Written::Filled(value.to_owned()))));
    };
    // The value may go on in the next lines.
    let from = whole.trim_end().len() - value.len() + 1;
    let quoted = &text[from..];
    let closed =
        closing(quoted, quote).ok_or_else(|| format!("the value of `{name}` has an open quote"))?;
    let after = &quoted[closed + 1..];
    let line_end = after.find('\n').unwrap_or(after.len());
    let remains = after[..line_end].trim();
    if !remains.is_empty() && !remains.starts_with('#') {
        return Err(format!("unexpected text after the value of `{name}`"));
    }
    *rest = behind(from + closed + 1 + line_end);
    let value = match quote {
        '"' => Written::Filled(unescaped(&quoted[..closed])),
        _ => Written::Literal(quoted[..closed].replace("\\'", "'")),
    };
    Ok(Some((name, value)))
}

/// Where the quote closes. A quote behind a backslash does not.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// A value in double quotes, without its escapes. `\$` stays a dollar sign.
fn unescaped(text: &str) -> String {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            value.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => value.push('\n'),
            Some('r') => value.push('\r'),
            Some('t') => value.push('\t'),
            Some('$') => value.push_str("$$"),
            Some(other @ ('\\' | '"')) => value.push(other),
            Some(other) => value.extend(['\\', other]),
            None => value.push('\\'),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Option<String> {
        (name == "SHELL_HAS").then(|| "shell".to_owned())
    }

    #[test]
    fn variables_are_read_as_docker_compose_reads_them() {
        for (line, value) in [
            ("VAR=VAL", "VAL"),
            ("VAR=\"VAL\"", "VAL"),
            ("VAR='VAL'", "VAL"),
            ("VAR: VAL", "VAL"),
            ("VAR = VAL  ", "VAL"),
            ("  export VAR=VAL\r", "VAL"),
            ("VAR=VAL # comment", "VAL"),
            ("VAR=VAL# not a comment", "VAL# not a comment"),
            ("VAR=# comment", ""),
            ("VAR=\"VAL # not a comment\"", "VAL # not a comment"),
            ("VAR=\"VAL\" # comment", "VAL"),
            ("VAR='$OTHER'", "$OTHER"),
            ("VAR='${OTHER}'", "${OTHER}"),
            ("VAR='Let\\'s go!'", "Let's go!"),
            (
                "VAR=\"{\\\"hello\\\": \\\"json\\\"}\"",
                "{\"hello\": \"json\"}",
            ),
            ("VAR=\"some\\tvalue\\n\"", "some\tvalue\n"),
            ("VAR='some\\tvalue'", "some\\tvalue"),
            ("VAR='SOME\nVALUE'", "SOME\nVALUE"),
            ("VAR=a=b:c", "a=b:c"),
            ("VAR=", ""),
            ("VAR=${SHELL_HAS}/${NONE:-none}", "shell/none"),
            ("A=1\nVAR=$A-2", "1-2"),
            ("SHELL_HAS=own\nVAR=$SHELL_HAS", "shell"),
            ("VAR=\"\\$A\"", "$A"),
        ] {
            let read = parse(line, &of, BTreeMap::new()).unwrap();
            assert_eq!(read.get("VAR").map(String::as_str), Some(value), "{line:?}");
        }
    }

    #[test]
    fn a_name_alone_has_the_value_of_the_variable() {
        let read = parse(
            "# these two\nSHELL_HAS\n\nNOBODY_HAS\n",
            &of,
            BTreeMap::new(),
        )
        .unwrap();
        let expected = ("SHELL_HAS".to_owned(), "shell".to_owned());
        assert_eq!(read.into_iter().collect::<Vec<_>>(), [expected]);
    }

    #[test]
    fn a_line_that_is_wrong_is_named() {
        for (text, line, said) in [
            ("A=1\n\n=2\n", 3, "NAME=VALUE"),
            ("A='1\n2'\nB C=3", 3, "NAME=VALUE"),
            ("A=1\nB=\"2\nC=3\n", 2, "`B` has an open quote"),
            ("A='1' 2\n", 1, "after the value of `A`"),
            ("A=${B:?set it}\n", 1, "`B` is needed: set it"),
        ] {
            let (at, why) = parse(text, &of, BTreeMap::new()).unwrap_err();
            assert!(at == line && why.contains(said), "{text:?}: {at}: {why}");
        }
    }
}
