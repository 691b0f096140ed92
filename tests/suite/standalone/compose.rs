//! Projects that have a Compose file.

use std::fs;

use super::stranger_with;

const COMPOSE: &str = "\
x-common: &common
  environment: {LOG: warn}
services:
  web:
    <<: *common
    build:
      context: .
      args: ['MODE=${MODE:-fast}']
    environment:
      DATABASE_URL: postgres://postgres@db/${DB:-shop}
      TOKEN:
    ports: ['8080:3000']
    depends_on:
      worker-queue: {condition: service_started}
      db: {condition: service_healthy}
    volumes: ['./data:/data']
  db:
    image: postgres:${PG_VERSION:?say which}
    environment: [POSTGRES_DB=shop]
  worker-queue:
    image: example.com/queue:2
    expose: [7000]
    command: serve --name 'a b'
    depends_on: [db]
  docs:
    image: nginx:1.27
";

#[test]
fn a_compose_file_says_what_is_built_and_what_it_needs() {
    let stranger = stranger_with("two-bases");
    let folder = stranger.folder.path();
    fs::write(folder.join("compose.yaml"), COMPOSE).unwrap();
    fs::write(folder.join(".env"), "PG_VERSION=\"16\"\n").unwrap();
    let given = ["bench", "--dry-run", "--compose", "compose.yaml"];
    let (code, out, said) = stranger.plimsoll(&given);
    assert_eq!(code, Some(0), "{said}");
    for text in [
        "\"MODE\" = \"fast\"",
        "\"DATABASE_URL\" = \"postgres://postgres@db/shop\"",
        "name = \"db\"\nimage = \"postgres:16\"\nready = \"tcp://:5432\"",
        "\"POSTGRES_DB\" = \"shop\"",
        "ready = \"tcp://:7000\"\ncommand = [\"serve\", \"--name\", \"a b\"]",
    ] {
        assert!(out.contains(text), "{text}: {out}");
    }
    assert!(!out.contains("TOKEN") && !out.contains("nginx"), "{out}");
    let (db, queue) = (
        out.find("name = \"db\""),
        out.find("name = \"worker-queue\""),
    );
    assert!(db < queue, "what is needed first: {out}");
    assert!(said.contains("left out: `volumes` of web"), "{said}");

    // What is said on the command line goes before the file.
    let more = [
        &given[..],
        &["--with", "db=mysql:8", "--env", "DATABASE_URL=x"],
    ]
    .concat();
    let (code, out, said) = stranger.plimsoll(&more);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        out.contains("mysql:8") && !out.contains("postgres:16"),
        "{out}"
    );
    assert!(out.contains("\"DATABASE_URL\" = \"x\""), "{out}");
}

#[test]
fn a_compose_service_has_the_environment_that_docker_compose_gives_it() {
    let stranger = stranger_with("two-bases");
    let folder = stranger.folder.path();
    let compose = "services:\n  web:\n    build: {context: ., args: [REVISION]}\n    \
         environment: {MODE: own, TOKEN: }\n    env_file:\n      - base.env\n      \
         - {path: local.env, required: false}\n    depends_on: [db]\n  \
         db: {image: 'postgres:16', env_file: base.env}\n";
    fs::write(folder.join("compose.yaml"), compose).unwrap();
    fs::write(folder.join(".env"), "TOKEN=of-the-shell\nREVISION='7'\n").unwrap();
    let base = "MODE=file\nREGION=\"eu-${REVISION}\" # where\n";
    fs::write(folder.join("base.env"), base).unwrap();
    let given = ["bench", "--dry-run", "--compose", "compose.yaml"];
    let (code, out, said) = stranger.plimsoll(&given);
    assert_eq!(code, Some(0), "{said}");
    for (text, times) in [
        ("\"MODE\" = \"own\"", 1),
        ("\"MODE\" = \"file\"", 1),
        ("\"REGION\" = \"eu-7\"", 2),
        ("\"TOKEN\" = ", 1),
        ("\"REVISION\" = \"7\"", 1),
    ] {
        assert_eq!(out.matches(text).count(), times, "{text}: {out}");
    }
    assert!(!said.contains("left out"), "{said}");

    let local = "URL=http://${REGION}/${MODE}\n";
    fs::write(folder.join("local.env"), local).unwrap();
    let (code, out, said) = stranger.plimsoll(&given);
    assert_eq!(code, Some(0), "{said}");
    assert!(out.contains("\"URL\" = \"http://eu-7/own\""), "{out}");

    fs::write(folder.join("local.env"), "REGION=here\nnot a variable\n").unwrap();
    let (code, _, said) = stranger.plimsoll(&given);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("local.env:2: expected NAME=VALUE"), "{said}");
    fs::remove_file(folder.join("base.env")).unwrap();
    let (code, _, said) = stranger.plimsoll(&given);
    assert!(code != Some(0) && said.contains("base.env"), "{said}");
}

#[test]
fn what_is_wrong_in_a_compose_file_is_named_with_a_remedy() {
    let stranger = stranger_with("two-bases");
    let folder = stranger.folder.path();
    for (text, said_of_it) in [
        (
            "services: {a: {build: .}, b: {build: .}}",
            "--service a or --service b",
        ),
        ("services: {a: {image: x}}", "builds no service"),
        (
            "services: {web: {build: ., depends_on: [db]}}",
            "depends on `db`, which is not in the file",
        ),
        (
            "services: {web: {build: ., depends_on: [a]}, a: {image: x, depends_on: [web]}}",
            "depend on each other: web -> a -> web",
        ),
        (
            "services: {web: {build: ., depends_on: [a]}, a: {image: mine:1}}",
            "--with a=IMAGE,ready=tcp://:PORT",
        ),
        (
            "services: {web: {build: {dockerfile_inline: FROM x}}}",
            "write it to a file, and name that",
        ),
        (
            "services: {web: {build: '${NONE_OF_THESE:?set it}'}}",
            "`NONE_OF_THESE` is needed: set it",
        ),
        ("services: [a\n", "compose.yaml"),
        (
            "services: {web: {extends: base}, base: {build: .}}",
            "docker compose config > merged.yaml",
        ),
        (
            "include: [db.yaml]\nservices: {web: {build: .}}",
            "`include` is not read",
        ),
        (
            "services: {web: {build: ., depends_on: {m: {condition: service_completed_successfully}}}, m: {image: x}}",
            "`web` waits until `m` has finished",
        ),
        (
            "services: {web: {build: {context: ., additional_contexts: {lib: ./lib}}}}",
            "`additional_contexts`",
        ),
        (
            "services: {web: {build: ., environment: A=b}}",
            "services.web.environment: expected variables: a mapping NAME: VALUE",
        ),
        ("services: {web: {build: elsewhere}}", "elsewhere"),
        (
            "services: {web: {build: .}, db: {image: x, ports: 8080}}",
            "services.db.ports: invalid type",
        ),
        (
            "services: {web: {build: {context: ., args: A=1}}}",
            "services.web.build: expected a build",
        ),
        (
            "services: {web: {build: ., depends_on: [my_db]}, my_db: {image: 'postgres:16'}}",
            "such as `my-db`, also in `depends_on`",
        ),
    ] {
        fs::write(folder.join("compose.yaml"), text).unwrap();
        let given = ["bench", "--dry-run", "--compose", "compose.yaml"];
        let (code, _, said) = stranger.plimsoll(&given);
        assert!(code != Some(0), "{text}");
        assert!(said.contains(said_of_it), "{text}: {said}");
    }
    let (code, _, said) = stranger.plimsoll(&["bench", "--dry-run", "--service", "web"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("--compose"), "{said}");
}

/// What a Compose file gives: stdout and stderr of a plan.
fn planned(compose: &str) -> (String, String) {
    let stranger = stranger_with("two-bases");
    let folder = stranger.folder.path();
    fs::write(folder.join("compose.yaml"), compose).unwrap();
    let given = ["bench", "--dry-run", "--compose", "compose.yaml"];
    let (code, out, said) = stranger.plimsoll(&given);
    assert_eq!(code, Some(0), "{compose}: {said}");
    (out, said)
}

#[test]
fn what_is_not_read_is_named() {
    let (_, said) = planned(
        "services:\n  web:\n    build: {context: ., secrets: [a], tags: [x], labels: [y]}\n    \
         command: node other.js\n    user: '1000'\n    restart: always\n    x-own: 1\n    \
         depends_on: [db]\n  db: {image: 'redis:7', volumes: ['d:/d']}\n",
    );
    let named =
        "left out: `user` of web, `build.secrets` of web, `command` of web, `volumes` of db";
    assert!(said.contains(named), "{said}");
    let (_, said) = planned(
        "services:\n  web: {build: ., container_name: shop, depends_on: [db]}\n  \
         db: {image: 'redis:7', container_name: shop_db, networks: {own: {aliases: [db, cache]}}}\n\
         networks: {own: {}}\n",
    );
    let named = "left out: the host name `shop_db` of db, the host name `cache` of db";
    assert!(said.contains(named), "{said}");
}

#[test]
fn the_port_of_the_container_goes_before_that_of_the_dockerfile() {
    for (service, port) in [
        ("build: ., ports: ['80:8080']", 8080),
        ("build: ., ports: ['3000-3005:4000-4005']", 4000),
        (
            "build: ., ports: [{target: 53, protocol: udp}, {target: 81}]",
            81,
        ),
        (
            "build: ., environment: {PORT: 9000}, ports: ['80:8080']",
            9000,
        ),
    ] {
        let (_, said) = planned(&format!("services: {{web: {{{service}}}}}"));
        assert!(
            said.contains(&format!("on port {port} ")),
            "{service}: {said}"
        );
    }
}

#[test]
fn a_known_service_is_ready_by_its_own_port() {
    let (out, _) = planned(
        "services: {web: {build: ., depends_on: [mq]}, \
         mq: {image: 'rabbitmq:3-management', ports: ['15672:15672', '5672:5672']}}",
    );
    assert!(out.contains("ready = \"tcp://:5672\""), "{out}");
}

#[test]
fn what_is_optional_may_be_absent_and_what_is_empty_is_nothing() {
    let (out, said) = planned(
        "services: {web: {build: {context: ., target: '${NONE_OF_THESE:-}', args: {V: '${NONE_OF_THESE}'}}, \
         depends_on: {debug: {condition: service_started, required: false}}}}",
    );
    assert!(!out.contains("target ="), "{out}");
    assert!(
        said.contains("variables: NONE_OF_THESE without a value"),
        "{said}"
    );
    assert!(
        !said.contains("V="),
        "one value distinguishes nothing: {said}"
    );
}

#[test]
fn texts_of_yaml_stay_texts() {
    let (out, _) = planned(
        "services: {web: {build: ., environment: {A: on, B: yes, C: \"no\", D: true, E: 10, \
         F: 3.0, G: 3.10, H: '3.0'}}}",
    );
    for pair in [
        "\"A\" = \"on\"",
        "\"B\" = \"yes\"",
        "\"C\" = \"no\"",
        "\"D\" = \"true\"",
        "\"E\" = \"10\"",
        "\"F\" = \"3\"",
        "\"G\" = \"3.1\"",
        "\"H\" = \"3.0\"",
    ] {
        assert!(out.contains(pair), "{pair}: {out}");
    }
}

#[test]
fn the_command_line_changes_what_it_names_of_a_service() {
    let stranger = stranger_with("two-bases");
    let folder = stranger.folder.path();
    let compose = "services: {web: {build: ., depends_on: [es]}, es: {image: 'own/search:8', \
         environment: {MODE: single, LEVEL: low}, command: serve --all}}";
    fs::write(folder.join("compose.yaml"), compose).unwrap();
    let service = "es=own/search:8,ready=tcp://:9200,env.LEVEL=high";
    let given = [
        "bench",
        "--dry-run",
        "--compose",
        "compose.yaml",
        "--with",
        service,
    ];
    let (code, out, said) = stranger.plimsoll(&given);
    assert_eq!(code, Some(0), "{said}");
    for text in [
        "\"LEVEL\" = \"high\"",
        "\"MODE\" = \"single\"",
        "command = [\"serve\", \"--all\"]",
    ] {
        assert!(out.contains(text), "{text}: {out}");
    }
}

#[test]
fn no_error_has_the_value_of_a_variable() {
    let stranger = stranger_with("two-bases");
    let folder = stranger.folder.path();
    let given = ["bench", "--dry-run", "--compose", "compose.yaml"];
    let compose = "services: {web: {build: ., environment: ['DB_PASSWORD=hunter2${x']}}";
    fs::write(folder.join("compose.yaml"), compose).unwrap();
    let (code, _, said) = stranger.plimsoll(&given);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("services.web.environment.0: `${` is not closed"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
    let compose = "services: {web: {build: ., env_file: [{path: a.env, format: raw}, b.env]}}";
    fs::write(folder.join("compose.yaml"), compose).unwrap();
    fs::write(folder.join("a.env"), "RAW=ab$cd # 'x'\n").unwrap();
    fs::write(folder.join("b.env"), "DB_PASSWORD=hunter2${x\n").unwrap();
    let (_, _, said) = stranger.plimsoll(&given);
    assert!(
        said.contains("b.env:1: `DB_PASSWORD`: `${` is not closed"),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
    fs::write(folder.join("b.env"), "").unwrap();
    let (_, out, said) = stranger.plimsoll(&given);
    assert!(out.contains("\"RAW\" = \"ab$cd # 'x'\""), "{out}{said}");
}

#[test]
fn a_saved_scenario_with_a_secret_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let stranger = stranger_with("two-bases");
    let folder = stranger.folder.path();
    let mode = |file: &str| {
        fs::metadata(folder.join(file))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    let given = [
        "bench",
        "--dry-run",
        "--env",
        "DB_PASSWORD=hunter2secretword",
        "--save",
        "a.toml",
    ];
    let (code, _, said) = stranger.plimsoll(&given);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("a.toml holds secrets"), "{said}");
    assert_eq!(mode("a.toml"), 0o600);
    let (_, _, said) = stranger.plimsoll(&["bench", "--dry-run", "--save", "b.toml"]);
    assert!(!said.contains("secrets"), "{said}");
    assert_eq!(mode("b.toml"), 0o644);
}

#[test]
fn a_dockerfile_outside_of_its_context_is_named_with_both() {
    let stranger = stranger_with("two-bases");
    let folder = stranger.folder.path();
    fs::create_dir(folder.join("docker")).unwrap();
    fs::create_dir(folder.join("app")).unwrap();
    fs::write(
        folder.join("docker/app.Dockerfile"),
        "FROM node:20\nEXPOSE 1\n",
    )
    .unwrap();
    let compose = "services: {web: {build: {context: app, dockerfile: ../docker/app.Dockerfile}}}";
    fs::write(folder.join("compose.yaml"), compose).unwrap();
    let given = ["bench", "--dry-run", "--compose", "compose.yaml"];
    let (code, _, said) = stranger.plimsoll(&given);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("docker/app.Dockerfile is outside of its build context"),
        "{said}"
    );
    assert!(said.contains("--context DIR"), "{said}");
}
