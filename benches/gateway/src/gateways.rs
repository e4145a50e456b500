//! The upstream, and the gateways before it.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::error_handling::HandleErrorLayer;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use palisade::http::{ReplayBody, server_standard, standard};
use tokio::net::TcpListener;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt};

/// More than there are callers.
const PLACES: usize = 1000;
const LIMIT: Duration = Duration::from_secs(10);

#[derive(Clone, Copy)]
pub enum Kind {
    Bare,
    Tower,
    Ours,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Bare, Self::Tower, Self::Ours];

    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Tower => "tower",
            Self::Ours => "ours",
        }
    }

    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.name() == name).expect("bare, tower or ours")
    }
}

/// Answers with a kilobyte.
pub async fn upstream() {
    listen(Router::new().fallback(|| async { "-".repeat(1024) })).await;
}

/// Tower's limits stand on the server's side, where what they stop becomes a response; ours on either side.
pub async fn serve(kind: Kind, upstream: &str) {
    let upstream = format!("http://{upstream}");
    let client = Client::builder(TokioExecutor::new());
    listen(match kind {
        Kind::Bare => gateway(upstream, client.build_http::<Body>()),
        Kind::Tower => gateway(upstream, client.build_http::<Body>()).layer(
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(|_: BoxError| async { StatusCode::SERVICE_UNAVAILABLE }))
                .load_shed()
                .concurrency_limit(PLACES)
                .timeout(LIMIT),
        ),
        Kind::Ours => {
            let client = client.build_http::<ReplayBody<Body>>();
            let stack = standard("upstream").expect("legal").bulkhead(PLACES);
            gateway(upstream, stack.layer(client)).layer(server_standard(PLACES))
        }
    })
    .await;
}

/// Sends each request on.
fn gateway<C, B>(upstream: String, client: C) -> Router
where
    C: Service<Request, Response = http::Response<B>, Error: std::error::Error, Future: Send> + Clone,
    C: Send + Sync + 'static,
    http::Response<B>: IntoResponse,
{
    Router::new().fallback(move |mut request: Request| {
        let uri = format!("{upstream}{}", request.uri().path());
        *request.uri_mut() = uri.parse().expect("legal");
        let client = client.clone();
        async move {
            let response = client.oneshot(request).await;
            response.map_or_else(|_| StatusCode::BAD_GATEWAY.into_response(), respond)
        }
    })
}

fn respond(response: impl IntoResponse) -> Response {
    response.into_response()
}

/// Says where it listens, and serves.
async fn listen(router: Router) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port is free");
    println!("{}", listener.local_addr().expect("it is bound"));
    axum::serve(listener, router).await.expect("it serves for ever");
}
