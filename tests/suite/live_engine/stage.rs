//! Where a live test plays: an engine, a nonce, and the sweeping afterwards.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use bollard::Docker;
use bollard::query_parameters as query;
use plimsoll::docker::DockerEngine;
use plimsoll::engine::{
    BuildContext, BuildFailure, BuildOutcome, BuildRequest, BuildSource, ContainerId,
    ContainerSpec, Engine, LABEL_OWNER, LABEL_OWNER_VALUE, LABEL_RUN,
};
use plimsoll::record::Reach;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Runs a test on a stage of its own, or says why not.
macro_rules! live {
    ($name:ident, $stage:ident => $body:expr) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let Some($stage) = crate::live_engine::stage::Stage::open().await else {
                println!("skipped: set PLIMSOLL_LIVE=1 to test against the real engine");
                return;
            };
            let $stage = &$stage;
            $body
        }
    };
    (alone $name:ident, $stage:ident => $body:expr) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let Some($stage) = crate::live_engine::stage::Stage::alone().await else {
                println!("skipped: set PLIMSOLL_LIVE=1 to test against the real engine");
                return;
            };
            let $stage = &$stage;
            $body
        }
    };
}
pub(crate) use live;

/// A run cannot know whose the cache records are that appear during it, and says so:
/// the tests that look at that take the engine for themselves.
static TURNS: RwLock<()> = RwLock::const_new(());

#[allow(dead_code, reason = "held, not read")]
enum Turn {
    Shared(RwLockReadGuard<'static, ()>),
    Alone(RwLockWriteGuard<'static, ()>),
}

pub(crate) struct Stage {
    pub(crate) engine: DockerEngine,
    pub(crate) docker: Docker,
    /// In every name, label and command of this test.
    pub(crate) nonce: String,
    _turn: Turn,
}

pub(crate) fn is_live() -> bool {
    std::env::var("PLIMSOLL_LIVE").as_deref() == Ok("1")
}

impl Stage {
    /// A stage next to others.
    pub(crate) async fn open() -> Option<Self> {
        if !is_live() {
            return None;
        }
        Some(Self::set(Turn::Shared(TURNS.read().await)).await)
    }

    /// A stage with no other test of this program on the engine.
    pub(crate) async fn alone() -> Option<Self> {
        if !is_live() {
            return None;
        }
        Some(Self::set(Turn::Alone(TURNS.write().await)).await)
    }

    async fn set(turn: Turn) -> Self {
        static STAGES: AtomicU32 = AtomicU32::new(0);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let stage = STAGES.fetch_add(1, Ordering::Relaxed);
        let nonce = format!("t{}x{stage}x{}", std::process::id(), now.subsec_nanos());
        let host = std::env::var("DOCKER_HOST").ok();
        Self {
            engine: DockerEngine::connect(host.as_deref()).await.unwrap(),
            docker: Docker::connect_with_defaults().unwrap(),
            nonce,
            _turn: turn,
        }
    }

    pub(crate) fn tag(&self, name: &str) -> String {
        format!("plimsoll/live:{}-{name}", self.nonce)
    }

    pub(crate) fn foreign_tag(&self, name: &str) -> String {
        format!("foreign/live:{}-{name}", self.nonce)
    }

    /// Whether another test made this name with [`Self::foreign_tag`].
    pub(crate) fn is_of_another(&self, tag: &str) -> bool {
        tag.starts_with("foreign/live:") && !tag.contains(&self.nonce)
    }

    /// A name of its own for a base image, to build on.
    ///
    /// BuildKit shares the FROM step between all builds of one name that run at the same time. If a
    /// build without cache has made it, the builds that share it find nothing in the cache, until
    /// none of them runs any more (seen on 20.10 and 28.5). So tests that run at the same time in
    /// two programs build on different names.
    pub(crate) async fn own_base(&self, image: &str) -> String {
        let flat = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let tag = self.foreign_tag(&image.chars().map(flat).collect::<String>());
        self.engine.tag(image, &tag).await.unwrap();
        tag
    }

    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            (LABEL_OWNER.to_owned(), LABEL_OWNER_VALUE.to_owned()),
            (LABEL_RUN.to_owned(), self.nonce.clone()),
        ])
    }

    pub(crate) fn request(&self, tag: &str) -> BuildRequest {
        BuildRequest {
            tag: tag.to_owned(),
            dockerfile: "Dockerfile".to_owned(),
            target: None,
            build_args: BTreeMap::new(),
            labels: self.labels(),
            no_cache: false,
            secrets: BTreeMap::new(),
            ssh: BTreeMap::new(),
            platform: None,
        }
    }

    /// Builds with the tool and the nonce in the context.
    pub(crate) async fn build(
        &self,
        request: &BuildRequest,
        dockerfile: &str,
    ) -> Result<BuildOutcome, BuildFailure> {
        let context = self.context(dockerfile);
        self.engine.build(request, context, &mut |_| {}).await
    }

    /// The image of the app: it serves on 8080 and exits with 7 on SIGTERM.
    pub(crate) async fn app(&self) -> String {
        let tag = self.tag("app");
        let dockerfile = "FROM scratch\nCOPY tool nonce /\nCMD [\"/tool\", \"serve\"]\n";
        self.build(&self.request(&tag), dockerfile).await.unwrap();
        tag
    }

    pub(crate) fn context(&self, dockerfile: &str) -> BuildSource {
        self.context_with(dockerfile, tool())
    }

    /// The same with another program for the tool.
    pub(crate) fn context_with(&self, dockerfile: &str, tool: &[u8]) -> BuildSource {
        let file = |name: &str, mode: u32, content: &[u8]| {
            (
                name.to_owned(),
                mode,
                bytes::Bytes::copy_from_slice(content),
            )
        };
        let files = [
            file("nonce", 0o644, self.nonce.as_bytes()),
            file("tool", 0o755, tool),
        ];
        plimsoll::context::in_memory(files, dockerfile.to_owned(), &self.nonce)
    }

    pub(crate) fn spec(&self, image: &str, reach: Reach) -> ContainerSpec {
        ContainerSpec {
            name: format!("plimsoll-{}", self.nonce),
            image: image.to_owned(),
            env: BTreeMap::new(),
            labels: self.labels(),
            port: Some((8080, reach)),
            ..ContainerSpec::default()
        }
    }

    pub(crate) async fn started(&self, spec: &ContainerSpec) -> ContainerId {
        let id = self.engine.create(spec).await.unwrap();
        self.engine.start(&id).await.unwrap();
        id
    }

    /// Cache records of this test: those that name the nonce, and what they were made from.
    pub(crate) fn own_records(&self) -> BTreeSet<String> {
        own_records(&self.nonce)
    }
}

pub(crate) fn chunks(bytes: Vec<u8>) -> BuildContext {
    let chunks: Vec<_> = bytes
        .chunks(32 << 10)
        .map(|chunk| Ok(bytes::Bytes::copy_from_slice(chunk)))
        .collect();
    Box::pin(futures_util::stream::iter(chunks))
}

pub(crate) fn tool() -> &'static [u8] {
    static TOOL: OnceLock<Vec<u8>> = OnceLock::new();
    TOOL.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/live_engine/tool.c");
        let target = folder.path().join("tool");
        let done = Command::new("gcc")
            .args(["-static", "-Os", "-s", "-w", "-o"])
            .args([&target, &source])
            .status()
            .expect("gcc is there: apt install gcc libc6-dev");
        assert!(done.success());
        std::fs::read(target).unwrap()
    })
}

/// The engine's own list, with the parents that plimsoll's leaves out.
fn disk_usage() -> serde_json::Value {
    let host = std::env::var("DOCKER_HOST").unwrap_or_default();
    let socket = host
        .strip_prefix("unix://")
        .unwrap_or("/var/run/docker.sock");
    let mut stream = UnixStream::connect(socket).unwrap();
    // HTTP 1.0 has no chunks: the body is all that follows the head.
    stream
        .write_all(b"GET /v1.41/system/df HTTP/1.0\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

fn own_records(nonce: &str) -> BTreeSet<String> {
    let mut usage = disk_usage();
    while usage["message"].is_string() {
        // The engine lists for one caller at a time.
        std::thread::sleep(std::time::Duration::from_millis(50));
        usage = disk_usage();
    }
    let text =
        |record: &serde_json::Value, key: &str| record[key].as_str().unwrap_or_default().to_owned();
    let records = usage["BuildCache"].as_array().unwrap();
    // Docker since 23 lists several.
    let parents: HashMap<_, _> = records
        .iter()
        .map(|record| {
            let several = record["Parents"].as_array().into_iter().flatten();
            let mut parents: Vec<_> = several
                .filter_map(|id| id.as_str())
                .map(str::to_owned)
                .collect();
            parents.extend(
                record["Parent"]
                    .as_str()
                    .filter(|id| !id.is_empty())
                    .map(str::to_owned),
            );
            (text(record, "ID"), parents)
        })
        .collect();
    let mut own = BTreeSet::new();
    for record in records {
        if text(record, "Description").contains(nonce) {
            let mut found = vec![text(record, "ID")];
            while let Some(id) = found.pop() {
                found.extend(parents.get(&id).into_iter().flatten().cloned());
                own.insert(id);
            }
        }
    }
    own
}

impl Drop for Stage {
    fn drop(&mut self) {
        let (engine, docker, nonce) =
            (self.engine.clone(), self.docker.clone(), self.nonce.clone());
        // A runtime of its own: the test's may be unwinding.
        let swept = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(sweep(&engine, &docker, &nonce));
        });
        let failed = swept.join().is_err();
        assert!(!failed || std::thread::panicking(), "something was left");
    }
}

async fn sweep(engine: &DockerEngine, docker: &Docker, nonce: &str) {
    let named = HashMap::from([("name", vec![nonce])]);
    let options = query::ListContainersOptionsBuilder::default()
        .all(true)
        .filters(&named)
        .build();
    for container in docker.list_containers(Some(options)).await.unwrap() {
        let id = ContainerId(container.id.unwrap());
        engine.remove_container(&id).await.unwrap();
    }
    let options = query::ListVolumesOptionsBuilder::default()
        .filters(&named)
        .build();
    let volumes = docker.list_volumes(Some(options)).await.unwrap().volumes;
    for volume in volumes.into_iter().flatten() {
        let options = None::<query::RemoveVolumeOptions>;
        docker.remove_volume(&volume.name, options).await.unwrap();
    }
    let options = query::ListImagesOptionsBuilder::default().build();
    let force = || {
        query::RemoveImageOptionsBuilder::default()
            .force(true)
            .build()
    };
    for image in docker.list_images(Some(options)).await.unwrap() {
        let labelled = image.labels.get(LABEL_RUN).is_some_and(|run| run == nonce);
        // An image of another's may have a name of ours: only the name goes.
        let names: Vec<_> = match labelled {
            true => vec![image.id.clone()],
            false => {
                let tags = image.repo_tags.iter();
                tags.filter(|tag| tag.contains(nonce)).cloned().collect()
            }
        };
        for name in names {
            docker
                .remove_image(&name, Some(force()), None)
                .await
                .unwrap();
        }
    }
    let records: Vec<_> = own_records(nonce).into_iter().collect();
    engine.prune_cache(&records).await.unwrap();
}
