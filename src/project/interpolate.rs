//! Variables in the values of a Compose file.
//!
//! Source: the Compose Specification, chapter Interpolation.

use std::collections::BTreeSet;

/// Replaces `$NAME` and `${NAME}` with `:-`, `-`, `:?`, `?`, `:+` and `+`; `$$` is a `$`. A
/// variable without a value is empty, as for `docker compose`, and is added to `unset`.
///
/// # Errors
/// The text of `${NAME:?text}` where there is no value; a brace that is not closed. Nothing else
/// of the text is in them: it may be a secret.
pub(super) fn interpolate(
    text: &str,
    of: &impl Fn(&str) -> Option<String>,
    unset: &mut BTreeSet<String>,
) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        filled.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            filled.push('$');
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{') {
            let end = closing(after).ok_or("`${` is not closed")?;
            filled.push_str(&braced(&after[..end], of, unset)?);
            rest = &after[end + 1..];
        } else {
            let name = name_of(rest);
            match name {
                "" => filled.push('$'),
                name => match of(name) {
                    Some(value) => filled.push_str(&value),
                    None => drop(unset.insert(name.to_owned())),
                },
            }
            rest = &rest[name.len()..];
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

/// The name at the beginning of a text.
fn name_of(text: &str) -> &str {
    let is_part = |(at, ch): (usize, char)| {
        ch == '_' || ch.is_ascii_alphabetic() || (at > 0 && ch.is_ascii_digit())
    };
    let end = text.char_indices().find(|one| !is_part(*one));
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// Where the brace closes that is open at the beginning.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' if at > 0 && bytes[at - 1] == b'$' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The value of the text between the braces.
fn braced(
    inner: &str,
    of: &impl Fn(&str) -> Option<String>,
    unset: &mut BTreeSet<String>,
) -> Result<String, String> {
    let name = name_of(inner);
    let (value, rest) = (of(name), &inner[name.len()..]);
    let (is_strict, operator) = match rest.strip_prefix(':') {
        Some(operator) => (true, operator),
        None => (false, rest),
    };
    let value = value.filter(|value| !(is_strict && value.is_empty()));
    let mut signs = operator.chars();
    match (signs.next(), value) {
        _ if name.is_empty() => Err("a variable has no name".to_owned()),
        (None, Some(value)) if !is_strict => Ok(value),
        (None, None) if !is_strict => {
            unset.insert(name.to_owned());
            Ok(String::new())
        }
        (Some('-' | '?'), Some(value)) => Ok(value),
        (Some('-'), None) | (Some('+'), Some(_)) => interpolate(signs.as_str(), of, unset),
        (Some('+'), None) => Ok(String::new()),
        (Some('?'), None) => {
            let why = interpolate(signs.as_str(), of, unset)?;
            let why = if why.is_empty() {
                "it has no value"
            } else {
                &why
            };
            Err(format!("the variable `{name}` is needed: {why}"))
        }
        _ => Err(format!(
            "the variable `{name}` is followed by an unknown operator"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Option<String> {
        match name {
            "SET" => Some("value".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_replaced_as_docker_compose_does_it() {
        for (text, filled) in [
            ("plain", "plain"),
            ("$SET-$SET2 ${SET}x", "value- valuex"),
            ("$$SET 5$ $", "$SET 5$ $"),
            ("${NONE:-a} ${NONE-a} ${EMPTY:-a} ${EMPTY-a}|", "a a a |"),
            (
                "${SET:-a} ${SET-a} ${SET:?no} ${SET?no}",
                "value value value value",
            ),
            (
                "${SET:+b} ${SET+b} ${EMPTY:+b}|${EMPTY+b}|${NONE+b}|",
                "b b |b||",
            ),
            ("${NONE:-${SET}/${EMPTY:-x}}", "value/x"),
            ("${NONE:-postgres://u:p@h/{db}}", "postgres://u:p@h/{db}"),
        ] {
            let read = interpolate(text, &of, &mut BTreeSet::new());
            assert_eq!(read.as_deref(), Ok(filled), "{text}");
        }
        for (text, said) in [
            ("${NONE:?set it}", "`NONE` is needed: set it"),
            ("${EMPTY:?}", "`EMPTY` is needed: it has no value"),
            ("${SET", "not closed"),
            ("${SET!}", "`SET` is followed by an unknown operator"),
            ("${}", "no name"),
        ] {
            let error = interpolate(text, &of, &mut BTreeSet::new()).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
        let mut unset = BTreeSet::new();
        interpolate("$A ${B} ${C:-c} ${SET} $A", &of, &mut unset).unwrap();
        assert_eq!(unset.into_iter().collect::<Vec<_>>(), ["A", "B"]);
    }
}
