//! What the edits of a manifest and of a source file are, by language. An edit of a manifest
//! changes nothing that is installed: a comment, or a description.

use super::anchor::{NONCE, Substitution, before, behind, is_anchor};

/// How a file is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// A comment before the first line, with what begins it.
    Before(&'static str),
    /// A comment behind the last line, with what begins and ends it.
    Behind(&'static str, &'static str),
    /// A comment behind `<?php`.
    Php,
    /// The description of a JSON manifest.
    Description,
}

/// File names of manifests; those that begin with `*` are ends of names.
const MANIFESTS: [(&str, Style); 17] = [
    ("package.json", Style::Description),
    ("go.mod", Style::Before("//")),
    ("requirements.txt", Style::Before("#")),
    ("pyproject.toml", Style::Before("#")),
    ("Pipfile", Style::Before("#")),
    ("Cargo.toml", Style::Before("#")),
    ("pom.xml", Style::Behind("<!--", " -->")),
    ("build.gradle", Style::Before("//")),
    ("build.gradle.kts", Style::Before("//")),
    ("Gemfile", Style::Before("#")),
    ("composer.json", Style::Description),
    ("mix.exs", Style::Before("#")),
    ("setup.py", Style::Behind("#", "")),
    ("environment.yml", Style::Before("#")),
    ("*.csproj", Style::Behind("<!--", " -->")),
    ("*.fsproj", Style::Behind("<!--", " -->")),
    ("*requirements.txt", Style::Before("#")),
];

/// Ends of names of source files. What is compiled gets its comment first, so that the
/// numbers of lines move and the program becomes another one.
const SOURCES: [(&str, Style); 29] = [
    (".go", Style::Before("//")),
    (".rs", Style::Before("//")),
    (".java", Style::Before("//")),
    (".kt", Style::Before("//")),
    (".scala", Style::Before("//")),
    (".cs", Style::Before("//")),
    (".fs", Style::Before("//")),
    (".c", Style::Before("//")),
    (".cc", Style::Before("//")),
    (".cpp", Style::Before("//")),
    (".swift", Style::Before("//")),
    (".ts", Style::Behind("//", "")),
    (".tsx", Style::Behind("//", "")),
    (".mts", Style::Behind("//", "")),
    (".js", Style::Behind("//", "")),
    (".mjs", Style::Behind("//", "")),
    (".cjs", Style::Behind("//", "")),
    (".jsx", Style::Behind("//", "")),
    (".py", Style::Behind("#", "")),
    (".rb", Style::Behind("#", "")),
    (".ex", Style::Behind("#", "")),
    (".exs", Style::Behind("#", "")),
    (".php", Style::Php),
    (".sh", Style::Behind("#", "")),
    (".html", Style::Behind("<!--", " -->")),
    (".htm", Style::Behind("<!--", " -->")),
    (".vue", Style::Behind("<!--", " -->")),
    (".svelte", Style::Behind("<!--", " -->")),
    (".css", Style::Behind("/*", " */")),
];

/// Names, without their end, of files that programs begin with, the likeliest first.
const ENTRIES: [&str; 12] = [
    "main",
    "app",
    "server",
    "index",
    "program",
    "application",
    "wsgi",
    "asgi",
    "manage",
    "lib",
    "api",
    "web",
];

/// Parts of paths of what no image runs.
const ASIDE: [&str; 15] = [
    "dist",
    "test",
    "tests",
    "__tests__",
    "spec",
    "specs",
    "testdata",
    "fixtures",
    "e2e",
    "vendor",
    "node_modules",
    "docs",
    "examples",
    "edits",
    "migrations",
];

/// Source files that configure or run a build: the app does not begin there.
const SCRIPTS: [&str; 10] = [
    "build.rs",
    "conftest.py",
    "fabfile.py",
    "gruntfile.js",
    "gulpfile.js",
    "magefile.go",
    "noxfile.py",
    "package.swift",
    "setup.py",
    "tasks.py",
];

/// How a manifest is edited, and its rank among manifests.
pub(super) fn manifest(path: &str) -> Option<(usize, Style)> {
    let name = file_name(path);
    let fits = |known: &str| match known.strip_prefix('*') {
        Some(end) => name.ends_with(end),
        None => name == known,
    };
    let mut ranked = MANIFESTS.iter().enumerate();
    let (rank, (_, style)) = ranked.find(|(_, (known, _))| fits(known))?;
    (!is_aside(path)).then_some((rank, *style))
}

/// How a source file is edited, and how likely it is that the program begins there.
pub(super) fn source(path: &str) -> Option<(usize, Style)> {
    let name = file_name(path).to_ascii_lowercase();
    let (end, style) = SOURCES.iter().find(|(end, _)| name.ends_with(end))?;
    let stem = name.strip_suffix(end)?;
    let is_test = stem.ends_with("_test")
        || stem.starts_with("test_")
        || [".test", ".spec", ".config", ".min", ".d"]
            .iter()
            .any(|mark| stem.ends_with(mark));
    if SCRIPTS.contains(&name.as_str()) {
        return None;
    }
    if is_test || stem.is_empty() || name.starts_with('.') || is_aside(path) {
        return None;
    }
    let entry = ENTRIES
        .iter()
        .position(|entry| stem == *entry || *entry == "application" && stem.ends_with(entry));
    // Pages and scripts only where there is nothing else.
    let is_late = matches!(*end, ".sh" | ".html" | ".htm" | ".css");
    let rank = entry.unwrap_or(ENTRIES.len()) + if is_late { 100 } else { 0 };
    Some((rank, *style))
}

/// The edit of a text, where one can be made.
pub(super) fn edit(text: &str, style: Style) -> Option<Substitution> {
    let mark = format!("plimsoll {NONCE}");
    match style {
        // An interpreter's line and a byte order mark come first.
        Style::Before(_) if text.starts_with('\u{feff}') || text.starts_with("#!/") => None,
        Style::Before(open) => before(text, &format!("{open} {mark}")),
        Style::Behind("#", _) if text.contains("\n__END__") => None,
        Style::Behind(open, close) => behind(text, &format!("{open} {mark}{close}")),
        Style::Php => {
            let rest = text.strip_prefix("<?php")?;
            let end = rest.find('\n')? + "<?php".len() + 1;
            let mut heads = text.match_indices('\n').map(|(at, _)| at + 1);
            let end = heads.find(|head| *head >= end && is_anchor(&text[..*head], text))?;
            let find = &text[..end];
            Some(Substitution {
                find: find.to_owned(),
                replace: find.replacen("<?php", &format!("<?php // {mark}\n"), 1),
            })
        }
        Style::Description => description(text),
    }
}

/// The description of a JSON object becomes another one, or it gets one.
fn description(text: &str) -> Option<Substitution> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    if let Some(known) = object.get("description") {
        let known = serde_json::to_string(known.as_str()?).ok()?;
        let at = text.find("\"description\"")?;
        let end = at + text[at..].find(&known)? + known.len();
        let find = &text[at..end];
        return is_anchor(find, text).then(|| Substitution {
            find: find.to_owned(),
            replace: format!("{} {NONCE}\"", find.strip_suffix('"').unwrap_or(find)),
        });
    }
    let (key, _) = object.iter().next()?;
    let open = text.find('{')?;
    let first = open + text[open..].find(&format!("\"{key}\""))?;
    let mut ends = text[first..].match_indices('\n').map(|(at, _)| first + at);
    let end = ends
        .find(|end| is_anchor(&text[open..*end], text))
        .or_else(|| is_anchor(&text[open..], text).then_some(text.len()))?;
    let (brace, rest) = text[open..end].split_at(1);
    Some(Substitution {
        find: format!("{brace}{rest}"),
        replace: format!("{brace}\n  \"description\": \"plimsoll {NONCE}\",{rest}"),
    })
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_aside(path: &str) -> bool {
    let mut folders = path.split('/').rev().skip(1);
    folders.any(|folder| folder.starts_with('.') || ASIDE.contains(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(path: &str, text: &str) -> Option<String> {
        let (_, style) = manifest(path).or_else(|| source(path))?;
        let found = edit(text, style)?;
        assert_eq!(text.matches(&found.find).count(), 1, "{path}");
        assert_eq!(found.replace.matches(NONCE).count(), 1, "{path}");
        Some(text.replace(&found.find, &found.replace.replace(NONCE, "1")))
    }

    #[test]
    fn json_manifests_stay_json_and_install_the_same() {
        for text in [
            "{\n  \"name\": \"a\",\n  \"dependencies\": {\"b\": \"1\"}\n}\n",
            "{\"name\": \"a\"}",
            "{\n  \"name\": \"a\",\n  \"description\": \"says \\\"x\\\"\",\n  \"version\": \"1\"\n}",
            "{ \"scripts\": {\"name\": \"a\"} }\n",
        ] {
            let after = edited("package.json", text).unwrap();
            let read = |text: &str| {
                let mut object: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_str(text).unwrap();
                let description = object.remove("description");
                (object, description)
            };
            let ((before, was), (then, is)) = (read(text), read(&after));
            assert_eq!(before, then);
            assert_ne!(was, is, "{after}");
        }
        assert_eq!(edited("package.json", "{}"), None);
        assert_eq!(edited("package.json", "not json"), None);
    }

    #[test]
    fn comments_stand_where_the_language_takes_them() {
        for (path, text, after) in [
            ("go.mod", "module a\n", "// plimsoll 1\nmodule a\n"),
            (
                "cmd/main.go",
                "//go:build x\n",
                "// plimsoll 1\n//go:build x\n",
            ),
            ("requirements.txt", "a==1\n", "# plimsoll 1\na==1\n"),
            (
                "pom.xml",
                "<project>\n</project>\n",
                "<project>\n</project>\n<!-- plimsoll 1 -->\n",
            ),
            (
                "app.py",
                "#!/usr/bin/env python\nx = 1\n",
                "#!/usr/bin/env python\nx = 1\n# plimsoll 1\n",
            ),
            (
                "index.php",
                "<?php\nrun();\n",
                "<?php // plimsoll 1\n\nrun();\n",
            ),
            ("a.css", "a {}", "a {}\n/* plimsoll 1 */"),
        ] {
            assert_eq!(edited(path, text).as_deref(), Some(after), "{path}");
        }
    }

    #[test]
    fn what_no_image_runs_is_not_edited() {
        for path in [
            "tests/main.py",
            "a_test.go",
            "x.spec.ts",
            "vite.config.js",
            ".eslintrc.js",
            "README.md",
        ] {
            assert_eq!(source(path), None, "{path}");
        }
        let rank = |path: &str| source(path).unwrap().0;
        assert!(rank("cmd/main.go") < rank("internal/other.go"));
        assert!(rank("src/other.js") < rank("index.html"));
    }
}
