//! Numbers of the pages against the source.

use regex::Regex;

use super::read;

/// Numbers of the source, and where a page states them: a file, an expression whose first group
/// is the number, a page of the book, and its words. There `{}` stands for the number, `{m}` for
/// seconds in minutes, `{grouped}` for a number with spaces between thousands, and `{word}` and
/// `{th}` for small numbers in words.
const STATED: &[(&str, &str, &str, &str)] = &[
    (
        "src/scenario/matrix.rs",
        r"const MOST_COMBINATIONS: u64 = (\d+)",
        "SCENARIOS",
        r"A matrix has at most {} combinations",
    ),
    (
        "src/docker/stop.rs",
        r"const OVERHEAD: Duration = Duration::from_secs\((\d+)\)",
        "METHODOLOGY",
        r"| a stop, after the contract's `stop-within` | {} s |",
    ),
    (
        "src/cli/args/run.rs",
        r"default_value_t = (\d+)[^\n]*\n\s*pub build_deadline",
        "METHODOLOGY",
        r"A build has {} minutes (`--build-deadline`)",
    ),
    (
        "src/bases/resolve.rs",
        r"const PULL_DEADLINE: Duration = Duration::from_secs\((\d+)\)",
        "METHODOLOGY",
        r"plimsoll pulls it, within {m} minutes each",
    ),
    (
        "src/cli/planning.rs",
        r"const PINGS: usize = (\d+)",
        "METHODOLOGY",
        r"It pings the engine {} times",
    ),
    (
        "src/cli/planning.rs",
        r"const PROBE_INTERVAL: Nanos = Nanos::from_millis\((\d+)\)",
        "METHODOLOGY",
        r"Attempts are on a grid of {} ms",
    ),
    (
        "src/probe/attempt.rs",
        r"const CONNECT_TIMEOUT: Duration = Duration::from_millis\((\d+)\)",
        "METHODOLOGY",
        r"A connection that is not established after {} ms",
    ),
    (
        "src/probe/attempt.rs",
        r"const BODY_LIMIT_BYTES: usize = (\d+) << 10",
        "METHODOLOGY",
        r"within the first {} KiB of the answer",
    ),
    (
        "src/probe/attempt.rs",
        r"const BODY_LIMIT_BYTES: usize = (\d+) << 10",
        "SCENARIOS",
        r"within its first {} KiB",
    ),
    (
        "src/runner/reach.rs",
        r"const WITHIN: Nanos = Nanos::from_secs\((\d+)\)",
        "METHODOLOGY",
        r"the token comes back within {} s",
    ),
    (
        "src/runner/reach.rs",
        r"const WITHIN: Nanos = Nanos::from_secs\((\d+)\)",
        "ENGINES",
        r"at the start of a run, within {} s",
    ),
    (
        "src/runner/health.rs",
        r"const HEALTH_EVERY: Nanos = Nanos::from_millis\((\d+)\)",
        "METHODOLOGY",
        r"The engine is asked every {} ms",
    ),
    (
        "src/runner/load.rs",
        r"const LEAST_FOR_P50: usize = (\d+)",
        "METHODOLOGY",
        r"The median needs {} answers",
    ),
    (
        "src/runner/load.rs",
        r"const LEAST_FOR_P99: usize = ([\d_]+)",
        "METHODOLOGY",
        r"the 99th percentile {}",
    ),
    (
        "src/image/weight.rs",
        r"const DEEPEST: usize = (\d+)",
        "METHODOLOGY",
        r"(down to the {th} level,",
    ),
    (
        "src/image/weight.rs",
        r"const LEAST: u64 = (\d+) \* 1024",
        "METHODOLOGY",
        r"from {} KiB on)",
    ),
    (
        "src/runner/cache.rs",
        r"const SYNCED_BY_A_VISIT: usize = (\d+)",
        "SAFETY",
        r"at most {word} records of contexts",
    ),
    (
        "src/scenario/contract.rs",
        r"const READY_WITHIN_DEFAULT: Nanos = Nanos::from_secs\((\d+)\)",
        "SCENARIOS",
        r#"until it is ready. Default: `"{}s"`"#,
    ),
    (
        "src/scenario/contract.rs",
        r"const STOP_WITHIN_DEFAULT: Nanos = Nanos::from_secs\((\d+)\)",
        "SCENARIOS",
        r#"before the kill. Default: `"{}s"`"#,
    ),
    (
        "src/scenario/check_technique.rs",
        r"const CONNECTIONS_DEFAULT: u32 = (\d+)",
        "SCENARIOS",
        r"1 to 256. Default: {} |",
    ),
    (
        "src/scenario/check_technique.rs",
        r"const WARMUP_DEFAULT: Nanos = Nanos::from_secs\((\d+)\)",
        "SCENARIOS",
        r#"before the first answer counts. Default: `"{}s"`"#,
    ),
    (
        "src/scenario/check_technique.rs",
        r"const DURATION_DEFAULT: Nanos = Nanos::from_secs\((\d+)\)",
        "SCENARIOS",
        r#"within which answers count. Default: `"{}s"`"#,
    ),
    (
        "src/scenario/check_extras.rs",
        r"const MOST_FILES: i64 = ([\d_]+)",
        "SCENARIOS",
        r"1 to {}. Default: 1",
    ),
    (
        "src/scenario/check_extras.rs",
        r"const MOST_BYTES: Bytes = Bytes\((\d+)_000_000\)",
        "SCENARIOS",
        r"may have at most {} MB",
    ),
    (
        "src/record/distribution.rs",
        r"per_day: Count\((\d+)\)",
        "SCENARIOS",
        r"deploys a day, to each environment. Default: {} |",
    ),
    (
        "src/record/distribution.rs",
        r"environments: Count\((\d+)\)",
        "SCENARIOS",
        r"each deploy goes to. Default: {} |",
    ),
    (
        "src/record/distribution.rs",
        r"services: Count\((\d+)\)",
        "SCENARIOS",
        r"share a base in one registry. Default: {} |",
    ),
    (
        "src/summary/distribution/deploys.rs",
        r"const DAYS: u64 = (\d+)",
        "METHODOLOGY",
        r"A month has {} days",
    ),
    (
        "src/summary/distribution/proof.rs",
        r"const MIN_FOR_SPREAD: usize = (\d+)",
        "METHODOLOGY",
        r"from {} pulls on",
    ),
    (
        "src/stats/bootstrap.rs",
        r"pub const MIN_FOR_INTERVAL: usize = (\d+)",
        "STATISTICS",
        r"It needs {} samples",
    ),
    (
        "src/stats/bootstrap.rs",
        r"pub const RESAMPLES: usize = ([\d_]+)",
        "STATISTICS",
        r"with {grouped} resamples",
    ),
    (
        "src/stats/bootstrap.rs",
        r"const MOST_RESAMPLED: usize = ([\d_]+)",
        "STATISTICS",
        r"Above {grouped} samples it is read",
    ),
    (
        "src/stats/outlier.rs",
        r"pub const OUTLIER_THRESHOLD: f64 = ([\d.]+)",
        "STATISTICS",
        r"exceeds {}, from",
    ),
    (
        "src/stats/outlier.rs",
        r"pub const MIN_FOR_OUTLIERS: usize = (\d+)",
        "STATISTICS",
        r"exceeds 3.5, from {} samples on",
    ),
    (
        "src/stats/joint/arrangements.rs",
        r"pub const MOST_ARRANGEMENTS: usize = ([\d_]+)",
        "STATISTICS",
        r"at most {grouped} of them",
    ),
    (
        "src/stats/joint/table.rs",
        r"pub const MOST_ROUNDS: usize = (\d+)",
        "STATISTICS",
        r"More than {} rounds a side are averaged",
    ),
    (
        "src/stats/compare.rs",
        r"pub const ALPHA: f64 = ([\d.]+)",
        "STATISTICS",
        r"of the family is at most {} |",
    ),
    (
        "src/stats/newest.rs",
        r"pub const MIN_BEFORE: usize = (\d+)",
        "STATISTICS",
        r"With fewer than {} runs before it",
    ),
    (
        "src/cli/args/history.rs",
        r"default_value_t = (\d+)",
        "STATISTICS",
        r"the median of the last {} runs of its era",
    ),
    (
        "src/cli/args/ab.rs",
        r"default_value_t = (\d+)[^\n]*\n\s*pub rounds",
        "STATISTICS",
        r"After `--rounds` ({}) the run looks",
    ),
    (
        "src/cli/args/ab.rs",
        r"default_value_t = (\d+)[^\n]*\n\s*pub max_rounds",
        "STATISTICS",
        r"up to `--max-rounds` ({}),",
    ),
    (
        "src/cli/args/ab.rs",
        r#"default_value = "([\d.]+)%"[^\n]*\n\s*pub exact_threshold"#,
        "STATISTICS",
        r"{} % for exact ones by default",
    ),
    (
        "src/cli/args/ab.rs",
        r#"default_value = "([\d.]+)%"[^\n]*\n\s*pub threshold"#,
        "STATISTICS",
        r"is {} % for timed metrics",
    ),
    (
        "src/compare/conditions.rs",
        r"const UNLIKE_LOAD: f64 = ([\d.]+)",
        "STATISTICS",
        r"by more than {} per CPU",
    ),
    (
        "src/compare/cause/parts.rs",
        r"const LISTED: usize = (\d+)",
        "STATISTICS",
        r"shows the {word} largest causes",
    ),
    (
        "src/registry/sessions.rs",
        r"const MOST: usize = (\d+)",
        "REGISTRY",
        r"at most {} uploads at a time",
    ),
    (
        "src/registry/sessions.rs",
        r"const IDLE: Duration = Duration::from_secs\((\d+)\)",
        "REGISTRY",
        r"waits {m} minutes for its next request",
    ),
    (
        "src/registry/handlers/manifests.rs",
        r"const MOST_BYTES: usize = (\d+) << 20",
        "REGISTRY",
        r"{} MiB at most",
    ),
    (
        "src/cleanroom/room.rs",
        r"const END_WITHIN: Duration = Duration::from_secs\((\d+)\)",
        "CLEANROOM",
        r"kills it after {} s",
    ),
    (
        "src/stats/joint/table.rs",
        r"const MIN_GROUP: usize = (\d+)",
        "STATISTICS",
        r"If at least {word} cases have a metric",
    ),
    (
        "src/cli/pace.rs",
        r"const ROUNDS_OF_EXACT: u32 = (\d+)",
        "STATISTICS",
        r"(`--metric size.unpacked`), after {word} rounds",
    ),
    (
        "src/cli/plan.rs",
        r"const MOST_OF_A_MATRIX: usize = (\d+)",
        "SCALE",
        r"at most {} jobs of a matrix",
    ),
    (
        "src/page/download.rs",
        r"const MOST_STEPS: usize = ([\d_]+)",
        "REPORT",
        r"Above {grouped} steps",
    ),
    (
        "src/cli/args/place.rs",
        r#"ROOMS: &str = "(/var/tmp/[^"]+)""#,
        "REFERENCE",
        r"| `{}` |",
    ),
];

fn in_words(form: &str, number: &str) -> String {
    let plain = number.replace('_', "");
    if !form.contains('{') || form.contains("{}") {
        return form.replace("{}", &plain);
    }
    let value: usize = plain.parse().unwrap();
    let grouped = match value / 1000 {
        0 => plain,
        thousands => format!("{thousands} {:03}", value % 1000),
    };
    let words = ["no", "one", "two", "three", "four", "five"];
    let places = ["", "first", "second", "third", "fourth", "fifth"];
    form.replace("{m}", &(value / 60).to_string())
        .replace("{grouped}", &grouped)
        .replace("{word}", words.get(value).unwrap_or(&"many"))
        .replace("{th}", places.get(value).unwrap_or(&"nth"))
}

#[test]
fn numbers_on_the_pages_are_those_of_the_source() {
    for (file, source, page, said) in STATED {
        let text = read(file);
        let found = Regex::new(source).unwrap().captures(&text);
        let found = found.unwrap_or_else(|| panic!("{file} has no {source}"));
        let said = in_words(said, &found[1]);
        let shown = read(&format!("docs/{page}.md"));
        assert!(shown.contains(&said), "{page} does not say: {said}");
    }
    let rust = Regex::new(r#"rust-version = "([\d.]+)""#).unwrap();
    let rust = rust.captures(&read("Cargo.toml")).unwrap()[1].to_owned();
    for page in ["README.md", "CONTRIBUTING.md"] {
        assert!(
            read(page).contains(&format!("Rust {rust} or newer")),
            "{page}"
        );
    }
}
