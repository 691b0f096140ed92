//! Parsers of the two line formats, stricter than their consumers.

use std::collections::{BTreeMap, BTreeSet};

/// A metric family of an exposition.
#[derive(Debug, Default, PartialEq)]
pub struct Family {
    pub kind: String,
    pub unit: Option<String>,
    pub help: Option<String>,
    pub samples: Vec<(BTreeMap<String, String>, f64)>,
}

fn is_name(name: &str, colon: bool) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || (colon && c == ':');
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}

/// Undoes `\\`, `\"` and `\n`; no other escape is one.
fn unescaped(text: &str) -> Result<String, String> {
    let mut plain = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        plain.push(match (letter, letter == '\\') {
            (_, true) => match letters.next() {
                Some('n') => '\n',
                Some(same @ ('\\' | '"')) => same,
                other => return Err(format!("the escape {other:?}")),
            },
            (letter, false) => letter,
        });
    }
    Ok(plain)
}

/// `a="b",c="d"`, each name once.
fn labels(mut text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut labels = BTreeMap::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"").ok_or("a label without a value")?;
        if !is_name(name, false) {
            return Err(format!("the label name `{name}`"));
        }
        let mut escaped = false;
        let end = rest.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let end = end.ok_or("a label that does not end")?;
        let value = unescaped(&rest[..end])?;
        if labels.insert(name.to_owned(), value).is_some() {
            return Err(format!("the label `{name}` twice"));
        }
        text = &rest[end + 1..];
        if let Some(more) = text.strip_prefix(',') {
            if more.is_empty() {
                return Err("a comma before nothing".to_owned());
            }
            text = more;
        } else if !text.is_empty() {
            return Err(format!("`{text}` behind a label"));
        }
    }
    Ok(labels)
}

/// The text format of OpenMetrics 1.0, as far as gauges need it: the sections "ABNF",
/// "Metric Family" and "Unit".
pub fn open_metrics(text: &str) -> Result<BTreeMap<String, Family>, String> {
    let body = text
        .strip_suffix("# EOF\n")
        .ok_or("no `# EOF` and line feed at the end")?;
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut open: Option<String> = None;
    let mut series = BTreeSet::new();
    for line in body.lines() {
        if let Some(said) = line.strip_prefix("# ") {
            let mut words = said.splitn(3, ' ');
            let mut next = || words.next().ok_or(format!("a short line `{line}`"));
            let (what, name, value) = (next()?, next()?.to_owned(), next()?.to_owned());
            if !is_name(&name, true) {
                return Err(format!("the name `{name}`"));
            }
            if open.as_ref() != Some(&name) {
                if families.contains_key(&name) {
                    return Err(format!("the family `{name}` in two places"));
                }
                open = Some(name.clone());
            }
            let family = families.entry(name.clone()).or_default();
            if !family.samples.is_empty() {
                return Err(format!("`{line}` behind a sample"));
            }
            let before = match what {
                "TYPE" => Some(std::mem::replace(&mut family.kind, value))
                    .filter(|before| !before.is_empty()),
                "UNIT" if !name.ends_with(&format!("_{value}")) => {
                    return Err(format!("`{name}` does not end in its unit `{value}`"));
                }
                "UNIT" => family.unit.replace(value),
                "HELP" => family.help.replace(unescaped(&value)?),
                _ => return Err(format!("the line `{line}`")),
            };
            if before.is_some() {
                return Err(format!("{what} of `{name}` twice"));
            }
            continue;
        }
        let (name, rest) = line.split_once('{').ok_or(format!("the line `{line}`"))?;
        let (inner, value) = rest.rsplit_once("} ").ok_or(format!("the line `{line}`"))?;
        if open.as_deref() != Some(name) {
            return Err(format!("a sample of `{name}` outside its family"));
        }
        let labels = labels(inner)?;
        if !series.insert((name.to_owned(), labels.clone())) {
            return Err(format!("the series `{line}` twice"));
        }
        let value: f64 = value
            .parse()
            .map_err(|_| format!("the value in `{line}`"))?;
        let family = families.get_mut(name).ok_or("no family")?;
        family.samples.push((labels, value));
    }
    Ok(families)
}

/// A file of Go benchmark results.
#[derive(Debug, Default, PartialEq)]
pub struct Benchmarks {
    pub keys: BTreeMap<String, BTreeSet<String>>,
    pub units: BTreeSet<String>,
    pub lines: Vec<BenchmarkLine>,
}

#[derive(Debug, PartialEq)]
pub struct BenchmarkLine {
    pub name: String,
    pub value: f64,
    pub unit: String,
}

/// The Go benchmark data format (golang.org/design/14313-benchmark-format) with the unit
/// lines of golang.org/x/perf/benchfmt.
pub fn go_benchmarks(text: &str) -> Result<Benchmarks, String> {
    let mut file = Benchmarks::default();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("Unit ") {
            let mut words = rest.split(' ');
            let unit = words.next().ok_or("a unit line without a unit")?;
            for word in words {
                let (key, value) = word.split_once('=').ok_or(format!("`{word}`"))?;
                let known: &[&str] = match key {
                    "assume" => &["nothing", "exact"],
                    "better" => &["lower", "higher"],
                    _ => return Err(format!("the key `{key}` of a unit")),
                };
                if !known.contains(&value) {
                    return Err(format!("`{word}`"));
                }
            }
            if !file.units.insert(unit.to_owned()) {
                return Err(format!("the unit `{unit}` twice"));
            }
        } else if let Some(rest) = line.strip_prefix("Benchmark") {
            // The name goes on in upper case, or it would be a word as any other.
            let fields: Vec<&str> = rest.split_whitespace().collect();
            let [name, iterations, value, unit] = fields.as_slice() else {
                return Err(format!("the line `{line}`"));
            };
            if name.starts_with(|c: char| c.is_lowercase()) || iterations.parse::<u64>().is_err() {
                return Err(format!("the line `{line}`"));
            }
            file.lines.push(BenchmarkLine {
                name: (*name).to_owned(),
                value: value
                    .parse()
                    .map_err(|_| format!("the value in `{line}`"))?,
                unit: (*unit).to_owned(),
            });
        } else if let Some((key, value)) = line.split_once(": ")
            && key.starts_with(|c: char| c.is_lowercase())
            && !key.contains(|c: char| c.is_whitespace() || c.is_uppercase())
        {
            let values = file.keys.entry(key.to_owned()).or_default();
            values.insert(value.to_owned());
        } else if !line.starts_with('#') {
            return Err(format!("the line `{line}`"));
        }
    }
    Ok(file)
}

#[test]
fn the_parsers_are_strict() {
    let good = "# TYPE a_bytes gauge\n# UNIT a_bytes bytes\n# HELP a_bytes x\na_bytes{l=\"v\\\"\"} 1\n# EOF\n";
    let families = open_metrics(good).unwrap();
    assert_eq!(families["a_bytes"].samples[0].0["l"], "v\"");
    let bad = [
        (good.replace("# EOF\n", ""), "no `# EOF`"),
        (
            good.replace("# UNIT a_bytes bytes", "# UNIT a_bytes seconds"),
            "its unit",
        ),
        (good.replace("{l=", "{1=\"\",l="), "the label name"),
        (good.replace("{l=", "{l=\"\",l="), "twice"),
        (good.replace("\\\"", "\\x"), "the escape"),
        (good.replace("} 1", "} one"), "the value"),
        (
            good.replace("# EOF", "a_bytes{l=\"v\\\"\"} 2\n# EOF"),
            "the series",
        ),
        (
            good.replace("# EOF", "# HELP a_bytes y\n# EOF"),
            "behind a sample",
        ),
        (good.replace("# EOF", "b{} 1\n# EOF"), "outside its family"),
    ];
    for (text, words) in bad {
        let error = open_metrics(&text).unwrap_err();
        assert!(error.contains(words), "{words}: {error}");
    }
    for text in [
        "Benchmarkx 1 2 ns\n",
        "BenchmarkX 1 2\n",
        "BenchmarkX 1 two ns\n",
        "Unit ns assume=normal\n",
        "Upper: case\n",
        "Unit a\nUnit a\n",
    ] {
        assert!(go_benchmarks(text).is_err(), "{text}");
    }
}
