//! Keeps literary words and private names out of code, comments, texts and documentation: they
//! use standard technical English.

use std::fs;
use std::path::Path;

use regex::Regex;
use walkdir::WalkDir;

/// Files and folders without any of [`WORDS`] and [`NAMES`]. `sample-apps` is not one of them: the
/// images that the committed runs measured contain its comments.
const AREAS: &[&str] = &[
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "bases",
    "benches",
    "docs",
    "scenarios",
    "scripts",
    "src",
    "tests",
];

/// Files in the areas that are not searched.
const EXCLUDED: &[&str] = &[
    // It contains the lists.
    "tests/suite/words.rs",
    // The hash of a stand-in's recipe includes comments. If it changes, the stand-ins of Python
    // have to be built again, and runs on them are not comparable with those in `results`.
    "bases/python-src/compile-python",
];

/// Words and phrases of ../shared/WORDS.md, as regular expressions.
const WORDS: &[&str] = &[
    r"mend(s|ed)?",
    r"told",
    r"tells?",
    r"(is|are|was|be) had",
    r"what is (here|there)",
    r"held (to|against)",
    r"beside",
    r"by its end",
    r"came to its end",
    r"reckon(s|ed|ing)?",
    r"the other way about",
    r"older day",
    r"in no way",
    r"whims?",
    r"for want of",
    r"but for",
    r"all else",
    r"an era of its own",
    r"parted( by)?",
    r"parts them",
    r"gives? away",
    r"lest",
];

/// Words that are fine in texts and not in the names of functions and variables.
const SEGMENTS: &[&str] = &[r"had"];

/// Private names that a standard one replaced.
const NAMES: &[&str] = &[
    "Yard", "Ground", "Grounds", "Door", "Gate", "Hall", "Card", "Lack", "Means", "Plant",
    "Journey", "Matter", "Sheet", "Ink", "Watcher", "Telling", "LeftRoom", "fn told", "fn hear",
];

/// What separates the words of a phrase: a line of a comment or of a text may end between them.
const GAP: &str = r"[\s/!#*\\]+";

/// [`WORDS`] in text, in any case.
pub(crate) fn words() -> Regex {
    let words = WORDS.join("|").replace(' ', GAP);
    Regex::new(&format!(r"(?i)(?-u:\b)({words})(?-u:\b)")).unwrap()
}

/// Identifiers with an underscore of which [`WORDS`] or [`SEGMENTS`] are a part.
fn identifiers() -> Regex {
    let words = [WORDS, SEGMENTS].concat().join("|").replace(' ', "_");
    let pattern = format!(
        r"(?i)[0-9a-z_]*_({words})(_[0-9a-z_]*)?(?-u:\b)|(?-u:\b)({words})_[0-9a-z_]*(?-u:\b)"
    );
    Regex::new(&pattern).unwrap()
}

fn names() -> Regex {
    Regex::new(&format!(r"(?-u:\b)({})(?-u:\b)", NAMES.join("|"))).unwrap()
}

/// `path:line: match` of each match in a file.
fn found_in(path: &str, pattern: &Regex) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bytes = fs::read(root.join(path)).unwrap();
    // Whole files: of pictures and archives, what is text is searched.
    let text = String::from_utf8_lossy(&bytes);
    let found = pattern.find_iter(&text);
    found
        .map(|one| {
            let line = text[..one.start()].matches('\n').count() + 1;
            format!("{path}:{line}: `{}`", one.as_str())
        })
        .collect()
}

/// The same of all areas.
fn found(pattern: &Regex) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for area in AREAS {
        let mut files = 0;
        for entry in WalkDir::new(root.join(area)).sort_by_file_name() {
            let entry = entry.unwrap();
            let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap();
            if entry.file_type().is_file() && !EXCLUDED.contains(&path) {
                files += 1;
                found.extend(found_in(path, pattern));
            }
        }
        assert!(files > 0, "`{area}` does not exist");
    }
    found
}

#[test]
fn the_areas_have_no_literary_words() {
    let found = found(&words());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_areas_have_no_identifiers_with_literary_words() {
    let found = found(&identifiers());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_areas_have_no_private_names() {
    let found = found(&names());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_file_is_excluded_only_if_it_contains_a_word() {
    for file in EXCLUDED {
        assert!(!found_in(file, &words()).is_empty(), "{file}");
    }
}

#[test]
fn each_word_and_name_can_be_found() {
    let text = "The mend is told: it tells what is here, is had or cannot be had, is held to a \
                figure beside another, came to its end by its end, is reckoned, the other way \
                about, of an older day, in no way a whim, for want of all else but for an era of \
                its own, lest what is parted gives away what parts them.";
    for word in WORDS {
        let word = Regex::new(&format!(r"\b({word})\b")).unwrap();
        assert!(word.is_match(text), "{word}");
    }
    let found: Vec<_> = words().find_iter(text).map(|one| one.as_str()).collect();
    assert_eq!(found[..3], ["mend", "told", "tells"]);
    assert_eq!(found.len(), WORDS.len() + 1, "one of them twice: {found:?}");
    for wrapped in [
        "is held\n    /// against",
        "// But\n// for",
        "# all\n# else",
    ] {
        assert!(words().is_match(wrapped), "{wrapped}");
    }
    assert!(!words().is_match("besides, the foretold amendment was held"));
    for name in NAMES {
        assert!(names().is_match(&format!("{name} {{")), "{name}");
    }
    assert!(!names().is_match("a Gateway, a Planted, a plant"));
}

#[test]
fn identifiers_are_searched_by_their_segments() {
    let pattern = identifiers();
    let found = |text: &str| pattern.find(text).map(|one| one.as_str().to_owned());
    for name in [
        "a_run_is_told_to_stop",
        "tell_of_it",
        "_lest",
        "what_it_had",
        "had_mount",
        "HELD_TO_IT",
        "a_base_cannot_be_had_here",
        "all_but_for_one",
    ] {
        let text = format!("fn {name}() {{}}");
        assert_eq!(found(&text).as_deref(), Some(name));
    }
    for name in [
        "told",
        "it had",
        "untold_story",
        "a_besides",
        "has_mount",
        "shadow_had2",
    ] {
        assert_eq!(found(name), None);
    }
}
