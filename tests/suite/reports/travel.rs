//! A synthetic run whose images were pushed and pulled over two links.

use plimsoll::record::{
    BaseRecord, BlobRecord, Disposition, DistributionRecord, EngineFacts, ImageRecord, Link,
    ManifestRecord, Metric, Outcome, RunRecord,
};
use plimsoll::units::Bytes;

use super::builder::{Build, MB, MS, quantity, run};

pub fn fast() -> Link {
    "100mbit".parse().unwrap()
}

pub fn slow() -> Link {
    "20mbit,10ms".parse().unwrap()
}

/// `[("b1", 30_000_000)]` as blobs.
fn blobs(layers: &[(&str, u64)]) -> Vec<BlobRecord> {
    let blob = |(digest, bytes): &(&str, u64)| BlobRecord {
        digest: format!("sha256:{digest}"),
        bytes: Bytes(*bytes),
    };
    layers.iter().map(blob).collect()
}

fn base(run: &mut RunRecord, reference: &str, layers: &[&str]) {
    run.bases.push(BaseRecord {
        manifest_digest: None,
        reference: reference.to_owned(),
        resolved: reference.to_owned(),
        image_id: "sha256:00".to_owned(),
        repo_digests: Vec::new(),
        diff_ids: layers.iter().map(|layer| format!("diff-{layer}")).collect(),
        unpacked_bytes: Bytes(100 * MB),
        stand_in: None,
    });
}

/// A case with its image; layers have a diff id each, named as the layer.
fn image(run: &mut RunRecord, variant: &str, bases: &[&str], config: u64, layers: &[(&str, u64)]) {
    run.case(variant, Disposition::Qualified);
    let case = run.cases.last_mut().unwrap();
    case.bases = bases.iter().map(|base| (*base).to_owned()).collect();
    let manifest = ManifestRecord {
        digest: format!("sha256:manifest-{variant}"),
        media_type: "application/vnd.docker.distribution.manifest.v2+json".to_owned(),
        bytes: Bytes(1_000),
        config: blobs(&[(&format!("config-{variant}"), config)]).remove(0),
        layers: blobs(layers),
    };
    let transfer = manifest.sum();
    case.image = Some(ImageRecord {
        id: "sha256:00".to_owned(),
        diff_ids: layers
            .iter()
            .map(|(layer, _)| format!("diff-{layer}"))
            .collect(),
        history: Vec::new(),
        user: String::new(),
        layer_bytes: None,
        reach: None,
        manifest: Some(manifest),
    });
    run.values(variant, Metric::SizeUnpacked, &[transfer.0 * 3; 6]);
    run.values(variant, Metric::SizeTransfer, &[transfer.0; 6]);
    run.values(
        variant,
        Metric::PushTime,
        &[900, 910, 920, 930, 940, 950].map(|ms| ms * MS),
    );
    run.values(variant, Metric::StartCreate, &[10 * MS; 6]);
    run.values(variant, Metric::StartReady, &[400 * MS; 6]);
}

/// Six pulls: around `millis`, and `bytes` each.
fn pulls(run: &mut RunRecord, link: Link, variant: &str, time: Metric, millis: u64, bytes: u64) {
    let bytes_metric = match time {
        Metric::PullCold => Metric::PullColdBytes,
        Metric::PullBase => Metric::PullBaseBytes,
        _ => Metric::PullUpdateBytes,
    };
    for i in 0..6 {
        let mut ok = |metric, whole| {
            let value = quantity(metric, whole);
            run.over(Some(link), variant, metric, Outcome::Ok { value });
        };
        let taken = millis * MS * (100 + i) / 100;
        ok(time, taken);
        ok(bytes_metric, bytes);
        if time == Metric::PullCold {
            ok(Metric::PullColdDownload, taken / 2);
            ok(Metric::PullColdUnpack, taken / 4);
        }
    }
}

/// The engine that pulled, with its data in memory.
fn puller(run: &RunRecord) -> EngineFacts {
    let mut engine = run.engine.clone();
    engine.backing = Some("tmpfs".to_owned());
    engine
}

/// Three variants over two links. `single-stage` has a layer twice; `multi-stage` shares
/// a layer with it, has an invalid cold pull and an update that did not finish over the
/// slow link; `static` has no base.
pub fn two_links() -> RunRecord {
    let mut run = run();
    run.plan.links = vec![fast(), slow()];
    run.distribution = Some(DistributionRecord {
        puller: Some(puller(&run)),
        why_no_puller: None,
    });
    base(&mut run, "node:20", &["b1", "b2"]);
    base(&mut run, "node:20-slim", &["b3"]);
    let single = [
        ("b1", 30 * MB),
        ("b2", 20 * MB),
        ("s1", 40 * MB),
        ("empty", 32),
        ("s2", 5 * MB),
        ("empty", 32),
    ];
    let multi = [("b3", 25 * MB), ("s2", 5 * MB), ("m1", 5 * MB)];
    image(&mut run, "single-stage", &["node:20"], 8_000, &single);
    image(
        &mut run,
        "multi-stage",
        &["node:20", "node:20-slim"],
        6_000,
        &multi,
    );
    image(&mut run, "static", &["node:20"], 1_000, &[("t1", 4 * MB)]);
    run.values("single-stage", Metric::PushBytes, &[45_008_032; 6]);
    run.values("multi-stage", Metric::PushBytes, &[10_006_000; 6]);
    run.values("static", Metric::PushBytes, &[4_001_000; 6]);
    for (link, factor) in [(fast(), 1), (slow(), 5)] {
        let mut add = |variant, metric, millis: u64, bytes| {
            pulls(&mut run, link, variant, metric, millis * factor, bytes);
        };
        add("single-stage", Metric::PullCold, 8_000, 95_008_032);
        add("single-stage", Metric::PullBase, 4_000, 45_008_032);
        add("single-stage", Metric::PullUpdate, 500, 5_008_000);
        add("multi-stage", Metric::PullCold, 3_000, 35_006_000);
        add("multi-stage", Metric::PullBase, 900, 10_006_000);
        if link == fast() {
            add("multi-stage", Metric::PullUpdate, 450, 5_006_000);
        }
        add("static", Metric::PullCold, 400, 4_001_000);
        add("static", Metric::PullBase, 400, 4_001_000);
        add("static", Metric::PullUpdate, 400, 4_001_000);
    }
    let invalid = Outcome::Invalid {
        value: Some(quantity(Metric::PullCold, 1_000 * MS)),
        reason: "layer b3 was there before".to_owned(),
    };
    run.over(Some(fast()), "multi-stage", Metric::PullCold, invalid);
    for metric in [Metric::PullUpdate, Metric::PullUpdateBytes] {
        let dnf = Outcome::Dnf {
            reason: "the registry was cut off | EOF".to_owned(),
        };
        run.over(Some(slow()), "multi-stage", metric, dnf);
    }
    run
}

/// The same, pushed only: the host's engine is not ours to pull with.
pub fn pushed_only() -> RunRecord {
    let mut run = two_links();
    run.plan.links.clear();
    let why = "the host's engine is left alone".to_owned();
    run.samples.retain(|sample| !sample.metric.is_linked());
    for variant in ["single-stage", "multi-stage", "static"] {
        for metric in Metric::ALL.iter().filter(|metric| metric.is_linked()) {
            let reason = why.clone();
            run.sample(variant, *metric, Outcome::NotMeasured { reason });
        }
    }
    run.distribution = Some(DistributionRecord {
        puller: None,
        why_no_puller: Some(why),
    });
    run
}
