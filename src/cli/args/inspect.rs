//! The arguments of `plimsoll inspect`.

use clap::{Args, ValueEnum};

/// `plimsoll inspect`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  plimsoll inspect node:20-slim\n  plimsoll inspect my-app:latest --format json\n  docker save my-app | plimsoll inspect -\n  plimsoll inspect app.tar --platform linux/arm64\n  plimsoll inspect images.tar --image my-app:2\n  plimsoll inspect ./oci-layout --base node:20-slim --all\n  plimsoll inspect my-app --layer 5\n  plimsoll inspect my-app --path '*.map'\n  plimsoll inspect my-app --packages\n  plimsoll inspect my-app --format cyclonedx > bom.json\n  plimsoll inspect my-app:2 --against my-app:1\n  plimsoll inspect my-app --fail-on 'secrets,root,waste>5%,size>60MB'\n\n\
    An image of the engine has to be there: nothing is pulled, built or started. A file or a \
    folder needs no engine. Nothing is unpacked to the disk."
)]
pub struct InspectArgs {
    /// A name, a digest or an id of the engine; the file of a `docker save` archive or of an OCI layout; the folder of one; `-` for standard input
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// Which platform of several: `os/architecture` or `os/architecture/variant`
    #[arg(long, value_name = "PLATFORM")]
    pub platform: Option<String>,
    /// Which image of an archive with several: its name, its digest, or its number from 1; given twice, the second is for --against
    #[arg(long = "image", value_name = "NAME")]
    pub select: Vec<String>,
    /// The image that it is built on, to show its layers apart: an image of the engine, a file or a folder [default: found by labels and on the engine]
    #[arg(long, value_name = "IMAGE")]
    pub base: Option<String>,
    /// Show every layer, instruction, wasted file and secret, and cut no text
    #[arg(long)]
    pub all: bool,
    /// List the files of one layer, by its number
    #[arg(long, value_name = "N", conflicts_with = "fail_on")]
    pub layer: Option<u32>,
    /// List the files whose path matches a glob (`/app/**`), or whose name does (`*.js`), layer by layer
    #[arg(long, value_name = "GLOB", conflicts_with = "fail_on")]
    pub path: Option<String>,
    /// List the packages with their versions
    #[arg(long, conflicts_with_all = ["layer", "path", "against", "fail_on"])]
    pub packages: bool,
    /// Show what grew against another image, by base, layer, instruction, folder and package
    #[arg(long, value_name = "IMAGE", conflicts_with_all = ["layer", "path", "fail_on"])]
    pub against: Option<String>,
    /// Fail with exit code 3 where a condition is met: `secrets`, `root`, `waste>5%`, `size>60MB` and others, separated by commas
    #[arg(long, value_name = "CONDITIONS", value_delimiter = ',')]
    pub fail_on: Vec<String>,
    /// What to print; JSON holds everything; junit, sarif and annotations have what --fail-on found; cyclonedx and spdx have the packages
    #[arg(long, value_enum, default_value = "table")]
    pub format: InspectFormat,
}

/// Forms of an inspection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InspectFormat {
    /// Tables for the terminal.
    Table,
    /// Markdown.
    Md,
    /// JSON.
    Json,
    /// JUnit XML of the conditions.
    Junit,
    /// SARIF 2.1.0 of the conditions.
    Sarif,
    /// Annotations of the conditions for GitHub.
    Annotations,
    /// CycloneDX 1.6 of the packages, in JSON.
    Cyclonedx,
    /// SPDX 2.3 of the packages, in JSON.
    Spdx,
}
