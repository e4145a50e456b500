//! Who says how a server is, beside its circuit: a check that asks it, and the beats that it sends.

use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use palisade::http::health::Beater;
use palisade::{ConfigError, HealthCheck, Heartbeats, Name};
use tokio::net::TcpListener;
use tower::BoxError;

use crate::ATTEMPT;

/// How often a server is asked, and how often it beats.
const INTERVAL: Duration = Duration::from_millis(200);

/// A client for checks and beats, so that neither waits for a connection of calls.
pub(crate) type Plain = Client<HttpConnector, Full<Bytes>>;

fn client() -> Plain {
    Client::builder(TokioExecutor::new()).build_http()
}

/// Asks a server for what calls ask it for, so that it sees slowness, too.
pub(crate) fn check(name: &'static str, server: Uri) -> Result<HealthCheck, ConfigError> {
    let check = HealthCheck::http(name, client(), server).interval(INTERVAL).timeout(ATTEMPT).build()?;
    tokio::spawn(check.run());
    Ok(check)
}

/// Takes the beats of servers, and says where.
pub(crate) async fn listen() -> Result<(Heartbeats, Uri), BoxError> {
    let heartbeats = Heartbeats::builder().name(Name::new("servers")?).first_estimate(INTERVAL);
    let heartbeats = heartbeats.acceptable_pause(Duration::from_secs(1)).build()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let beats = format!("http://{}/beats", listener.local_addr()?).parse()?;
    let app = Router::new().fallback_service(heartbeats.service());
    tokio::spawn(async { axum::serve(listener, app).await });
    Ok((heartbeats, beats))
}

/// What a server runs, so that its beats end when it is killed.
pub(crate) fn beater(name: &'static str, beats: &Uri) -> Result<Beater<Plain>, ConfigError> {
    Beater::builder(name, client(), [beats.clone()]).interval(INTERVAL).build()
}
