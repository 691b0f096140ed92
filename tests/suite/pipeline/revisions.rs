//! Two revisions of a repository, measured in the same rounds.

mod one_sided;

use plimsoll::git;
use plimsoll::record::RoundsEnd;

use super::*;

/// The source before the install, and one more layer.
pub const WORSE: &str = "FROM base:1\nCOPY main.src ./\nCOPY deps.lock ./\nRUN --mount=type=cache,target=/root/.cache install\nRUN make\nRUN more\n";

pub fn git_in(home: &Home, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .arg("-C")
        .arg(home.path())
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

pub fn commit(home: &Home, message: &str) {
    git_in(home, &["add", "-A"]);
    git_in(home, &["commit", "-q", "-m", message]);
}

/// A repository whose first commit has one good variant.
pub fn repository() -> Home {
    let home = Home::new(&[("good", GOOD)]);
    std::fs::write(home.path().join(".gitignore"), "/results/\n").unwrap();
    git_in(&home, &["init", "-q"]);
    commit(&home, "first");
    home
}

pub fn write(home: &Home, file: &str, text: &str) {
    std::fs::write(home.path().join(file), text).unwrap();
}

fn side(home: &Home, name: &str) -> RunRecord {
    let file = home.folders().pop().unwrap().join(name).join("run.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_a_commit_makes_worse_is_named_with_its_cause() {
    let home = repository();
    write(&home, "app/Dockerfile.good", WORSE);
    commit(&home, "worse");
    // What is in no commit is neither measured nor touched.
    write(&home, "app/Dockerfile.good", "FROM base:1\nRUN fail\n");
    let before = git_in(&home, &["status", "--porcelain=v2", "--branch"]);
    let (outcome, table) = home.run(&["ab", "HEAD~1", "--warmup", "0"]).await;
    assert_eq!(outcome.unwrap(), Exit::Regressed, "{}", home.talk());
    for said in [
        "rebuild.source",
        "size.unpacked",
        "COPY: 9.00 MB more",
        "RUN more: 2.00 s, new",
    ] {
        assert!(table.contains(said), "no `{said}` in\n{table}");
    }
    assert!(home.talk().contains("changes that are in no commit"));
    assert_eq!(
        git_in(&home, &["status", "--porcelain=v2", "--branch"]),
        before
    );
    assert!(git_in(&home, &["worktree", "list"]).lines().count() == 1);

    let record = home.record();
    let asked = record.ab.as_ref().unwrap();
    assert_eq!(asked.base.name, "HEAD~1");
    assert_eq!(
        asked.head.commit,
        git_in(&home, &["rev-parse", "HEAD"]).trim()
    );
    // Both in every round, and the floor.
    assert!(record.plan.order.iter().all(|round| round.len() == 3));
    let (base, head) = (side(&home, "base"), side(&home, "head"));
    assert_eq!(base.revision.as_ref(), Some(&asked.base));
    for (run, builds) in [(&base, 4.2), (&head, 6.2)] {
        assert!(run.ab.is_none());
        assert_eq!(run.scenarios.len(), 1);
        assert_eq!(run.scenarios[0].name, "app");
        assert_eq!(run.plan.rounds_done(), 8);
        let cold = values(run, "good", Metric::BuildCold);
        assert_eq!(cold.len(), 8);
        assert!(close(&cold, builds), "{cold:?}");
        assert!(
            run.samples
                .iter()
                .all(|sample| !sample.case.as_str().contains("--"))
        );
    }
    let folder = home.folders().pop().unwrap();
    for file in [
        "comparison.md",
        "comparison.csv",
        "comparison.json",
        "comparison.svg",
        "comparison.html",
        "head/report.md",
    ] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    assert!(home.engine.leftovers().is_empty());

    // The run alone is enough to compare its sides again, on the same terms.
    let plimsoll = |arguments: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        program.arg("--home").arg(home.path()).args(arguments);
        program.output().unwrap()
    };
    let again = plimsoll(&["compare", "latest", "--format", "json"]);
    assert_eq!(again.status.code(), Some(3), "{again:?}");
    assert_eq!(
        again.stdout,
        std::fs::read(folder.join("comparison.json")).unwrap()
    );
    let alone = plimsoll(&["compare", "latest/head"]);
    assert_eq!(alone.status.code(), Some(2), "{alone:?}");
    let said = String::from_utf8(alone.stderr).unwrap();
    assert!(
        said.contains("is one run") && said.contains("name HEAD too"),
        "{said}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_comment_changes_nothing() {
    let home = repository();
    write(&home, "app/Dockerfile.good", &format!("# why\n{GOOD}"));
    commit(&home, "a comment");
    let (outcome, table) = home.run(&["ab", "HEAD~1", "HEAD", "--warmup", "0"]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{table}");
    let looks = home.record().ab.unwrap().looks;
    assert_eq!(looks.len(), 1, "{looks:?}");
    assert_eq!((looks[0].rounds, looks[0].open), (8, 0));
}

#[tokio::test(start_paused = true)]
async fn only_what_differs_is_measured() {
    let home = repository();
    write(&home, "README.md", "# an app\n");
    commit(&home, "outside of the context");
    let (outcome, said) = home.run(&["ab", "HEAD~1"]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine);
    assert!(
        said.starts_with("Nothing that is built or run differs"),
        "{said}"
    );
    assert!(!home.path().join("results").exists());
    let (_, json) = home.run(&["ab", "HEAD~1", "--format", "json"]).await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["unchanged"], true);

    // A variant more is reported; the one that both have is measured when that is asked for.
    let file = home.path().join("scenarios/app.toml");
    let text = std::fs::read_to_string(&file).unwrap()
        + "[[variant]]\nname = \"new\"\nstrategy = \"new\"\ntitle = \"new\"\ndockerfile = \"Dockerfile.good\"\n";
    std::fs::write(&file, text).unwrap();
    commit(&home, "a variant");
    let (outcome, _) = home
        .run(&[
            "ab",
            "HEAD~1",
            "--unchanged",
            "--rounds",
            "1",
            "--max-rounds",
            "1",
        ])
        .await;
    assert_eq!(outcome.unwrap(), Exit::Fine);
    assert!(
        home.talk()
            .contains("only in head, so not compared: app/new")
    );
    assert_eq!(side(&home, "head").cases.len(), 2, "the floor and one case");
}

#[tokio::test(start_paused = true)]
async fn open_verdicts_ask_for_more_rounds_at_parts_of_the_level() {
    let home = repository();
    write(&home, "app/Dockerfile.good", &format!("# why\n{GOOD}"));
    commit(&home, "a comment");
    // Intervals begin at 6 pairs, and six have none at the level of a look: the looks before 8
    // rounds cannot settle anything.
    let (outcome, _) = home
        .run(&[
            "ab",
            "HEAD~1",
            "--warmup",
            "1",
            "--rounds",
            "4",
            "--max-rounds",
            "8",
        ])
        .await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    let record = home.record();
    let ab = record.ab.as_ref().unwrap();
    assert_eq!(ab.planned_looks, [4, 6, 8]);
    let rounds: Vec<_> = ab.looks.iter().map(|look| look.rounds).collect();
    assert_eq!(rounds, [4, 6, 8]);
    assert!(ab.looks[1].open > 0 && ab.looks[2].open == 0, "{ab:?}");
    let levels: Vec<_> = ab.looks.iter().map(|look| look.level.get()).collect();
    assert!((levels[0] - 0.025).abs() < 1e-12 && (levels[2] - 0.0125).abs() < 1e-12);
    assert_eq!(record.plan.rounds, 8);
    assert_eq!(record.plan.order.len(), 9);
    assert_eq!(record.plan.rounds_done(), 9);
    // The order is that of a run that was planned so from the start.
    let mut cases = record.plan.order[0].clone();
    cases.sort_by_key(|id| (id.as_str().starts_with("floor/"), id.clone()));
    let planned = plimsoll::runner::order_of(&cases, record.plan.seed, 9);
    assert_eq!(record.plan.order, planned);
}

#[tokio::test(start_paused = true)]
async fn what_fails_in_head_is_a_regression_and_in_both_an_error() {
    let home = repository();
    write(
        &home,
        "app/Dockerfile.good",
        "FROM base:1\nCOPY main.src ./\nRUN fail\n",
    );
    commit(&home, "broken");
    let (outcome, table) = home.run(&["ab", "HEAD~1"]).await;
    assert_eq!(outcome.unwrap(), Exit::Regressed, "{table}");
    assert!(
        table.contains("no rule") || table.contains("exit code"),
        "{table}"
    );
    // Base is not measured alone for the rounds that were asked for.
    assert_eq!(rounds_of(&home), (1, Some(RoundsEnd::Failed)));
    write(
        &home,
        "app/Dockerfile.good",
        "FROM base:1\nCOPY main.src ./\nRUN fail too\n",
    );
    commit(&home, "still broken");
    let (outcome, _) = home.run(&["ab", "HEAD~1"]).await;
    assert_eq!(outcome.unwrap(), Exit::Failed);
    let (outcome, _) = home.run(&["ab", "HEAD~2", "--exit-zero"]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine);
}

#[tokio::test(start_paused = true)]
async fn a_variant_that_is_broken_in_head_is_not_measured_further_in_base() {
    let home = repository();
    let file = home.path().join("scenarios/app.toml");
    let text = std::fs::read_to_string(&file).unwrap()
        + "[[variant]]\nname = \"bad\"\nstrategy = \"bad\"\ntitle = \"bad\"\ndockerfile = \"Dockerfile.bad\"\n";
    std::fs::write(&file, text).unwrap();
    write(&home, "app/Dockerfile.bad", GOOD);
    commit(&home, "two variants");
    write(
        &home,
        "app/Dockerfile.bad",
        "FROM base:1\nCOPY main.src ./\nRUN fail\n",
    );
    write(&home, "app/Dockerfile.good", WORSE);
    commit(&home, "one is broken");
    let arguments = [
        "ab",
        "HEAD~1",
        "--rounds",
        "4",
        "--warmup",
        "0",
        "--max-rounds",
        "4",
    ];
    let (outcome, table) = home.run(&arguments).await;
    assert_eq!(outcome.unwrap(), Exit::Regressed, "{table}");
    let record = home.record();
    let builds = |id: &str| {
        let samples = record.samples.iter().filter(|one| one.case.as_str() == id);
        samples
            .filter(|one| one.metric == Metric::BuildCold && one.outcome.value().is_some())
            .count()
    };
    assert_eq!(record.plan.rounds, 4);
    assert_eq!(builds("app--base/good"), 4);
    assert_eq!(builds("app--head/good"), 4);
    assert_eq!(builds("app--base/bad"), 1, "once, to see that it worked");
    assert_eq!(builds("app--head/bad"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_missing_revision_and_a_folder_outside_a_repository_are_errors() {
    let home = repository();
    let failed = |outcome: Result<Exit, Failure>| outcome.unwrap_err();
    let error = failed(home.run(&["ab", "origin/main"]).await.0);
    assert_eq!(error.exit, Exit::Usage);
    let text = error.to_string();
    assert!(text.contains("there is no commit `origin/main`"), "{text}");
    assert!(text.contains("fetch-depth: 0"), "{text}");
    let error = failed(home.run(&["ab", "--", "--output=x"]).await.0).to_string();
    assert!(error.contains("no revision has such a name"), "{error}");
    let error = failed(
        home.run(&["ab", "HEAD", "--scenario", "/etc/x.toml"])
            .await
            .0,
    );
    assert!(
        error.to_string().contains("not in the repository"),
        "{error}"
    );

    let bare = Home::new(&[("good", GOOD)]);
    let error = failed(bare.run(&["ab", "main"]).await.0).to_string();
    assert!(error.contains("is in no git repository"), "{error}");
    assert_eq!(git::left_over(), [] as [std::path::PathBuf; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_scenario_by_path_is_read_in_both_revisions() {
    let home = repository();
    let file = home.path().join("scenarios/app.toml");
    write(&home, "app/Dockerfile.good", WORSE);
    commit(&home, "worse");
    let path = file.display().to_string();
    let arguments = [
        "ab",
        "HEAD~1",
        "--scenario",
        &path,
        "--metric",
        "size.unpacked",
    ];
    let (outcome, table) = home.run(&arguments).await;
    assert_eq!(outcome.unwrap(), Exit::Regressed);
    assert!(!table.contains("build.cold"), "{table}");
    // An A/B run does not go on.
    let folder = home.folders().pop().unwrap().display().to_string();
    let error = home.run(&["run", "--resume", &folder]).await.0.unwrap_err();
    assert!(error.to_string().contains("complete") || error.to_string().contains("two revisions"));
}

#[tokio::test(start_paused = true)]
async fn a_picture_for_a_terminal_is_refused_before_anything_is_measured() {
    let mut home = repository();
    write(&home, "app/Dockerfile.good", WORSE);
    commit(&home, "worse");
    home.width = Some(80);
    let (outcome, out) = home.run(&["ab", "HEAD~1", "--format", "png"]).await;
    let said = outcome.unwrap_err().to_string();
    assert!(
        said.contains("a terminal cannot show") && said.contains("comparison.svg"),
        "{said}"
    );
    assert_eq!(out, "");
    assert!(!home.path().join("results").exists());
}

/// Who does not let git ignore the results has them untracked from the second run on.
#[tokio::test]
async fn runs_in_the_tree_do_not_make_it_dirty_and_other_files_do() {
    let home = repository();
    std::fs::remove_file(home.path().join(".gitignore")).unwrap();
    std::fs::create_dir_all(home.path().join("service/results/a-run")).unwrap();
    write(&home, "service/Dockerfile", GOOD);
    commit(&home, "a service of its own, and nothing ignored");
    let results = std::path::Path::new("results");
    let dirty = async |folder: &str| {
        let folder = home.path().join(folder);
        let repository = git::Repository::holding(&folder).await.unwrap();
        repository.current(results).await.unwrap().dirty
    };
    assert!(!dirty("service").await && !dirty("").await);

    write(&home, "service/results/a-run/run.json", "{}");
    assert!(!dirty("service").await, "a run of this folder's");
    assert!(dirty("").await, "to the top folder it is any file");
    write(&home, "service/new.src", "");
    assert!(dirty("service").await, "a file that git does not know");
    git_in(&home, &["clean", "-fdq"]);
    assert!(!dirty("service").await);
    write(&home, "service/Dockerfile", WORSE);
    assert!(dirty("service").await, "a change");
}

/// Counted rounds, and why there were no more.
fn rounds_of(home: &Home) -> (u32, Option<RoundsEnd>) {
    let record = home.record();
    (record.plan.rounds, record.ab.unwrap().ended)
}

#[tokio::test(start_paused = true)]
async fn rounds_end_where_no_more_can_change_the_outcome() {
    let home = repository();
    write(&home, "app/Dockerfile.good", WORSE);
    commit(&home, "worse");
    let few = ["--warmup", "0", "--rounds", "4", "--max-rounds", "8"];
    // Times are open with four rounds, and the size is worse whatever they say.
    let arguments = [&["ab", "HEAD~1"], &few[..]].concat();
    let (outcome, table) = home.run(&arguments).await;
    assert_eq!(outcome.unwrap(), Exit::Regressed, "{table}");
    assert_eq!(rounds_of(&home), (4, Some(RoundsEnd::Decided)));
    assert!(
        home.talk()
            .contains("no more rounds after 4: something is worse")
    );

    write(&home, "app/Dockerfile.good", &format!("# why\n{WORSE}"));
    commit(&home, "a comment");
    let arguments = [&["ab", "HEAD~1", "--time-budget", "1s"], &few[..]].concat();
    let (outcome, table) = home.run(&arguments).await;
    assert_eq!(outcome.unwrap(), Exit::Fine);
    assert_eq!(rounds_of(&home), (1, Some(RoundsEnd::TimeBudget)));
    assert!(
        table.contains("at least 6 rounds a side are needed"),
        "{table}"
    );
    let ab = home.record().ab.unwrap();
    assert_eq!((ab.looks.len(), ab.looks[0].level.get()), (1, 0.05));
    assert_eq!(home.record().plan.order.len(), 1);
    let arguments = [&["ab", "HEAD~1", "--time-budget", "1h"], &few[..]].concat();
    assert_eq!(home.run(&arguments).await.0.unwrap(), Exit::Fine);
    assert_eq!(rounds_of(&home), (8, Some(RoundsEnd::Settled)));
    let five = [
        "ab",
        "HEAD~1",
        "--warmup",
        "0",
        "--rounds",
        "4",
        "--max-rounds",
        "5",
    ];
    assert_eq!(home.run(&five).await.0.unwrap(), Exit::Fine);
    assert_eq!(rounds_of(&home), (5, Some(RoundsEnd::MaxRounds)));
    // Sizes are settled by the second round, whatever was planned.
    let exact = [
        "ab",
        "HEAD~1",
        "--metric",
        "size.unpacked",
        "--metric",
        "size.layers",
    ];
    let (outcome, table) = home.run(&[&exact[..], &few].concat()).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{table}");
    assert_eq!(rounds_of(&home), (2, Some(RoundsEnd::Settled)));
    for absurd in ["1e308%", "-1%", "inf", "nan"] {
        let arguments = ["plimsoll", "ab", "HEAD~1", "--threshold", absurd];
        assert!(Cli::try_parse_from(arguments).is_err(), "{absurd}");
    }
    let soon = Cli::try_parse_from(["plimsoll", "ab", "HEAD~1", "--time-budget", "soon"]);
    let error = soon.unwrap_err().to_string();
    assert!(error.contains("a duration is expected"), "{error}");
}
