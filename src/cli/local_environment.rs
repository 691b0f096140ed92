//! The real environment of a run: the embedded registry, and the rooms of a clean room.

use std::fs::{File, TryLockError};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tempfile::TempDir;
use tokio::sync::Mutex;

use super::args::Place;
use super::environment::{Environments, RunEnvironment};
use super::failure::Failure;
use super::hints::line_of;
use crate::cleanroom::{self, DataPlace, Room, RoomSpec};
use crate::docker::DockerEngine;
use crate::engine::{Engine, RegistryEndpoint};
use crate::host::{self, SystemClock};
use crate::probe::HttpProbe;
use crate::record::{EngineChoice, EngineFacts, ImageStore};
use crate::registry::{self, RegistryError, Server};
use crate::store;
use crate::units::Bytes;

/// Part of the memory that is free which the pulling engine may fill.
const MEMORY_SHARE: u64 = 3;

/// Room below which images are kept on disk: the largest of the scenarios, its update
/// and their packed layers take 3 GB at one time.
const LEAST_MEMORY: Bytes = Bytes(4_000_000_000);

/// How long connections that engines keep open may hold the end of a run.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// First part of the name of a registry's folder; the run's id follows.
const REGISTRY_FOLDER: &str = "registry-";

/// Opens registry and rooms for one run, and closes them.
pub(super) struct LocalEnvironments {
    folder: PathBuf,
    clock: Arc<SystemClock>,
    opened: Mutex<Opened>,
}

#[derive(Default)]
struct Opened {
    rooms: Vec<Room>,
    server: Option<Arc<Server>>,
    store: Option<PathBuf>,
    /// The lock on the registry's folder: held, not read.
    _lock: Option<File>,
}

impl LocalEnvironments {
    pub(super) fn new(place: &Place, clock: Arc<SystemClock>) -> Self {
        Self {
            folder: place.rooms.clone(),
            clock,
            opened: Mutex::default(),
        }
    }

    async fn registry(&self, run: &str) -> Result<Arc<Server>, Failure> {
        let folder = self.folder.join(format!("{REGISTRY_FOLDER}{run}"));
        let mut opened = self.opened.lock().await;
        let held = File::open(&folder).map(|held| held.try_lock());
        if let Ok(Err(TryLockError::WouldBlock)) = held {
            let said = format!("another run called `{run}` uses `{}`", folder.display());
            let hint = "start this one again: runs that begin in one second may share a name";
            return Err(Failure::failed(said).with_hint(Some(hint.to_owned())));
        }
        opened.store = Some(folder.clone());
        // Of a run that was killed and is resumed.
        remove(&folder)?;
        std::fs::create_dir_all(&folder)?;
        let lock = File::open(&folder)?;
        lock.lock_shared()?;
        opened._lock = Some(lock);
        let server = Arc::new(Server::open(&folder).map_err(registry_failure)?);
        opened.server = Some(server.clone());
        Ok(server)
    }

    /// A room with its engine and its door to the registry.
    async fn room(
        &self,
        spec: RoomSpec,
        server: &Server,
        door: RegistryEndpoint,
    ) -> Result<(Arc<DockerEngine>, Arc<dyn crate::engine::Sockets>), Failure> {
        let store = spec.store.clone();
        let backing = match spec.data {
            DataPlace::Memory { .. } => Some("tmpfs".to_owned()),
            DataPlace::Disk => host::file_system(&spec.folder),
        };
        let room = Room::open(&spec).await?;
        let (endpoint, sockets, listener) =
            (room.endpoint(), room.sockets(), room.bind(any_port()));
        // Kept at once: from here on `close` ends it, whatever comes.
        self.opened.lock().await.rooms.push(room);
        let listener = listener?;
        server.serve(door, listener).map_err(registry_failure)?;
        let engine = DockerEngine::connect(Some(&endpoint)).await?.over(backing);
        has_store(&engine.facts().await?, &store)?;
        Ok((Arc::new(engine), sockets))
    }

    async fn rooms(
        &self,
        run: &str,
        store: &ImageStore,
        server: &Arc<Server>,
    ) -> Result<RunEnvironment<DockerEngine, HttpProbe<SystemClock>>, Failure> {
        let spec = |purpose, network, data| RoomSpec {
            folder: self.folder.clone(),
            run: run.to_owned(),
            purpose,
            network,
            data,
            store: store.clone(),
        };
        let build = spec("build", true, DataPlace::Disk);
        let (engine, sockets) = self.room(build, server, RegistryEndpoint::Build).await?;
        let pull = spec("pull", false, data_of_pulls(host::available_memory()));
        let (puller, _) = self.room(pull, server, RegistryEndpoint::Pull).await?;
        let probe = HttpProbe::within(self.clock.clone(), sockets);
        Ok(RunEnvironment {
            room: Some((engine, Arc::new(probe))),
            puller: Ok(puller),
            registry: server.clone(),
        })
    }
}

impl Environments<DockerEngine, HttpProbe<SystemClock>> for LocalEnvironments {
    async fn open(
        &self,
        run: &str,
        choice: EngineChoice,
        store: &ImageStore,
    ) -> Result<RunEnvironment<DockerEngine, HttpProbe<SystemClock>>, Failure> {
        let means = cleanroom::check_requirements();
        if let (EngineChoice::CleanRoom, Err(lack)) = (choice, &means) {
            return Err(
                Failure::failed(format!("no clean room is available: {lack}")).with_hint(Some(
                    format!(
                        "{}; or run with --engine host: pulls are not measured then",
                        lack.fix()
                    ),
                )),
            );
        }
        let server = self.registry(run).await?;
        let listener = registry::bind(any_port()).map_err(registry_failure)?;
        match choice {
            EngineChoice::CleanRoom => {
                server
                    .serve(RegistryEndpoint::Supply, listener)
                    .map_err(registry_failure)?;
                self.rooms(run, store, &server).await
            }
            EngineChoice::Host => {
                server
                    .serve(RegistryEndpoint::Build, listener)
                    .map_err(registry_failure)?;
                let why = "this engine holds the bases, so no pull into it would be cold";
                let puller = Err(match means {
                    Ok(_) => format!("{why}; run with --engine clean-room"),
                    Err(lack) => format!("{why}, and no clean room is available here: {lack}"),
                });
                Ok(RunEnvironment {
                    room: None,
                    puller,
                    registry: server,
                })
            }
        }
    }

    fn clear(&self) -> Vec<String> {
        let mut said = Vec::new();
        let mut removed = |what: String, run: Option<&str>, result: Result<(), String>| {
            let of = run.map_or_else(String::new, |run| format!(" of the run `{run}`"));
            said.push(match result {
                Ok(()) => format!("removed the {what}{of}, which was killed"),
                Err(why) => format!("the {what}{of} stays: {why}"),
            });
        };
        for room in cleanroom::stale_rooms(&self.folder) {
            let (id, run) = (room.id.clone(), room.run.clone());
            let result = room.remove().map_err(|error| line_of(&error));
            removed(format!("clean room {id}"), run.as_deref(), result);
        }
        for (run, folder) in left_registries(&self.folder) {
            let result = remove(&folder).map_err(|error| error.to_string());
            removed("registry".to_owned(), Some(&run), result);
        }
        said
    }

    async fn close(&self) -> Vec<String> {
        let opened = std::mem::take(&mut *self.opened.lock().await);
        let mut troubles = Vec::new();
        let closing = opened.rooms.into_iter().map(Room::close);
        for closed in join_all(closing).await {
            if let Err(error) = closed {
                troubles.push(Failure::from(error).to_string());
            }
        }
        if let Some(server) = opened.server {
            server.close(CLOSE_WITHIN).await;
        }
        if let Some(Err(error)) = opened.store.as_deref().map(remove) {
            troubles.push(format!("the registry's folder stays: {error}"));
        }
        troubles
    }
}

/// Whether a room's engine keeps its images as it was to.
fn has_store(facts: &EngineFacts, wanted: &ImageStore) -> Result<(), Failure> {
    if *wanted == ImageStore::Unknown || facts.store == *wanted {
        return Ok(());
    }
    let (name, version, wanted) = (&facts.name, &facts.version, wanted.word());
    Err(Failure::failed(format!(
        "the clean room's {name} {version} has no {wanted} image store"
    ))
    .with_hint(Some(
        "the containerd store needs Docker 23 or newer; or choose another with --store".to_owned(),
    )))
}

/// Removes a registry's folder. Gone already is fine.
pub(super) fn remove(store: &Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(store) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// First part of the name of the temporary folder of `plimsoll registry`.
const STORE_FOLDER: &str = "plimsoll-registry-";

/// A temporary folder for `plimsoll registry`. Its lock ends with the process, however that
/// ends: that is how `clean` knows what is left.
pub(super) fn temporary_store() -> io::Result<(TempDir, File)> {
    let folder = tempfile::Builder::new().prefix(STORE_FOLDER).tempdir()?;
    let lock = File::open(folder.path())?;
    lock.lock_shared()?;
    Ok((folder, lock))
}

/// This user's folders of `plimsoll registry` that no living process has.
pub(super) fn left_stores() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(std::env::temp_dir())
        .into_iter()
        .flatten()
        .flatten();
    let user = rustix::process::getuid().as_raw();
    let is_left = |entry: &std::fs::DirEntry| {
        let named = entry
            .file_name()
            .to_string_lossy()
            .starts_with(STORE_FOLDER);
        // The facts of a link, not of what it leads to.
        let own = entry
            .metadata()
            .is_ok_and(|facts| facts.is_dir() && facts.uid() == user);
        named && own && File::open(entry.path()).is_ok_and(|folder| folder.try_lock().is_ok())
    };
    let mut left: Vec<_> = entries.filter(is_left).map(|entry| entry.path()).collect();
    left.sort();
    left
}

/// Folders of registries whose run no living process runs, each with its run. The lock counts
/// where the run cannot be seen: jobs of a scheduler may have a `/tmp` of their own.
pub(super) fn left_registries(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut left: Vec<_> = entries
        // Not of a link.
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let run = name.strip_prefix(REGISTRY_FOLDER)?;
            let held = File::open(entry.path()).ok()?.try_lock().is_err();
            (!held && !store::is_running(run)).then(|| (run.to_owned(), entry.path()))
        })
        .collect();
    left.sort();
    left
}

/// Memory where there is enough: unpacking to a disk that is busy with builds varies
/// three times as much.
fn data_of_pulls(available: Option<Bytes>) -> DataPlace {
    let limit = Bytes(available.unwrap_or_default().0 / MEMORY_SHARE);
    if limit < LEAST_MEMORY {
        DataPlace::Disk
    } else {
        DataPlace::Memory { limit }
    }
}

fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

fn registry_failure(error: RegistryError) -> Failure {
    let hint = error.hint().map(str::to_owned);
    Failure::failed(error).with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_left_once_its_run_is_over() {
        let dir = tempfile::tempdir().unwrap();
        let results = dir.path().join("results");
        let run = store::RunFolder::create(&results, "2001-02-03T04:05:06Z", "x").unwrap();
        let folder = dir.path().join(format!("registry-{}", run.id()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::create_dir(dir.path().join("build-1")).unwrap();
        assert_eq!(left_registries(dir.path()), []);
        let id = run.id();
        drop(run);
        let lock = File::open(&folder).unwrap();
        lock.lock_shared().unwrap();
        assert_eq!(
            left_registries(dir.path()),
            [],
            "its owner has another /tmp"
        );
        drop(lock);
        // A child that another test starts holds the locks too, until its program begins.
        let begun = std::time::Instant::now();
        while left_registries(dir.path()).is_empty() && begun.elapsed().as_secs() < 10 {
            std::thread::yield_now();
        }
        assert_eq!(left_registries(dir.path()), [(id, folder.clone())]);
        remove(&folder).unwrap();
        remove(&folder).unwrap();
        assert_eq!(left_registries(dir.path()), []);
    }

    #[test]
    fn a_room_without_the_store_that_was_asked_for_is_refused_with_a_remedy() {
        let of = |store: ImageStore| -> EngineFacts {
            let facts = serde_json::json!({
                "name": "Docker Engine", "version": "20.10.24", "api_version": "1.41",
                "store": store, "driver": "overlay2", "backing": null, "builder": "buildkit",
                "platform": "linux/amd64", "cgroup_version": "2", "runtime": "runc",
                "data_root": null, "kernel": "6.1", "endpoint": "clean-room",
            });
            serde_json::from_value(facts).unwrap()
        };
        let (graph, containerd) = (ImageStore::GraphDriver, ImageStore::Containerd);
        has_store(&of(graph.clone()), &graph).unwrap();
        has_store(&of(containerd.clone()), &containerd).unwrap();
        has_store(&of(graph.clone()), &ImageStore::Unknown).unwrap();
        let text = has_store(&of(graph), &containerd).unwrap_err().to_string();
        for words in [
            "Docker Engine 20.10.24 has no containerd image store",
            "--store",
        ] {
            assert!(text.contains(words), "{text}");
        }
        assert!(has_store(&of(containerd), &ImageStore::GraphDriver).is_err());
    }

    #[test]
    fn pulls_go_to_memory_where_there_is_enough() {
        assert_eq!(data_of_pulls(None), DataPlace::Disk);
        assert_eq!(data_of_pulls(Some(Bytes(11_000_000_000))), DataPlace::Disk);
        assert_eq!(
            data_of_pulls(Some(Bytes(24_000_000_000))),
            DataPlace::Memory {
                limit: Bytes(8_000_000_000)
            }
        );
    }
}
