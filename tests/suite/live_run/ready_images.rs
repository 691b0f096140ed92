//! Ready images on a real engine: measured without a build, and left as they are.

use plimsoll::engine::{BuildRequest, Engine};
use plimsoll::record::{Metric, RunRecord, Status};

use super::home::{Home, left};
use super::matrix::ended_at_once;
use crate::live_engine::stage::{Stage, live};

/// An image of the user's: without plimsoll's labels and name, and with a port in its config.
async fn users(stage: &Stage, name: &str) -> String {
    let tag = stage.foreign_tag(name);
    let request = BuildRequest {
        labels: Default::default(),
        ..stage.request(&tag)
    };
    let dockerfile = "FROM scratch\nCOPY tool nonce /\nEXPOSE 8080\nCMD [\"/tool\", \"serve\"]\n";
    stage.build(&request, dockerfile).await.unwrap();
    tag
}

fn value(record: &RunRecord, metric: Metric) -> f64 {
    let mut samples = record.samples.iter();
    let sample = samples.find(|sample| sample.metric == metric).unwrap();
    let counted = sample.outcome.counted();
    counted
        .unwrap_or_else(|| panic!("{metric}: {:?}", sample.outcome))
        .base_value()
}

live!(alone a_ready_image_is_measured_and_left_as_it_is, stage => {
    let tag = users(stage, "ready").await;
    let before = stage.engine.image(&tag).await.unwrap().unwrap();
    assert_eq!(before.ports, [8080]);
    let home = Home::new(stage, &[("unused", "FROM scratch\n")]);
    let ended = home.plimsoll(&["bench", "--image", &tag, "--profile", "quick"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    assert!(ended.err.contains("on port 8080"), "{}", ended.err);
    let (_, id) = home.run();
    assert_eq!(left(stage, &id).await, Vec::<String>::new());
    let record = home.record();
    for metric in [Metric::SizeUnpacked, Metric::SizeTransfer, Metric::PushTime, Metric::StartReady] {
        assert!(value(&record, metric) > 0.0, "{metric}");
    }
    let stop = record.samples.iter().find(|sample| sample.metric == Metric::StopTime).unwrap();
    assert!(stop.outcome.counted().is_some() || ended_at_once(stop), "{stop:?}");
    let mut samples = record.samples.iter();
    let built = samples.find(|sample| sample.metric == Metric::BuildCold).unwrap();
    assert_eq!(built.outcome.status(), Status::NotApplicable);
    let cleaned = home.plimsoll(&["clean", "--run", &id, "--yes"]);
    assert_eq!(cleaned.code, Some(0), "{}", cleaned.err);
    let after = stage.engine.image(&tag).await.unwrap().unwrap();
    assert_eq!((after.id, after.repo_digests), (before.id, before.repo_digests));
    stage.engine.remove_image(&tag).await.unwrap();
});

live!(alone a_clean_room_pulls_a_ready_image_whole, stage => {
    let tag = users(stage, "pulled").await;
    let home = Home::new(stage, &[("unused", "FROM scratch\n")]);
    let ended = home.plimsoll(&["bench", "--image", &tag, "--profile", "quick", "--engine", "clean-room"]);
    assert_eq!(ended.code, Some(0), "{}{}", ended.out, ended.err);
    let (_, id) = home.run();
    assert_eq!(left(stage, &id).await, Vec::<String>::new());
    let record = home.record();
    let transfer = value(&record, Metric::SizeTransfer);
    assert_eq!(value(&record, Metric::PushBytes), transfer, "it came by the registry, and did not stay there");
    assert!(value(&record, Metric::PullColdBytes) >= transfer);
    assert!(stage.engine.image(&tag).await.unwrap().is_some());
    stage.engine.remove_image(&tag).await.unwrap();
});
