//! Where secrets are found: history, config, and every layer.

use plimsoll::record::{SecretFinding, SecretPlace};
use serde_json::json;

use super::maker::{Image, Layer, gzip};

const TOKEN: &str = "plimsoll-planted-0123456789abcdef";

fn lines(found: &[SecretFinding]) -> Vec<String> {
    found
        .iter()
        .map(|found| format!("{:?}: {}: {}", found.place, found.at, found.kind))
        .collect()
}

#[test]
fn a_planted_token_is_found_wherever_it_went() {
    let encoded = "eDpwbGltc29sbC1wbGFudGVkLTAxMjM0NTY3ODlhYmNkZWY=";
    let mut image = Image::of([
        Layer::new()
            .file("app/.npmrc", format!("//r/:_authToken={TOKEN}\n"))
            .file("usr/lib/node_modules/x/cache", format!("\0\0{TOKEN}\0")),
        Layer::new()
            .file("app/.wh..npmrc", "")
            .file("root/.docker/config.json", encoded),
        Layer::new().link("app/link", TOKEN),
    ]);
    image.history = vec![
        "COPY . .".to_owned(),
        format!("RUN |1 NPM_TOKEN={TOKEN} /bin/sh -c npm ci"),
    ];
    image.config = json!({
        "Env": ["PATH=/bin", format!("NPM_TOKEN={TOKEN}")],
        "Labels": { "note": TOKEN, "empty": null },
        "Cmd": ["sh", "-c", format!("x {TOKEN}")],
        "Entrypoint": ["/x", TOKEN],
    });
    // The layers as other engines pack them.
    image.layers[0] = gzip(&image.layers[0]);
    let seen = image.look_for(&[TOKEN]).unwrap();
    let found = &seen.posture.secrets;
    assert_eq!(
        lines(found),
        [
            "History: entry 2 of 2: planted token",
            "Config: Cmd: planted token",
            "Config: Entrypoint: planted token",
            "Config: Env NPM_TOKEN: planted token",
            "Config: Label note: planted token",
            "Layer: /app/.npmrc in layer 1 of 3, gone later: planted token",
            "Layer: /root/.docker/config.json in layer 2 of 3: planted token in base64",
            "Layer: /usr/lib/node_modules/x/cache in layer 1 of 3: planted token",
            "Layer: a file's name in layer 3 of 3: planted token",
        ]
    );
    for finding in found {
        assert!(finding.planted);
        assert!(finding.masked.chars().count() <= 5, "{}", finding.masked);
    }
    // None of the answer's words contains it, except for the path that it is part of.
    let reported = format!("{:?}", seen.posture.secrets);
    assert!(!reported.contains(TOKEN));
}

#[test]
fn an_image_that_was_built_with_a_secret_mount_contains_no_secret() {
    let mut image = Image::of([Layer::new().file("app/index.js", "1")]);
    image.history = vec![
        "RUN --mount=type=secret,id=NPM_TOKEN NPM_TOKEN=$(cat /run/secrets/NPM_TOKEN) npm ci"
            .to_owned(),
    ];
    assert_eq!(image.look_for(&[TOKEN]).unwrap().posture.secrets, []);
}

#[test]
fn general_patterns_are_looked_for_in_the_apps_places() {
    let key = format!(
        "-----BEGIN {}PRIVATE KEY-----\n{}\n-----END",
        "RSA ", "MIIEpAIBAAKCAQEAx7Qm3vYc0dLh5R2sT9uWfGjKkPqNnBbVvCcXxZzLlAaSsDdF"
    );
    let id = format!("AK{}", "IAQ3EXDVK7J2MWN5PT");
    let mut image = Image::of([
        Layer::new()
            .file("etc/app/tls.key", &key)
            .file("app/server.pem", &key)
            .file("usr/share/doc/x/examples/server.key", &key)
            .file("usr/lib/python3.11/test/keycert.pem", &key)
            .file("app/node_modules/x/test/key.pem", &key)
            .file("usr/local/go/src/crypto/tls/testdata/key.pem", &key)
            .file("app/.env", format!("DB_PASSWORD=correct-horse\nID={id}\n"))
            .file("app/node_modules/x/.env", "DB_PASSWORD=correct-horse\n"),
        Layer::new().file("app/.wh..env", ""),
    ]);
    image.config = json!({ "Env": ["JWT_SECRET=not-so-secret", "NPM_TOKEN="] });
    let posture = image.look().unwrap().posture;
    assert_eq!(
        lines(&posture.secrets),
        [
            "Config: Env JWT_SECRET: value of JWT_SECRET",
            "Layer: /app/.env in layer 1 of 2, gone later: AWS access key id",
            "Layer: /app/.env in layer 1 of 2, gone later: value of DB_PASSWORD",
            "Layer: /app/server.pem in layer 1 of 2: private key",
            "Layer: /etc/app/tls.key in layer 1 of 2: private key",
        ]
    );
    assert!(posture.secrets.iter().all(|found| !found.planted));
    assert_eq!(posture.secrets[0].place, SecretPlace::Config);
    assert_eq!(posture.leaks, ["/app/server.pem", "/etc/app/tls.key"]);
}
