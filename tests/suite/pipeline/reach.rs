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

const DB: &str = "[[companion]]\nname = \"db\"\nimage = \"db:1\"\nready = \"log:ready on\"\n";

#[tokio::test(start_paused = true)]
async fn the_way_is_tried_in_the_networks_that_the_run_uses() {
    // The scenario, and a second one whose app has a companion.
    for (scenarios, companion, closed, reach, tries) in [
        (&["app"][..], false, vec![Reach::Bridge], Reach::Bridge, 1),
        (&["app"], true, vec![Reach::Bridge], Reach::Published, 1),
        (&["app"], true, vec![], Reach::Bridge, 1),
        (
            &["app", "other"],
            false,
            vec![Reach::Bridge],
            Reach::Published,
            2,
        ),
    ] {
        let home = Home::new(&[("good", GOOD)]);
        home.engine.add_base("db:1", &[]);
        let file = home.path().join("scenarios/app.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let other = text.replacen("name = \"app\"", "name = \"other\"", 1) + DB;
        std::fs::write(home.path().join("scenarios/other.toml"), other).unwrap();
        if companion {
            std::fs::write(file, text + DB).unwrap();
        }
        home.engine.state(|state| state.closed_in_private = closed);
        let arguments = [&["run"][..], scenarios, &["--profile", "quick"]].concat();
        let (outcome, _) = home.run(&arguments).await;
        assert_eq!(outcome.unwrap(), Exit::Fine, "{}", home.talk());
        assert_eq!(home.record().plan.reach, reach, "{scenarios:?}");
        let tried = |call: &&String| call.starts_with("create ") && call.ends_with("-reach");
        let made = home
            .engine
            .state(|state| state.calls.iter().filter(tried).count());
        assert_eq!(made, tries, "{scenarios:?}");
        assert!(home.engine.leftovers().is_empty());
    }
    let home = Home::new(&[("good", GOOD)]).with(DB);
    home.engine.add_base("db:1", &[]);
    home.engine
        .state(|state| state.closed_in_private = vec![Reach::Bridge, Reach::Published]);
    let (outcome, _) = home.run(&["run", "app", "--profile", "quick"]).await;
    assert_eq!(outcome.unwrap(), Exit::Failed);
    let talk = home.talk();
    assert!(
        talk.contains("could not be reached (in a private network by its address:"),
        "{talk}"
    );
}
