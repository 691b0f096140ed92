//! `plimsoll registry`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

fn start(arguments: &[&str], folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_plimsoll"))
        .arg("registry")
        .args(arguments)
        .env("TMPDIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = start(arguments, folder.path()).wait_with_output().unwrap();
    assert!(output.stdout.is_empty());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let text = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), text)
}

#[test]
fn it_serves_until_a_signal_and_leaves_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let named = folder.path().join("named");
    for signal in [Signal::TERM, Signal::INT] {
        let mut arguments = vec!["--link", "100mbit,1ms"];
        if signal == Signal::INT {
            arguments.extend(["--store", named.to_str().unwrap()]);
        }
        let mut child = start(&arguments, folder.path());
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let mut stream = TcpStream::connect(line.trim()).unwrap();
        let push = "POST /v2/a/blobs/uploads/?digest=sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad \
            HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc";
        stream.write_all(push.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
        let output = child.wait_with_output().unwrap();
        let talk = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{talk}");
        assert_eq!(talk, "serving over 100mbit,1ms; Ctrl-C ends it\n");
    }
    // The named folder stays, empty.
    std::fs::remove_dir(named).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn clean_finds_the_folder_of_a_killed_registry() {
    let folder = tempfile::tempdir().unwrap();
    let clean = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .args(["--home", env!("CARGO_MANIFEST_DIR"), "clean"])
            .args(arguments)
            .env("TMPDIR", folder.path())
            .env("DOCKER_HOST", "unix:///nowhere/plimsoll.sock")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let left = || {
        let entries = std::fs::read_dir(folder.path())
            .unwrap()
            .map(Result::unwrap);
        let named = |entry: &std::fs::DirEntry| {
            entry
                .file_name()
                .to_string_lossy()
                .starts_with("plimsoll-registry-")
        };
        entries.filter(named).count()
    };
    for (signal, leaves) in [(Signal::KILL, 1), (Signal::HUP, 0)] {
        let mut child = start(&[], folder.path());
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        // The folder of a living registry is kept.
        assert!(!clean(&["--dry-run"]).contains("plimsoll-registry-"));
        kill_process(
            Pid::from_raw(child.id().try_into().unwrap()).unwrap(),
            signal,
        )
        .unwrap();
        child.wait().unwrap();
        assert_eq!(left(), leaves);
        assert_eq!(
            clean(&["--dry-run"]).contains("plimsoll-registry-"),
            leaves > 0
        );
        clean(&["--yes"]);
        assert_eq!(left(), 0);
    }
}

#[test]
fn under_nohup_the_registry_survives_its_terminal() {
    let folder = tempfile::tempdir().unwrap();
    // Like nohup: the signal is ignored, also in the program that is executed.
    let mut child = Command::new("sh")
        .args(["-c", "trap '' HUP; exec \"$0\" registry"])
        .arg(env!("CARGO_BIN_EXE_plimsoll"))
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    for _ in 0..3 {
        kill_process(pid, Signal::HUP).unwrap();
        // A response after the signal shows that the signal did not end the program.
        let mut stream = TcpStream::connect(line.trim()).unwrap();
        stream
            .write_all(b"GET /v2/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert!(child.try_wait().unwrap().is_none(), "the signal ended it");
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_port_in_use_is_reported_with_a_hint() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (code, text) = refused(&["--listen", &address]);
    assert_eq!(code, Some(1));
    let expected = format!("error: failed to listen on {address}\n  caused by: ");
    assert!(text.starts_with(&expected), "{text}");
    assert!(
        text.contains("\n  hint: another process uses this port"),
        "{text}"
    );
}

#[test]
fn it_listens_on_loopback_only() {
    for address in ["0.0.0.0:0", "192.0.2.1:5000", "[::]:0"] {
        let (code, text) = refused(&["--listen", address]);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains("asks nobody for a password"), "{text}");
    }
}

#[test]
fn a_folder_that_is_not_empty_and_a_bad_link_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "").unwrap();
    let (code, text) = refused(&["--store", folder.path().to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(
        text.contains("it is not empty\n  hint: pass an empty folder"),
        "{text}"
    );
    let (code, text) = refused(&["--link", "fast"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("is no link"), "{text}");
}
