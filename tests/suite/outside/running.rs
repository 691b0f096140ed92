//! A run whose Dockerfiles, steps, logs and scenario hold secrets and hostile texts.

use plimsoll::cli::Exit;
use plimsoll::record::RunRecord;

use crate::pipeline::home::Home;
use crate::plants::{HOSTILE, assert_inert, assert_secretless, in_files, secrets};

/// A Dockerfile that has each text in an ENV, an ARG, a LABEL and a RUN.
pub(super) fn dockerfile(last: &str) -> String {
    let mut text = "FROM base:1\nCOPY deps.lock ./\n".to_owned();
    for (number, plant) in secrets().iter().enumerate() {
        let (found, secret) = (plant.text.replace('"', "\\\""), &plant.secret);
        text.push_str(&format!(
            "ARG A{number}=\"{found}\"\nENV E{number}=\"{found}\"\nLABEL l{number}=\"{found}\"\n\
             RUN echo {found} && echo {secret}\n"
        ));
    }
    format!("{text}COPY main.src ./\n{last}\n")
}

#[tokio::test(start_paused = true)]
async fn no_file_and_no_line_of_a_run_holds_a_secret() {
    let (good, broken) = (dockerfile("RUN make"), dockerfile("RUN fail"));
    let home = Home::new(&[("good", &good), ("broken", &broken)]);
    let mut contract = String::new();
    for (number, plant) in secrets().iter().enumerate() {
        let text = plant.text.replace('\\', "\\\\").replace('"', "\\\"");
        contract.push_str(&format!(
            "[[source]]\nid = \"s{number}\"\ntitle = \"{text}\"\n"
        ));
    }
    let home = home.with(&contract);
    let (outcome, table) = home.run(&["run", "app", "--profile", "quick"]).await;
    assert_eq!(outcome.unwrap(), Exit::Failed, "{}", home.talk());
    assert_secretless("stdout", &table);
    assert_secretless("stderr", &home.talk());
    let files = in_files(&home.folders()[0], assert_secretless);
    assert!(files > 5, "{files}");
    // It is masked, not lost.
    let record = home.record();
    let text = &record.cases[0].dockerfile.as_ref().unwrap().text;
    assert!(text.contains("ghp_…"), "{text}");
    assert!(
        record
            .builds
            .iter()
            .any(|build| build.steps.iter().any(|step| step.name.contains("ghp_…")))
    );
}

/// What a run is resumed by is compared with the engine and the files as they are: a value that
/// was found in a Dockerfile must not mask it, and what a rule finds in it is masked on both
/// sides.
#[tokio::test(start_paused = true)]
async fn a_run_is_resumed_whatever_was_masked_in_it() {
    // Passwords that are the name of the engine, of a case and of a path of the run.
    let file = "FROM base:1\nENV A_PASSWORD=\"Fake Engine\" B_PASSWORD=app/good C_PASSWORD=scenarios/app.toml\n\
        COPY deps.lock ./\nRUN make\nCOPY main.src ./\n";
    let home = Home::new(&[("good", file), ("other", file)]);
    let secret = "hunter7-of-a-proxy-url";
    let endpoint = format!("unix:///fake.sock?password={secret}");
    home.engine.state(|state| state.endpoint = Some(endpoint));
    let (stop, watch) = (home.stop.clone(), home.engine.clone());
    tokio::spawn(async move {
        let stops = |calls: &[String]| {
            calls
                .iter()
                .filter(|call| call.starts_with("stop "))
                .count()
        };
        while watch.state(|state| stops(&state.calls)) < 3 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        stop.cancel();
    });
    let (outcome, _) = home
        .run(&["run", "app", "--rounds", "2", "--warmup", "0"])
        .await;
    assert_eq!(outcome.unwrap(), Exit::Interrupted, "{}", home.talk());
    let text = std::fs::read_to_string(home.folders()[0].join("run.json")).unwrap();
    assert!(!text.contains(secret), "the endpoint holds a password");
    assert!(text.contains("A_PASSWORD=\\\"Fa…"), "{text}");
    let folder = home.folders()[0].display().to_string();
    let resumed = Home {
        stop: tokio_util::sync::CancellationToken::new(),
        ..home
    };
    let (outcome, _) = resumed.run(&["run", "--resume", &folder]).await;
    assert_eq!(outcome.unwrap(), Exit::Fine, "{}", resumed.talk());
    assert_eq!(resumed.record().engine.name, "Fake Engine");
}

#[tokio::test(start_paused = true)]
async fn no_file_and_no_line_of_a_run_is_hostile() {
    let hostile = HOSTILE.replace(['\n', '\r', '\0', '\u{85}', '\u{2028}'], " ");
    let file = |last: &str| {
        format!("FROM base:1\nCOPY deps.lock ./\nRUN x {hostile}\nCOPY main.src ./\n{last}\n")
    };
    let (good, broken) = (file("RUN make"), file(&format!("RUN fail {hostile}")));
    let home = Home::new(&[("good", &good), ("broken", &broken)]);
    let title = serde_json::to_string(HOSTILE)
        .unwrap()
        .replace("\\u007f", "\u{7f}");
    let title = title.replace(['\u{7f}', '\u{9b}', '\u{85}'], "\\u009b");
    let home = home.with(&format!("[[source]]\nid = \"s\"\ntitle = {title}\n"));
    let (outcome, table) = home.run(&["run", "app", "--profile", "quick"]).await;
    assert_eq!(outcome.unwrap(), Exit::Failed, "{}", home.talk());
    assert_inert("stdout", &table);
    assert_inert("stderr", &home.talk());
    assert!(home.talk().contains("fail"), "{}", home.talk());
    let folder = &home.folders()[0];
    // JSON keeps the data.
    let text = std::fs::read_to_string(folder.join("run.json")).unwrap();
    let record = RunRecord::read(&text).unwrap();
    assert!(record.scenarios[0].sources[1].title.contains('\u{1b}'));
    std::fs::remove_file(folder.join("run.json")).unwrap();
    let files = in_files(folder, assert_inert);
    assert!(files > 5, "{files}");
}
