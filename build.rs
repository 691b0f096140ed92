//! Packs the built-in scenarios, sample apps and recipes of stand-ins, so that the program
//! stands alone: `OUT_DIR/builtin.tar.gz`.

use std::env;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};
use walkdir::{DirEntry, WalkDir};

/// The folders that are packed.
const FOLDERS: [&str; 3] = ["bases", "sample-apps", "scenarios"];

/// What tools leave in the folders of apps.
const LEFTOVERS: [&str; 6] = [
    "node_modules",
    "__pycache__",
    "target",
    "dist",
    "coverage",
    "bin",
];

/// The names that begin with a dot and belong to an app. Others are of editors and tools.
const HIDDEN: [&str; 2] = [".dockerignore", ".gitignore"];

/// 2020-01-01, as the files of a build context have it.
const TIME: u64 = 1_577_836_800;

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    println!("cargo:rerun-if-changed=build.rs");
    let packed = GzEncoder::new(
        File::create(out.join("builtin.tar.gz"))?,
        Compression::best(),
    );
    let mut archive = Builder::new(packed);
    let mut files = 0;
    for folder in FOLDERS {
        println!("cargo:rerun-if-changed={folder}");
        let entries = WalkDir::new(root.join(folder))
            .sort_by_file_name()
            .into_iter()
            .filter_entry(is_wanted);
        for entry in entries {
            let entry = entry?;
            append(&mut archive, &root, &entry)?;
            files += usize::from(!entry.file_type().is_dir());
        }
    }
    archive.into_inner()?.finish()?;
    println!("cargo:rustc-env=BUILTIN_FILES={files}");
    Ok(())
}

fn is_wanted(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    let is_folder = entry.file_type().is_dir();
    let is_hidden = name.starts_with('.') && !HIDDEN.contains(&name.as_ref());
    let is_left = is_folder && LEFTOVERS.contains(&name.as_ref());
    !(is_hidden || is_left || name.ends_with(".tsbuildinfo"))
}

/// Owner, times and all permissions but the right to execute are the same on every machine.
fn append<W: io::Write>(archive: &mut Builder<W>, root: &Path, entry: &DirEntry) -> io::Result<()> {
    let path = entry.path();
    let name = path.strip_prefix(root).map_err(io::Error::other)?;
    let metadata = entry.metadata()?;
    let mut header = Header::new_gnu();
    header.set_mtime(TIME);
    header.set_size(0);
    if metadata.is_symlink() {
        header.set_entry_type(EntryType::Symlink);
        header.set_mode(0o777);
        return archive.append_link(&mut header, name, fs::read_link(path)?);
    }
    if metadata.is_dir() {
        header.set_entry_type(EntryType::Directory);
        header.set_mode(0o755);
        return archive.append_data(&mut header, name, io::empty());
    }
    let is_executable = metadata.permissions().mode() & 0o100 != 0;
    let content = fs::read(path)?;
    header.set_mode(if is_executable { 0o755 } else { 0o644 });
    header.set_size(content.len() as u64);
    archive.append_data(&mut header, name, content.as_slice())
}
