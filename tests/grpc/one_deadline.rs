//! One deadline for all attempts of a call, where the retry is the first that reads it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::{HeaderValue, Request, Response};
use palisade::{Deadline, Error, RetryLayer, http::DeadlineLayer};
use tokio::time::sleep;
use tonic::{Status, body::Body};
use tonic_health::pb::health_client::HealthClient;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::{
    client::{ByHead, ask, at_once, channel, soon},
    server::{Reply, now, serve_script},
};

const SHORT: Duration = Duration::from_millis(500);
const LONG: Duration = Duration::from_secs(5);

fn retry() -> RetryLayer<ByHead> {
    at_once().max_attempts(9).without_budget().build().expect("it is legal")
}

/// A call with these lines of `grpc-timeout`.
fn with(lines: &[&'static str]) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    for line in lines {
        request.headers_mut().append("grpc-timeout", HeaderValue::from_static(line));
    }
    request
}

/// The same, with a deadline in its extensions.
fn with_deadline(left: Duration, lines: &[&'static str]) -> Request<Body> {
    let mut request = with(lines);
    request.extensions_mut().insert(Deadline::after(left));
    request
}

/// When each attempt came, in milliseconds, and what it told of its time.
type Seen = Arc<Mutex<Vec<(u128, String)>>>;

/// A service that takes 200 ms to say this.
fn saying<F>(status: F, seen: &Seen) -> impl Service<Request<Body>, Response = Response<Body>, Error = Error> + Clone
where
    F: Fn() -> Status + Clone,
{
    let (seen, begun) = (Arc::clone(seen), now());
    service_fn(move |request: Request<Body>| {
        let told = request.headers().get("grpc-timeout").map_or("", |value| value.to_str().expect("it is text"));
        seen.lock().expect("nobody panics here").push((begun.elapsed().as_millis(), told.to_owned()));
        let answer = status().into_http();
        async {
            sleep(Duration::from_millis(200)).await;
            Ok(answer)
        }
    })
}

fn down() -> Status {
    Status::unavailable("down")
}

/// When the attempts come, with the retry directly over the service.
async fn attempts(call: Request<Body>) -> Vec<u128> {
    let seen = Seen::default();
    retry().layer(saying(down, &seen)).oneshot(call).await.expect("the service answers");
    let seen = seen.lock().expect("nobody panics here");
    seen.iter().map(|(at, _)| *at).collect()
}

/// What the attempts tell, with the layer below the retry that writes it.
async fn told(call: Request<Body>) -> Vec<String> {
    let seen = Seen::default();
    let stack = ServiceBuilder::new().layer(retry()).layer(DeadlineLayer::grpc()).service(saying(down, &seen));
    stack.oneshot(call).await.expect("the service answers");
    let seen = seen.lock().expect("nobody panics here");
    seen.iter().map(|(_, told)| told.clone()).collect()
}

/// Claims that all attempts of a call together have half a second.
async fn assert_short(call: impl Fn() -> Request<Body>) {
    assert_eq!(attempts(call()).await, [0, 200, 400]);
    assert_eq!(told(call()).await, ["500000u", "300000u", "100000u"]);
}

#[tokio::test(start_paused = true)]
async fn a_grpc_timeout_is_for_all_attempts() {
    assert_short(|| with(&["500m"])).await;
}

#[tokio::test(start_paused = true)]
async fn the_least_of_several_grpc_timeouts_is_for_all_attempts() {
    for lines in [["5S", "500m"], ["500m", "5S"], ["soon", "500m"], ["500m", "soon"]] {
        assert_short(|| with(&lines)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_nearer_of_header_and_extension_is_for_all_attempts() {
    assert_short(|| with_deadline(LONG, &["500m"])).await;
    assert_short(|| with_deadline(SHORT, &["5S"])).await;
    assert_short(|| with_deadline(SHORT, &[])).await;
}

#[tokio::test(start_paused = true)]
async fn a_grpc_timeout_that_is_unreadable_ends_no_retrying() {
    assert_eq!(attempts(with(&["soon"])).await.len(), 9);
    assert_eq!(told(with(&["soon"])).await, [""; 9]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_a_grpc_timeout_does_not_leave_ends_the_call_at_once_with_the_answer() {
    let pushing_back = || {
        let mut status = down();
        status.metadata_mut().insert("grpc-retry-pushback-ms", "300".parse().unwrap());
        status
    };
    let (seen, begun) = (Seen::default(), now());
    let answer = retry().layer(saying(pushing_back, &seen)).oneshot(with(&["500m"])).await.unwrap();
    assert_eq!(answer.headers()["grpc-retry-pushback-ms"], "300");
    assert_eq!((begun.elapsed(), seen.lock().unwrap().len()), (Duration::from_millis(200), 1));
}

/// The channel reads `grpc-timeout` too, and would give each attempt the whole of it.
#[tokio::test]
async fn a_call_that_its_channel_ends_at_a_grpc_timeout_is_not_sent_again() {
    let (addr, _) = serve_script(|_| Reply::Never).await;
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let count = move |request: Request<Body>| {
        counted.fetch_add(1, Ordering::SeqCst);
        request
    };
    let stack = ServiceBuilder::new().layer(retry()).map_request(count).service(channel(addr));
    let mut request = tonic::Request::new(ask());
    request.set_timeout(Duration::from_millis(40));
    soon(HealthClient::new(stack).check(request)).await.unwrap_err();
    assert_eq!(sent.load(Ordering::SeqCst), 1);
}
