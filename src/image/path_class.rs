//! Whose a path is: the system's, a library's, or the app's.
//!
//! The rule is by path alone, so that it holds for every base. What a distribution, a
//! language's own distribution or a package manager lays down is not the app's: public
//! test keys, sources and folders called `test` are ordinary there.

/// Whose a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathClass {
    /// The distribution's and the language's own.
    System,
    /// The system's settings and state: secrets end up there, sources do not.
    Settings,
    /// Packages that a package manager fetched.
    Library,
    /// Anything else.
    App,
}

impl PathClass {
    /// Whether general patterns of secrets are looked for.
    pub fn is_searched(self) -> bool {
        matches!(self, Self::App | Self::Settings)
    }
}

/// Folders of the distribution and of languages, from the root.
const SYSTEM: &[&[&str]] = &[
    &["bin"],
    &["boot"],
    &["busybox"],
    &["dev"],
    &["etc", "alternatives"],
    &["etc", "ca-certificates"],
    &["etc", "ssl", "certs"],
    &["lib"],
    &["lib32"],
    &["lib64"],
    &["libx32"],
    &["nix", "store"],
    &["proc"],
    &["sbin"],
    &["sys"],
    &["usr", "bin"],
    &["usr", "games"],
    &["usr", "include"],
    &["usr", "lib"],
    &["usr", "lib32"],
    &["usr", "lib64"],
    &["usr", "libexec"],
    &["usr", "libx32"],
    &["usr", "local", "bundle"],
    &["usr", "local", "cargo"],
    &["usr", "local", "go"],
    &["usr", "local", "include"],
    &["usr", "local", "julia"],
    &["usr", "local", "lib"],
    &["usr", "local", "lib64"],
    &["usr", "local", "man"],
    &["usr", "local", "rustup"],
    &["usr", "local", "share"],
    &["usr", "sbin"],
    &["usr", "share"],
    &["var", "cache"],
    &["var", "lib", "apk"],
    &["var", "lib", "apt"],
    &["var", "lib", "dpkg"],
    &["var", "lib", "rpm"],
];

/// Parts that mark fetched packages, wherever they are.
const LIBRARY: &[&str] = &[
    "node_modules",
    "site-packages",
    "dist-packages",
    ".pnpm-store",
    "_cacache",
    ".cargo",
    ".rustup",
    ".m2",
    ".gradle",
    ".nuget",
    ".cache",
    ".pyenv",
    ".nvm",
    ".bun",
    "deno-dir",
];

/// Neighbouring parts that mark fetched packages.
const LIBRARY_PAIRS: &[[&str; 2]] = &[["go", "pkg"], ["vendor", "bundle"], ["ruby", "gems"]];

/// Below these the app may live, although what is next to it is settings.
const SERVED: &[&str] = &["www", "task", "app", "runtime"];

/// Whose a path is, by its parts.
pub(super) fn of(parts: &[&[u8]]) -> PathClass {
    let named = |part: &[u8], name: &str| part == name.as_bytes();
    let below = |folder: &[&str]| {
        parts.len() > folder.len()
            && folder
                .iter()
                .zip(parts)
                .all(|(name, part)| named(part, name))
    };
    if SYSTEM.iter().any(|folder| below(folder)) || is_versioned_tool(parts) {
        return PathClass::System;
    }
    let Some((_, above)) = parts.split_last() else {
        return PathClass::System;
    };
    let fetched = above
        .iter()
        .any(|part| LIBRARY.iter().any(|name| named(part, name)))
        || above.windows(2).any(|pair| {
            LIBRARY_PAIRS
                .iter()
                .any(|names| named(pair[0], names[0]) && named(pair[1], names[1]))
        })
        // PHP's and Go's own folders of fetched packages lie right in the app's.
        || above.iter().skip(1).any(|part| named(part, "vendor"));
    if fetched {
        return PathClass::Library;
    }
    let served = parts.len() > 1 && SERVED.iter().any(|name| named(parts[1], name));
    if below(&["etc"])
        || below(&["run"])
        || (below(&["var"]) && !served)
        || below(&["usr", "local", "etc"])
    {
        return PathClass::Settings;
    }
    PathClass::App
}

/// `/opt/yarn-v1.22.22`, `/opt/java/openjdk`, `/opt/venv/lib/python3.12`: languages' own
/// distributions outside of their usual folders.
fn is_versioned_tool(parts: &[&[u8]]) -> bool {
    match parts {
        [b"opt", tool, _, ..] if tool.starts_with(b"yarn-v") => true,
        [b"opt", b"java" | b"conda" | b"gradle" | b"ghc", _, ..] => true,
        [b"opt", b"bitnami", _, _, ..] => true,
        [b"usr", b"src", tool, ..] if tool.starts_with(b"linux-") => true,
        // The key that Debian makes for tests, by its name.
        [.., key] if key.windows(8).any(|part| part == b"snakeoil") => true,
        _ => parts
            .windows(3)
            .any(|part| part[0] == b"lib" && part[1].starts_with(b"python3.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_somebody() {
        use PathClass::{App, Library, Settings, System};
        for (path, class) in [
            ("app/src/main.ts", App),
            ("usr/src/app/index.ts", App),
            ("usr/local/bin/server", App),
            ("root/.npmrc", App),
            ("home/node/.env", App),
            ("id_rsa", App),
            ("opt/app/key.pem", App),
            ("var/www/html/index.php", App),
            ("etc/app/key.pem", Settings),
            ("usr/local/etc/npmrc", Settings),
            ("var/lib/app/x", Settings),
            ("run/secrets/token", Settings),
            ("etc/ssl/certs/ca.pem", System),
            ("usr/share/doc/x/test.key", System),
            ("usr/lib/python3/test/keycert.pem", System),
            ("usr/local/lib/python3.12/test/keycert.pem", System),
            ("usr/local/go/src/crypto/tls/testdata/key.pem", System),
            ("opt/yarn-v1.22.22/lib/cli.js", System),
            ("usr/local/lib/node_modules/npm/.npmrc", System),
            ("app/node_modules/x/test/key.pem", Library),
            ("app/node_modules", App),
            ("venv/lib/python3.12/test/key.pem", System),
            ("app/venv/lib64/site-packages/x/k.pem", Library),
            ("go/pkg/mod/x/y.go", Library),
            ("app/vendor/x/y.go", Library),
            ("vendor/y.go", App),
            ("root/.cargo/registry/src/x.rs", Library),
            ("etc/ssl/private/ssl-cert-snakeoil.key", System),
            ("etc/ssl/private/server.key", Settings),
            ("usr/src/linux-headers-6.1/x.c", System),
            ("usr/local/bundle/gems/x/test/key.pem", System),
            ("opt/conda/pkgs/x/info/test/a.py", System),
        ] {
            let parts: Vec<&[u8]> = path.split('/').map(str::as_bytes).collect();
            assert_eq!(of(&parts), class, "{path}");
        }
    }
}
