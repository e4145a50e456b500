//! Keys in events, and all keys with their handles.

use std::convert::Infallible;
use std::fmt;
use std::future::ready;
use std::sync::OnceLock;

use http::Request;
use palisade::http::host;
use palisade::test_util::EventLog;
use palisade::{BulkheadHandle, BulkheadLayer, CircuitBreakerLayer, PerKeyHandle, Phase};
use tower::{Layer, Service, ServiceExt, service_fn};

use super::{Answer, Fail, Host, ask, builder, host as key};

/// The key that the events of this circuit tell, where they tell one.
fn told(events: &EventLog) -> Vec<Option<String>> {
    events.of("palisade::circuit_breaker").into_iter().map(|event| event.fields.get("key").cloned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_key_is_in_events_only_where_keys_are_shown() {
    for (layer, shown) in
        [(builder().build().unwrap(), None), (builder().show_keys().build().unwrap(), Some("7".to_owned()))]
    {
        let events = EventLog::of_thread();
        while layer.handle().get(&7).is_none_or(|circuit| circuit.phase() == Phase::Closed) {
            ask(&layer, Fail(7)).await.unwrap_err();
        }
        ask(&layer, Fail(7)).await.unwrap_err();
        // It opened, and then it rejected.
        assert_eq!(told(&events), [shown.clone(), shown]);
    }
}

#[tokio::test]
async fn the_hosts_of_http_are_shown() {
    for (uri, shown) in [("http://me@down.example:81/", "down.example:81"), ("/", "unknown")] {
        let events = EventLog::of_thread();
        let layer = CircuitBreakerLayer::http("hosts").per_key(host::<()>).build().unwrap();
        let places = BulkheadLayer::builder(0).per_key(host::<()>).build().unwrap();
        let request = || Request::get(uri).body(()).unwrap();
        let inner = || service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(http::Response::new(String::new()))));
        layer.layer(inner()).oneshot(request()).await.unwrap();
        layer.handle().get(&host(&request())).unwrap().force_open();
        places.layer(inner()).ready().await.unwrap().call(request()).await.unwrap_err();
        assert_eq!(told(&events), [Some(shown.to_owned())]);
        assert_eq!(events.of("palisade::bulkhead")[0].field("key"), shown);
    }
}

#[tokio::test]
async fn a_key_like_a_host_that_is_none_is_not_shown() {
    let events = EventLog::of_thread();
    let token = |_: &Request<()>| "s3cr3t-token".parse::<http::uri::Authority>().ok();
    let places = BulkheadLayer::builder(0).per_key(token).build().unwrap();
    let inner = service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(http::Response::new(String::new()))));
    places.layer(inner).ready().await.unwrap().call(Request::new(())).await.unwrap_err();
    assert!(!events.of("palisade::bulkhead")[0].fields.contains_key("key"));
}

#[tokio::test(start_paused = true)]
async fn all_keys_come_with_their_handles() {
    let layer = BulkheadLayer::builder(3).per_key(key as Host).build().unwrap();
    let handle = layer.handle();
    assert_eq!(handle.iter().count(), 0);
    for host in [1, 2] {
        ask(&layer, Answer(host)).await.unwrap();
    }
    handle.iter().for_each(|(host, places)| places.resize(10 + host as usize));
    let limit = |host| handle.get(&host).unwrap().limit();
    assert_eq!([limit(1), limit(2)], [11, 12]);
}

/// Shows how many keys there are.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Nosy;

static NOSY: OnceLock<PerKeyHandle<Nosy, BulkheadHandle>> = OnceLock::new();

impl fmt::Display for Nosy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        NOSY.get().expect("the layer was made").len().fmt(f)
    }
}

#[tokio::test]
async fn a_key_that_is_shown_may_use_the_handle() {
    let events = EventLog::of_thread();
    let places = BulkheadLayer::builder(0).per_key(|(): &()| Nosy).show_keys().build().unwrap();
    assert!(NOSY.set(places.handle()).is_ok());
    let inner = service_fn(|()| ready(Ok::<_, Infallible>(())));
    places.layer(inner).oneshot(()).await.unwrap_err();
    assert_eq!(events.of("palisade::bulkhead")[0].field("key"), "0");
}
