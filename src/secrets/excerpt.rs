//! The one way to shorten a text from outside.

use super::mask_beginning;
use crate::text;

/// Characters in which secrets are looked for, for each that is shown.
const SEARCHED: usize = 20;

/// At most so many characters of a text of any length, in one line, with an ellipsis where it is
/// cut. The secrets in it are masked first: half of one is no longer known as one.
pub fn excerpt(text: &str, most: usize) -> String {
    let searched = head(text, most.saturating_mul(SEARCHED)).unwrap_or(text);
    let masked = mask_beginning(text, searched.len());
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

    /// What is masked is shorter, so that the end of what is searched shows.
    #[test]
    fn no_part_of_a_secret_shows_at_the_end_of_what_is_searched() {
        let most = 100;
        for (before, secret, after) in [
            ("", "ghp_aB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJaB3d", ""),
            ("DB_PASSWORD=\"", "correct horse battery staple", "\""),
            ("{\"token\":\"", "a1b2c3d4e5f6a7b8", "\"}"),
            ("machine h\n login me\n password ", "correct-horse", "\n"),
            ("http://me:", "correct-horse", "@h"),
        ] {
            let searched = most * SEARCHED;
            for cut in 0..=(before.len() + secret.len() + after.len()) {
                let long = format!("mysql -p{}", "a1".repeat(searched));
                let long = &long[..searched - 1 - cut];
                let text = format!("{long} {before}{secret}{after} {}", "y".repeat(5000));
                let shown = excerpt(&text, most);
                assert!(shown.starts_with("mysql -pa1a1…") && shown.ends_with('…'));
                let has_part = secret.split(' ').any(|word| shown.contains(&word[..5]));
                assert!(!has_part, "{cut}: {shown}");
            }
        }
    }
}
