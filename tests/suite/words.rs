//! Keeps literary words and private names out of the areas that use standard technical English.
//! The areas grow until they cover the tests, too.

use std::fs;
use std::path::Path;

use regex::Regex;
use walkdir::WalkDir;

/// Files and folders that contain none of [`WORDS`] and [`NAMES`], in code, comments and texts.
const AREAS: &[&str] = &[
    "src",
    "benches",
    "tests/suite/cleanroom",
    "tests/suite/cleanroom.rs",
    "tests/suite/registry",
    "tests/suite/registry.rs",
];

/// Words and phrases of ../shared/WORDS.md, as regular expressions.
const WORDS: &[&str] = &[
    r"mend(s|ed)?",
    r"told",
    r"tells?",
    r"can(not)? be had",
    r"(is|are|was) had",
    r"what is (here|there)",
    r"held (to|against)",
    r"beside",
    r"by its end",
    r"came to its end",
    r"reckon(s|ed|ing)?",
    r"the other way about",
    r"in no way",
    r"whims?",
    r"for want of",
    r"but for",
    r"all else",
    r"an era of its own",
    r"parted( by)?",
    r"gives? away",
    r"lest",
];

/// Private names that a standard one replaced.
const NAMES: &[&str] = &[
    "Yard", "Ground", "Grounds", "Door", "Gate", "Hall", "Card", "Lack", "Means", "Plant",
    "Journey", "Matter", "Sheet", "Ink", "Watcher", "Telling", "LeftRoom", "fn told", "fn hear",
];

/// `path:line: word` of each match.
fn found(areas: &[&str], words: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let words = Regex::new(&format!(r"\b({})\b", words.join("|"))).unwrap();
    let mut found = Vec::new();
    for area in areas {
        let mut files = 0;
        for entry in WalkDir::new(root.join(area)).sort_by_file_name() {
            let entry = entry.unwrap();
            if !entry.file_type().is_file() {
                continue;
            }
            files += 1;
            let text = fs::read_to_string(entry.path()).unwrap();
            let path = entry.path().strip_prefix(root).unwrap();
            for (number, line) in (1..).zip(text.lines()) {
                for word in words.find_iter(line) {
                    found.push(format!("{}:{number}: `{}`", path.display(), word.as_str()));
                }
            }
        }
        assert!(files > 0, "`{area}` does not exist");
    }
    found
}

#[test]
fn the_areas_have_no_literary_words() {
    let any_case: Vec<String> = WORDS.iter().map(|word| format!("(?i:{word})")).collect();
    let any_case: Vec<&str> = any_case.iter().map(String::as_str).collect();
    let found = found(AREAS, &any_case);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_areas_have_no_private_names() {
    let found = found(AREAS, NAMES);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn each_word_and_name_can_be_found() {
    let text = "The mend is told: it tells what is here, is had or cannot be had, is held to a \
                figure beside another, came to its end by its end, is reckoned, the other way \
                about, in no way a whim, for want of all else but for an era of its own, lest \
                what is parted gives away.";
    for word in WORDS {
        let word = Regex::new(&format!(r"\b({word})\b")).unwrap();
        assert!(word.is_match(text), "{word}");
    }
    let here = found(&["tests/suite/words.rs"], NAMES);
    assert_eq!(here.len(), NAMES.len(), "{here:?}");
}
