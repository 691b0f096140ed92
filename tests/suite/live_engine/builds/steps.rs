//! Names of steps: what the analysis plans, and what the engine reports.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll::dockerfile::{Dockerfile, StepKey, find_step};

use super::super::stage::live;

/// Files on `scratch`, in which `RUN` is the exec form of a program of the context. `NONCE`
/// stands for a text that no other build has.
const FILES: [&str; 14] = [
    "FROM scratch\nWORKDIR /NONCE\nWORKDIR b\nCOPY tool nonce ./\n",
    "FROM scratch AS base-amd64\nCOPY tool nonce /\nFROM scratch AS base-arm64\nCOPY tool nonce /\nFROM base-${TARGETARCH}\nRUN [\"/tool\", \"write\", \"/NONCE\", \"1\"]\n",
    "FROM scratch AS trig\nONBUILD COPY tool nonce /\nFROM trig AS final\nCOPY nonce /NONCE\nCMD [\"x\"]\n",
    "FROM scratch AS trig\nONBUILD ENV A=1\nONBUILD WORKDIR /$A\nFROM trig\nCOPY nonce /NONCE\n",
    "FROM scratch AS context\nCOPY tool nonce /\nFROM context\nCOPY nonce /NONCE\n",
    "ARG D=/NONCE\nFROM scratch\nARG D\nENV E=${D:-x}/e F=\"a b\"\nCOPY nonce $E/\nCOPY --chown=1:1 [\"nonce\", \"${F} c\"]\n",
    "FROM scratch\nWORKDIR /\nCOPY nonce /NONCE\nWORKDIR /a/..\nWORKDIR ../..\nCOPY tool /\n",
    "FROM scratch AS a\nCOPY nonce /NONCE\nFROM scratch AS b\nCOPY nonce /NONCE\nFROM scratch\nCOPY --from=a / /a\nCOPY --from=b / /b\n",
    "FROM scratch\nCOPY tool nonce /\nRUN --mount=type=cache,target=/c [\"/tool\", \"write\", \"/NONCE\", \"1\"]\n",
    "FROM scratch\nCOPY tool nonce /\nRUN --mount=target=/c [\"/tool\", \"write\", \"/NONCE\", \"1\"]\n",
    "from scratch as Upper\ncopy tool nonce /\nfrom upper\nadd nonce /NONCE\n",
    "# escape=`\nFROM scratch\nCOPY tool `\n  # why\n  nonce /NONCE/\n",
    "FROM scratch AS unused\nCOPY nowhere /\nFROM scratch\nCOPY nonce /NONCE\n",
    "FROM scratch\nENV P=/p\nUSER 1\nLABEL a=$P\nEXPOSE 1\nWORKDIR $P/NONCE\nCOPY nonce \"$P\"/\\$P\n",
];

live!(step_names_are_those_that_the_analysis_plans, stage => {
    for (number, file) in FILES.iter().enumerate() {
        let text = file.replace("NONCE", &stage.nonce);
        let parsed = Dockerfile::parse(&text).unwrap();
        let planned = parsed.steps(None, &BTreeMap::new()).unwrap();
        let all: BTreeSet<_> = planned.iter().map(|step| step.vertex.clone()).collect();
        let request = stage.request(&stage.tag(&format!("names{number}")));
        for repeated in [false, true] {
            let built = stage.build(&request, &text).await;
            let built = built.unwrap_or_else(|failure| panic!("{text}: {failure:?}"));
            let mut reported = BTreeSet::new();
            for step in &built.steps {
                let Some((key, _, printed)) = StepKey::parse_vertex(&step.name) else {
                    continue;
                };
                let found = find_step(&planned, &step.name);
                let found = found.unwrap_or_else(|| panic!("{text}: {}", step.name));
                assert_eq!(found.key.index, key.index, "{text}: {}", step.name);
                assert_eq!(found.printed.as_deref(), Some(printed), "{text}");
                if repeated {
                    assert_eq!(step.cached, !found.always_runs, "{text}: {step:?}");
                }
                reported.insert(found.vertex.clone());
            }
            assert_eq!(reported, all, "{text}: {:#?}", built.steps);
        }
    }
    println!("{} files, built twice each", FILES.len());
});
