//! The image's config: what is kept of it, and the texts in which secrets are looked for.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Entries of a history that are read. An image has at most 500 layers, and an entry for each of
/// them and for each setting.
const MOST_HISTORY: usize = 10_000;

/// The document that an image's id is the digest of, as far as it is read.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Document {
    /// `linux`.
    #[serde(default)]
    pub os: Option<String>,
    /// `amd64`.
    #[serde(default)]
    pub architecture: Option<String>,
    /// `v7`.
    #[serde(default)]
    pub variant: Option<String>,
    /// How containers are started.
    #[serde(default)]
    pub config: Option<Config>,
    /// How it was made, bottom first.
    #[serde(default, deserialize_with = "history")]
    pub history: Option<Vec<History>>,
    /// Which layers it has.
    #[serde(default)]
    pub rootfs: Option<RootFs>,
}

/// How containers are started.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Config {
    /// The user.
    pub user: Option<String>,
    env: Option<Vec<String>>,
    labels: Option<BTreeMap<String, Option<String>>>,
    #[serde(deserialize_with = "words")]
    cmd: Option<Vec<String>>,
    #[serde(deserialize_with = "words")]
    entrypoint: Option<Vec<String>>,
    #[serde(deserialize_with = "words")]
    shell: Option<Vec<String>>,
    #[serde(deserialize_with = "words")]
    on_build: Option<Vec<String>>,
    healthcheck: Option<Healthcheck>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Healthcheck {
    #[serde(deserialize_with = "words")]
    test: Option<Vec<String>>,
}

/// A list of words, or one word: engines take both.
fn words<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<String>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Words {
        One(String),
        Many(Vec<String>),
    }
    let words = Option::<Words>::deserialize(from)?;
    Ok(words.map(|words| match words {
        Words::One(word) => vec![word],
        Words::Many(words) => words,
    }))
}

/// The entries of a history, if they are not too many: a few bytes each make large lists.
fn history<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<History>>, D::Error> {
    struct Entries;

    impl<'de> Visitor<'de> for Entries {
        type Value = Option<Vec<History>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a sequence")
        }

        fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
            from.deserialize_seq(self)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(entry) = list.next_element()? {
                if entries.len() == MOST_HISTORY {
                    let problem = format!("its history has more than {MOST_HISTORY} entries");
                    return Err(A::Error::custom(problem));
                }
                entries.push(entry);
            }
            Ok(Some(entries))
        }
    }

    from.deserialize_option(Entries)
}

/// One step.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct History {
    /// The instruction.
    pub created_by: Option<String>,
    /// What the builder adds.
    pub comment: Option<String>,
    /// Whether it made no layer.
    pub empty_layer: bool,
}

/// The layers by digest.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RootFs {
    /// Digests of the unpacked layers.
    pub diff_ids: Option<Vec<String>>,
}

impl Document {
    /// `os/architecture`, and the variant where there is one.
    pub fn platform(&self) -> String {
        let named = |name: &Option<String>| name.clone().unwrap_or_else(|| "unknown".to_owned());
        let variant = self.variant.as_ref().filter(|variant| !variant.is_empty());
        let variant = variant.map(|variant| format!("/{variant}"));
        let (os, architecture) = (named(&self.os), named(&self.architecture));
        format!("{os}/{architecture}{}", variant.unwrap_or_default())
    }

    /// Which entries of its history made a layer, bottom first; empty where it has none.
    pub fn makers_of_layers(&self) -> Vec<bool> {
        let history = self.history.iter().flatten();
        history.map(|entry| !entry.empty_layer).collect()
    }
}

impl Config {
    /// Whether there is a check; `NONE` switches off that of the base.
    pub fn has_health_check(&self) -> bool {
        let check = self.healthcheck.as_ref();
        check
            .and_then(|check| check.test.as_ref()?.first())
            .is_some_and(|word| word != "NONE")
    }

    /// The value of a label.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.as_ref()?.get(name)?.as_deref()
    }

    /// Texts with the keys that hold them, one by one: there may be very many.
    pub fn texts(&self) -> impl Iterator<Item = (String, String)> {
        let environment = self.env.iter().flatten().map(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            (format!("Env {name}"), pair.clone())
        });
        let labels = self.labels.iter().flatten().map(|(name, value)| {
            let value = value.as_deref().unwrap_or_default();
            (format!("Label {name}"), format!("{name}={value}"))
        });
        let check = self.healthcheck.as_ref();
        let words = [
            ("Cmd", self.cmd.as_ref()),
            ("Entrypoint", self.entrypoint.as_ref()),
            ("Shell", self.shell.as_ref()),
            ("OnBuild", self.on_build.as_ref()),
            ("Healthcheck", check.and_then(|check| check.test.as_ref())),
        ];
        let words = words.into_iter();
        let words = words.filter_map(|(key, words)| Some((key.to_owned(), words?.join(" "))));
        environment.chain(labels).chain(words)
    }

    /// Folders in which programs are looked for.
    pub fn search_path(&self) -> Vec<String> {
        let path = self
            .env
            .iter()
            .flatten()
            .find_map(|pair| pair.strip_prefix("PATH="));
        path.unwrap_or_default()
            .split(':')
            .filter(|folder| !folder.is_empty())
            .map(str::to_owned)
            .collect()
    }
}
