//! Failures between the registry and an engine: cut connections and altered blobs.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use plimsoll::docker::DockerEngine;
use plimsoll::engine::{Engine, EngineError, Registry, RegistryEndpoint};
use plimsoll::record::ManifestRecord;
use plimsoll::registry::{Server, bind};
use plimsoll::units::{Bytes, Count};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use super::client::content;
use crate::live_engine::stage::{Stage, chunks, live};

/// A registry with one image, which the user's engine pushed and then removed.
pub(super) struct Shelf {
    pub(super) server: Server,
    pub(super) repository: String,
    pub(super) manifest: ManifestRecord,
    folder: TempDir,
}

/// Imports an image of one incompressible layer.
pub(super) async fn import(stage: &Stage, tag: &str, bytes: usize) {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes as u64);
    header.set_mode(0o644);
    // Different content in each test, because an engine does not fetch what it has.
    let seed = tag.bytes().fold(7, |seed: u64, byte| {
        seed.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    tar.append_data(&mut header, "load", content(seed, bytes).as_slice())
        .unwrap();
    let labels = stage.labels();
    let changes: Vec<_> = labels
        .iter()
        .map(|(key, value)| format!("LABEL {key}={value}"))
        .collect();
    let tar = chunks(tar.into_inner().unwrap());
    stage.engine.import(tag, tar, &changes).await.unwrap();
}

impl Shelf {
    pub(super) async fn with(stage: &Stage, bytes: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::open(&folder.path().join("store")).unwrap();
        for endpoint in [RegistryEndpoint::Build, RegistryEndpoint::Pull] {
            let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
            server.serve(endpoint, listener).unwrap();
        }
        let repository = format!("plimsoll/fault-{}", stage.nonce);
        let tag = stage.tag("load");
        import(stage, &tag, bytes).await;
        let way = format!(
            "{}/{repository}:1",
            server.authority(RegistryEndpoint::Build)
        );
        stage.engine.tag(&tag, &way).await.unwrap();
        stage.engine.push(&way, &mut |_| {}).await.unwrap();
        for name in [&way, &tag] {
            stage.engine.remove_image(name).await.unwrap();
        }
        let manifest = server.manifest(&repository, "1", "linux/amd64").unwrap();
        Self {
            server,
            repository,
            manifest,
            folder,
        }
    }

    fn layer(&self) -> (&str, Bytes) {
        let layer = &self.manifest.layers[0];
        (&layer.digest, layer.bytes)
    }

    fn file_of(&self, digest: &str) -> PathBuf {
        let hex = digest.split_once(':').unwrap().1;
        fn find(folder: &Path, hex: &str) -> Option<PathBuf> {
            fs::read_dir(folder).unwrap().flatten().find_map(|entry| {
                let path = entry.path();
                if path.is_dir() {
                    find(&path, hex)
                } else {
                    let name = entry.file_name().into_string().unwrap();
                    name.contains(hex).then_some(path)
                }
            })
        }
        find(self.folder.path(), hex).expect("the store names files by digest")
    }
}

/// A proxy that cuts the first connections that transfer much data.
struct Cutter {
    authority: String,
    cuts: Arc<AtomicUsize>,
}

impl Cutter {
    async fn before(server: &Server, after_bytes: usize, most_cuts: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let upstream = server.authority(RegistryEndpoint::Pull);
        let cuts = Arc::new(AtomicUsize::new(0));
        let counter = cuts.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&upstream).await.unwrap();
                let (left, counter) = (most_cuts, counter.clone());
                tokio::spawn(pass(client, server, after_bytes, left, counter));
            }
        });
        Self { authority, cuts }
    }

    fn cuts(&self) -> usize {
        self.cuts.load(Ordering::SeqCst)
    }
}

async fn pass(
    mut client: TcpStream,
    mut server: TcpStream,
    after_bytes: usize,
    most_cuts: usize,
    cuts: Arc<AtomicUsize>,
) {
    use tokio::io::AsyncReadExt;
    let (mut asked, mut answered) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    let mut carried = 0;
    loop {
        tokio::select! {
            read = client.read(&mut asked) => match read {
                Ok(bytes) if bytes > 0 && server.write_all(&asked[..bytes]).await.is_ok() => {}
                _ => return,
            },
            read = server.read(&mut answered) => match read {
                Ok(bytes) if bytes > 0 => {
                    carried += bytes;
                    if carried > after_bytes && cuts.load(Ordering::SeqCst) < most_cuts {
                        cuts.fetch_add(1, Ordering::SeqCst);
                        return;
                    }
                    if client.write_all(&answered[..bytes]).await.is_err() {
                        return;
                    }
                }
                _ => return,
            },
        }
    }
}

/// Pulls within a deadline.
pub(super) async fn pull(
    engine: &DockerEngine,
    reference: &str,
    within: Duration,
) -> Result<(), EngineError> {
    let begun = Instant::now();
    let pulled = tokio::time::timeout(within, engine.pull(reference, &mut |_| {})).await;
    println!("{reference} took {:?}", begun.elapsed());
    pulled.expect("the engine gives up in time")
}

const LARGE: usize = 24_000_000;
/// The engine tries six times and waits 5 to 25 s between: 75 s in all.
const ATTEMPTS: usize = 6;
const GIVES_UP_WITHIN: Duration = Duration::from_secs(150);

live!(an_engine_that_is_cut_off_again_and_again_gives_up_and_the_server_goes_on, stage => {
    let shelf = Shelf::with(stage, LARGE).await;
    let cutter = Cutter::before(&shelf.server, 300_000, usize::MAX).await;
    shelf.server.reset_traffic(RegistryEndpoint::Pull);
    let reference = format!("{}/{}:1", cutter.authority, shelf.repository);
    let error = pull(&stage.engine, &reference, GIVES_UP_WITHIN).await.unwrap_err();
    println!("{} after {} cuts", error.chain(), cutter.cuts());
    assert_eq!(error.operation, "pull image");
    assert!(error.chain().contains("EOF") || error.chain().contains("reset"), "{}", error.chain());
    assert!(cutter.cuts() >= ATTEMPTS, "{}", cutter.cuts());
    let traffic = shelf.server.traffic(RegistryEndpoint::Pull);
    assert!(traffic.broken >= Count(ATTEMPTS as u64), "{traffic:?}");
    assert_eq!(stage.engine.image(&reference).await.unwrap(), None);

    // The server and its traffic counter still work.
    shelf.server.reset_traffic(RegistryEndpoint::Pull);
    let whole = format!("{}/{}:1", shelf.server.authority(RegistryEndpoint::Pull), shelf.repository);
    pull(&stage.engine, &whole, Duration::from_secs(30)).await.unwrap();
    let traffic = shelf.server.traffic(RegistryEndpoint::Pull);
    let (layer, bytes) = shelf.layer();
    assert_eq!((traffic.served[layer], traffic.broken), (bytes, Count(0)));
    stage.engine.remove_image(&whole).await.unwrap();
});

live!(after_one_cut_the_engine_resumes_and_the_counter_shows_it, stage => {
    let shelf = Shelf::with(stage, LARGE).await;
    let cutter = Cutter::before(&shelf.server, 2_000_000, 1).await;
    shelf.server.reset_traffic(RegistryEndpoint::Pull);
    let reference = format!("{}/{}:1", cutter.authority, shelf.repository);
    pull(&stage.engine, &reference, GIVES_UP_WITHIN).await.unwrap();
    assert_eq!(cutter.cuts(), 1);
    let traffic = shelf.server.traffic(RegistryEndpoint::Pull);
    let (layer, bytes) = shelf.layer();
    println!("{} served of {bytes}, {} broken", traffic.served[layer], traffic.broken.0);
    // Such a pull is not a measurement: `proof::check_served` refuses both.
    assert_eq!(traffic.broken, Count(1));
    assert!(traffic.served[layer] >= bytes, "{traffic:?}");
    assert!(traffic.served[layer] < bytes + bytes, "by a range, not from the beginning: {traffic:?}");
    stage.engine.remove_image(&reference).await.unwrap();
});

live!(a_blob_that_was_altered_on_disk_is_refused, stage => {
    let shelf = Shelf::with(stage, 3_000_000).await;
    let (layer, bytes) = shelf.layer();
    let file = shelf.file_of(layer);
    let mut altered = fs::read(&file).unwrap();
    assert_eq!(altered.len() as u64, bytes.0);
    altered[1_500_000] ^= 1;
    fs::write(&file, &altered).unwrap();
    let reference = format!("{}/{}:1", shelf.server.authority(RegistryEndpoint::Pull), shelf.repository);
    let error = pull(&stage.engine, &reference, GIVES_UP_WITHIN).await.unwrap_err();
    println!("{}", error.chain());
    assert!(error.chain().contains(&format!("verification failed for digest {layer}")), "{}", error.chain());
    assert_eq!(stage.engine.image(&reference).await.unwrap(), None);
    // The original content is accepted, so nothing of the altered blob was kept.
    altered[1_500_000] ^= 1;
    fs::write(&file, &altered).unwrap();
    pull(&stage.engine, &reference, Duration::from_secs(30)).await.unwrap();
    stage.engine.remove_image(&reference).await.unwrap();
});
