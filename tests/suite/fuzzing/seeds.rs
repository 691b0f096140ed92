//! Seeds of the fuzz targets: small inputs that reach far.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use plimsoll::oci::sha256_hex;
use plimsoll::record::{Disposition, Metric, RunRecord};

use crate::reports::builder::{Build, MB, MS, run};

type Seeds = Vec<(&'static str, Vec<u8>)>;

/// The seeds of a target.
pub(super) fn of(target: &str) -> Seeds {
    match target {
        "layer" => layers(),
        "archive" => archives(),
        "manifest" => texts(MANIFESTS),
        "dockerfile" => texts(DOCKERFILES),
        "ignore" => texts(IGNORE_FILES),
        "scenario" => scenarios(),
        "record" => records(),
        "probe" => texts(ANSWERS),
        "registry" => texts(REQUESTS),
        other => panic!("no seeds of {other}"),
    }
}

fn texts(texts: &[(&'static str, &str)]) -> Seeds {
    let seeds = texts.iter();
    seeds
        .map(|(name, text)| (*name, text.as_bytes().to_vec()))
        .collect()
}

fn tar(entries: &[(&str, tar::EntryType, &str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, kind, link, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o755);
        if !link.is_empty() {
            header.set_link_name(link).unwrap();
        }
        tar.append_data(&mut header, name, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

fn layer() -> Vec<u8> {
    use tar::EntryType as Kind;
    tar(&[
        ("etc/", Kind::Directory, "", b""),
        (
            "etc/passwd",
            Kind::Regular,
            "",
            b"app:x:1000:1000::/:/bin/sh\n",
        ),
        ("etc/.wh.shadow", Kind::Regular, "", b""),
        ("usr/lib/.wh..wh..opq", Kind::Regular, "", b""),
        (
            "app/.env",
            Kind::Regular,
            "",
            b"TOKEN=1234567890abcdef1234\n",
        ),
        ("app/link", Kind::Symlink, "../etc/passwd", b""),
        ("app/hard", Kind::Link, "etc/passwd", b""),
    ])
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn layers() -> Seeds {
    let long = format!("{}/f", "long".repeat(40));
    let long = [(long.as_str(), tar::EntryType::Regular, "", b"x".as_slice())];
    vec![
        ("plain", layer()),
        ("gzip", gzip(&layer())),
        ("long-name", tar(&long)),
        ("cut-short", layer()[..1_300].to_vec()),
        ("choices", (0..=255).collect()),
    ]
}

fn archives() -> Seeds {
    use tar::EntryType as Kind;
    let layer = tar(&[("f", Kind::Regular, "", b"x")]);
    let config = format!(
        r#"{{"os":"linux","config":{{"User":"1","Env":["A=b"]}},"history":[{{"created_by":"COPY"}}],"rootfs":{{"type":"layers","diff_ids":["sha256:{}"]}}}}"#,
        sha256_hex(&layer)
    );
    let name = |bytes: &[u8]| format!("blobs/sha256/{}", sha256_hex(bytes));
    let described = |bytes: &[u8]| {
        let (digest, size) = (sha256_hex(bytes), bytes.len());
        format!(r#"{{"digest":"sha256:{digest}","size":{size}}}"#)
    };
    let manifest = format!(
        r#"{{"schemaVersion":2,"config":{},"layers":[{}]}}"#,
        described(config.as_bytes()),
        described(&layer)
    );
    let index = format!(
        r#"{{"schemaVersion":2,"manifests":[{}]}}"#,
        described(manifest.as_bytes())
    );
    let saved = r#"[{"Config":"c.json","RepoTags":["a:1"],"Layers":["l/layer.tar"]}]"#;
    let file = Kind::Regular;
    vec![
        (
            "docker-save",
            tar(&[
                ("l/layer.tar", file, "", &layer),
                ("c.json", file, "", config.as_bytes()),
                ("manifest.json", file, "", saved.as_bytes()),
            ]),
        ),
        (
            "oci-layout",
            tar(&[
                (&name(&layer), file, "", &layer),
                (&name(config.as_bytes()), file, "", config.as_bytes()),
                (&name(manifest.as_bytes()), file, "", manifest.as_bytes()),
                ("oci-layout", file, "", br#"{"imageLayoutVersion":"1.0.0"}"#),
                ("index.json", file, "", index.as_bytes()),
            ]),
        ),
        (
            "linked-layer",
            tar(&[
                ("real.tar", file, "", &layer),
                ("l/layer.tar", Kind::Symlink, "../real.tar", b""),
                ("c.json", file, "", config.as_bytes()),
                ("manifest.json", file, "", saved.as_bytes()),
            ]),
        ),
    ]
}

const MANIFESTS: &[(&str, &str)] = &[
    (
        "saved",
        "[{\"Config\":\"c.json\",\"RepoTags\":[\"a:1\"],\"Layers\":[\"l.tar\",\"l.tar\"]}]\n---\n{}\n---\n{\"os\":\"linux\",\"config\":{\"Entrypoint\":\"/x\",\"Env\":[\"A=b\"]},\"rootfs\":{\"diff_ids\":[]}}",
    ),
    (
        "index",
        "[]\n---\n{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"sha256:aa\",\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"platform\":{\"os\":\"unknown\"}},{\"digest\":\"sha256:bb\",\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}}]}",
    ),
    (
        "foreign-layer",
        "[{\"Config\":\"c.json\",\"Layers\":null,\"LayerSources\":{\"sha256:aa\":{\"mediaType\":\"x.foreign.y\"}}}]\n---\nnull\n---\n{\"history\":[{\"empty_layer\":true}]}",
    ),
];

const DOCKERFILES: &[(&str, &str)] = &[
    (
        "stages",
        "# syntax=docker/dockerfile:1\nARG V=3\nFROM base:$V AS build\nWORKDIR /app\nCOPY main.src deps.lock ./\nRUN --mount=type=cache,target=/root/.npm,sharing=locked --mount=type=bind,from=build,target=/x \\\n  npm ci && make\nFROM scratch\nCOPY --from=build --chown=1:1 /app /app\nENTRYPOINT [\"/app\"]\n",
    ),
    (
        "heredocs",
        "FROM base:1\nRUN <<A cat <<-'B' > /x\necho $V\nA\n\thello\n\tB\nCOPY <<\"C\" <<D /y/\none\nC\ntwo\nD\nRUN true\n",
    ),
    (
        "arguments",
        "ARG A=b\nARG B=${A:-c}${A:+d}\nFROM --platform=$BUILDPLATFORM ${A%x*}base${B#y}:${B/a/b} AS A-$TARGETARCH\nARG A\nENV A=1 B=\"two words\" C='3' D $E\nADD $A ${B:?no} /\nRUN echo ${A##*/}\n",
    ),
    (
        "onbuild",
        "FROM base:1 AS trigger\nONBUILD RUN --mount=type=cache,id=own,target=/c x\nONBUILD COPY . /\nFROM trigger AS final\nSHELL [\"/bin/sh\", \"-c\"]\nHEALTHCHECK --interval=1s CMD curl x\nSTOPSIGNAL 9\n",
    ),
    (
        "escape",
        "# escape=`\r\nFROM base:1\r\nRUN dir `\r\n  # a comment\r\n  C:\\x\r\nCOPY [\"a b\", \"c\"]\r\n",
    ),
    (
        "latin-1",
        "FROM base:1\n# caf\u{e9}\nLABEL a=\"b\\\nc\" d\\ e=f\nCOPY --link --parents a/./b* \\\n\nc/\n",
    ),
    (
        "mounts",
        "FROM base:1\nRUN --mount=type=secret,id=s,env=S --mount=target=/c,type=cache,\"id=a,b\" --network=none --security=insecure x\nRUN --mount=type=cache,dst=$HOME/c ['x']\n",
    ),
];

const IGNORE_FILES: &[(&str, &str)] = &[
    (
        "usual",
        "# a comment\nnode_modules\n**/*.md\n!README.md\n.git\n/dist/\n",
    ),
    ("exceptions", "docs\n!docs/x*\ndocs/**\n!docs\n**/app\n"),
    (
        "classes",
        "[a-c]?\n[^a]*\n\\d\n**a]\na**b\n*/../b\n./a/./b/\n",
    ),
    ("blanks", "\u{feff} a \n\t!b\n! c\n/!d\n\n#e\n #f\n"),
];

const ANSWERS: &[(&str, &str)] = &[
    ("plain", "\0HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ("old", "\u{4}HTTP/1.0 200 OK\n\nall is ok"),
    (
        "chunked",
        "\u{4}HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nTrailer: x\r\n\r\n",
    ),
    ("empty", "\u{1}HTTP/1.1 204 No Content\r\n\r\n"),
    (
        "early",
        "\u{2}HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ),
    (
        "folded",
        "\0HTTP/1.1 200 OK\r\nA: b\r\n c\r\nNo colon\r\nD : e\r\nConnection: close\r\n\r\nx",
    ),
];

const REQUESTS: &[(&str, &str)] = &[
    (
        "blob",
        "/v2/a/b/blobs/sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\nbytes=0-9\n\n\n",
    ),
    (
        "upload",
        "/v2/a/blobs/uploads/?mount=sha256:aa&from=b/c\n\n0-99\napplication/octet-stream\nx",
    ),
    (
        "session",
        "/v2/a/blobs/uploads/0123-45\nbytes=-5\n100-199\n\n",
    ),
    ("tags", "/v2/a/tags/list?n=2&last=b\nbytes=5-\n\n\n"),
    (
        "escaped",
        "/v2/a%2Fb/manifests/%6c%61test?digest=sha512%3Aaa\nbytes=9-1\n9-1\n\n",
    ),
    (
        "manifest",
        "/v2/a/manifests/1\n\n\napplication/vnd.oci.image.manifest.v1+json; charset=x\n{\"schemaVersion\":2,\"config\":{\"digest\":\"sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\",\"size\":1},\"layers\":[],\"subject\":null,\"annotations\":{\"a\":\"b\"}}",
    ),
    (
        "index",
        "/v2/a/referrers/sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\n\n\napplication/vnd.oci.image.index.v1+json\n{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\",\"size\":18446744073709551615,\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}}]}",
    ),
];

/// One that loads with the app of the target, and the example.
fn scenarios() -> Seeds {
    let small = r#"schema = 1
name = "app"
title = "an app"
[app]
name = "app"
path = "app"
[contract]
port = 8080
path = "/health"
status = 200
body-contains = "ok"
ready-within = "10s"
[deploy]
per-day = 3
[[source]]
id = "blog"
title = "a blog"
[[edit]]
name = "source"
[[edit.change]]
file = "main.src"
find = "unreleased"
replace = "edit-{nonce}"
[[edit]]
name = "dependency"
[[edit.change]]
file = "deps.lock"
from = "deps.next"
[[variant]]
name = "good"
strategy = "s"
title = "t"
dockerfile = "Dockerfile"
args = { V = "1" }
[[variant]]
name = "none"
strategy = "s"
not-applicable = "it cannot be"
[[claim]]
source = "blog"
variant = "good"
metric = "size.unpacked"
claimed = "~1.2 GB"
[[budget]]
metric = "start.ready"
at-most = "2 s"
"#;
    vec![
        ("small", small.into()),
        ("example", plimsoll::scenario::EXAMPLE.into()),
        (
            "broken",
            small.replace("port = 8080", "port = 0\nextra = []").into(),
        ),
    ]
}

fn records() -> Seeds {
    let mut empty = run();
    empty.plan.order = Vec::new();
    empty.plan.visits_done = 0;
    let mut small = run();
    small.case("single-stage", Disposition::Qualified);
    small.values(
        "single-stage",
        Metric::BuildCold,
        &[900 * MS, 1_000 * MS, 950 * MS],
    );
    small.values("single-stage", Metric::SizeUnpacked, &[120 * MB, 120 * MB]);
    small.cold_build(
        "single-stage",
        2,
        &[("[1/2] FROM base", 0, true), ("[2/2] RUN x", 900, false)],
    );
    // What is refused at once reaches nothing.
    let [empty, small] = [empty, small].map(|record| {
        let text = serde_json::to_string(&record).unwrap();
        RunRecord::read(&text).unwrap();
        text.into_bytes()
    });
    let cut = small[..small.len() / 2].to_vec();
    vec![("empty", empty), ("small", small), ("cut-short", cut)]
}
