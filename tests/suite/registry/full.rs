//! Full disks: the registry's, and the pulling engine's.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use plimsoll::cleanroom::{DataPlace, Room, RoomSpec};
use plimsoll::docker::DockerEngine;
use plimsoll::engine::{Engine, Registry, RegistryEndpoint};
use plimsoll::oci::Digest;
use plimsoll::units::Bytes;
use tempfile::TempDir;

use super::client::{Answer, ask, content, files};
use super::faults::{Shelf, import, pull};
use crate::live_engine::stage::{Stage, is_live, live};

/// `plimsoll registry` on a separate disk of 6 MB. It is killed on drop.
struct Cramped {
    child: Child,
    authority: String,
    store: PathBuf,
    _folder: TempDir,
}

impl Cramped {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mount =
            "mount -t tmpfs -o size=6m tmpfs \"$1\" && exec \"$2\" registry --store \"$1/store\"";
        // The mount is visible only to this process, and ends with it.
        let mut child = Command::new("unshare")
            .args([
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                mount,
                "sh",
            ])
            .arg(folder.path())
            .arg(env!("CARGO_BIN_EXE_plimsoll"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut authority = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut authority).unwrap();
        let inside = format!("/proc/{}/root{}/store", child.id(), folder.path().display());
        Self {
            authority: authority.trim().to_owned(),
            store: inside.into(),
            child,
            _folder: folder,
        }
    }

    async fn send(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let address = self.authority.parse().unwrap();
        let answer = ask(address, method, path, &[], body).await;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.into_body().collect().await.unwrap();
        Answer {
            status,
            headers,
            body: body.to_bytes().into(),
        }
    }

    async fn upload(&self, body: &[u8]) -> Answer {
        let digest = Digest::of(body);
        let path = format!("/v2/a/blobs/uploads/?digest={digest}");
        self.send("POST", &path, body).await
    }

    /// Files are removed after the response.
    async fn holds(&self, count: usize) {
        let begun = Instant::now();
        while files(&self.store).len() != count {
            assert!(
                begun.elapsed() < Duration::from_secs(5),
                "{:?}",
                files(&self.store)
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Cramped {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_full(answer: &Answer) {
    let (status, code) = answer.fault();
    assert_eq!((status, code.as_str()), (507, "UNKNOWN"), "{answer:?}");
    let body = answer.json();
    let message = body["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("No space left on device"), "{message}");
}

#[tokio::test]
async fn a_full_disk_refuses_an_upload_and_keeps_nothing_of_it() {
    if !is_live() {
        println!("skipped: it takes root for a disk of its own; set PLIMSOLL_LIVE=1");
        return;
    }
    let registry = Cramped::open();
    let large = content(1, 10_000_000);
    is_full(&registry.upload(&large).await);
    registry.holds(0).await;

    // In chunks: the session fails and is removed with its file.
    let begun = registry.send("POST", "/v2/a/blobs/uploads/", b"").await;
    let location = begun.header("location").to_owned();
    let first = registry.send("PATCH", &location, &large[..4_000_000]).await;
    assert_eq!(first.status, 202, "{first:?}");
    is_full(&registry.send("PATCH", &location, &large[4_000_000..]).await);
    registry.send("DELETE", &location, b"").await;
    registry.holds(0).await;

    let small = content(2, 1_000_000);
    let taken = registry.upload(&small).await;
    assert_eq!(taken.status, 201, "{taken:?}");
    let read = registry
        .send("GET", &format!("/v2/a/blobs/{}", Digest::of(&small)), b"")
        .await;
    assert!(read.status == 200 && read.body == small);
    is_full(&registry.upload(&large).await);
    registry.holds(1).await;
}

#[tokio::test]
async fn a_client_that_reads_after_a_large_body_gets_the_error() {
    if !is_live() {
        println!("skipped: it takes root for a disk of its own; set PLIMSOLL_LIVE=1");
        return;
    }
    let registry = Cramped::open();
    let large = content(3, 40_000_000);
    let mut stream = TcpStream::connect(&registry.authority).unwrap();
    let head = format!(
        "POST /v2/a/blobs/uploads/?digest={} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n",
        Digest::of(&large),
        large.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&large).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 507 "), "{answer}");
    assert!(answer.contains("No space left on device"), "{answer}");
    registry.holds(0).await;
}

live!(a_push_to_a_full_registry_fails_with_its_message, stage => {
    let registry = Cramped::open();
    let tag = stage.tag("large");
    import(stage, &tag, 40_000_000).await;
    let way = format!("{}/plimsoll/full-{}:1", registry.authority, stage.nonce);
    stage.engine.tag(&tag, &way).await.unwrap();
    let begun = Instant::now();
    // The engine waits 5, 10, 15 and 20 s between its attempts.
    let pushed = tokio::time::timeout(Duration::from_secs(120), stage.engine.push(&way, &mut |_| {})).await;
    let error = pushed.expect("the engine gives up in time").unwrap_err();
    println!("{} after {:?}", error.chain(), begun.elapsed());
assert!(error.chain().contains("507 Insufficient Storage"), "{}", error.chain());
    registry.holds(0).await;
    stage.engine.remove_image(&way).await.unwrap();
});

/// A room whose engine has this much space, in memory.
async fn small_room(stage: &Stage, folder: &TempDir, limit: Bytes) -> Room {
    let spec = RoomSpec {
        folder: folder.path().join("rooms"),
        run: stage.nonce.clone(),
        purpose: "pull",
        network: false,
        data: DataPlace::Memory { limit },
        store: plimsoll::record::ImageStore::Unknown,
    };
    let opened = Room::open(&spec).await;
    opened.unwrap_or_else(|error| panic!("{}", error.chain()))
}

live!(an_image_larger_than_the_disk_of_the_pulling_engine_is_reported, stage => {
    let shelf = Shelf::with(stage, 60_000_000).await;
    let folder = tempfile::tempdir().unwrap();
    let room = small_room(stage, &folder, Bytes(40_000_000)).await;
    shelf.server.serve(RegistryEndpoint::Supply, room.bind("127.0.0.1:0".parse().unwrap()).unwrap()).unwrap();
    let engine = DockerEngine::connect(Some(&room.endpoint())).await.unwrap();
    let reference = format!("{}/{}:1", shelf.server.authority(RegistryEndpoint::Supply), shelf.repository);
    let error = pull(&engine, &reference, Duration::from_secs(60)).await.unwrap_err();
    println!("{}", error.chain());
    assert!(error.chain().contains("no space left on device"), "{}", error.chain());
    // The engine is alive and has nothing of the image.
    assert!(room.is_alive());
    assert_eq!(engine.image(&reference).await.unwrap(), None);
    shelf.server.close(Duration::from_secs(1)).await;
    room.close().await.unwrap_or_else(|error| panic!("{}", error.chain()));
    assert_eq!(std::fs::read_dir(folder.path().join("rooms")).unwrap().count(), 0);
});
