//! Facts about the machine, read from Linux's /proc and /sys.

use std::fs;
use std::path::Path;
use std::thread;

use crate::record::HostFacts;
use crate::units::{Bytes, Count};

/// The value of a fact that the machine does not report.
const UNKNOWN: &str = "unknown";

/// The facts of this machine, as far as it reports them.
pub fn facts() -> HostFacts {
    facts_below(Path::new("/"))
}

fn facts_below(root: &Path) -> HostFacts {
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    let line = |path: &str| read(path).map(|text| text.trim().to_owned());
    let cpuinfo = read("proc/cpuinfo").unwrap_or_default();
    // The CPUs that this process may use, with the limits of cgroup and affinity mask.
    let cpus = thread::available_parallelism().map_or(0, |cpus| cpus.get() as u64);
    HostFacts {
        os: read("etc/os-release")
            .or_else(|| read("usr/lib/os-release"))
            .and_then(|text| os_name(&text))
            .unwrap_or_else(unknown),
        kernel: line("proc/sys/kernel/osrelease").unwrap_or_else(unknown),
        cpu: cpu_model(&cpuinfo).unwrap_or_else(unknown),
        cpus: Count(cpus),
        memory_bytes: read("proc/meminfo")
            .and_then(|text| memory(&text, "MemTotal"))
            .unwrap_or_default(),
        load: read("proc/loadavg")
            .and_then(|text| text.split_whitespace().next().map(str::to_owned)),
        virtualisation: virtualisation(root, &cpuinfo),
    }
}

fn unknown() -> String {
    UNKNOWN.to_owned()
}

fn os_name(os_release: &str) -> Option<String> {
    let value = |key: &str| {
        let mut lines = os_release.lines();
        let value = lines.find_map(|line| line.trim().strip_prefix(key)?.strip_prefix('='))?;
        Some(value.trim_matches(['"', '\'']).to_owned())
    };
    value("PRETTY_NAME").or_else(|| value("NAME"))
}

/// The value of the first line `key : value`.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim())
    })
}

/// x86 says `model name`; ARM says only numbers, and boards `Model` or `Hardware`.
fn cpu_model(cpuinfo: &str) -> Option<String> {
    ["model name", "Model", "Hardware", "CPU part"]
        .iter()
        .find_map(|key| field(cpuinfo, key))
        .filter(|model| !model.is_empty())
        .map(str::to_owned)
}

pub(super) fn memory(meminfo: &str, line: &str) -> Option<Bytes> {
    let kib = field(meminfo, line)?.strip_suffix("kB")?.trim();
    kib.parse::<u64>().ok()?.checked_mul(1_024).map(Bytes)
}

/// Memory that is available without swapping.
pub fn available_memory() -> Option<Bytes> {
    memory(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable")
}

/// Containers first, because a container may run in a virtual machine.
fn virtualisation(root: &Path, cpuinfo: &str) -> Option<String> {
    let mut words = Vec::new();
    for (mark, word) in [
        (".dockerenv", "docker container"),
        ("run/.containerenv", "podman container"),
    ] {
        if root.join(mark).exists() {
            words.push(word.to_owned());
        }
    }
    let dmi = ["sys_vendor", "product_name"]
        .iter()
        .filter_map(|name| fs::read_to_string(root.join("sys/class/dmi/id").join(name)).ok())
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let hypervisor = fs::read_to_string(root.join("sys/hypervisor/type")).ok();
    let flagged = field(cpuinfo, "flags")
        .is_some_and(|flags| flags.split_whitespace().any(|flag| flag == "hypervisor"));
    // DMI also describes physical boards, so it counts only if it contains `virtual`.
    if let Some(kind) = hypervisor {
        words.push(kind.trim().to_owned());
    } else if flagged && dmi.is_empty() {
        words.push("virtual machine".to_owned());
    } else if flagged {
        words.push(format!("virtual machine ({dmi})"));
    }
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(root: &Path, path: &str, text: &str) {
        let full = root.join(path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, text).unwrap();
    }

    #[test]
    fn facts_come_from_the_files_and_each_may_be_missing() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let none = facts_below(root);
        assert_eq!((none.os.as_str(), none.cpu.as_str()), (UNKNOWN, UNKNOWN));
        assert_eq!(none.memory_bytes, Bytes(0));
        assert_eq!((none.load, none.virtualisation), (None, None));

        put(
            root,
            "etc/os-release",
            "NAME=\"D\"\nPRETTY_NAME=\"Debian 12\"\n",
        );
        put(root, "proc/sys/kernel/osrelease", "6.18.0\n");
        put(
            root,
            "proc/cpuinfo",
            "model name\t: A CPU\nflags\t: fpu hypervisor\n",
        );
        put(
            root,
            "proc/meminfo",
            "MemTotal:       24000 kB\nMemFree: 1 kB\n",
        );
        put(root, "proc/loadavg", "0.52 0.58 0.59 1/97 3\n");
        put(root, "sys/class/dmi/id/sys_vendor", "QEMU\n");
        put(root, ".dockerenv", "");
        let all = facts_below(root);
        assert_eq!(
            (all.os.as_str(), all.kernel.as_str()),
            ("Debian 12", "6.18.0")
        );
        assert_eq!(all.cpu, "A CPU");
        assert_eq!(all.memory_bytes, Bytes(24_576_000));
        assert_eq!(all.load.as_deref(), Some("0.52"));
        assert_eq!(
            all.virtualisation.as_deref(),
            Some("docker container, virtual machine (QEMU)")
        );
        put(root, "proc/meminfo", "MemTotal: plenty\n");
        assert_eq!(facts_below(root).memory_bytes, Bytes(0));
    }

    #[test]
    fn this_machine_answers() {
        let facts = facts();
        assert!(facts.cpus > Count(0));
        assert_ne!(facts.kernel, UNKNOWN);
    }
}
