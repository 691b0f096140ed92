//! A run whose Dockerfiles, steps, logs and scenario hold secrets and hostile texts.

use plimsoll::cli::Exit;
use plimsoll::record::RunRecord;

use crate::pipeline::home::Home;
use crate::plants::{HOSTILE, assert_inert, assert_secretless, in_files, secrets};

/// A Dockerfile that has each text in an ENV, an ARG, a LABEL and a RUN.
fn dockerfile(last: &str) -> String {
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
