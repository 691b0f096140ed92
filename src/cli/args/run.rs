//! What is measured, and on what.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::secret::build_secret;
use super::{EngineArg, PolicyArg, ProfileArg, ReachArg, ShardArgs, SkipArg, TableFormat};
use crate::record::{ImageStore, Link};
use crate::secrets::Secret;

/// `plimsoll run`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  \
    plimsoll run node go\n  \
    plimsoll run go --only 'multi-*' --profile quick\n  \
    plimsoll run ./plimsoll-app.toml --rounds 10 --seed 7\n  \
    plimsoll run go --engine clean-room --link loopback --link 100mbit,20ms\n  \
    plimsoll run node go --shard 1/4 --timings results/main\n  \
    plimsoll run --resume results/20261120T204000Z-node-go\n\n\
    The run folder holds run.json (everything), samples.csv, summary.csv, steps.csv, \
    report.md and, when it has ended, charts/ and report.html: the page to read.")]
pub struct RunArgs {
    /// Names under scenarios/, or paths to TOML files; with --shard, all where none is named
    #[arg(value_name = "SCENARIO", required_unless_present_any = ["resume", "shard"])]
    pub scenarios: Vec<String>,
    /// How much to measure: 1 round; 1 warm-up and 6; 2 warm-ups and 20
    #[arg(long, value_enum, default_value = "standard")]
    pub profile: ProfileArg,
    /// Counted rounds, instead of the profile's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: Option<u32>,
    /// Which part of the cases.
    #[command(flatten)]
    pub part: ShardArgs,
    /// Go on with an interrupted run
    #[arg(long, value_name = "DIR", conflicts_with_all = ["scenarios", "only", "profile", "rounds", "warmup", "seed", "out", "engine", "store", "links", "no_push", "skip", "bases", "bases_from", "reach", "build_deadline", "shard"])]
    pub resume: Option<PathBuf>,
    /// On what.
    #[command(flatten)]
    pub common: CommonArgs,
    /// What to print at the end
    #[arg(long, value_enum, default_value = "table")]
    pub format: TableFormat,
}

/// What every command that measures takes.
#[derive(Debug, Clone, Args)]
pub struct CommonArgs {
    /// Only variants whose name, or scenario/name, matches this glob
    #[arg(long, value_name = "GLOB")]
    pub only: Option<String>,
    /// Warm-up rounds, instead of the profile's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub warmup: Option<u32>,
    /// Seed of the order and of the edits' nonces [default: drawn from the clock, of a shard from what is run; recorded]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Folder for the run's folder [default: results/ in the home folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Where to build, start and pull: the user's engine, or a private one that begins empty and ends with the run
    #[arg(long, value_enum, default_value = "host")]
    pub engine: EngineArg,
    /// Image store of clean rooms [default: that of your engine]
    #[arg(long, value_enum)]
    pub store: Option<StoreArg>,
    /// Link that pulls go over, as RATE, LATENCY or both; a series for each that is given [default: loopback]
    #[arg(long = "link", value_name = "SPEC", value_parser = clap::value_parser!(Link))]
    pub links: Vec<Link>,
    /// Leave out pushes and pulls, and with them the transfer sizes
    #[arg(long, conflicts_with = "links")]
    pub no_push: bool,
    /// Phase to leave out; can be given more than once
    #[arg(long, value_enum, value_name = "PHASE")]
    pub skip: Vec<SkipArg>,
    /// Which base images may be built on
    #[arg(long, value_enum, default_value = "auto")]
    pub bases: PolicyArg,
    /// Registry that has the base images under their names, stand-ins too: asked before any other
    #[arg(long, value_name = "REGISTRY", value_parser = registry)]
    pub bases_from: Option<String>,
    /// Deadline of one build, in minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub build_deadline: u64,
    /// How containers are reached [default: by their address if that answers, else by a published port]
    #[arg(long, value_enum)]
    pub reach: Option<ReachArg>,
    /// SSH agent that builds may use, as ID or ID=SOCKET; can be given more than once [default SOCKET: $SSH_AUTH_SOCK]
    #[arg(long, value_name = "AGENT", value_parser = ssh_agent)]
    pub ssh: Vec<(String, PathBuf)>,
    /// Secret for `RUN --mount=type=secret`, as id=NAME,src=FILE or id=NAME,env=VARIABLE; can be given more than once
    #[arg(long = "secret", value_name = "SECRET", value_parser = build_secret)]
    pub secrets: Vec<(String, Secret)>,
    /// Leave the builder's cache records that this run makes
    #[arg(long)]
    pub keep_cache: bool,
}

/// A registry's address, and a path in it where there is one.
fn registry(text: &str) -> Result<String, String> {
    let base = text.trim_end_matches('/');
    match crate::bases::shared_name(base, "base:1").parse::<crate::oci::ImageReference>() {
        Ok(name) if name.domain() != "docker.io" => Ok(base.to_owned()),
        Ok(_) => {
            Err("it names no host; write `registry.example.com` or `localhost:5000`".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The socket of an agent that a `RUN --mount=type=ssh` can use, as `docker build --ssh` has it.
/// Key files are not taken: an agent can ask before it signs.
fn ssh_agent(text: &str) -> Result<(String, PathBuf), String> {
    let (id, socket) = match text.split_once('=') {
        Some((id, socket)) => (id, Some(PathBuf::from(socket))),
        None => (text, std::env::var_os("SSH_AUTH_SOCK").map(PathBuf::from)),
    };
    if id.is_empty() {
        return Err("it has no id; write `default`, or `ID=SOCKET`".to_owned());
    }
    let Some(socket) = socket else {
        return Err(
            "no agent runs here: SSH_AUTH_SOCK is not set; start `ssh-agent`, or write `ID=SOCKET`"
                .to_owned(),
        );
    };
    let is_socket = std::fs::metadata(&socket).map(|it| {
        use std::os::unix::fs::FileTypeExt;
        it.file_type().is_socket()
    });
    match is_socket {
        Ok(true) => Ok((id.to_owned(), socket)),
        Ok(false) => Err(format!(
            "`{}` is no socket; add the key to an agent with `ssh-add`",
            socket.display()
        )),
        Err(error) => Err(format!("`{}`: {error}", socket.display())),
    }
}

/// What keeps the images of a clean room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StoreArg {
    /// Unpacked trees of a graph driver
    Overlay2,
    /// The containerd image store: Docker 23 and later
    Containerd,
}

impl From<StoreArg> for ImageStore {
    fn from(arg: StoreArg) -> Self {
        match arg {
            StoreArg::Overlay2 => Self::GraphDriver,
            StoreArg::Containerd => Self::Containerd,
        }
    }
}
