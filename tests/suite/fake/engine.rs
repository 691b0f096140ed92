//! The fake's verbs.

use super::files::{read, unpack};
use super::model::{command, copied, emptied, mount_id, vertex_name, ways};
use super::*;

/// What a start takes, and the part of it that prepares the container.
const START: Duration = Duration::from_millis(200);
const PREPARATION: Duration = Duration::from_millis(150);

impl Engine for FakeEngine {
    async fn facts(&self) -> Result<EngineFacts> {
        self.call("facts", "engine").await?;
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
            builder: self.builder(),
            own_frontend: self.state(|state| state.own_frontend),
            platform: "linux/amd64".to_owned(),
            cgroup_version: "2".to_owned(),
            runtime: "fakec".to_owned(),
            data_root: None,
            kernel: "6.0".to_owned(),
            endpoint: self.endpoint(),
        })
    }

    async fn ping(&self) -> Result<()> {
        self.call("ping", "engine").await?;
        sleep(Duration::from_micros(100)).await;
        Ok(())
    }

    async fn image(&self, reference: &str) -> Result<Option<ImageFacts>> {
        self.call("image", reference).await?;
        Ok(self.state(|state| {
            let mut facts = state.find(reference)?.facts.clone();
            for (bytes, _) in &mut facts.history {
                bytes.0 += state.disk_blocks;
            }
            facts.health_check = facts.health_check.filter(|_| !state.podman);
            Some(facts)
        }))
    }

    async fn push(&self, reference: &str, _: &mut (dyn FnMut(&str) + Send)) -> Result<PushOutcome> {
        self.call("push", reference).await?;
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
        self.call("tag", reference).await?;
        self.add_tag(image, reference)
    }

    async fn pull(&self, reference: &str, sink: &mut PullSink<'_>) -> Result<()> {
        self.call("pull", reference).await?;
        if reference.starts_with("127.0.0.1:") {
            return self.fetch(reference, sink).await;
        }
        let remote = self.state(|state| state.remote.get(reference).cloned());
        let breaks = self.state(|state| state.breaks_pulls);
        let why = match remote {
            Some(digest) if !breaks => {
                self.add_pulled(reference, &digest);
                return Ok(());
            }
            Some(_) => "unexpected EOF",
            None => "dial tcp: no such host",
        };
        let kind = ErrorKind::Refused;
        Err(EngineError::new("pull image", reference, kind, why))
    }

    async fn registry_digest(&self, reference: &str) -> Result<String> {
        if let Some(digest) = self.state(|state| state.remote.get(reference).cloned()) {
            return Ok(digest);
        }
        let kind = ErrorKind::Unreachable;
        Err(EngineError::new(
            "ask the registry of",
            reference,
            kind,
            "dial tcp: no such host",
        ))
    }

    async fn export(&self, image: &str) -> Result<BuildContext> {
        self.call("export", image).await?;
        let user = self.state(|state| Some(state.find(image)?.facts.user.clone()));
        let user = user.ok_or_else(|| missing("export image", image))?;
        let saved = super::export::saved(&user);
        Ok(Box::pin(futures_util::stream::iter([Ok(saved.into())])))
    }

    async fn import(
        &self,
        reference: &str,
        tar: BuildContext,
        changes: &[String],
    ) -> Result<ImageId> {
        self.call("import", reference).await?;
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
        self.call("build", &request.tag).await?;
        let files = read(&source).map_err(BuildFailure::Context)?;
        let text = String::from_utf8(source.dockerfile.to_vec()).unwrap();
        self.state(|state| {
            state.dockerfiles.push(text.clone());
            let arguments = (request.tag.clone(), request.build_args.clone());
            state.arguments.push(arguments);
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
                        let reported = format!("cached mount /m from exec {command}");
                        state.cache.insert(format!("mount-{mount}"), reported);
                    }
                    let id = format!("record-{}", state.cache.len());
                    let reported = match step.text.starts_with("RUN") {
                        true => format!("mount / from exec {command}"),
                        false => "fileop target".to_owned(),
                    };
                    state.cache.insert(id, reported);
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
        if self.state(|state| state.podman) {
            steps.clear();
        }
        Ok(self.finish(request, &dockerfile, &text, key, steps))
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId> {
        self.call("create", &spec.name).await?;
        sleep(Duration::from_millis(8)).await;
        self.state(|state| {
            let image = state
                .images
                .iter()
                .find(|(tag, image)| **tag == spec.image || image.facts.id.0 == spec.image);
            let image = image.ok_or_else(|| missing("create container", &spec.image))?;
            let manner = image.1.manner;
            if state.containers.contains_key(&spec.name) {
                let (operation, cause) = ("create container", "the name is in use");
                return Err(EngineError::new(
                    operation,
                    &spec.name,
                    ErrorKind::Conflict,
                    cause,
                ));
            }
            let run = spec.labels.get(LABEL_RUN).cloned();
            let container = Container {
                image: spec.image.clone(),
                manner,
                run,
                network: spec.network.as_ref().map(|place| place.network.clone()),
                has_check: image.1.facts.health_check.is_some(),
                prepared: false,
                started: false,
                since: None,
            };
            state.containers.insert(spec.name.clone(), container);
            Ok(ContainerId(spec.name.clone()))
        })
    }

    async fn create_network(&self, name: &str, labels: &BTreeMap<String, String>) -> Result<()> {
        self.call("create-network", name).await?;
        let run = labels.get(LABEL_RUN).cloned();
        self.state(|state| state.networks.insert(name.to_owned(), run));
        Ok(())
    }

    async fn remove_network(&self, name: &str) -> Result<RemovalOutcome> {
        self.call("remove-network", name).await?;
        Ok(self.network_removed(name))
    }

    async fn start(&self, id: &ContainerId) -> Result<()> {
        self.call("start", &id.0).await?;
        let prepared = self.state(|state| state.containers.get(&id.0).is_some_and(|c| c.prepared));
        sleep(if prepared { START - PREPARATION } else { START }).await;
        self.state(|state| {
            let container = state.containers.get_mut(&id.0);
            let container = container.ok_or_else(|| missing("start container", &id.0))?;
            container.started = true;
            container.since = Some(Instant::now());
            if container.manner == Manner::Foreign {
                let (kind, cause) = (ErrorKind::Refused, "exec format error");
                return Err(EngineError::new("start container", &id.0, kind, cause));
            }
            Ok(())
        })
    }

    async fn address(&self, id: &ContainerId, port: u16, reach: Reach) -> Result<SocketAddr> {
        self.call("address", &id.0).await?;
        self.manner(id, "find the address of")?;
        let closed = self.state(|state| match &state.containers[&id.0].network {
            Some(_) => state.closed_in_private.contains(&reach),
            None => state.closed.contains(&reach),
        });
        let host = if closed { [0; 4] } else { [127, 0, 0, 1] };
        Ok(SocketAddr::from((host, port)))
    }

    async fn exited(&self, id: &ContainerId) -> Result<i64> {
        self.strike("exited", &id.0).await?;
        self.until_exit(id).await
    }

    async fn state(&self, id: &ContainerId) -> Result<ContainerState> {
        self.strike("state", &id.0).await?;
        self.manner(id, "inspect container")?;
        Ok(self.container_state(id))
    }

    async fn output(&self, id: &ContainerId) -> Result<OutputStream> {
        self.call("output", &id.0).await?;
        if self.prepares_on_output() {
            sleep(PREPARATION).await;
            self.state(|state| {
                if let Some(container) = state.containers.get_mut(&id.0) {
                    container.prepared = true;
                }
            });
        }
        self.printed(id)
    }

    fn prepares_on_output(&self) -> bool {
        self.state(|state| state.podman)
    }

    async fn listening(&self, id: &ContainerId, port: u16, _: Nanos) -> Result<()> {
        self.call("listening", &format!("{} {port}", id.0)).await?;
        self.until_listening(id).await
    }

    async fn logs(&self, id: &ContainerId, _: u32) -> Result<Vec<String>> {
        self.strike("logs", &id.0).await?;
        let error = "Error: cannot find module".to_owned();
        // The app prints what it was built with.
        let built_with = self.state(|state| {
            let image = &state.containers.get(&id.0)?.image;
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
        self.call("memory", &id.0).await?;
        if self.state(|state| state.podman) {
            let (kind, cause) = (ErrorKind::Protocol, "no memory statistics");
            return Err(EngineError::new("measure memory of", &id.0, kind, cause));
        }
        self.memory_of(id)
    }

    async fn stop(&self, id: &ContainerId, grace: Nanos) -> Result<StopOutcome> {
        self.call("stop", &id.0).await?;
        let killed = self.manner(id, "stop container")? == Manner::IgnoresSigterm;
        let took = if killed {
            grace
        } else {
            Nanos::from_millis(12)
        };
        sleep(took.into()).await;
        let exit_code = if killed { 137 } else { 0 };
        let taken = match self.state(|state| (state.podman, state.unstamped)) {
            (_, true) => StopTime::Unknown("the process ended before its signal".to_owned()),
            (true, _) => StopTime::Call { taken: took },
            _ => StopTime::Stamps(took),
        };
        Ok(StopOutcome {
            taken,
            exit_code,
            killed,
        })
    }

    async fn remove_container(&self, id: &ContainerId) -> Result<()> {
        self.call("remove-container", &id.0).await?;
        self.state(|state| state.containers.remove(&id.0));
        Ok(())
    }

    async fn remove_image(&self, reference: &str) -> Result<RemovalOutcome> {
        self.call("remove-image", reference).await?;
        let gone = self.state(|state| state.images.remove(reference));
        Ok(if gone.is_some() {
            RemovalOutcome::Removed
        } else {
            RemovalOutcome::Absent
        })
    }

    async fn owned(&self) -> Result<Vec<Owned>> {
        self.call("owned", "engine").await?;
        Ok(self.state(|state| {
            let containers = state
                .containers
                .iter()
                .map(|(name, container)| owned(OwnedKind::Container, name, container.run.clone()));
            let images = state.images.iter().filter_map(|(tag, image)| {
                let labelled = image.facts.labels.get(LABEL_RUN).cloned();
                let of_run = plimsoll::engine::run_of_tag(tag);
                // As the real adapter has it: the only name of an image is not taken away.
                let others = state.images.iter().filter(|(other, _)| *other != tag);
                let mut others = others.filter(|(_, one)| one.facts.id == image.facts.id);
                let is_named =
                    others.any(|(other, _)| plimsoll::engine::run_of_tag(other).is_none());
                let run = of_run.filter(|_| is_named).or(labelled)?;
                Some(owned(OwnedKind::Image, tag, Some(run)))
            });
            let networks = state.networks.iter();
            let networks = networks.map(|(name, run)| owned(OwnedKind::Network, name, run.clone()));
            let listed = containers.chain(images).chain(networks).collect();
            if let Some(tag) = state.appears.take() {
                let image = state.images.values().next().unwrap().clone();
                state.images.insert(tag, image);
            }
            listed
        }))
    }

    async fn build_cache(&self) -> Result<Vec<CacheRecord>> {
        self.call("build-cache", "engine").await?;
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
                created: None,
            };
            state.cache.iter().map(record).collect()
        }))
    }

    async fn prune_cache(&self, ids: &[String]) -> Result<Vec<String>> {
        self.call("prune-cache", &ids.len().to_string()).await?;
        if self.state(|state| state.prunes_for_ever) {
            std::future::pending::<()>().await;
        }
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

fn owned(kind: OwnedKind, name: &str, run: Option<String>) -> Owned {
    Owned {
        kind,
        id: name.to_owned(),
        name: name.to_owned(),
        run,
        size: None,
    }
}

fn missing(operation: &'static str, subject: &str) -> EngineError {
    EngineError::new(operation, subject, ErrorKind::NotFound, "no such thing")
}

impl FakeEngine {
    /// How a container behaves, if it is there.
    pub(super) fn manner(&self, id: &ContainerId, operation: &'static str) -> Result<Manner> {
        let manner = self.state(|state| state.containers.get(&id.0).map(|one| one.manner));
        manner.ok_or_else(|| missing(operation, &id.0))
    }
}
