//! The fake's small model of BuildKit: what steps read, are called, and leave.

use super::*;

/// The content that a COPY reads: of one named file, or of all.
pub(super) fn copied(text: &str, files: &BTreeMap<String, Vec<u8>>) -> String {
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
pub(super) fn ways(
    request: &BuildRequest,
    files: &BTreeMap<String, Vec<u8>>,
) -> Vec<(String, String)> {
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
pub(super) fn command(text: &str) -> String {
    let words = text.split_whitespace().skip(1);
    let words: Vec<_> = words.filter(|word| !word.starts_with("--")).collect();
    let text = words.join(" ");
    // The exec form has no shell, and is described by its words.
    match serde_json::from_str::<Vec<String>>(&text) {
        Ok(words) => words.join(" "),
        Err(_) => format!("/bin/sh -c {text}"),
    }
}

/// The id of the first cache mount of a RUN.
pub(super) fn mount_id(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("--mount=id=")?;
    rest.split(',').next()
}

/// Ids of the mounts that a step empties.
pub(super) fn emptied(text: &str) -> Vec<String> {
    let words = text
        .split_whitespace()
        .filter(|_| text.contains("/.plimsoll-emptied"));
    let mounts = words.filter_map(|word| word.strip_prefix("--mount=type=cache,id="));
    let ids = mounts.filter_map(|mount| mount.split(',').next());
    ids.map(str::to_owned).collect()
}

impl State {
    /// The id of an image that it holds.
    pub fn id_of(&self, reference: &str) -> String {
        self.images[reference].facts.id.0.clone()
    }

    /// Ids of the images that it holds.
    pub fn ids(&self) -> Vec<String> {
        let images = self.images.values();
        images.map(|image| image.facts.id.0.clone()).collect()
    }
}

impl FakeEngine {
    /// What the config of an image that it holds says: ports, and the command of its check.
    pub fn configure(&self, reference: &str, ports: &[u16], check: Option<&str>) {
        self.state(|state| {
            let facts = &mut state.images.get_mut(reference).unwrap().facts;
            facts.ports = ports.to_vec();
            facts.health_command = check.map(str::to_owned);
        });
    }

    /// Gives an image that it holds the label of a run.
    pub fn label_as_of_run(&self, reference: &str, run: &str) {
        self.state(|state| {
            let labels = &mut state.images.get_mut(reference).unwrap().facts.labels;
            labels.insert(LABEL_RUN.to_owned(), run.to_owned());
        });
    }

    /// Gives an image that it holds layers of its own, of so many bytes.
    pub fn relayer(&self, reference: &str, layers: &[(&str, u64)]) {
        self.state(|state| {
            let facts = &mut state.images.get_mut(reference).unwrap().facts;
            let ids = layers.iter().map(|(name, _)| sha256_hex(name.as_bytes()));
            facts.diff_ids = ids.map(|id| format!("sha256:{id}")).collect();
            let history = layers
                .iter()
                .map(|(name, bytes)| (Bytes(*bytes), format!("ADD {name}")));
            facts.history = history.collect();
        });
    }

    pub(super) fn builder(&self) -> String {
        let podman = self.state(|state| state.podman);
        if podman { "buildah" } else { "buildkit" }.to_owned()
    }

    pub(super) fn finish(
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
                health_check: text.contains("HEALTHCHECK").then_some(HealthCheck {
                    interval: Nanos::from_secs(3),
                    start_interval: None,
                }),
                health_command: None,
                ports: Vec::new(),
                env: Vec::new(),
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
                builder: match state.podman {
                    true => "buildah".to_owned(),
                    false => "buildkit".to_owned(),
                },
                sent: Sent::default(),
            }
        })
    }
}

/// A step's name as BuildKit reports it.
pub(super) fn vertex_name(step: &Step) -> String {
    let label = step
        .key
        .stage
        .as_ref()
        .map(|stage| format!("{stage} "))
        .unwrap_or_default();
    format!("[{label}{}/{}] {}", step.key.index, step.total, step.text)
}
