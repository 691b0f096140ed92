//! The shaped link has its rate and latency. The lower bounds must hold in every attempt; the
//! upper bounds in one of several, because the machine may be loaded.

use std::future::Future;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use http_body_util::BodyExt;
use plimsoll::engine::{Registry, RegistryEndpoint};
use plimsoll::oci::Digest;
use plimsoll::record::Link;
use plimsoll::units::{Bytes, Nanos};
use tokio::sync::Mutex;

use super::client::{Desk, ask, content};

/// One test at a time, because they would load each other.
static TURN: Mutex<()> = Mutex::const_new(());
const TRIES: usize = 3;
/// The tolerance for a transfer of ten megabytes.
const TOLERANCE: f64 = 0.02;

fn link(text: &str) -> Link {
    text.parse().unwrap()
}

fn ideal(link: Link, bytes: usize) -> Duration {
    let time: Nanos = link.rate.unwrap().time_of(Bytes(bytes as u64));
    time.into()
}

/// Never too early, and on time in at least one attempt.
async fn keeps<F: Future>(ideal: Duration, mut transfer: impl FnMut() -> F) {
    let _turn = TURN.lock().await;
    let mut seen = Vec::new();
    for _ in 0..TRIES {
        let start = Instant::now();
        transfer().await;
        let ratio = start.elapsed().as_secs_f64() / ideal.as_secs_f64();
        println!("{ratio:.4} of the ideal {ideal:?}");
        assert!(ratio > 1.0 - TOLERANCE, "too early: {ratio}");
        if ratio < 1.0 + TOLERANCE {
            return;
        }
        seen.push(ratio);
    }
    panic!("too late each time: {seen:?}");
}

async fn download(desk: &Desk, path: &str, headers: &[(&str, &str)]) -> usize {
    let answer = ask(desk.pull, "GET", path, headers, b"").await;
    let mut body = answer.into_body();
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        bytes += frame.unwrap().into_data().map_or(0, |data| data.len());
    }
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_download_takes_its_time() {
    let desk = Desk::open();
    let blob = content(1, 15_000_000);
    let path = format!("/v2/a/blobs/{}", desk.push("a", &blob).await);
    for rate in ["100mbit", "200mbit"] {
        desk.server.shape(link(rate));
        keeps(ideal(link(rate), blob.len()), async || {
            assert_eq!(download(&desk, &path, &[]).await, blob.len());
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_downloads_share_the_rate() {
    let desk = Desk::open();
    let blob = content(2, 15_000_000);
    let path = format!("/v2/a/blobs/{}", desk.push("a", &blob).await);
    desk.server.shape(link("100mbit"));
    let quarter = blob.len() / 4;
    keeps(ideal(link("100mbit"), blob.len()), async || {
        let start = Instant::now();
        let ends = join_all((0..4).map(|at| {
            let range = format!("bytes={}-{}", at * quarter, (at + 1) * quarter - 1);
            let (desk, path) = (&desk, &path);
            async move {
                let bytes = download(desk, path, &[("range", &range)]).await;
                assert_eq!(bytes, quarter);
                start.elapsed()
            }
        }))
        .await;
        // They take turns, so none is long done before the others.
        let first = ends.iter().min().unwrap().as_secs_f64();
        let last = ends.iter().max().unwrap().as_secs_f64();
        assert!(first > 0.9 * last, "{ends:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_takes_its_time() {
    let desk = Desk::open();
    let blob = content(3, 12_000_000);
    let path = format!("/v2/a/blobs/uploads/?digest={}", Digest::of(&blob));
    desk.server.shape(link("80mbit"));
    keeps(ideal(link("80mbit"), blob.len()), async || {
        let answer = ask(desk.pull, "POST", &path, &[], &blob).await;
        assert_eq!(answer.status(), 201);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_download_is_not_blocked_by_large_ones() {
    let desk = Desk::open();
    let path = format!(
        "/v2/a/blobs/{}",
        desk.push("a", &content(4, 4_000_000)).await
    );
    let small = format!("/v2/a/blobs/{}", desk.push("a", &content(5, 50_000)).await);
    desk.server.shape(link("40mbit"));
    let _turn = TURN.lock().await;
    let start = Instant::now();
    let great = join_all((0..3).map(|_| download(&desk, &path, &[])));
    let late = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let start = Instant::now();
        download(&desk, &small, &[]).await;
        start.elapsed()
    };
    let (_, waited) = tokio::join!(great, late);
    // A fair share of 40 Mbit/s transfers 50,000 bytes in 40 ms.
    assert!(waited < Duration::from_millis(400), "{waited:?}");
    assert!(start.elapsed() > Duration::from_secs(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_latency_applies_to_each_request_of_one_endpoint() {
    let desk = Desk::open();
    let path = format!("/v2/a/blobs/{}", desk.push("a", b"x").await);
    desk.server.shape(link("200ms"));
    let ask_at = async |address, method| {
        let start = Instant::now();
        ask(address, method, &path, &[], b"").await;
        start.elapsed()
    };
    for method in ["HEAD", "GET", "PATCH"] {
        let took = ask_at(desk.pull, method).await;
        assert!(took >= Duration::from_millis(200), "{method} {took:?}");
    }
    let took = ask_at(desk.build, "HEAD").await;
    assert!(took < Duration::from_millis(200), "{took:?}");
    desk.server.shape(Link::LOOPBACK);
    let took = ask_at(desk.pull, "HEAD").await;
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn latency_and_rate_add_up() {
    let desk = Desk::open();
    let blob = content(7, 12_500_000);
    let path = format!("/v2/a/blobs/{}", desk.push("a", &blob).await);
    desk.server.shape(link("100mbit,90ms"));
    keeps(Duration::from_millis(1_090), async || {
        assert_eq!(download(&desk, &path, &[]).await, blob.len());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_build_endpoint_is_never_shaped() {
    let desk = Desk::open();
    desk.server.shape(link("8kbit,10s"));
    assert_eq!(
        desk.server.authority(RegistryEndpoint::Build),
        desk.build.to_string()
    );
    let blob = content(6, 5_000_000);
    let both = async {
        let digest = desk.push("a", &blob).await;
        let answer = desk.get(&format!("/v2/a/blobs/{digest}")).await;
        assert_eq!(answer.body.len(), blob.len());
    };
    tokio::time::timeout(Duration::from_secs(9), both)
        .await
        .unwrap();
}
