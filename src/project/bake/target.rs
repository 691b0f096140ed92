//! Targets of a Bake file: matrices, inheritance, and those that are asked for.

use std::collections::{BTreeMap, BTreeSet};

use hcl::Value;

use super::document::{Attributes, BakeDocument, LocatedExpression};
use super::fault::BakeFault;
use super::scope::{NamedValues, Scope};
use super::text::text;
use crate::dockerfile::Dockerfile;

/// What is built where nothing is named.
const DEFAULT: &str = "default";

/// A target before inheritance. One of a matrix has its values.
#[derive(Debug)]
struct Raw {
    name: String,
    attributes: Attributes,
    values: NamedValues,
    line: Option<usize>,
}

/// The targets and groups of a file.
#[derive(Debug)]
pub(super) struct Targets {
    scope: Scope,
    all: Vec<Raw>,
    /// What groups and matrices stand for, by name.
    groups: BTreeMap<String, Vec<String>>,
}

/// A target with what it inherits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ResolvedTarget {
    pub name: String,
    pub line: Option<usize>,
    pub context: String,
    pub dockerfile: String,
    pub stage: Option<String>,
    pub args: BTreeMap<String, String>,
    pub platforms: Vec<String>,
    /// Named contexts.
    pub contexts: BTreeMap<String, String>,
    /// Attributes that are not read.
    pub left_out: BTreeSet<String>,
    inline: Option<Option<usize>>,
}

impl Targets {
    pub fn of(
        document: &BakeDocument,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, BakeFault> {
        let scope = Scope::of(document, environment)?;
        let mut targets = Self {
            scope,
            all: Vec::new(),
            groups: BTreeMap::new(),
        };
        for block in &document.targets {
            let raw = |name: &str, values: NamedValues| Raw {
                name: name.to_owned(),
                attributes: block.attributes.clone(),
                values,
                line: block.line,
            };
            let Some(matrix) = block.attributes.get("matrix") else {
                targets.all.push(raw(&block.name, NamedValues::new()));
                continue;
            };
            let Some(name) = block.attributes.get("name") else {
                let said = format!("target `{}` has a matrix and no `name`", block.name);
                return Err(BakeFault::new(
                    block.line,
                    said,
                    "add `name`, with the matrix's variables",
                ));
            };
            let mut names = Vec::new();
            for values in targets.combinations(matrix)? {
                let value = targets.scope.value(name, &values)?;
                let expanded = text(&value).ok_or_else(|| wrong(name, "name", "a text"))?;
                targets.all.push(raw(&expanded, values));
                names.push(expanded);
            }
            targets.groups.insert(block.name.clone(), names);
        }
        for block in &document.groups {
            let names = match block.attributes.get("targets") {
                Some(item) => targets.list(item, &NamedValues::new(), "targets")?,
                None => Vec::new(),
            };
            targets.groups.insert(block.name.clone(), names);
        }
        Ok(targets)
    }

    /// The targets of these names, or else of `default`; groups stand for what they hold. Each
    /// once, in this order.
    pub fn selected(&self, wanted: &[String]) -> Result<Vec<ResolvedTarget>, BakeFault> {
        let default = [DEFAULT.to_owned()];
        let wanted = if wanted.is_empty() {
            &default[..]
        } else {
            wanted
        };
        let mut names = Vec::new();
        for name in wanted {
            self.expand(name, &mut Vec::new(), &mut names)?;
        }
        let targets = names.iter().map(|name| {
            let resolved = self.resolved(name, &mut Vec::new())?;
            resolved.checked()
        });
        targets.collect()
    }

    fn expand(
        &self,
        name: &str,
        above: &mut Vec<String>,
        found: &mut Vec<String>,
    ) -> Result<(), BakeFault> {
        let is_target = self.all.iter().any(|target| target.name == name);
        let is_held = above.iter().any(|known| known == name);
        if is_held && !is_target {
            let said = format!("groups hold each other: {} -> {name}", above.join(" -> "));
            return Err(BakeFault::new(
                None,
                said,
                "correct `targets` of the groups",
            ));
        }
        // A group goes before a target of its name, and may hold it.
        let Some(members) = self.groups.get(name).filter(|_| !is_held) else {
            if !is_target {
                return Err(self.unknown(name));
            }
            if !found.iter().any(|known| known == name) {
                found.push(name.to_owned());
            }
            return Ok(());
        };
        above.push(name.to_owned());
        for member in members {
            self.expand(member, above, found)?;
        }
        above.pop();
        Ok(())
    }

    fn unknown(&self, name: &str) -> BakeFault {
        let targets = self.all.iter().map(|target| target.name.as_str());
        let known: BTreeSet<&str> = targets
            .chain(self.groups.keys().map(String::as_str))
            .collect();
        let known: Vec<&str> = known.into_iter().collect();
        let hint = match known.as_slice() {
            [] => "add a target to the file".to_owned(),
            known => format!("name one of them: --target {}", known.join(", ")),
        };
        BakeFault::new(None, format!("there is no target or group `{name}`"), hint)
    }

    /// A target with what it inherits: in this order, then its own.
    fn resolved(&self, name: &str, above: &mut Vec<String>) -> Result<ResolvedTarget, BakeFault> {
        let Some(raw) = self.all.iter().find(|target| target.name == name) else {
            return Err(self.unknown(name));
        };
        if above.iter().any(|known| known == name) {
            let said = format!(
                "targets inherit from each other: {} -> {name}",
                above.join(" -> ")
            );
            return Err(BakeFault::new(raw.line, said, "correct `inherits`"));
        }
        above.push(name.to_owned());
        let mut resolved = ResolvedTarget::default();
        if let Some(item) = raw.attributes.get("inherits") {
            for parent in self.list(item, &raw.values, "inherits")? {
                let parent = self.resolved(&parent, above)?;
                resolved.merge(parent);
            }
        }
        above.pop();
        resolved.merge(self.own(raw)?);
        resolved.name = raw.name.clone();
        resolved.line = raw.line;
        Ok(resolved)
    }

    /// What a target says itself.
    fn own(&self, raw: &Raw) -> Result<ResolvedTarget, BakeFault> {
        let mut own = ResolvedTarget::default();
        for (key, item) in &raw.attributes {
            let one = || -> Result<Option<String>, BakeFault> {
                match self.scope.value(item, &raw.values)? {
                    Value::Null => Ok(None),
                    value => text(&value)
                        .map(Some)
                        .ok_or_else(|| wrong(item, key, "a text")),
                }
            };
            match key.as_str() {
                "context" => own.context = one()?.unwrap_or_default(),
                "dockerfile" => own.dockerfile = one()?.unwrap_or_default(),
                "target" => own.stage = one()?,
                "dockerfile-inline" => own.inline = one()?.map(|_| item.line),
                "platforms" => own.platforms = self.list(item, &raw.values, key)?,
                "args" | "contexts" => {
                    let Value::Object(pairs) = self.scope.value(item, &raw.values)? else {
                        return Err(wrong(item, key, "an object"));
                    };
                    for (name, value) in pairs {
                        // A null says nothing: what is inherited stays, as in buildx.
                        let Some(value) = text(&value) else {
                            continue;
                        };
                        match key.as_str() {
                            "args" => own.args.insert(name, value),
                            _ => own.contexts.insert(name, value),
                        };
                    }
                }
                "inherits" | "matrix" | "name" | "description" => {}
                other => {
                    own.left_out.insert(other.to_owned());
                }
            }
        }
        Ok(own)
    }

    /// All combinations of the values of a matrix.
    fn combinations(&self, matrix: &LocatedExpression) -> Result<Vec<NamedValues>, BakeFault> {
        let Value::Object(axes) = self.scope.value(matrix, &NamedValues::new())? else {
            return Err(wrong(matrix, "matrix", "an object of lists"));
        };
        let mut all = vec![NamedValues::new()];
        for (name, values) in axes {
            let Value::Array(values) = values else {
                return Err(wrong(matrix, "matrix", "an object of lists"));
            };
            let mut crossed = Vec::new();
            for before in &all {
                for value in &values {
                    let mut one = before.clone();
                    one.insert(name.clone(), value.clone());
                    crossed.push(one);
                }
            }
            all = crossed;
        }
        Ok(all)
    }

    /// A list of texts. Null is none.
    fn list(
        &self,
        item: &LocatedExpression,
        values: &NamedValues,
        key: &str,
    ) -> Result<Vec<String>, BakeFault> {
        let items = match self.scope.value(item, values)? {
            Value::Array(items) => items,
            Value::Null => return Ok(Vec::new()),
            _ => return Err(wrong(item, key, "a list of texts")),
        };
        let texts: Option<Vec<String>> = items.iter().map(text).collect();
        texts.ok_or_else(|| wrong(item, key, "a list of texts"))
    }
}

impl ResolvedTarget {
    /// Takes over what another says.
    fn merge(&mut self, other: Self) {
        for (mine, theirs) in [
            (&mut self.context, other.context),
            (&mut self.dockerfile, other.dockerfile),
        ] {
            if !theirs.is_empty() {
                *mine = theirs;
            }
        }
        self.stage = other.stage.or(self.stage.take());
        self.inline = other.inline.or(self.inline.take());
        self.args.extend(other.args);
        self.contexts.extend(other.contexts);
        self.left_out.extend(other.left_out);
        if !other.platforms.is_empty() {
            self.platforms = other.platforms;
        }
    }

    /// With what holds where nothing is said.
    ///
    /// # Errors
    /// What plimsoll cannot build.
    fn checked(mut self) -> Result<Self, BakeFault> {
        let name = &self.name;
        if let Some(line) = self.inline {
            let said = format!("target `{name}` has its Dockerfile in the file");
            let hint = "write it to a file, and name that: `dockerfile = \"Dockerfile\"`";
            return Err(BakeFault::new(line.or(self.line), said, hint));
        }
        let context = self.context.strip_prefix("cwd://").unwrap_or(&self.context);
        if context.contains("://") || context.starts_with("git@") {
            let said = format!("target `{name}` has a remote context, `{context}`");
            let hint = "clone it, and run plimsoll there";
            return Err(BakeFault::new(self.line, said, hint));
        }
        self.context = match context {
            "" => ".".to_owned(),
            some => some.to_owned(),
        };
        if self.dockerfile.is_empty() {
            self.dockerfile = "Dockerfile".to_owned();
        }
        // An empty value takes a named context away.
        self.contexts.retain(|_, value| !value.is_empty());
        // `--target ""` is the last stage.
        self.stage = self.stage.take().filter(|stage| !stage.is_empty());
        // The engine's own.
        self.platforms.retain(|platform| platform != "local");
        Ok(self)
    }

    /// Named contexts as bases: an image under the name of a base takes its place.
    ///
    /// # Errors
    /// A context of another kind, which plimsoll does not send.
    pub fn swaps(&self, dockerfile: &Dockerfile) -> Result<BTreeMap<String, String>, BakeFault> {
        let known = dockerfile.all_bases(&self.args).unwrap_or_default();
        let mut swaps = BTreeMap::new();
        for (name, value) in &self.contexts {
            let stages = dockerfile.stages().iter();
            let mut stages = stages.filter_map(|stage| stage.name.as_deref());
            if stages.any(|stage| stage.eq_ignore_ascii_case(name)) {
                let target = &self.name;
                let said = format!(
                    "the named context `{name}` of target `{target}` takes the place of the stage of this name, and plimsoll replaces bases only"
                );
                let hint = "measure a target without it, or write that image into the Dockerfile";
                return Err(BakeFault::new(self.line, said, hint));
            }
            match value.strip_prefix("docker-image://") {
                // Without a base of this name, nothing of the Dockerfile uses it.
                Some(image) => {
                    let of_name = known.iter().filter(|base| familiar(base) == name);
                    swaps.extend(of_name.map(|base| (base.clone(), image.to_owned())));
                }
                None => {
                    let target = &self.name;
                    let said = format!(
                        "target `{target}` needs the named context `{name}` (`{value}`), and plimsoll sends one context"
                    );
                    let hint = "measure a target without it; a context `docker-image://IMAGE` in place of a base is read";
                    return Err(BakeFault::new(self.line, said, hint));
                }
            }
        }
        Ok(swaps)
    }
}

/// The name under which BuildKit looks for a base among named contexts (`NamedContext` in its
/// `frontend/dockerui/config.go`).
fn familiar(base: &str) -> &str {
    let short = base.strip_prefix("docker.io/").unwrap_or(base);
    let short = short.strip_prefix("library/").unwrap_or(short);
    short.strip_suffix(":latest").unwrap_or(short)
}

fn wrong(item: &LocatedExpression, key: &str, expected: &str) -> BakeFault {
    let hint = format!("write {expected}");
    BakeFault::new(item.line, format!("`{key}` is not {expected}"), hint)
}
