//! Go's regular expressions in the syntax of the crate `regex`.
//!
//! Only what an ignore file can come to hold: see `pattern.rs`. Source: Go's `regexp/syntax`.

use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

/// Go refuses more repetitions of one thing.
const MOST_REPETITIONS: u32 = 1000;

/// Compiles an expression of Go; `None` where Go refuses it, or where it is too large.
pub(super) fn compile(go: &str) -> Option<Regex> {
    let mut out = String::new();
    let mut characters = go.chars().peekable();
    // Whether there is something to repeat, and whether it is repeated already.
    let (mut item, mut repeated) = (false, false);
    while let Some(character) = characters.next() {
        let (was_item, was_repeated) = (item, repeated);
        (item, repeated) = (true, false);
        match character {
            '\\' => escape(&mut characters, &mut out, false)?,
            '[' => class(&mut characters, &mut out)?,
            '{' => match repetition(&characters) {
                Some((text, length)) => {
                    if !was_item || was_repeated {
                        return None;
                    }
                    out.push_str(&text?);
                    characters.nth(length - 1);
                    repeated = true;
                }
                None => out.push_str("\\{"),
            },
            '*' | '?' => {
                out.push(character);
                repeated = true;
            }
            '^' | '$' | '.' | '(' | ')' | '|' => {
                out.push(character);
                item = !matches!(character, '(' | '|');
            }
            other => literal(other, &mut out),
        }
    }
    Regex::new(&out).ok()
}

fn literal(character: char, out: &mut String) {
    out.push_str(&regex::escape(character.encode_utf8(&mut [0; 4])));
}

/// `{2}`, `{2,}` or `{2,3}` behind its brace, and how many characters it takes; the text is
/// `None` where Go refuses the numbers. Anything else is a literal brace.
fn repetition(characters: &Peekable<Chars<'_>>) -> Option<(Option<String>, usize)> {
    let inner: String = characters.clone().take_while(|c| *c != '}').collect();
    if characters.clone().nth(inner.chars().count()) != Some('}') {
        return None;
    }
    let (least, most) = match inner.split_once(',') {
        Some((least, most)) => (least, Some(most)),
        None => (inner.as_str(), None),
    };
    // A leading zero makes it a literal.
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        (digits && (text == "0" || !text.starts_with('0')))
            .then(|| text.parse::<u32>().unwrap_or(u32::MAX))
    };
    let low = number(least)?;
    let high = match most {
        None => low,
        Some("") => low,
        Some(most) => number(most)?,
    };
    let fits = low <= high && high <= MOST_REPETITIONS;
    let text = fits.then(|| format!("{{{inner}}}"));
    Some((text, inner.chars().count() + 1))
}

/// What stands behind a backslash.
fn escape(characters: &mut Peekable<Chars<'_>>, out: &mut String, in_class: bool) -> Option<()> {
    let character = characters.next()?;
    let known = match character {
        'd' => Some("[0-9]"),
        'D' => Some("[^0-9]"),
        's' => Some("[\\t\\n\\x0C\\r ]"),
        'S' => Some("[^\\t\\n\\x0C\\r ]"),
        'w' => Some("[0-9A-Za-z_]"),
        'W' => Some("[^0-9A-Za-z_]"),
        'a' => Some("\\x07"),
        'f' => Some("\\x0C"),
        'n' => Some("\\n"),
        'r' => Some("\\r"),
        't' => Some("\\t"),
        'v' => Some("\\x0B"),
        'A' if !in_class => Some("\\A"),
        'b' if !in_class => Some("\\b"),
        'B' if !in_class => Some("\\B"),
        'z' if !in_class => Some("\\z"),
        _ => None,
    };
    if let Some(known) = known {
        out.push_str(known);
        return Some(());
    }
    match character {
        'Q' if !in_class => {
            let mut quoted: String = characters.by_ref().collect();
            if let Some(end) = quoted.find("\\E") {
                // No expression here goes on behind it with anything that needs a state.
                let rest = quoted.split_off(end);
                out.push_str(&regex::escape(&quoted));
                let rest = compile_rest(&rest[2..])?;
                out.push_str(&rest);
            } else {
                out.push_str(&regex::escape(&quoted));
            }
        }
        'x' => {
            let mut value = 0;
            for _ in 0..2 {
                value = value * 16 + characters.next()?.to_digit(16)?;
            }
            literal(char::from_u32(value)?, out);
        }
        'p' | 'P' => {
            let class = characters.next().filter(|c| "CLMNPSZ".contains(*c))?;
            out.extend(['\\', character, class]);
        }
        '0'..='7' => {
            let mut value = character.to_digit(8)?;
            if character != '0' && !characters.peek().is_some_and(|next| next.is_digit(8)) {
                return None;
            }
            for _ in 0..2 {
                let Some(digit) = characters.peek().and_then(|next| next.to_digit(8)) else {
                    break;
                };
                characters.next();
                value = value * 8 + digit;
            }
            literal(char::from_u32(value)?, out);
        }
        other if other.is_ascii() && !other.is_ascii_alphanumeric() => literal(other, out),
        _ => return None,
    }
    Some(())
}

/// The translation of what stands behind a quotation.
fn compile_rest(go: &str) -> Option<String> {
    compile(go).map(|regex| regex.as_str().to_owned())
}

/// A bracket expression; `[` has been read. A `]` right at its start is a member.
fn class(characters: &mut Peekable<Chars<'_>>, out: &mut String) -> Option<()> {
    out.push('[');
    if characters.next_if_eq(&'^').is_some() {
        out.push('^');
    }
    let mut is_first = true;
    loop {
        let character = *characters.peek()?;
        if character == ']' && !is_first {
            characters.next();
            out.push(']');
            return Some(());
        }
        // Go takes a `-` at the ends only; `filepath.Match` takes none at all.
        let posix: String = characters.clone().take_while(|c| *c != ']').collect();
        if let Some(name) = posix
            .strip_prefix("[:")
            .and_then(|name| name.strip_suffix(':'))
        {
            if !POSIX.contains(&name.trim_start_matches('^')) {
                return None;
            }
            out.push_str(&posix);
            out.push(']');
            characters.nth(posix.chars().count());
            is_first = false;
            continue;
        }
        is_first = false;
        let mut low = String::new();
        let is_set = member(characters, &mut low)?;
        out.push_str(&low);
        let mut ahead = characters.clone();
        if !is_set && ahead.next() == Some('-') && ahead.next().is_some_and(|next| next != ']') {
            characters.next();
            out.push('-');
            if member(characters, out)? {
                return None;
            }
        }
    }
}

/// Reads one member; says whether it is a set of its own.
fn member(characters: &mut Peekable<Chars<'_>>, out: &mut String) -> Option<bool> {
    match characters.next()? {
        '\\' => {
            let is_set = characters
                .peek()
                .is_some_and(|next| "dDsSwWpP".contains(*next));
            escape(characters, out, true)?;
            Some(is_set)
        }
        other => {
            literal(other, out);
            Some(false)
        }
    }
}

/// Names of Go's ASCII classes.
const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];
