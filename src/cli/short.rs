//! Texts of any length on stderr.

use crate::secrets::mask_found;
use crate::text;

/// Most characters of a line on stderr: what it quotes may be of any length.
const MOST_CHARACTERS: usize = 1000;

/// Characters in which secrets are looked for.
const MOST_SEARCHED: usize = 20 * MOST_CHARACTERS;

/// A text in one line that is not too long, without the secrets in it.
pub(super) fn short(text: &str) -> String {
    let searched = text.char_indices().nth(MOST_SEARCHED);
    let searched = searched.map_or(text, |(end, _)| &text[..end]);
    text::excerpt(&mask_found(searched), MOST_CHARACTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_no_part_of_a_secret_shows_at_the_cut() {
        let token = "ghp_aB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJaB3d";
        let text = format!("{} {token} {}", "x".repeat(980), "y".repeat(5_000_000));
        let shown = short(&text);
        assert_eq!(shown.chars().count(), MOST_CHARACTERS + 1);
        assert!(!shown.contains(&token[..8]), "{shown}");
        assert_eq!(short("two\nlines"), "two lines");
    }
}
