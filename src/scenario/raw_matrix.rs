//! The form of `[matrix]`, as serde reads it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::raw_run::RawRun;

/// Text with its place in the file.
type Text = Spanned<String>;

/// A variant for each combination of the values, except those that are excluded. An array has several values, which become part of the variants' names. A text is for all variants.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Matrix")]
pub(super) struct RawMatrix {
    /// The Dockerfile, relative to the app's path.
    pub dockerfile: RawValues,
    /// The base of the final stage: by the ARG that chooses it, or else as `swap` does.
    pub base: Option<RawValues>,
    /// Bases that the Dockerfile is built on as if it named others: "golang:1.22" = ["golang:1.22", "golang:1.22-alpine"].
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, RawValues>")]
    pub swap: BTreeMap<Text, RawValues>,
    /// The stage to build; the last where it is left out.
    pub target: Option<RawValues>,
    /// Build arguments.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, RawValues>")]
    pub build_args: BTreeMap<Text, RawValues>,
    /// What to build and run for, as "linux/arm64"; the engine's own platform where it is left out.
    pub platform: Option<RawValues>,
    /// Of all its variants: how the build gets the scenario's secret: "mount", "build-arg", or "file:" and a path.
    #[schemars(
        with = "Option<String>",
        regex(pattern = "^(mount|build-arg|file:.+)$")
    )]
    pub secret: Option<Text>,
    /// Of all its variants: how their containers are started, where it is not the engine's default.
    #[schemars(with = "Option<RawRun>")]
    pub run: Option<Spanned<RawRun>>,
    /// Of all its variants: environment of their containers, next to the app's.
    #[schemars(with = "Option<BTreeMap<String, String>>")]
    pub env: Option<Spanned<BTreeMap<String, String>>>,
    /// Combinations that make no variant: those that have all values of one of these.
    #[serde(default)]
    #[schemars(with = "Vec<RawExclusion>")]
    pub exclude: Vec<Spanned<RawExclusion>>,
}

/// Combinations that make no variant: those that have all of these values.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(rename = "Exclusion", extend("minProperties" = 1))]
pub(super) struct RawExclusion {
    /// A value of the matrix's `dockerfile`.
    #[schemars(with = "Option<String>")]
    pub dockerfile: Option<Text>,
    /// A value of the matrix's `base`.
    #[schemars(with = "Option<String>")]
    pub base: Option<Text>,
    /// Values of the matrix's `swap`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub swap: BTreeMap<Text, Text>,
    /// A value of the matrix's `target`.
    #[schemars(with = "Option<String>")]
    pub target: Option<Text>,
    /// Values of the matrix's `build-args`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub build_args: BTreeMap<Text, Text>,
    /// A value of the matrix's `platform`.
    #[schemars(with = "Option<String>")]
    pub platform: Option<Text>,
}

/// A text or an array of texts, each with its place in the file.
#[derive(Debug)]
pub(super) struct RawValues {
    pub span: Range<usize>,
    pub is_array: bool,
    pub values: Vec<Text>,
}

impl<'de> Deserialize<'de> for RawValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Spanned::<OneOrMany>::deserialize(deserializer)?;
        let span = raw.span();
        let (is_array, values) = match raw.into_inner() {
            OneOrMany::One(text) => (false, vec![Spanned::new(span.clone(), text)]),
            OneOrMany::Many(values) => (true, values),
        };
        Ok(Self {
            span,
            is_array,
            values,
        })
    }
}

impl JsonSchema for RawValues {
    fn schema_name() -> Cow<'static, str> {
        "Values".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text, or an array of texts, which are combined with the other values.",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "array",
                    "items": { "type": "string" },
                    "minItems": 1,
                    "uniqueItems": true
                }
            ]
        })
    }
}

/// Not an untagged enum of serde, which would lose the places of an array's texts.
enum OneOrMany {
    One(String),
    Many(Vec<Text>),
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor)
    }
}

struct OneOrManyVisitor;

impl<'de> Visitor<'de> for OneOrManyVisitor {
    type Value = OneOrMany;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text in quotes, or an array of these")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut texts: A) -> Result<OneOrMany, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = texts.next_element::<Text>()? {
            values.push(value);
        }
        Ok(OneOrMany::Many(values))
    }
}
