//! Health checks: in images, and of containers.

use std::time::{Duration, Instant};

use plimsoll::engine::{ContainerId, Engine, Health};
use plimsoll::record::Reach;

use crate::live_engine::stage::{Stage, live};

/// Builds an app with these lines below it; gives its image's tag.
async fn app_with(stage: &Stage, name: &str, lines: &str) -> String {
    let tag = stage.tag(name);
    let dockerfile =
        format!("FROM scratch AS app\nCOPY tool nonce /\nCMD [\"/tool\", \"serve\"]\n{lines}");
    stage
        .build(&stage.request(&tag), &dockerfile)
        .await
        .unwrap();
    tag
}

async fn checked(stage: &Stage, tag: &str) -> bool {
    let image = stage.engine.image(tag).await.unwrap().unwrap();
    image.health_check.is_some()
}

async fn health(stage: &Stage, id: &ContainerId) -> Option<Health> {
    stage.engine.state(id).await.unwrap().health
}

/// The verdict after `Starting`, which each of these has at first.
async fn verdict(stage: &Stage, tag: &str) -> Option<Health> {
    let id = stage.started(&stage.spec(tag, Reach::Bridge)).await;
    assert_eq!(health(stage, &id).await, Some(Health::Starting));
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let seen = health(stage, &id).await;
        if seen != Some(Health::Starting) || Instant::now() > end {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

live!(a_check_that_passes_makes_a_container_healthy, stage => {
    let lines = "HEALTHCHECK --interval=1s CMD [\"/tool\", \"exit\", \"0\"]\n";
    let tag = app_with(stage, "healthy", lines).await;
    assert!(checked(stage, &tag).await);
    assert_eq!(verdict(stage, &tag).await, Some(Health::Healthy));
});

live!(a_check_that_fails_makes_it_unhealthy, stage => {
    let lines = "HEALTHCHECK --interval=1s --retries=1 CMD [\"/tool\", \"exit\", \"1\"]\n";
    let tag = app_with(stage, "unhealthy", lines).await;
    assert!(checked(stage, &tag).await);
    assert_eq!(verdict(stage, &tag).await, Some(Health::Unhealthy));
});

live!(without_a_check_there_is_no_health, stage => {
    let none = app_with(stage, "unchecked", "").await;
    // `NONE` takes away what the base has.
    let lines = "HEALTHCHECK CMD [\"/tool\", \"exit\", \"0\"]\nFROM app\nHEALTHCHECK NONE\n";
    let away = app_with(stage, "taken", lines).await;
    for tag in [&none, &away] {
        assert!(!checked(stage, tag).await, "{tag}");
        let mut spec = stage.spec(tag, Reach::Bridge);
        spec.name.push_str(&tag.replace(['/', ':'], "-"));
        let id = stage.started(&spec).await;
        assert_eq!(health(stage, &id).await, None, "{tag}");
    }
});

live!(a_check_is_inherited_from_the_base, stage => {
    let lines = "HEALTHCHECK CMD [\"/tool\", \"exit\", \"0\"]\nFROM app\nENV A=1\n";
    let tag = app_with(stage, "inherited", lines).await;
    assert!(checked(stage, &tag).await);
});
