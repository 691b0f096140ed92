//! What would reorder or hide text, made visible.

/// The page with control and formatting characters shown by their code points: `⟨U+202E⟩`.
/// Bidirectional controls make a text read otherwise than it is
/// (<https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>), the separators
/// U+2028 and U+2029 end a line in scripts, and HTML has no way to hold C0 controls.
pub(super) fn inert(page: String) -> String {
    if !page.contains(is_unsafe) {
        return page;
    }
    let mut shown = String::with_capacity(page.len() + 64);
    for character in page.chars() {
        if is_unsafe(character) {
            shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown
}

fn is_unsafe(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        // Zero width, and the marks of direction.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{061c}' | '\u{feff}' => true,
        other => other.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_the_eye_is_shown() {
        let text = "user\u{202e}gpj.exe\u{0}\u{2028}\u{7f}\u{85}\u{2066}\u{feff}".to_owned();
        assert_eq!(
            inert(text),
            "user⟨U+202E⟩gpj.exe⟨U+0000⟩⟨U+2028⟩⟨U+007F⟩⟨U+0085⟩⟨U+2066⟩⟨U+FEFF⟩"
        );
        let plain = "größer\n\t„x“ ≤ 1 µs, 日本".to_owned();
        assert_eq!(inert(plain.clone()), plain);
    }
}
