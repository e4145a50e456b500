//! One deadline for all attempts of a call, where the retry is the first that reads it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderValue, Request, Response};
use palisade::http::DeadlineLayer;
use palisade::{Deadline, Error, RetryLayer};
use tokio::time::sleep;
use tonic::Status;
use tonic::body::Body;
use tonic_health::pb::health_client::HealthClient;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::client::{ByHead, ask, at_once, channel};
use crate::patience::{ms, secs, soon};
use crate::server::{Reply, serve_script};
use crate::support::now;

const SHORT: Duration = ms(500);
const LONG: Duration = secs(5);

fn retry() -> RetryLayer<ByHead> {
    at_once().max_attempts(9).without_budget().build().expect("it is legal")
}

/// A call with these lines of `grpc-timeout`, and perhaps a deadline in its extensions.
fn with(extension: Option<Duration>, lines: &[&'static str]) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    for line in lines {
        request.headers_mut().append("grpc-timeout", HeaderValue::from_static(line));
    }
    if let Some(left) = extension {
        request.extensions_mut().insert(Deadline::after(left));
    }
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
            sleep(ms(200)).await;
            Ok(answer)
        }
    })
}

fn down() -> Status {
    Status::unavailable("down")
}

/// When the attempts come, and what they tell where the layer below the retry writes it.
async fn attempts(call: impl Fn() -> Request<Body>) -> (Vec<u128>, Vec<String>) {
    let (seen, written) = (Seen::default(), Seen::default());
    retry().layer(saying(down, &seen)).oneshot(call()).await.expect("the service answers");
    let stack = ServiceBuilder::new().layer(retry()).layer(DeadlineLayer::grpc()).service(saying(down, &written));
    stack.oneshot(call()).await.expect("the service answers");
    let (seen, written) = (seen.lock().expect("nobody panics here"), written.lock().expect("nobody panics here"));
    (seen.iter().map(|(at, _)| *at).collect(), written.iter().map(|(_, told)| told.clone()).collect())
}

#[tokio::test(start_paused = true)]
async fn the_nearest_deadline_of_a_request_is_for_all_attempts() {
    let rows: [(Option<Duration>, &[&'static str]); 8] = [
        (None, &["500m"]),
        (None, &["5S", "500m"]),
        (None, &["500m", "5S"]),
        (None, &["soon", "500m"]),
        (None, &["500m", "soon"]),
        (Some(LONG), &["500m"]),
        (Some(SHORT), &["5S"]),
        (Some(SHORT), &[]),
    ];
    for (extension, lines) in rows {
        let (came, told) = attempts(|| with(extension, lines)).await;
        assert_eq!(came, [0, 200, 400], "{extension:?} {lines:?}");
        assert_eq!(told, ["500000u", "300000u", "100000u"], "{extension:?} {lines:?}");
    }
    let (came, told) = attempts(|| with(None, &["soon"])).await;
    assert_eq!((came.len(), told), (9, vec![String::new(); 9]), "what is unreadable ends no retrying");
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_a_grpc_timeout_ends_the_call_at_once() {
    let pushing_back = || {
        let mut status = down();
        status.metadata_mut().insert("grpc-retry-pushback-ms", "300".parse().unwrap());
        status
    };
    let (seen, begun) = (Seen::default(), now());
    let answer = retry().layer(saying(pushing_back, &seen)).oneshot(with(None, &["500m"])).await.unwrap();
    assert_eq!(answer.headers()["grpc-retry-pushback-ms"], "300");
    assert_eq!((begun.elapsed(), seen.lock().unwrap().len()), (ms(200), 1));
}

/// The channel reads `grpc-timeout` too, and would give each attempt the whole of it.
#[tokio::test]
async fn a_call_that_its_channel_ends_in_time_is_not_sent_again() {
    let (addr, _) = serve_script(|_| Reply::Never).await;
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let count = move |request: Request<Body>| {
        counted.fetch_add(1, Ordering::SeqCst);
        request
    };
    let stack = ServiceBuilder::new().layer(retry()).map_request(count).service(channel(addr));
    let mut request = tonic::Request::new(ask());
    request.set_timeout(ms(40));
    soon(HealthClient::new(stack).check(request)).await.unwrap_err();
    assert_eq!(sent.load(Ordering::SeqCst), 1);
}
