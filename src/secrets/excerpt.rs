//! The one way to shorten a text from outside.

use super::mask_found;
use crate::text;

/// Characters in which secrets are looked for, for each that is shown.
const SEARCHED: usize = 20;

/// At most so many characters of a text of any length, in one line, with an ellipsis where it is
/// cut. The secrets in it are masked first: half of one is no longer known as one.
pub fn excerpt(text: &str, most: usize) -> String {
    let searched = head(text, most.saturating_mul(SEARCHED)).unwrap_or(text);
    let masked = mask_found(searched);
    match head(&masked, most) {
        Some(head) => format!("{}…", text::inline(head)),
        None if searched.len() < text.len() => format!("{}…", text::inline(&masked)),
        None => text::inline(&masked).into_owned(),
    }
}

/// The first characters, where there are more.
fn head(text: &str, most: usize) -> Option<&str> {
    text.char_indices().nth(most).map(|(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_with_an_ellipsis_in_one_line() {
        assert_eq!(excerpt("ab\ncd", 4), "ab c…");
        assert_eq!(excerpt("ab\n", 4), "ab ");
        assert_eq!(excerpt("two\nlines", 100), "two lines");
    }

    #[test]
    fn no_part_of_a_secret_shows_at_the_cut() {
        let token = "ghp_aB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJaB3d";
        let text = format!("{} {token} {}", "x".repeat(980), "y".repeat(5_000_000));
        let shown = excerpt(&text, 1000);
        assert_eq!(shown.chars().count(), 1001);
        assert!(!shown.contains(&token[..8]), "{shown}");
    }
}
