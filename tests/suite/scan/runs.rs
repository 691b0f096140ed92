//! Scanners' processes: what they are asked, and what becomes of those that misbehave.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use plimsoll::record::{ScanOutcome, ScanRecord};
use plimsoll::scan::{Installed, Scanners};
use plimsoll::units::Nanos;
use tempfile::TempDir;

use super::fixture;

/// A search path with stand-ins.
struct Stand(TempDir);

impl Stand {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A stand-in that answers questions for its version and does something else else.
    fn with(self, name: &str, version: &str, script: &str) -> Self {
        let words = if name == "docker" {
            "\"$1 $2\""
        } else {
            "\"$1\""
        };
        let asked = if name == "docker" {
            "\"scout version\""
        } else {
            "version"
        };
        let script = format!(
            "here='{}'\ncase {words} in {asked}) {version} ;; *) printf '%s\\n' \"$@\" > \"$here/{name}.asked\"\n{script}\n;; esac\n",
            self.0.path().display()
        );
        std::fs::write(self.file(&format!("{name}.sh")), script).unwrap();
        symlink(fixture("fake"), self.file(name)).unwrap();
        self
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn scanners(&self, within: Nanos) -> Scanners {
        Scanners {
            path: self.0.path().as_os_str().to_owned(),
            within,
        }
    }

    async fn scan(&self) -> Vec<ScanRecord> {
        let scanners = self.scanners(Nanos::from_secs(60));
        scanners.scan(Path::new("/data/my image.tar")).await
    }

    fn asked(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.file(&format!("{name}.asked"))).unwrap();
        text.trim_end().replace('\n', "|")
    }
}

fn cat(name: &str) -> String {
    format!("cat '{}'", fixture(name).display())
}

fn reason(record: &ScanRecord) -> &str {
    match &record.outcome {
        ScanOutcome::Failed(reason) => reason,
        ScanOutcome::Found(found) => panic!("{} found {found:?}", record.scanner),
    }
}

#[tokio::test]
async fn all_three_are_asked_in_their_own_words() {
    let stand = Stand::new()
        .with("trivy", &cat("trivy-version.json"), &cat("trivy.json"))
        .with("grype", &cat("grype-version.json"), &cat("grype.json"))
        .with("docker", &cat("scout-version.txt"), &cat("scout.json"));
    let records = stand.scan().await;
    let reported: Vec<_> = records
        .iter()
        .map(|record| {
            let ScanOutcome::Found(found) = &record.outcome else {
                panic!("{record:?}");
            };
            let database = record.database.as_deref();
            (
                record.scanner.as_str(),
                record.version.as_str(),
                database,
                found.values().map(|n| n.0).sum(),
            )
        })
        .collect();
    assert_eq!(
        reported,
        [
            ("trivy", "0.74.0", Some("2026-11-20T06:00:00.1Z"), 4),
            ("grype", "0.117.0", Some("2026-11-20T01:02:03Z"), 4),
            ("docker scout", "1.21.0", None, 4),
        ]
    );
    assert_eq!(
        stand.asked("trivy"),
        "image|--quiet|--format|json|--scanners|vuln|--timeout|60s|--input|/data/my image.tar"
    );
    assert_eq!(
        stand.asked("grype"),
        "--quiet|-o|json|docker-archive:/data/my image.tar"
    );
    assert_eq!(
        stand.asked("docker"),
        "scout|cves|--format|sarif|archive:///data/my image.tar"
    );
    let installed = stand.scanners(Nanos::from_secs(60)).installed().await;
    let reported: Vec<_> = installed
        .iter()
        .map(|found| (found.scanner, found.version.as_str()))
        .collect();
    assert_eq!(
        reported,
        [
            ("trivy", "0.74.0"),
            ("grype", "0.117.0"),
            ("docker scout", "1.21.0")
        ]
    );
    assert!(installed.iter().all(|found| found.problem.is_none()));
}

#[tokio::test]
async fn what_is_not_there_is_not_in_the_result() {
    assert_eq!(Stand::new().scan().await, []);
    // A Docker client without the plugin, and files that cannot be run.
    let stand = Stand::new().with(
        "docker",
        "echo \"docker: 'scout' is not a docker command.\" >&2; exit 1",
        "exit 1",
    );
    std::fs::write(stand.file("trivy"), "#!/bin/sh\n").unwrap();
    std::fs::create_dir(stand.file("grype")).unwrap();
    assert_eq!(stand.scan().await, []);
    assert_eq!(stand.scanners(Nanos::from_secs(60)).installed().await, []);
}

#[tokio::test]
async fn failures_and_invalid_reports_are_recorded_with_their_reason() {
    let stand = Stand::new()
        .with(
            "trivy",
            &cat("trivy-version.json"),
            "echo 'INFO fetching' >&2; echo 'FATAL no space left' >&2; exit 3",
        )
        .with("grype", &cat("grype-version.json"), "echo 'all is well'")
        .with("docker", &cat("scout-version.txt"), "kill -SEGV $$");
    let records = stand.scan().await;
    assert_eq!(
        reason(&records[0]),
        "it ended with exit code 3: FATAL no space left"
    );
    assert_eq!(records[0].version, "0.74.0");
    assert!(
        reason(&records[1]).starts_with("it printed no report of the known form: "),
        "{records:?}"
    );
    assert_eq!(
        reason(&records[2]),
        "it ended with signal 11: it said nothing"
    );
    // A clean report of a scanner that says that it failed is none.
    let stand = Stand::new().with(
        "trivy",
        &cat("trivy-version.json"),
        &format!("{}; exit 1", cat("trivy-clean.json")),
    );
    assert_eq!(
        reason(&stand.scan().await[0]),
        "it ended with exit code 1: it said nothing"
    );
}

#[tokio::test]
async fn a_scanner_that_does_not_print_its_version_is_not_trusted() {
    let stand = Stand::new().with(
        "grype",
        "echo 'cannot open the database' >&2; exit 1",
        &cat("grype.json"),
    );
    let records = stand.scan().await;
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].version, "unknown");
    assert_eq!(
        reason(&records[0]),
        "it ended with exit code 1: cannot open the database"
    );
    let installed = stand.scanners(Nanos::from_secs(60)).installed().await;
    let problem = "it ended with exit code 1: cannot open the database".to_owned();
    assert_eq!(
        installed,
        [Installed {
            scanner: "grype",
            version: "unknown".to_owned(),
            database: None,
            problem: Some(problem)
        }]
    );
}

/// Whether a process lives, also as one that nobody has waited for yet.
fn lives(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", id.trim()));
    stat.is_ok_and(|stat| {
        !stat
            .rsplit(')')
            .next()
            .unwrap()
            .trim_start()
            .starts_with('Z')
    })
}

/// The ids that a stand-in wrote down, once both are there.
async fn ids(stand: &Stand) -> Vec<String> {
    for _ in 0..1000 {
        let text = std::fs::read_to_string(stand.file("ids")).unwrap_or_default();
        if text.lines().count() == 2 {
            return text.lines().map(str::to_owned).collect();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the stand-in did not start");
}

async fn all_end(ids: &[String]) {
    for _ in 0..500 {
        if !ids.iter().any(|id| lives(id)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{ids:?} still run");
}

/// As a client waits for its plugin: both must go.
const HANGS: &str = "sleep 1000 & echo $! > \"$here/ids\"; echo $$ >> \"$here/ids\"; wait";

#[tokio::test]
async fn one_that_hangs_is_killed_with_its_children() {
    let stand = Stand::new().with("docker", &cat("scout-version.txt"), HANGS);
    let begin = Instant::now();
    let records = stand
        .scanners(Nanos::from_secs(6))
        .scan(Path::new("/x.tar"))
        .await;
    assert_eq!(reason(&records[0]), "it was not done within 6.00 s");
    assert!(begin.elapsed() < Duration::from_secs(60));
    all_end(&ids(&stand).await).await;
}

#[tokio::test]
async fn a_scan_that_is_dropped_leaves_nothing_running() {
    let stand = Stand::new().with("trivy", &cat("trivy-version.json"), HANGS);
    let scanners = stand.scanners(Nanos::from_secs(600));
    let work = tokio::spawn(async move { scanners.scan(Path::new("/x.tar")).await });
    let ids = ids(&stand).await;
    assert!(ids.iter().all(|id| lives(id)), "the test sees what lives");
    work.abort();
    all_end(&ids).await;
}

#[tokio::test]
async fn one_that_closes_its_mouth_and_stays_is_late_too() {
    let script = format!("exec >&- 2>&-; {HANGS}");
    let stand = Stand::new().with("grype", &cat("grype-version.json"), &script);
    let records = stand
        .scanners(Nanos::from_secs(6))
        .scan(Path::new("/x.tar"))
        .await;
    assert_eq!(reason(&records[0]), "it was not done within 6.00 s");
    all_end(&ids(&stand).await).await;
}

#[tokio::test]
async fn much_talk_does_not_block_and_endless_reports_end() {
    let talk = format!("yes talk | head -c 3000000 >&2; {}", cat("trivy.json"));
    let endless = "yes '{}'";
    let stand = Stand::new()
        .with("trivy", &cat("trivy-version.json"), &talk)
        .with("grype", &cat("grype-version.json"), endless);
    let records = stand.scan().await;
    assert!(
        matches!(records[0].outcome, ScanOutcome::Found(_)),
        "{records:?}"
    );
    assert!(
        reason(&records[1]).starts_with("it printed more than "),
        "{records:?}"
    );
}
