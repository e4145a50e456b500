//! The clients of a shop, and what they got.

use std::time::Duration;

use axum::http::{HeaderValue, Uri};
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
use tower::BoxError;

use crate::Act;
use crate::page::DEGRADED;
use crate::shop::PAGES;

/// How many clients come in a second, on a usual day. They ask for one page after the other.
const CLIENTS_A_SECOND: u32 = 60;
/// How long a client waits.
const PATIENCE: Duration = Duration::from_secs(3);

/// What a client got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Got {
    /// The page itself.
    Page,
    /// What the first step of its fallback made.
    First,
    /// What the second step made.
    Second,
    /// An error, or nothing in time.
    Nothing,
}

/// A call that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// When it was to be sent.
    pub(crate) act: Act,
    /// The place of the page in [`PAGES`].
    pub(crate) page: usize,
    pub(crate) got: Got,
    /// From the moment when it was to be sent, so that a late sender does not flatter the figures.
    pub(crate) took: Duration,
}

/// Asks for all pages at a steady rate, whatever becomes of the calls before, until there are no more acts.
pub(crate) async fn ask(url: String, acts: watch::Receiver<Act>) -> Result<Vec<Ended>, BoxError> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let (mut calls, mut arrival) = (JoinSet::new(), now());
    for (page, name) in PAGES.iter().enumerate().cycle() {
        let act = *acts.borrow();
        arrival += Duration::from_secs(1) / (CLIENTS_A_SECOND * act.crowd());
        sleep_until(arrival).await;
        if acts.has_changed().is_err() {
            break;
        }
        let (client, uri) = (client.clone(), format!("{url}/{name}").parse()?);
        calls.spawn(async move {
            let got = timeout(PATIENCE, get(&client, uri)).await.ok().and_then(Result::ok).unwrap_or(Got::Nothing);
            Ended { act, page, got, took: arrival.elapsed() }
        });
    }
    Ok(calls.join_all().await)
}

async fn get(client: &Client<HttpConnector, Empty<Bytes>>, uri: Uri) -> Result<Got, BoxError> {
    let response = client.get(uri).await?;
    let step = response.headers().get(DEGRADED).cloned();
    let is_good = response.status().is_success();
    response.into_body().collect().await?;
    Ok(match step.as_ref().map(HeaderValue::as_bytes) {
        None if is_good => Got::Page,
        Some(b"1") if is_good => Got::First,
        Some(b"2") if is_good => Got::Second,
        _ => Got::Nothing,
    })
}

#[expect(clippy::disallowed_methods, reason = "the example runs on real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
