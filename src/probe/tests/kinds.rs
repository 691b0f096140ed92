//! Ports that accept, and requests with a method, headers and several statuses.

use std::collections::BTreeMap;

use super::*;
use crate::scenario::Statuses;

fn tcp(address: SocketAddr, within_ms: u64) -> ProbeSpec {
    ProbeSpec {
        check: ProbeCheck::Tcp,
        ..spec(address, within_ms)
    }
}

#[tokio::test]
async fn a_port_is_ready_once_it_accepts_and_nothing_is_sent() {
    let (early, address) = listener().await;
    drop(early);
    let opens = tokio::spawn(async move {
        sleep(Duration::from_millis(150)).await;
        let listener = TcpListener::bind(address).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut sent = Vec::new();
        // Its end may come as a reset.
        let _ = stream.read_to_end(&mut sent).await;
        sent
    });
    let ready = probe(&tcp(address, 10_000)).await.0.unwrap();
    assert!(ready.at.0 >= Nanos::from_millis(150), "{ready:?}");
    assert!(ready.last_failure.unwrap() < ready.at);
    assert_eq!(opens.await.unwrap(), b"");
}

#[tokio::test]
async fn a_port_that_never_accepts_says_so() {
    let (early, address) = listener().await;
    drop(early);
    let failure = probe(&tcp(address, 100)).await.0.unwrap_err();
    assert_eq!(
        failure.to_string(),
        format!(
            "port {} accepted no connection within 100 ms; last attempt: connect: Connection refused (os error 111)",
            address.port()
        )
    );
}

#[tokio::test]
async fn method_headers_and_statuses_are_the_contracts() {
    let (listener, address) = listener().await;
    let heads = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let answer = "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(answer.as_bytes()).await.unwrap();
        String::from_utf8(head).unwrap()
    });
    let headers = [("Host", "app.test"), ("X-Token", "a b")];
    let spec = ProbeSpec {
        check: ProbeCheck::Http(HttpCheck {
            method: "POST".to_owned(),
            status: Statuses::parse("2xx, 300-399").unwrap(),
            headers: BTreeMap::from(headers.map(|(name, value)| (name.into(), value.into()))),
            ..HttpCheck::get(80, "/login")
        }),
        ..spec(address, 5_000)
    };
    probe(&spec).await.0.unwrap();
    let head = heads.await.unwrap().to_lowercase();
    assert!(head.starts_with("post /login http/1.1\r\n"), "{head}");
    for line in ["host: app.test", "x-token: a b", "user-agent: plimsoll"] {
        assert_eq!(head.matches(line).count(), 1, "{line}: {head}");
    }
    assert_eq!(head.matches("host:").count(), 1, "{head}");
}
