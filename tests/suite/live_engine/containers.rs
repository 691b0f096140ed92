//! Containers: reach, memory, exits, stops; in a module of its own, health.

mod health;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use plimsoll::engine::{Engine, ErrorKind, StopOutcome, StopTime};
use plimsoll::record::Reach;
use plimsoll::scenario::Confinement;
use plimsoll::units::Nanos;

use super::stage::{Stage, live};

async fn answers(address: SocketAddr) -> bool {
    let end = Instant::now() + Duration::from_secs(10);
    let ask = move || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    };
    while Instant::now() < end {
        let text = tokio::task::spawn_blocking(ask).await.unwrap();
        if text.is_ok_and(|text| text.ends_with("ok")) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

/// The time of a stop; zero stands for "at once" here, where no stamp could show it.
fn taken(outcome: &StopOutcome) -> Nanos {
    match &outcome.taken {
        StopTime::Stamps(taken) | StopTime::Call { taken } => *taken,
        StopTime::Unknown(reason) => {
            assert!(reason.contains("before the engine had stamped"), "{reason}");
            Nanos(0)
        }
    }
}

live!(an_app_is_reached_measured_and_stopped, stage => {
    let image = stage.app().await;
    let mut spec = stage.spec(&image, Reach::Bridge);
    spec.env.insert("MEGABYTES".to_owned(), "32".to_owned());
    let engine = &stage.engine;
    let id = engine.create(&spec).await.unwrap();
    assert_eq!(engine.state(&id).await.unwrap().exit_code, None);
    let early = engine.address(&id, 8080, Reach::Bridge).await.unwrap_err();
    assert_eq!(early.kind, ErrorKind::Refused);
    let early = engine.memory(&id).await.unwrap_err();
    assert_eq!(early.kind, ErrorKind::Protocol, "{}", early.chain());

    engine.start(&id).await.unwrap();
    let address = engine.address(&id, 8080, Reach::Bridge).await.unwrap();
    assert!(answers(address).await, "{address}");
    assert!(engine.state(&id).await.unwrap().running);
    assert_eq!(engine.logs(&id, 1).await.unwrap(), ["listening"]);
    let memory = engine.memory(&id).await.unwrap().0;
    println!("memory: {memory} bytes for 33554432 touched");
    assert!((32 << 20..36 << 20).contains(&memory), "{memory}");

    let exited = engine.exited(&id);
    let stopped = engine.stop(&id, Nanos::from_secs(10));
    let (code, outcome) = tokio::join!(exited, stopped);
    let outcome = outcome.unwrap();
    println!("stopped in {}", taken(&outcome));
    assert_eq!((code.unwrap(), outcome.exit_code), (7, 7));
    assert!(!outcome.killed);
    assert!(taken(&outcome) < Nanos::from_secs(2), "{outcome:?}");

    let state = engine.state(&id).await.unwrap();
    assert_eq!((state.running, state.exit_code), (false, Some(7)));
    let again = engine.stop(&id, Nanos::from_secs(1)).await.unwrap_err();
    assert_eq!(again.kind, ErrorKind::Conflict);
    assert!(again.chain().contains("exit code is 7"), "{}", again.chain());
    engine.remove_container(&id).await.unwrap();
    engine.remove_container(&id).await.unwrap();
    assert_eq!(engine.state(&id).await.unwrap_err().kind, ErrorKind::NotFound);
});

live!(an_app_that_ignores_the_signal_is_killed, stage => {
    let image = stage.app().await;
    let mut spec = stage.spec(&image, Reach::Published);
    spec.env.insert("STUBBORN".to_owned(), "1".to_owned());
    let id = stage.started(&spec).await;
    let address = stage.engine.address(&id, 8080, Reach::Published).await.unwrap();
    assert!(address.ip().is_loopback() && address.port() != 8080, "{address}");
    assert!(answers(address).await, "{address}");
    let outcome = stage.engine.stop(&id, Nanos::from_secs(1)).await.unwrap();
    println!("killed after {}", taken(&outcome));
    assert!(outcome.killed);
    assert_eq!(outcome.exit_code, 137);
    assert!(taken(&outcome) >= Nanos::from_millis(990), "{outcome:?}");
    assert!(taken(&outcome) < Nanos::from_secs(5), "{outcome:?}");
});

/// The image of an app that reports what it may do, and takes no care of signals.
async fn confessing(stage: &Stage) -> String {
    let tag = stage.tag("confess");
    let dockerfile = "FROM scratch\nCOPY tool nonce /\nENV PLAIN=1\n\
         CMD [\"/tool\", \"confess\", \"/here\", \"/tmp/here\"]\n";
    stage.build(&stage.request(&tag), dockerfile).await.unwrap();
    tag
}

live!(a_hardened_container_writes_only_to_its_memory_folder, stage => {
    let image = confessing(stage).await;
    let mut spec = stage.spec(&image, Reach::Bridge);
    spec.confinement = Confinement {
        init: true,
        read_only: true,
        tmpfs: vec!["/tmp".to_owned()],
        no_new_privileges: true,
        drop_capabilities: true,
    };
    let id = stage.started(&spec).await;
    let address = stage.engine.address(&id, 8080, Reach::Bridge).await.unwrap();
    assert!(answers(address).await, "{address}");
    let said = stage.engine.logs(&id, 20).await.unwrap();
    println!("{said:#?}");
    assert_eq!(said[..3], ["/here: Read-only file system", "/tmp/here: written", "docker-init"]);
    // As `docker run --tmpfs /tmp` mounts it.
    assert!(said[3].starts_with("tmpfs /tmp tmpfs rw,nosuid,nodev,noexec,"), "{}", said[3]);
    assert_eq!(said[4..6], ["CapBnd: 0000000000000000", "NoNewPrivs: 1"]);
    // The kernel's default ends every process but PID 1, which is the init process here.
    let outcome = stage.engine.stop(&id, Nanos::from_secs(10)).await.unwrap();
    assert_eq!((outcome.exit_code, outcome.killed), (143, false));
    assert!(taken(&outcome) < Nanos::from_secs(2), "{outcome:?}");
});

live!(a_container_that_is_not_confined_is_left_as_it_was, stage => {
    let image = confessing(stage).await;
    let id = stage.started(&stage.spec(&image, Reach::Bridge)).await;
    let address = stage.engine.address(&id, 8080, Reach::Bridge).await.unwrap();
    assert!(answers(address).await, "{address}");
    let said = stage.engine.logs(&id, 20).await.unwrap();
    println!("{said:#?}");
    // There is no `/tmp` in an image from scratch.
    let here = ["/here: written", "/tmp/here: No such file or directory", "tool"];
    assert_eq!(said[..3], here);
    assert_ne!(said[3], "CapBnd: 0000000000000000");
    assert_eq!(said[4], "NoNewPrivs: 0");
    // PID 1 without a handler does not hear the signal.
    let outcome = stage.engine.stop(&id, Nanos::from_secs(1)).await.unwrap();
    assert!(outcome.killed, "{outcome:?}");
});

live!(a_crash_is_heard_at_once, stage => {
    let tag = stage.tag("crash");
    let dockerfile = "FROM scratch\nCOPY tool nonce /\nCMD [\"/tool\", \"exit\", \"3\"]\n";
    stage.build(&stage.request(&tag), dockerfile).await.unwrap();
    let id = stage.started(&stage.spec(&tag, Reach::Bridge)).await;
    assert_eq!(stage.engine.exited(&id).await.unwrap(), 3);
    let gone = stage.engine.address(&id, 8080, Reach::Bridge).await.unwrap_err();
    assert!(gone.chain().contains("exit code is 3"), "{}", gone.chain());
    assert_eq!(stage.engine.logs(&id, 2).await.unwrap(), ["line 29", "line 30"]);
});

live!(the_engine_describes_itself, stage => {
    let facts = stage.engine.facts().await.unwrap();
    println!("{facts:#?}");
    assert_eq!(facts.name, "Docker Engine");
    assert_eq!(facts.builder, "buildkit");
    assert_eq!(facts.platform, "linux/amd64");
    assert!(["1", "2"].contains(&facts.cgroup_version.as_str()));
    stage.engine.ping().await.unwrap();
});
