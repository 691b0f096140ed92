//! An open room.

use std::error::Error;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::card::{Card, Process};
use super::cgroup;
use super::error::{RoomError, failed};
use super::folder::{self, DATA_FOLDER, Folder, LOG_FILE, SOCKET_FILE};
use super::keeper::{self, Begun, Orders};
use super::left;
use super::life::Life;
use super::means::Programs;
use super::namespace::Namespace;
use super::ping;
use super::plan;
use super::spec::RoomSpec;
use crate::engine::Sockets;
use crate::record::ImageStore;
use crate::secrets::mask_found;

/// From the beginning to the first answer.
const READY_WITHIN: Duration = Duration::from_secs(30);
const PING_EVERY: Duration = Duration::from_millis(10);

/// For the daemon's own end, before it is killed.
const END_WITHIN: Duration = Duration::from_secs(10);
/// For the kernel to end what was killed.
const DEATH_WITHIN: Duration = Duration::from_secs(10);

/// How much of the daemon's log an error carries.
const LINES_SHOWN: usize = 8;

const OPEN: &str = "open clean room";
const CLOSE: &str = "close clean room";

/// A private engine. Close it; where it is dropped it is killed, and the thread
/// waits until its files are gone.
#[derive(Debug)]
pub struct Room {
    folder: Folder,
    life: Arc<Life>,
    namespace: Option<Arc<Namespace>>,
    init: u32,
    processes: Vec<Process>,
    /// Nothing is left to do.
    closed: bool,
}

impl Room {
    /// Opens a room and waits until its engine answers. Dropping the future ends
    /// what has begun.
    ///
    /// # Errors
    /// Something is missing here, or the engine does not start; then the last
    /// lines of its log are told.
    pub async fn open(spec: &RoomSpec) -> Result<Self, RoomError> {
        let programs = Programs::find(spec.network)
            .map_err(|lacks| RoomError::lacking(lacks, spec.purpose))?;
        let folder = folder::make(&spec.folder, spec.purpose)?;
        let mut room = Self {
            folder,
            life: Arc::new(Life::new()),
            namespace: None,
            init: 0,
            processes: Vec::new(),
            closed: false,
        };
        match room.bring_up(spec, programs).await {
            Ok(()) => Ok(room),
            Err(error) => {
                let error = room.with_log(error);
                // The first error is the one to tell; what cannot be removed is found by `clean`.
                let _ = room.close().await;
                Err(error)
            }
        }
    }

    async fn bring_up(&mut self, spec: &RoomSpec, programs: Programs) -> Result<(), RoomError> {
        let path = self.folder.path.clone();
        let fault = |error: io::Error| failed(OPEN, &self.folder.id)(error);
        let cgroup = cgroup::name(&self.folder.id);
        let mut card = Card::new(&self.folder.id, &spec.run, spec.purpose, cgroup.clone());
        card.write(&path).map_err(fault)?;
        let log = furnish(&path, &spec.store).map_err(fault)?;
        let init = plan::init(&programs, spec, &path, &cgroup);
        let network = spec.network.then(|| {
            let network: Box<dyn FnOnce(u32) -> _ + Send> =
                Box::new(move |pid| plan::slirp(&programs, pid));
            network
        });
        let orders = Orders { init, network, log };
        let begun = keeper::begin(orders, Arc::clone(&self.life)).map_err(fault)?;
        let late = || io::Error::new(io::ErrorKind::TimedOut, "it does not answer in time");
        let up = async {
            let begun = begun
                .await
                .map_err(|_| io::Error::other("its thread ended"))??;
            self.note(begun, &mut card)?;
            self.wait_ready(&path.join(SOCKET_FILE)).await
        };
        match timeout(READY_WITHIN, up).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(failed(OPEN, &self.folder.id)(error)),
            Err(_) => Err(failed(OPEN, &self.folder.id)(late())),
        }
    }

    fn note(&mut self, begun: Begun, card: &mut Card) -> io::Result<()> {
        self.init = begun.init;
        card.processes.clone_from(&begun.processes);
        self.processes = begun.processes;
        card.write(&self.folder.path)?;
        self.namespace = Some(Arc::new(Namespace::enter(self.init)?));
        Ok(())
    }

    async fn wait_ready(&self, socket: &Path) -> io::Result<()> {
        while !ping::answers(socket).await {
            if self.life.is_over() {
                return Err(io::Error::other("the daemon ended"));
            }
            sleep(PING_EVERY).await;
        }
        Ok(())
    }

    /// The same with the end of the log, which knows more.
    fn with_log(&self, error: RoomError) -> RoomError {
        let text = fs::read(self.folder.path.join(LOG_FILE)).unwrap_or_default();
        let lines = last_lines(&String::from_utf8_lossy(&text));
        match (error.source(), lines.as_str()) {
            (None, _) | (_, "") => error,
            (Some(cause), lines) => {
                let text = format!("{cause}; the log of its engine ends:\n{lines}");
                RoomError::new(error.operation, error.subject.as_str(), text)
            }
        }
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.folder.id
    }

    /// Where its engine listens, as `DOCKER_HOST` writes it.
    pub fn endpoint(&self) -> String {
        format!("unix://{}", self.folder.path.join(SOCKET_FILE).display())
    }

    /// A listener at an address of the room: its engine reaches one on 127.0.0.1.
    /// Drop it before the room is closed, since it keeps the room's network alive.
    ///
    /// # Errors
    /// The address is taken, or the room is closed.
    pub fn bind(&self, address: SocketAddr) -> Result<TcpListener, RoomError> {
        let bound = match &self.namespace {
            Some(namespace) => namespace.bind(address),
            None => Err(io::ErrorKind::NotConnected.into()),
        };
        bound.map_err(failed("listen in clean room at", address))
    }

    /// Makes sockets in the room, until it is closed: its containers' bridge
    /// addresses are reached through them.
    ///
    /// # Panics
    /// Never: an open room has a namespace.
    pub fn sockets(&self) -> Arc<dyn Sockets> {
        let namespace = self.namespace.as_ref();
        Arc::clone(namespace.expect("an open room has a namespace")) as Arc<dyn Sockets>
    }

    /// Whether its first process lives, and the daemon with it.
    pub fn is_alive(&self) -> bool {
        !self.life.is_over()
    }

    /// The first process's id, as it is known outside.
    pub fn pid(&self) -> u32 {
        self.init
    }

    /// Ends the engine and everything in the room, removes its files and its
    /// cgroup directories, and sees that nothing is left.
    ///
    /// # Errors
    /// Something is left; `plimsoll clean` tries again.
    pub async fn close(mut self) -> Result<(), RoomError> {
        // From here on an error is told, and `clean` finds the rest.
        self.closed = true;
        self.leave();
        if self.init != 0 {
            self.life.ask();
            // What takes longer is killed.
            let _ = timeout(END_WITHIN, self.life.over()).await;
        }
        if !self.life.is_over() {
            self.life.kill();
            if timeout(DEATH_WITHIN, self.life.over()).await.is_err() {
                return Err(RoomError::new(CLOSE, self.id(), "its processes do not end"));
            }
        }
        if let Some(process) = self.processes.iter().find(|process| process.lives()) {
            let text = format!("{} (process {}) still lives", process.name, process.pid);
            return Err(RoomError::new(CLOSE, self.id(), text));
        }
        let (id, path) = (self.folder.id.clone(), self.folder.path.clone());
        tokio::task::spawn_blocking(move || left::erase(&id, &path))
            .await
            .map_err(failed(CLOSE, self.id()))?
    }

    fn leave(&mut self) {
        if let Some(namespace) = self.namespace.take() {
            namespace.leave();
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if self.closed {
            return;
        }
        self.leave();
        self.life.kill();
        if self.life.wait_over(DEATH_WITHIN) {
            // What cannot be removed is found by `clean`.
            let _ = left::erase(&self.folder.id, &self.folder.path);
        }
    }
}

/// Puts the files in place that the first process expects; the log is open for all.
fn furnish(folder: &Path, store: &ImageStore) -> io::Result<File> {
    fs::create_dir(folder.join(DATA_FOLDER))?;
    fs::write(folder.join(plan::CONFIG_FILE), configuration(store))?;
    fs::write(folder.join(plan::RESOLV_FILE), plan::resolv_conf())?;
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(folder.join(LOG_FILE))
}

/// The engine's configuration. Docker before 23 knows no such feature and ignores it.
fn configuration(store: &ImageStore) -> String {
    let containerd = match store {
        ImageStore::Containerd => true,
        ImageStore::GraphDriver => false,
        ImageStore::Unknown => return "{}\n".to_owned(),
    };
    format!("{{\"features\":{{\"containerd-snapshotter\":{containerd}}}}}\n")
}

/// Secrets are masked first: no rule finds half of one.
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
    async fn a_purpose_is_a_word() {
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
    fn the_engines_configuration_names_the_store_that_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        for (store, expected) in [
            (ImageStore::Containerd, Some(true)),
            // Said too: new installations of Docker 29 would take the other.
            (ImageStore::GraphDriver, Some(false)),
            (ImageStore::Unknown, None),
        ] {
            let place = folder.path().join(store.word());
            fs::create_dir(&place).unwrap();
            furnish(&place, &store).unwrap();
            let text = fs::read(place.join(plan::CONFIG_FILE)).unwrap();
            let value: serde_json::Value = serde_json::from_slice(&text).unwrap();
            let feature = &value["features"]["containerd-snapshotter"];
            assert_eq!(feature.as_bool(), expected, "{value}");
            assert!(value.is_object());
        }
    }

    #[test]
    fn the_log_is_told_by_its_last_lines() {
        let text: String = (1..=20).map(|line| format!("line {line}\n")).collect();
        let lines = last_lines(&text);
        assert!(lines.starts_with("    line 13\n") && lines.ends_with("\n    line 20"));
        assert_eq!(last_lines(""), "");
        // Its name is in a line that is not shown.
        let key = "MIIaB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0hJaB3dE5gH7jK9mN1pQ4sT6vW8yZ2cF0\n".repeat(9);
        let log = format!("-----BEGIN PRIVATE KEY-----\n{key}{key}{text}");
        let lines = last_lines(&log[..log.len() - text.len() + 14]);
        assert!(!lines.contains("jK9m"), "{lines}");
    }
}
