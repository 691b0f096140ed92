//! Builds: steps, cache, failures, cancellation; in modules of their own,
//! platforms and secrets.

mod exported;
mod platforms;
mod secrets;
mod ssh;
mod steps;
mod sync;

use std::time::{Duration, Instant};

use plimsoll::engine::{BuildFailure, BuildStep, Engine};
use plimsoll::record::ImageStore;

use super::stage::{Stage, chunks, live};

fn dockerfile(stage: &Stage) -> String {
    format!(
        "FROM scratch AS make\nCOPY tool nonce /\nRUN [\"/tool\", \"write\", \"/{0}\", \"1000\"]\n\
         FROM scratch\nCOPY --from=make /{0} /hard /soft /\n",
        stage.nonce
    )
}

fn find<'a>(steps: &'a [BuildStep], text: &str) -> &'a BuildStep {
    let found = steps.iter().find(|step| step.name.contains(text));
    found.unwrap_or_else(|| panic!("no step `{text}` in {steps:#?}"))
}

live!(a_build_reports_its_steps_and_which_were_cached, stage => {
    let request = stage.request(&stage.tag("steps"));
    let mut heard = Vec::new();
    let context = stage.context(&dockerfile(stage));
    let first = stage
        .engine
        .build(&request, context, &mut |name| heard.push(name.to_owned()))
        .await
        .unwrap();
    assert_eq!(first.builder, "buildkit");
    for text in ["COPY tool nonce", "RUN", "COPY --from=make"] {
        let step = find(&first.steps, text);
        assert!(!step.cached, "{step:?}");
        assert!(step.started.is_some() && step.duration.unwrap().0 > 0, "{step:?}");
        assert!(heard.contains(&step.name), "{heard:?}");
    }
    assert!(find(&first.steps, "RUN").name.starts_with("[make 2/2] RUN [\"/tool\""));
    let image = stage.engine.image(&request.tag).await.unwrap().unwrap();
    assert_eq!(image.id, first.image);

    let second = stage.build(&request, &dockerfile(stage)).await.unwrap();
    for text in ["COPY tool nonce", "RUN", "COPY --from=make"] {
        assert!(find(&second.steps, text).cached, "{:#?}", second.steps);
    }
    assert_eq!(second.image, first.image);

    let mut cold = request.clone();
    cold.no_cache = true;
    let third = stage.build(&cold, &dockerfile(stage)).await.unwrap();
    assert!(!find(&third.steps, "RUN").cached);
});

live!(a_failing_command_gives_its_step_exit_code_and_last_lines, stage => {
    let dockerfile = format!(
        "FROM scratch\nCOPY tool nonce /\nRUN [\"/tool\", \"exit\", \"3\", \"{}\"]\n",
        stage.nonce
    );
    let failure = stage.build(&stage.request(&stage.tag("fails")), &dockerfile).await;
    match failure.unwrap_err() {
        BuildFailure::Step { step, message, exit_code, log } => {
            assert!(step.starts_with("[2/2] RUN"), "{step}");
            assert!(message.contains("exit code: 3"), "{message}");
            assert_eq!(exit_code, Some(3));
            assert_eq!(log.len(), 20);
            assert_eq!(log.last().unwrap(), "line 30");
        }
        other => panic!("{other:?}"),
    }
});

live!(what_no_step_can_help_is_a_refusal, stage => {
    // Nothing listens there, so nothing is asked of the network.
    let base = "FROM 127.0.0.1:9/nope:1\n";
    for (dockerfile, words) in [
        (base, "127.0.0.1:9"),
        ("FROM scratch\nRUNN x\n", "unknown instruction: RUNN"),
        ("# nothing\n", ""),
    ] {
        let failure = stage.build(&stage.request(&stage.tag("refused")), dockerfile).await;
        match failure.unwrap_err() {
            BuildFailure::Refused { message } => assert!(message.contains(words), "{message}"),
            other => panic!("{dockerfile}: {other:?}"),
        }
    }
});

live!(a_copy_that_finds_nothing_fails_by_its_words, stage => {
    let dockerfile = "FROM scratch\nCOPY nonce /\nCOPY nope.txt /\n";
    let failure = stage.build(&stage.request(&stage.tag("copy")), dockerfile).await;
    let failure = failure.unwrap_err();
    match failure {
        BuildFailure::Step { step, message, exit_code, .. } => {
            assert_eq!(step, "[2/2] COPY nope.txt /");
            assert!(message.contains("nope.txt"), "{message}");
            assert_eq!(exit_code, None);
        }
        other => panic!("{other:?}"),
    }
});

live!(dropping_a_build_kills_its_command, stage => {
    let dockerfile = format!(
        "FROM scratch\nCOPY tool nonce /\nRUN [\"/tool\", \"sleep\", \"60\", \"{}\"]\n",
        stage.nonce
    );
    let request = stage.request(&stage.tag("cancelled"));
    let build = stage.build(&request, &dockerfile);
    let started = wait_until(Duration::from_secs(30), || runs(&stage.nonce));
    tokio::select! {
        ended = build => panic!("{ended:?}"),
        seen = started => assert!(seen, "the command never ran"),
    }
    let dropped = Instant::now();
    assert!(
        wait_until(Duration::from_secs(10), || !runs(&stage.nonce)).await,
        "the command still runs"
    );
    println!("gone {} ms after the drop", dropped.elapsed().as_millis());
    assert!(stage.engine.image(&request.tag).await.unwrap().is_none());
});

live!(builds_leave_no_connection_behind, stage => {
    let tag = stage.tag("leak");
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    stage.build(&stage.request(&tag), &dockerfile(stage)).await.unwrap();
    let before = open();
    let mut took = Vec::new();
    for _ in 0..6 {
        let begun = Instant::now();
        stage
            .build(&stage.request(&tag), &dockerfile(stage))
            .await
            .unwrap();
        took.push(begun.elapsed().as_millis());
    }
    println!("cached builds took {took:?} ms; {before} open before, {} after", open());
    // Tests that run at the same time open connections too, but not six that stay.
    let settled = wait_until(Duration::from_secs(20), || open() < before + 6).await;
    assert!(settled, "{before} open before, {} after", open());
});

live!(a_tar_becomes_an_image, stage => {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(5);
    header.set_mode(0o644);
    tar.append_data(&mut header, "nonce", &b"12345"[..]).unwrap();
    let tag = stage.tag("import");
    let changes = [
        "CMD [\"/x\"]".to_owned(),
        format!("LABEL dev.plimsoll.run={}", stage.nonce),
        "USER 10".to_owned(),
    ];
    let tar = chunks(tar.into_inner().unwrap());
    let id = stage.engine.import(&tag, tar, &changes).await.unwrap();
    let image = stage.engine.image(&tag).await.unwrap().unwrap();
    assert_eq!(image.id, id);
    // The containerd store lists packed and unpacked bytes together.
    let facts = stage.engine.facts().await.unwrap();
    if facts.store == ImageStore::GraphDriver {
        assert_eq!(image.listed.0, 5);
    }
    assert_eq!(image.diff_ids.len(), 1);
    assert_eq!(image.user, "10");
    assert_eq!(image.labels["dev.plimsoll.run"], stage.nonce);
    assert_eq!(image.platform, "linux/amd64");
});

/// Whether a process with the nonce in its command line runs on this host.
fn runs(nonce: &str) -> bool {
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok())
        .any(|line| {
            line.starts_with(b"/tool")
                && line
                    .windows(nonce.len())
                    .any(|part| part == nonce.as_bytes())
        })
}

async fn wait_until(within: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + within;
    while !holds() {
        if Instant::now() > end {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    true
}
