//! Variable expansion and quote removal, as BuildKit's `shell` package does it.

use std::collections::BTreeMap;

/// Variables with their values.
pub(super) type Env = BTreeMap<String, String>;

/// An expanded word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expanded {
    pub text: String,
    /// Variables that had neither a value nor a default: an empty text stands for them.
    pub unset: Vec<String>,
}

/// Expands `$NAME`, `${NAME}` and its forms with `-`, `+`, `?` and a colon, and
/// removes quotes. Forms that edit the value (`#`, `%`, `/`) count as unset: what
/// they give is not known here.
pub(super) fn expand(word: &str, env: &Env, escape: char) -> Expanded {
    let mut expander = Expander {
        rest: word.chars().collect::<Vec<_>>().into_iter().peekable(),
        env,
        escape,
        unset: Vec::new(),
    };
    let text = expander.until(None);
    Expanded {
        text,
        unset: expander.unset,
    }
}

struct Expander<'a> {
    rest: std::iter::Peekable<std::vec::IntoIter<char>>,
    env: &'a Env,
    escape: char,
    unset: Vec<String>,
}

impl Expander<'_> {
    fn until(&mut self, stop: Option<char>) -> String {
        let mut text = String::new();
        while let Some(character) = self.rest.next() {
            match character {
                _ if Some(character) == stop => break,
                '\'' => text.extend(self.rest.by_ref().take_while(|c| *c != '\'')),
                '"' => self.quoted(&mut text),
                '$' => self.variable(&mut text),
                _ if character == self.escape => text.extend(self.rest.next()),
                _ => text.push(character),
            }
        }
        text
    }

    fn quoted(&mut self, text: &mut String) {
        while let Some(character) = self.rest.next() {
            match character {
                '"' => return,
                '$' => self.variable(text),
                _ if character == self.escape => match self.rest.next() {
                    Some(next) if next == '"' || next == '$' || next == self.escape => {
                        text.push(next)
                    }
                    Some(next) => text.extend([character, next]),
                    None => text.push(character),
                },
                _ => text.push(character),
            }
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self
            .rest
            .next_if(|c| c.is_ascii_alphanumeric() || *c == '_')
        {
            name.push(c);
        }
        name
    }

    fn variable(&mut self, text: &mut String) {
        if self.rest.next_if_eq(&'{').is_some() {
            return self.braced(text);
        }
        let name = self.name();
        if name.is_empty() {
            text.push('$');
            return;
        }
        self.value(name, text);
    }

    fn value(&mut self, name: String, text: &mut String) {
        match self.env.get(&name) {
            Some(value) => text.push_str(value),
            None => self.unset.push(name),
        }
    }

    fn braced(&mut self, text: &mut String) {
        let name = self.name();
        // With a colon, an empty value counts as none.
        let colon = self.rest.next_if_eq(&':').is_some();
        let value = self
            .env
            .get(&name)
            .filter(|value| !(colon && value.is_empty()))
            .cloned();
        let operator = self.rest.next();
        if operator == Some('}') && !colon {
            return self.value(name, text);
        }
        // What the word of a form not taken lacks is not missed.
        let missed = self.unset.len();
        let word = self.until(Some('}'));
        let taken = match operator {
            Some('-') => value.is_none(),
            Some('+') => value.is_some(),
            _ => false,
        };
        if !taken {
            self.unset.truncate(missed);
        }
        match (operator, value) {
            (Some('-' | '?'), Some(value)) => text.push_str(&value),
            (Some('-'), None) | (Some('+'), Some(_)) => text.push_str(&word),
            (Some('+'), None) => {}
            _ => self.unset.push(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_expand_with_their_defaults() {
        let env = Env::from([
            ("V".to_owned(), "20".to_owned()),
            ("E".to_owned(), String::new()),
        ]);
        let table = [
            ("node:$V-slim", "node:20-slim", 0),
            ("${V}x", "20x", 0),
            ("${X:-a}${X-b}${E:-c}${E-d}", "abc", 0),
            ("${V:+y}${E:+n}${X+n}", "y", 0),
            ("${X:-${V}}", "20", 0),
            ("${V:-$X}", "20", 0),
            ("$X${X}", "", 2),
            ("${X:?no}", "", 1),
            ("${V%0}", "", 1),
            (r#"'$V'"$V"\$V$"#, "$V20$V$", 0),
            (r#""a b"c"#, "a bc", 0),
        ];
        for (word, text, unset) in table {
            let expanded = expand(word, &env, '\\');
            assert_eq!(
                (expanded.text.as_str(), expanded.unset.len()),
                (text, unset),
                "{word}"
            );
        }
    }
}
