//! SSH agents of a build: asked by its commands.

use std::collections::BTreeMap;
use std::path::Path;

use plimsoll::engine::{BuildFailure, BuildRequest, Engine};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;

use super::exported::{exported, holds};
use crate::live_engine::stage::{Stage, live};

/// An answer of several messages.
fn answer(question: &str) -> String {
    format!(
        "{question} was asked; {}",
        "0123456789abcdef".repeat(16_384)
    )
}

/// An agent that reads a question to its end, answers, and closes.
fn agent(socket: &Path) -> tokio::task::JoinHandle<()> {
    let listener = UnixListener::bind(socket).unwrap();
    tokio::spawn(async move {
        loop {
            let (mut peer, _) = listener.accept().await.unwrap();
            let mut question = String::new();
            peer.read_to_string(&mut question).await.unwrap();
            // Whether it answers is asked first, and that connection is closed at once.
            let _ = peer.write_all(answer(&question).as_bytes()).await;
        }
    })
}

fn asking(mount: &str, question: &str) -> String {
    let command = format!(r#"["/tool", "agent", "{question}", "/answer"]"#);
    format!("FROM scratch\nCOPY tool nonce /\nRUN --mount=type=ssh{mount} {command}\n")
}

fn request(stage: &Stage, name: &str, agents: &[(&str, &Path)]) -> BuildRequest {
    let agents = agents
        .iter()
        .map(|(id, at)| ((*id).to_owned(), at.to_path_buf()));
    BuildRequest {
        ssh: agents.collect::<BTreeMap<_, _>>(),
        ..stage.request(&stage.tag(name))
    }
}

live!(a_command_asks_the_agent_that_its_mount_names, stage => {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    let agents = [agent(&one), agent(&other)];
    let given = [("default", one.as_path()), ("work", other.as_path())];
    for (mount, question) in [("", "first"), (",id=work", "second")] {
        let request = request(stage, question, &given);
        stage.build(&request, &asking(mount, question)).await.unwrap();
        let saved = exported(stage, &request.tag).await;
        assert!(holds(&saved, &answer(question)), "{question}: another answer");
    }
    for agent in agents {
        agent.abort();
    }
});

live!(an_agent_that_is_not_there_fails_its_step, stage => {
    let dir = tempfile::tempdir().unwrap();
    let gone = dir.path().join("gone");
    let of_gone = request(stage, "gone", &[("default", &gone)]);
    let of_other = request(stage, "other", &[("default", &gone)]);
    for (request, mount) in [
        (&stage.request(&stage.tag("none")), ",required=true"),
        (&of_other, ",id=work,required=true"),
        (&of_gone, ",required=true"),
    ] {
        let failure = stage.build(request, &asking(mount, "any")).await.unwrap_err();
        println!("{failure:?}");
        assert!(matches!(failure, BuildFailure::Step { .. }), "{mount}: {failure:?}");
        assert!(stage.engine.image(&request.tag).await.unwrap().is_none());
    }
});
