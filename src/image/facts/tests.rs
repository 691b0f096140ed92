use std::sync::Arc;

use super::*;
use crate::image::known::Known;
use crate::image::packages::{FoundPackages, PackageFile};
use crate::image::tree::{self, Lead};
use crate::image::view::Inode;
use crate::inspection::PackageKind;
use crate::units::Count;

/// A final tree, from paths with what lies there.
#[derive(Default)]
struct Tree(tree::Tree, Vec<Inode>);

impl Tree {
    fn inode(mut self, path: &str, mode: u16, known: Option<Known>) -> Self {
        let number = u32::try_from(self.1.len()).unwrap();
        self.1.push(Inode {
            mode,
            known: known.map(Arc::new),
            private_key: path.ends_with("private.pem"),
            capabilities: path.ends_with("ping"),
            ..Inode::of_size(1)
        });
        let lead = Lead::File(number);
        self.0.place(&name::parts(path.as_bytes()), lead).unwrap();
        self
    }

    fn files(self, paths: &[&str]) -> Self {
        paths
            .iter()
            .fold(self, |tree, path| tree.inode(path, 0o644, None))
    }

    fn programs(self, paths: &[&str]) -> Self {
        paths
            .iter()
            .fold(self, |tree, path| tree.inode(path, 0o755, None))
    }

    fn link(mut self, path: &str, target: &str) -> Self {
        let lead = self.0.link(target.as_bytes()).unwrap();
        self.0.place(&name::parts(path.as_bytes()), lead).unwrap();
        self
    }

    fn facts(&self) -> Posture {
        self.with("{}")
    }

    fn with(&self, config: &str) -> Posture {
        of(
            &View::new(&self.0, &self.1),
            &serde_json::from_str(config).unwrap(),
        )
    }
}

#[test]
fn users_are_resolved_by_the_image_itself() {
    let users = [("root", 0), ("node", 1000), ("toor", 0), ("7", 0)];
    let users = users.map(|(name, id)| (name.to_owned(), id)).to_vec();
    let tree = Tree::default()
        .inode("usr/etc/passwd", 0o644, Some(Known::Users(users)))
        .link("etc/passwd", "/usr/etc/passwd");
    for (user, root) in [
        ("", true),
        ("root", true),
        ("0", true),
        ("0:0", true),
        (":1000", true),
        ("toor:node", true),
        ("node", false),
        ("node:root", false),
        ("1000:0", false),
        ("65532", false),
        // A name that looks like an id is a name first.
        ("7", true),
        ("nobody", false),
    ] {
        let posture = tree.with(&format!(r#"{{"User": "{user}"}}"#));
        assert_eq!(
            (posture.root, posture.user.as_str()),
            (root, user),
            "{user:?}"
        );
    }
    let empty = Tree::default();
    assert!(empty.with(r#"{"User": "root"}"#).root);
    assert!(empty.with(r#"{"User": null}"#).root);
    assert!(!empty.with(r#"{"User": "app"}"#).root);
}

#[test]
fn a_shell_is_one_that_can_be_run() {
    let dangling = Tree::default()
        .link("bin/sh", "busybox")
        .files(&["bin/bash"]);
    assert_eq!(dangling.facts().shell, None);
    let alpine = Tree::default()
        .programs(&["bin/busybox"])
        .link("bin/sh", "/bin/busybox");
    assert_eq!(alpine.facts().shell.as_deref(), Some("/bin/sh"));
    let merged = Tree::default()
        .programs(&["usr/bin/dash"])
        .link("bin", "usr/bin")
        .link("usr/bin/sh", "dash");
    assert_eq!(merged.facts().shell.as_deref(), Some("/bin/sh"));
    let odd = Tree::default().programs(&["opt/shells/zsh"]);
    assert_eq!(odd.facts().shell, None);
    let path = r#"{"Env": ["PATH=/usr/bin:/opt/shells/"]}"#;
    assert_eq!(odd.with(path).shell.as_deref(), Some("/opt/shells//zsh"));
}

#[test]
fn programs_are_identified_by_their_paths() {
    let tree = Tree::default()
        .programs(&[
            "usr/bin/apt-get",
            "sbin/apk",
            "usr/bin/x86_64-linux-gnu-gcc-12",
            "usr/bin/clang-14",
            "usr/local/go/bin/go",
            "opt/tools/rustc",
            "app/src/make",
            "app/node_modules/typescript/bin/tsc",
            "bin/busybox",
        ])
        .files(&["usr/bin/make", "usr/share/go", "usr/local/bin/cargo"])
        .link("usr/bin/gcc", "gcc-12")
        .link("usr/bin/gcc-12", "x86_64-linux-gnu-gcc-12")
        .link("usr/bin/cc", "/etc/alternatives/cc")
        .link("etc/alternatives/cc", "/usr/bin/gcc")
        .link("app/node_modules/.bin/tsc", "../typescript/bin/tsc")
        .link("usr/bin/ld", "nothing")
        .link("bin/dpkg", "busybox")
        .link("usr/bin/npm", "apt-get");
    let posture = tree.with(r#"{"Env": ["PATH=/opt/tools"]}"#);
    assert_eq!(posture.package_managers, ["/sbin/apk", "/usr/bin/apt-get"]);
    assert_eq!(
        posture.compilers,
        [
            "/app/node_modules/.bin/tsc",
            "/opt/tools/rustc",
            "/usr/bin/cc",
            "/usr/bin/clang-14",
            "/usr/bin/gcc",
            "/usr/local/go/bin/go",
        ]
    );
}

#[test]
fn setuid_and_setgid_files_are_listed() {
    let tree = Tree::default()
        .inode("bin/su", 0o4755, None)
        .inode("usr/bin/wall", 0o2755, None)
        .inode("bin/ls", 0o1755, None);
    assert_eq!(tree.facts().setuid, ["/bin/su", "/usr/bin/wall"]);
}

#[test]
fn packages_are_counted_by_their_databases() {
    assert_eq!(Tree::default().facts().os_packages, None);
    let rpm = Tree::default().files(&["var/lib/rpm/rpmdb.sqlite"]);
    assert_eq!(rpm.facts().os_packages, None);
    let packages = |count| {
        Some(Known::Packages(FoundPackages {
            file: PackageFile::Dpkg,
            list: Vec::new(),
            more: vec![(PackageKind::Dpkg, count)],
            problem: None,
        }))
    };
    let distroless = Tree::default()
        .inode("var/lib/dpkg/status", 0o644, packages(0))
        .inode("var/lib/dpkg/status.d/base", 0o644, packages(1))
        .inode("var/lib/dpkg/status.d/libc6", 0o644, packages(1));
    assert_eq!(distroless.facts().os_packages, Some(Count(2)));
    let merged = Tree::default()
        .inode("usr/lib/apk/db/installed", 0o644, packages(15))
        .link("lib", "usr/lib");
    assert_eq!(merged.facts().os_packages, Some(Count(15)));
}

#[test]
fn packages_of_languages_are_counted_once_each() {
    let tree = Tree::default().files(&[
        "app/node_modules/a/package.json",
        "app/node_modules/a/dist/esm/package.json",
        "app/node_modules/a/node_modules/b/package.json",
        "app/node_modules/@s/c/package.json",
        "app/node_modules/@s/package.json",
        "app/node_modules/.package-lock.json",
        "app/package.json",
        "v/lib/python3.12/site-packages/x-1.dist-info/METADATA",
        "v/lib/python3.12/site-packages/x-1.dist-info/RECORD",
        "v/lib/python3.12/site-packages/setuptools/_vendor/y-1.dist-info/METADATA",
        "usr/lib/python3/dist-packages/z.egg-info",
        "usr/lib/python3/dist-packages/w.egg-info/PKG-INFO",
        "app/app.jar",
        "usr/lib/ruby/gems/3.1.0/specifications/default/json.gemspec",
        "usr/lib/ruby/gems/3.1.0/specifications/rake.gemspec",
        "usr/lib/ruby/gems/3.1.0/gems/rake/rake.gemspec",
    ]);
    let found: Vec<_> = tree.facts().language_packages.into_iter().collect();
    let expected = [("java", 1), ("npm", 3), ("python", 3), ("ruby", 2)];
    assert_eq!(
        found,
        expected.map(|(name, count)| (name.to_owned(), Count(count)))
    );
}

#[test]
fn leaks_are_identified_by_name_and_folder() {
    let tree = Tree::default().files(&[
        "app/.git/config",
        "app/.git/objects/id_rsa",
        "app/.gitattributes",
        "app/.env",
        "app/.env.production",
        "app/.env.example",
        "app/.cache/blob",
        "root/.cache/pip/x",
        "root/.npmrc",
        "app/node_modules/x/.npmrc",
        "app/node_modules/x/test/a.js",
        "app/coverage/report-1.html",
        "app/coverage.js",
        "app/src/main.test.ts",
        "app/src/testing.ts",
        "usr/share/doc/x/.git/config",
        "usr/local/lib/python3.12/test/a.py",
        "app/certs/private.pem",
        "etc/ssl/private/private.pem",
        "app/certs/ca.pem",
        "test/x",
    ]);
    assert_eq!(
        tree.facts().leaks,
        [
            "/app/.cache/",
            "/app/.env",
            "/app/.env.production",
            "/app/.git/",
            "/app/certs/private.pem",
            "/app/coverage/",
            "/app/src/main.test.ts",
            "/etc/ssl/private/private.pem",
            "/root/.npmrc",
            "/test/",
        ]
    );
}

#[test]
fn sources_are_those_of_the_app() {
    let tree = Tree::default().files(&[
        "app/src/a.ts",
        "app/src/b.ts",
        "app/src/c.tsx",
        "app/dist/a.d.ts",
        "app/dist/a.js",
        "app/.ts",
        "app/node_modules/x/x.ts",
        "usr/local/go/src/fmt/print.go",
        "go/pkg/mod/x/x.go",
        "main.go",
    ]);
    let found: Vec<_> = tree.facts().sources.into_iter().collect();
    assert_eq!(
        found,
        [("go", 1), ("ts", 2), ("tsx", 1)].map(|(name, count)| (name.to_owned(), Count(count)))
    );
}

#[test]
fn a_health_check_can_be_switched_off() {
    let tree = Tree::default();
    for (config, there) in [
        (r#"{"Healthcheck": {"Test": ["CMD", "/ok"]}}"#, true),
        (r#"{"Healthcheck": {"Test": ["NONE"]}}"#, false),
        (r#"{"Healthcheck": {"Test": []}}"#, false),
        (r#"{"Healthcheck": null}"#, false),
        ("{}", false),
    ] {
        assert_eq!(tree.with(config).health_check, there, "{config}");
    }
}
