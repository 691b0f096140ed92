//! Where a planted secret ends up, by the way that it took into the build; what a look
//! into real images finds as well; and an app that starts with next to no rights.

use plimsoll::record::{
    Disposition, HardenedStart, Metric, Posture, RunRecord, SecretPlace, Status,
};

use super::home::{Home, left, record_of};
use crate::live_engine::stage::live;

const STEP: &str = "RUN [\"/tool\", \"put\", \"/built\", \"NONCE\"]\n";

fn dockerfile(head: &str) -> String {
    format!(
        "FROM scratch\n{head}COPY tool deps.lock /\n{STEP}COPY main.src /\nCMD [\"/tool\", \"serve\"]\n"
    )
}

fn posture<'a>(record: &'a RunRecord, variant: &str) -> &'a Posture {
    let case = record.cases.iter().find(|case| case.variant == variant);
    case.unwrap().posture.as_ref().unwrap()
}

live!(alone a_planted_secret_is_found_where_it_went_and_nowhere_else, stage => {
    let file = dockerfile("COPY token /token\n");
    let mount = dockerfile("").replace("RUN [", "RUN --mount=type=secret,id=TOKEN,required=true [");
    let variants = [
        ("none", dockerfile("")),
        ("arg", dockerfile("ARG TOKEN\n")),
        ("env", dockerfile("ARG TOKEN\nENV TOKEN=$TOKEN\n")),
        ("file", file),
        ("mount", mount),
    ];
    let named: Vec<_> = variants.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let home = Home::new(stage, &named);
    let scenario = home.dir.path().join("scenarios/tiny.toml");
    let mut text = std::fs::read_to_string(&scenario).unwrap();
    for (name, way) in [("arg", "build-arg"), ("env", "build-arg"), ("file", "file:token"), ("mount", "mount")] {
        let line = format!("dockerfile = \"Dockerfile.{name}\"\n");
        text = text.replace(&line, &format!("{line}secret = \"{way}\"\n"));
    }
    std::fs::write(&scenario, text + "[secret]\nid = \"TOKEN\"\n").unwrap();
    let ended = home.plimsoll(&["run", "tiny", "--profile", "quick", "--no-push"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let record = home.record();
    let places = |variant: &str| -> Vec<_> {
        let found = posture(&record, variant).secrets.iter();
        let planted = found.inspect(|one| println!("{variant}: {one:?}")).filter(|one| one.planted);
        planted.map(|one| one.place).collect()
    };
    assert_eq!(places("none"), []);
    assert_eq!(places("mount"), []);
    assert!(places("arg").contains(&SecretPlace::History) && !places("arg").contains(&SecretPlace::Config));
    assert!(places("env").contains(&SecretPlace::Config));
    assert_eq!(places("file"), [SecretPlace::Layer]);
    // The token is nowhere in what the run wrote or printed.
    let (folder, id) = home.run();
    let token = "plimsoll-planted-";
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap());
    for text in texts.chain([ended.out, ended.err]) {
        for (at, _) in text.match_indices(token) {
            let rest: String = text[at + token.len()..].chars().take(4).collect();
            assert!(rest.contains('…'), "a token that is not masked: {rest}");
        }
    }
    for (variant, _) in &named {
        let posture = posture(&record, variant);
        assert_eq!(posture.hardened, Some(HardenedStart::Ready), "{variant}");
        assert_eq!(posture.stop.map(|stop| (stop.exit_code, stop.killed)), Some((7, false)));
        assert!(posture.root && posture.shell.is_none() && posture.leaks.is_empty(), "{posture:?}");
    }
    let files = record.samples.iter().find(|sample| sample.metric == Metric::SizeFiles).unwrap();
    assert_eq!(files.outcome.status(), Status::Ok);
    assert_eq!(left(stage, &id).await, Vec::<String>::new());
});

live!(alone a_platform_without_emulation_is_not_available_and_stops_no_other, stage => {
    let text = dockerfile("");
    let home = Home::new(stage, &[("own", &text), ("foreign", &text)]);
    let scenario = home.dir.path().join("scenarios/tiny.toml");
    let old = std::fs::read_to_string(&scenario).unwrap();
    // No engine runs this, with emulation or without: nobody has a program for it.
    let line = "dockerfile = \"Dockerfile.foreign\"\n";
    let new = old.replace(line, &format!("{line}platform = \"linux/mips64le\"\n"));
    std::fs::write(&scenario, new).unwrap();
    let ended = home.plimsoll(&["run", "tiny", "--profile", "quick", "--no-push"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.contains("not here") && ended.out.contains("linux/mips64le"), "{}", ended.out);
    // The one that can be tried: whatever comes out, nothing of it stays.
    let new = old.replace(line, &format!("{line}platform = \"linux/arm64\"\n"));
    std::fs::write(&scenario, new).unwrap();
    let ended = home.plimsoll(&["run", "tiny", "--profile", "quick", "--no-push"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let record = record_of(home.runs().last().unwrap());
    let foreign = record.cases.iter().find(|case| case.variant == "foreign").unwrap();
    match &foreign.disposition {
        Disposition::NotAvailable { reason } => assert!(reason.contains("install emulation"), "{reason}"),
        ran => assert_eq!(*ran, Disposition::Qualified, "emulation is there"),
    }
    for run in home.runs() {
        let id = run.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(left(stage, &id).await, Vec::<String>::new());
    }
});
