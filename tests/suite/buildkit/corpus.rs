//! The corpus: files of cases. A case begins with `### name | target=x | A=1,B=2`.

use std::collections::BTreeMap;

use serde::Serialize;

/// One Dockerfile and how it is built.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    pub dockerfile: Vec<u8>,
    pub target: String,
    pub args: BTreeMap<String, String>,
}

/// A case as the Go program reads it.
#[derive(Debug, Serialize)]
pub struct Input<'a> {
    name: &'a str,
    /// In base64.
    dockerfile: String,
    target: &'a str,
    args: &'a BTreeMap<String, String>,
}

impl Case {
    pub fn has_variable(&self) -> bool {
        self.dockerfile.contains(&b'$')
    }

    pub fn input(&self) -> Input<'_> {
        use base64::Engine;
        Input {
            name: &self.name,
            dockerfile: base64::engine::general_purpose::STANDARD.encode(&self.dockerfile),
            target: &self.target,
            args: &self.args,
        }
    }
}

/// Bytes that a text file should not hold.
const PLACES: &[(&str, &[u8])] = &[
    ("{{CR}}", b"\r"),
    ("{{BOM}}", b"\xef\xbb\xbf"),
    ("{{VT}}", b"\x0b"),
    ("{{FF_}}", b"\x0c"),
    ("{{NBSP}}", b"\xc2\xa0"),
    ("{{E8}}", b"\xe8"),
    ("{{E9}}", b"\xe9"),
    ("{{FE}}", b"\xfe"),
    ("{{FF}}", b"\xff"),
];

/// All cases, in the order of the files.
pub fn cases() -> Vec<Case> {
    let files = [
        include_str!("corpus/stages.txt"),
        include_str!("corpus/lines.txt"),
        include_str!("corpus/heredocs.txt"),
        include_str!("corpus/onbuild.txt"),
        include_str!("corpus/steps.txt"),
        include_str!("corpus/words.txt"),
    ];
    files
        .iter()
        .flat_map(|file| file.split("### ").skip(1))
        .map(case)
        .collect()
}

fn case(text: &str) -> Case {
    let (head, body) = text.split_once('\n').unwrap_or((text, ""));
    let mut parts = head.split(" | ");
    let name = parts.next().unwrap_or_default().to_owned();
    let (mut target, mut args) = (String::new(), BTreeMap::new());
    for part in parts {
        for pair in part.split(',') {
            let (key, value) = pair.split_once('=').unwrap();
            match key {
                "target" => target = value.to_owned(),
                _ => drop(args.insert(key.to_owned(), value.to_owned())),
            }
        }
    }
    let body = body.replace("{{60000}}", &"x".repeat(60_000));
    let body = body.replace("{{66000}}", &"x".repeat(66_000));
    let mut dockerfile = Vec::new();
    let mut rest = body.as_str();
    while let Some(at) = rest.find("{{") {
        let (before, place) = rest.split_at(at);
        dockerfile.extend_from_slice(before.as_bytes());
        let known = PLACES.iter().find(|(name, _)| place.starts_with(name));
        match known {
            Some((name, bytes)) => {
                dockerfile.extend_from_slice(bytes);
                rest = &place[name.len()..];
            }
            None => {
                dockerfile.extend_from_slice(b"{{");
                rest = &place[2..];
            }
        }
    }
    dockerfile.extend_from_slice(rest.as_bytes());
    Case {
        name,
        dockerfile,
        target,
        args,
    }
}
