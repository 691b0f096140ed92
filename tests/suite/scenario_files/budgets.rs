//! Budgets of scenarios and of a configuration.

use plimsoll::scenario::{Budget, Limit};
use plimsoll::units::{Quantity, Rate};

use super::{Bytes, Count, Fixture, GOOD, Nanos, Ratio, claimable, scenario};

fn with(budget: &str) -> Fixture {
    Fixture::new(&format!("{GOOD}\n[[budget]]\n{budget}\n"))
}

fn read(budget: &str) -> Budget {
    let scenario = with(budget).load().unwrap();
    scenario.budgets.into_iter().next().unwrap()
}

#[test]
fn limits_are_read_in_the_unit_of_their_metric() {
    let share = |percent: f64| Ratio::of(percent, 100.0).unwrap();
    for (text, limit) in [
        (
            "metric = \"size.transfer\"\nat-most = \"60 MB\"",
            Limit::AtMost(Quantity::Bytes(Bytes(60_000_000))),
        ),
        (
            "metric = \"start.ready\"\nat-most = \"800 ms\"",
            Limit::AtMost(Quantity::Time(Nanos::from_millis(800))),
        ),
        (
            "metric = \"size.layers\"\nat-most = \"12\"",
            Limit::AtMost(Quantity::Count(Count(12))),
        ),
        (
            "metric = \"waste.efficiency\"\nat-least = \"95 %\"",
            Limit::AtLeast(Quantity::Ratio(share(95.0))),
        ),
        (
            "metric = \"posture.secrets\"\nat-most = \"0\"",
            Limit::AtMost(Quantity::Count(Count(0))),
        ),
        (
            "metric = \"deploy.first\"\nlink = \"100mbit\"\nat-most = \"3 s\"",
            Limit::AtMost(Quantity::Time(Nanos::from_secs(3))),
        ),
        (
            "metric = \"registry.moved\"\nworse-by = \"10 %\"",
            Limit::WorseBy(share(10.0)),
        ),
        (
            "metric = \"serve.rps\"\nat-least = \"500 /s\"",
            Limit::AtLeast(Quantity::Rate(Rate::per_second(500.0).unwrap())),
        ),
        (
            "metric = \"rebuild.source\"\nworse-by = \"5%\"",
            Limit::WorseBy(share(5.0)),
        ),
        (
            "metric = \"pull.cold\"\nlink = \"100mbit, 20ms\"\ndrift = \"25 %\"\nsoft = true",
            Limit::Drift(share(25.0)),
        ),
    ] {
        assert_eq!(read(text).limit, limit, "{text}");
    }
    let pull =
        read("metric = \"pull.cold\"\nlink = \"100mbit, 20ms\"\ndrift = \"25 %\"\nsoft = true");
    assert_eq!(pull.link.as_deref(), Some("100mbit,20ms"));
    assert!(pull.soft);
}

#[test]
fn an_invalid_budget_is_reported_with_its_place() {
    for (text, fault) in [
        (
            "metric = \"size.unpaked\"\nat-most = \"1 MB\"",
            "unknown metric `size.unpaked`",
        ),
        (
            "metric = \"size.unpaked\"\nat-most = \"1 MB\"",
            "did you mean `size.unpacked`?",
        ),
        ("metric = \"size.unpacked\"", "a budget without a limit"),
        (
            "metric = \"posture.secret\"\nat-most = \"0\"",
            "did you mean `posture.secrets`?",
        ),
        (
            "metric = \"posture.user\"\nat-most = \"0\"",
            "unknown metric `posture.user`",
        ),
        (
            "metric = \"posture.setuid\"\nlink = \"100mbit\"\nat-most = \"0\"",
            "goes over no link",
        ),
        (
            "metric = \"size.unpacked\"\nat-most = \"1 MB\"\ndrift = \"5 %\"",
            "a budget with several limits",
        ),
        (
            "metric = \"size.unpacked\"\nat-most = \"1 s\"",
            "invalid limit `1 s` for metric `size.unpacked`",
        ),
        (
            "metric = \"size.unpacked\"\nat-most = \"~1 MB\"",
            "expected: a size, as `60 MB`",
        ),
        (
            "metric = \"size.unpacked\"\nworse-by = \"5\"",
            "expected: a percentage, as `5 %`",
        ),
        (
            "metric = \"size.unpacked\"\nworse-by = \"-5 %\"",
            "expected: a percentage, as `5 %`",
        ),
        (
            "metric = \"size.unpacked\"\nlink = \"100mbit\"\nworse-by = \"5 %\"",
            "metric `size.unpacked` goes over no link",
        ),
        (
            "metric = \"pull.cold\"\nlink = \"fast\"\nworse-by = \"5 %\"",
            "`fast`",
        ),
        (
            "metric = \"size.unpacked\"\nvariant = \"[\"\nworse-by = \"5 %\"",
            "invalid pattern `[`",
        ),
        (
            "metric = \"size.unpacked\"\nat_most = \"1 MB\"",
            "unknown key `at_most`",
        ),
    ] {
        let fixture = with(text);
        let error = fixture.error(&fixture.load().unwrap_err());
        assert!(error.contains(fault), "{text}\n{error}");
        assert!(error.starts_with("scenarios/example.toml:"), "{error}");
    }
}

#[test]
fn a_configuration_may_contain_budgets_and_other_tables() {
    let fixture = Fixture::new(GOOD);
    let text = "[deploy]\nper-day = 2\n\n[[budget]]\nmetric = \"size.own\"\nat-most = \"1 GB\"\n";
    let path = fixture.write("plimsoll.toml", text);
    let budgets = scenario::budgets(&path, text, &claimable()).unwrap();
    assert_eq!(budgets.len(), 1);
    let bad = text.replace("size.own", "size.mine");
    let error = scenario::budgets(&path, &bad, &claimable()).unwrap_err();
    let error = fixture.error(&error);
    assert!(
        error.starts_with("plimsoll.toml:5:10: unknown metric `size.mine`"),
        "{error}"
    );
}

#[test]
fn limits_that_nothing_passes_are_refused_with_the_remedy() {
    for (text, fault, remedy) in [
        (
            "metric = \"build.cold\"\nworse-by = \"1e308 %\"",
            "invalid limit `1e308 %` for metric `build.cold`: nothing exceeds it",
            "hint: write at most `10000 %`",
        ),
        (
            "metric = \"size.unpacked\"\ndrift = \"10001 %\"",
            "invalid limit `10001 %`",
            "hint: write at most `10000 %`",
        ),
        (
            "metric = \"size.unpacked\"\nat-least = \"60 MB\"",
            "`at-least` on metric `size.unpacked`, of which less is better",
            "hint: write `at-most = \"60 MB\"`",
        ),
        (
            "metric = \"posture.secrets\"\nat-least = \"1\"",
            "`at-least` on metric `posture.secrets`",
            "hint: write `at-most = \"1\"`",
        ),
        (
            "metric = \"serve.rps\"\nat-most = \"500 /s\"",
            "`at-most` on metric `serve.rps`, of which more is better",
            "hint: write `at-least = \"500 /s\"`",
        ),
        (
            "metric = \"serve.rps\"\nat-least = \"1e300 /s\"",
            "no value comes near it",
            "hint: write a value that a run can have",
        ),
        (
            "metric = \"size.layers\"\nat-most = \"18446744073709551615\"",
            "no value comes near it",
            "hint:",
        ),
        (
            "metric = \"waste.efficiency\"\nat-least = \"101 %\"",
            "no value comes near it",
            "hint:",
        ),
        (
            "metric = \"serve.rps\"\nat-least = \"0 /s\"",
            "every value keeps it",
            "hint: write a value above zero",
        ),
    ] {
        let fixture = with(text);
        let error = fixture.error(&fixture.load().unwrap_err());
        assert!(
            error.contains(fault) && error.contains(remedy),
            "{text}\n{error}"
        );
        assert!(error.starts_with("scenarios/example.toml:"), "{error}");
        // The key's own line, and not that of the table.
        let line: usize = error.split(':').nth(1).unwrap().parse().unwrap();
        let whole = format!("{GOOD}\n[[budget]]\n{text}\n");
        assert!(
            whole.lines().nth(line - 1).unwrap().contains('%')
                || whole.lines().nth(line - 1).unwrap().starts_with("at-")
        );
    }
    let text = "[[budget]]\nmetric = \"size.own\"\ndrift = \"1e308 %\"\n";
    let fixture = Fixture::new(GOOD);
    let path = fixture.write("plimsoll.toml", text);
    let error = scenario::budgets(&path, text, &claimable()).unwrap_err();
    assert!(error.to_string().contains("plimsoll.toml:3:"), "{error}");
}
