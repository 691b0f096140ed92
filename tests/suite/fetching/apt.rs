//! Debian's binaries and sources, and a whole root file system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll::oci::sha256_hex;
use tempfile::TempDir;

use super::mirror::Mirror;
use super::{fails_with, has, script, succeeds};

/// A mirror of two suites, and a machine whose apt knows only this mirror. Of `hello` it lists
/// 1.0, 1.1 and 2:1.2 and has 1.0; of `gone` it lists 1.0 and has nothing.
struct Debian {
    home: TempDir,
    mirror: Mirror,
    config: PathBuf,
}

const SUITES: [&str; 2] = ["bookworm", "trixie"];
const HELLO: &str = "/pool/hello_1.0_amd64.deb";
const ARCHIVE: &str = "/pool/hello_1.0.orig.tar.gz";

impl Debian {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mirror = Mirror::new();
        let deb = deb(home.path());
        let archive = archive(home.path());
        let mut packages = String::new();
        for (name, version, content) in [
            ("hello", "1.0", &deb[..]),
            ("hello", "1.1", b"not in the pool"),
            ("hello", "2:1.2", b"not in the pool"),
            ("gone", "1.0", b"not in the pool"),
        ] {
            let in_file = version.rsplit(':').next().unwrap();
            packages.push_str(&format!(
                "Package: {name}\nVersion: {version}\nArchitecture: amd64\nPriority: important\n\
                 Maintainer: T <t@example.com>\nDescription: a test\n\
                 Filename: pool/{name}_{in_file}_amd64.deb\nSize: {}\nSHA256: {}\n\n",
                content.len(),
                sha256_hex(content)
            ));
        }
        let mut sources = String::new();
        for (name, version, content) in [
            ("hello", "1.0-1", &archive[..]),
            ("hello", "1.1-1", b"not in the pool"),
            ("gone", "1.0-1", b"not in the pool"),
        ] {
            let upstream = version.split('-').next().unwrap();
            let file = |file: String, content: &[u8]| {
                format!(" {} {} {file}\n", sha256_hex(content), content.len())
            };
            sources.push_str(&format!(
                "Package: {name}\nBinary: {name}\nVersion: {version}\nArchitecture: any\n\
                 Maintainer: T <t@example.com>\nFormat: 3.0 (quilt)\nDirectory: pool\nChecksums-Sha256:\n{}{}\n",
                file(format!("{name}_{version}.dsc"), b"not in the pool"),
                file(format!("{name}_{upstream}.orig.tar.gz"), content),
            ));
        }
        for suite in SUITES {
            let mut release = format!(
                "Suite: {suite}\nCodename: {suite}\nComponents: main\nArchitectures: amd64\nSHA256:\n"
            );
            for (path, text) in [
                ("main/binary-amd64/Packages", &packages),
                ("main/source/Sources", &sources),
            ] {
                mirror.put(&format!("/dists/{suite}/{path}"), text.as_str());
                release.push_str(&format!(
                    " {} {} {path}\n",
                    sha256_hex(text.as_bytes()),
                    text.len()
                ));
            }
            mirror.put(&format!("/dists/{suite}/Release"), release);
        }
        mirror.put(HELLO, deb);
        mirror.put(ARCHIVE, archive);
        let config = machine(home.path(), &mirror.url);
        Self {
            home,
            mirror,
            config,
        }
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = script(name);
        command
            .args(arguments)
            .env("APT_CONFIG", &self.config)
            .current_dir(self.home.path());
        command
    }

    fn path(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }
}

/// The configuration of an apt with folders of its own.
fn machine(home: &Path, url: &str) -> PathBuf {
    for folder in [
        "etc/sources.list.d",
        "etc/preferences.d",
        "state/lists/partial",
        "cache/archives/partial",
    ] {
        fs::create_dir_all(home.join(folder)).unwrap();
    }
    fs::write(home.join("status"), "").unwrap();
    fs::write(
        home.join("etc/sources.list"),
        format!("deb [trusted=yes] {url} bookworm main\n"),
    )
    .unwrap();
    let config = home.join("apt.conf");
    let root = home.display();
    fs::write(
        &config,
        format!(
            "Dir::Etc \"{root}/etc\";\nDir::Etc::parts \"none\";\nDir::State \"{root}/state\";\n\
             Dir::State::status \"{root}/status\";\nDir::Cache \"{root}/cache\";\n\
             APT::Architecture \"amd64\";\nAPT::Architectures {{ \"amd64\"; }};\n\
             APT::Get::Download-Only \"true\";\nAPT::Sandbox::User \"root\";\n\
             Acquire::Retries::Delay \"false\";\nAcquire::Languages \"none\";\n\
             Acquire::http::Proxy \"DIRECT\";\n"
        ),
    )
    .unwrap();
    config
}

fn deb(home: &Path) -> Vec<u8> {
    let tree = home.join("tree");
    fs::create_dir_all(tree.join("DEBIAN")).unwrap();
    fs::create_dir_all(tree.join("usr/share/hello")).unwrap();
    fs::write(
        tree.join("DEBIAN/control"),
        "Package: hello\nVersion: 1.0\nArchitecture: amd64\nMaintainer: T <t@example.com>\nDescription: a test\n",
    )
    .unwrap();
    fs::write(
        tree.join("usr/share/hello/greeting"),
        "hello\n".repeat(2000),
    )
    .unwrap();
    let file = home.join("hello.deb");
    let done = Command::new("dpkg-deb")
        .args(["--root-owner-group", "-Znone", "--build"])
        .args([&tree, &file])
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    fs::read(file).unwrap()
}

fn archive(home: &Path) -> Vec<u8> {
    let folder = home.join("hello-1.0");
    fs::create_dir_all(&folder).unwrap();
    fs::write(
        folder.join("hello.c"),
        "int main(void) { return 0; }\n".repeat(500),
    )
    .unwrap();
    let done = Command::new("tar")
        .arg("-C")
        .arg(home)
        .args(["-czf", "orig.tar.gz", "hello-1.0"])
        .current_dir(home)
        .status();
    assert!(done.unwrap().success());
    fs::read(home.join("orig.tar.gz")).unwrap()
}

#[test]
fn packages_are_installed_in_a_version_that_the_mirror_has() {
    if !has("apt-get") || !has("dpkg-deb") {
        return;
    }
    let debian = Debian::new();
    let text = succeeds(&mut debian.run("apt-install", &["--keep-index", "hello"]));
    assert!(
        debian.path("cache/archives/hello_1.0_amd64.deb").is_file(),
        "{text}"
    );
    debian
        .mirror
        .assert_misbehaved(&[HELLO, "/dists/bookworm/main/binary-amd64/Packages"]);
    for passed_over in [
        "hello 1.2 is not on the mirror (404); the index lists: 2:1.2, 1.1, 1.0",
        "hello 1.1 is not",
    ] {
        assert!(text.contains(passed_over), "{text}");
    }
    fails_with(
        &mut debian.run("apt-install", &["--keep-index", "gone"]),
        &["gone 1.0 is not on the mirror (404); the index lists: 1.0"],
    );
    fails_with(
        &mut debian.run("apt-install", &["--keep-index", "unheard-of"]),
        &["failed after 4 attempts", "unheard-of"],
    );
}

#[test]
fn packages_of_another_suite_are_unpacked() {
    if !has("apt-get") || !has("dpkg-deb") {
        return;
    }
    let debian = Debian::new();
    succeeds(&mut debian.run("unpack-debs", &["-s", "trixie", "out", "hello"]));
    assert!(debian.path("out/usr/share/hello/greeting").is_file());
    let noted = fs::read_to_string(debian.path("out/var/lib/dpkg/status.d/hello")).unwrap();
    assert!(noted.contains("Version: 1.0"), "{noted}");
    debian
        .mirror
        .assert_misbehaved(&[HELLO, "/dists/trixie/main/binary-amd64/Packages"]);
    fails_with(
        &mut debian.run("unpack-debs", &["out", "gone"]),
        &["gone 1.0 is not on the mirror (404); the index lists: 1.0"],
    );
}

#[test]
fn sources_are_fetched_without_debians_part_of_them() {
    if !has("apt-get") {
        return;
    }
    let debian = Debian::new();
    let text = succeeds(&mut debian.run("fetch-sources", &["trixie", "out", "hello"]));
    assert!(debian.path("out/hello/hello.c").is_file(), "{text}");
    assert!(text.contains("hello 1.1-1 cannot be fetched"), "{text}");
    debian
        .mirror
        .assert_misbehaved(&[ARCHIVE, "/dists/trixie/main/source/Sources"]);
    fails_with(
        &mut debian.run("fetch-sources", &["trixie", "out", "gone"]),
        &["gone: none of the versions that trixie lists can be fetched: 1.0-1"],
    );
    fails_with(
        &mut debian.run("fetch-sources", &["trixie", "out", "unheard-of"]),
        &["unheard-of: no source package of this name in trixie"],
    );
}

#[test]
fn a_root_file_system_is_made_of_what_the_mirror_has() {
    if !has("mmdebstrap") || !has("dpkg-deb") || !rustix::process::geteuid().is_root() {
        return;
    }
    let debian = Debian::new();
    let sources = debian.path("mirror.list");
    fs::write(
        &sources,
        format!("deb [trusted=yes] {} bookworm main\n", debian.mirror.url),
    )
    .unwrap();
    let bootstrap = |package: &str| {
        let mut command = script("bootstrap");
        command
            .args(["bookworm", "out.tar"])
            .arg(&sources)
            .args([
                "--mode=chrootless",
                "--variant=custom",
                "--architectures=amd64",
                "--format=tar",
            ])
            .args([
                "--aptopt=Acquire::Languages \"none\"",
                "--aptopt=Acquire::Retries::Delay \"false\"",
            ])
            .arg(format!("--include={package}"))
            .current_dir(debian.home.path());
        command
    };
    let text = succeeds(&mut bootstrap("hello"));
    let listed = Command::new("tar")
        .arg("-tf")
        .arg(debian.path("out.tar"))
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(
        listed.contains("usr/share/hello/greeting"),
        "{text}{listed}"
    );
    assert!(
        !listed.contains("plimsoll-fetch"),
        "the preferences stay out: {listed}"
    );
    debian.mirror.assert_misbehaved(&[HELLO]);
    fails_with(
        &mut bootstrap("gone"),
        &["gone 1.0 is not on the mirror (404); the index lists: 1.0"],
    );
}

/// A killed mmdebstrap leaves its mounts behind, and the next attempt would remove what is below
/// them: they are in a mount namespace that ends with it.
#[test]
fn what_mmdebstrap_mounts_is_mounted_for_it_alone() {
    if !has("mmdebstrap") || !has("dpkg-deb") || !rustix::process::geteuid().is_root() {
        return;
    }
    let debian = Debian::new();
    let sources = debian.path("mirror.list");
    fs::write(
        &sources,
        format!("deb [trusted=yes] {} bookworm main\n", debian.mirror.url),
    )
    .unwrap();
    let seen = debian.path("namespace");
    succeeds(
        script("bootstrap")
            .args(["bookworm", "out.tar"])
            .arg(&sources)
            .args(["--mode=chrootless", "--variant=custom", "--format=tar"])
            .args(["--architectures=amd64", "--include=hello"])
            .arg(format!(
                "--setup-hook=readlink /proc/self/ns/mnt >{}",
                seen.display()
            ))
            .current_dir(debian.home.path()),
    );
    let theirs = fs::read_to_string(seen).unwrap();
    let ours = fs::read_link("/proc/self/ns/mnt").unwrap();
    assert!(theirs.starts_with("mnt:["), "{theirs}");
    assert_ne!(theirs.trim_end(), ours.to_str().unwrap());
}
