//! Handles the end of a stream of JSON lines.
//!
//! `bollard` 0.21.1 returns an object before its CRLF has arrived. If the CRLF arrives in a
//! separate last chunk, its `\r` remains, and the stream ends with an error although it is
//! complete: issue 560 of `bollard`, fixed by its pull request 733, which is not released yet. It
//! happens on busy machines.
//!
//! The error occurs only after the end of the body. A broken body gives hyper's error earlier, so
//! a real error is not mistaken for the end.

use std::future::ready;

use bollard::errors::Error;
use futures_util::{Stream, StreamExt};

use super::limits::Meter;

/// The text of `tokio_util::codec::Decoder::decode_eof`, which is all that identifies the error.
const LEFT_OVER: &str = "bytes remaining on stream";

/// Returns the stream without this error at its end, and with a limit for each of its lines. All
/// JSON lines of `bollard` go through this function.
pub(super) fn read_lines<T>(
    stream: impl Stream<Item = Result<T, Error>>,
    meter: Meter,
) -> impl Stream<Item = Result<T, Error>> {
    let lines = meter.items(stream);
    lines.take_while(|message| ready(!matches!(message, Err(error) if is_end(error))))
}

fn is_end(error: &Error) -> bool {
    matches!(error, Error::IOError { err }
        if err.get_ref().is_some_and(|cause| cause.to_string() == LEFT_OVER))
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures_util::stream;

    use super::super::limits::AnswerLimits;
    use super::*;

    #[tokio::test]
    async fn only_the_left_over_is_an_end() {
        let failed = |words: &str| Error::IOError {
            err: io::Error::other(words.to_owned()),
        };
        let messages = [Ok(1), Err(failed("cut")), Ok(2), Err(failed(LEFT_OVER))];
        let meter = Meter::of_messages(AnswerLimits::USUAL);
        let read: Vec<_> = read_lines(stream::iter(messages), meter)
            .map(|message| message.map_err(|error| error.to_string()))
            .collect()
            .await;
        assert_eq!(read, [Ok(1), Err("cut".to_owned()), Ok(2)]);
    }
}
