//! The image's config: what is kept of it, and the texts in which secrets are looked for.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

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
    #[serde(default)]
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

    /// Texts with the keys that hold them.
    pub fn texts(&self) -> Vec<(String, String)> {
        let mut texts = Vec::new();
        for pair in self.env.iter().flatten() {
            let name = pair.split('=').next().unwrap_or_default();
            texts.push((format!("Env {name}"), pair.clone()));
        }
        for (name, value) in self.labels.iter().flatten() {
            let value = value.as_deref().unwrap_or_default();
            texts.push((format!("Label {name}"), format!("{name}={value}")));
        }
        let check = self
            .healthcheck
            .as_ref()
            .and_then(|check| check.test.as_ref());
        for (key, words) in [
            ("Cmd", self.cmd.as_ref()),
            ("Entrypoint", self.entrypoint.as_ref()),
            ("Shell", self.shell.as_ref()),
            ("OnBuild", self.on_build.as_ref()),
            ("Healthcheck", check),
        ] {
            if let Some(words) = words {
                texts.push((key.to_owned(), words.join(" ")));
            }
        }
        texts
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
