//! What goes wrong outside of measuring: nothing of it is hidden, and nothing is lost.

use super::*;

fn reasons(record: &RunRecord, metric: Metric) -> Vec<String> {
    let of = record.samples.iter().filter(|it| it.metric == metric);
    of.filter_map(|sample| match &sample.outcome {
        Outcome::Dnf { reason } => Some(reason.clone()),
        _ => None,
    })
    .collect()
}

#[tokio::test(start_paused = true)]
async fn a_report_that_cannot_be_written_hides_neither_the_result_nor_its_folder() {
    let home = Home::new(&[("good", GOOD)]);
    let results = home.path().join("results");
    home.engine.state(|state| state.blocks = Some(results));
    let (outcome, table) = home.run(&["run", "app", "--rounds", "2"]).await;
    let failure = outcome.unwrap_err().to_string();
    assert!(failure.contains("report."), "{failure}");
    assert!(table.contains("good"), "{table}");
    assert!(home.talk().contains("results in "), "{}", home.talk());
    let record = home.record();
    assert_eq!(record.state, RunState::Complete);
    assert_eq!(values(&record, "good", Metric::BuildCold).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn cache_records_that_cannot_be_listed_or_removed_are_reported() {
    for (verb, words) in [
        ("build-cache", "could not be listed"),
        ("prune-cache", "could not be removed"),
    ] {
        let home = Home::new(&[("good", GOOD)]);
        home.engine.state(|state| state.refuses.push(verb));
        home.run(&["run", "app", "--rounds", "2"]).await.0.unwrap();
        let warnings = home.record().warnings;
        let reported = warnings.iter().filter(|it| it.contains(words)).count();
        assert!(reported > 0, "{verb}: {warnings:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_phase_of_the_floor_that_fails_has_its_reason() {
    for (verb, words) in [
        ("create", "the container was not created"),
        ("start", "the container did not start"),
    ] {
        let home = Home::new(&[("good", GOOD)]);
        home.engine.state(|state| state.refuses.push(verb));
        let _ = home.run(&["run", "app", "--rounds", "1"]).await;
        let reported = reasons(&home.record(), Metric::FloorStopTime);
        assert!(
            reported.iter().any(|it| it.contains(words)),
            "{verb}: {reported:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_exit_for_lack_of_memory_is_named() {
    let home = Home::new(&[("dies", &format!("{GOOD}# crashes\n"))]);
    home.engine.state(|state| state.oom = true);
    let _ = home.run(&["run", "app", "--rounds", "1"]).await;
    let reported = reasons(&home.record(), Metric::StartReady);
    assert!(reported[0].contains("out of memory"), "{reported:?}");
}

#[tokio::test(start_paused = true)]
async fn clean_removes_what_it_has_shown_and_nothing_that_came_up_since() {
    let home = Home::new(&[("good", GOOD)]);
    let tag = |name: &str| format!("127.0.0.1:5000/plimsoll-run/20260102t030405z-app/{name}:1");
    home.engine.add_base(&tag("shown"), &[]);
    home.engine
        .label_as_of_run(&tag("shown"), "20260102t030405z-app");
    home.engine
        .state(|state| state.appears = Some(tag("later")));
    let (outcome, list) = home.run(&["clean", "--yes"]).await;
    outcome.unwrap();
    assert!(list.contains("shown"), "{list}");
    let names = home.engine.state(|state| state.names());
    assert!(!names.contains(&tag("shown")), "{names:?}");
    assert!(names.contains(&tag("later")), "{names:?}");
}

#[tokio::test(start_paused = true)]
async fn clean_leaves_a_run_of_a_process_with_another_folder_for_temporary_files() {
    let home = Home::new(&[("good", GOOD)]);
    let run = "20260102T030405Z-elsewhere";
    home.engine.state(|state| {
        let name = "plimsoll-1-net".to_owned();
        state.networks.insert(name, Some(run.to_owned()));
    });
    let folder = home.results().join(run);
    std::fs::create_dir_all(&folder).unwrap();
    // No beacon in this folder for temporary files, but the lock of the run.
    let lock = std::fs::File::create(folder.join(".lock")).unwrap();
    lock.lock().unwrap();
    let left = || home.engine.state(|state| state.networks.len());
    home.run(&["clean", "--yes"]).await.0.unwrap();
    assert_eq!(left(), 1);
    drop(lock);
    home.run(&["clean", "--yes"]).await.0.unwrap();
    assert_eq!(left(), 0);
}
