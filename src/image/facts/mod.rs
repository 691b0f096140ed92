//! Facts of the final tree and the config. Each file has the rule for what it tells.

mod leaks;
mod packages;
mod programs;
mod sources;
mod user;

use super::config::Config;
use super::tree::{Folder, Node};
use super::{ground, name};
use crate::record::Posture;

/// Permission bits that give a program the rights of its owner or group.
const SETUID_OR_SETGID: u32 = 0o6000;

/// All facts that tree and config tell. Secrets are told by the layers.
pub(super) fn of(tree: &Folder, config: &Config) -> Posture {
    let user = config.user.clone().unwrap_or_default();
    let mut posture = Posture {
        root: user::is_root(&user, tree),
        user,
        shell: programs::shell(tree, config),
        os_packages: packages::of_system(tree),
        health_check: config.has_health_check(),
        ..Posture::default()
    };
    let mut programs = programs::Programs::new(tree, config);
    let mut packages = packages::Languages::default();
    let mut leaks = leaks::Leaks::default();
    tree.walk(&mut |at, node| {
        let ground = ground::of(at);
        if let Node::File(inode) = node {
            if inode.mode & SETUID_OR_SETGID != 0 {
                posture.setuid.push(name::path(at));
            }
            packages.see(at);
            sources::see(at, ground, &mut posture.sources);
        }
        programs.see(at, node);
        leaks.see(at, node, ground);
    });
    (posture.package_managers, posture.compilers) = programs.told();
    posture.language_packages = packages.told();
    posture.leaks = leaks.told();
    posture
}

#[cfg(test)]
mod tests;
