//! Limits of nothing, of all there is, and of a clock that stands still are legal.

use std::time::Duration;

use http::{HeaderValue, Request, Response, header::HeaderName};
use palisade::{
    BulkheadLayer, CircuitBreakerLayer, Deadline, Error, TimeoutLayer,
    http::{DeadlineLayer, host},
};
use tokio::time::advance;
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};

use super::{
    calls::{Streamed, assert_well, read},
    server::At,
    stacks::{Http, Plain, WAIT, boxed, over_http, request, server},
};
use crate::{
    inner::{
        Answer::{self, After, Never},
        Inner,
    },
    remains::Tallies,
    stacks::Stack,
};

fn timed(limit: Duration, at: At, answer: Answer) -> impl Http {
    let server = server(Inner::default().ever_answers(answer), at, &Tallies::default());
    ServiceBuilder::new().map_response(boxed).layer(TimeoutLayer::http(limit)).service(server)
}

/// Nothing makes a timer: there is no runtime to make it in.
#[test]
fn a_limit_of_zero_polls_a_call_once() {
    let mut call = task::spawn(timed(Duration::ZERO, At::Head, Never).oneshot(request()));
    assert!(assert_ready!(call.poll()).unwrap_err().is_timeout());
    let mut call = task::spawn(timed(Duration::ZERO, At::Head, After(0, Ok(200))).oneshot(request()));
    assert_eq!(assert_ready!(call.poll()).unwrap().status(), 200);
}

#[test]
fn a_limit_of_zero_is_over_before_the_body() {
    for plan in [Never, After(0, Ok(200))] {
        let mut call = task::spawn(timed(Duration::ZERO, At::Body, plan).oneshot(request()));
        let mut body = task::spawn(read(assert_ready!(call.poll()).unwrap()));
        assert!(assert_ready!(body.poll()).unwrap_err().is_timeout());
    }
}

#[test]
fn a_limit_of_zero_lets_an_answer_without_a_body_pass() {
    let empty = service_fn(async |_: Request<Plain>| Ok::<_, Error>(Response::new(Plain::default())));
    let mut call = task::spawn(TimeoutLayer::http(Duration::ZERO).layer(empty).map_response(boxed).oneshot(request()));
    let mut body = task::spawn(read(assert_ready!(call.poll()).unwrap()));
    assert_eq!(assert_ready!(body.poll()).unwrap().0, 200);
}

#[tokio::test(start_paused = true)]
async fn the_longest_limit_ends_neither_call_nor_body() {
    for at in [At::Head, At::Body] {
        let mut call =
            task::spawn(
                async move { read(timed(Duration::MAX, at, After(2, Ok(200))).oneshot(request()).await?).await },
            );
        assert_pending!(call.poll());
        advance(Duration::from_secs(1 << 28)).await;
        assert_eq!(call.await.unwrap().0, 200);
    }
}

/// Bodies too end in a clock that stands still.
async fn a_clock_that_stands_still_stops_no_body<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let stack = build(Inner::default().ever_answers(After(3, Ok(200))), At::Body);
    let before = Deadline::after(Duration::ZERO);
    for _ in 0..20 {
        Streamed::begin(&stack).await.unwrap().poll_to_end();
    }
    assert_eq!(Deadline::after(Duration::ZERO), before);
    stack.handles.assert_at_rest();
}
over_http!(every stack: a_clock_that_stands_still_stops_no_body);

async fn time_that_leaps_stops_no_call<S: Http>(build: impl Fn(Inner, At) -> Stack<S>) {
    let stack = build(Inner::default(), At::Body);
    for _ in 0..10 {
        advance(Duration::from_secs(1 << 28)).await;
        assert_well(&stack).await;
    }
    stack.handles.assert_at_rest();
}
over_http!(every stack: time_that_leaps_stops_no_call);

/// What a service below sees in its header, of a request with this one.
async fn passed_on(layer: DeadlineLayer, name: &HeaderName, value: &str) -> Result<Option<HeaderValue>, Error> {
    let told = name.clone();
    let service = service_fn(move |request: Request<Plain>| {
        let seen = request.headers().get(&told).cloned();
        assert_eq!(seen.is_some(), Deadline::current().is_some());
        async move {
            let mut response = Response::new(());
            response.extensions_mut().insert(seen);
            Ok::<_, Error>(response)
        }
    });
    let mut request = request();
    request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
    layer
        .layer(service)
        .oneshot(request)
        .await
        .map(|response| response.into_parts().0.extensions.remove::<Option<HeaderValue>>().flatten())
}

#[tokio::test(start_paused = true)]
async fn the_largest_times_on_the_wire_are_legal_and_never_grow() {
    for millis in [u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
        let seen = passed_on(DeadlineLayer::header(WAIT), &WAIT, &millis.to_string()).await.unwrap();
        let seen: u64 = seen.expect("it is readable").to_str().unwrap().parse().unwrap();
        assert!(seen <= millis && seen >= u64::from(u32::MAX), "{seen} of {millis}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_time_beyond_all_numbers_is_legal() {
    assert!(passed_on(DeadlineLayer::header(WAIT), &WAIT, &"9".repeat(500)).await.is_ok());
}

/// The nanoseconds that a `grpc-timeout` states.
fn nanos(value: &str) -> u128 {
    let (number, unit) = value.split_at(value.len() - 1);
    let units = [("n", 1), ("u", 1_000), ("m", 1_000_000), ("S", 1_000_000_000)];
    let units = units.into_iter().chain([("M", 60_000_000_000), ("H", 3_600_000_000_000)]);
    let unit = units.into_iter().find_map(|(name, nanos)| (name == unit).then_some(nanos)).expect("it has a unit");
    assert!(number.len() <= 8, "{value}");
    number.parse::<u128>().expect("it has a number") * unit
}

#[tokio::test(start_paused = true)]
async fn the_largest_times_of_grpc_are_legal_and_never_grow() {
    let (name, year) = (HeaderName::from_static("grpc-timeout"), nanos("8760H"));
    for unit in ["H", "M", "S", "m", "u", "n"] {
        let value = format!("99999999{unit}");
        let seen = passed_on(DeadlineLayer::grpc(), &name, &value).await.unwrap().expect("it is readable");
        let (seen, brought) = (nanos(seen.to_str().unwrap()), nanos(&value));
        assert!(seen <= brought && seen >= brought.min(year), "{seen} of {value}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_time_on_the_wire_is_over_before_the_call() {
    for value in ["0", "00000"] {
        assert!(passed_on(DeadlineLayer::header(WAIT), &WAIT, value).await.unwrap_err().is_timeout());
    }
}

#[tokio::test(start_paused = true)]
async fn a_map_of_keys_may_have_every_capacity_and_idle_time() {
    for idle in [Duration::ZERO, Duration::MAX] {
        for capacity in [1, usize::MAX] {
            let circuits = CircuitBreakerLayer::http("circuit").per_key(host::<Plain>).capacity(capacity).idle(idle);
            let places = BulkheadLayer::http(1).per_key(host::<Plain>).capacity(capacity).idle(idle);
            let (circuits, places) = (circuits.build().unwrap(), places.build().unwrap());
            let server = server(Inner::default(), At::Body, &Tallies::default());
            let service = circuits.layer(places.layer(server)).map_response(boxed);
            for name in ["a", "b", "a"] {
                let request = Request::get(format!("http://{name}/")).body(Plain::default()).unwrap();
                assert_eq!(read(service.clone().oneshot(request).await.unwrap()).await.unwrap().0, 200);
                advance(Duration::from_millis(1)).await;
            }
            let keys = if capacity == 1 || idle.is_zero() { 1 } else { 2 };
            assert_eq!((circuits.handle().len(), places.handle().len()), (keys, keys));
        }
    }
}
