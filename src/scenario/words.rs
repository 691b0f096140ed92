//! Names and suggestions.

/// Whether a name is kebab-case: `a-z`, `0-9` and single dashes between them.
pub fn is_kebab(name: &str) -> bool {
    name.split('-').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

/// The nearest of some known words, if it is near enough to be what was meant.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the letters may differ, two at least: `titel`, `Single-Stage`.
    let limit = (word.chars().count() / 3).max(2);
    let word = word.to_lowercase();
    let distance = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        // What was cut short, or has a piece too many, is nearer than its letters say.
        let begins_alike = candidate.starts_with(&word) || word.starts_with(&candidate);
        if begins_alike && word.len().min(candidate.len()) >= 4 {
            return 0;
        }
        strsim::damerau_levenshtein(&word, &candidate)
    };
    known
        .into_iter()
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", or else the known words themselves.
pub(super) fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(nearest) = nearest(word, known.clone()) {
        return format!("did you mean `{nearest}`?");
    }
    let known: Vec<_> = known.into_iter().map(|word| format!("`{word}`")).collect();
    match known.as_slice() {
        [] => "there are none".to_owned(),
        known => format!("there are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kebab_case_is_recognised() {
        for name in ["a", "node-20", "single-stage"] {
            assert!(is_kebab(name), "{name}");
        }
        for name in ["", "-a", "a-", "a--b", "A", "a_b", "a b", "ä"] {
            assert!(!is_kebab(name), "{name}");
        }
    }

    #[test]
    fn the_nearest_word_is_suggested_if_it_is_near() {
        assert_eq!(suggest("titel", ["name", "title"]), "did you mean `title`?");
        assert_eq!(
            suggest("xyz", ["name", "title"]),
            "there are `name`, `title`"
        );
        assert_eq!(suggest("xyz", []), "there are none");
        assert_eq!(
            nearest("Dockerfile.s", ["Dockerfile.a", "Dockerfile.scratch"]),
            Some("Dockerfile.scratch")
        );
    }
}
