//! Texts that are shortened to the room that they have.

use crate::summary::wording::one_line;

/// The beginning of a text that is longer than the room.
pub(super) fn beginning(text: &str, room: usize) -> String {
    match text.chars().count() > room {
        true => one_line(text, room.saturating_sub(1)),
        false => text.to_owned(),
    }
}

/// The end of a path says more than its beginning.
pub(super) fn ending(path: &str, room: usize) -> String {
    let length = path.chars().count();
    match length > room {
        true => format!(
            "…{}",
            path.chars().skip(length + 1 - room).collect::<String>()
        ),
        false => path.to_owned(),
    }
}

/// A text of which each word fits.
pub(super) fn words_within(text: &str, room: usize) -> String {
    let words = text.split(' ').map(|word| ending(word, room));
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_has_the_room_and_an_ellipsis() {
        assert_eq!(beginning("abcdef", 4), "abc…");
        assert_eq!(beginning("abcd", 4), "abcd");
        assert_eq!(ending("abcdef", 4), "…def");
        assert_eq!(ending("abcd", 4), "abcd");
        assert_eq!(words_within("ab abcdef", 4), "ab …def");
    }
}
