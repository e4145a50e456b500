//! Responses that nobody reads to the end, and streams that go on: what a circuit learns of the service. The clock is paused.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::future::ready;

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response};
use http_body_util::channel::{Channel, Sender};
use http_body_util::{BodyExt, Empty};
use palisade::{CircuitBreakerLayer, Phase};
use tokio::time::advance;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::circuit::counted;
use crate::client::{Small, call};
use crate::patience::{ms, secs};
use crate::support::now;

type Streamed = Channel<Bytes, Infallible>;

/// How a reader leaves a response.
#[derive(Clone, Copy, Debug)]
enum Reads {
    TheHead,
    AFrame,
    AFrameAndWaits,
}

/// One call in so many fails. The others get a response of unknown length, and one frame of it is there.
fn one_fails_in(
    calls: usize,
) -> impl Service<Request<Small>, Response = Response<Streamed>, Error = Infallible> + Clone {
    let (nth, senders) = (Cell::new(0), RefCell::new(Vec::<Sender<Bytes, Infallible>>::new()));
    let shared = std::rc::Rc::new((nth, senders));
    service_fn(move |_: Request<Small>| {
        let (nth, senders) = &*shared;
        nth.set(nth.get() + 1);
        let (mut sender, body) = Channel::new(1);
        assert!(sender.try_send(http_body::Frame::data(Bytes::from_static(b"one"))).is_ok());
        senders.borrow_mut().push(sender);
        let status = if nth.get() % calls == 0 { 500 } else { 200 };
        ready(Ok(Response::builder().status(status).body(body).unwrap()))
    })
}

#[tokio::test(start_paused = true)]
async fn a_response_of_which_a_part_was_wanted_is_a_success() {
    for (reads, counts) in [(Reads::TheHead, (500, 10)), (Reads::AFrame, (500, 10)), (Reads::AFrameAndWaits, (500, 10))]
    {
        let breaker = CircuitBreakerLayer::http("api").min_calls(1_000).build().unwrap();
        let circuit = breaker.handle();
        let stack = breaker.layer(one_fails_in(50));
        for _ in 0..500 {
            let mut body = call(&stack, Request::default()).await.unwrap().into_body();
            if let Reads::AFrame | Reads::AFrameAndWaits = reads {
                body.frame().await.unwrap().unwrap();
            }
            if let Reads::AFrameAndWaits = reads {
                assert!(body.frame().now_or_never().is_none(), "no more is there");
            }
        }
        assert_eq!(counted(&circuit), counts, "{reads:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_of_grpc_counts_once_a_message_has_begun() {
    for (form, data, calls) in [
        ("application/grpc", &b""[..], 0),
        ("application/grpc", b"\0\0\0\0\x02\x08\x01", 1),
        ("application/grpc-web", b"\0\0", 0),
        ("application/grpc-web", b"\0\0\0\0\x02", 1),
        ("application/grpc-web", b"\x80\0\0\0\x0fgrpc-", 0),
    ] {
        let breaker = CircuitBreakerLayer::grpc("watch").build().unwrap();
        let circuit = breaker.handle();
        let (mut sender, body) = Streamed::new(1);
        sender.send_data(Bytes::from_static(data)).await.unwrap();
        let body = std::sync::Mutex::new(Some(body));
        let stack = breaker.layer(service_fn(move |_: Request<Small>| {
            let response = Response::builder().header("content-type", form).body(body.lock().unwrap().take().unwrap());
            ready(Ok::<_, Infallible>(response.unwrap()))
        }));
        let mut body = stack.oneshot(Request::default()).await.unwrap().into_body();
        body.frame().await.unwrap().unwrap();
        drop(body);
        assert_eq!(counted(&circuit), (calls, 0), "{data:?} of {form}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_few_failures_beside_healthy_streams_do_not_open_it() {
    let breaker = CircuitBreakerLayer::http("events").build().unwrap();
    let circuit = breaker.handle();
    let stack = breaker.layer(one_fails_in(10));
    let mut streams = Vec::new();
    for _ in 0..500 {
        let mut body = call(&stack, Request::default()).await.expect("it is closed").into_body();
        body.frame().await.unwrap().unwrap();
        assert!(body.frame().now_or_never().is_none() || circuit.phase() == Phase::Closed);
        streams.push(body);
        advance(ms(50)).await;
    }
    let rate = circuit.snapshot().failure_rate.unwrap();
    assert!((0.08..0.12).contains(&rate), "{rate}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_counts_after_half_the_time_and_again_when_it_breaks() {
    let breaker = CircuitBreakerLayer::http("events").half_open_for(secs(20)).build().unwrap();
    let circuit = breaker.handle();
    let (sender, body) = Channel::<Bytes, Broken>::new(1);
    let body = std::sync::Mutex::new(Some(body));
    let stack = breaker.layer(service_fn(move |_: Request<Small>| {
        ready(Ok::<_, Infallible>(Response::new(body.lock().unwrap().take().unwrap())))
    }));
    let mut body = stack.oneshot(Request::default()).await.unwrap().into_body();
    assert!(body.frame().now_or_never().is_none());
    advance(ms(9_990)).await;
    assert!(body.frame().now_or_never().is_none());
    assert_eq!(counted(&circuit), (0, 0));
    advance(ms(10)).await;
    assert!(body.frame().now_or_never().is_none());
    assert_eq!(counted(&circuit), (1, 0));
    sender.abort(Broken);
    assert!(body.frame().await.unwrap().is_err());
    assert_eq!(counted(&circuit), (2, 1));
}

#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("broken")
    }
}

impl std::error::Error for Broken {}

#[tokio::test(start_paused = true)]
async fn slow_senders_who_come_first_do_not_take_all_probes_for_ever() {
    let breaker = CircuitBreakerLayer::http("api").seed(7).build().unwrap();
    let circuit = breaker.handle();
    // Answers once it has read the request.
    let stack = breaker.layer(service_fn(async |request: Request<Streamed>| {
        request.into_body().collect().await.map(|_| Response::new(Empty::<Bytes>::new()))
    }));
    while circuit.phase() == Phase::Closed {
        circuit.try_enter().unwrap().failure();
    }
    let (began, mut slow) = (now(), Vec::new());
    while circuit.phase() != Phase::Closed {
        assert!(now() - began < secs(300), "{:?}", circuit.snapshot());
        for _ in 0..5 {
            let (sender, body) = Streamed::new(1);
            slow.push((sender, tokio_test::task::spawn(stack.clone().oneshot(Request::new(body)))));
            let (_, call) = slow.last_mut().unwrap();
            if call.poll().is_ready() {
                slow.pop();
            }
        }
        let (sender, quick) = Streamed::new(1);
        drop(sender);
        stack.clone().oneshot(Request::new(quick)).await.ok();
        advance(ms(250)).await;
    }
}
