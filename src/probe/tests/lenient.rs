//! Answers that real probes take: other statuses, empty and long bodies, old and odd heads.

use super::*;
use crate::scenario::Statuses;

async fn kept(status: u16, text: &str, answer: fn(usize) -> Vec<String>) -> bool {
    let (listener, address) = listener().await;
    serve(listener, false, answer);
    let spec = ProbeSpec {
        check: ProbeCheck::Http(HttpCheck {
            status: Statuses::one(status),
            body_contains: text.to_owned(),
            ..HttpCheck::get(80, "/health")
        }),
        ..spec(address, 2_000)
    };
    match probe(&spec).await.0 {
        Ok(_) => true,
        Err(ProbeFailure::WrongAnswer { .. }) => false,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn each_status_is_taken_as_the_contract_says() {
    let none = |_| vec!["HTTP/1.1 204 No Content\r\n\r\n".to_owned()];
    assert!(kept(204, "", none).await);
    assert!(!kept(200, "", none).await);
    let moved =
        |_| vec!["HTTP/1.1 301 Moved\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n".to_owned()];
    assert!(kept(301, "", moved).await);
    let early = |_| {
        vec![
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".to_owned(),
            GOOD.to_owned(),
        ]
    };
    assert!(kept(103, "", early).await);
    assert!(
        kept(200, "ok", early).await,
        "an interim answer is passed over"
    );
}

#[tokio::test]
async fn of_a_long_body_the_first_part_is_searched() {
    let begins = |_| {
        vec![format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\nok{}",
            "x".repeat(69_998)
        )]
    };
    assert!(kept(200, "ok", begins).await);
    let ends = |_| {
        vec![format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 70000\r\n\r\n{}ok",
            "x".repeat(69_998)
        )]
    };
    assert!(!kept(200, "ok", ends).await);
    // A body that is never whole.
    let endless = |_| {
        vec![format!(
            "HTTP/1.1 200 OK\r\nContent-Length: 9000000000\r\n\r\nok{}",
            "x".repeat(70_000)
        )]
    };
    assert!(kept(200, "ok", endless).await);
}

#[tokio::test]
async fn odd_heads_and_old_versions_are_read() {
    let folded = |_| {
        vec![
            "HTTP/1.1 200 OK\r\nX-A: one\r\n two\r\nX-B : x\r\nContent-Length: 2\r\n\r\nok"
                .to_owned(),
        ]
    };
    assert!(kept(200, "ok", folded).await);
    let many = |_| {
        let lines: String = (0..600).map(|n| format!("X-{n}: value\r\n")).collect();
        vec![format!(
            "HTTP/1.1 200 OK\r\n{lines}Content-Length: 2\r\n\r\nok"
        )]
    };
    assert!(kept(200, "ok", many).await);
    // Its body ends with the connection.
    let old = |_| vec!["HTTP/1.0 200 OK\r\n\r\nit is ".to_owned(), "ok".to_owned()];
    assert!(kept(200, "is ok", old).await);
}
