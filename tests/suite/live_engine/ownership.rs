//! The user's things next to ours: they are never listed, removed or pruned.

use std::collections::BTreeSet;

use bollard::models::{ContainerCreateBody, VolumeCreateRequest};
use bollard::query_parameters as query;
use plimsoll::engine::{ContainerId, Engine, OwnedKind, RemovalOutcome};
use plimsoll::record::{ImageStore, Reach};

use super::stage::{Stage, live};

/// A user's build of the same shape as ours: no labels of its own.
async fn foreign_build(stage: &Stage, tag: &str, dockerfile: &str) {
    let mut request = stage.request(tag);
    request.labels.clear();
    stage.build(&request, dockerfile).await.unwrap();
}

async fn foreign_container(stage: &Stage, image: &str) -> String {
    let name = format!("foreign-{}", stage.nonce);
    let options = query::CreateContainerOptionsBuilder::default()
        .name(&name)
        .build();
    let body = ContainerCreateBody {
        image: Some(image.to_owned()),
        ..ContainerCreateBody::default()
    };
    let created = stage.docker.create_container(Some(options), body).await;
    created.unwrap().id
}

live!(what_is_not_ours_stays, stage => {
    let (engine, docker) = (&stage.engine, &stage.docker);
    let app = stage.app().await;
    // On ours, so both inherit all of our labels.
    let foreign_image = stage.foreign_tag("on-ours");
    foreign_build(stage, &foreign_image, &format!("FROM {app}\nCOPY nonce /more\n")).await;
    let foreign_container = foreign_container(stage, &app).await;
    let foreign_volume = format!("foreign-{}", stage.nonce);
    let volume = VolumeCreateRequest {
        name: Some(foreign_volume.clone()),
        ..VolumeCreateRequest::default()
    };
    docker.create_volume(volume).await.unwrap();
    // One of our images has a user's tag as well.
    let both = stage.tag("both");
    let dockerfile = "FROM scratch\nCOPY nonce /both\n";
    stage.build(&stage.request(&both), dockerfile).await.unwrap();
    let second = format!("{}-second", stage.nonce);
    let options = query::TagImageOptionsBuilder::default()
        .repo("foreign/live")
        .tag(&second)
        .build();
    docker.tag_image(&both, Some(options)).await.unwrap();
    let ours = engine.create(&stage.spec(&app, Reach::Bridge)).await.unwrap();

    let mine = |owned: &plimsoll::engine::Owned| owned.run.as_deref() == Some(&stage.nonce);
    let owned: Vec<_> = engine.owned().await.unwrap().into_iter().filter(mine).collect();
    let names: BTreeSet<_> = owned.iter().map(|owned| (owned.kind, owned.id.as_str())).collect();
    let expected = BTreeSet::from([
        (OwnedKind::Container, ours.0.as_str()),
        (OwnedKind::Image, app.as_str()),
        (OwnedKind::Image, both.as_str()),
    ]);
    assert_eq!(names, expected);

    for owned in &owned {
        match owned.kind {
            OwnedKind::Container => {
                engine.remove_container(&ContainerId(owned.id.clone())).await.unwrap();
            }
            _ => {
                let outcome = engine.remove_image(&owned.id).await.unwrap();
                // The user's container still needs it.
                let expected = if owned.id == app {
                    RemovalOutcome::InUse
                } else {
                    RemovalOutcome::Removed
                };
                assert_eq!(outcome, expected, "{}", owned.id);
            }
        }
    }
    assert_eq!(engine.remove_image(&both).await.unwrap(), RemovalOutcome::Absent);
    let kept = engine.image(&format!("foreign/live:{second}")).await.unwrap();
    let kept = kept.expect("the user's tag keeps the image");
    // By the image's id, the user's only tag stays too.
    assert_eq!(engine.remove_image(&kept.id.0).await.unwrap(), RemovalOutcome::InUse);
    assert!(engine.image(&kept.id.0).await.unwrap().is_some());
    assert!(engine.image(&foreign_image).await.unwrap().is_some());
    assert!(engine.state(&ContainerId(foreign_container)).await.is_ok());
    docker.inspect_volume(&foreign_volume).await.unwrap();
});

live!(a_dangling_image_of_a_run_is_found_and_removed, stage => {
    let engine = &stage.engine;
    let tag = stage.tag("dangling");
    let first = stage.build(&stage.request(&tag), "FROM scratch\nCOPY nonce /1\n").await.unwrap();
    stage.build(&stage.request(&tag), "FROM scratch\nCOPY nonce /2\n").await.unwrap();
    // On the containerd store an image goes with its last tag: nothing dangles.
    if engine.facts().await.unwrap().store == ImageStore::Containerd {
        assert_eq!(engine.image(&first.image.0).await.unwrap(), None);
        return;
    }
    let owned = engine.owned().await.unwrap();
    assert!(owned.iter().any(|owned| owned.id == first.image.0), "{owned:#?}");
    assert_eq!(engine.remove_image(&first.image.0).await.unwrap(), RemovalOutcome::Removed);
    assert_eq!(engine.image(&first.image.0).await.unwrap(), None);
    assert_eq!(engine.remove_image(&first.image.0).await.unwrap(), RemovalOutcome::Absent);
});

live!(pruning_takes_the_named_records_and_no_other, stage => {
    let engine = &stage.engine;
    let build = async |word: &str| {
        let before = stage.own_records();
        let dockerfile = format!(
            "FROM scratch\nCOPY tool nonce /\nCOPY nonce /{word}\n\
             RUN [\"/tool\", \"write\", \"/{word}{0}\", \"9\"]\n",
            stage.nonce
        );
        foreign_build(stage, &stage.foreign_tag(word), &dockerfile).await;
        let after = stage.own_records();
        after.difference(&before).cloned().collect::<Vec<_>>()
    };
    let theirs = build("theirs").await;
    let ours = build("ours").await;
    println!("theirs {theirs:?}, ours {ours:?}");
    assert!(!theirs.is_empty() && !ours.is_empty());

    let all = async || -> BTreeSet<String> {
        let records = engine.build_cache().await.unwrap();
        records.into_iter().map(|record| record.id).collect()
    };
    let before = all().await;
    assert_eq!(engine.prune_cache(&[]).await.unwrap(), Vec::<String>::new());
    // The start of an id, and patterns that match every id.
    let start = theirs[0][..6].to_owned();
    engine.prune_cache(&[start]).await.unwrap();
    for pattern in ["", ".*", "a|b", "^"] {
        assert!(engine.prune_cache(&[pattern.to_owned()]).await.is_err(), "{pattern}");
    }
    let gone = engine.prune_cache(&ours).await.unwrap();
    assert_eq!(gone, ours);
    let after = all().await;
    for id in &theirs {
        assert!(after.contains(id), "{id} of the user is gone");
    }
    let missing: Vec<_> = before.difference(&after).collect();
    println!("gone: {missing:?}");
    // The images keep their layers all the same.
    let image = engine.image(&stage.foreign_tag("ours")).await.unwrap();
    assert!(image.is_some());
});
