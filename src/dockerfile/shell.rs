//! Quotes, escapes and variables in a word, as BuildKit's `shell` package reads them
//! (`frontend/dockerfile/shell/lex.go`).

use std::iter::Peekable;
use std::str::Chars;

use super::env::{Env, Lookup};
use super::substitute::{replace, trim_prefix, trim_suffix};

/// Expansions within expansions: more are refused, since each one takes stack.
const DEPTH_LIMIT: usize = 64;
/// Bytes that a word may expand to. `ARG A=$A$A` doubles with each line.
const SIZE_LIMIT: usize = 1 << 20;

/// How words are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lex {
    pub escape: char,
    /// Quotes stay in the text.
    pub raw_quotes: bool,
    /// Escape characters stay in the text.
    pub raw_escapes: bool,
    /// Quotes are no quotes.
    pub skip_quotes: bool,
    /// A variable without a value stays as it is written.
    pub skip_unset: bool,
}

/// A word after expansion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Expanded {
    pub text: String,
    /// The text split at white space outside quotes.
    pub words: Vec<String>,
    /// Variables without a value and without a default: an empty text stands for them.
    pub unset: Vec<String>,
    /// Variables of which only the builder knows the value: `text` does not hold then.
    pub unknown: Vec<String>,
}

/// A word that no builder expands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ShellError {
    pub message: String,
    /// The variable that needs a value.
    pub variable: Option<String>,
}

impl From<String> for ShellError {
    fn from(message: String) -> Self {
        Self {
            message,
            variable: None,
        }
    }
}

impl Lex {
    pub fn new(escape: char) -> Self {
        Self {
            escape,
            raw_quotes: false,
            raw_escapes: false,
            skip_quotes: false,
            skip_unset: false,
        }
    }

    /// Expands a word.
    ///
    /// # Errors
    /// An unclosed quote or brace, a modifier that does not exist, a variable without
    /// the value that `${NAME:?}` asks for.
    pub fn process(self, word: &str, env: &Env) -> Result<Expanded, ShellError> {
        let mut reader = Reader {
            lex: self,
            raw_escapes: self.raw_escapes,
            rest: word.chars().peekable(),
            env,
            word: String::new(),
            depth: 0,
            unset: Vec::new(),
            unknown: Vec::new(),
        };
        let (text, words) = reader.until(None, self.raw_escapes)?;
        Ok(Expanded {
            text,
            words,
            unset: reader.unset,
            unknown: reader.unknown,
        })
    }
}

struct Reader<'a> {
    lex: Lex,
    raw_escapes: bool,
    rest: Peekable<Chars<'a>>,
    env: &'a Env,
    /// The word at hand. BuildKit shares it with nested expansions, which clear it.
    word: String,
    depth: usize,
    unset: Vec<String>,
    unknown: Vec<String>,
}

#[derive(Default)]
struct Words {
    list: Vec<String>,
    in_word: bool,
}

impl Words {
    fn add(&mut self, word: &mut String, character: char) {
        if !character.is_whitespace() {
            self.add_raw(word, character);
        } else if self.in_word && !word.is_empty() {
            self.list.push(std::mem::take(word));
            self.in_word = false;
        }
    }

    fn add_raw(&mut self, word: &mut String, character: char) {
        word.push(character);
        self.in_word = true;
    }

    fn finish(mut self, word: &mut String) -> Vec<String> {
        if !word.is_empty() {
            self.list.push(std::mem::take(word));
        }
        self.list
    }
}

type Read = Result<String, ShellError>;

impl Reader<'_> {
    /// Reads to the end, or past the character `stop`: the text and its words.
    fn until(
        &mut self,
        stop: Option<char>,
        raw_escapes: bool,
    ) -> Result<(String, Vec<String>), ShellError> {
        if self.depth == DEPTH_LIMIT {
            return Err("expansions are nested too deeply".to_owned().into());
        }
        self.depth += 1;
        let before = std::mem::replace(&mut self.raw_escapes, raw_escapes);
        let read = self.read(stop);
        self.raw_escapes = before;
        self.depth -= 1;
        read
    }

    fn read(&mut self, stop: Option<char>) -> Result<(String, Vec<String>), ShellError> {
        self.word.clear();
        let mut text = String::new();
        let mut words = Words::default();
        while let Some(&character) = self.rest.peek() {
            if Some(character) == stop {
                self.rest.next();
                return Ok((text, words.finish(&mut self.word)));
            }
            let part = match character {
                '$' => self.dollar()?,
                '<' => self.less(),
                '\'' if !self.lex.skip_quotes => self.single_quoted()?,
                '"' if !self.lex.skip_quotes => self.double_quoted()?,
                _ => {
                    self.rest.next();
                    let mut literal = character;
                    if character == self.lex.escape {
                        if self.raw_escapes {
                            words.add_raw(&mut self.word, character);
                            text.push(character);
                        }
                        let Some(next) = self.rest.next() else { break };
                        literal = next;
                        words.add_raw(&mut self.word, literal);
                    } else {
                        words.add(&mut self.word, literal);
                    }
                    text.push(literal);
                    continue;
                }
            };
            for added in part.chars() {
                match character {
                    '$' => words.add(&mut self.word, added),
                    _ => words.add_raw(&mut self.word, added),
                }
            }
            words.in_word |= character != '$';
            text.push_str(&part);
            if text.len() > SIZE_LIMIT {
                return Err(format!("it expands to more than {SIZE_LIMIT} bytes").into());
            }
        }
        match stop {
            Some(stop) => {
                Err(format!("unexpected end of statement while looking for matching {stop}").into())
            }
            None => Ok((text, words.finish(&mut self.word))),
        }
    }

    fn single_quoted(&mut self) -> Read {
        let mut text = String::new();
        let quote = self.rest.next();
        text.extend(quote.filter(|_| self.lex.raw_quotes));
        loop {
            match self.rest.next() {
                None => return Err("a single quote is not closed".to_owned().into()),
                Some('\'') => {
                    text.extend(quote.filter(|_| self.lex.raw_quotes));
                    return Ok(text);
                }
                Some(character) => text.push(character),
            }
        }
    }

    fn double_quoted(&mut self) -> Read {
        let mut text = String::new();
        let quote = self.rest.next();
        text.extend(quote.filter(|_| self.lex.raw_quotes));
        loop {
            match self.rest.peek().copied() {
                None => return Err("a double quote is not closed".to_owned().into()),
                Some('"') => {
                    self.rest.next();
                    text.extend(quote.filter(|_| self.lex.raw_quotes));
                    return Ok(text);
                }
                Some('$') => text.push_str(&self.dollar()?),
                Some(mut character) => {
                    self.rest.next();
                    if character == self.lex.escape {
                        if self.raw_escapes {
                            text.push(character);
                        }
                        match self.rest.peek().copied() {
                            None => continue,
                            Some(next) if next == '"' || next == '$' || next == character => {
                                self.rest.next();
                                character = next;
                            }
                            Some(_) => {}
                        }
                    }
                    text.push(character);
                }
            }
        }
    }

    /// `<`, or `<<` with the white space behind it: a heredoc's word may stand apart.
    fn less(&mut self) -> String {
        self.rest.next();
        let mut text = "<".to_owned();
        if self.rest.next_if_eq(&'<').is_some() {
            text.push('<');
            while let Some(space) = self.rest.next_if(|c| matches!(c, '\t' | '\r' | ' ')) {
                text.push(space);
            }
        }
        text
    }

    fn dollar(&mut self) -> Read {
        self.rest.next();
        if self.rest.next_if_eq(&'{').is_some() {
            return self.braced();
        }
        let name = self.name();
        if name.is_empty() {
            return Ok("$".to_owned());
        }
        Ok(self.plain(&name, || format!("${name}")))
    }

    /// The value of a variable; `written` where it has none and is to stay.
    fn plain(&mut self, name: &str, written: impl Fn() -> String) -> String {
        match self.env.lookup(name) {
            Lookup::Value(value) => return value.to_owned(),
            Lookup::Unset => self.unset.push(name.to_owned()),
            Lookup::Unknown => self.unknown.push(name.to_owned()),
        }
        if self.lex.skip_unset {
            written()
        } else {
            String::new()
        }
    }

    fn braced(&mut self) -> Read {
        match self.rest.peek() {
            None => return Err(unclosed()),
            Some('{' | '}' | ':') => return Err("bad substitution".to_owned().into()),
            Some(_) => {}
        }
        let name = self.name();
        match self.rest.next() {
            Some('}') => Ok(self.plain(&name, || format!("${{{name}}}"))),
            Some('/') => self.replaced(&name),
            Some(':') => {
                let modifier = self.rest.next();
                self.modified(&name, modifier, true)
            }
            Some(modifier @ ('+' | '-' | '?' | '#' | '%')) => {
                self.modified(&name, Some(modifier), false)
            }
            other => Err(unsupported(other)),
        }
    }

    /// `${NAME-word}` and its like. With a colon, an empty value counts as none.
    fn modified(&mut self, name: &str, modifier: Option<char>, colon: bool) -> Read {
        let cuts = matches!(modifier, Some('#' | '%'));
        if colon && cuts {
            return Err(unsupported(modifier));
        }
        let marks = (self.unset.len(), self.unknown.len());
        let word = self.part('}', cuts)?;
        let found = self.env.lookup(name);
        if found == Lookup::Unknown {
            self.unknown.push(name.to_owned());
        }
        let value = match found {
            Lookup::Value(value) => Some(value),
            Lookup::Unset | Lookup::Unknown => None,
        };
        let sign = modifier.unwrap_or_default();
        if self.lex.skip_unset && value.is_none() {
            let colon = if colon { ":" } else { "" };
            return Ok(format!("${{{name}{colon}{sign}{word}}}"));
        }
        let full = value.filter(|value| !(colon && value.is_empty()));
        let is_word = match sign {
            '-' => full.is_none(),
            '+' => full.is_some(),
            '#' | '%' => true,
            _ => false,
        };
        if !is_word && found != Lookup::Unknown {
            // What a word lacks that is not taken is not missed.
            self.unset.truncate(marks.0);
            self.unknown.truncate(marks.1);
        }
        match sign {
            '-' => Ok(full.map_or(word, str::to_owned)),
            '+' => Ok(if full.is_some() { word } else { String::new() }),
            '?' if full.is_none() && found != Lookup::Unknown => {
                let state = if value.is_none() { "unset" } else { "empty" };
                let message = match word.as_str() {
                    "" => format!("is not allowed to be {state}"),
                    word => word.to_owned(),
                };
                Err(ShellError {
                    message: format!("{name}: {message}"),
                    variable: Some(name.to_owned()),
                })
            }
            '?' => Ok(full.unwrap_or_default().to_owned()),
            '#' | '%' => {
                if found == Lookup::Unset {
                    self.unset.push(name.to_owned());
                }
                let (longest, pattern) = match word.strip_prefix(sign) {
                    Some(pattern) => (true, pattern),
                    None => (false, word.as_str()),
                };
                let value = value.unwrap_or_default();
                Ok(if sign == '#' {
                    trim_prefix(pattern, value, longest)?
                } else {
                    trim_suffix(pattern, value, longest)?
                })
            }
            _ => Err(unsupported(modifier)),
        }
    }

    /// `${NAME/pattern/text}`, and with two slashes at its start for each match.
    fn replaced(&mut self, name: &str) -> Read {
        let all = self.rest.next_if_eq(&'/').is_some();
        let pattern = self.part('/', true)?;
        let text = self.part('}', true)?;
        let value = match self.env.lookup(name) {
            Lookup::Value(value) => value,
            other => {
                match other {
                    Lookup::Unknown => self.unknown.push(name.to_owned()),
                    _ => self.unset.push(name.to_owned()),
                }
                if self.lex.skip_unset {
                    return Ok(format!("${{{name}/{pattern}/{text}}}"));
                }
                ""
            }
        };
        Ok(replace(&pattern, &text, value, all)?)
    }

    fn part(&mut self, stop: char, raw_escapes: bool) -> Read {
        match self.until(Some(stop), raw_escapes) {
            Ok((text, _)) => Ok(text),
            Err(_) if self.rest.peek().is_none() => Err(unclosed()),
            Err(error) => Err(error),
        }
    }

    /// A name, a number, or one of the shell's special parameters.
    fn name(&mut self) -> String {
        let mut name = String::new();
        match self.rest.peek() {
            Some(first) if first.is_numeric() => {
                while let Some(digit) = self.rest.next_if(|c| c.is_numeric()) {
                    name.push(digit);
                }
                return name;
            }
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => {
                name.extend(self.rest.next());
                return name;
            }
            _ => {}
        }
        while let Some(character) = self.rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
            name.push(character);
        }
        name
    }
}

fn unclosed() -> ShellError {
    "a `${` has no `}`".to_owned().into()
}

fn unsupported(modifier: Option<char>) -> ShellError {
    match modifier {
        None => unclosed(),
        Some(modifier) => format!("`{modifier}` is no modifier of a variable").into(),
    }
}

#[cfg(test)]
#[path = "shell_tests.rs"]
mod tests;
