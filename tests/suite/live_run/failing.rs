//! Variants that do not work, next to one that does.

use bollard::query_parameters::EventsOptionsBuilder;
use futures_util::TryStreamExt;
use plimsoll::engine::LABEL_RUN;
use plimsoll::record::{Disposition, Metric, RunState, Status};

use super::home::{Home, left};
use super::matrix::ended_at_once;
use crate::live_engine::stage::{Stage, live};

const VARIANTS: [(&str, &str); 4] = [
    (
        "good",
        "FROM scratch\nCOPY tool deps.lock /\n\
         RUN --mount=type=cache,target=/root/.npm [\"/tool\", \"put\", \"/root/.npm/x\", \"NONCE\"]\n\
         COPY main.src /\nRUN [\"/tool\", \"put\", \"/built\", \"NONCE\"]\nCMD [\"/tool\", \"serve\"]\n",
    ),
    (
        "crash",
        "FROM scratch\nCOPY tool main.src /\nCMD [\"/tool\", \"exit\", \"3\"]\n",
    ),
    (
        "wrong",
        "FROM scratch\nCOPY tool main.src /\nCMD [\"/tool\", \"serve\", \"no\"]\n",
    ),
    (
        "broken",
        "FROM scratch\nCOPY tool main.src /\nRUN [\"/tool\", \"exit\", \"4\", \"NONCE\"]\n",
    ),
];

live!(alone what_fails_is_dnf_with_its_reason_and_its_sibling_is_measured, stage => {
    let home = Home::new(stage, &VARIANTS);
    let scenario = home.dir.path().join("scenarios/tiny.toml");
    let text = std::fs::read_to_string(&scenario).unwrap();
    std::fs::write(&scenario, text.replace("\"20s\"", "\"3s\"")).unwrap();
    let ended = home.plimsoll(&["run", "tiny", "--profile", "quick"]);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.out.contains("DNF"), "{}", ended.out);
    let record = home.record();
    assert_eq!(record.state, RunState::Complete);
    for (variant, _) in VARIANTS {
        let case = record.cases.iter().find(|case| case.variant == variant).unwrap();
        let samples: Vec<_> = record.samples.iter().filter(|sample| sample.case == case.id).collect();
        assert!(!samples.is_empty());
        let expected: &[&str] = match variant {
            "crash" => &["exited with code 3 before it was ready", "line 29 | line 30"],
            "wrong" => &["the contract was not kept: answered 200 at /", "body: no"],
            "broken" => &["RUN [\"/tool\", \"exit\"", "exit code: 4", "line 29 | line 30"],
            _ => {
                assert_eq!(case.disposition, Disposition::Qualified);
                for sample in samples {
                    // This run is on the user's engine, which pulls nothing cold.
                    let expected = if sample.metric.is_linked() { Status::NotMeasured } else { Status::Ok };
                    assert!(sample.outcome.status() == expected || ended_at_once(sample), "{sample:?}");
                }
                continue;
            }
        };
        let Disposition::Failed { reason } = &case.disposition else {
            panic!("{variant}: {:?}", case.disposition)
        };
        for words in expected {
            assert!(reason.contains(words), "{variant}: {reason}");
        }
        for sample in samples {
            let of_the_context = [Metric::ContextBytes, Metric::ContextFiles].contains(&sample.metric);
            assert!(of_the_context || sample.outcome.status() == Status::Dnf, "{sample:?}");
        }
    }
    assert!(record.warnings.is_empty(), "{:?}", record.warnings);
    let (_, id) = home.run();
    assert_eq!(left(stage, &id).await, Vec::<String>::new());
    let noticed = from_death_to_removal(stage, &id, "_crash-").await;
    println!("the crash was noticed within {noticed} ms");
    assert!(noticed < 1000, "{noticed} ms");
});

/// Milliseconds from a container's death until the run had removed it, by the engine's own stamps.
async fn from_death_to_removal(stage: &Stage, run: &str, name: &str) -> i64 {
    let label = format!("{LABEL_RUN}={run}");
    let filters = std::collections::HashMap::from([
        ("label", vec![label.as_str()]),
        ("type", vec!["container"]),
    ]);
    // Of the past only: the engine keeps the last events.
    let now = chrono::Utc::now().timestamp() + 1;
    let options = EventsOptionsBuilder::default()
        .since(&(now - 600).to_string())
        .until(&now.to_string())
        .filters(&filters)
        .build();
    let events: Vec<_> = stage
        .docker
        .events(Some(options))
        .try_collect()
        .await
        .unwrap();
    let at = |action: &str| {
        let event = events.iter().find(|event| {
            let named = event
                .actor
                .as_ref()
                .and_then(|actor| actor.attributes.as_ref());
            let named = named.and_then(|attributes| attributes.get("name"));
            event.action.as_deref() == Some(action) && named.is_some_and(|it| it.contains(name))
        });
        event
            .and_then(|event| event.time_nano)
            .unwrap_or_else(|| panic!("no {action} in {events:#?}"))
    };
    (at("destroy") - at("die")) / 1_000_000
}
