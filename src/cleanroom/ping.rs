//! Checks whether an engine answers on a socket.

use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// HTTP 1.0, because it has no chunked encoding and closes the connection.
const REQUEST: &[u8] = b"GET /_ping HTTP/1.0\r\nHost: room\r\n\r\n";
const WITHIN: Duration = Duration::from_secs(2);
/// Enough for the status line and the headers.
const MOST_BYTES: u64 = 4 << 10;

/// Sends one request.
pub(super) async fn answers(socket: &Path) -> bool {
    let exchange = async {
        let mut stream = UnixStream::connect(socket).await.ok()?;
        stream.write_all(REQUEST).await.ok()?;
        let mut answer = Vec::new();
        let _ = stream.take(MOST_BYTES).read_to_end(&mut answer).await;
        is_ok(&answer).then_some(())
    };
    matches!(timeout(WITHIN, exchange).await, Ok(Some(())))
}

fn is_ok(answer: &[u8]) -> bool {
    answer
        .strip_prefix(b"HTTP/1.")
        .and_then(|rest| rest.get(1..5))
        .is_some_and(|status| status == b" 200")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_status_200_is_ok() {
        assert!(is_ok(b"HTTP/1.0 200 OK\r\n\r\nOK"));
        assert!(is_ok(b"HTTP/1.1 200 OK\r\n"));
        for other in [&b"HTTP/1.1 500 No\r\n"[..], b"HTTP/1.1 20", b"", b"OK"] {
            assert!(!is_ok(other));
        }
    }

    #[tokio::test]
    async fn a_missing_socket_does_not_answer() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!answers(&folder.path().join("none")).await);
    }
}
