//! What is said about a project that is to be measured.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::verdicts::duration;
use super::{CommonArgs, ProfileArg, TableFormat};
use crate::project::{ReadyOption, Service};
use crate::record::Metric;
use crate::units::Nanos;

/// `plimsoll bench`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  \
    plimsoll bench\n  \
    plimsoll bench -f Dockerfile -f Dockerfile.alpine --ready http://:8080/health\n  \
    plimsoll bench --base node:20,node:20-slim,node:20-alpine\n  \
    plimsoll bench --suggest\n  \
    plimsoll bench --image nginx:1.27,nginx:1.27-alpine\n  \
    plimsoll bench --compose compose.yaml --service web\n  \
    plimsoll bench --bake docker-bake.hcl --target app\n  \
    plimsoll bench --with db=postgres:16 --env DATABASE_URL=postgres://postgres@db/postgres\n  \
    plimsoll bench services/api --target dev,prod --build-arg FEATURES=a,b --time 10m\n  \
    plimsoll bench --dry-run --save bench.toml\n\n\
    Nothing has to be written beforehand. What is assumed is printed, each with the flag that changes it.\n\
    Without --time, --rounds or --profile it measures as many of six rounds as fit into two minutes, and one at least.\n\
    The runs land in .plimsoll/, where `plimsoll report`, `compare`, `history` and `check` find them.")]
pub struct BenchArgs {
    /// What is measured.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// Print the plan and the scenario, and measure nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write the scenario that is measured to a file
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Fit rounds and phases into this time, such as `5m`; one round is measured in any case
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with_all = ["rounds", "profile"])]
    pub time: Option<Nanos>,
    /// How much to measure: 1 round; 1 warm-up and 6; 2 warm-ups and 20
    #[arg(long, value_enum)]
    pub profile: Option<ProfileArg>,
    /// Counted rounds, instead of the profile's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: Option<u32>,
    /// What matters most, in this order; sorts the answer
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub prefer: Vec<PreferArg>,
    /// On what.
    #[command(flatten)]
    pub common: CommonArgs,
    /// What to print at the end
    #[arg(long, value_enum, default_value = "table")]
    pub format: TableFormat,
}

/// `plimsoll init`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  \
    plimsoll init\n  \
    plimsoll init --ready http://:8080/health --out bench.toml\n  \
    plimsoll init --ci github\n\n\
    The scenario is the one that `plimsoll bench` with the same flags measures. Files that exist are not replaced.")]
pub struct InitArgs {
    /// What is measured.
    #[command(flatten)]
    pub project: ProjectArgs,
    /// The scenario's file [default: plimsoll-bench.toml in this folder]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write the workflow of this CI system too
    #[arg(long, value_enum)]
    pub ci: Option<CiArg>,
}

/// What is known of the project; the rest is found.
#[derive(Debug, Clone, Default, Args)]
pub struct ProjectArgs {
    /// Folder of the project [default: this one]
    #[arg(value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// Dockerfile; several times for several [default: those that are found]
    #[arg(short, long = "file", value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Build context [default: the folder that holds what the Dockerfile copies]
    #[arg(long, value_name = "DIR")]
    pub context: Option<PathBuf>,
    /// Ready image to measure as it is: nothing is built; a variant each
    #[arg(long = "image", value_name = "IMAGE", value_delimiter = ',', conflicts_with_all = ["files", "context", "targets", "build_args", "base", "suggest", "swaps", "compose", "platforms"])]
    pub images: Vec<String>,
    /// When the app is ready: http://:PORT/PATH, tcp://:PORT, log:REGEX, exit:CODE or healthy [default: from HEALTHCHECK, EXPOSE and the sources, or the config of a ready image]
    #[arg(long, value_name = "HOW", value_parser = clap::value_parser!(ReadyOption))]
    pub ready: Option<ReadyOption>,
    /// Stage to build, or with --bake target of the Bake file; a variant each
    #[arg(long = "target", value_name = "STAGE", value_delimiter = ',')]
    pub targets: Vec<String>,
    /// Build argument with its values, as NAME=VALUE or NAME=A,B; a variant for each combination
    #[arg(long = "build-arg", value_name = "NAME=VALUE", value_parser = values)]
    pub build_args: Vec<(String, Vec<String>)>,
    /// Base of the final stage, by an ARG of the file or by its FROM line; a variant each
    #[arg(
        id = "base",
        long = "base",
        value_name = "IMAGE",
        value_delimiter = ','
    )]
    pub bases: Vec<String>,
    /// Propose bases of the same family that fit the Dockerfile's commands, and measure them; a variant each
    #[arg(long, conflicts_with = "base")]
    pub suggest: bool,
    /// Replace a base in all variants; several times for one base for a variant each
    #[arg(long = "swap", value_name = "FROM=TO", value_parser = pair)]
    pub swaps: Vec<(String, String)>,
    /// Environment variable of the container
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = pair)]
    pub env: Vec<(String, String)>,
    /// Service that the app needs, such as `db=postgres:16`, which the app reaches as `db`; behind it, where plimsoll does not know the image, `,ready=tcp://:PORT` and `,env.NAME=VALUE`
    #[arg(long = "with", value_name = "NAME=IMAGE")]
    pub services: Vec<Service>,
    /// Compose file that names context, Dockerfile, target, arguments, environment and the services that the app depends on; flags take precedence over it
    #[arg(long, value_name = "FILE")]
    pub compose: Option<PathBuf>,
    /// Service of the Compose file to measure [default: the only one that is built]
    #[arg(long, value_name = "NAME", requires = "compose")]
    pub service: Option<String>,
    /// Bake file (HCL or JSON) whose targets are measured, those of --target or else of `default`; a variant each
    #[arg(long, value_name = "FILE", conflicts_with_all = ["files", "context", "images", "build_args", "base", "suggest", "swaps", "compose", "platforms"])]
    pub bake: Option<PathBuf>,
    /// Platform to build and run for, such as `linux/arm64`; a variant each
    #[arg(long = "platform", value_name = "PLATFORM", value_delimiter = ',')]
    pub platforms: Vec<String>,
}

/// What the answer is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PreferArg {
    /// Unpacked size
    Size,
    /// Packed size, as a registry has it
    Transfer,
    /// Cold build
    Build,
    /// Rebuild after an edit of the source
    Rebuild,
    /// Pull into an empty store
    Pull,
    /// Time until ready
    Start,
    /// Memory once ready
    Memory,
}

impl From<PreferArg> for Metric {
    fn from(arg: PreferArg) -> Self {
        match arg {
            PreferArg::Size => Self::SizeUnpacked,
            PreferArg::Transfer => Self::SizeTransfer,
            PreferArg::Build => Self::BuildCold,
            PreferArg::Rebuild => Self::RebuildSource,
            PreferArg::Pull => Self::PullCold,
            PreferArg::Start => Self::StartReady,
            PreferArg::Memory => Self::MemoryReady,
        }
    }
}

/// A CI system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CiArg {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// A comma separates values, unless a backslash stands before it.
fn values(text: &str) -> Result<(String, Vec<String>), String> {
    let (name, rest) = pair(text)?;
    let mut values = vec![String::new()];
    let mut chars = rest.chars().peekable();
    while let Some(ch) = chars.next() {
        match (ch, chars.peek()) {
            ('\\', Some(',')) => {
                chars.next();
                values
                    .iter_mut()
                    .next_back()
                    .into_iter()
                    .for_each(|value| value.push(','));
            }
            (',', _) => values.push(String::new()),
            (ch, _) => values
                .iter_mut()
                .next_back()
                .into_iter()
                .for_each(|value| value.push(ch)),
        }
    }
    Ok((name, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_build_arguments_are_separated_by_commas() {
        let of = |text: &str| values(text).map(|(_, values)| values);
        assert_eq!(of("A=1,2"), Ok(vec!["1".to_owned(), "2".to_owned()]));
        assert_eq!(of("A=x\\,y"), Ok(vec!["x,y".to_owned()]));
        assert_eq!(of("A=a=b"), Ok(vec!["a=b".to_owned()]));
        assert_eq!(of("A="), Ok(vec![String::new()]));
        assert!(of("A").is_err() && of("=1").is_err());
    }
}
