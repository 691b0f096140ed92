//! The fake's verbs, and its small model of BuildKit.

use super::files::{read, unpack};
use super::*;

/// The content that a COPY reads: of one named file, or of all.
fn copied(text: &str, files: &BTreeMap<String, Vec<u8>>) -> String {
    let source = text
        .split_whitespace()
        .find(|word| files.contains_key(*word));
    let mut material = Vec::new();
    for (path, content) in files {
        if source.is_none_or(|source| source == path) {
            material.extend_from_slice(path.as_bytes());
            material.extend_from_slice(content);
        }
    }
    sha256_hex(&material)
}

/// Where a planted secret stands in a build.
fn ways(request: &BuildRequest, files: &BTreeMap<String, Vec<u8>>) -> Vec<(String, String)> {
    let args = request.build_args.iter();
    let args = args.map(|(id, value)| format!("arg {id}={value}"));
    let secrets = request.secrets.iter();
    let secrets = secrets.map(|(id, value)| format!("secret {id}={}", value.0));
    let files = files.iter();
    let files = files.map(|(path, text)| format!("file {path}={}", String::from_utf8_lossy(text)));
    let all = args.chain(secrets).chain(files);
    let planted = all.filter(|way| way.contains("plimsoll-planted-"));
    planted.map(|way| (request.tag.clone(), way)).collect()
}

/// The command of a RUN, as BuildKit describes its records by it: without ids of mounts.
fn command(text: &str) -> String {
    let words = text.split_whitespace().skip(1);
    let words: Vec<_> = words.filter(|word| !word.starts_with("--")).collect();
    words.join(" ")
}

/// The id of the first cache mount of a RUN.
fn mount_id(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("--mount=id=")?;
    rest.split(',').next()
}

/// Ids of the mounts that a step empties.
fn emptied(text: &str) -> Vec<String> {
    let words = text
        .split_whitespace()
        .filter(|_| text.contains("/.plimsoll-emptied"));
    let mounts = words.filter_map(|word| word.strip_prefix("--mount=type=cache,id="));
    let ids = mounts.filter_map(|mount| mount.split(',').next());
    ids.map(str::to_owned).collect()
}

impl Engine for FakeEngine {
    async fn facts(&self) -> Result<EngineFacts> {
        self.call("facts", "engine")?;
        Ok(EngineFacts {
            name: "Fake Engine".to_owned(),
            version: "1.0".to_owned(),
            api_version: "1.41".to_owned(),
            api_range: None,
            store: match self.state(|state| state.containerd) {
                true => ImageStore::Containerd,
                false => ImageStore::GraphDriver,
            },
            driver: "fake2".to_owned(),
            backing: None,
            builder: "buildkit".to_owned(),
            platform: "linux/amd64".to_owned(),
            cgroup_version: "2".to_owned(),
            runtime: "fakec".to_owned(),
            data_root: None,
            kernel: "6.0".to_owned(),
            endpoint: self.endpoint(),
        })
    }

    async fn ping(&self) -> Result<()> {
        self.call("ping", "engine")?;
        sleep(Duration::from_micros(100)).await;
        Ok(())
    }

    async fn image(&self, reference: &str) -> Result<Option<ImageFacts>> {
        self.call("image", reference)?;
        Ok(self.state(|state| state.images.get(reference).map(|image| image.facts.clone())))
    }

    async fn push(&self, reference: &str, _: &mut (dyn FnMut(&str) + Send)) -> Result<PushOutcome> {
        self.call("push", reference)?;
        let behind_an_index = self.state(|state| {
            let image = state.images.get(reference);
            image.is_some_and(|image| state.partial.contains(&image.facts.id.0))
        });
        if behind_an_index {
            let why = "missing content: content digest sha256:a: not found";
            return Err(EngineError::new(
                "push image",
                reference,
                ErrorKind::Refused,
                why,
            ));
        }
        self.send(reference).await
    }

    async fn tag(&self, image: &str, reference: &str) -> Result<()> {
        self.call("tag", reference)?;
        self.add_tag(image, reference);
        Ok(())
    }

    async fn pull(&self, reference: &str, sink: &mut PullSink<'_>) -> Result<()> {
        self.call("pull", reference)?;
        if reference.starts_with("127.0.0.1:") {
            return self.fetch(reference, sink).await;
        }
        let kind = ErrorKind::Refused;
        Err(EngineError::new(
            "pull image",
            reference,
            kind,
            "dial tcp: no such host",
        ))
    }

    async fn registry_digest(&self, reference: &str) -> Result<String> {
        let kind = ErrorKind::Unreachable;
        Err(EngineError::new(
            "ask the registry of",
            reference,
            kind,
            "dial tcp: no such host",
        ))
    }

    async fn export(&self, image: &str) -> Result<BuildContext> {
        self.call("export", image)?;
        let user = self.state(|state| state.images[image].facts.user.clone());
        let saved = super::export::saved(&user);
        Ok(Box::pin(futures_util::stream::iter([Ok(saved.into())])))
    }

    async fn import(
        &self,
        reference: &str,
        tar: BuildContext,
        changes: &[String],
    ) -> Result<ImageId> {
        self.call("import", reference)?;
        let files = unpack(tar).await.unwrap();
        self.add_base(reference, &[]);
        self.state(|state| {
            let image = state.images.get_mut(reference).unwrap();
            // The machine of an ELF header; this engine runs x86-64.
            let answers = |file: &Vec<u8>| String::from_utf8_lossy(file).contains("HTTP/1.0 200");
            let foreign = |file: &Vec<u8>| file.starts_with(b"\x7fELF") && file[18] != 62;
            image.manner = match files.values().any(foreign) && !state.emulates {
                true => Manner::Foreign,
                // A program that answers holds its answer.
                false if files.values().any(answers) => Manner::Well,
                false => Manner::Ends,
            };
            let labels = changes
                .iter()
                .filter_map(|change| change.strip_prefix("LABEL "));
            let labels = labels.filter_map(|label| label.split_once('='));
            let labels = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
            image.facts.labels.extend(labels);
            Ok(image.facts.id.clone())
        })
    }

    async fn build(
        &self,
        request: &BuildRequest,
        source: BuildSource,
        sink: &mut StepSink<'_>,
    ) -> std::result::Result<BuildOutcome, BuildFailure> {
        self.call("build", &request.tag)?;
        let files = read(&source).map_err(BuildFailure::Context)?;
        let text = String::from_utf8(source.dockerfile.to_vec()).unwrap();
        self.state(|state| {
            state.dockerfiles.push(text.clone());
            state.ways.extend(ways(request, &files));
        });
        let dockerfile = Dockerfile::parse(&text).unwrap();
        let target = request.target.as_deref();
        let mut key = String::new();
        let mut steps = Vec::new();
        let total = dockerfile.steps(target, &request.build_args).unwrap();
        for step in &total {
            let name = vertex_name(step);
            let copied = if step.text.starts_with("COPY") {
                copied(&step.text, &files)
            } else {
                String::new()
            };
            key = sha256_hex(format!("{key}{}{copied}", step.text).as_bytes());
            let is_from = step.text.starts_with("FROM");
            let cached = is_from || !request.no_cache && self.state(|s| s.known.contains(&key));
            sink(&name);
            let took = match () {
                () if cached => Duration::ZERO,
                () if step.text.starts_with("RUN") => Duration::from_secs(2),
                () => Duration::from_millis(100),
            };
            if step.text.contains("hang") {
                std::future::pending::<()>().await;
            }
            sleep(took).await;
            if step.text.contains("fail") {
                return Err(BuildFailure::Step {
                    step: name,
                    message: "exit code: 2".to_owned(),
                    exit_code: Some(2),
                    log: vec!["make: *** no rule".to_owned()],
                });
            }
            self.state(|state| {
                state.known.insert(key.clone());
                if !cached {
                    state.emptied.extend(emptied(&step.text));
                    let command = command(&step.text);
                    if let Some(mount) = mount_id(&step.text) {
                        let told = format!("cached mount /m from exec /bin/sh -c {command}");
                        state.cache.insert(format!("mount-{mount}"), told);
                    }
                    let id = format!("record-{}", state.cache.len());
                    let told = match step.text.starts_with("RUN") {
                        true => format!("mount / from exec /bin/sh -c {command}"),
                        false => "fileop target".to_owned(),
                    };
                    state.cache.insert(id, told);
                }
            });
            let time = Some(Nanos::from(took));
            steps.push(BuildStep {
                name,
                started: time,
                duration: time,
                cached,
            });
        }
        Ok(self.finish(request, &dockerfile, &text, key, steps))
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId> {
        self.call("create", &spec.name)?;
        sleep(Duration::from_millis(8)).await;
        self.state(|state| {
            let image = state
                .images
                .iter()
                .find(|(tag, image)| **tag == spec.image || image.facts.id.0 == spec.image);
            let manner = image.map(|(_, image)| image.manner).unwrap();
            let run = spec.labels.get(LABEL_RUN).cloned();
            let container = Container {
                image: spec.image.clone(),
                manner,
                run,
                started: false,
            };
            state.containers.insert(spec.name.clone(), container);
        });
        Ok(ContainerId(spec.name.clone()))
    }

    async fn start(&self, id: &ContainerId) -> Result<()> {
        self.call("start", &id.0)?;
        sleep(Duration::from_millis(200)).await;
        self.state(|state| {
            let container = state.containers.get_mut(&id.0).unwrap();
            container.started = true;
            if container.manner == Manner::Foreign {
                let (kind, cause) = (ErrorKind::Refused, "exec format error");
                return Err(EngineError::new("start container", &id.0, kind, cause));
            }
            Ok(())
        })
    }

    async fn address(&self, id: &ContainerId, port: u16, reach: Reach) -> Result<SocketAddr> {
        self.call("address", &id.0)?;
        let closed = self.state(|state| state.closed.contains(&reach));
        let host = if closed { [0; 4] } else { [127, 0, 0, 1] };
        Ok(SocketAddr::from((host, port)))
    }

    async fn exited(&self, id: &ContainerId) -> Result<i64> {
        let manner = self.state(|state| state.containers[&id.0].manner);
        sleep(Duration::from_millis(50)).await;
        match manner {
            Manner::Crashes => Ok(3),
            Manner::Ends => Ok(0),
            _ => std::future::pending().await,
        }
    }

    async fn state(&self, id: &ContainerId) -> Result<ContainerState> {
        let ended = self.ends_early(id);
        Ok(ContainerState {
            running: !ended,
            exit_code: ended.then_some(3),
            oom_killed: self.state(|state| state.oom),
            health: Some(Health::Healthy),
        })
    }

    async fn logs(&self, id: &ContainerId, _: u32) -> Result<Vec<String>> {
        let error = "Error: cannot find module".to_owned();
        // The app prints what it was built with.
        let built_with = self.state(|state| {
            let image = &state.containers[&id.0].image;
            let is_it = |tag: &str| {
                state
                    .images
                    .get(tag)
                    .is_some_and(|one| one.facts.id.0 == *image)
            };
            let way = state.ways.iter().rfind(|(tag, _)| is_it(tag));
            way.map(|(_, way)| way.clone())
        });
        Ok([error].into_iter().chain(built_with).collect())
    }

    async fn memory(&self, id: &ContainerId) -> Result<Bytes> {
        self.call("memory", &id.0)?;
        self.memory_of(id)
    }

    async fn stop(&self, id: &ContainerId, grace: Nanos) -> Result<StopOutcome> {
        self.call("stop", &id.0)?;
        let manner = self.state(|state| state.containers.get(&id.0).map(|c| c.manner));
        let killed = manner == Some(Manner::IgnoresSigterm);
        let took = if killed {
            grace
        } else {
            Nanos::from_millis(12)
        };
        sleep(took.into()).await;
        let exit_code = if killed { 137 } else { 0 };
        Ok(StopOutcome {
            taken: StopTime::Stamps(took),
            exit_code,
            killed,
        })
    }

    async fn remove_container(&self, id: &ContainerId) -> Result<()> {
        self.call("remove-container", &id.0)?;
        self.state(|state| state.containers.remove(&id.0));
        Ok(())
    }

    async fn remove_image(&self, reference: &str) -> Result<RemovalOutcome> {
        self.call("remove-image", reference)?;
        let gone = self.state(|state| state.images.remove(reference));
        Ok(if gone.is_some() {
            RemovalOutcome::Removed
        } else {
            RemovalOutcome::Absent
        })
    }

    async fn owned(&self) -> Result<Vec<Owned>> {
        self.call("owned", "engine")?;
        Ok(self.state(|state| {
            let containers = state
                .containers
                .iter()
                .map(|(name, container)| owned(OwnedKind::Container, name, container.run.clone()));
            let images = state.images.iter().filter_map(|(tag, image)| {
                let labelled = image.facts.labels.get(LABEL_RUN).cloned();
                let run = plimsoll::engine::run_of_tag(tag).or(labelled)?;
                Some(owned(OwnedKind::Image, tag, Some(run)))
            });
            let listed = containers.chain(images).collect();
            if let Some(tag) = state.appears.take() {
                let image = state.images.values().next().unwrap().clone();
                state.images.insert(tag, image);
            }
            listed
        }))
    }

    async fn build_cache(&self) -> Result<Vec<CacheRecord>> {
        self.call("build-cache", "engine")?;
        Ok(self.state(|state| {
            let record = |(id, description): (&String, &String)| CacheRecord {
                id: id.clone(),
                description: description.clone(),
                kind: if id.starts_with("mount-") {
                    "exec.cachemount".to_owned()
                } else {
                    "regular".to_owned()
                },
                size: Bytes(1),
                in_use: false,
            };
            state.cache.iter().map(record).collect()
        }))
    }

    async fn prune_cache(&self, ids: &[String]) -> Result<Vec<String>> {
        self.call("prune-cache", &ids.len().to_string())?;
        self.state(|state| {
            state.cache.retain(|id, _| !ids.contains(id));
            // What the builder knows it knows by its records.
            if state.cache.is_empty() {
                state.known.clear();
            }
        });
        Ok(ids.to_vec())
    }
}

impl FakeEngine {
    fn finish(
        &self,
        request: &BuildRequest,
        dockerfile: &Dockerfile,
        text: &str,
        key: String,
        steps: Vec<BuildStep>,
    ) -> BuildOutcome {
        let base = dockerfile
            .final_base(request.target.as_deref(), &request.build_args)
            .unwrap();
        self.state(|state| {
            let base = base
                .and_then(|base| state.images.get(&base))
                .map(|image| image.facts.clone());
            let (mut diff_ids, mut history) = base
                .map(|facts| (facts.diff_ids, facts.history))
                .unwrap_or_default();
            diff_ids.push(format!("sha256:{key}"));
            // The engine prints build arguments before the command.
            let args: String = request
                .build_args
                .iter()
                .map(|(id, value)| format!("|1 {id}={value} "))
                .collect();
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            let length: usize = lines.map(|line| line.len() + 1).sum();
            history.push((Bytes(1_000_000 * length as u64), format!("{args}COPY")));
            let id = ImageId(format!("sha256:{}", sha256_hex(key.as_bytes())));
            let facts = ImageFacts {
                manifest_digest: None,
                id: id.clone(),
                repo_digests: Vec::new(),
                listed: history.iter().map(|(bytes, _)| *bytes).sum(),
                diff_ids,
                history,
                labels: request.labels.clone(),
                user: String::new(),
                platform: "linux/amd64".to_owned(),
                health_check: text.contains("HEALTHCHECK"),
            };
            let image = Image {
                facts,
                manner: match request.platform.as_deref() {
                    Some(other) if other != "linux/amd64" && !state.emulates => Manner::Foreign,
                    _ => Manner::of(text),
                },
            };
            state.images.insert(request.tag.clone(), image);
            BuildOutcome {
                image: id,
                steps,
                builder: "buildkit".to_owned(),
                sent: Sent::default(),
            }
        })
    }
}

fn owned(kind: OwnedKind, name: &str, run: Option<String>) -> Owned {
    Owned {
        kind,
        id: name.to_owned(),
        name: name.to_owned(),
        run,
        size: None,
    }
}

/// A step's name as BuildKit tells it.
fn vertex_name(step: &Step) -> String {
    let label = step
        .key
        .stage
        .as_ref()
        .map(|stage| format!("{stage} "))
        .unwrap_or_default();
    format!("[{label}{}/{}] {}", step.key.index, step.total, step.text)
}
