//! Load and memory pressure, read from Linux's /proc.

use std::fs;
use std::path::Path;
use std::thread;

use super::facts::memory;
use crate::record::Conditions;
use crate::units::Ratio;

/// The current load of the machine. Takes tens of microseconds.
pub fn conditions() -> Conditions {
    let cpus = thread::available_parallelism().map_or(1, |cpus| cpus.get());
    conditions_below(Path::new("/"), cpus)
}

fn conditions_below(root: &Path, cpus: usize) -> Conditions {
    let read = |path: &str| fs::read_to_string(root.join(path)).ok();
    let load = read("proc/loadavg").and_then(|text| {
        let load: f64 = text.split_whitespace().next()?.parse().ok()?;
        Ratio::of(load, cpus as f64)
    });
    Conditions {
        load_per_cpu_ratio: load.filter(|load| load.get() >= 0.0),
        memory_available_bytes: read("proc/meminfo").and_then(|text| memory(&text, "MemAvailable")),
        memory_pressure_ratio: read("proc/pressure/memory").and_then(|text| pressure(&text)),
    }
}

/// `some avg10=1.50 avg60=…`: percentage of the last ten seconds.
fn pressure(text: &str) -> Option<Ratio> {
    let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let mut words = some.split_whitespace();
    let percent = words.find_map(|word| word.strip_prefix("avg10="))?;
    Ratio::of(percent.parse().ok()?, 100.0).filter(|share| (0.0..=1.0).contains(&share.get()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Bytes;

    #[test]
    fn each_file_may_be_missing_or_hold_something_else() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        assert_eq!(conditions_below(root, 4), Conditions::default());
        fs::create_dir_all(root.join("proc/pressure")).unwrap();
        let put = |path: &str, text: &str| fs::write(root.join(path), text).unwrap();
        put("proc/loadavg", "3.00 0.58 0.59 1/97 3\n");
        put(
            "proc/meminfo",
            "MemTotal: 24000 kB\nMemAvailable:   12000 kB\n",
        );
        put(
            "proc/pressure/memory",
            "some avg10=2.50 avg60=0.10 avg300=0.00 total=7\nfull avg10=1.00 avg60=0 avg300=0 total=3\n",
        );
        let all = conditions_below(root, 4);
        assert_eq!(all.load_per_cpu_ratio, Ratio::of(3.0, 4.0));
        assert_eq!(all.memory_available_bytes, Some(Bytes(12_288_000)));
        assert_eq!(all.memory_pressure_ratio, Ratio::of(2.5, 100.0));
        put("proc/loadavg", "much\n");
        put("proc/pressure/memory", "none\n");
        let some = conditions_below(root, 4);
        assert_eq!(some.load_per_cpu_ratio, None);
        assert_eq!(some.memory_pressure_ratio, None);
    }

    #[test]
    fn this_machine_has_a_load() {
        let now = conditions();
        assert!(now.load_per_cpu_ratio.is_some() && now.memory_available_bytes.is_some());
    }
}
