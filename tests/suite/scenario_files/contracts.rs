//! Contracts of every kind, and what is wrong in one.

use std::fmt::Write as _;

use plimsoll::scenario::{Contract, HttpCheck, LinePattern};

use super::*;

/// The good scenario with another contract.
fn with_contract(toml: &str) -> Result<Contract, String> {
    let (before, rest) = GOOD.split_once("[contract]\n").unwrap();
    let (_, after) = rest.split_once("[[source]]").unwrap();
    let fixture = Fixture::new(&format!("{before}[contract]\n{toml}\n[[source]]{after}"));
    match fixture.load() {
        Ok(scenario) => {
            let validator = jsonschema::validator_for(scenario::schema().as_value()).unwrap();
            let value: serde_json::Value = toml::from_str(&scenario.text).unwrap();
            assert!(validator.is_valid(&value), "{toml}: the schema refuses it");
            Ok(scenario.contract)
        }
        Err(error) => Err(fixture.error(&error)),
    }
}

#[test]
fn each_kind_is_read() {
    let ready = |toml: &str| with_contract(toml).unwrap_or_else(|e| panic!("{e}")).ready;
    assert_eq!(
        ready("kind = \"tcp\"\nport = 5432"),
        ReadyCheck::Tcp { port: 5432 }
    );
    let line = LinePattern::new("ready on [0-9]+").unwrap();
    assert_eq!(
        ready("kind = \"log\"\nline = 'ready on [0-9]+'"),
        ReadyCheck::Log { line }
    );
    assert_eq!(ready("kind = \"exit\""), ReadyCheck::Exit { code: 0 });
    assert_eq!(
        ready("kind = \"exit\"\ncode = 255"),
        ReadyCheck::Exit { code: 255 }
    );
    assert_eq!(ready("kind = \"healthy\""), ReadyCheck::Healthy);
    assert_eq!(
        ready("kind = \"http\"\nport = 80\npath = \"/\""),
        ReadyCheck::Http(HttpCheck::get(80, "/"))
    );
}

#[test]
fn a_request_may_have_a_method_headers_and_several_statuses() {
    let contract = with_contract(
        r#"port = 80
path = "/login"
method = "POST"
status = ["2xx", 304, "401-403"]
headers = { Accept = "text/html", X-Token = "a b" }
stop-within = "3s"
env = { A = "1" }"#,
    )
    .unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(
        contract.ready.to_string(),
        "POST /login on port 80 is answered with status 2xx, 304, 401-403"
    );
    let ReadyCheck::Http(http) = contract.ready else {
        panic!("it is one over HTTP");
    };
    assert_eq!(http.headers["X-Token"], "a b");
    assert_eq!(contract.stop_within, Nanos::from_secs(3));
    assert_eq!(contract.env["A"], "1");
    for status in ["\"200, 204\"", "\"200-299\"", "[200]", "200"] {
        let toml = format!("port = 80\npath = \"/\"\nstatus = {status}");
        assert!(with_contract(&toml).is_ok(), "{status}");
    }
}

#[test]
fn what_is_wrong_in_a_contract_has_its_place_and_its_remedy() {
    let mut report = String::new();
    for toml in [
        "kind = \"htpp\"\nport = 80\npath = \"/\"",
        "path = \"/\"",
        "port = 80",
        "kind = \"tcp\"",
        "kind = \"tcp\"\nport = 0",
        "kind = \"tcp\"\nport = 80\npath = \"/\"\nstatus = 200",
        "kind = \"log\"",
        "kind = \"log\"\nline = \"(\"",
        "kind = \"exit\"\ncode = 256\nstop-within = \"1s\"",
        "kind = \"healthy\"\nport = 80\nline = \"x\"",
        "port = 80\npath = \"/\"\nstatus = \"2xy\"",
        "port = 80\npath = \"/\"\nstatus = [200, 99]",
        "port = 80\npath = \"/\"\nstatus = true",
        "port = 80\npath = \"/\"\nmethod = \"get\"",
        "port = 80\npath = \"/\"\nmethod = \"HEAD\"\nbody-contains = \"x\"",
        "port = 80\npath = \"/\"\nheaders = { \"a b\" = \"1\", Connection = \"close\", B = \"ä\" }",
        "port = 80\npath = \"/\"\nheaders = { Accept = \"a\", accept = \"b\", expect = \"100-continue\", ACCEPT = \"c\" }",
        "kind = \"tcp\"\nport = 80\n[load]\nconnections = 8",
        "kind = \"log\"\nline = \"(\"\n[load]\nconnections = 8",
        "kind = \"lines\"\nline = \"ready\"\nready-within = \"soon\"",
    ] {
        let said = with_contract(toml).err().unwrap_or("LOADED".to_owned());
        writeln!(report, "# {}\n{said}", toml.replace('\n', "; ")).unwrap();
    }
    insta::assert_snapshot!(report);
}

/// The good scenario with more in it.
fn with(toml: &str) -> Result<Scenario, String> {
    let fixture = Fixture::new(&format!("{GOOD}{toml}"));
    fixture.load().map_err(|error| fixture.error(&error))
}

const DB: &str = r#"[[companion]]
name = "db"
image = "postgres:16"
command = ["postgres", "-v"]
env = { POSTGRES_PASSWORD = "x" }
ready = "tcp://:5432"
ready-within = "60s"
"#;

#[test]
fn companions_are_read() {
    let scenario = with(DB).unwrap_or_else(|e| panic!("{e}"));
    let [db] = scenario.companions.as_slice() else {
        panic!("{:?}", scenario.companions);
    };
    assert_eq!((db.name.as_str(), db.image.as_str()), ("db", "postgres:16"));
    assert_eq!(db.command, ["postgres", "-v"]);
    assert_eq!(db.contract.ready, ReadyCheck::Tcp { port: 5432 });
    assert_eq!(db.contract.ready_within, Nanos::from_secs(60));
    assert_eq!(db.contract.env["POSTGRES_PASSWORD"], "x");
}

#[test]
fn what_is_wrong_in_a_companion_has_its_place() {
    let mut report = String::new();
    for (good, bad) in [
        ("\"db\"", "\"Db\""),
        ("postgres:16", "Postgres"),
        ("tcp://:5432", "exit:0"),
        ("tcp://:5432", "5432"),
        ("60s", "60"),
        ("ready = \"tcp://:5432\"\n", ""),
        ("image", "imag"),
    ] {
        let said = with(&DB.replace(good, bad)).err();
        writeln!(report, "# {bad}\n{}", said.unwrap_or("LOADED".to_owned())).unwrap();
    }
    let long = format!("\"{}\"", "a".repeat(64));
    for name in [
        "\"app\"",
        "\"localhost\"",
        "\"ip6-loopback\"",
        "\"5432\"",
        "\"0x1f\"",
        &long,
    ] {
        let said = with(&DB.replace("\"db\"", name)).err();
        writeln!(report, "# {name}\n{}", said.unwrap_or("LOADED".to_owned())).unwrap();
    }
    for name in ["app-1", "db5", "localhosts", &"a".repeat(63)] {
        let said = with(&DB.replace("\"db\"", &format!("\"{name}\""))).err();
        assert_eq!(said, None, "{name}");
    }
    let said = with(&format!("{DB}{DB}")).err();
    writeln!(report, "# twice\n{}", said.unwrap_or("LOADED".to_owned())).unwrap();
    insta::assert_snapshot!(report);
}

#[test]
fn app_and_variants_have_an_environment() {
    let text = GOOD
        .replace("[contract]", "env = { A = \"1\" }\n[contract]")
        .replace("title = \"full\"", "title = \"full\"\nenv = { B = \"2\" }");
    let scenario = Fixture::new(&text).load().unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(scenario.app.env["A"], "1");
    let VariantBuild::Dockerfile(spec) = &scenario.variants[0].build else {
        panic!("it has a Dockerfile");
    };
    assert_eq!(spec.env["B"], "2");
}
