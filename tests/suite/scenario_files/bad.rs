//! What is wrong with a scenario, and what is said about it.

use std::fmt::Write as _;

use super::{Fixture, GOOD};

/// What is wrong, and how it comes from [`GOOD`].
const BAD: &[(&str, &str, &str)] = &[
    ("syntax", "schema = 1", "schema = "),
    (
        "unknown key",
        "title = \"An example\"",
        "titel = \"An example\"",
    ),
    ("unknown key in a table", "dockerfile =", "docker-file ="),
    ("unknown key, nothing near", "[app]\n", "[app]\nxyzzy = 1\n"),
    ("wrong type", "port = 3000", "port = \"3000\""),
    ("missing key", "port = 3000\n", ""),
    (
        "missing table",
        "[app]\nname = \"example\"\npath = \"sample-apps/example\"\n",
        "",
    ),
    ("unknown schema", "schema = 1", "schema = 2"),
    (
        "name",
        "name = \"example\"\ntitle",
        "name = \"An Example\"\ntitle",
    ),
    (
        "app that is missing",
        "sample-apps/example\"",
        "sample-apps/exampel\"",
    ),
    (
        "app that is a file",
        "sample-apps/example\"",
        "sample-apps/example/package.json\"",
    ),
    ("absolute path", "sample-apps/example\"", "/etc\""),
    ("climbing path", "src/release.txt", "../../../etc/passwd"),
    ("port", "3000", "0"),
    ("status", "200", "99"),
    ("path", "\"/health\"", "\"health\""),
    ("no duration", "\"30s\"", "\"30 seconds\""),
    ("zero duration", "\"30s\"", "\"0s\""),
    ("absurd duration", "\"30s\"", "\"61m\""),
    (
        "duplicate source",
        "[[edit]]\nname = \"source\"",
        "[[source]]\nid = \"guide\"\ntitle = \"x\"\n[[edit]]\nname = \"source\"",
    ),
    (
        "duplicate edit",
        "name = \"dependency\"",
        "name = \"source\"",
    ),
    (
        "unknown edit",
        "name = \"dependency\"",
        "name = \"dependencies\"",
    ),
    (
        "find that is not there",
        "find = \"unreleased\"",
        "find = \"released!\"",
    ),
    (
        "find that is there twice",
        "find = \"unreleased\"",
        "find = \"e\"",
    ),
    ("no nonce", "edit-{nonce}", "edit"),
    (
        "no nonce in a file",
        "edits/package.json",
        "edits/plain.json",
    ),
    ("missing edit file", "src/release.txt", "src/relase.txt"),
    (
        "missing from file",
        "edits/package.json",
        "edits/pakage.json",
    ),
    (
        "mixed change",
        "from = \"edits",
        "find = \"x\"\nfrom = \"edits",
    ),
    (
        "no change",
        "[[edit.change]]\nfile = \"package.json\"\nfrom = \"edits/package.json\"\n",
        "",
    ),
    (
        "duplicate variant",
        "name = \"multi-stage\"",
        "name = \"single-stage\"",
    ),
    (
        "strategy",
        "strategy = \"scratch\"",
        "strategy = \"From Scratch\"",
    ),
    (
        "missing Dockerfile",
        "Dockerfile.single-stage",
        "Dockerfile.single",
    ),
    (
        "broken Dockerfile",
        "Dockerfile.single-stage",
        "Dockerfile.broken",
    ),
    (
        "base without value",
        "Dockerfile.single-stage",
        "Dockerfile.unset",
    ),
    (
        "base that is no reference",
        "Dockerfile.single-stage",
        "Dockerfile.upper",
    ),
    (
        "swap of another base",
        "target = \"production\"",
        "swap = { \"node:22\" = \"node:22-slim\" }",
    ),
    (
        "unknown target",
        "target = \"production\"",
        "target = \"prodction\"",
    ),
    (
        "both builds",
        "not-applicable",
        "dockerfile = \"Dockerfile.single-stage\"\nnot-applicable",
    ),
    ("neither build", "not-applicable = \"no interpreter\"\n", ""),
    ("no title", "title = \"full\"\n", ""),
    ("empty reason", "\"no interpreter\"", "\" \""),
    (
        "target without a build",
        "not-applicable",
        "target = \"x\"\nnot-applicable",
    ),
    (
        "failure that is expected nowhere",
        "title = \"full\"\n",
        "title = \"full\"\nexpected-failure = { in = \"build\", says = \" \", why = \"x\" }\n",
    ),
    (
        "failure that is not explained",
        "title = \"full\"\n",
        "title = \"full\"\nexpected-failure = { in = \"stop\", says = \"killed\" }\n",
    ),
    (
        "failure of what is not built",
        "not-applicable",
        "expected-failure = { in = \"stop\", says = \"killed\", why = \"x\" }\nnot-applicable",
    ),
    ("unknown source", "source = \"guide\"", "source = \"giude\""),
    (
        "claim on unknown variant",
        "variant = \"single-stage\"",
        "variant = \"whatever\"",
    ),
    ("unknown metric", "size.unpacked", "size.unpackd"),
    ("metric of counts", "size.unpacked", "size.layers"),
    ("figure", "~1.2 GB", "1,2 GB"),
    ("dimension", "~1.2 GB", "4 min"),
    (
        "claim on a pull without a link",
        "size.unpacked\"\nclaimed = \"~1.2 GB\"",
        "pull.cold\"\nclaimed = \"30 s\"",
    ),
    (
        "claim with a link that is none",
        "size.unpacked\"\nclaimed = \"~1.2 GB\"",
        "pull.cold\"\nclaimed = \"30 s\"\nlink = \"fast\"",
    ),
    (
        "claim with a link for a metric of none",
        "claimed = \"~1.2 GB\"",
        "claimed = \"~1.2 GB\"\nlink = \"100mbit\"",
    ),
    (
        "deploy without a link",
        "size.unpacked\"\nclaimed = \"~1.2 GB\"",
        "deploy.first\"\nclaimed = \"30 s\"",
    ),
    (
        "count among the facts",
        "size.unpacked\"\nclaimed = \"~1.2 GB\"",
        "posture.cves\"\nclaimed = \"3\"",
    ),
    ("change without from", "~1.2 GB", "1.2 GB -> 180 MB"),
    (
        "figure with from",
        "claimed = \"~1.2 GB\"",
        "claimed = \"~1.2 GB\"\nfrom = \"multi-stage\"",
    ),
    (
        "change to itself",
        "claimed = \"~1.2 GB\"",
        "claimed = \"-70 %\"\nfrom = \"single-stage\"",
    ),
    (
        "change from nowhere",
        "claimed = \"~1.2 GB\"",
        "claimed = \"70 %\"\nfrom = \"multistage\"",
    ),
    (
        "dimension of a change",
        "claimed = \"~1.2 GB\"",
        "claimed = \"30 s -> 3 s\"\nfrom = \"multi-stage\"",
    ),
    (
        "no deploys",
        "[[source]]",
        "[deploy]\nper-day = 0\n[[source]]",
    ),
    (
        "too many services",
        "[[source]]",
        "[deploy]\nservices = 1000001\nenvironments = -1\n[[source]]",
    ),
    (
        "half a deploy",
        "[[source]]",
        "[deploy]\nper-day = 0.5\n[[source]]",
    ),
    (
        "unknown key of deploy",
        "[[source]]",
        "[deploy]\nper_day = 1\n[[source]]",
    ),
    (
        "duplicate claim",
        "[[claim]]\n",
        "[[claim]]\nsource = \"guide\"\nvariant = \"single-stage\"\nmetric = \"size.unpacked\"\nclaimed = \"~1.2 GB\"\n[[claim]]\n",
    ),
];

#[test]
#[expect(clippy::too_many_lines, reason = "a table and its answers")]
fn each_error_names_its_place_and_its_fix() {
    let mut report = String::new();
    for (what, good, bad) in BAD {
        assert!(
            GOOD.contains(good),
            "{what}: the good scenario holds `{good}`"
        );
        let fixture = Fixture::new(&GOOD.replacen(good, bad, 1));
        let error = match fixture.load() {
            Err(error) => fixture.error(&error),
            Ok(_) => "LOADED".to_owned(),
        };
        writeln!(report, "# {what}\n{error}").unwrap();
    }
    insta::assert_snapshot!(report, @r#"
    # syntax
    scenarios/example.toml:1:10: string values must be quoted
      expected: a text, in quotes
    # unknown key
    scenarios/example.toml:3:1: unknown key `titel`
      expected: one of `schema`, `name`, `title`, `notes`, `app`, `contract`, `deploy`, `source`, `edit`, `variant`, `matrix`, `claim`, `budget`, `technique`, `load`, `secret`, `extra`, `companion`
      hint: did you mean `title`?
    # unknown key in a table
    scenarios/example.toml:31:1: unknown key `docker-file`
      expected: one of `name`, `strategy`, `title`, `dockerfile`, `image`, `target`, `build-args`, `swap`, `platform`, `secret`, `run`, `env`, `expected-failure`, `not-applicable`
      hint: did you mean `dockerfile`?
    # unknown key, nothing near
    scenarios/example.toml:5:1: unknown key `xyzzy`
      expected: one of `name`, `path`, `env`
    # wrong type
    scenarios/example.toml:8:8: invalid type: string "3000"
      expected: a whole number, without quotes
    # missing key
    scenarios/example.toml:7:1: missing key `port`
      hint: a contract of the kind `http` needs it; other kinds are `tcp`, `log`, `exit`, `healthy`
    # missing table
    scenarios/example.toml:1:1: missing key `app`
      hint: add `app` to what starts here; `plimsoll schema` describes it
    # unknown schema
    scenarios/example.toml:1:10: schema 2 is not known
      expected: `schema = 1`
    # name
    scenarios/example.toml:2:8: invalid name of a scenario `An Example`
      expected: kebab-case: a-z and 0-9, words separated by single dashes
    # app that is missing
    scenarios/example.toml:6:8: `sample-apps/exampel` does not exist
      expected: the app's folder under the scenario's tree
      hint: did you mean `sample-apps/example`?
    # app that is a file
    scenarios/example.toml:6:8: `sample-apps/example/package.json` is not a folder
      expected: the app's folder
    # absolute path
    scenarios/example.toml:6:8: `/etc` is an absolute path
      expected: a path relative to the scenario's tree, without `..`
    # climbing path
    scenarios/example.toml:19:8: `../../../etc/passwd` climbs with `..`
      expected: a path relative to the scenario's tree, without `..`
    # port
    scenarios/example.toml:8:8: invalid port 0
      expected: a port from 1 to 65535
    # status
    scenarios/example.toml:10:10: invalid HTTP status 99
      expected: a status from 100 to 599, a class ("2xx"), a range ("200-399"), or a list of these
    # path
    scenarios/example.toml:9:8: invalid request path `health`
      expected: a path that starts with `/`, without white space
      hint: write `/health`
    # no duration
    scenarios/example.toml:12:16: invalid duration `30 seconds`
      expected: more than 0 and at most an hour, as `500ms`, `30s` or `2m`
    # zero duration
    scenarios/example.toml:12:16: invalid duration `0s`
      expected: more than 0 and at most an hour, as `500ms`, `30s` or `2m`
    # absurd duration
    scenarios/example.toml:12:16: invalid duration `61m`
      expected: more than 0 and at most an hour, as `500ms`, `30s` or `2m`
    # duplicate source
    scenarios/example.toml:17:6: a second source `guide`
      hint: the first is in line 14
    # duplicate edit
    scenarios/example.toml:23:8: a second edit `source`
      hint: the first is in line 17
    # unknown edit
    scenarios/example.toml:23:8: unknown edit `dependencies`
      expected: `source` or `dependency`
      hint: did you mean `dependency`?
    # find that is not there
    scenarios/example.toml:20:8: `released!` occurs 0 times in `src/release.txt`
      expected: a text that occurs exactly once
      hint: copy the text from the file as it is
    # find that is there twice
    scenarios/example.toml:20:8: `e` occurs 3 times in `src/release.txt`
      expected: a text that occurs exactly once
      hint: add more of the text around it
    # no nonce
    scenarios/example.toml:17:8: no change of the edit holds `{nonce}`
      hint: put `{nonce}` where its new text may hold anything: without it the builder has seen the content before
    # no nonce in a file
    scenarios/example.toml:23:8: no change of the edit holds `{nonce}`
      hint: put `{nonce}` where its new text may hold anything: without it the builder has seen the content before
    # missing edit file
    scenarios/example.toml:19:8: `src/relase.txt` does not exist
      expected: the file to change under `sample-apps/example`
      hint: did you mean `src/release.txt`?
    # missing from file
    scenarios/example.toml:26:8: `edits/pakage.json` does not exist
      expected: the replacement under `sample-apps/example`
      hint: did you mean `edits/package.json`?
    # mixed change
    scenarios/example.toml:27:8: the change mixes or halves its forms
      expected: `find` and `replace`, or `from`
    # no change
    scenarios/example.toml:23:8: the edit changes nothing
      expected: one `[[edit.change]]` at least
    # duplicate variant
    scenarios/example.toml:33:8: a second variant `single-stage`
      hint: the first is in line 28
    # strategy
    scenarios/example.toml:41:12: invalid strategy `From Scratch`
      expected: kebab-case: a-z and 0-9, words separated by single dashes
    # missing Dockerfile
    scenarios/example.toml:31:14: `Dockerfile.single` does not exist
      expected: a Dockerfile under `sample-apps/example`
      hint: did you mean `Dockerfile.single-stage`?
    # broken Dockerfile
    sample-apps/example/Dockerfile.broken:3:1: unknown instruction `RUNN`
      hint: did you mean `RUN`?
    # base without value
    sample-apps/example/Dockerfile.unset:1:1: the base `node:$V` expands to `node:`
      hint: give `V` a value: `ARG V=…` before the first FROM, or a build argument
    # base that is no reference
    scenarios/example.toml:31:14: invalid base in `Dockerfile.upper`: `Node`: a repository is written in lower case
      hint: fix it in the Dockerfile, or give its ARG a value by `build-args`
    # swap of another base
    scenarios/example.toml:37:8: `Dockerfile.multi-stage` is not built on `node:22`
      expected: a base as the file names it
      hint: did you mean `node:20`?
    # unknown target
    scenarios/example.toml:37:10: `Dockerfile.multi-stage` has no stage `prodction`
      expected: one of its stages: `builder`, `production`
      hint: did you mean `production`?
    # both builds
    scenarios/example.toml:40:8: variant `scratch` has `dockerfile` and `not-applicable`
      expected: one of: a Dockerfile, a ready image, or the reason why there is neither
    # neither build
    scenarios/example.toml:40:8: variant `scratch` has none of `dockerfile`, `image` and `not-applicable`
      expected: one of: a Dockerfile, a ready image, or the reason why there is neither
    # no title
    scenarios/example.toml:28:8: variant `single-stage` has no title
      expected: `title`, a line about it
    # empty reason
    scenarios/example.toml:42:18: the reason is empty
      hint: say why the variant cannot exist
    # target without a build
    scenarios/example.toml:42:10: variant `scratch` is not applicable and yet says how to build it
      expected: a reason and nothing else
    # failure that is expected nowhere
    scenarios/example.toml:31:27: nothing is expected to fail in `build`
      expected: `start` or `stop`
    scenarios/example.toml:31:43: the text is empty
      hint: say what the reason must hold
    # failure that is not explained
    scenarios/example.toml:31:20: missing key `why`
      hint: add `why` to what starts here; `plimsoll schema` describes it
    # failure of what is not built
    scenarios/example.toml:42:27: variant `scratch` is not applicable and yet says how to build it
      expected: a reason and nothing else
    # unknown source
    scenarios/example.toml:44:10: unknown source `giude`
      hint: did you mean `guide`?
    # claim on unknown variant
    scenarios/example.toml:45:11: unknown variant `whatever`
      hint: there are `single-stage`, `multi-stage`, `scratch`
    # unknown metric
    scenarios/example.toml:46:10: unknown metric `size.unpackd`
      hint: did you mean `size.unpacked`?
    # metric of counts
    scenarios/example.toml:46:10: metric `size.layers` is a count
      expected: a metric of bytes or of seconds
      hint: a claim about a change may name it: add `from`
    # figure
    scenarios/example.toml:47:11: invalid figure `1,2 GB`
      expected: a number and a unit, as `~1.2 GB`, `900+ MB`, `416 KB`, `2 GiB`, `250 ms`, `30 s`, `4 min`
    # dimension
    scenarios/example.toml:47:11: `4 min` does not fit metric `size.unpacked`
      expected: a size, as `1.2 GB`
    # claim on a pull without a link
    scenarios/example.toml:46:10: metric `pull.cold` is another over each link
      expected: a claim that names its link
      hint: add e.g. `link = "100mbit"`
    # claim with a link that is none
    scenarios/example.toml:48:8: `fast` is no link: `fast` is neither a rate nor a latency; write `loopback`, `100mbit` or `100mbit,20ms`
    # claim with a link for a metric of none
    scenarios/example.toml:48:8: metric `size.unpacked` goes over no link
      hint: remove `link`
    # deploy without a link
    scenarios/example.toml:46:10: metric `deploy.first` is another over each link
      expected: a claim that names its link
      hint: add e.g. `link = "100mbit"`
    # count among the facts
    scenarios/example.toml:46:10: metric `posture.cves` is a count
      expected: a metric of bytes or of seconds
      hint: a claim about a change may name it: add `from`
    # change without from
    scenarios/example.toml:47:11: invalid figure `1.2 GB -> 180 MB`
      expected: a number and a unit, as `~1.2 GB`, `900+ MB`, `416 KB`, `2 GiB`, `250 ms`, `30 s`, `4 min`
      hint: a change needs `from`, the variant before it
    # figure with from
    scenarios/example.toml:47:11: invalid change `~1.2 GB`
      expected: as `30 s -> 3 s`, `-70 %`, `+2.5 %`, `47x`, `1/2`, `less` or `more`
      hint: a figure needs no `from`
    # change to itself
    scenarios/example.toml:48:8: a change from `single-stage` to itself
      expected: `from`, the variant before the change
    # change from nowhere
    scenarios/example.toml:47:11: invalid change `70 %`
      expected: as `30 s -> 3 s`, `-70 %`, `+2.5 %`, `47x`, `1/2`, `less` or `more`
    scenarios/example.toml:48:8: unknown variant `multistage`
      hint: did you mean `multi-stage`?
    # dimension of a change
    scenarios/example.toml:47:11: `30 s -> 3 s` does not fit metric `size.unpacked`
      expected: figures in the metric's unit
    # no deploys
    scenarios/example.toml:14:11: 0 deploys a day are out of range
      expected: a whole number from 1 to 1000000
    # too many services
    scenarios/example.toml:14:12: 1000001 services are out of range
      expected: a whole number from 1 to 1000000
    scenarios/example.toml:15:16: -1 environments are out of range
      expected: a whole number from 1 to 1000000
    # half a deploy
    scenarios/example.toml:14:11: invalid type: floating point `0.5`
      expected: a whole number, without quotes
    # unknown key of deploy
    scenarios/example.toml:14:1: unknown key `per_day`
      expected: one of `per-day`, `environments`, `services`
      hint: did you mean `per-day`?
    # duplicate claim
    scenarios/example.toml:49:10: the same claim a second time
      hint: remove one of the two
    "#);
}
