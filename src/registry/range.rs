//! Byte ranges of downloads and chunks.

/// The part of the content that a `Range` header requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestedRange {
    /// Everything: there is no range, or one that may be ignored.
    All,
    /// From the first byte to the last, inclusive.
    Part { first: u64, last: u64 },
    /// The content has no byte of the range.
    Nothing,
}

/// Parses a `Range` header. Several ranges, other units and invalid text are ignored, which the
/// RFC allows.
///
/// Source: RFC 9110, sections 14.1.2 and 14.2.
pub(super) fn parse_range(header: Option<&str>, length: u64) -> RequestedRange {
    let Some((unit, set)) = header.and_then(|text| text.split_once('=')) else {
        return RequestedRange::All;
    };
    let Some((first, last)) = set.trim().split_once('-') else {
        return RequestedRange::All;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return RequestedRange::All;
    }
    match (number(first), number(last)) {
        (Some(first), last) if last.is_some() || last_is_open(set) => {
            let last = last.unwrap_or(u64::MAX);
            // A reversed range is invalid and may be ignored, but other registries refuse it.
            if first >= length || last < first {
                return RequestedRange::Nothing;
            }
            RequestedRange::Part {
                first,
                last: last.min(length - 1),
            }
        }
        (None, Some(0)) if first.is_empty() => RequestedRange::Nothing,
        (None, Some(suffix)) if first.is_empty() && length > 0 => RequestedRange::Part {
            first: length.saturating_sub(suffix),
            last: length - 1,
        },
        _ => RequestedRange::All,
    }
}

fn last_is_open(set: &str) -> bool {
    set.trim().ends_with('-')
}

/// A number; one that does not fit becomes `u64::MAX`, which exceeds every length.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Parses the `Content-Range` of a chunk: `first-last`.
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
    fn ranges_are_parsed_as_in_the_rfc() {
        let part = |first, last| RequestedRange::Part { first, last };
        for (header, expected) in [
            ("bytes=0-0", part(0, 0)),
            ("bytes=2-5", part(2, 5)),
            ("bytes=2-", part(2, 9)),
            ("bytes=2-99", part(2, 9)),
            ("bytes=2-99999999999999999999999", part(2, 9)),
            ("Bytes=9-9", part(9, 9)),
            ("bytes=-3", part(7, 9)),
            ("bytes=-30", part(0, 9)),
            ("bytes=10-", RequestedRange::Nothing),
            ("bytes=10-12", RequestedRange::Nothing),
            ("bytes=99999999999999999999999-", RequestedRange::Nothing),
            ("bytes=-0", RequestedRange::Nothing),
            ("bytes=5-2", RequestedRange::Nothing),
            ("bytes=0-1,3-4", RequestedRange::All),
            ("bytes=a-b", RequestedRange::All),
            ("bytes=-", RequestedRange::All),
            ("bytes=--1", RequestedRange::All),
            ("bytes=1-b", RequestedRange::All),
            ("lines=0-1", RequestedRange::All),
            ("bytes", RequestedRange::All),
        ] {
            assert_eq!(parse_range(Some(header), 10), expected, "{header}");
        }
        assert_eq!(parse_range(None, 10), RequestedRange::All);
        assert_eq!(parse_range(Some("bytes=0-"), 0), RequestedRange::Nothing);
        assert_eq!(parse_range(Some("bytes=-1"), 0), RequestedRange::All);
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
