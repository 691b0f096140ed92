//! The load, against loopback servers that count.

use std::collections::BTreeMap;

use super::*;
use crate::engine::{LoadOutcome, LoadSpec};
use crate::scenario::{Load, Statuses};
use crate::units::Count;

const KEPT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok!\n";
const CLOSING: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
const BUSY: &str = "HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno";
const CUT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok";

/// What a server does with a request.
enum Does {
    Answer(&'static str),
    /// Answers and ends the connection, said or not.
    AnswerAndClose(&'static str),
    Stall,
    Close,
}

/// What a server saw.
#[derive(Debug, Default)]
struct Saw {
    connections: AtomicUsize,
    requests: AtomicUsize,
    /// Connections that ended.
    ended: AtomicUsize,
}

impl Saw {
    fn of(counter: &AtomicUsize) -> u64 {
        counter.load(Ordering::SeqCst) as u64
    }
}

/// Does to the nth request of each connection what `does(n)` says, after `wait`.
async fn server(wait: Duration, does: fn(usize) -> Does) -> (SocketAddr, Arc<Saw>) {
    let (listener, address) = listener().await;
    let saw = Arc::new(Saw::default());
    let seen = Arc::clone(&saw);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            seen.connections.fetch_add(1, Ordering::SeqCst);
            let seen = Arc::clone(&seen);
            tokio::spawn(async move {
                converse(stream, wait, does, &seen).await;
                seen.ended.fetch_add(1, Ordering::SeqCst);
            });
        }
    });
    (address, saw)
}

async fn converse(mut stream: TcpStream, wait: Duration, does: fn(usize) -> Does, saw: &Saw) {
    let mut seen = Vec::new();
    for number in 0.. {
        while !seen.ends_with(b"\r\n\r\n") {
            let mut piece = [0; 1024];
            match stream.read(&mut piece).await {
                Ok(0) | Err(_) => return,
                Ok(read) => seen.extend_from_slice(&piece[..read]),
            }
        }
        assert!(seen.starts_with(b"GET /load HTTP/1.1\r\n"));
        seen.clear();
        saw.requests.fetch_add(1, Ordering::SeqCst);
        sleep(wait).await;
        let does = does(number);
        if let Does::Answer(text) | Does::AnswerAndClose(text) = does {
            let _ = stream.write_all(text.as_bytes()).await;
        }
        match does {
            Does::Answer(_) => {}
            Does::AnswerAndClose(_) | Does::Close => return,
            Does::Stall => while stream.read(&mut [0; 16]).await.is_ok_and(|read| read > 0) {},
        }
    }
}

fn load(address: SocketAddr, connections: u32, warmup_ms: u64, duration_ms: u64) -> LoadSpec {
    LoadSpec {
        address,
        load: Load {
            path: "/load".to_owned(),
            method: "GET".to_owned(),
            headers: BTreeMap::new(),
            status: Statuses::OK,
            connections,
            warmup: Nanos::from_millis(warmup_ms),
            duration: Nanos::from_millis(duration_ms),
        },
    }
}

async fn drive(spec: &LoadSpec) -> Result<LoadOutcome, ProbeFailure> {
    let clock = Arc::new(TestClock(Instant::now()));
    HttpProbe::new(clock).drive(spec).await
}

const NO_WAIT: Duration = Duration::ZERO;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_counted_and_timed_on_kept_connections() {
    let wait = Duration::from_millis(20);
    let (address, saw) = server(wait, |_| Does::Answer(KEPT)).await;
    let outcome = drive(&load(address, 3, 200, 500)).await.unwrap();
    let LoadOutcome {
        answers,
        failures,
        elapsed,
        latencies,
    } = outcome;
    println!("{answers:?}, {saw:?}");
    assert_eq!((failures, elapsed), (Count(0), Nanos::from_millis(500)));
    // Each of three connections can have one answer in 20 ms, and one more.
    assert!((3..=3 * 26).contains(&answers.0), "{answers:?}");
    assert_eq!(latencies.len() as u64, answers.0);
    assert!(latencies.is_sorted());
    assert!(latencies[0] >= Nanos::from_millis(20), "{}", latencies[0]);
    assert_eq!(Saw::of(&saw.connections), 3);
    // The warm-up's are not counted, and what was out at the end neither.
    let requests = Saw::of(&saw.requests);
    assert!(requests >= answers.0 + 6, "{requests}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_status_is_a_failure_on_the_same_connection() {
    let in_turn = |number| Does::Answer(if number % 2 == 0 { KEPT } else { BUSY });
    let (address, saw) = server(Duration::from_millis(2), in_turn).await;
    let outcome = drive(&load(address, 2, 0, 400)).await.unwrap();
    let (good, bad) = (outcome.answers.0, outcome.failures.0);
    println!("{good} answers, {bad} failures");
    assert!(
        bad > 0 && (bad..=bad + 2).contains(&good),
        "{good} and {bad}"
    );
    assert_eq!(outcome.latencies.len() as u64, good);
    assert_eq!(Saw::of(&saw.connections), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_connection_is_opened_anew_and_is_no_failure() {
    for does in [
        |_| Does::AnswerAndClose(CLOSING),
        // Without a word, once it was used for a while.
        |number| match number {
            0..2 => Does::Answer(KEPT),
            _ => Does::AnswerAndClose(KEPT),
        },
    ] {
        let (address, saw) = server(Duration::from_millis(1), does).await;
        let outcome = drive(&load(address, 2, 50, 300)).await.unwrap();
        let (requests, connections) = (Saw::of(&saw.requests), Saw::of(&saw.connections));
        println!("{:?}, {saw:?}", outcome.answers);
        assert_eq!(outcome.failures, Count(0));
        assert!(outcome.answers.0 > 2);
        assert!(connections > 2 && connections >= requests / 3, "{saw:?}");
    }
}

/// Sockets that take their time.
struct Slow;

impl Sockets for Slow {
    fn tcp(&self, address: SocketAddr) -> std::io::Result<std::net::TcpStream> {
        std::thread::sleep(Duration::from_millis(5));
        Elsewhere(AtomicUsize::new(1)).tcp(address)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg(target_os = "linux")]
async fn a_new_connection_is_made_by_the_sockets_and_costs_its_request() {
    let driven = async |does| {
        let (address, saw) = server(NO_WAIT, does).await;
        let clock = Arc::new(TestClock(Instant::now()));
        let probe = HttpProbe::within(clock, Arc::new(Slow));
        let outcome = probe.drive(&load(address, 1, 50, 200)).await.unwrap();
        assert_eq!(outcome.failures, Count(0), "{saw:?}");
        outcome.latencies[0]
    };
    let (anew, kept) = (
        driven(|_| Does::AnswerAndClose(CLOSING)).await,
        driven(|_| Does::Answer(KEPT)).await,
    );
    println!("fastest answer: {anew} on new connections, {kept} on a kept one");
    assert!(anew >= Nanos::from_millis(5), "{anew}");
    assert!(kept < Nanos::from_millis(5), "{kept}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stalls_ends_in_time_with_failures() {
    let (address, _) = server(Duration::from_millis(5), |number| match number {
        0..5 => Does::Answer(KEPT),
        _ => Does::Stall,
    })
    .await;
    let begun = Instant::now();
    let outcome = drive(&load(address, 3, 0, 1_000)).await.unwrap();
    let took = begun.elapsed();
    assert_eq!((outcome.answers, outcome.failures), (Count(15), Count(3)));
    assert!(took >= Duration::from_secs(1) && took < Duration::from_secs(5));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_answer_that_is_out_at_the_end_is_no_failure() {
    let (address, _) = server(Duration::from_millis(400), |_| Does::Answer(KEPT)).await;
    let outcome = drive(&load(address, 2, 0, 600)).await.unwrap();
    assert_eq!((outcome.answers, outcome.failures), (Count(2), Count(0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_in_the_middle_leaves_answers_and_failures() {
    let (listener, address) = listener().await;
    let life = async move {
        let mut conversations = tokio::task::JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            conversations.spawn(async move {
                let wait = Duration::from_millis(2);
                converse(stream, wait, |_| Does::Answer(KEPT), &Saw::default()).await;
            });
        }
    };
    let dies = tokio::spawn(tokio::time::timeout(Duration::from_millis(200), life));
    let begun = Instant::now();
    let outcome = drive(&load(address, 2, 0, 600)).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(4));
    dies.await.unwrap().unwrap_err();
    let (good, bad) = (outcome.answers.0, outcome.failures.0);
    println!("{good} answers, {bad} failures");
    assert!(good > 2);
    // Two connections, 10 ms between two attempts, for 600 ms at most.
    assert!((2..=2 * 61).contains(&bad), "{bad}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_breaks_off_is_a_failure() {
    let (address, _) = server(NO_WAIT, |number| match number {
        0 => Does::Answer(KEPT),
        _ => Does::AnswerAndClose(CUT),
    })
    .await;
    let outcome = drive(&load(address, 1, 0, 300)).await.unwrap();
    let (good, bad) = (outcome.answers.0, outcome.failures.0);
    assert!(
        bad > 1 && (bad..=bad + 1).contains(&good),
        "{good} and {bad}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_answers_is_a_failure_and_no_rate_of_zero() {
    let (silent, _) = server(NO_WAIT, |_| Does::Stall).await;
    let (closing, _) = server(NO_WAIT, |_| Does::Close).await;
    let (busy, _) = server(NO_WAIT, |_| Does::Answer(BUSY)).await;
    let (gone, nobody) = listener().await;
    drop(gone);
    for (address, words) in [
        (
            nobody,
            "within 500 ms; last attempt: connect: Connection refused (os error 111)",
        ),
        (silent, "within 500 ms; last attempt: no whole answer came"),
        (
            closing,
            "within 500 ms; last attempt: connection closed before message completed",
        ),
        (
            busy,
            "answered 503 at /load, the contract asks for status 200; body: (not kept)",
        ),
    ] {
        let failure = drive(&load(address, 2, 20, 500)).await.unwrap_err();
        let text = failure.to_string();
        assert!(text.ends_with(words), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_load_that_is_given_up_ends() {
    let (address, saw) = server(Duration::from_millis(1), |_| Does::Answer(KEPT)).await;
    let spec = load(address, 2, 0, 60_000);
    let given_up = tokio::time::timeout(Duration::from_millis(200), drive(&spec)).await;
    assert!(given_up.is_err());
    let end = Instant::now() + Duration::from_secs(5);
    while Saw::of(&saw.ended) < 2 && Instant::now() < end {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!((Saw::of(&saw.ended), Saw::of(&saw.connections)), (2, 2));
}
