//! Two commits of a real repository on a real engine.

use std::fs;
use std::path::Path;
use std::process::Command;

use plimsoll::record::RunRecord;

use super::home::{Home, record_of};
use crate::live_engine::stage::live;

const BEFORE: &str = "FROM scratch\nCOPY tool deps.lock /\n\
    RUN [\"/tool\", \"sleep\", \"1\", \"NONCE\"]\nCOPY main.src /\n\
    RUN [\"/tool\", \"put\", \"/built\", \"NONCE\"]\nCMD [\"/tool\", \"serve\"]\n";

/// A large file, and the source before the slow step.
const AFTER: &str = "FROM scratch\nCOPY tool deps.lock main.src /\n\
    RUN [\"/tool\", \"sleep\", \"1\", \"NONCE\"]\nCOPY heavy.bin /\n\
    RUN [\"/tool\", \"put\", \"/built\", \"NONCE\"]\nCMD [\"/tool\", \"serve\"]\n";

const HEAVY_BYTES: usize = 3_000_000;

fn git(home: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(home)
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn commit(home: &Path, message: &str) {
    git(home, &["add", "-A"]);
    git(home, &["commit", "-q", "-m", message]);
}

/// Bytes that do not compress: a multiplicative generator's.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

live!(alone a_commit_that_makes_an_image_worse_is_reported_with_its_causes, stage => {
    let home = Home::new(stage, &[("good", BEFORE)]);
    let dir = home.dir.path();
    fs::write(dir.join(".gitignore"), "/results/\n/tmp/\n").unwrap();
    git(dir, &["init", "-q"]);
    commit(dir, "first");
    let dockerfile = dir.join("app/Dockerfile.good");
    fs::write(&dockerfile, AFTER.replace("NONCE", &stage.nonce)).unwrap();
    fs::write(dir.join("app/heavy.bin"), noise(HEAVY_BYTES)).unwrap();
    commit(dir, "heavier, and the source first");
    let text = fs::read_to_string(&dockerfile).unwrap();
    fs::write(&dockerfile, format!("# Only a comment.\n{text}")).unwrap();
    commit(dir, "a comment");
    let status = git(dir, &["status", "--porcelain=v2", "--branch"]);

    let ended = home.plimsoll(&[
        "ab", "HEAD~2", "HEAD~1", "--format", "csv", "--warmup", "0", "--rounds", "6", "--max-rounds", "6",
        "--metric", "size.unpacked", "--metric", "size.transfer", "--metric", "rebuild.source",
    ]);
    assert_eq!(ended.code, Some(3), "{}\n{}", ended.out, ended.err);
    let line = |metric: &str| {
        let field = format!(",{metric},");
        let line = ended.out.lines().find(|line| line.contains(&field));
        line.unwrap_or_else(|| panic!("no {metric} in {}", ended.out))
    };
    for (metric, causes) in [
        ("size.unpacked", ["worse", "COPY heavy.bin"]),
        ("size.transfer", ["worse", "new blob"]),
        // The slow step ran only when a dependency changed, and runs at every edit now.
        ("rebuild.source", ["worse", "sleep"]),
    ] {
        for cause in causes {
            assert!(line(metric).contains(cause), "no `{cause}` in {}", line(metric));
        }
    }
    assert!(line("rebuild.source").contains("cache"), "{}", line("rebuild.source"));
    let folder = home.runs().pop().unwrap();
    let sides = ["base", "head"].map(|side| record_of(&folder.join(side)));
    let unpacked = sides.each_ref().map(unpacked_bytes);
    let grown = unpacked[1] - unpacked[0];
    // The file, and what its inode and the moved source take.
    assert!((grown - HEAVY_BYTES as f64).abs() < 100.0, "{unpacked:?}");
    let named = git(dir, &["rev-parse", "HEAD~1"]);
    assert_eq!(sides[1].revision.as_ref().unwrap().commit, named.trim());

    let ended = home.plimsoll(&["ab", "HEAD~1", "HEAD", "--warmup", "0", "--rounds", "3", "--max-rounds", "3"]);
    assert_eq!(ended.code, Some(0), "{}\n{}", ended.out, ended.err);
    // The user's tree is what it was, and nothing of a checkout stays.
    assert_eq!(git(dir, &["status", "--porcelain=v2", "--branch"]), status);
    assert_eq!(plimsoll::git::left_over(), [] as [std::path::PathBuf; 0]);
});

fn unpacked_bytes(run: &RunRecord) -> f64 {
    let mut samples = run.samples.iter();
    let sample = samples
        .find(|sample| sample.metric.id() == "size.unpacked")
        .unwrap();
    sample.outcome.counted().unwrap().base_value()
}
