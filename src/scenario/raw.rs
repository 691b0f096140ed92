//! The form of the file, as serde reads it. What the fields say to a reader is the
//! schema's description.

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, schema_for};
use serde::Deserialize;
use toml::Spanned;

use super::failure_point::FailurePoint;
use super::raw_matrix::RawMatrix;
use super::raw_run::RawRun;

/// Text with its place in the file.
pub(super) type Text = Spanned<String>;

/// A plimsoll scenario: one app, the ways of building it, and how it proves that it works.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scenario")]
pub(super) struct RawScenario {
    /// The version of this form: 1.
    #[schemars(with = "u32", range(min = 1, max = 1))]
    pub schema: Spanned<i64>,
    /// Kebab-case, unique among the scenarios.
    #[schemars(with = "String", regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub name: Text,
    /// One line about it.
    #[schemars(with = "String", length(min = 1))]
    pub title: Text,
    /// Anything that a reader should know.
    pub notes: Option<String>,
    /// The app.
    pub app: RawApp,
    /// How the app proves that it works.
    #[schemars(with = "RawContract")]
    pub contract: Spanned<RawContract>,
    /// What the deploy costs are computed for.
    pub deploy: Option<RawDeploy>,
    /// Where the claims come from.
    #[serde(default)]
    pub source: Vec<RawSource>,
    /// What the rebuilds change; a rebuild without its edit is not measured.
    #[serde(default)]
    pub edit: Vec<RawEdit>,
    /// The ways of building the app.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub variant: Vec<RawVariant>,
    /// Further variants: one for each combination of values.
    #[schemars(with = "Option<RawMatrix>")]
    pub matrix: Option<Spanned<RawMatrix>>,
    /// Published figures, to be checked against what is measured.
    #[serde(default)]
    pub claim: Vec<RawClaim>,
    /// Limits that `plimsoll check` holds runs to.
    #[serde(default)]
    pub budget: Vec<RawBudget>,
    /// The one technique that the variants isolate.
    pub technique: Option<RawTechnique>,
    /// The load that the ready app is put under.
    #[schemars(with = "Option<RawLoad>")]
    pub load: Option<Spanned<RawLoad>>,
    /// The secret that is planted in builds, to see where it goes.
    pub secret: Option<RawSecret>,
    /// Made-up files that are sent along with the app's folder, as clutter.
    #[serde(default)]
    pub extra: Vec<RawExtra>,
    /// Services that the app needs.
    #[serde(default)]
    pub companion: Vec<RawCompanion>,
}

/// A service that the app needs, as a database: started and ready before it, in a network of their own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Companion")]
pub(super) struct RawCompanion {
    /// Kebab-case, unique: the app reaches it by this name.
    #[schemars(with = "String", regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub name: Text,
    /// The reference of its image, as a FROM line has it.
    #[schemars(with = "String", length(min = 1))]
    pub image: Text,
    /// Environment of its container.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// What its container runs, in place of the image's CMD.
    #[serde(default)]
    pub command: Vec<String>,
    /// When it is ready: "tcp://:5432", "http://:8080/health", "log:REGEX" or "healthy".
    #[schemars(with = "String", regex(pattern = "^(http://|tcp://|log:|healthy$)"))]
    pub ready: Text,
    /// How long it may take to be ready; 30s where it is left out.
    #[schemars(with = "Option<String>")]
    pub ready_within: Option<Text>,
}

/// The one technique that the variants isolate, and where it should show.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Technique")]
pub(super) struct RawTechnique {
    /// Its id, kebab-case.
    #[schemars(with = "String", regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub id: Text,
    /// What the reader wants to know, in a sentence.
    #[schemars(with = "String", length(min = 1))]
    pub question: Text,
    /// The variant without the technique, which the others are compared with.
    #[schemars(with = "String")]
    pub baseline: Text,
    /// Ids of the metrics and `posture.` facts in which it should show.
    #[schemars(with = "Vec<String>", length(min = 1))]
    pub shows: Vec<Text>,
}

/// The load that the ready app is put under: connections with one request at a time each.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Load")]
pub(super) struct RawLoad {
    /// The path to ask for; the contract's where it is left out.
    #[schemars(with = "Option<String>", regex(pattern = "^/"))]
    pub path: Option<Text>,
    /// Connections that are kept open; 8 where it is left out.
    #[schemars(with = "Option<u32>", range(min = 1, max = 256))]
    pub connections: Option<Spanned<i64>>,
    /// Time before the first answer counts; 1s where it is left out.
    #[schemars(with = "Option<String>")]
    pub warmup: Option<Text>,
    /// Time within which answers count; 5s where it is left out.
    #[schemars(with = "Option<String>")]
    pub duration: Option<Text>,
}

/// The secret that is planted in builds: a token that is new in each run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Secret")]
pub(super) struct RawSecret {
    /// The id of its mount, and the name of its build argument.
    #[schemars(with = "String", regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub id: Text,
}

/// Made-up files: `text`, or `bytes` that do not compress.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Extra")]
pub(super) struct RawExtra {
    /// The file, relative to the app's path; with `count` it holds `{n}`.
    #[schemars(with = "String", length(min = 1))]
    pub file: Text,
    /// How many; 1 where it is left out.
    #[schemars(with = "Option<u32>", range(min = 1, max = 20_000))]
    pub count: Option<Spanned<i64>>,
    /// What each holds.
    pub text: Option<String>,
    /// The size of each: "20 MB".
    #[schemars(with = "Option<String>")]
    pub bytes: Option<Text>,
}

/// The app.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "App")]
pub(super) struct RawApp {
    /// Its name, kebab-case.
    #[schemars(with = "String", regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub name: Text,
    /// Its folder, the build context, relative to the scenario's tree.
    #[schemars(with = "String", length(min = 1))]
    pub path: Text,
    /// Environment of the containers of all variants.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// How the app proves that it works: by an answer over HTTP, unless `kind` says otherwise.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Contract")]
pub(super) struct RawContract {
    /// When the app counts as ready. "http", where it is left out: a whole answer keeps the contract. "tcp": a port accepts connections. "log": a line of its output matches. "exit": it has finished with a code. "healthy": the image's own health check passes.
    #[schemars(
        with = "Option<String>",
        regex(pattern = "^(http|tcp|log|exit|healthy)$")
    )]
    pub kind: Option<Text>,
    /// http, tcp: the port that the app listens on inside its container.
    #[schemars(with = "Option<u16>", range(min = 1))]
    pub port: Option<Spanned<i64>>,
    /// http: the path to ask for.
    #[schemars(with = "Option<String>", regex(pattern = "^/"))]
    pub path: Option<Text>,
    /// http: the statuses to expect: 200, "2xx", "200-399" or a list of these; 200 where it is left out.
    #[schemars(with = "Option<RawStatus>")]
    pub status: Option<Spanned<RawStatus>>,
    /// http: the method; GET where it is left out.
    #[schemars(
        with = "Option<String>",
        regex(pattern = "^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$")
    )]
    pub method: Option<Text>,
    /// http: further headers of the request.
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    pub headers: Option<Spanned<BTreeMap<Text, Text>>>,
    /// http: a text that the body must contain; any body does where it is left out.
    #[schemars(with = "Option<String>", length(min = 1))]
    pub body_contains: Option<Text>,
    /// log: a regular expression that a line of standard output or standard error must match.
    #[schemars(with = "Option<String>", length(min = 1, max = 1000))]
    pub line: Option<Text>,
    /// exit: the exit code to expect; 0 where it is left out.
    #[schemars(with = "Option<u8>")]
    pub code: Option<Spanned<i64>>,
    /// How long it may take to be ready: "500ms", "30s", "2m"; 30s where it is left out.
    #[schemars(with = "Option<String>")]
    pub ready_within: Option<Text>,
    /// How long a stop may take before the app is killed; 10s where it is left out.
    #[schemars(with = "Option<String>")]
    pub stop_within: Option<Text>,
    /// Environment of the container, as in `[app]`.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
}

/// HTTP statuses.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "a status as 200, a text as \"2xx\" or \"200-399\", or a list of these"
)]
#[schemars(rename = "Statuses")]
pub(super) enum RawStatus {
    /// One status.
    Code(i64),
    /// A class, a range, or several with commas between them.
    Text(String),
    /// Any of these.
    List(Vec<RawStatus>),
}

impl RawStatus {
    /// As it would be written in a text.
    pub fn text(&self) -> String {
        match self {
            Self::Code(code) => code.to_string(),
            Self::Text(text) => text.clone(),
            Self::List(list) => list.iter().map(Self::text).collect::<Vec<_>>().join(","),
        }
    }

    /// For a message.
    pub fn shown(&self) -> String {
        match self {
            Self::Code(code) => code.to_string(),
            other => format!("`{}`", other.text()),
        }
    }
}

/// What the deploy costs are computed for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Deploy")]
pub(super) struct RawDeploy {
    /// Deploys a day, to each environment; 20 where it is left out.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1_000_000))]
    pub per_day: Option<Spanned<i64>>,
    /// Environments that each deploy goes to; 3 where it is left out.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1_000_000))]
    pub environments: Option<Spanned<i64>>,
    /// Services that share a base in one registry; 15 where it is left out.
    #[schemars(with = "Option<u32>", range(min = 1, max = 1_000_000))]
    pub services: Option<Spanned<i64>>,
}

/// Where claims come from.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Source")]
pub(super) struct RawSource {
    /// Its id, kebab-case.
    #[schemars(with = "String", regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub id: Text,
    /// What it is.
    #[schemars(with = "String", length(min = 1))]
    pub title: Text,
}

/// What one rebuild changes. Applied to the context on its way to the builder.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Edit")]
pub(super) struct RawEdit {
    /// "source" or "dependency", each at most once.
    #[schemars(with = "String", regex(pattern = "^(source|dependency)$"))]
    pub name: Text,
    /// One line about it.
    pub summary: Option<String>,
    /// The files that change.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub change: Vec<RawChange>,
}

/// A changed file: `find` and `replace`, or `from`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Change")]
pub(super) struct RawChange {
    /// The file, relative to the app's path.
    #[schemars(with = "String", length(min = 1))]
    pub file: Text,
    /// A text that occurs in it exactly once.
    #[schemars(with = "Option<String>")]
    pub find: Option<Text>,
    /// What takes its place; `{nonce}` becomes a text that is new each time.
    #[schemars(with = "Option<String>")]
    pub replace: Option<Text>,
    /// A file, relative to the app's path, that takes the place of the whole; `{nonce}` as in `replace`.
    #[schemars(with = "Option<String>")]
    pub from: Option<Text>,
}

/// One way of building the app: `dockerfile`, a ready `image`, or the reason why there is neither.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Variant")]
pub(super) struct RawVariant {
    /// Kebab-case, unique within the scenario.
    #[schemars(with = "String", regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub name: Text,
    /// A tag, kebab-case, that variants of several scenarios share.
    #[schemars(with = "String", regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub strategy: Text,
    /// One line about it; may be left out where the variant is not applicable.
    #[schemars(with = "Option<String>")]
    pub title: Option<Text>,
    /// The Dockerfile, relative to the app's path.
    #[schemars(with = "Option<String>")]
    pub dockerfile: Option<Text>,
    /// A ready image instead of a Dockerfile, such as "nginx:1.27": nothing is built, and the phases of a build are not applicable.
    #[schemars(with = "Option<String>", length(min = 1))]
    pub image: Option<Text>,
    /// The stage to build; the last where it is left out.
    #[schemars(with = "Option<String>")]
    pub target: Option<Text>,
    /// The base of the final stage, of a variant that the matrix makes.
    #[serde(skip)]
    pub base: Option<Text>,
    /// Build arguments.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub build_args: Option<Spanned<BTreeMap<String, String>>>,
    /// Bases that the Dockerfile is built on as if it named others: "node:20" = "node:20-slim".
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub swap: Option<Spanned<BTreeMap<String, String>>>,
    /// What to build and run for, as "linux/arm64"; the engine's own platform where it is left out.
    #[schemars(
        with = "Option<String>",
        regex(pattern = "^linux/[a-z0-9]+(/v[0-9]+)?$")
    )]
    pub platform: Option<Text>,
    /// How the build gets the scenario's secret: "mount", "build-arg", or "file:" and a path.
    #[schemars(
        with = "Option<String>",
        regex(pattern = "^(mount|build-arg|file:.+)$")
    )]
    pub secret: Option<Text>,
    /// How its containers are started, where it is not the engine's default.
    #[schemars(with = "Option<RawRun>")]
    pub run: Option<Spanned<RawRun>>,
    /// Environment of its containers, next to the app's; a name that both have takes this value.
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    pub env: Option<Spanned<BTreeMap<String, String>>>,
    /// The failure that the variant is there to show.
    pub expected_failure: Option<RawExpectedFailure>,
    /// Why the variant cannot exist, instead of a Dockerfile.
    #[schemars(with = "Option<String>")]
    pub not_applicable: Option<Text>,
}

/// The failure that a variant is there to show: it stays a DNF, but ends no run with an error.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ExpectedFailure")]
pub(super) struct RawExpectedFailure {
    /// "start": it never keeps its contract. "stop": its stop does not finish.
    #[serde(rename = "in")]
    #[schemars(with = "FailurePoint")]
    pub point: Text,
    /// A text that the reason must hold. A failure for any other reason is not expected.
    #[schemars(with = "String", length(min = 1))]
    pub says: Text,
    /// Why it fails, for the reader.
    #[schemars(with = "String", length(min = 1))]
    pub why: Text,
}

/// A published figure.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Claim")]
pub(super) struct RawClaim {
    /// Id of its source.
    #[schemars(with = "String")]
    pub source: Text,
    /// Name of the variant that it is about; of a change, the one after it.
    #[schemars(with = "String")]
    pub variant: Text,
    /// Of a change: name of the variant before it.
    #[schemars(with = "Option<String>")]
    pub from: Option<Text>,
    /// Id of the metric to check it against, or of a derived figure: "deploy.first", "deploy.sibling", "deploy.update", "services.stored", "registry.moved". A change may name a `posture.` fact that is a count.
    #[schemars(with = "String")]
    pub metric: Text,
    /// As printed: "~1.2 GB", "900+ MB", "30 s". kB, MB and GB are decimal; KiB, MiB and GiB binary. Of a change: "30 s -> 3 s", "-70 %", "+2.5 %", "47x" (so many times smaller or faster), "1/2", "less" or "more".
    #[schemars(with = "String", length(min = 1))]
    pub claimed: Text,
    /// The link that it is about, for what is another over each link, pulls and deploys: "loopback", "100mbit", "100mbit,20ms".
    #[schemars(with = "Option<String>")]
    pub link: Option<Text>,
    /// What the reader should know.
    pub note: Option<String>,
}

/// The budgets of a file that holds other things as well.
#[derive(Debug, Deserialize)]
pub(super) struct RawBudgets {
    #[serde(default)]
    pub budget: Vec<RawBudget>,
}

/// A limit for a metric: one of `at-most`, `at-least`, `worse-by` and `drift`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Budget")]
pub(super) struct RawBudget {
    /// Id of the metric.
    #[schemars(with = "String")]
    pub metric: Text,
    /// A glob of variants; all where it is left out.
    #[schemars(with = "Option<String>")]
    pub variant: Option<Text>,
    /// A glob of strategies; all where it is left out.
    #[schemars(with = "Option<String>")]
    pub strategy: Option<Text>,
    /// The link, for what is another over each link; all where it is left out.
    #[schemars(with = "Option<String>")]
    pub link: Option<Text>,
    /// No more than this: "60 MB", "800 ms", "12".
    #[schemars(with = "Option<String>")]
    pub at_most: Option<Text>,
    /// No less than this, for what more is better of: "500 /s", "95 %".
    #[schemars(with = "Option<String>")]
    pub at_least: Option<Text>,
    /// No worse than the baseline by more than this: "5 %".
    #[schemars(with = "Option<String>")]
    pub worse_by: Option<Text>,
    /// The same against the pinned baseline, so that slow drift is caught.
    #[schemars(with = "Option<String>")]
    pub drift: Option<Text>,
    /// Passing it is only a warning.
    #[serde(default)]
    pub soft: bool,
    /// Why there is this limit.
    pub why: Option<String>,
}

/// The JSON Schema (draft 2020-12) of a scenario file. It says what can be said of
/// the form; that files exist and names fit together is checked by
/// [`load`](super::load).
pub fn schema() -> Schema {
    schema_for!(RawScenario)
}
