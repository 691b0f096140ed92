//! A home folder with one scenario, and a run in it.

use plimsoll::record::ImageStore;

use super::*;

const SCENARIO: &str = r#"
schema = 1
name = "app"
title = "an app"
[app]
name = "app"
path = "app"
[contract]
port = 8080
path = "/health"
body-contains = "ok"
ready-within = "10s"
[[source]]
id = "blog"
title = "a blog"
[[edit]]
name = "source"
[[edit.change]]
file = "main.src"
find = "unreleased"
replace = "edit-{nonce}"
[[edit]]
name = "dependency"
[[edit.change]]
file = "deps.lock"
from = "deps.next"
"#;

/// A home with one scenario whose variants have these Dockerfiles.
pub struct Home {
    pub dir: TempDir,
    pub engine: FakeEngine,
    pub stop: CancellationToken,
    pub talk: Arc<Mutex<Vec<u8>>>,
    pub registry: FakeRegistry,
    /// Opened by `--engine clean-room`.
    pub room: FakeEngine,
    pub puller: FakeEngine,
    /// How often environments were closed.
    pub closed: Arc<AtomicUsize>,
    /// The machine's date.
    pub date: Date,
    /// The image stores that environments were opened with.
    pub stores: Arc<Mutex<Vec<ImageStore>>>,
    /// Columns of the terminal that stdout is.
    pub width: Option<u16>,
    /// Where built-in files go, of a project that is none of plimsoll's.
    pub caches: Option<TempDir>,
}

/// The fakes of a home, opened for a run.
struct FakeEnvironments {
    registry: FakeRegistry,
    room: FakeEngine,
    probe: Arc<FakeProbe>,
    puller: FakeEngine,
    closed: Arc<AtomicUsize>,
    stores: Arc<Mutex<Vec<ImageStore>>>,
}

impl Environments<FakeEngine, FakeProbe> for FakeEnvironments {
    async fn open(
        &self,
        _: &str,
        choice: EngineChoice,
        store: &ImageStore,
    ) -> Result<RunEnvironment<FakeEngine, FakeProbe>, Failure> {
        let registry = Arc::new(self.registry.clone());
        self.stores.lock().unwrap().push(store.clone());
        Ok(match choice {
            EngineChoice::Host => RunEnvironment {
                room: None,
                puller: Err("no engine with an empty store".to_owned()),
                registry,
            },
            EngineChoice::CleanRoom => RunEnvironment {
                room: Some((Arc::new(self.room.clone()), self.probe.clone())),
                puller: Ok(Arc::new(self.puller.clone())),
                registry,
            },
        })
    }

    async fn close(&self) -> Vec<String> {
        self.closed.fetch_add(1, Ordering::Relaxed);
        Vec::new()
    }
}

#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Home {
    pub fn new(variants: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let app = dir.path().join("app");
        std::fs::create_dir_all(&app).unwrap();
        std::fs::create_dir(dir.path().join("scenarios")).unwrap();
        std::fs::write(app.join("main.src"), "release = unreleased\n").unwrap();
        std::fs::write(app.join("deps.lock"), "a 1\n").unwrap();
        std::fs::write(app.join("deps.next"), "a 1\nb 2 {nonce}\n").unwrap();
        std::fs::write(
            app.join(".dockerignore"),
            "Dockerfile*\ndeps.next\n.dockerignore\n",
        )
        .unwrap();
        let mut scenario = SCENARIO.to_owned();
        for (name, text) in variants {
            std::fs::write(app.join(format!("Dockerfile.{name}")), text).unwrap();
            scenario.push_str(&format!(
                "[[variant]]\nname = \"{name}\"\nstrategy = \"{name}\"\ntitle = \"{name}\"\ndockerfile = \"Dockerfile.{name}\"\n"
            ));
        }
        scenario.push_str("[[variant]]\nname = \"none\"\nstrategy = \"none\"\nnot-applicable = \"it cannot be\"\n");
        scenario.push_str(&format!(
            "[[claim]]\nsource = \"blog\"\nvariant = \"{}\"\nmetric = \"size.unpacked\"\nclaimed = \"~1.2 GB\"\n",
            variants[0].0
        ));
        std::fs::write(dir.path().join("scenarios/app.toml"), scenario).unwrap();
        Self::around(dir, &["base:1"], None)
    }

    /// A project of `tests/projects`, on an engine with these bases.
    pub fn project(name: &str, bases: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/projects")
            .join(name);
        for entry in walkdir::WalkDir::new(&source).min_depth(1) {
            let entry = entry.unwrap();
            let copy = dir.path().join(entry.path().strip_prefix(&source).unwrap());
            match entry.file_type().is_dir() {
                true => std::fs::create_dir(copy).unwrap(),
                false => drop(std::fs::copy(entry.path(), copy).unwrap()),
            }
        }
        Self::around(dir, bases, Some(tempfile::tempdir().unwrap()))
    }

    /// An empty folder, on an engine with these images.
    pub fn empty(images: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self::around(dir, images, Some(tempfile::tempdir().unwrap()))
    }

    fn around(dir: TempDir, bases: &[&str], caches: Option<TempDir>) -> Self {
        let registry = FakeRegistry::default();
        let engine = FakeEngine::with_bases(bases).at(&registry, RegistryEndpoint::Build);
        Self {
            caches,
            dir,
            engine,
            room: FakeEngine::default().at(&registry, RegistryEndpoint::Build),
            puller: FakeEngine::default().at(&registry, RegistryEndpoint::Pull),
            closed: Arc::default(),
            date: Date::default(),
            stores: Arc::default(),
            width: None,
            registry,
            stop: CancellationToken::new(),
            talk: Arc::default(),
        }
    }

    /// The same with more in its scenario.
    pub fn with(self, toml: &str) -> Self {
        let file = self.path().join("scenarios/app.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, text + toml).unwrap();
        self
    }

    /// The same with another contract in its scenario.
    pub fn with_contract(self, toml: &str) -> Self {
        let file = self.path().join("scenarios/app.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let (before, rest) = text.split_once("[contract]\n").unwrap();
        let (_, after) = rest.split_once("[[source]]").unwrap();
        let text = format!("{before}[contract]\n{toml}\n[[source]]{after}");
        std::fs::write(file, text).unwrap();
        self
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Runs `plimsoll <arguments>`; gives the outcome and what stood on stdout.
    pub async fn run(&self, arguments: &[&str]) -> (Result<Exit, Failure>, String) {
        let home = self.path().display().to_string();
        let mut argv = vec!["plimsoll", "--host", ""];
        if self.caches.is_none() {
            argv.extend(["--home", &home]);
        }
        argv.extend_from_slice(arguments);
        let mut cli = Cli::try_parse_from(&argv).unwrap();
        if let Some(caches) = &self.caches {
            cli.place.here = self.path().to_owned();
            cli.place.caches = Some(caches.path().to_owned());
            cli.place.home = None;
        }
        let clock = Arc::new(FakeClock::of(&self.date));
        let probe = |engine: &FakeEngine| {
            Arc::new(FakeProbe {
                engine: engine.clone(),
                clock: clock.clone(),
            })
        };
        let seams = Seams {
            engine: Arc::new(self.engine.clone()),
            probe: probe(&self.engine),
            environments: FakeEnvironments {
                registry: self.registry.clone(),
                room: self.room.clone(),
                probe: probe(&self.room),
                puller: self.puller.clone(),
                closed: self.closed.clone(),
                stores: self.stores.clone(),
            },
            clock: clock.clone(),
            host: host(),
            revision: None,
            command: argv.iter().map(|word| (*word).to_owned()).collect(),
            scanners: None,
            stop: self.stop.clone(),
        };
        let data = Sink::default();
        let talk = Arc::new(Mutex::new(Sink(self.talk.clone())));
        let mut printer = Printer::into_sinks(Box::new(data.clone()), talk);
        printer.width = self.width;
        let outcome = match cli.command {
            Command::Run(args) => run(&cli.place, &args, seams, &mut printer).await,
            Command::Bench(args) => bench(&cli.place, &args, seams, &mut printer).await,
            Command::Ab(args) => ab(&cli.place, &args, seams, &mut printer).await,
            Command::Clean(args) => {
                clean(Ok(self.engine.clone()), &cli.place, &args, &mut printer).await
            }
            other => panic!("{other:?} has no seams"),
        };
        let text = String::from_utf8(data.0.lock().unwrap().clone()).unwrap();
        (outcome, text)
    }

    pub fn talk(&self) -> String {
        String::from_utf8(self.talk.lock().unwrap().clone()).unwrap()
    }

    pub fn results(&self) -> std::path::PathBuf {
        let name = if self.caches.is_some() {
            ".plimsoll"
        } else {
            "results"
        };
        self.path().join(name)
    }

    pub fn folders(&self) -> Vec<std::path::PathBuf> {
        let mut folders: Vec<_> = std::fs::read_dir(self.results())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir() && !path.is_symlink())
            .collect();
        folders.sort();
        folders
    }

    pub fn record(&self) -> RunRecord {
        let folder = self.folders().pop().unwrap();
        let text = std::fs::read_to_string(folder.join("run.json")).unwrap();
        // As every command reads it: what a run writes agrees with itself.
        RunRecord::read(&text).unwrap()
    }
}

fn host() -> HostFacts {
    HostFacts {
        os: "Test OS".to_owned(),
        kernel: "6.0".to_owned(),
        cpu: "test".to_owned(),
        cpus: Count(2),
        memory_bytes: Bytes(1),
        load: None,
        virtualisation: None,
    }
}

/// Whether all values are what the fakes take.
pub fn close(values: &[f64], expected: f64) -> bool {
    // Tokio's timer has a grain of one millisecond.
    !values.is_empty() && values.iter().all(|value| (value - expected).abs() < 0.004)
}
