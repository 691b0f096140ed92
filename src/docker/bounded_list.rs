//! A JSON list with a limited number of entries.
//!
//! An entry in memory is up to 50 times as large as `{}`, so the size of the text is no limit.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// With entries of the usual size, a list this long exceeds the limit of its bytes.
const MOST_ENTRIES: usize = 200_000;

/// A list of at most [`MOST_ENTRIES`].
#[derive(Debug)]
pub(super) struct BoundedList<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for BoundedList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = BoundedList<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            if entries.len() == MOST_ENTRIES {
                let message = format!("a list with more than {MOST_ENTRIES} entries");
                return Err(A::Error::custom(message));
            }
            entries.push(entry);
        }
        Ok(BoundedList(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(entries: usize) -> serde_json::Result<Option<BoundedList<u8>>> {
        serde_json::from_str(&format!("[{}]", vec!["1"; entries].join(",")))
    }

    #[test]
    fn a_list_has_as_many_entries_as_the_limit_and_no_more() {
        let list = read(MOST_ENTRIES).unwrap().unwrap();
        assert_eq!(list.0.len(), MOST_ENTRIES);
        let error = read(MOST_ENTRIES + 1).unwrap_err().to_string();
        let start = "a list with more than 200000 entries at line 1";
        assert!(error.starts_with(start), "{error}");
    }

    #[test]
    fn null_is_no_list_and_text_is_an_error() {
        let list: Option<BoundedList<u8>> = serde_json::from_str("null").unwrap();
        assert!(list.is_none());
        let error = serde_json::from_str::<BoundedList<u8>>("\"x\"").unwrap_err();
        assert!(error.to_string().contains("expected a list"), "{error}");
    }
}
