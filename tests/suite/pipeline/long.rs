//! A long run: what a save costs, and what is left of it when the process dies.

use super::*;

/// Visits after which the run dies; a round has one of the case and one of the floor.
const VISITS: usize = 500;

#[tokio::test(start_paused = true)]
async fn saving_costs_the_same_after_500_visits_and_a_run_that_dies_then_is_read_and_resumed() {
    let home = Home::new(&[("good", GOOD)]);
    let saves = |home: &Home| {
        let folders = home.folders();
        let journal = folders.last().map(|folder| folder.join("run.journal"));
        let text = journal.and_then(|journal| std::fs::read_to_string(journal).ok());
        text.map_or(Vec::new(), |text| text.lines().map(str::len).collect())
    };
    let arguments = [
        "run",
        "app",
        "--rounds",
        "260",
        "--warmup",
        "0",
        "--seed",
        "5",
        "--no-push",
    ];
    let engine = home.engine.clone();
    let died = async {
        let stops = |calls: &[String]| {
            calls
                .iter()
                .filter(|call| call.starts_with("stop "))
                .count()
        };
        while engine.state(|state| stops(&state.calls)) < VISITS {
            // Of the paused clock: each look reads all calls so far, so it looks rarely.
            tokio::time::sleep(std::time::Duration::from_secs(20)).await;
        }
    };
    // Dropped in the middle: nothing is saved or removed any more, as after SIGKILL.
    tokio::select! {
        ended = home.run(&arguments) => panic!("it ended: {:?}", ended.0.map_err(|error| error.to_string())),
        () = died => {}
    }
    let costs = saves(&home);
    assert!(costs.len() > 100, "{} saves", costs.len());
    let mean = |part: &[usize]| part.iter().sum::<usize>() / part.len();
    let (early, late) = (mean(&costs[..40]), mean(&costs[costs.len() - 40..]));
    assert!(
        late <= early + early / 5,
        "{early} bytes a save, and then {late}"
    );

    let folder = home.folders().pop().unwrap();
    let whole = std::fs::read_to_string(folder.join("run.json")).unwrap();
    let first = RunRecord::read(&whole).unwrap();
    let known = plimsoll::store::RunFolder::open(&folder).unwrap();
    let known = known.load_record().unwrap();
    assert!(known.plan.visits_done as usize >= VISITS - 20);
    // The journal has the rest; it was written into the record where it had grown too large.
    assert!(known.samples.len() > first.samples.len() + 100);
    assert_eq!(known.state, RunState::Running);
    let path = folder.display().to_string();
    let (outcome, _) = home.run(&["run", "--resume", &path]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
    let record = home.record();
    assert_eq!(record.state, RunState::Complete);
    assert_eq!(values(&record, "good", Metric::BuildCold).len(), 260);
    assert!(!folder.join("run.journal").exists());
}
