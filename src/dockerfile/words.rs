//! Text that remembers where in the file each of its bytes stands, and its
//! splitting into words and flags.

/// A piece of a logical line.
///
/// A logical line is stitched together from physical ones, so an edit of one of
/// its words has to find the way back: `at[i]` is the offset in the file of the
/// byte `text[i]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub text: String,
    pub at: Vec<usize>,
}

impl Word {
    pub fn push(&mut self, text: &str, offset: usize) {
        self.at.extend(offset..offset + text.len());
        self.text.push_str(text);
    }

    /// Bytes that are not UTF-8 stand as the replacement character.
    pub fn push_bytes(&mut self, bytes: &[u8], offset: usize) {
        let mut at = offset;
        for chunk in bytes.utf8_chunks() {
            self.push(chunk.valid(), at);
            at += chunk.valid().len();
            if !chunk.invalid().is_empty() {
                let replacement = char::REPLACEMENT_CHARACTER;
                self.text.push(replacement);
                self.at.extend(vec![at; replacement.len_utf8()]);
                at += chunk.invalid().len();
            }
        }
    }

    pub fn slice(&self, from: usize, to: usize) -> Self {
        Self {
            text: self.text[from..to].to_owned(),
            at: self.at[from..to].to_vec(),
        }
    }

    fn push_byte_of(&mut self, other: &Word, from: usize, to: usize) {
        self.text.push_str(&other.text[from..to]);
        self.at.extend_from_slice(&other.at[from..to]);
    }

    pub fn trimmed(&self) -> Self {
        let from = self.text.len() - self.text.trim_start().len();
        let to = from + self.text.trim().len();
        self.slice(from, to)
    }

    /// The first word and what follows it.
    pub fn split_first(&self) -> (Self, Self) {
        let line = self.trimmed();
        let end = line.text.find(is_separator).unwrap_or(line.text.len());
        (
            line.slice(0, end),
            line.slice(end, line.text.len()).trimmed(),
        )
    }

    /// Words separated by white space alone, as FROM and COPY take them.
    pub fn split_whitespace(&self) -> Vec<Self> {
        let mut words = Vec::new();
        let mut rest = self.trimmed();
        while !rest.text.is_empty() {
            let (word, after) = rest.split_first();
            words.push(word);
            rest = after;
        }
        words
    }
}

/// White space between words. Other white space of Unicode is part of a word.
pub(super) fn is_separator(character: char) -> bool {
    matches!(character, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// A `--name=value` before an instruction's arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flag {
    pub name: String,
    pub value: Word,
}

/// Takes the flags off the front of an instruction's arguments: quotes around
/// parts of a flag are dropped and the escape character takes the next character as
/// it is, as BuildKit's `extractBuilderFlags` does.
pub(super) fn take_flags(args: &Word, escape: char) -> (Vec<Flag>, Word) {
    let mut flags = Vec::new();
    let mut rest = args.trimmed();
    while rest.text.starts_with("--") {
        let (word, end) = read_flag(&rest, escape);
        rest = rest.slice(end, rest.text.len()).trimmed();
        if word.text == "--" {
            break;
        }
        let split = word.text.find('=').unwrap_or(word.text.len());
        flags.push(Flag {
            name: word.text[2..split.max(2)].to_ascii_lowercase(),
            value: word.slice((split + 1).min(word.text.len()), word.text.len()),
        });
    }
    (flags, rest)
}

fn read_flag(line: &Word, escape: char) -> (Word, usize) {
    let mut word = Word::default();
    let mut quote = None;
    let mut characters = line.text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            _ if character == escape => {
                if let Some((next, literal)) = characters.next() {
                    word.push_byte_of(line, next, next + literal.len_utf8());
                }
            }
            _ if quote == Some(character) => quote = None,
            '\'' | '"' if quote.is_none() => quote = Some(character),
            _ if quote.is_none() && character.is_whitespace() => return (word, at),
            _ => word.push_byte_of(line, at, at + character.len_utf8()),
        }
    }
    (word, line.text.len())
}

/// Splits by white space outside quotes and behind no escape; quotes and escapes
/// stay in the words. For ARG and ENV.
pub(super) fn split_quoted(text: &str, escape: char) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        if quote.is_none() && character.is_whitespace() {
            if let Some(from) = start.take() {
                words.push(&text[from..at]);
            }
            continue;
        }
        start.get_or_insert(at);
        if character == escape && quote != Some('\'') {
            characters.next();
        } else if quote == Some(character) {
            quote = None;
        } else if quote.is_none() && matches!(character, '\'' | '"') {
            quote = Some(character);
        }
    }
    words.extend(start.map(|from| &text[from..]));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Word {
        let mut word = Word::default();
        word.push(text, 100);
        word
    }

    #[test]
    fn flags_are_taken_off_with_their_place() {
        let (flags, rest) = take_flags(
            &line("--mount=\"type=cache\",target=/x --chmod=755 a --b"),
            '\\',
        );
        assert_eq!(rest.text, "a --b");
        assert_eq!(flags[0].name, "mount");
        assert_eq!(flags[0].value.text, "type=cache,target=/x");
        // `t` stands behind `--mount="`.
        assert_eq!(flags[0].value.at[0], 109);
        assert_eq!(
            (flags[1].name.as_str(), flags[1].value.text.as_str()),
            ("chmod", "755")
        );
    }

    #[test]
    fn a_flag_without_value_and_a_lone_double_dash_are_understood() {
        let (flags, rest) = take_flags(&line("--link -- --not-a-flag x"), '\\');
        assert_eq!(flags.len(), 1);
        assert_eq!(
            (flags[0].name.as_str(), flags[0].value.text.as_str()),
            ("link", "")
        );
        assert_eq!(rest.text, "--not-a-flag x");
    }

    #[test]
    fn words_keep_their_quotes() {
        assert_eq!(
            split_quoted(r#"a="b c" d\ e 'f g'"#, '\\'),
            [r#"a="b c""#, r"d\ e", "'f g'"]
        );
        assert_eq!(split_quoted("  ", '\\'), [""; 0]);
    }
}
