//! Checks the variants and their Dockerfiles.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;

use super::check::Checker;
use super::check_app::forward;
use super::error::Problem;
use super::model::{App, BuildSpec, Variant, VariantBuild};
use super::raw::{RawApp, RawVariant, Text};
use super::rebase::{RebaseError, rebase};
use super::words::{nearest, suggest};
use crate::dockerfile::{Dockerfile, ParseError};
use crate::oci::ImageReference;

/// What a Dockerfile calls an empty image.
const SCRATCH: &str = "scratch";

impl Checker<'_> {
    pub fn no_variant(&mut self) {
        self.report(
            0..0,
            "the scenario has no variant",
            "one `[[variant]]` at least, or a `[matrix]`",
            "",
        );
    }

    pub fn variants(
        &mut self,
        raw: &[RawVariant],
        raw_app: &RawApp,
        app: Option<&App>,
    ) -> Vec<Variant> {
        self.unique(raw.iter().map(|variant| &variant.name), "variant");
        let mut variants = Vec::new();
        for variant in raw {
            self.kebab(&variant.name, "name of a variant");
            self.kebab(&variant.strategy, "strategy");
            if let Some(title) = &variant.title {
                self.filled(title, "the title", "say in a line what the variant does");
            }
            let build = self.build(variant, raw_app, app);
            let expected_failure = self.expected_failure(variant.expected_failure.as_ref());
            variants.extend(build.map(|build| {
                Variant {
                    name: variant.name.get_ref().clone(),
                    strategy: variant.strategy.get_ref().clone(),
                    title: variant
                        .title
                        .as_ref()
                        .unwrap_or(&variant.name)
                        .get_ref()
                        .clone(),
                    build,
                    expected_failure,
                }
            }));
        }
        variants
    }

    fn build(
        &mut self,
        raw: &RawVariant,
        raw_app: &RawApp,
        app: Option<&App>,
    ) -> Option<VariantBuild> {
        let name = raw.name.get_ref();
        match (&raw.dockerfile, &raw.image, &raw.not_applicable) {
            (Some(path), None, None) => {
                self.titled(raw);
                let spec = self.spec(raw, path, raw_app, &app?.dir)?;
                Some(VariantBuild::Dockerfile(Box::new(spec)))
            }
            (None, Some(image), None) => {
                self.titled(raw);
                let spec = self.ready_image(raw, image)?;
                Some(VariantBuild::Dockerfile(Box::new(spec)))
            }
            (None, None, Some(reason)) => {
                self.filled(reason, "the reason", "say why the variant cannot exist");
                let unused = of_builds(raw)
                    .map(|(_, span)| span)
                    .or(raw.run.as_ref().map(Spanned::span))
                    .or(raw.env.as_ref().map(Spanned::span))
                    .or(raw.expected_failure.as_ref().map(|raw| raw.point.span()));
                if let Some(span) = unused {
                    let message =
                        format!("variant `{name}` is not applicable and yet says how to build it");
                    self.report(span, message, "a reason and nothing else", "");
                }
                Some(VariantBuild::NotApplicable {
                    reason: reason.get_ref().clone(),
                })
            }
            (dockerfile, image, reason) => {
                let given = [
                    ("dockerfile", dockerfile.is_some()),
                    ("image", image.is_some()),
                    ("not-applicable", reason.is_some()),
                ];
                let given: Vec<_> = given
                    .iter()
                    .filter_map(|(key, is_given)| is_given.then_some(format!("`{key}`")))
                    .collect();
                let message = match given.as_slice() {
                    [] => format!(
                        "variant `{name}` has none of `dockerfile`, `image` and `not-applicable`"
                    ),
                    given => format!("variant `{name}` has {}", given.join(" and ")),
                };
                self.report(
                    raw.name.span(),
                    message,
                    "one of: a Dockerfile, a ready image, or the reason why there is neither",
                    "",
                );
                None
            }
        }
    }

    fn titled(&mut self, raw: &RawVariant) {
        if raw.title.is_none() {
            self.report(
                raw.name.span(),
                format!("variant `{}` has no title", raw.name.get_ref()),
                "`title`, a line about it",
                "",
            );
        }
    }

    /// A variant that is run as it is.
    fn ready_image(&mut self, raw: &RawVariant, image: &Text) -> Option<BuildSpec> {
        let name = raw.name.get_ref();
        if let Some((key, span)) = of_builds(raw) {
            let message = format!("variant `{name}` has a ready image, and `{key}` is for a build");
            self.report(
                span,
                message,
                "",
                format!("remove `{key}`, or name a `dockerfile`"),
            );
        }
        let reference = image.get_ref();
        let valid = match reference.parse::<ImageReference>() {
            Ok(_) if reference == SCRATCH => Err("`scratch` has no content".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        };
        if let Err(reason) = valid {
            let message = format!("invalid image reference: {reason}");
            self.report(image.span(), message, "an image, such as `nginx:1.27`", "");
            return None;
        }
        let dockerfile = match Dockerfile::parse(format!("FROM {reference}\n")) {
            Ok(dockerfile) => dockerfile,
            Err(error) => {
                let message = format!("invalid image reference: {}", error.message);
                self.report(image.span(), message, "", "");
                return None;
            }
        };
        Some(BuildSpec {
            ready_image: Some(reference.clone()),
            path: String::new(),
            dockerfile,
            target: None,
            build_args: BTreeMap::new(),
            platform: None,
            secret: None,
            confinement: self.confinement(raw.run.as_ref()),
            env: table(raw.env.as_ref()),
        })
    }

    fn spec(
        &mut self,
        raw: &RawVariant,
        path: &Text,
        raw_app: &RawApp,
        app: &Path,
    ) -> Option<BuildSpec> {
        let text = self.file_bytes(path, app, "a Dockerfile")?;
        let in_file = |error: ParseError, shown: &Path| Problem {
            file: shown.join(raw_app.path.get_ref()).join(path.get_ref()),
            at: (error.line as usize, 1),
            message: error.message,
            expected: None,
            hint: error.hint,
        };
        let dockerfile = match Dockerfile::parse(&text) {
            Ok(dockerfile) => dockerfile,
            Err(error) => {
                self.problems.push(in_file(error, &self.tree.shown));
                return None;
            }
        };
        let mut build_args = table(raw.build_args.as_ref());
        let target = raw.target.as_ref();
        if let Some(target) = target.filter(|target| !has_stage(&dockerfile, target.get_ref())) {
            self.unknown_target(target, &dockerfile, path.get_ref());
            return None;
        }
        let platform = self.platform(raw.platform.as_ref());
        let dockerfile = dockerfile.for_platform(platform.as_deref());
        let dockerfile = self.on_its_bases(raw, dockerfile, &mut build_args, path.get_ref())?;
        let spec = BuildSpec {
            ready_image: None,
            path: forward(path.get_ref()),
            dockerfile,
            target: target.map(|target| target.get_ref().clone()),
            build_args,
            platform,
            secret: self.secret_use(raw.secret.as_ref()),
            confinement: self.confinement(raw.run.as_ref()),
            env: table(raw.env.as_ref()),
        };
        match spec
            .dockerfile
            .external_bases(spec.target.as_deref(), &spec.build_args)
        {
            Err(error) => self.problems.push(in_file(error, &self.tree.shown)),
            Ok(bases) => {
                for base in bases {
                    if let Err(error) = base.parse::<ImageReference>() {
                        let message = format!("invalid base in `{}`: {error}", path.get_ref());
                        self.report(
                            path.span(),
                            message,
                            "",
                            "fix it in the Dockerfile, or give its ARG a value by `build-args`",
                        );
                    }
                }
            }
        }
        Some(spec)
    }

    /// The file on the bases that the variant asks for.
    fn on_its_bases(
        &mut self,
        raw: &RawVariant,
        dockerfile: Dockerfile,
        build_args: &mut BTreeMap<String, String>,
        path: &str,
    ) -> Option<Dockerfile> {
        let mut swap = table(raw.swap.as_ref());
        let mut span = raw.swap.as_ref().map(Spanned::span);
        if let Some(base) = &raw.base {
            let target = raw.target.as_ref().map(|one| one.get_ref().as_str());
            let replaced = rebase(&dockerfile, target, base.get_ref(), build_args, &mut swap);
            self.rebased(replaced, base, path)?;
            span = span.or(Some(base.span()));
        }
        match span.filter(|_| !swap.is_empty()) {
            Some(span) => self.swapped(&dockerfile, &Spanned::new(span, swap), build_args, path),
            None => Some(dockerfile),
        }
    }

    /// Reports why a Dockerfile is not put on a base of the matrix.
    fn rebased(
        &mut self,
        replaced: Result<Option<String>, RebaseError>,
        base: &Text,
        path: &str,
    ) -> Option<()> {
        let error = match replaced {
            Ok(None) => return Some(()),
            Ok(Some(name)) => RebaseError::Argument(name),
            Err(error) => error,
        };
        let hint = match &error {
            // The check of the bases finds the same, and knows its line.
            RebaseError::Invalid(_) => return Some(()),
            RebaseError::Scratch => {
                "remove `base`, or exclude this Dockerfile or target and write it as a `[[variant]]`"
                    .to_owned()
            }
            RebaseError::Argument(name) => format!("remove `base` or `build-args.{name}`"),
            RebaseError::Swapped(from) => format!("remove `base` or `swap.\"{from}\"`"),
        };
        self.report(base.span(), error.message(path), "", hint);
        None
    }

    /// The file on other bases: FROM, `COPY --from` and `RUN --mount=from` change alike.
    fn swapped(
        &mut self,
        dockerfile: &Dockerfile,
        swap: &Spanned<BTreeMap<String, String>>,
        build_args: &BTreeMap<String, String>,
        path: &str,
    ) -> Option<Dockerfile> {
        let text = dockerfile.rewrite(build_args, swap.get_ref(), None);
        let swapped = text.and_then(Dockerfile::parse);
        let bases = dockerfile.all_bases(build_args).unwrap_or_default();
        for from in swap.get_ref().keys().filter(|from| !bases.contains(from)) {
            let hint = suggest(from, bases.iter().map(String::as_str));
            let message = format!("`{path}` is not built on `{from}`");
            self.report(swap.span(), message, "a base as the file names it", hint);
        }
        match swapped {
            Ok(swapped) => Some(swapped.for_platform(dockerfile.platform())),
            Err(error) => {
                let message = format!("`{path}` cannot be built on other bases: {}", error.message);
                self.report(swap.span(), message, "", error.hint.unwrap_or_default());
                None
            }
        }
    }

    fn unknown_target(&mut self, target: &Text, dockerfile: &Dockerfile, path: &str) {
        let names: Vec<_> = dockerfile
            .stages()
            .iter()
            .filter_map(|stage| stage.name.as_deref())
            .collect();
        let expected = match names.as_slice() {
            [] => "no target: the file names no stage".to_owned(),
            names => format!("one of its stages: `{}`", names.join("`, `")),
        };
        let hint = nearest(target.get_ref(), names).map(|near| format!("did you mean `{near}`?"));
        let message = format!("`{path}` has no stage `{}`", target.get_ref());
        self.report(target.span(), message, &expected, hint.unwrap_or_default());
    }
}

/// The first key of a variant that says something of its build.
fn of_builds(raw: &RawVariant) -> Option<(&'static str, Range<usize>)> {
    let text = |key, value: &Option<Text>| Some((key, value.as_ref()?.span()));
    let table = |key, value: &Option<Spanned<BTreeMap<String, String>>>| {
        Some((key, value.as_ref()?.span()))
    };
    text("target", &raw.target)
        .or_else(|| table("build-args", &raw.build_args))
        .or_else(|| table("swap", &raw.swap))
        .or_else(|| text("platform", &raw.platform))
        .or_else(|| text("secret", &raw.secret))
}

fn table(raw: Option<&Spanned<BTreeMap<String, String>>>) -> BTreeMap<String, String> {
    raw.map(|table| table.get_ref().clone()).unwrap_or_default()
}

fn has_stage(dockerfile: &Dockerfile, target: &str) -> bool {
    let names = dockerfile
        .stages()
        .iter()
        .filter_map(|stage| stage.name.as_deref());
    names
        .into_iter()
        .any(|name| name.eq_ignore_ascii_case(target))
}
