//! The traffic counters of the endpoints, and closing the server.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use plimsoll::engine::{Registry, RegistryEndpoint, Traffic};
use plimsoll::oci::Digest;
use plimsoll::registry::{Server, bind};
use plimsoll::units::{Bytes, Count};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::{Desk, ask, content};
use http_body_util::BodyExt;

#[tokio::test]
async fn served_and_received_bytes_are_counted_exactly_and_per_endpoint() {
    let desk = Desk::open();
    let (one, two) = (content(1, 700_000), content(2, 5));
    let image = desk.push_image("a", "v1", &[&one, &two, &two]).await;
    let config = image["config"].clone();
    let name = |content: &[u8]| Digest::of(content).to_string();
    let traffic = desk.server.traffic(RegistryEndpoint::Build);
    let mut received = BTreeMap::from([
        (name(&one), Bytes(700_000)),
        // It was pushed twice.
        (name(&two), Bytes(10)),
    ]);
    let config_digest = config["digest"].as_str().unwrap().to_owned();
    received.insert(
        config_digest.clone(),
        Bytes(config["size"].as_u64().unwrap()),
    );
    let expected = Traffic {
        requests: Count(5),
        received,
        ..Traffic::default()
    };
    assert_eq!(traffic, expected);
    assert_eq!(
        desk.server.traffic(RegistryEndpoint::Pull),
        Traffic::default()
    );

    let pull = async |method: &str, path: &str, range: &str| {
        let headers = [("range", range)];
        let headers = if range.is_empty() { &[][..] } else { &headers };
        let answer = ask(desk.pull, method, path, headers, b"").await;
        answer.into_body().collect().await.unwrap();
    };
    let record = desk.server.manifest("a", "v1", "linux/amd64").unwrap();
    pull("HEAD", "/v2/a/manifests/v1", "").await;
    pull("GET", "/v2/a/manifests/v1", "").await;
    for digest in record.blobs().keys() {
        pull("HEAD", &format!("/v2/a/blobs/{digest}"), "").await;
        pull("GET", &format!("/v2/a/blobs/{digest}"), "").await;
    }
    let served = desk.server.traffic(RegistryEndpoint::Pull);
    assert_eq!(served.requests, Count(8));
    assert_eq!((served.broken, served.received.len()), (Count(0), 0));
    let blobs = record.blobs();
    let expected: BTreeMap<_, _> = blobs.iter().map(|(of, n)| ((*of).to_owned(), *n)).collect();
    assert_eq!(served.served, expected);

    desk.server.reset_traffic(RegistryEndpoint::Pull);
    assert_eq!(
        desk.server.traffic(RegistryEndpoint::Pull),
        Traffic::default()
    );
    pull("GET", &format!("/v2/a/blobs/{}", name(&one)), "bytes=10-19").await;
    pull(
        "GET",
        &format!("/v2/a/blobs/{}", name(&one)),
        "bytes=700000-",
    )
    .await;
    let served = desk.server.traffic(RegistryEndpoint::Pull);
    assert_eq!(served.served, BTreeMap::from([(name(&one), Bytes(10))]));
    assert_eq!(served.broken, Count(0));
    // The counter of the other endpoint is unchanged.
    assert_eq!(
        desk.server.traffic(RegistryEndpoint::Build).requests,
        Count(5)
    );
}

#[tokio::test]
async fn chunks_count_when_the_upload_is_complete_and_mounts_count_nothing() {
    let desk = Desk::open();
    let location = desk.begin("a").await;
    desk.send("PATCH", &location, &[], b"abc").await;
    assert!(
        desk.server
            .traffic(RegistryEndpoint::Build)
            .received
            .is_empty()
    );
    let digest = Digest::of(b"abcdef").to_string();
    let path = format!("{location}?digest={digest}");
    desk.send("PUT", &path, &[], b"def").await;
    let expected = BTreeMap::from([(digest.clone(), Bytes(6))]);
    assert_eq!(
        desk.server.traffic(RegistryEndpoint::Build).received,
        expected
    );
    desk.server.reset_traffic(RegistryEndpoint::Build);
    let path = format!("/v2/b/blobs/uploads/?mount={digest}&from=a");
    assert_eq!(desk.send("POST", &path, &[], b"").await.status, 201);
    let path = format!("/v2/b/blobs/uploads/?digest={digest}");
    let wrong = desk.send("POST", &path, &[], b"wrong").await;
    assert_eq!(wrong.status, 400);
    let traffic = desk.server.traffic(RegistryEndpoint::Build);
    assert!(traffic.received.is_empty(), "{traffic:?}");
    assert_eq!((traffic.requests, traffic.broken), (Count(2), Count(0)));
}

async fn broken(desk: &Desk, endpoint: RegistryEndpoint) -> Traffic {
    let start = Instant::now();
    loop {
        let traffic = desk.server.traffic(endpoint);
        if traffic.broken == Count(1) {
            return traffic;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{traffic:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_broken_download_counts_the_sent_bytes() {
    let desk = Desk::open();
    let blob = content(3, 30_000_000);
    let digest = desk.push("a", &blob).await;
    let mut stream = TcpStream::connect(desk.pull).await.unwrap();
    let head = format!("GET /v2/a/blobs/{digest} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.read_exact(&mut vec![0; 1_000_000]).await.unwrap();
    drop(stream);
    let traffic = broken(&desk, RegistryEndpoint::Pull).await;
    let served = traffic.served[&digest];
    assert!(served > Bytes(900_000) && served < Bytes(30_000_000));
}

#[tokio::test]
async fn a_broken_upload_is_counted_as_broken_and_receives_nothing() {
    let desk = Desk::open();
    for request in ["PUT /v2/a/manifests/x", "POST /v2/a/blobs/uploads/?digest="] {
        desk.server.reset_traffic(RegistryEndpoint::Build);
        let mut stream = TcpStream::connect(desk.build).await.unwrap();
        let digest = Digest::of(b"x");
        let request = request.replace("digest=", &format!("digest={digest}"));
        let head = format!("{request} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc");
        stream.write_all(head.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        drop(stream);
        let traffic = broken(&desk, RegistryEndpoint::Build).await;
        assert!(traffic.received.is_empty());
    }
    desk.files_become(0).await;
}

#[tokio::test]
async fn close_waits_for_downloads_only_until_its_deadline() {
    let desk = Desk::open();
    let digest = desk.push("a", &content(4, 30_000_000)).await;
    let location = desk.begin("a").await;
    desk.send("PATCH", &location, &[], b"abc").await;
    // One client keeps an idle connection, one does not read.
    let mut idle = TcpStream::connect(desk.pull).await.unwrap();
    idle.write_all(b"GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    idle.read_exact(&mut [0; 12]).await.unwrap();
    let mut stuck = TcpStream::connect(desk.pull).await.unwrap();
    let head = format!("GET /v2/a/blobs/{digest} HTTP/1.1\r\nhost: x\r\n\r\n");
    stuck.write_all(head.as_bytes()).await.unwrap();
    stuck.read_exact(&mut [0; 12]).await.unwrap();
    let start = Instant::now();
    desk.server.close(Duration::from_millis(300)).await;
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(300), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(TcpStream::connect(desk.pull).await.is_err());
    assert_eq!(desk.server.traffic(RegistryEndpoint::Pull).broken, Count(1));
    // The file of the session is removed; the blob stays until `forget`.
    desk.files_become(1).await;
}

#[tokio::test]
async fn an_idle_close_is_quick_and_frees_the_port() {
    let desk = Desk::open();
    desk.get("/v2/").await;
    let start = Instant::now();
    desk.server.close(Duration::from_secs(30)).await;
    assert!(start.elapsed() < Duration::from_secs(5));
    bind(desk.build).unwrap();
}

#[tokio::test]
async fn an_endpoint_reports_its_port() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::open(folder.path()).unwrap();
    assert_eq!(server.authority(RegistryEndpoint::Pull), "127.0.0.1:0");
    let listener = bind("0.0.0.0:0".parse().unwrap()).unwrap();
    let port = listener.local_addr().unwrap().port();
    server.serve(RegistryEndpoint::Pull, listener).unwrap();
    assert_eq!(
        server.authority(RegistryEndpoint::Pull),
        format!("127.0.0.1:{port}")
    );
    let taken = bind(format!("127.0.0.1:{port}").parse().unwrap()).unwrap_err();
    let expected = format!("failed to listen on 127.0.0.1:{port}");
    assert_eq!(taken.to_string(), expected);
    assert!(taken.hint().unwrap().contains("port 0"));
}

#[test]
fn outside_of_a_runtime_nothing_can_be_served() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::open(folder.path()).unwrap();
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    assert!(server.serve(RegistryEndpoint::Pull, listener).is_err());
}
