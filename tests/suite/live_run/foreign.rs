//! The user's things next to a run and a `clean`: unchanged after both.

use std::collections::BTreeSet;

use bollard::models::{ContainerCreateBody, HostConfig, VolumeCreateRequest};
use bollard::query_parameters as query;
use plimsoll::engine::{BuildFailure, BuildOutcome, Engine};

use super::home::{Home, left};
use crate::live_engine::stage::{Stage, chunks, live};

/// A base with a shell, and our labels on it where it is a stand-in.
const BASES: [&str; 2] = ["plimsoll.local/golang:1.22-alpine", "golang:1.22-alpine"];

/// A build with the mount that the sample apps use as well, under its default id.
const OURS: &str = "FROM scratch\nCOPY tool deps.lock /\n\
    RUN --mount=type=cache,target=/root/.npm [\"/tool\", \"put\", \"/root/.npm/plimsoll\", \"NONCE\"]\n\
    COPY main.src /\nRUN [\"/tool\", \"put\", \"/built\", \"NONCE\"]\nCMD [\"/tool\", \"serve\"]\n";

/// What the user has on the engine.
struct Foreign<'a> {
    stage: &'a Stage,
    base: &'static str,
    created: String,
    running: String,
    volume: String,
    /// Cache records of the user's build.
    records: BTreeSet<String>,
    /// Whether the mount was there before.
    mount_existed: bool,
}

impl<'a> Foreign<'a> {
    async fn put(stage: &'a Stage) -> Self {
        let mut base = None;
        for name in BASES {
            if base.is_none() && stage.engine.image(name).await.unwrap().is_some() {
                base = Some(name);
            }
        }
        let before = records(stage).await;
        let mut foreign = Self {
            stage,
            base: base.expect("scripts/setup makes the stand-ins"),
            created: String::new(),
            running: String::new(),
            volume: format!("foreign-{}", stage.nonce),
            records: BTreeSet::new(),
            mount_existed: has_mount(stage).await,
        };
        // An image without labels, and one that inherits those of its base.
        let tar = tar::Builder::new(Vec::new()).into_inner().unwrap();
        let tag = stage.foreign_tag("imported");
        stage.engine.import(&tag, chunks(tar), &[]).await.unwrap();
        let write = format!("echo theirs > /root/.npm/{0}; echo {0}", stage.nonce);
        foreign.build("on-a-stand-in", &write).await.unwrap();
        let volume = VolumeCreateRequest {
            name: Some(foreign.volume.clone()),
            ..VolumeCreateRequest::default()
        };
        stage.docker.create_volume(volume).await.unwrap();
        foreign.created = foreign.container("created", "true").await;
        let write = "echo theirs > /data/file; exec sleep 600";
        foreign.running = foreign.container("running", write).await;
        let options = None::<query::StartContainerOptions>;
        stage
            .docker
            .start_container(&foreign.running, options)
            .await
            .unwrap();
        foreign.records = records(stage).await.difference(&before).cloned().collect();
        assert!(!foreign.records.is_empty());
        foreign
    }

    /// A build of the user's: no labels of its own.
    async fn build(&self, name: &str, command: &str) -> Result<BuildOutcome, BuildFailure> {
        let mut request = self.stage.request(&self.stage.foreign_tag(name));
        request.labels.clear();
        let dockerfile = format!(
            "FROM {}\nCOPY nonce /nonce\nRUN --mount=type=cache,target=/root/.npm {command}\n",
            self.base
        );
        self.stage.build(&request, &dockerfile).await
    }

    async fn container(&self, name: &str, command: &str) -> String {
        let name = format!("foreign-{name}-{}", self.stage.nonce);
        let options = query::CreateContainerOptionsBuilder::default()
            .name(&name)
            .build();
        let body = ContainerCreateBody {
            image: Some(self.stage.foreign_tag("on-a-stand-in")),
            cmd: Some(["sh", "-c", command].map(str::to_owned).to_vec()),
            host_config: Some(HostConfig {
                binds: Some(vec![format!("{}:/data", self.volume)]),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        self.stage
            .docker
            .create_container(Some(options), body)
            .await
            .unwrap()
            .id
    }

    /// All that can be seen of them: ids, tags, layers, labels, states.
    async fn seen(&self) -> Vec<String> {
        let docker = &self.stage.docker;
        let mut seen = Vec::new();
        for name in ["imported", "on-a-stand-in"] {
            let image = docker
                .inspect_image(&self.stage.foreign_tag(name))
                .await
                .unwrap();
            seen.push(format!(
                "{:?} {:?} {:?}",
                image.id, image.repo_tags, image.root_fs
            ));
        }
        let base = docker.inspect_image(self.base).await.unwrap();
        let mut tags = base.repo_tags.unwrap_or_default();
        // Tests of another program name the same base meanwhile.
        tags.retain(|tag| !self.stage.is_of_another(tag));
        seen.push(format!("{:?} {tags:?}", base.id));
        for id in [&self.created, &self.running] {
            let options = None::<query::InspectContainerOptions>;
            let container = docker.inspect_container(id, options).await.unwrap();
            seen.push(format!(
                "{:?} {:?} {:?}",
                container.id, container.name, container.state
            ));
        }
        let volume = docker.inspect_volume(&self.volume).await.unwrap();
        let file = std::path::Path::new(&volume.mountpoint).join("file");
        seen.push(format!("{volume:?} {:?}", std::fs::read_to_string(file)));
        seen
    }

    async fn unchanged(&self, before: &[String], after: &str) {
        assert_eq!(self.seen().await, before, "after {after}");
        let there = records(self.stage).await;
        let gone: Vec<_> = self.records.difference(&there).collect();
        assert!(gone.is_empty(), "{after} took {gone:?} of the user's cache");
        let read = format!(
            "grep theirs /root/.npm/{} && echo {after}",
            self.stage.nonce
        );
        let built = self.build("reads", &read).await;
        built.unwrap_or_else(|error| panic!("after {after} the user's mount is empty: {error:?}"));
    }

    /// Takes the file out of the mount again, and the mount where it was not there before.
    async fn take_away(&self) {
        let remove = format!("rm /root/.npm/{}", self.stage.nonce);
        self.build("removes", &remove).await.unwrap();
        if !self.mount_existed {
            let mounts = self.stage.engine.build_cache().await.unwrap().into_iter();
            let ours = mounts.filter(|record| {
                is_mount(record) && record.description.contains(&self.stage.nonce)
            });
            let ids: Vec<_> = ours.map(|record| record.id).collect();
            self.stage.engine.prune_cache(&ids).await.unwrap();
        }
    }
}

fn is_mount(record: &plimsoll::engine::CacheRecord) -> bool {
    record.description.contains("cached mount /root/.npm")
}

async fn has_mount(stage: &Stage) -> bool {
    stage
        .engine
        .build_cache()
        .await
        .unwrap()
        .iter()
        .any(is_mount)
}

async fn records(stage: &Stage) -> BTreeSet<String> {
    let records = stage.engine.build_cache().await.unwrap().into_iter();
    // What names the nonce is this test's, whatever else is built meanwhile.
    let own = records.filter(|record| record.description.contains(&stage.nonce));
    own.map(|record| record.id).collect()
}

live!(alone a_run_and_a_clean_leave_what_is_not_theirs, stage => {
    let foreign = Foreign::put(stage).await;
    let before = foreign.seen().await;
    assert!(before.last().unwrap().contains("theirs"), "{before:?}");

    let home = Home::new(stage, &[("ours", OURS)]);
    let ended = home.plimsoll(&["run", "tiny", "--profile", "quick"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    foreign.unchanged(&before, "the-run").await;

    let (_, id) = home.run();
    // Something for `clean` to find, with the same labels as what the run made.
    let mut request = stage.request(&format!("plimsoll/tiny-ours:{}", stage.nonce));
    request.labels.insert(plimsoll::engine::LABEL_RUN.to_owned(), id.clone());
    stage.build(&request, "FROM scratch\nCOPY nonce /left\n").await.unwrap();
    let cleaned = home.plimsoll(&["clean", "--run", &id, "--yes"]);
    assert_eq!(cleaned.code, Some(0), "{}", cleaned.err);
    assert_eq!(left(stage, &id).await, Vec::<String>::new());
    foreign.unchanged(&before, "the-clean").await;
    foreign.take_away().await;
});
