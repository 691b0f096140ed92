//! The functions of a room.

use std::fs;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bollard::Docker;
use bollard::query_parameters as query;
use futures_util::StreamExt;
use plimsoll::cleanroom::{DataPlace, Room, RoomSpec, check_requirements};
use plimsoll::docker::DockerEngine;
use plimsoll::engine::{Engine, Probe, ProbeCheck, ProbeSpec};
use plimsoll::host::SystemClock;
use plimsoll::probe::{DEFAULT_INTERVAL, HttpProbe};
use plimsoll::record::Reach;
use plimsoll::scenario::HttpCheck;
use plimsoll::units::{Bytes, Nanos};

use crate::live_engine::stage::{Stage, live};

/// A room for building.
pub(super) fn build(folder: &Path, run: &str) -> RoomSpec {
    RoomSpec {
        folder: folder.to_owned(),
        run: run.to_owned(),
        purpose: "build",
        network: true,
        data: DataPlace::Disk,
        store: plimsoll::record::ImageStore::Unknown,
    }
}

/// A room for pulling.
pub(super) fn pull(folder: &Path, run: &str) -> RoomSpec {
    RoomSpec {
        network: false,
        purpose: "pull",
        data: DataPlace::Memory {
            limit: Bytes(256 << 20),
        },
        store: plimsoll::record::ImageStore::Unknown,
        ..build(folder, run)
    }
}

/// Opens a room, or panics with the whole cause chain.
pub(super) async fn open(spec: &RoomSpec) -> Room {
    let begun = Instant::now();
    let room = Room::open(spec)
        .await
        .unwrap_or_else(|error| panic!("{}", error.chain()));
    println!("{} is ready after {:?}", room.id(), begun.elapsed());
    room
}

pub(super) async fn close(room: Room) {
    let (id, begun) = (room.id().to_owned(), Instant::now());
    let closed = room.close().await;
    closed.unwrap_or_else(|error| panic!("{}", error.chain()));
    println!("{id} is closed after {:?}", begun.elapsed());
}

/// Builds the app in a room, runs it and sends a request; then removes the container.
pub(super) async fn serve_once(stage: &Stage, room: &Room) {
    let engine = DockerEngine::connect(Some(&room.endpoint())).await.unwrap();
    let tag = stage.tag("app");
    let dockerfile = "FROM scratch\nCOPY tool nonce /\nRUN [\"/tool\", \"put\", \"/x\", \"y\"]\n\
                      CMD [\"/tool\", \"serve\"]\n";
    engine
        .build(&stage.request(&tag), stage.context(dockerfile), &mut |_| {})
        .await
        .unwrap();
    let spec = stage.spec(&tag, Reach::Bridge);
    let id = engine.create(&spec).await.unwrap();
    engine.start(&id).await.unwrap();
    let address = engine.address(&id, 8080, Reach::Bridge).await.unwrap();
    let probe = HttpProbe::within(Arc::new(SystemClock::new()), room.sockets());
    let ready = probe.wait_ready(&contract(address)).await.unwrap();
    println!(
        "{address} in the room answered at attempt {}",
        ready.attempts.0
    );
    engine.remove_container(&id).await.unwrap();
}

fn contract(address: SocketAddr) -> ProbeSpec {
    ProbeSpec {
        address,
        check: ProbeCheck::Http(HttpCheck {
            body_contains: "ok".to_owned(),
            ..HttpCheck::get(80, "/")
        }),
        within: Nanos::from_secs(20),
        interval: DEFAULT_INTERVAL,
    }
}

live!(a_room_builds_runs_and_answers_through_its_sockets, stage => {
    let rooms = tempfile::tempdir().unwrap();
    let means = check_requirements().unwrap();
    println!("dockerd {} at {}", means.version, means.dockerd.display());
    let room = open(&build(&rooms.path().join("rooms"), &stage.nonce)).await;
    assert!(room.is_alive());
    serve_once(stage, &room).await;

    // Creating a socket takes less than 1 ms.
    let sockets = room.sockets();
    let address = "127.0.0.1:1".parse().unwrap();
    let mut times: Vec<_> = (0..200)
        .map(|_| {
            let begun = Instant::now();
            sockets.tcp(address).unwrap();
            begun.elapsed()
        })
        .collect();
    times.sort();
    println!("a socket takes {:?}, at most {:?}", times[100], times[199]);
    assert!(times[100] < Duration::from_millis(1));
    close(room).await;
    assert!(sockets.tcp(address).is_err(), "the room is closed");
});

live!(the_engine_of_a_room_reaches_a_listener_there_and_the_machine_does_not, stage => {
    let rooms = tempfile::tempdir().unwrap();
    let room = open(&pull(&rooms.path().join("rooms"), &stage.nonce)).await;
    let listener = room.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let outside = std::net::TcpStream::connect_timeout(&address, Duration::from_secs(1));
    assert!(outside.is_err(), "the room's loopback is its own");
    // An empty registry, which records the engine's request. The engine tries TLS first.
    let asked = std::thread::spawn(move || {
        loop {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let read = stream.read(&mut request).unwrap();
            if request.starts_with(b"GET ") {
                let answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                stream.write_all(answer).unwrap();
                return String::from_utf8_lossy(&request[..read]).into_owned();
            }
        }
    });
    let engine = DockerEngine::connect(Some(&room.endpoint())).await.unwrap();
    let reference = format!("{address}/nothing:1");
    let pulled = engine.pull(&reference, &mut |_| {}).await;
    assert!(pulled.is_err());
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("GET /v2/"), "{asked}");
    let facts = engine.facts().await.unwrap();
    println!("in memory: {} ({})", facts.driver, facts.version);
    assert_eq!(facts.driver, "overlay2");
    close(room).await;
});

live!(a_room_keeps_no_mounts_of_others, stage => {
    let mounts_of = |pid: u32| fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap();
    let tag = stage.app().await;
    let id = stage.started(&stage.spec(&tag, Reach::Bridge)).await;
    assert!(mounts_of(std::process::id()).contains(" - overlay "), "the container's root");
    let rooms = tempfile::tempdir().unwrap();
    let room = open(&build(&rooms.path().join("rooms"), &stage.nonce)).await;
    let inside = mounts_of(room.pid());
    for kind in [" - overlay ", " - nsfs nsfs rw "] {
        // The room's own daemon mounts a namespace for its network.
        let others: Vec<_> = inside
            .lines()
            .filter(|line| line.contains(kind) && !line.contains(" /run/docker/netns/default "))
            .collect();
        assert!(others.is_empty(), "{others:?}");
    }
    stage.engine.remove_container(&id).await.unwrap();
    close(room).await;
});

live!(the_data_of_a_room_in_memory_has_a_limit, stage => {
    let rooms = tempfile::tempdir().unwrap();
    let mut spec = pull(&rooms.path().join("rooms"), &stage.nonce);
    spec.data = DataPlace::Memory { limit: Bytes(8 << 20) };
    let room = open(&spec).await;
    let engine = DockerEngine::connect(Some(&room.endpoint())).await.unwrap();
    let mut tar = tar::Builder::new(Vec::new());
    let bytes = vec![7; 16 << 20];
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "large", bytes.as_slice()).unwrap();
    let chunks = crate::live_engine::stage::chunks(tar.into_inner().unwrap());
    let error = engine.import(&stage.tag("large"), chunks, &[]).await.unwrap_err();
    assert!(error.chain().contains("no space left"), "{}", error.chain());
    close(room).await;
});

/// The smallest stand-in with a shell and a CA bundle of a package manager.
const SHELL: &str = "plimsoll.local/alpine:3.20";

live!(a_step_in_a_room_reaches_the_internet, stage => {
    let docker = &stage.docker;
    if docker.inspect_image(SHELL).await.is_err() {
        println!("skipped: {SHELL} is not available");
        return;
    }
    let rooms = tempfile::tempdir().unwrap();
    let room = open(&build(&rooms.path().join("rooms"), &stage.nonce)).await;
    let socket = room.endpoint();
    let inner = Docker::connect_with_unix(&socket, 120, bollard::API_DEFAULT_VERSION).unwrap();
    let image: Vec<_> = docker
        .export_image(SHELL)
        .map(|chunk| chunk.unwrap().to_vec())
        .collect()
        .await;
    let options = query::ImportImageOptionsBuilder::default().quiet(true).build();
    let body = bollard::body_full(image.concat().into());
    let loaded: Vec<_> = inner.import_image(options, body, None).collect().await;
    assert!(loaded.iter().all(Result::is_ok), "{loaded:?}");
    let engine = DockerEngine::connect(Some(&socket)).await.unwrap();
    // Tests name resolution and a TCP connection; the answer of the server does not matter.
    let dockerfile = format!(
        "FROM {SHELL}\nCOPY nonce /\nRUN nslookup index.crates.io && nc -w 10 index.crates.io 443 </dev/null\n"
    );
    let request = stage.request(&stage.tag("net"));
    let built = engine
        .build(&request, stage.context(&dockerfile), &mut |step| println!("{step:?}"))
        .await;
    built.unwrap();
    close(room).await;
});
