//! Answers HTTP requests about a fleet.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tracing::info;
use uuid::Uuid;

use crate::fleet::{Fleet, Order, Refusal, Ship, Wrong};
use crate::{policy, release};

const BODY_LIMIT_BYTES: usize = 16 << 10;

type Ships = State<Arc<Fleet>>;
/// The body of a request, or why it cannot be read: answered in our own form, not axum's.
type Body<T> = Result<Json<T>, JsonRejection>;

/// Builds the whole API.
pub fn router(fleet: Arc<Fleet>) -> Router {
    let ships = Router::new()
        .route("/api/ships", get(list).post(register))
        .route("/api/ships/{id}", get(show).delete(scrap))
        .route("/api/ships/{id}/load", post(load))
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(from_fn(logged))
        .with_state(fleet);
    // Outside the logged routes: a health check every few seconds is no news.
    let all = Router::new()
        .route("/health", get(health))
        .merge(ships)
        .fallback(nothing);
    policy::apply(all)
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    release: &'static str,
}

async fn health() -> Json<Health> {
    Json(Health {
        status: "ok",
        release: release::NAME,
    })
}

async fn list(State(fleet): Ships) -> Json<Vec<Ship>> {
    Json(fleet.ships())
}

async fn register(State(fleet): Ships, order: Body<Order>) -> Result<Response, Problem> {
    let ship = fleet.register(&order?.0)?;
    let location = [(header::LOCATION, format!("/api/ships/{}", ship.id))];
    Ok((StatusCode::CREATED, location, Json(ship)).into_response())
}

async fn show(State(fleet): Ships, Path(id): Path<String>) -> Result<Json<Ship>, Problem> {
    Ok(Json(fleet.ship(read_id(&id)?)?))
}

async fn scrap(State(fleet): Ships, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    fleet.scrap(read_id(&id)?)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cargo {
    tonnes: i64,
}

async fn load(
    State(fleet): Ships,
    Path(id): Path<String>,
    cargo: Body<Cargo>,
) -> Result<Json<Ship>, Problem> {
    Ok(Json(fleet.load(read_id(&id)?, cargo?.tonnes)?))
}

async fn nothing(method: Method, uri: Uri) -> Problem {
    let error = format!("nothing answers {method} {}", uri.path());
    Problem {
        status: StatusCode::NOT_FOUND,
        error,
        fields: Wrong::new(),
    }
}

/// An id that cannot be read belongs to no ship.
fn read_id(id: &str) -> Result<Uuid, Refusal> {
    Uuid::parse_str(id).map_err(|_| Refusal::Unknown)
}

/// What a client is told when it gets nothing else.
#[derive(Serialize)]
struct Problem {
    #[serde(skip)]
    status: StatusCode,
    error: String,
    #[serde(skip_serializing_if = "Wrong::is_empty")]
    fields: Wrong,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::Invalid(_) => StatusCode::BAD_REQUEST,
            Refusal::Unknown => StatusCode::NOT_FOUND,
            Refusal::TooDeep | Refusal::TooLight => StatusCode::CONFLICT,
        };
        let error = refusal.to_string();
        let fields = if let Refusal::Invalid(wrong) = refusal {
            wrong
        } else {
            Wrong::new()
        };
        Self {
            status,
            error,
            fields,
        }
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let error = format!("the body cannot be read: {}", rejection.body_text());
        Self {
            status: rejection.status(),
            error,
            fields: Wrong::new(),
        }
    }
}

/// Writes one line per request and gives each request an id that the client sees too.
async fn logged(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = Uuid::new_v4().to_string();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
    info!(
        id,
        %method,
        path,
        status = response.status().as_u16(),
        seconds = begun.elapsed().as_secs_f64(),
        "request"
    );
    let id = HeaderValue::try_from(id).expect("a UUID is plain ASCII");
    response.headers_mut().insert("x-request-id", id);
    response
}
