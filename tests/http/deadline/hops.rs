//! Three hops over real sockets.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use palisade::http::AnswerLayer;
use palisade::http::deadline::Deadlines;
use tower::ServiceBuilder;

use super::*;
use crate::client::{HttpClient, Small, Wire, client, get as request, on_both};
use crate::server::uri;
use crate::sockets::serve_router;

type Client = Deadlines<HttpClient<Small>>;

/// What a hop was sent, and what its handler had left.
#[derive(Clone, Debug)]
struct Hop {
    header: String,
    left: Duration,
}

type Hops = Arc<Mutex<Vec<Hop>>>;

/// What a hop needs to call the next.
#[derive(Clone)]
struct Relay {
    client: Client,
    next: Option<String>,
    came_in: Arc<Mutex<Vec<String>>>,
    hops: Hops,
}

async fn relay(State(relay): State<Relay>) -> StatusCode {
    let left = Deadline::current().unwrap().remaining();
    let header = relay.came_in.lock().unwrap().pop().unwrap();
    relay.hops.lock().unwrap().push(Hop { header, left });
    let Some(next) = relay.next else { return StatusCode::OK };
    relay.client.oneshot(request(next)).await.unwrap().status()
}

/// Serves a hop; tells its address.
async fn serve(layer: DeadlineLayer, name: HeaderName, relay_to: Relay) -> String {
    let came_in = Arc::clone(&relay_to.came_in);
    let note = move |request: axum::extract::Request| {
        came_in.lock().unwrap().push(request.headers()[&name].to_str().unwrap().to_owned());
        request
    };
    let stack = ServiceBuilder::new().map_request(note).layer(AnswerLayer::http()).layer(layer);
    uri(serve_router(Router::new().route("/", get(relay)).layer(stack).with_state(relay_to)).await, "/")
}

/// The status of a request with this header.
async fn sent(wire: Wire, to: String, name: &HeaderName, value: &str) -> u16 {
    let mut request = request(to);
    request.headers_mut().insert(name, value.parse().unwrap());
    client(wire).request(request).await.unwrap().status().as_u16()
}

/// Sends a request through three hops, and tells what they saw.
async fn three_hops(layer: DeadlineLayer, name: &HeaderName, wire: Wire, value: &str) -> Vec<Hop> {
    let (client, hops) = (layer.layer(client(wire)), Hops::default());
    let mut next = None;
    for _ in 0..3 {
        let relay = Relay { client: client.clone(), next, came_in: Arc::default(), hops: Arc::clone(&hops) };
        next = Some(serve(layer.clone(), name.clone(), relay).await);
    }
    assert_eq!(sent(wire, next.unwrap(), name, value).await, 200);
    let hops = hops.lock().unwrap();
    hops.clone()
}

/// The time that a header of either kind tells.
fn told(header: &str) -> Duration {
    let number = |digits: &str| digits.parse().unwrap();
    match header.strip_suffix(['n', 'u', 'm', 'S']) {
        None => Duration::from_millis(number(header)),
        Some(digits) if header.ends_with('n') => Duration::from_nanos(number(digits)),
        Some(digits) if header.ends_with('u') => Duration::from_micros(number(digits)),
        Some(digits) if header.ends_with('m') => Duration::from_millis(number(digits)),
        Some(digits) => Duration::from_secs(number(digits)),
    }
}

#[tokio::test]
async fn deadlines_shrink_across_three_hops() {
    on_both(async |wire| {
        for (layer, name, value) in [
            (in_millis(), &MILLIS, "60000"),
            (DeadlineLayer::grpc(), &GRPC, "60S"),
            (DeadlineLayer::grpc(), &GRPC, "59999999u"),
        ] {
            let hops = three_hops(layer, name, wire, value).await;
            assert_eq!((hops.len(), hops[0].header.as_str()), (3, value));
            assert!(hops.iter().all(|hop| hop.left <= told(&hop.header)), "{hops:?}");
            assert!(hops.windows(2).all(|pair| told(&pair[1].header) < told(&pair[0].header)), "{hops:?}");
            assert!(hops.windows(2).all(|pair| pair[1].left < pair[0].left), "{hops:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_whose_time_is_over_is_a_504_and_goes_no_further() {
    on_both(async |wire| {
        let (client, hops) = (in_millis().layer(client(wire)), Hops::default());
        let relay = Relay { client, next: None, came_in: Arc::default(), hops: Arc::clone(&hops) };
        let to = serve(in_millis(), MILLIS.clone(), relay).await;
        assert_eq!(sent(wire, to, &MILLIS, "0").await, 504);
        assert!(hops.lock().unwrap().is_empty());
    })
    .await;
}
