//! A registry on a free port, and a plain HTTP client.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::TokioIo;
use plimsoll::engine::RegistryEndpoint;
use plimsoll::oci::Digest;
use plimsoll::registry::{Server, bind};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;

pub(super) const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

pub(super) struct Desk {
    pub(super) server: Server,
    pub(super) build: SocketAddr,
    pub(super) pull: SocketAddr,
    folder: TempDir,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The status and the code of its first error.
    pub(super) fn fault(&self) -> (u16, String) {
        let body = self.json();
        assert!(body["errors"][0]["message"].is_string(), "{body}");
        let code = body["errors"][0]["code"].as_str().unwrap();
        (self.status, code.to_owned())
    }
}

pub(super) fn is(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.fault(), (status, code.to_owned()), "{answer:?}");
}

/// Incompressible content, reproducible by its seed.
pub(crate) fn content(seed: u64, bytes: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut out = Vec::with_capacity(bytes + 8);
    while out.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        out.extend_from_slice(&state.to_le_bytes());
    }
    out.truncate(bytes);
    out
}

pub(super) fn part(media_type: &str, content: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": Digest::of(content).as_str(), "size": content.len()})
}

/// Sends a request on a new connection and returns the response before its body.
pub(super) async fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response<Incoming> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", address.to_string());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Full::new(Bytes::copy_from_slice(body));
    let answer = sender.send_request(request.body(body).unwrap());
    answer.await.unwrap()
}

impl Desk {
    pub(super) fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::open(&folder.path().join("store")).unwrap();
        let serve = |endpoint| {
            let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let address = listener.local_addr().unwrap();
            server.serve(endpoint, listener).unwrap();
            address
        };
        let (build, pull) = (
            serve(RegistryEndpoint::Build),
            serve(RegistryEndpoint::Pull),
        );
        Self {
            server,
            build,
            pull,
            folder,
        }
    }

    pub(super) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let answer = ask(self.build, method, path, headers, body).await;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        assert_eq!(
            headers["docker-distribution-api-version"], "registry/2.0",
            "{path}"
        );
        let body = answer
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .into();
        Answer {
            status,
            headers,
            body,
        }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"").await
    }

    /// Starts an upload and returns its location.
    pub(super) async fn begin(&self, repository: &str) -> String {
        let path = format!("/v2/{repository}/blobs/uploads/");
        let answer = self.send("POST", &path, &[], b"").await;
        assert_eq!(answer.status, 202);
        assert_eq!(answer.header("range"), "0-0");
        let location = answer.header("location").to_owned();
        assert!(location.ends_with(answer.header("docker-upload-uuid")));
        location
    }

    pub(super) async fn push(&self, repository: &str, content: &[u8]) -> String {
        let digest = Digest::of(content).to_string();
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        let answer = self.send("POST", &path, &[], content).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        digest
    }

    pub(super) async fn put(&self, repository: &str, by: &str, manifest: &Value) -> Answer {
        let media_type = manifest["mediaType"].as_str().unwrap_or(IMAGE);
        let path = format!("/v2/{repository}/manifests/{by}");
        let bytes = manifest.to_string();
        let headers = [("content-type", media_type)];
        self.send("PUT", &path, &headers, bytes.as_bytes()).await
    }

    /// Pushes an image with these layers and returns its manifest.
    pub(super) async fn push_image(&self, repository: &str, tag: &str, layers: &[&[u8]]) -> Value {
        let config = format!("{{\"of\": \"{repository}:{tag}\"}}");
        self.push(repository, config.as_bytes()).await;
        for layer in layers {
            self.push(repository, layer).await;
        }
        let layers: Vec<_> = layers.iter().map(|layer| part("layer", layer)).collect();
        let manifest = json!({"schemaVersion": 2, "mediaType": IMAGE,
            "config": part("config", config.as_bytes()), "layers": layers});
        let answer = self.put(repository, tag, &manifest).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        manifest
    }

    /// Names of all files in the store.
    pub(super) fn files(&self) -> Vec<String> {
        files(self.folder.path())
    }

    /// Waits until this number of files is left: files are removed after the response.
    pub(super) async fn files_become(&self, count: usize) {
        let start = Instant::now();
        while self.files().len() != count {
            assert!(
                start.elapsed() < Duration::from_secs(10),
                "{:?}",
                self.files()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

pub(super) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.file_name().into_string().unwrap());
        }
    }
    found
}
