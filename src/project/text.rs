//! The scenario as the text of a file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::contract::SuggestedContract;
use super::rebuild::Rebuild;
use super::service::Service;
use super::variants::ProjectVariant;
use crate::scenario::ReadyCheck;

/// What a scenario's text is made of.
pub(super) struct ScenarioMaterial<'a> {
    pub name: &'a str,
    /// The context relative to the folder of the scenario's file.
    pub app_path: &'a str,
    pub contract: &'a SuggestedContract,
    pub env: &'a [(String, String)],
    pub source: Option<&'a Rebuild>,
    pub dependency: Option<&'a Rebuild>,
    pub variants: &'a [ProjectVariant],
    pub services: &'a [Service],
}

const HEADER: &str = "\
# Written by plimsoll from what it found in this folder. Change what is wrong.
# `plimsoll run ./FILE` measures it; `plimsoll schema scenario` describes every key.
";

const HEADER_OF_IMAGES: &str = "\
# Written by plimsoll for ready images. Change what is wrong.
# `plimsoll run ./FILE` measures them; `plimsoll schema scenario` describes every key.
";

/// The text.
pub(super) fn text(material: &ScenarioMaterial<'_>) -> String {
    let ScenarioMaterial { name, contract, .. } = material;
    let is_built = material
        .variants
        .iter()
        .any(|one| one.ready_image.is_none());
    let (header, title, of_path) = match is_built {
        true => (HEADER, "the project", "The build context."),
        false => (
            HEADER_OF_IMAGES,
            "ready images:",
            "Nothing is built, so no file of this folder is read.",
        ),
    };
    let mut text = format!(
        "{header}\nschema = 1\nname = {}\ntitle = {}\n\n[app]\nname = {}\n# {of_path}\npath = {}\n",
        quoted(name),
        quoted(&format!("{title} {name}")),
        quoted(name),
        quoted(material.app_path),
    );
    let _ = write!(
        text,
        "\n# The app is ready when {} ({}).\n[contract]\nkind = {}\n{}ready-within = \"60s\"\n",
        comment(&contract.check.to_string()),
        comment(&contract.why),
        quoted(contract.check.kind().name()),
        keys_of(&contract.check),
    );
    if !material.env.is_empty() {
        let env: BTreeMap<_, _> = material.env.iter().cloned().collect();
        let _ = writeln!(text, "env = {}", table(&env));
    }
    match is_built {
        true => {
            edits(&mut text, material);
            text.push_str("\n# --- the ways to build it\n");
        }
        false => text.push_str(
            "\n# --- the images, run as they are: context, build and rebuild are not applicable\n",
        ),
    }
    for one in material.variants {
        variant(&mut text, one);
    }
    if !material.services.is_empty() {
        text.push_str("\n# --- what the app needs: started before it, and never measured\n");
    }
    for one in material.services {
        service(&mut text, one);
    }
    text
}

fn edits(text: &mut String, material: &ScenarioMaterial<'_>) {
    text.push_str(
        "\n# --- what a rebuild changes: never your files, only what is sent to the builder\n",
    );
    for (name, rebuild, what) in [
        ("source", material.source, "a source file"),
        (
            "dependency",
            material.dependency,
            "a manifest of dependencies",
        ),
    ] {
        match rebuild {
            Some(rebuild) => edit(text, name, rebuild),
            None => {
                let _ = writeln!(
                    text,
                    "\n# There is no edit `{name}`: no build copies {what} that plimsoll knows."
                );
            }
        }
    }
}

/// The keys of a contract in addition to its kind, a line each.
fn keys_of(check: &ReadyCheck) -> String {
    match check {
        ReadyCheck::Http(http) => {
            let status = http.status.to_string();
            let status = match status.parse::<u16>() {
                Ok(_) => status,
                Err(_) => quoted(&status),
            };
            let (port, path) = (http.port, quoted(&http.path));
            format!("port = {port}\npath = {path}\nstatus = {status}\n")
        }
        ReadyCheck::Tcp { port } => format!("port = {port}\n"),
        ReadyCheck::Log { line } => format!("line = {}\n", quoted(&line.to_string())),
        ReadyCheck::Exit { code } => format!("code = {code}\n"),
        ReadyCheck::Healthy => String::new(),
    }
}

fn edit(text: &mut String, name: &str, rebuild: &Rebuild) {
    let what = match rebuild.is_description {
        true => "changes the description, which no installation reads",
        false => "adds a comment",
    };
    let _ = write!(
        text,
        "\n[[edit]]\nname = {}\nsummary = {}\n\n[[edit.change]]\nfile = {}\nfind = {}\nreplace = {}\n",
        quoted(name),
        quoted(what),
        quoted(&rebuild.file),
        quoted(&rebuild.change.find),
        quoted(&rebuild.change.replace),
    );
}

fn variant(text: &mut String, variant: &ProjectVariant) {
    let (key, value) = match &variant.ready_image {
        Some(image) => ("image", &image.reference),
        None => ("dockerfile", &variant.path),
    };
    let _ = write!(
        text,
        "\n[[variant]]\nname = {0}\nstrategy = {0}\ntitle = {1}\n{2} = {3}\n",
        quoted(&variant.name),
        quoted(&variant.title),
        key,
        quoted(value),
    );
    if let Some(target) = &variant.target {
        let _ = writeln!(text, "target = {}", quoted(target));
    }
    if let Some(platform) = &variant.platform {
        let _ = writeln!(text, "platform = {}", quoted(platform));
    }
    if !variant.build_args.is_empty() {
        let _ = writeln!(text, "build-args = {}", table(&variant.build_args));
    }
    if !variant.swap.is_empty() {
        let _ = writeln!(text, "swap = {}", table(&variant.swap));
    }
}

fn service(text: &mut String, service: &Service) {
    let _ = write!(
        text,
        "\n[[companion]]\nname = {}\nimage = {}\nready = {}\n",
        quoted(&service.name),
        quoted(&service.image),
        quoted(&service.ready),
    );
    if !service.env.is_empty() {
        let _ = writeln!(text, "env = {}", table(&service.env));
    }
    if !service.command.is_empty() {
        let words: Vec<_> = service.command.iter().map(|word| quoted(word)).collect();
        let _ = writeln!(text, "command = [{}]", words.join(", "));
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn table(pairs: &BTreeMap<String, String>) -> String {
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| format!("{} = {}", quoted(name), quoted(value)))
        .collect();
    format!("{{ {} }}", pairs.join(", "))
}

/// A comment ends with its line.
fn comment(text: &str) -> String {
    text.replace(char::is_control, " ")
}
