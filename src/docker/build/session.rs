//! The session of a BuildKit build: through it the builder asks this side for the files of
//! the context, for secrets and for credentials of registries, and whether it is still there.
//!
//! `bollard` 0.21.1 has a session of its own, which knows no secrets and leaves a
//! task and a connection behind with every build. Its pull request 731 fixes the
//! former and is in no release yet. This one is part of the build's future: it ends
//! with it, however that ends.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bollard::health::health_check_response::ServingStatus;
use bollard::health::health_server::{Health, HealthServer};
use bollard::health::{
    HealthCheckRequest, HealthCheckResponse, HealthListRequest, HealthListResponse,
};
use bollard::moby::buildkit::secrets::v1::secrets_server::{Secrets, SecretsServer};
use bollard::moby::buildkit::secrets::v1::{GetSecretRequest, GetSecretResponse};
use bollard::moby::filesync::v1::auth_server::{Auth, AuthServer};
use bollard::moby::filesync::v1::file_sync_server::FileSyncServer;
use bollard::moby::filesync::v1::{
    CredentialsRequest, CredentialsResponse, FetchTokenRequest, FetchTokenResponse,
    GetTokenAuthorityRequest, GetTokenAuthorityResponse, VerifyTokenAuthorityRequest,
    VerifyTokenAuthorityResponse,
};
use bollard::moby::sshforward::v1::ssh_server::SshServer;
use futures_util::stream::Empty;
use hyper::server::conn::http2;
use hyper::upgrade::Upgraded;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tonic::service::Routes;
use tonic::{Request, Response, Status};

use super::native::Native;
use super::ssh::Agents;
use super::sync::Synced;
use crate::docker::raw::{RawError, Wire};
use crate::engine::{BuildRequest, Secret};

type Answer<T> = Result<Response<T>, Status>;

/// The builder sends each path of a Dockerfile and each line of an ignore file as a header of
/// its own. Go's servers take as many.
const HEADERS_BYTES: u32 = 16 << 20;

/// What the builder may ask for; it is announced beforehand.
const METHODS: &[&str] = &[
    "/grpc.health.v1.Health/Check",
    "/moby.buildkit.secrets.v1.Secrets/GetSecret",
    "/moby.filesync.v1.FileSync/DiffCopy",
    "/moby.filesync.v1.Auth/Credentials",
];

/// What it may ask for besides where there is an SSH agent.
const SSH_METHODS: &[&str] = &[
    "/moby.sshforward.v1.SSH/CheckAgent",
    "/moby.sshforward.v1.SSH/ForwardAgent",
];

/// A session that stands. It is served as long as [`Session::serve`] is polled.
pub(super) struct Session {
    connection: Connection,
    secrets: BTreeMap<String, Secret>,
    agents: BTreeMap<String, PathBuf>,
    synced: Synced,
}

enum Connection {
    /// In the engine's own gRPC.
    Native(Native),
    /// An upgraded request of `/session`.
    Upgraded(Upgraded),
}

impl Session {
    /// Opens the session that a build will name by `id`. What it transfers is kept by the
    /// builder under `sync_key`.
    pub(super) async fn open(
        wire: &Wire,
        id: &str,
        request: &BuildRequest,
        sync_key: &str,
        synced: Synced,
    ) -> Result<Self, RawError> {
        // A builder that is offered an agent does not ask whether there is one.
        let agents = (!request.ssh.is_empty()).then_some(SSH_METHODS);
        let methods = METHODS
            .iter()
            .chain(agents.into_iter().flatten())
            .map(|method| ("x-docker-expose-session-grpc-method", *method));
        let named = [
            ("x-docker-expose-session-uuid", id),
            ("x-docker-expose-session-name", "plimsoll"),
            ("x-docker-expose-session-sharedkey", sync_key),
        ];
        let headers: Vec<_> = named.into_iter().chain(methods).collect();
        let connection = match wire.is_native() {
            true => Connection::Native(Native::open(wire, &headers).await?),
            false => Connection::Upgraded(wire.upgrade("/session", "h2c", &headers).await?),
        };
        Ok(Self {
            connection,
            secrets: request.secrets.clone(),
            agents: request.ssh.clone(),
            synced,
        })
    }

    /// Answers until the engine closes the session. What goes wrong in here, the
    /// engine reports as the build's failure.
    pub(super) async fn serve(self) {
        let services = Routes::new(HealthServer::new(Alive))
            .add_service(SecretsServer::new(Keeper(self.secrets)))
            .add_service(SshServer::new(Agents(self.agents)))
            .add_service(FileSyncServer::new(self.synced))
            .add_service(AuthServer::new(Anonymous));
        let services = TowerToHyperService::new(services);
        let mut server = http2::Builder::new(TokioExecutor::new());
        server.max_header_list_size(HEADERS_BYTES);
        match self.connection {
            Connection::Upgraded(connection) => {
                let _ = server.serve_connection(connection, services).await;
            }
            Connection::Native(stream) => {
                let (connection, moved) = stream.split();
                tokio::select! {
                    _ = server.serve_connection(TokioIo::new(connection), services) => {}
                    () = moved => {}
                }
            }
        }
    }
}

/// Gives out the secrets of one build, by id.
struct Keeper(BTreeMap<String, Secret>);

#[tonic::async_trait]
impl Secrets for Keeper {
    async fn get_secret(&self, request: Request<GetSecretRequest>) -> Answer<GetSecretResponse> {
        match self.0.get(&request.get_ref().id) {
            Some(secret) => Ok(Response::new(GetSecretResponse {
                data: secret.0.clone().into_bytes(),
            })),
            None => Err(Status::not_found("the build was given no such secret")),
        }
    }
}

/// Has no credentials; the engine then asks registries for anonymous tokens itself.
struct Anonymous;

#[tonic::async_trait]
impl Auth for Anonymous {
    async fn credentials(&self, _: Request<CredentialsRequest>) -> Answer<CredentialsResponse> {
        Ok(Response::new(CredentialsResponse::default()))
    }

    async fn fetch_token(&self, _: Request<FetchTokenRequest>) -> Answer<FetchTokenResponse> {
        Err(Status::unimplemented("the engine fetches tokens"))
    }

    async fn get_token_authority(
        &self,
        _: Request<GetTokenAuthorityRequest>,
    ) -> Answer<GetTokenAuthorityResponse> {
        Err(Status::unimplemented("the engine fetches tokens"))
    }

    async fn verify_token_authority(
        &self,
        _: Request<VerifyTokenAuthorityRequest>,
    ) -> Answer<VerifyTokenAuthorityResponse> {
        Err(Status::unimplemented("the engine fetches tokens"))
    }
}

/// Is there. The engine asks every few seconds and ends a build whose session is gone.
struct Alive;

#[tonic::async_trait]
impl Health for Alive {
    type WatchStream = Empty<Result<HealthCheckResponse, Status>>;

    async fn check(&self, _: Request<HealthCheckRequest>) -> Answer<HealthCheckResponse> {
        Ok(Response::new(HealthCheckResponse {
            status: ServingStatus::Serving.into(),
        }))
    }

    async fn list(&self, _: Request<HealthListRequest>) -> Answer<HealthListResponse> {
        Err(Status::unimplemented("ask for one"))
    }

    async fn watch(&self, _: Request<HealthCheckRequest>) -> Answer<Self::WatchStream> {
        Err(Status::unimplemented("ask again"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_secret_is_given_by_its_id_and_no_other() {
        let secret = Secret("hunter2".to_owned());
        let keeper = Keeper(BTreeMap::from([("token".to_owned(), secret)]));
        let ask = async |id: &str| {
            let id = id.to_owned();
            let annotations = Default::default();
            let request = Request::new(GetSecretRequest { id, annotations });
            keeper.get_secret(request).await
        };
        assert_eq!(ask("token").await.unwrap().get_ref().data, b"hunter2");
        let refused = ask("other").await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::NotFound);
        assert!(!format!("{refused:?}").contains("hunter2"));
    }
}
