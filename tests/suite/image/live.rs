//! Images of the real engine against other sources: `docker export`, `tar`, and the
//! image's own `find`, `dpkg-query` and `apk`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use plimsoll::engine::{BuildRequest, Engine, Secret};
use plimsoll::image::{
    ImageContents, ImageSelection, ImageSource, Planted, analyse_export, examine,
};
use plimsoll::record::SecretPlace;

use crate::live_engine::stage::{Stage, live};

/// Stand-ins; those that are not there are passed over, and one must be there.
const IMAGES: &[&str] = &[
    "plimsoll.local/alpine:3.20",
    "plimsoll.local/debian:bookworm-slim",
    "plimsoll.local/node:20-slim",
    "plimsoll.local/python:3.13-slim",
    "plimsoll.local/gcr.io/distroless/nodejs20-debian12:latest",
    "plimsoll.local/gcr.io/distroless/static-debian12:nonroot",
];

/// What Docker adds to a container's tree before it starts.
const ADDED: &[&str] = &[
    ".dockerenv",
    "dev",
    "dev/console",
    "dev/pts",
    "dev/shm",
    "etc",
    "etc/hostname",
    "etc/hosts",
    "etc/mtab",
    "etc/resolv.conf",
    "proc",
    "sys",
];

live!(real_images_hold_what_other_sources_say, stage => {
    let mut seen = 0;
    for image in IMAGES {
        if stage.engine.image(image).await.unwrap().is_none() {
            println!("passed over: {image}");
            continue;
        }
        seen += 1;
        let reported = look(stage, image, &[]).await;
        let (names, layer_bytes) = layers(image);
        let (files, tree_bytes) = exported(stage, image, &names);
        println!("{image}: {} files, {} of {} bytes", reported.files.0, reported.tree_bytes.0, reported.layer_bytes.0);
        assert_eq!(reported.files.0, files, "{image}");
        assert_eq!(reported.tree_bytes.0, tree_bytes, "{image}");
        assert_eq!(reported.layer_bytes.0, layer_bytes, "{image}");
        assert_eq!(reported.waste.0, layer_bytes - tree_bytes, "{image}");
        // Nobody has put a secret or a working tree into these.
        assert_eq!(reported.posture.secrets, [], "{image}");
        assert_eq!(reported.posture.leaks, [""; 0], "{image}");
        assert_eq!(reported.posture.sources, BTreeMap::new(), "{image}");
        if reported.posture.shell.is_some() {
            ask(image, &reported);
        }
    }
    assert!(seen > 0 , "no stand-in is there: run `plimsoll bases build`");
});

/// What programs in the image itself say.
fn ask(image: &str, reported: &ImageContents) {
    let find = ["find", "/", "-xdev", "-type", "f", "-perm", "/6000"];
    let mut setuid = run(image, &find);
    setuid.sort();
    assert_eq!(reported.posture.setuid, setuid, "{image}");
    let has = |name: &str| {
        reported
            .posture
            .package_managers
            .iter()
            .any(|path| path.ends_with(name))
    };
    let installed = if has("/dpkg") {
        let lines = run(image, &["dpkg-query", "-W", "-f", "${db:Status-Status}\n"]);
        lines.iter().filter(|line| *line == "installed").count()
    } else if has("/apk") {
        run(image, &["apk", "info"]).len()
    } else {
        return;
    };
    assert_eq!(
        reported.posture.os_packages.map(|count| count.0),
        Some(installed as u64),
        "{image}"
    );
}

live!(a_secret_in_a_build_is_found_where_it_went, stage => {
    let token = format!("planted-{}-token", stage.nonce);
    let dockerfile = format!(
        "FROM scratch\nARG NPM_TOKEN\nCOPY tool nonce /\nENV LEFT={token}\n\
         RUN [\"/tool\", \"write\", \"/{token}\", \"10\"]\n"
    );
    let tag = stage.tag("secret");
    let request = BuildRequest {
        build_args: [("NPM_TOKEN".to_owned(), token.clone())].into(),
        ..stage.request(&tag)
    };
    stage.build(&request, &dockerfile).await.unwrap();
    let reported = look(stage, &tag, &[&token]).await;
    let places: BTreeSet<_> = reported.posture.secrets.iter().map(|found| found.place).collect();
    println!("{:?}", reported.posture.secrets);
    let all = [SecretPlace::History, SecretPlace::Config, SecretPlace::Layer];
    assert_eq!(places, all.into());
    assert!(reported.posture.secrets.iter().all(|found| found.planted));
    // Another token is not in it; but the build argument's name speaks of a secret.
    let others = look(stage, &tag, &["planted-elsewhere"]).await.posture.secrets;
    let kinds: Vec<_> = others.iter().map(|found| (found.kind.as_str(), found.planted)).collect();
    assert_eq!(kinds, [("value of NPM_TOKEN", false)]);
});

async fn look(stage: &Stage, image: &str, tokens: &[&str]) -> ImageContents {
    let planted = tokens.iter().map(|token| Planted {
        token: Secret((*token).to_owned()),
    });
    let export = stage.engine.export(image).await.unwrap();
    analyse_export(export, planted.collect()).await.unwrap()
}

fn lines(program: &str, arguments: &[&str]) -> Vec<String> {
    let done = Command::new(program).args(arguments).output().unwrap();
    let words = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {arguments:?}: {words}");
    let text = String::from_utf8_lossy(&done.stdout);
    text.lines().map(str::to_owned).collect()
}

fn run(image: &str, words: &[&str]) -> Vec<String> {
    let head = [
        "run",
        "--rm",
        "--network",
        "none",
        "--user",
        "0",
        "--entrypoint",
        words[0],
        image,
    ];
    lines("docker", &[&head, &words[1..]].concat())
}

fn clean(name: &str) -> String {
    name.trim_start_matches("./").trim_matches('/').to_owned()
}

/// Names and file bytes of a tar, as GNU tar lists them.
fn listed(tar: &Path) -> Vec<(String, u64)> {
    let tar = tar.to_str().unwrap();
    let names = lines("tar", &["tf", tar, "--quoting-style=escape"]);
    let long = lines(
        "tar",
        &["tvf", tar, "--numeric-owner", "--quoting-style=escape"],
    );
    assert_eq!(names.len(), long.len());
    let size = |line: &str| match line.starts_with('-') {
        true => line
            .split_whitespace()
            .nth(2)
            .unwrap()
            .parse::<u64>()
            .unwrap(),
        false => 0,
    };
    let sizes = long.iter().map(|line| size(line));
    names.iter().map(|name| clean(name)).zip(sizes).collect()
}

/// Names in any layer with their last size, and the bytes of all.
fn layers(image: &str) -> (BTreeMap<String, u64>, u64) {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.tar");
    lines("docker", &["save", image, "-o", saved.to_str().unwrap()]);
    lines(
        "tar",
        &[
            "xf",
            saved.to_str().unwrap(),
            "-C",
            folder.path().to_str().unwrap(),
        ],
    );
    let text = std::fs::read(folder.path().join("manifest.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let (mut names, mut bytes) = (BTreeMap::new(), 0);
    for layer in manifest[0]["Layers"].as_array().unwrap() {
        for (name, size) in listed(&folder.path().join(layer.as_str().unwrap())) {
            bytes += size;
            names.insert(name, size);
        }
    }
    (names, bytes)
}

/// Number of names and bytes of a container's tree that never ran, without what Docker
/// adds, and with what Docker hides: files in the way of what it mounts are emptied.
fn exported(stage: &Stage, image: &str, in_layers: &BTreeMap<String, u64>) -> (u64, u64) {
    let name = format!("plimsoll-export-{}", stage.nonce);
    lines("docker", &["create", "--name", &name, image, "/none"]);
    let folder = tempfile::tempdir().unwrap();
    let tar = folder.path().join("tree.tar");
    lines("docker", &["export", &name, "-o", tar.to_str().unwrap()]);
    lines("docker", &["rm", &name]);
    let (mut count, mut bytes) = (0, 0);
    for (name, size) in listed(&tar) {
        match (ADDED.contains(&name.as_str()), in_layers.get(&name)) {
            _ if name.is_empty() => {}
            (true, None) => assert_eq!(size, 0, "{name}"),
            (true, Some(size)) => (count, bytes) = (count + 1, bytes + size),
            (false, _) => (count, bytes) = (count + 1, bytes + size),
        }
    }
    (count, bytes)
}

live!(inspect_says_what_the_engine_says, stage => {
    let mut seen = 0;
    let program = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command.arg("inspect").args(arguments);
        let ended = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (ended.status.code(), text(ended.stdout), text(ended.stderr))
    };
    for image in IMAGES {
        let Some(facts) = stage.engine.image(image).await.unwrap() else {
            continue;
        };
        seen += 1;
        let (code, out, err) = program(&[image, "--format", "json"]);
        assert_eq!(code, Some(0), "{err}");
        let reported: serde_json::Value = serde_json::from_str(&out).unwrap();
        // The sum over the tars' headers; the engine's own differs from it by what it adds to
        // layers that it built, some kilobytes.
        let engine: u64 = facts.history.iter().map(|(bytes, _)| bytes.0).sum();
        let unpacked = reported["unpacked_bytes"].as_u64().unwrap();
        let layers = reported["layers"].as_array().unwrap();
        let sum: u64 = layers.iter().map(|layer| layer["bytes"].as_u64().unwrap()).sum();
        assert_eq!(unpacked, sum, "{image}");
        assert!(unpacked.abs_diff(engine) <= engine / 1000, "{image}: {unpacked}, {engine}");
        assert_eq!(reported["listed_bytes"], facts.listed.0, "{image}");
        assert_eq!(reported["layers"].as_array().unwrap().len(), facts.diff_ids.len(), "{image}");
        assert_eq!(reported["posture"]["user"], facts.user.as_str(), "{image}");
        let (code, out, _) = program(&[image]);
        assert_eq!(code, Some(0));
        assert!(out.contains("package managers") && out.contains("stands in for"), "{out}");
        // By the name that it stands in for it is not there, and the fix is reported.
        let real = image.trim_start_matches("plimsoll.local/");
        if stage.engine.image(real).await.unwrap().is_none() {
            let (code, _, err) = program(&[real]);
            assert_eq!(code, Some(1));
            assert!(err.contains(&format!("plimsoll inspect {image}")), "{err}");
        }
    }
    assert!(seen > 0, "none of the stand-ins is there");
    let (code, out, err) = program(&["plimsoll-no-such-image:0"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.contains("has no image") && err.contains("pull or build it first"), "{err}");
});

live!(accounts_of_real_images_agree_with_the_second_implementation, stage => {
    let mut seen = 0;
    for image in ["plimsoll.local/alpine:3.20", "plimsoll.local/node:20-slim"] {
        if stage.engine.image(image).await.unwrap().is_none() {
            continue;
        }
        seen += 1;
        let folder = tempfile::tempdir().unwrap();
        let (saved, unpacked) = (folder.path().join("saved.tar"), folder.path().join("all"));
        std::fs::create_dir(&unpacked).unwrap();
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        lines("docker", &["save", image, "-o", &path(&saved)]);
        lines("tar", &["xf", &path(&saved), "-C", &path(&unpacked)]);
        let manifest = std::fs::read(unpacked.join("manifest.json")).unwrap();
        let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
        let layers = manifest[0]["Layers"].as_array().unwrap().iter();
        let layers: Vec<Vec<u8>> = layers
            .map(|name| std::fs::read(unpacked.join(name.as_str().unwrap())).unwrap())
            .collect();
        let replayed = super::replay::replay(&layers);
        for source in [ImageSource::File(saved), ImageSource::Folder(unpacked)] {
            let examined = examine(source, &ImageSelection::default(), &[]).unwrap();
            let found = examined.account(examined.contents().unwrap(), true);
            replayed.assert_agrees(&found, image);
            println!("{image}: {} wasted files, {}", found.waste.files.0, found.waste.bytes);
        }
    }
    assert!(seen > 0, "none of the stand-ins is there");
});
