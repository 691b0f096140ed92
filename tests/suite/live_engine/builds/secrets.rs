//! Secrets of a build: read by its commands, and left nowhere.

use std::collections::BTreeMap;

use plimsoll::engine::{BuildFailure, BuildRequest, Engine, Secret};
use plimsoll::oci::sha256_hex;

use super::exported::{exported, holds};
use crate::live_engine::stage::{Stage, live};

/// A secret of this test alone; not the nonce, which is in the image.
fn token(stage: &Stage) -> String {
    format!("token-{}", sha256_hex(stage.nonce.as_bytes()))
}

fn request(stage: &Stage, name: &str) -> BuildRequest {
    let mut request = stage.request(&stage.tag(name));
    let secret = Secret(token(stage));
    request.secrets = BTreeMap::from([("token".to_owned(), secret)]);
    request
}

/// A Dockerfile whose command sees the secret of an id.
fn reading(id: &str, command: &str) -> String {
    let mount = format!("--mount=type=secret,id={id},required=true");
    format!("FROM scratch\nCOPY tool nonce /\nRUN {mount} {command}\n")
}

live!(a_command_reads_a_secret_and_the_image_does_not_have_it, stage => {
    let request = request(stage, "secret");
    let run = r#"["/tool", "digest", "/run/secrets/token", "/digest"]"#;
    // The engine asks every five seconds whether the session is still there.
    let copy = "COPY tool nonce /\n";
    let slow = format!("{copy}RUN [\"/tool\", \"sleep\", \"7\"]\n");
    let dockerfile = reading("token", run).replace(copy, &slow);
    let mut heard = Vec::new();
    let context = stage.context(&dockerfile);
    let built = stage
        .engine
        .build(&request, context, &mut |step| heard.push(step.to_owned()))
        .await
        .unwrap();
    let token = token(stage);
    let reported = format!("{built:?} {heard:?} {request:?}");
    assert!(!reported.contains(&token), "it was printed");

    let image = stage.engine.image(&request.tag).await.unwrap().unwrap();
    assert_eq!(image.id, built.image);
    assert!(!format!("{image:?}").contains(&token), "it is in the history");
    let saved = exported(stage, &request.tag).await;
    assert!(holds(&saved, &sha256_hex(token.as_bytes())), "no digest of it");
    assert!(!holds(&saved, &token), "it is in a layer");
});

live!(a_secret_that_is_missing_fails_its_step, stage => {
    let run = r#"["/tool", "digest", "/run/secrets/other", "/digest"]"#;
    let request = request(stage, "missing");
    let failure = stage.build(&request, &reading("other", run)).await.unwrap_err();
    println!("{failure:?}");
    match &failure {
        BuildFailure::Step { step, message, .. } => {
            assert!(step.contains("2/2] RUN --mount=type=secret,id=other"), "{step}");
            assert!(message.contains("other") && message.contains("not found"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    assert!(!format!("{failure:?}").contains(&token(stage)));

    // The same where a build has none at all.
    let none = stage.request(&stage.tag("none"));
    let failure = stage.build(&none, &reading("token", run)).await.unwrap_err();
    assert!(matches!(failure, BuildFailure::Step { .. }), "{failure:?}");
});

live!(a_secret_that_a_command_prints_is_masked, stage => {
    let request = request(stage, "printed");
    let run = r#"["/tool", "print", "/run/secrets/token"]"#;
    let failure = stage.build(&request, &reading("token", run)).await.unwrap_err();
    let reported = format!("{failure:?}");
    assert!(!reported.contains(&token(stage)), "it was printed");
    match failure {
        BuildFailure::Step { exit_code, log, .. } => {
            assert_eq!(exit_code, Some(3));
            assert_eq!(log, ["(secret)"]);
        }
        other => panic!("{other:?}"),
    }
});

live!(builds_at_a_time_have_each_their_own_secrets, stage => {
    let run = |to: &str| format!(r#"["/tool", "digest", "/run/secrets/token", "/{to}"]"#);
    let (mut one, mut other) = (request(stage, "one"), request(stage, "other"));
    for (request, value) in [(&mut one, "first value"), (&mut other, "second value")] {
        let secret = Secret(value.to_owned());
        request.secrets.insert("token".to_owned(), secret);
    }
    let (first, second) = (reading("token", &run("1")), reading("token", &run("2")));
    let built = tokio::join!(stage.build(&one, &first), stage.build(&other, &second));
    built.0.unwrap();
    built.1.unwrap();
    for (request, value) in [(&one, "first value"), (&other, "second value")] {
        let saved = exported(stage, &request.tag).await;
        assert!(holds(&saved, &sha256_hex(value.as_bytes())), "{value}");
    }
});
