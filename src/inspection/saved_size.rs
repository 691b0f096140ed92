//! How large the lists of a saved analysis may be.
//!
//! They are counted in the text, before memory is taken for them: an empty text is three bytes
//! there, and many times as much in memory. With these limits, an analysis takes its own size, the
//! size of its texts, and less than 200 bytes for each entry of its lists. The largest entries, of
//! some hundred bytes each, are in lists that have at most [`MOST_OF_A_LIST`] of them.

/// Entries of all lists. `inspect` writes fewer than 2,200,000: 64 MiB of wasted files and folders
/// of 41 bytes at least, 8 MiB of names of 26 bytes at least, and shorter lists.
const MOST_ENTRIES: usize = 3_000_000;
/// Entries of a list that is not one of [`LONG_LISTS`]. The longest is that of the packages.
const MOST_OF_A_LIST: usize = 100_000;
/// The keys of lists that may be longer. Their entries are texts, or have one text.
const LONG_LISTS: [&str; 6] = ["paths", "folders", "groups", "added", "changed", "removed"];
/// Keys of an object. Of one with more, each more is an entry.
const MOST_KEYS: usize = 64;
/// Lists and objects within one another.
const DEEPEST: usize = 64;

/// A list or an object whose end is not reached yet.
struct Open {
    is_list: bool,
    most: usize,
    entries: usize,
}

/// What is too large in the text of a saved analysis, if anything is. A text that is no JSON is not
/// refused here.
pub(super) fn too_large(text: &[u8]) -> Option<&'static str> {
    let mut open: Vec<Open> = Vec::new();
    let mut all = 0;
    // The last text: the key of a list or an object that begins.
    let mut last: &[u8] = &[];
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let end = end_of_text(text, at);
                last = text.get(at..end).unwrap_or_default();
                at = end + 1;
                continue;
            }
            b'[' | b'{' => {
                if open.len() == DEEPEST {
                    return Some("it has more than 64 lists and objects within one another");
                }
                let has_key = open.last().is_some_and(|above| !above.is_list);
                let is_long = has_key && LONG_LISTS.iter().any(|key| key.as_bytes() == last);
                open.push(Open {
                    is_list: *byte == b'[',
                    most: if is_long {
                        MOST_ENTRIES
                    } else {
                        MOST_OF_A_LIST
                    },
                    entries: 0,
                });
            }
            b']' | b'}' => {
                open.pop();
                continue;
            }
            b',' => {}
            _ => continue,
        }
        // An entry begins. An empty list counts as one.
        let Some(above) = open.last_mut() else {
            continue;
        };
        above.entries += 1;
        if above.is_list || above.entries > MOST_KEYS {
            all += 1;
        }
        if all > MOST_ENTRIES {
            return Some("its lists have more than 3,000,000 entries");
        }
        if above.entries > above.most {
            return Some("one of its lists has more than 100,000 entries");
        }
    }
    None
}

/// Where the text ends that begins here, at its closing quote.
fn end_of_text(text: &[u8], mut at: usize) -> usize {
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(key: &str, entry: &str, count: usize) -> String {
        let entries = vec![entry; count].join(",");
        format!("{{\"x\": {{\"{key}\": [{entries}]}}}}")
    }

    #[test]
    fn long_lists_are_refused_before_they_are_read() {
        let of = |key: &str, entry: &str, count| too_large(list(key, entry, count).as_bytes());
        let most = MOST_OF_A_LIST;
        assert_eq!(of("list", "\"\"", most), None);
        let one = Some("one of its lists has more than 100,000 entries");
        assert_eq!(of("list", "\"\"", most + 1), one);
        assert_eq!(of("list", "{\"a\":[\",\",1]}", most), None);
        assert_eq!(of("list", "{\"a\":1}", most + 1), one);
        for key in LONG_LISTS {
            assert_eq!(of(key, "1", most + 1), None, "{key}");
        }
        let all = Some("its lists have more than 3,000,000 entries");
        assert_eq!(of("added", "\"\"", MOST_ENTRIES), None);
        assert_eq!(of("added", "\"\"", MOST_ENTRIES + 1), all);
        // A list in a list has no key.
        let nested = list("added", "1", most + 1).replace('[', "[[") + "]";
        assert_eq!(too_large(nested.as_bytes()), one);
    }

    #[test]
    fn many_keys_are_entries_and_what_is_in_texts_is_none() {
        let keys = |count: usize| {
            let keys: Vec<String> = (0..count).map(|key| format!("\"{key}\": 1")).collect();
            format!("{{{}}}", keys.join(","))
        };
        assert_eq!(too_large(keys(MOST_OF_A_LIST).as_bytes()), None);
        assert!(too_large(keys(MOST_OF_A_LIST + 1).as_bytes()).is_some());
        let text = format!("[\"\\\"{}\\\\\", 1]", "[,".repeat(MOST_OF_A_LIST));
        assert_eq!(too_large(text.as_bytes()), None);
        assert!(too_large("[".repeat(65).as_bytes()).is_some());
        for broken in ["", "\"", "\"\\", "]]", ",", "{\"a"] {
            assert_eq!(too_large(broken.as_bytes()), None, "{broken}");
        }
    }
}
