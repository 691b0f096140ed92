//! How containers are reached.

use plimsoll::cli::Exit;
use plimsoll::record::{Metric, Reach};

use super::home::Home;
use super::{GOOD, values};

#[tokio::test(start_paused = true)]
async fn the_way_to_containers_is_tried_once_and_recorded() {
    let quick = ["run", "app", "--profile", "quick"];
    for (closed, reach) in [
        (vec![], Reach::Bridge),
        (vec![Reach::Bridge], Reach::Published),
    ] {
        let home = Home::new(&[("good", GOOD)]);
        home.engine.state(|state| state.closed = closed);
        let (outcome, _) = home.run(&quick).await;
        assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
        let record = home.record();
        assert_eq!(record.plan.reach, reach);
        assert_eq!(values(&record, "good", Metric::StartReady).len(), 1);
        let tried = |call: &&String| call.starts_with("create") && call.ends_with("-reach");
        let tries = home
            .engine
            .state(|state| state.calls.iter().filter(tried).count());
        assert_eq!(tries, 1);
        assert!(home.engine.leftovers().is_empty());
    }
    // Neither leads to it: what needs no answer is measured all the same.
    let home = Home::new(&[("good", GOOD)]);
    home.engine
        .state(|state| state.closed = vec![Reach::Bridge, Reach::Published]);
    let (outcome, _) = home.run(&quick).await;
    assert_eq!(outcome.unwrap(), Exit::Failed);
    let talk = home.talk();
    assert!(
        talk.contains("containers of this engine could not be reached (by its address:"),
        "{talk}"
    );
    // What is asked for is not tried.
    let home = Home::new(&[("good", GOOD)]);
    let (outcome, _) = home
        .run(&[&quick[..], &["--reach", "published"]].concat())
        .await;
    assert_eq!(outcome.unwrap(), Exit::Fine);
    assert_eq!(home.record().plan.reach, Reach::Published);
    let imported = |call: &String| call.starts_with("import");
    assert!(!home.engine.state(|state| state.calls.iter().any(imported)));
}
