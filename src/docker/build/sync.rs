//! The context over the session: BuildKit's file sync, `moby.filesync.v1.FileSync`.
//!
//! The builder opens a stream for each directory that it wants (`dockerfile`, `context`) and
//! says in its headers which paths. This side sends the facts of all entries, then the content
//! of those that the builder asks for: what it still has from the build before, by the key of
//! the session, is not asked for. The packets are those of
//! <https://github.com/tonistiigi/fsutil> (`send.go`, `receive.go`).

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bollard::fsutil::types::packet::PacketType;
use bollard::fsutil::types::{Packet, Stat};
use bollard::moby::filesync::v1::file_sync_server::FileSync;
use bytes::Bytes as Chunk;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use super::source::ErrorSlot;
use crate::engine::{BuildSource, Sent, SourceEntry, SourceFiles, SourceKind};
use crate::units::{Bytes, Count, Nanos};

/// Content in one packet, as fsutil cuts it.
const PACKET_BYTES: usize = 32 << 10;

/// Packets that may wait.
const PACKETS: usize = 64;

/// Go's `os.ModeDir` and `os.ModeSymlink`: the mode of an entry is a Go `FileMode`.
const GO_DIRECTORY: u32 = 1 << 31;
const GO_SYMLINK: u32 = 1 << 27;

/// Content that went out.
#[derive(Debug, Default)]
struct Counter {
    bytes: AtomicU64,
    files: AtomicU64,
}

/// What a build's session serves.
#[derive(Clone)]
pub(super) struct Synced {
    context: Arc<dyn SourceFiles>,
    dockerfile: Arc<dyn SourceFiles>,
    whole: bool,
    sent: Arc<Counter>,
    /// Where an error of reading waits: the builder only knows that the stream broke off.
    slot: ErrorSlot,
}

impl Synced {
    pub(super) fn new(source: &BuildSource, dockerfile: &str, slot: ErrorSlot) -> Self {
        Self {
            context: source.files.clone(),
            dockerfile: Arc::new(OneFile::new(dockerfile, source.dockerfile.clone())),
            whole: source.whole,
            sent: Arc::default(),
            slot,
        }
    }

    /// What of the context was sent so far. Neither the Dockerfile nor what a builder asks of
    /// the ignore file beforehand is a part of it.
    pub(super) fn sent(&self) -> Sent {
        Sent {
            bytes: Bytes(self.sent.bytes.load(Ordering::Relaxed)),
            files: Count(self.sent.files.load(Ordering::Relaxed)),
            synced: true,
        }
    }
}

#[tonic::async_trait]
impl FileSync for Synced {
    type DiffCopyStream = ReceiverStream<Result<Packet, Status>>;
    type TarStreamStream = ReceiverStream<Result<Packet, Status>>;

    async fn diff_copy(
        &self,
        request: Request<Streaming<Packet>>,
    ) -> Result<Response<Self::DiffCopyStream>, Status> {
        let mut asked = Asked::of(request.metadata());
        let (files, counter) = match asked.directory.as_str() {
            "context" => {
                let counter = (!asked.is_of_ignore_file()).then(|| self.sent.clone());
                if self.whole && counter.is_some() {
                    asked.include.clear();
                    asked.follow.clear();
                }
                (self.context.clone(), counter)
            }
            "dockerfile" => (self.dockerfile.clone(), None),
            other => {
                let words = format!("the build was given no directory `{other}`");
                return Err(Status::not_found(words));
            }
        };
        let (sender, receiver) = mpsc::channel(PACKETS);
        let slot = self.slot.clone();
        let packets = request.into_inner();
        tokio::spawn(transfer(files, asked, counter, slot, packets, sender));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn tar_stream(
        &self,
        _: Request<Streaming<Packet>>,
    ) -> Result<Response<Self::TarStreamStream>, Status> {
        Err(Status::unimplemented("use DiffCopy"))
    }
}

/// What the headers of a stream ask for.
#[derive(Debug, Default)]
struct Asked {
    directory: String,
    include: Vec<String>,
    follow: Vec<String>,
}

impl Asked {
    // `exclude-patterns` are the lines of the ignore file, which the tree has applied.
    fn of(headers: &MetadataMap) -> Self {
        Self {
            directory: values(headers, "dir-name").pop().unwrap_or_default(),
            include: values(headers, "include-patterns"),
            follow: values(headers, "followpaths"),
        }
    }

    /// Whether the builder looks for the ignore file by itself, as it does before each
    /// build: some versions ask for it anew each time, and it is no part of the context then.
    fn is_of_ignore_file(&self) -> bool {
        let mut paths = self.include.iter().chain(&self.follow).peekable();
        paths.peek().is_some() && paths.all(|path| path.ends_with(".dockerignore"))
    }
}

/// The values of a header. Newer builders encode them where one is not ASCII.
fn values(headers: &MetadataMap, name: &str) -> Vec<String> {
    let encoded = headers
        .get(format!("{name}-encoded"))
        .is_some_and(|value| value.as_encoded_bytes() == b"1");
    headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_encoded_bytes()).into_owned())
        .map(|text| if encoded { decoded(&text) } else { text })
        .collect()
}

/// Go's `url.QueryUnescape`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let code = std::str::from_utf8(&digits).ok();
                match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
                    Some(code) => bytes.push(code),
                    None => bytes.extend(digits),
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

type Packets = mpsc::Sender<Result<Packet, Status>>;

/// Answers one stream to its end. It ends early where the builder leaves.
async fn transfer(
    files: Arc<dyn SourceFiles>,
    asked: Asked,
    counter: Option<Arc<Counter>>,
    slot: ErrorSlot,
    mut packets: Streaming<Packet>,
    sender: Packets,
) {
    let chosen: Arc<[usize]> = files.chosen(&asked.include, &asked.follow).into();
    // A builder asks for an entry once, so the queue is bounded. One more may be a wrong id, which
    // is reported.
    let mut left = chosen.len() + 1;
    // File systems block: two threads of the pool walk and read.
    let (walking, walked_files, indexes) = (sender.clone(), files.clone(), chosen.clone());
    let errors = slot.clone();
    let walk = tokio::task::spawn_blocking(move || {
        let sent = send_facts(walked_files.as_ref(), &indexes, &walking);
        report(sent, &errors, &walking);
    });
    let (wanted, queue) = mpsc::unbounded_channel();
    let reading = sender.clone();
    let read = tokio::task::spawn_blocking(move || {
        let sent = send_contents(files.as_ref(), &chosen, counter.as_deref(), queue, &reading);
        report(sent, &slot, &reading);
    });
    let mut finished = false;
    while let Ok(Some(packet)) = packets.message().await {
        match packet.r#type() {
            PacketType::PacketReq => {
                if left == 0 || wanted.send(packet.id).is_err() {
                    break;
                }
                left -= 1;
            }
            PacketType::PacketFin => {
                finished = true;
                break;
            }
            PacketType::PacketErr => break,
            PacketType::PacketStat | PacketType::PacketData => {}
        }
    }
    drop(wanted);
    let _ = walk.await;
    let _ = read.await;
    if finished {
        let _ = sender.send(Ok(of_type(PacketType::PacketFin))).await;
    }
}

/// Why a transfer ended early.
enum Ended {
    /// The builder left: no failure of this side.
    Left,
    Failed(io::Error),
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

fn report(sent: Result<(), Ended>, slot: &ErrorSlot, sender: &Packets) {
    if let Err(Ended::Failed(error)) = sent {
        // Kept first: the build may fail as soon as the builder hears of it.
        let status = Status::aborted(error.to_string());
        slot.keep(error);
        let _ = sender.blocking_send(Err(status));
    }
}

fn of_type(kind: PacketType) -> Packet {
    Packet {
        r#type: kind.into(),
        ..Packet::default()
    }
}

fn send(sender: &Packets, packet: Packet) -> Result<(), Ended> {
    sender.blocking_send(Ok(packet)).map_err(|_| Ended::Left)
}

/// Sends the facts of each entry, then an empty packet. An entry's id is its position.
fn send_facts(files: &dyn SourceFiles, chosen: &[usize], sender: &Packets) -> Result<(), Ended> {
    for index in chosen {
        files.check(*index)?;
        let packet = Packet {
            stat: Some(stat(&files.entries()[*index])),
            ..of_type(PacketType::PacketStat)
        };
        send(sender, packet)?;
    }
    send(sender, of_type(PacketType::PacketStat))
}

/// Sends the content of each file that is asked for, each ended by an empty packet.
fn send_contents(
    files: &dyn SourceFiles,
    chosen: &[usize],
    counter: Option<&Counter>,
    mut queue: mpsc::UnboundedReceiver<u32>,
    sender: &Packets,
) -> Result<(), Ended> {
    while let Some(id) = queue.blocking_recv() {
        let index = usize::try_from(id).ok().and_then(|id| chosen.get(id));
        let index = *index.ok_or_else(|| {
            io::Error::other(format!(
                "the builder asked for an entry {id} that it was not given"
            ))
        })?;
        let mut content = files.open(index)?;
        loop {
            let mut data = vec![0; PACKET_BYTES];
            let read = fill(&mut content, &mut data)?;
            data.truncate(read);
            if let Some(counter) = counter {
                counter.bytes.fetch_add(read as u64, Ordering::Relaxed);
            }
            let packet = Packet {
                id,
                data,
                ..of_type(PacketType::PacketData)
            };
            // The empty packet is the end.
            send(sender, packet)?;
            if read == 0 {
                break;
            }
        }
        if let Some(counter) = counter {
            counter.files.fetch_add(1, Ordering::Relaxed);
        }
    }
    Ok(())
}

/// Reads until the buffer is full or the content ends.
fn fill(content: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match content.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn stat(entry: &SourceEntry) -> Stat {
    let (kind, size, linkname) = match &entry.kind {
        SourceKind::Directory => (GO_DIRECTORY, 0, String::new()),
        SourceKind::Link(target) => (GO_SYMLINK, target.len() as u64, target.clone()),
        SourceKind::File(size) => (0, size.0, String::new()),
    };
    Stat {
        path: entry.path.clone(),
        mode: entry.mode | kind,
        size: i64::try_from(size).unwrap_or(i64::MAX),
        mod_time: i64::try_from(entry.modified.0).unwrap_or(i64::MAX),
        linkname,
        ..Stat::default()
    }
}

/// The Dockerfile and the directories above it.
struct OneFile {
    entries: Vec<SourceEntry>,
    content: Chunk,
}

impl OneFile {
    fn new(path: &str, content: Chunk) -> Self {
        // The present, so that a builder never takes another text of the same size for it.
        let modified = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(Nanos(0), Nanos::from);
        let entry = |path: &str, mode, kind| SourceEntry {
            path: path.to_owned(),
            mode,
            modified,
            kind,
        };
        let directories = path
            .match_indices('/')
            .map(|(at, _)| entry(&path[..at], 0o755, SourceKind::Directory));
        let size = Bytes(content.len() as u64);
        let file = entry(path, 0o644, SourceKind::File(size));
        Self {
            entries: directories.chain([file]).collect(),
            content,
        }
    }
}

impl SourceFiles for OneFile {
    fn entries(&self) -> &[SourceEntry] {
        &self.entries
    }

    // Builders ask for the ignore file of the Dockerfile too, and find none: it was applied.
    fn chosen(&self, _: &[String], _: &[String]) -> Vec<usize> {
        (0..self.entries.len()).collect()
    }

    fn check(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn open(&self, _: usize) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(&self.content[..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_in_both_forms() {
        let mut headers = MetadataMap::new();
        headers.insert("dir-name", "context".parse().unwrap());
        headers.append("followpaths", "src/a".parse().unwrap());
        headers.append("followpaths", "b+c%20d%C3%A4".parse().unwrap());
        let asked = Asked::of(&headers);
        assert_eq!(asked.directory, "context");
        assert_eq!(asked.follow, ["src/a", "b+c%20d%C3%A4"]);
        assert!(asked.include.is_empty());
        headers.insert("followpaths-encoded", "1".parse().unwrap());
        assert_eq!(Asked::of(&headers).follow, ["src/a", "b c dä"]);
    }

    #[test]
    fn what_is_no_encoding_stays_as_it_is() {
        for (text, expected) in [
            ("a+b", "a b"),
            ("%2B", "+"),
            ("%e2%82%ac", "€"),
            ("100%", "100"),
            ("%zz", "zz"),
            ("%FF", "\u{fffd}"),
            ("", ""),
        ] {
            assert_eq!(decoded(text), expected, "{text}");
        }
    }

    #[test]
    fn only_a_stream_for_the_ignore_file_alone_is_one() {
        let asked = |include: &[&str], follow: &[&str]| {
            let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
            let (include, follow) = (texts(include), texts(follow));
            let directory = String::new();
            Asked {
                directory,
                include,
                follow,
            }
            .is_of_ignore_file()
        };
        assert!(asked(&[], &[".dockerignore"]));
        assert!(asked(&[".dockerignore"], &["x/Dockerfile.dockerignore"]));
        assert!(!asked(&[], &[]), "that is the whole context");
        assert!(!asked(&[], &[".dockerignore", "src"]));
        assert!(!asked(&["src"], &[".dockerignore"]));
    }

    /// Gives a byte at a time, with an interruption before each.
    struct Slow(Vec<u8>, bool);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let Some(byte) = self.0.pop() else {
                return Ok(0);
            };
            buffer[0] = byte;
            Ok(1)
        }
    }

    #[test]
    fn a_packet_is_filled_however_the_content_comes() {
        let mut content = Slow(b"edcba".to_vec(), false);
        let mut buffer = [0; 3];
        assert_eq!(fill(&mut content, &mut buffer).unwrap(), 3);
        assert_eq!(&buffer, b"abc");
        assert_eq!(fill(&mut content, &mut buffer).unwrap(), 2);
        assert_eq!(&buffer[..2], b"de");
        assert_eq!(fill(&mut content, &mut buffer).unwrap(), 0);
    }

    #[test]
    fn a_dockerfile_in_a_directory_comes_after_it() {
        let file = OneFile::new("docker/slim/Dockerfile", Chunk::from_static(b"FROM x\n"));
        let stats: Vec<_> = file.entries().iter().map(stat).collect();
        let paths: Vec<_> = stats.iter().map(|stat| stat.path.as_str()).collect();
        assert_eq!(paths, ["docker", "docker/slim", "docker/slim/Dockerfile"]);
        assert_eq!(stats[0].mode, GO_DIRECTORY | 0o755);
        assert_eq!((stats[2].mode, stats[2].size), (0o644, 7));
    }
}
