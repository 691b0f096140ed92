//! A folder of runs that lies in a build context, and what a run notes around its visits.

use super::*;

/// The newest run in a folder of runs.
fn newest(out: &Path) -> RunRecord {
    let text = std::fs::read_to_string(out.join("latest/run.json")).unwrap();
    RunRecord::read(&text).unwrap()
}

#[tokio::test(start_paused = true)]
async fn runs_in_the_context_are_not_sent_and_other_files_of_that_folder_are() {
    for place in ["app/plimsoll", "app/ci/plimsoll", "app"] {
        let home = Home::new(&[("good", GOOD)]);
        let out = home.path().join(place);
        let named = out.display().to_string();
        let run = [
            "run", "app", "--rounds", "1", "--warmup", "0", "--out", &named,
        ];
        assert_eq!(home.run(&run).await.0.unwrap(), Exit::Fine);
        let first = newest(&out);
        assert_eq!(home.run(&run).await.0.unwrap(), Exit::Fine);
        let second = newest(&out);
        assert_ne!(first.id, second.id);
        for metric in [Metric::ContextFiles, Metric::ContextBytes] {
            assert_eq!(
                values(&first, "good", metric),
                values(&second, "good", metric),
                "{place}"
            );
        }
        // The same tree, so that a run can go on.
        assert_eq!(
            first.scenarios[0].app_sha256, second.scenarios[0].app_sha256,
            "{place}"
        );
        std::fs::write(out.join("notes.src"), "mine\n").unwrap();
        assert_eq!(home.run(&run).await.0.unwrap(), Exit::Fine);
        let files = values(&newest(&out), "good", Metric::ContextFiles)[0];
        assert_eq!(
            files,
            values(&first, "good", Metric::ContextFiles)[0] + 1.0,
            "{place}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_in_the_context_goes_on() {
    let home = Home::new(&[("good", GOOD)]);
    let out = home.path().join("app/plimsoll");
    let named = out.display().to_string();
    let run = [
        "run", "app", "--rounds", "2", "--warmup", "0", "--out", &named,
    ];
    let cut = async {
        tokio::time::sleep(std::time::Duration::from_secs(20)).await;
        home.stop.cancel();
    };
    let (ended, ()) = tokio::join!(home.run(&run), cut);
    assert_eq!(ended.0.unwrap(), Exit::Interrupted);
    let folder = out
        .join("latest")
        .canonicalize()
        .unwrap()
        .display()
        .to_string();
    let again = Home {
        stop: CancellationToken::new(),
        ..home
    };
    let (outcome, _) = again.run(&["run", "--resume", &folder]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", again.talk());
}

#[tokio::test(start_paused = true)]
async fn the_conditions_of_each_visit_are_in_the_record() {
    let home = Home::new(&[("good", GOOD)]);
    let run = ["run", "app", "--rounds", "2", "--warmup", "1"];
    assert_eq!(home.run(&run).await.0.unwrap(), Exit::Fine);
    let record = home.record();
    let visits = record.plan.order.iter().zip(1..);
    let visits: Vec<_> = visits
        .flat_map(|(cases, round)| cases.iter().map(move |case| (case.clone(), round)))
        .collect();
    let noted = record.conditions.iter();
    let noted: Vec<_> = noted
        .map(|visit| (visit.case.clone(), visit.round))
        .collect();
    assert_eq!(noted, visits);
    let visit = &record.conditions[0];
    for at in [visit.before, visit.after] {
        assert!(at.load_per_cpu_ratio.is_some() && at.memory_available_bytes.is_some());
    }
}
