//! Containers: creation, state, output, memory, removal.

use std::collections::HashMap;

use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, HealthStatusEnum, HostConfig, PortBinding};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, InspectContainerOptions, LogsOptionsBuilder,
    RemoveContainerOptionsBuilder, StatsOptionsBuilder, WaitContainerOptionsBuilder,
};
use futures_util::StreamExt;

use super::DockerEngine;
use super::error::{failed, strange};
use super::image::is_absent;
use super::lines::read_lines;
use super::network;
use super::owned::LABEL_CONTAINER;
use super::stop::{stamp, wall_clock};
use crate::engine::{ContainerId, ContainerSpec, ContainerState, ErrorKind, Health, Result};
use crate::record::Reach;
use crate::scenario::Confinement;
use crate::secrets::{excerpt, mask_found, without_cut_start};
use crate::units::{Bytes, Nanos};

const CREATE: &str = "create container";
const WAIT: &str = "wait for container";
/// The kept bytes of a container's output, and characters per line.
const TAIL_BYTES: usize = 64 << 10;
const LINE_CHARACTERS: usize = 500;
const MEMORY: &str = "measure memory of container";

impl DockerEngine {
    pub(super) async fn create_container(&self, spec: &ContainerSpec) -> Result<ContainerId> {
        let options = CreateContainerOptionsBuilder::default()
            .name(&spec.name)
            .build();
        let created = self
            .docker
            .create_container(Some(options), body(spec))
            .await
            .map_err(|error| {
                let error = failed(CREATE, &spec.name)(error);
                match error.kind {
                    ErrorKind::NotFound => {
                        let hint = format!("build or pull `{}` first", spec.image);
                        error.with_hint(hint)
                    }
                    ErrorKind::Conflict => error.with_hint(
                        "another container has this name; `plimsoll clean` lists what a run left",
                    ),
                    _ => error,
                }
            })?;
        Ok(ContainerId(created.id))
    }

    pub(super) async fn wait(&self, id: &ContainerId) -> Result<i64> {
        let options = WaitContainerOptionsBuilder::default()
            .condition("not-running")
            .build();
        let (docker, meter) = self.reading(&self.patient);
        let answers = docker.wait_container(&id.0, Some(options));
        let mut answers = read_lines(answers, meter).boxed();
        match answers.next().await {
            Some(Ok(answer)) => Ok(answer.status_code),
            // `bollard` treats an exit code above zero as an error; an error with a message comes
            // from the engine.
            Some(Err(Error::DockerContainerWaitError { error, code })) if error.is_empty() => {
                Ok(code)
            }
            Some(Err(error)) => Err(failed(WAIT, &id.0)(error)),
            None => Err(strange(WAIT, &id.0, "the engine gave no exit code")),
        }
    }

    pub(super) async fn container_state(
        &self,
        operation: &'static str,
        id: &ContainerId,
    ) -> Result<bollard::models::ContainerState> {
        self.docker
            .inspect_container(&id.0, None::<InspectContainerOptions>)
            .await
            .map_err(failed(operation, &id.0))?
            .state
            .ok_or_else(|| strange(operation, &id.0, "the engine gave no state"))
    }

    pub(super) async fn tail(&self, id: &ContainerId, lines: u32) -> Result<Vec<String>> {
        let options = LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .tail(&lines.to_string())
            .build();
        let (mut output, mut is_cut) = (Vec::new(), false);
        let (docker, meter) = self.reading(&self.docker);
        let mut chunks = meter.items(docker.logs(&id.0, Some(options))).boxed();
        while let Some(chunk) = chunks.next().await {
            let (LogOutput::StdOut { message }
            | LogOutput::StdErr { message }
            | LogOutput::StdIn { message }
            | LogOutput::Console { message }) =
                chunk.map_err(failed("read logs of container", &id.0))?;
            output.extend_from_slice(&message);
            // An app may print endlessly, and without a newline.
            let early = output.len().saturating_sub(TAIL_BYTES);
            is_cut |= early > 0;
            output.drain(..early);
        }
        Ok(last_lines(&String::from_utf8_lossy(&output), is_cut, lines))
    }

    pub(super) async fn anonymous_memory(&self, id: &ContainerId) -> Result<Bytes> {
        // One shot, because the engine would otherwise wait one or two seconds for a second CPU
        // sample.
        let options = StatsOptionsBuilder::default()
            .stream(false)
            .one_shot(true)
            .build();
        let (docker, meter) = self.reading(&self.docker);
        let mut answers = read_lines(docker.stats(&id.0, Some(options)), meter).boxed();
        let answer = match answers.next().await {
            Some(answer) => answer.map_err(failed(MEMORY, &id.0))?,
            None => return Err(strange(MEMORY, &id.0, "the engine gave no statistics")),
        };
        let stats = answer.memory_stats.and_then(|memory| memory.stats);
        resident(stats.as_ref()).ok_or_else(|| {
            strange(
                MEMORY,
                &id.0,
                "the engine gives no memory statistics (not running, or no memory controller)",
            )
        })
    }

    pub(super) async fn remove(&self, id: &ContainerId) -> Result<()> {
        let options = RemoveContainerOptionsBuilder::default()
            .force(true)
            .v(true)
            .build();
        match self.docker.remove_container(&id.0, Some(options)).await {
            Ok(()) => Ok(()),
            Err(error) if is_absent(&error) => Ok(()),
            // Another client is removing it.
            Err(Error::DockerResponseServerError {
                status_code: 409,
                message,
            }) if message.contains("in progress") => Ok(()),
            Err(error) => Err(failed("remove container", &id.0)(error)),
        }
    }
}

/// Replaces a long line whose beginning is lost, because the rest may be the end of a secret.
const CUT_LINE: &str = "(the end of a long line, left out)";

/// The last lines of an output, each truncated. Secrets are masked first, because no rule detects
/// half a secret.
fn last_lines(output: &str, is_cut: bool, lines: u32) -> Vec<String> {
    let output = match is_cut {
        true => without_cut_start(output),
        false => output,
    };
    if is_cut && output.is_empty() {
        return vec![CUT_LINE.to_owned()];
    }
    let output = mask_found(output);
    let last: Vec<_> = output.lines().rev().take(lines as usize).collect();
    let short = |line: &&str| excerpt(line, LINE_CHARACTERS);
    last.iter().rev().map(short).collect()
}

pub(super) fn seen(state: &bollard::models::ContainerState) -> ContainerState {
    let running = state.running.unwrap_or(false);
    // A container that never ran has no end time, and its exit code is 0.
    let ended = state
        .finished_at
        .as_deref()
        .is_some_and(|at| !at.is_empty() && !at.starts_with("0001-"));
    let exit = stamp(state.finished_at.as_deref()).filter(|_| !running && ended);
    let between = |from: Option<i64>, to: Option<i64>| {
        let span = u64::try_from(to?.checked_sub(from?)?).ok()?;
        (span > 0).then_some(Nanos(span))
    };
    ContainerState {
        running,
        exit_code: state.exit_code.filter(|_| !running && ended),
        oom_killed: state.oom_killed.unwrap_or(false),
        health: state
            .health
            .as_ref()
            .and_then(|health| match health.status? {
                HealthStatusEnum::STARTING => Some(Health::Starting),
                HealthStatusEnum::HEALTHY => Some(Health::Healthy),
                HealthStatusEnum::UNHEALTHY => Some(Health::Unhealthy),
                HealthStatusEnum::NONE | HealthStatusEnum::EMPTY => None,
            }),
        exited_ago: between(exit, Some(wall_clock())),
        ran: between(stamp(state.started_at.as_deref()), exit),
    }
}

fn body(spec: &ContainerSpec) -> ContainerCreateBody {
    let mut labels: HashMap<_, _> = spec.labels.clone().into_iter().collect();
    labels.insert(LABEL_CONTAINER.to_owned(), spec.name.clone());
    let env = spec
        .env
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut host = confined(&spec.confinement);
    let mut body = ContainerCreateBody {
        image: Some(spec.image.clone()),
        env: Some(env),
        labels: Some(labels),
        ..ContainerCreateBody::default()
    };
    if let Some((port, Reach::Published)) = spec.port {
        let port = format!("{port}/tcp");
        let binding = PortBinding {
            host_ip: Some("127.0.0.1".to_owned()),
            // The engine picks a free port.
            host_port: Some("0".to_owned()),
        };
        body.exposed_ports = Some(vec![port.clone()]);
        host.port_bindings = Some(HashMap::from([(port, Some(vec![binding]))]));
    }
    if !spec.command.is_empty() {
        body.cmd = Some(spec.command.clone());
    }
    if let Some(attachment) = &spec.network {
        host.network_mode = Some(attachment.network.clone());
        body.networking_config = Some(network::place(attachment));
    }
    body.host_config = Some(host);
    body
}

/// Options that are not set keep the defaults of the engine's configuration.
fn confined(confinement: &Confinement) -> HostConfig {
    let asked = |wanted: bool| wanted.then_some(true);
    let words = |wanted: bool, word: &str| wanted.then(|| vec![word.to_owned()]);
    // Without options, the engine mounts like `docker run --tmpfs`.
    let tmpfs = |path: &String| (path.clone(), String::new());
    HostConfig {
        init: asked(confinement.init),
        readonly_rootfs: asked(confinement.read_only),
        tmpfs: (!confinement.tmpfs.is_empty())
            .then(|| confinement.tmpfs.iter().map(tmpfs).collect()),
        security_opt: words(confinement.no_new_privileges, "no-new-privileges"),
        cap_drop: words(confinement.drop_capabilities, "ALL"),
        ..HostConfig::default()
    }
}

/// Anonymous resident memory: `anon` of cgroup v2. In v1, `rss` is that of the group only, and
/// `total_rss` includes its children.
fn resident(stats: Option<&HashMap<String, u64>>) -> Option<Bytes> {
    let stats = stats?;
    ["anon", "total_rss", "rss"]
        .iter()
        .find_map(|key| stats.get(*key))
        .map(|bytes| Bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[test]
    fn memory_is_read_from_either_cgroup_version() {
        let v1 = HashMap::from([("rss".to_owned(), 1), ("total_rss".to_owned(), 2)]);
        let v2 = HashMap::from([("anon".to_owned(), 3), ("file".to_owned(), 4)]);
        assert_eq!(resident(Some(&v1)), Some(Bytes(2)));
        assert_eq!(resident(Some(&v2)), Some(Bytes(3)));
        assert_eq!(resident(Some(&HashMap::new())), None);
        assert_eq!(resident(None), None);
    }

    fn spec(confinement: Confinement, reach: Reach) -> ContainerSpec {
        ContainerSpec {
            name: "plimsoll-1".to_owned(),
            image: "x:1".to_owned(),
            env: BTreeMap::new(),
            labels: BTreeMap::new(),
            port: Some((80, reach)),
            confinement,
            ..ContainerSpec::default()
        }
    }

    /// The part of the request that is sent as JSON.
    fn host(spec: &ContainerSpec) -> serde_json::Value {
        serde_json::to_value(body(spec)).unwrap()["HostConfig"].take()
    }

    #[test]
    fn a_confined_container_is_asked_for_as_docker_run_does() {
        let all = Confinement {
            init: true,
            read_only: true,
            tmpfs: vec!["/tmp".to_owned(), "/run".to_owned()],
            no_new_privileges: true,
            drop_capabilities: true,
        };
        let expected = json!({
            "Init": true,
            "ReadonlyRootfs": true,
            "Tmpfs": {"/tmp": "", "/run": ""},
            "SecurityOpt": ["no-new-privileges"],
            "CapDrop": ["ALL"],
        });
        assert_eq!(host(&spec(all.clone(), Reach::Bridge)), expected);
        // Publishing a port takes nothing of it away.
        let mut published = host(&spec(all, Reach::Published));
        let ports = published.as_object_mut().unwrap().remove("PortBindings");
        assert_eq!(published, expected);
        let binding = json!([{"HostIp": "127.0.0.1", "HostPort": "0"}]);
        assert_eq!(ports.unwrap()["80/tcp"], binding);
        let open = spec(Confinement::default(), Reach::Bridge);
        assert_eq!(host(&open), json!({}));
    }

    #[test]
    fn a_log_is_masked_before_it_is_cut() {
        let secret = "correct-horse-9-battery";
        let long = format!(
            "{} DB_PASSWORD={secret}\nend",
            "x".repeat(LINE_CHARACTERS - 20)
        );
        let lines = last_lines(&long, false, 10);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].contains("DB_PASSWORD=corr…") && !lines[0].contains(&secret[..6]));
        // The name of the value is cut off.
        let cut = format!("SWORD={secret} {}", "y ".repeat(2000));
        assert!(!last_lines(&cut, true, 10)[0].contains(secret));
        let cut = format!("SWORD={secret}");
        assert_eq!(last_lines(&cut, true, 10), [CUT_LINE]);
        assert_eq!(last_lines("rest\none\ntwo", true, 1), ["two"]);
        // The beginning of a key is cut off.
        let key = format!(
            "{}\n-----END PRIVATE KEY-----\n",
            "MIIaB3dE5gH7jK9mN1pQ4s\n".repeat(9)
        );
        let lines = last_lines(&format!("x\n{key}"), true, 5);
        assert!(lines.iter().all(|line| !line.contains("jK9m")), "{lines:?}");
    }

    #[test]
    fn a_container_in_a_network_is_reached_by_its_alias() {
        let spec = ContainerSpec {
            command: vec!["serve".to_owned(), "-v".to_owned()],
            network: Some(crate::engine::Attachment {
                network: "plimsoll-1-net".to_owned(),
                alias: "db".to_owned(),
            }),
            ..spec(Confinement::default(), Reach::Bridge)
        };
        let body = serde_json::to_value(body(&spec)).unwrap();
        assert_eq!(body["Cmd"], json!(["serve", "-v"]));
        assert_eq!(body["HostConfig"], json!({"NetworkMode": "plimsoll-1-net"}));
        let endpoints = json!({"plimsoll-1-net": {"Aliases": ["db"]}});
        assert_eq!(body["NetworkingConfig"]["EndpointsConfig"], endpoints);
    }

    #[test]
    fn a_container_that_never_ran_has_no_exit_code() {
        let state = bollard::models::ContainerState {
            running: Some(false),
            exit_code: Some(0),
            finished_at: Some("0001-01-01T00:00:00Z".to_owned()),
            ..Default::default()
        };
        assert_eq!(seen(&state).exit_code, None);
        assert_eq!(seen(&state).exited_ago, None);
    }

    #[test]
    fn the_time_of_an_exit_is_by_the_stamps_and_never_zero() {
        let state = |started: &str, finished: &str| {
            seen(&bollard::models::ContainerState {
                running: Some(false),
                exit_code: Some(0),
                started_at: Some(started.to_owned()),
                finished_at: Some(finished.to_owned()),
                ..Default::default()
            })
        };
        let (early, late) = ("2026-11-29T10:00:00.25Z", "2026-11-29T10:00:01.5Z");
        assert_eq!(state(early, late).ran, Some(Nanos::from_millis(1_250)));
        // A process may exit before the engine records its start.
        assert_eq!(state(late, early).ran, None);
        assert_eq!(state(early, early).ran, None);
        let now = wall_clock();
        let ago = |nanos: i64| chrono::DateTime::from_timestamp_nanos(now - nanos).to_rfc3339();
        let second = 1_000_000_000;
        let seen = state(early, &ago(second)).exited_ago.unwrap();
        assert!(
            seen >= Nanos::from_secs(1) && seen < Nanos::from_secs(2),
            "{seen}"
        );
        // The engine's clock differs.
        assert_eq!(state(early, &ago(-60 * second)).exited_ago, None);
    }
}
