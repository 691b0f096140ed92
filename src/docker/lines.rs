//! The end of a stream of JSON lines.
//!
//! `bollard` 0.21.1 takes an object before its CRLF has come. Where that CRLF comes
//! in a chunk of its own at the very end, its `\r` is left over, and the stream ends
//! with an error although all of it was read: issue 560 of `bollard`, mended by its
//! pull request 733, which is in no release yet. On a busy machine it happens.
//!
//! That error is only made once the body's end was read. A body that breaks off gives
//! hyper's error before, so nothing that is one is taken for an end here.

use std::future::ready;

use bollard::errors::Error;
use futures_util::{Stream, StreamExt};

/// The words of `tokio_util::codec::Decoder::decode_eof`; the error has nothing else.
const LEFT_OVER: &str = "bytes remaining on stream";

/// The same stream, which ends where its body ended. All that `bollard` reads as
/// JSON lines goes through here.
pub(super) fn read_lines<T>(
    stream: impl Stream<Item = Result<T, Error>>,
) -> impl Stream<Item = Result<T, Error>> {
    stream.take_while(|message| ready(!matches!(message, Err(error) if is_end(error))))
}

fn is_end(error: &Error) -> bool {
    matches!(error, Error::IOError { err }
        if err.get_ref().is_some_and(|cause| cause.to_string() == LEFT_OVER))
}

#[cfg(test)]
mod tests {
    use std::io;

    use futures_util::stream;

    use super::*;

    #[tokio::test]
    async fn only_the_left_over_is_an_end() {
        let failed = |words: &str| Error::IOError {
            err: io::Error::other(words.to_owned()),
        };
        let messages = [Ok(1), Err(failed("cut")), Ok(2), Err(failed(LEFT_OVER))];
        let read: Vec<_> = read_lines(stream::iter(messages))
            .map(|message| message.map_err(|error| error.to_string()))
            .collect()
            .await;
        assert_eq!(read, [Ok(1), Err("cut".to_owned()), Ok(2)]);
    }
}
