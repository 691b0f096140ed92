//! Request changes for Podman's socket.

use std::collections::BTreeMap;

use bollard::Docker;
use hyper::http::uri::PathAndQuery;
use hyper::{Request, Uri};

use super::DockerEngine;
use super::limits::Meter;
use super::raw::escaped;
use crate::engine::LABEL_RUN;

/// The run label for the steps of stand-ins.
const OF_STAND_INS: &str = "stand-ins";

impl DockerEngine {
    /// A client whose builds label the image of each step. Podman keeps these images, and without
    /// the label of a run they could not be identified as plimsoll's.
    pub(super) fn with_layer_labels(&self, labels: &BTreeMap<String, String>) -> (Docker, Meter) {
        let mut labels = labels.clone();
        labels
            .entry(LABEL_RUN.to_owned())
            .or_insert_with(|| OF_STAND_INS.to_owned());
        let labels = labels
            .iter()
            .map(|(key, value)| format!("layerLabel={}", escaped(&format!("{key}={value}"))));
        self.with_parameter(labels.collect::<Vec<_>>().join("&"))
    }

    /// A client whose requests have an additional parameter of Podman.
    pub(super) fn with_parameter(&self, parameter: String) -> (Docker, Meter) {
        self.streaming(&self.patient, move |request| {
            changed(request, |query| format!("{query}&{parameter}"))
        })
    }

    /// A client whose imports send each change as a separate parameter, because Podman treats
    /// several lines as one change.
    pub(super) fn with_single_changes(&self) -> (Docker, Meter) {
        self.streaming(&self.patient, |request| changed(request, split))
    }
}

fn changed<B>(mut request: Request<B>, change: impl FnOnce(&str) -> String) -> Request<B> {
    let query = change(request.uri().query().unwrap_or_default());
    let path = format!("{}?{}", request.uri().path(), query.trim_start_matches('&'));
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(path).ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
    request
}

/// `changes=a%0Ab` as `changes=a&changes=b`.
fn split(query: &str) -> String {
    let pairs = query
        .split('&')
        .flat_map(|pair| match pair.strip_prefix("changes=") {
            Some(lines) => lines
                .split("%0A")
                .map(|line| format!("changes={line}"))
                .collect(),
            None => vec![pair.to_owned()],
        });
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_added_and_changes_split() {
        let request = |uri: &str| Request::builder().uri(uri).body(()).unwrap();
        let uri = |request: Request<()>| request.uri().to_string();
        let add = |query: &str| format!("{query}&x=1");
        assert_eq!(
            uri(changed(request("http://h/push?tag=1"), add)),
            "http://h/push?tag=1&x=1"
        );
        assert_eq!(
            uri(changed(request("http://h/push"), add)),
            "http://h/push?x=1"
        );
        let import = "http://h/create?fromSrc=-&changes=CMD+a%0ALABEL+b%3Dc&tag=1";
        assert_eq!(
            uri(changed(request(import), split)),
            "http://h/create?fromSrc=-&changes=CMD+a&changes=LABEL+b%3Dc&tag=1"
        );
    }
}
