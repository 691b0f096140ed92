//! Byte ranges, of downloads and of chunks.

/// What a `Range` header asks of content of some length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All: there is no range, or one that may be ignored.
    All,
    /// From the first byte to the last, both included.
    Part { first: u64, last: u64 },
    /// Nothing of it is there.
    Nothing,
}

/// Reads a `Range` header. Several ranges, other units and nonsense are ignored,
/// which is allowed.
///
/// Source: RFC 9110, sections 14.1.2 and 14.2.
pub(super) fn wanted(header: Option<&str>, length: u64) -> Wanted {
    let Some((unit, set)) = header.and_then(|text| text.split_once('=')) else {
        return Wanted::All;
    };
    let Some((first, last)) = set.trim().split_once('-') else {
        return Wanted::All;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Wanted::All;
    }
    match (number(first), number(last)) {
        (Some(first), last) if last.is_some() || last_is_open(set) => {
            let last = last.unwrap_or(u64::MAX);
            // Backwards is invalid and might be ignored; other registries refuse it.
            if first >= length || last < first {
                return Wanted::Nothing;
            }
            Wanted::Part {
                first,
                last: last.min(length - 1),
            }
        }
        (None, Some(0)) if first.is_empty() => Wanted::Nothing,
        (None, Some(suffix)) if first.is_empty() && length > 0 => Wanted::Part {
            first: length.saturating_sub(suffix),
            last: length - 1,
        },
        _ => Wanted::All,
    }
}

fn last_is_open(set: &str) -> bool {
    set.trim().ends_with('-')
}

/// A number; one that does not fit is greater than all lengths.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Reads the `Content-Range` of a chunk: `first-last`.
///
/// Source: distribution specification, section "Pushing a blob in chunks".
pub(super) fn chunk(header: &str) -> Option<(u64, u64)> {
    let (first, last) = header.split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    // The length of the chunk must fit as well.
    (first <= last && last < u64::MAX).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_has_them() {
        let part = |first, last| Wanted::Part { first, last };
        for (header, expected) in [
            ("bytes=0-0", part(0, 0)),
            ("bytes=2-5", part(2, 5)),
            ("bytes=2-", part(2, 9)),
            ("bytes=2-99", part(2, 9)),
            ("bytes=2-99999999999999999999999", part(2, 9)),
            ("Bytes=9-9", part(9, 9)),
            ("bytes=-3", part(7, 9)),
            ("bytes=-30", part(0, 9)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=10-12", Wanted::Nothing),
            ("bytes=99999999999999999999999-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-2", Wanted::Nothing),
            ("bytes=0-1,3-4", Wanted::All),
            ("bytes=a-b", Wanted::All),
            ("bytes=-", Wanted::All),
            ("bytes=--1", Wanted::All),
            ("bytes=1-b", Wanted::All),
            ("lines=0-1", Wanted::All),
            ("bytes", Wanted::All),
        ] {
            assert_eq!(wanted(Some(header), 10), expected, "{header}");
        }
        assert_eq!(wanted(None, 10), Wanted::All);
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Nothing);
        assert_eq!(wanted(Some("bytes=-1"), 0), Wanted::All);
    }

    #[test]
    fn chunks_are_two_numbers() {
        assert_eq!(chunk("0-9"), Some((0, 9)));
        for text in [
            "",
            "-",
            "0-",
            "-9",
            "9-0",
            "a-b",
            "bytes 0-9",
            "0-9/10",
            "+0-9",
        ] {
            assert_eq!(chunk(text), None, "{text}");
        }
        assert_eq!(chunk("0-99999999999999999999"), None);
    }
}
