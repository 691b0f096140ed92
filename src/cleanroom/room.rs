//! An open room.

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::cgroup;
use super::commands;
use super::control::ProcessControl;
use super::error::{RoomError, failed};
use super::folder::{self, DATA_FOLDER, Folder, LOG_FILE, SOCKET_FILE};
use super::metadata::{Process, RoomMetadata};
use super::namespace::Namespace;
use super::ping;
use super::requirements::RoomPrograms;
use super::spec::RoomSpec;
use super::stale;
use super::supervisor::{self, RoomCommands, StartedRoom};
use crate::engine::Sockets;
use crate::record::ImageStore;
use crate::secrets::mask_found;

/// From the start to the first answer.
const READY_WITHIN: Duration = Duration::from_secs(30);
const PING_EVERY: Duration = Duration::from_millis(10);

/// How long the daemon may take to stop before it is killed.
const END_WITHIN: Duration = Duration::from_secs(10);
/// How long the kernel may take to end killed processes.
const DEATH_WITHIN: Duration = Duration::from_secs(10);

/// How many log lines of the daemon an error shows.
const LINES_SHOWN: usize = 8;

const OPEN: &str = "open clean room";
const CLOSE: &str = "close clean room";

/// A private engine. Callers close it; on drop it is killed, and the thread blocks until its
/// files are removed.
#[derive(Debug)]
pub struct Room {
    folder: Folder,
    control: Arc<ProcessControl>,
    namespace: Option<Arc<Namespace>>,
    init: u32,
    processes: Vec<Process>,
    /// Whether `close` was called, so that `drop` has no work.
    closed: bool,
}

impl Room {
    /// Opens a room and waits until its engine answers. Dropping the future ends the processes
    /// that were started.
    ///
    /// # Errors
    /// A requirement is not met, or the engine does not start; the error then contains the last
    /// lines of its log.
    pub async fn open(spec: &RoomSpec) -> Result<Self, RoomError> {
        let programs = RoomPrograms::find(spec.network)
            .map_err(|missing| RoomError::unavailable(missing, spec.purpose))?;
        let folder = folder::make(&spec.folder, spec.purpose)?;
        let mut room = Self {
            folder,
            control: Arc::new(ProcessControl::new()),
            namespace: None,
            init: 0,
            processes: Vec::new(),
            closed: false,
        };
        match room.bring_up(spec, programs).await {
            Ok(()) => Ok(room),
            Err(error) => {
                let error = room.with_log(error);
                // The first error is returned; `clean` finds what cannot be removed here.
                let _ = room.close().await;
                Err(error)
            }
        }
    }

    async fn bring_up(&mut self, spec: &RoomSpec, programs: RoomPrograms) -> Result<(), RoomError> {
        let path = self.folder.path.clone();
        let fault = |error: io::Error| failed(OPEN, &self.folder.id)(error);
        let cgroup = cgroup::name(&self.folder.id);
        let mut metadata =
            RoomMetadata::new(&self.folder.id, &spec.run, spec.purpose, cgroup.clone());
        metadata.write(&path).map_err(fault)?;
        let log = write_engine_files(&path, &spec.store).map_err(fault)?;
        let init = commands::init(&programs, spec, &path, &cgroup);
        let network = spec.network.then(|| {
            let network: Box<dyn FnOnce(u32) -> _ + Send> =
                Box::new(move |pid| commands::slirp(&programs, pid));
            network
        });
        let commands = RoomCommands { init, network, log };
        let started = supervisor::start(commands, Arc::clone(&self.control)).map_err(fault)?;
        let late = || {
            io::Error::new(
                io::ErrorKind::TimedOut,
                "it does not answer within the deadline",
            )
        };
        let up = async {
            let started = started
                .await
                .map_err(|_| io::Error::other("its thread ended"))??;
            self.record_processes(started, &mut metadata)?;
            self.wait_ready(&path.join(SOCKET_FILE)).await
        };
        match timeout(READY_WITHIN, up).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(failed(OPEN, &self.folder.id)(error)),
            Err(_) => Err(failed(OPEN, &self.folder.id)(late())),
        }
    }

    fn record_processes(
        &mut self,
        started: StartedRoom,
        metadata: &mut RoomMetadata,
    ) -> io::Result<()> {
        self.init = started.init;
        metadata.processes.clone_from(&started.processes);
        self.processes = started.processes;
        metadata.write(&self.folder.path)?;
        self.namespace = Some(Arc::new(Namespace::enter(self.init)?));
        Ok(())
    }

    async fn wait_ready(&self, socket: &Path) -> io::Result<()> {
        while !ping::answers(socket).await {
            if self.control.has_ended() {
                return Err(io::Error::other("the daemon ended"));
            }
            sleep(PING_EVERY).await;
        }
        Ok(())
    }

    /// Adds the last lines of the log, which usually contain the cause.
    fn with_log(&self, error: RoomError) -> RoomError {
        let text = fs::read(self.folder.path.join(LOG_FILE)).unwrap_or_default();
        let lines = last_lines(&String::from_utf8_lossy(&text));
        match (error.source(), lines.as_str()) {
            (None, _) | (_, "") => error,
            (Some(cause), lines) => {
                let text = format!("{cause}; last lines of its engine's log:\n{lines}");
                RoomError::new(error.operation, error.subject.as_str(), text)
            }
        }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.folder.id
    }

    /// The address of its engine, in the form of `DOCKER_HOST`.
    pub fn endpoint(&self) -> String {
        format!("unix://{}", self.folder.path.join(SOCKET_FILE).display())
    }

    /// A listener in the room's network; its engine reaches one on 127.0.0.1. Drop it before the
    /// room is closed, because it keeps the room's network alive.
    ///
    /// # Errors
    /// The address is in use, or the room is closed.
    pub fn bind(&self, address: SocketAddr) -> Result<TcpListener, RoomError> {
        let bound = match &self.namespace {
            Some(namespace) => namespace.bind(address),
            None => Err(io::ErrorKind::NotConnected.into()),
        };
        bound.map_err(failed("listen in clean room at", address))
    }

    /// Creates sockets in the room until it is closed, for connections to the bridge addresses of
    /// its containers.
    ///
    /// # Panics
    /// Never: an open room has a namespace.
    pub fn sockets(&self) -> Arc<dyn Sockets> {
        let namespace = self.namespace.as_ref();
        Arc::clone(namespace.expect("an open room has a namespace")) as Arc<dyn Sockets>
    }

    /// Whether its first process is alive, and with it the daemon.
    pub fn is_alive(&self) -> bool {
        !self.control.has_ended()
    }

    /// The id of its first process, in the machine's PID namespace.
    pub fn pid(&self) -> u32 {
        self.init
    }

    /// Ends the engine and everything in the room, removes its files and cgroup directories, and
    /// checks that nothing remains.
    ///
    /// # Errors
    /// Something could not be removed; `plimsoll clean` tries again.
    pub async fn close(mut self) -> Result<(), RoomError> {
        // `drop` has no work from here on: errors are returned, and `clean` finds the rest.
        self.closed = true;
        self.stop_namespace();
        if self.init != 0 {
            self.control.request_stop();
            // After the deadline it is killed below.
            let _ = timeout(END_WITHIN, self.control.ended()).await;
        }
        if !self.control.has_ended() {
            self.control.kill();
            if timeout(DEATH_WITHIN, self.control.ended()).await.is_err() {
                return Err(RoomError::new(CLOSE, self.id(), "its processes do not end"));
            }
        }
        if let Some(process) = self.processes.iter().find(|process| process.is_alive()) {
            let text = format!("{} (process {}) is still alive", process.name, process.pid);
            return Err(RoomError::new(CLOSE, self.id(), text));
        }
        let (id, path) = (self.folder.id.clone(), self.folder.path.clone());
        tokio::task::spawn_blocking(move || stale::erase(&id, &path))
            .await
            .map_err(failed(CLOSE, self.id()))?
    }

    fn stop_namespace(&mut self) {
        if let Some(namespace) = self.namespace.take() {
            namespace.stop();
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if self.closed {
            return;
        }
        self.stop_namespace();
        self.control.kill();
        if self.control.wait_ended(DEATH_WITHIN) {
            // `clean` finds what cannot be removed here.
            let _ = stale::erase(&self.folder.id, &self.folder.path);
        }
    }
}

/// Writes the files that the first process expects, and opens the log.
fn write_engine_files(folder: &Path, store: &ImageStore) -> io::Result<File> {
    fs::create_dir(folder.join(DATA_FOLDER))?;
    fs::write(folder.join(commands::CONFIG_FILE), configuration(store))?;
    fs::write(folder.join(commands::RESOLV_FILE), commands::resolv_conf())?;
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(folder.join(LOG_FILE))
}

/// The engine's configuration. Docker before 23 does not know this feature and ignores it.
fn configuration(store: &ImageStore) -> String {
    let containerd = match store {
        ImageStore::Containerd => true,
        ImageStore::GraphDriver => false,
        ImageStore::Unknown => return "{}\n".to_owned(),
    };
    format!("{{\"features\":{{\"containerd-snapshotter\":{containerd}}}}}\n")
}

/// Masks secrets before it cuts the text, because no rule detects half a secret.
fn last_lines(text: &str) -> String {
    let text = mask_found(text);
    let mut lines: Vec<_> = text.lines().rev().take(LINES_SHOWN).collect();
    lines.reverse();
    lines
        .iter()
        .map(|line| format!("    {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cleanroom::DataPlace;

    #[tokio::test]
    async fn an_invalid_purpose_is_refused_before_anything_is_created() {
        fn may_be_spawned<T: Send>(future: T) -> T {
            future
        }
        let place = tempfile::tempdir().unwrap();
        let spec = RoomSpec {
            folder: place.path().join("rooms"),
            run: "run".to_owned(),
            purpose: "../x",
            network: false,
            data: DataPlace::Disk,
            store: ImageStore::Unknown,
        };
        assert!(may_be_spawned(Room::open(&spec)).await.is_err());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_engine_configuration_selects_the_requested_store() {
        let folder = tempfile::tempdir().unwrap();
        for (store, expected) in [
            (ImageStore::Containerd, Some(true)),
            // Explicit, because new installations of Docker 29 default to containerd.
            (ImageStore::GraphDriver, Some(false)),
            (ImageStore::Unknown, None),
        ] {
            let place = folder.path().join(store.word());
            fs::create_dir(&place).unwrap();
            write_engine_files(&place, &store).unwrap();
            let text = fs::read(place.join(commands::CONFIG_FILE)).unwrap();
            let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
            let feature = &value["features"]["containerd-snapshotter"];
            assert_eq!(feature.as_bool(), expected, "{value}");
            assert!(value.is_object());
        }
    }

    #[test]
    fn an_error_shows_the_last_lines_of_the_log() {
        let text: String = (1..=20).map(|line| format!("line {line}\n")).collect();
        let lines = last_lines(&text);
        assert!(lines.starts_with("    line 13\n") && lines.ends_with("\n    line 20"));
        assert_eq!(last_lines(""), "");
        // The header that identifies the key is in a line that is not shown.
        let key = "MIIaB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJaB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0\n".repeat(9);
        let log = format!("-----BEGIN PRIVATE KEY-----\n{key}{key}{text}");
        let lines = last_lines(&log[..log.len() - text.len() + 14]);
        assert!(!lines.contains("jK9m"), "{lines}");
    }
}
