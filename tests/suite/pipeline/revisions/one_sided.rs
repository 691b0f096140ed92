//! Variants that only one of two revisions has.

use super::*;

const BROKEN: &str = "FROM base:1\nCOPY main.src ./\nRUN fail\n";

/// Renames the variant `good`.
fn rename_variant(home: &Home) {
    let file = home.path().join("scenarios/app.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text
        .replace("name = \"good\"", "name = \"better\"")
        .replace("variant = \"good\"", "variant = \"better\"");
    std::fs::write(file, text).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_renamed_variant_is_listed_and_is_not_called_unchanged() {
    let home = repository();
    rename_variant(&home);
    write(&home, "app/Dockerfile.good", BROKEN);
    commit(&home, "renamed, and broken");
    let (outcome, said) = home.run(&["ab", "HEAD~1"]).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.exit, Exit::Failed);
    assert!(
        error.to_string().contains("no variant is in both"),
        "{error}"
    );
    assert!(!said.contains("Nothing that is built"), "{said}");
    for words in [
        "have no variant in common",
        "Only in base, so not compared: app/good.",
        "Only in head, so not compared: app/better.",
    ] {
        assert!(said.contains(words), "no `{words}` in {said}");
    }
    let (_, json) = home.run(&["ab", "HEAD~1", "--format", "json"]).await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["unchanged"], false);
    assert_eq!(json["only_base"][0], "app/good");
    assert_eq!(json["only_head"][0], "app/better");
}

#[tokio::test(start_paused = true)]
async fn what_is_compared_lists_what_is_not() {
    let home = repository();
    let file = home.path().join("scenarios/app.toml");
    let text = std::fs::read_to_string(&file).unwrap()
        + "[[variant]]\nname = \"new\"\nstrategy = \"new\"\ntitle = \"new\"\ndockerfile = \"Dockerfile.good\"\n";
    std::fs::write(&file, text).unwrap();
    // Of one size: only what is on one side is open.
    write(&home, "app/Dockerfile.good", &format!("# why\n{GOOD}"));
    commit(&home, "a comment and a variant");
    let arguments = ["ab", "HEAD~1", "--warmup", "0", "--metric", "size.layers"];
    let (outcome, table) = home.run(&arguments).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{table}");
    assert!(table.contains("Only in head: app/new."), "{table}");
    assert_eq!(home.record().ab.unwrap().only_head.len(), 1);
    let plimsoll = |arguments: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        program.arg("--home").arg(home.path()).args(arguments);
        program.output().unwrap()
    };
    let again = plimsoll(&["compare", "latest"]);
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    let reported = String::from_utf8(again.stdout).unwrap();
    assert!(reported.contains("Only in head: app/new."), "{reported}");
    let open = plimsoll(&["compare", "latest", "--fail-on-inconclusive"]);
    assert_eq!(open.status.code(), Some(4), "{open:?}");
}

#[tokio::test(start_paused = true)]
async fn a_scenario_that_head_introduces_is_no_error_and_one_that_neither_has_is() {
    let home = repository();
    let scenario = std::fs::read_to_string(home.path().join("scenarios/app.toml")).unwrap();
    std::fs::remove_dir_all(home.path().join("scenarios")).unwrap();
    commit(&home, "before plimsoll");
    std::fs::create_dir(home.path().join("scenarios")).unwrap();
    write(&home, "scenarios/app.toml", &scenario);
    commit(&home, "plimsoll is introduced");
    let file = home.path().join("scenarios/app.toml").display().to_string();
    for named in [vec![], vec!["--scenario", "app"], vec!["--scenario", &file]] {
        let arguments = [vec!["ab", "HEAD~1", "--fail-on-inconclusive"], named].concat();
        let (outcome, said) = home.run(&arguments).await;
        assert_eq!(outcome.unwrap(), Exit::Fine, "{said}");
        assert!(
            said.contains("does not have these scenarios")
                && said.contains("Only in head, so not compared: app/good."),
            "{said}"
        );
    }
    // The other way round it is gone; and by a name that neither has, it is a mistake.
    let (outcome, said) = home.run(&["ab", "HEAD", "HEAD~1"]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine);
    assert!(
        said.contains("Only in base, so not compared: app/good."),
        "{said}"
    );
    let error = home.run(&["ab", "HEAD~1", "--scenario", "nope"]).await.0;
    let error = error.unwrap_err();
    assert_eq!(error.exit, Exit::Usage);
    assert!(error.to_string().contains("no scenario `nope`"), "{error}");
    let error = home.run(&["ab", "HEAD~1", "--only", "nope"]).await.0;
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("no variant is selected")
    );
    // What it introduces has to be valid.
    write(&home, "scenarios/app.toml", "schema = 1\n");
    commit(&home, "an invalid scenario");
    let error = home.run(&["ab", "HEAD~2"]).await.0.unwrap_err();
    assert_eq!(error.exit, Exit::Usage, "{error}");
}

/// Moves a variant's Dockerfile, in the tree and in its scenario.
fn move_dockerfile(home: &Home, to: &str) {
    let file = home.path().join("app").join(to);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::rename(home.path().join("app/Dockerfile.good"), file).unwrap();
    let file = home.path().join("scenarios/app.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace("\"Dockerfile.good\"", &format!("\"{to}\""));
    std::fs::write(file, text).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_dockerfile_by_another_name_is_not_measured_unless_a_step_reads_it() {
    for ignored in [true, false] {
        let home = repository();
        if !ignored {
            write(&home, "app/.dockerignore", "deps.next\n");
            commit(&home, "Dockerfiles are sent");
        }
        move_dockerfile(&home, "docker/prod.Dockerfile");
        commit(&home, "moved");
        let (outcome, said) = home.run(&["ab", "HEAD~1"]).await;
        assert_eq!(outcome.unwrap(), Exit::Fine);
        assert!(
            said.starts_with("Nothing that is built or run differs"),
            "{said}"
        );
        assert!(!home.path().join("results").exists());
        write(&home, "app/docker/prod.Dockerfile", WORSE);
        commit(&home, "worse");
        let (outcome, _) = home.run(&["ab", "HEAD~2", "--warmup", "0"]).await;
        assert_eq!(outcome.unwrap(), Exit::Regressed);
    }
    // Where the build takes the file by its name, the name is part of the build.
    let home = repository();
    write(&home, "app/.dockerignore", "deps.next\n");
    write(
        &home,
        "app/Dockerfile.good",
        &format!("{GOOD}COPY Dockerfile.good ./\n"),
    );
    commit(&home, "a Dockerfile in its image");
    move_dockerfile(&home, "prod.Dockerfile");
    commit(&home, "moved");
    let _ = home
        .run(&["ab", "HEAD~1", "--rounds", "1", "--max-rounds", "1"])
        .await;
    assert_eq!(home.folders().len(), 1, "{}", home.talk());
    assert_eq!(git_in(&home, &["status", "--porcelain"]), "");
}
