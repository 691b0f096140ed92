//! The output of a container, over a connection that is upgraded.

use futures_util::StreamExt;
use plimsoll::docker::DockerEngine;
use plimsoll::engine::{Engine, OutputPipe};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::words::id;

const VERSION: &str = r#"{"Version":"20.10.24","ApiVersion":"1.41","Os":"linux","Arch":"amd64"}"#;
const UPGRADED: &str = "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n\
                        Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n";

/// A frame as the engine writes it: pipe, length, bytes.
fn frame(pipe: u8, text: &[u8]) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap().to_be_bytes();
    [&[pipe, 0, 0, 0][..], &length, text].concat()
}

async fn answer(mut stream: TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    if !head.contains("/attach") {
        let length = VERSION.len();
        let whole = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{VERSION}"
        );
        stream.write_all(whole.as_bytes()).await.unwrap();
        return;
    }
    assert!(
        head.starts_with("POST /v1.41/containers/c1/attach?"),
        "{head}"
    );
    for asked in ["stream=true", "stdout=true", "stderr=true"] {
        assert!(head.contains(asked), "{head}");
    }
    assert!(
        !head.contains("logs=true"),
        "only what comes from now on: {head}"
    );
    stream.write_all(UPGRADED.as_bytes()).await.unwrap();
    for piece in [
        frame(1, b"out one\n"),
        frame(2, b"err "),
        frame(2, b"one\nout"),
    ] {
        stream.write_all(&piece).await.unwrap();
        stream.flush().await.unwrap();
    }
}

#[tokio::test]
async fn output_comes_by_pipe_and_ends_with_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    let engine = DockerEngine::connect(Some(&host)).await.unwrap();
    let output = engine.output(&id()).await.unwrap();
    let chunks: Vec<_> = output.map(Result::unwrap).collect().await;
    let text = |pipe| {
        let of = chunks.iter().filter(|chunk| chunk.pipe == pipe);
        let bytes: Vec<_> = of.flat_map(|chunk| chunk.bytes.to_vec()).collect();
        String::from_utf8(bytes).unwrap()
    };
    assert_eq!(text(OutputPipe::Stdout), "out one\n");
    assert_eq!(text(OutputPipe::Stderr), "err one\nout");
}
