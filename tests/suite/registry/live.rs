//! Real clients: the engine, and skopeo.

use std::process::Command;
use std::time::Duration;

use plimsoll::engine::{Engine, Registry, RegistryEndpoint};
use plimsoll::registry::{Server, bind};
use plimsoll::units::{Bytes, Count};

use crate::live_engine::stage::live;

/// `skopeo` with its standard output, or what is missing.
fn skopeo(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("skopeo")
        .args(arguments)
        .output()
        .expect("skopeo is there: scripts/setup installs it, or apt-get install skopeo");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    output.stdout
}

live!(engine_and_skopeo_push_and_pull_what_the_record_states, stage => {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::open(&folder.path().join("store")).unwrap();
    for endpoint in [RegistryEndpoint::Build, RegistryEndpoint::Pull] {
        server.serve(endpoint, bind("127.0.0.1:0".parse().unwrap()).unwrap()).unwrap();
    }
    let (build, pull) = (server.authority(RegistryEndpoint::Build), server.authority(RegistryEndpoint::Pull));
    let repository = format!("plimsoll/live-{}", stage.nonce);

    // Pushed by the engine.
    // Imported, because a built image stays in the builder's cache and would not be fetched.
    let app = stage.tag("registry");
    let changes: Vec<_> = stage.labels().iter().map(|(key, value)| format!("LABEL {key}={value}")).collect();
    stage.engine.import(&app, stage.context("no Dockerfile").files.tar("Dockerfile", &"no Dockerfile".into()), &changes).await.unwrap();
    let pushed = format!("{build}/{repository}:1");
    stage.engine.tag(&app, &pushed).await.unwrap();
    let outcome = stage.engine.push(&pushed, &mut |_| {}).await.unwrap();
    let record = server.manifest(&repository, "1", "linux/amd64").unwrap();
    assert_eq!(outcome.digest.as_deref(), Some(record.digest.as_str()));
    let traffic = server.traffic(RegistryEndpoint::Build);
    assert_eq!(traffic.broken, Count(0));
    let received: Bytes = traffic.received.values().copied().sum();
    let blobs: Bytes = record.blobs().values().copied().sum();
    assert_eq!(received, blobs);

    // The engine remembers where it pushed a layer, and checks that it still exists.
    server.forget(&repository).unwrap();
    server.reset_traffic(RegistryEndpoint::Build);
    stage.engine.push(&pushed, &mut |_| {}).await.unwrap();
    let again = server.traffic(RegistryEndpoint::Build);
    assert_eq!(again.received, traffic.received);
    assert_eq!(server.manifest(&repository, "1", "linux/amd64").unwrap(), record);

    // The same sum, computed by another tool.
    let reference = format!("docker://{build}/{repository}:1");
    let raw = skopeo(&["inspect", "--raw", "--tls-verify=false", &reference]);
    assert_eq!(Bytes(raw.len() as u64), record.bytes);
    let raw: serde_json::Value = serde_json::from_slice(&raw).unwrap();
    let size = |part: &serde_json::Value| part["size"].as_u64().unwrap();
    let layers = raw["layers"].as_array().unwrap();
    let sum = size(&raw["config"]) + layers.iter().map(size).sum::<u64>();
    println!("{sum} bytes in config and {} layers", layers.len());
    assert_eq!(record.sum(), Bytes(sum));
    let inspected = skopeo(&["inspect", "--tls-verify=false", &reference]);
    let inspected: serde_json::Value = serde_json::from_slice(&inspected).unwrap();
    assert_eq!(inspected["Digest"], record.digest.as_str());
    assert_eq!(inspected["RepoTags"], serde_json::json!(["1"]));

    // Copied in and out by skopeo, as a Docker and as an OCI image.
    let oci = format!("oci:{}:1", folder.path().join("oci").display());
    let insecure = ["--src-tls-verify=false", "--dest-tls-verify=false"];
    let copy = |from: &str, to: &str| skopeo(&["copy", insecure[0], insecure[1], from, to]);
    copy(&reference, &oci);
    let second = format!("docker://{build}/{repository}-oci:1");
    copy(&oci, &second);
    let as_oci = server.manifest(&format!("{repository}-oci"), "1", "linux/amd64").unwrap();
    assert_eq!(as_oci.media_type, "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(as_oci.layers, record.layers);

    // Pulled by the engine through the shaped endpoint, after it removed the image.
    let id = stage.engine.image(&app).await.unwrap().unwrap().id;
    for reference in [&pushed, &app] {
        stage.engine.remove_image(reference).await.unwrap();
    }
    server.shape("200mbit,5ms".parse().unwrap());
    server.reset_traffic(RegistryEndpoint::Pull);
    let pulled = format!("{pull}/{repository}:1");
    stage.engine.pull(&pulled, &mut |_| {}).await.unwrap();
    assert_eq!(stage.engine.image(&pulled).await.unwrap().unwrap().id, id);
    let traffic = server.traffic(RegistryEndpoint::Pull);
    let served: Vec<_> = traffic.served.iter().map(|(of, n)| (of.as_str(), *n)).collect();
    assert_eq!(served, Vec::from_iter(record.blobs()), "{traffic:?}");
    stage.engine.remove_image(&pulled).await.unwrap();
    stage.engine.pull(&format!("{build}/{repository}-oci:1"), &mut |_| {}).await.unwrap();

    server.close(Duration::from_secs(1)).await;
    server.forget(&repository).unwrap();
    server.forget(&format!("{repository}-oci")).unwrap();
    assert!(super::client::files(folder.path().join("store").as_path()).is_empty());
});
