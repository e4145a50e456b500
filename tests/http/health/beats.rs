//! Beats that travel.

use std::convert::Infallible;
use std::future::{pending, ready};

use axum::Router;
use axum::routing::any_service;
use http::{Method, StatusCode, Uri};
use palisade::health::Heartbeats;
use palisade::http::health::Beater;
use tokio::time::advance;
use tower::service_fn;

use super::*;
use crate::client::{Small, client, on_both};
use crate::patience::{eventually, ms, secs};
use crate::server::uri;
use crate::sockets::serve_router;

/// A name that no path can hold as it is.
const ODD: &str = "a/b?c \"é\"%\n";

#[tokio::test]
async fn a_beater_beats_to_each_target_over_both_wires() {
    on_both(async |wire| {
        let (one, two) = (Heartbeats::builder().build().unwrap(), Heartbeats::builder().build().unwrap());
        let mut targets = Vec::new();
        for heartbeats in [&one, &two] {
            let router = Router::new().route("/beats/{node}", any_service(heartbeats.service()));
            targets.push(uri(serve_router(router).await, "/beats/").parse().unwrap());
        }
        let beater = Beater::builder(ODD, client::<Small>(wire), targets).interval(ms(10)).build().unwrap();
        let task = tokio::spawn(beater.run());
        for heartbeats in [&one, &two] {
            eventually("the node has beaten", || heartbeats.phi(ODD).is_some()).await;
            assert_eq!(heartbeats.snapshot().len(), 1);
        }
        task.abort();
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_target_that_hangs_or_fails_holds_up_no_other() {
    let heartbeats = Heartbeats::builder().build().unwrap();
    let service = heartbeats.service();
    let client = service_fn(move |request: Request<()>| {
        let service = service.clone();
        async move {
            match request.uri().host().unwrap() {
                "hangs" => pending().await,
                "fails" => Err(io::Error::other("refused")),
                _ => service.oneshot(request).await.map_err(|never: Infallible| match never {}),
            }
        }
    });
    let targets = ["http://hangs/", "http://fails/", "http://good/beats?x=1"].map(|uri| uri.parse::<Uri>().unwrap());
    let beater = Beater::builder("node-1", client, targets).build().unwrap();
    tokio::spawn(beater.run());
    for _ in 0..60 {
        sleep(secs(1)).await;
        assert!(heartbeats.phi("node-1") < Some(1.0), "{:?}", heartbeats.phi("node-1"));
    }
}

#[tokio::test(start_paused = true)]
async fn beats_come_at_their_interval_and_stop_with_the_task() {
    let heartbeats = Heartbeats::builder().build().unwrap();
    let beater = Beater::builder("node-1", heartbeats.service(), ["http://here/".parse().unwrap()]).build().unwrap();
    let task = tokio::spawn(beater.run::<(), _>());
    sleep(secs(60)).await;
    assert!(!heartbeats.is_suspected("node-1"));
    task.abort();
    advance(secs(10)).await;
    assert!(heartbeats.is_suspected("node-1"));
}

#[tokio::test]
async fn a_path_that_holds_no_name_is_refused() {
    let heartbeats = Heartbeats::builder().build().unwrap();
    let long = format!("/beats/{}", "x".repeat(257));
    for path in ["/", "/beats/", "/beats/%F", "/beats/%zz", "/beats/%C3", "/beats/%+1", &long] {
        assert_eq!(ask(heartbeats.service(), "PUT", path).await.0, 400, "{path}");
    }
    assert_eq!(heartbeats.snapshot(), []);
    let (status, headers, _) = ask(heartbeats.service(), "DELETE", "/beats/a").await;
    assert_eq!((status, headers["allow"].to_str().unwrap()), (405, "PUT, POST"));
}

#[test]
fn a_beater_refuses_what_is_not_legal() {
    let idle = || service_fn(|_: Request<()>| ready(Ok::<_, io::Error>(Response::new(()))));
    let target = || ["http://here/".parse::<Uri>().unwrap()];
    let setting = |error: palisade::ConfigError| error.setting().to_owned();
    assert_eq!(Beater::builder("", idle(), target()).build().map_err(setting).unwrap_err(), "node");
    assert_eq!(Beater::builder("x".repeat(257), idle(), target()).build().map_err(setting).unwrap_err(), "node");
    let hurried = Beater::builder("a", idle(), target()).interval(Duration::ZERO);
    assert_eq!(hurried.build().map_err(setting).unwrap_err(), "interval");
    let no_path = Beater::builder("a", idle(), ["here:80".parse::<Uri>().unwrap()]).build();
    assert_eq!(no_path.map_err(setting).unwrap_err(), "targets");
}

#[tokio::test]
async fn each_beat_is_a_put_under_its_target() {
    let (sender, mut sent) = tokio::sync::mpsc::unbounded_channel();
    let client = service_fn(move |request: Request<()>| {
        sender.send((request.method().clone(), request.uri().to_string())).ok();
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::NO_CONTENT;
        ready(Ok::<_, io::Error>(response))
    });
    let targets = ["http://one:80/in/beats/", "/beats"].map(|uri| uri.parse::<Uri>().unwrap());
    tokio::spawn(Beater::builder("ä 1", client, targets).build().unwrap().run());
    for expected in ["http://one:80/in/beats/%C3%A4%201", "/beats/%C3%A4%201"] {
        assert_eq!(sent.recv().await.unwrap(), (Method::PUT, expected.to_owned()));
    }
}
