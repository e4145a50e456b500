//! For how long the rest of a response that is retried is read: it holds a connection, and places of the layers below.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use palisade::{Backoff, BulkheadHandle, BulkheadLayer, Error};
use tokio::time::{sleep, sleep_until};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use crate::circuit::consecutive;
use crate::client::{Replayed, Small, get, retry, text};
use crate::patience::{ms, secs};
use crate::server::{self, Piece, empty, silence, stream, with_header};
use crate::support::now;

/// For how long it is read at most; less and more than that.
const DRAIN_FOR: Duration = ms(50);
const SOON: Duration = ms(49);
const LATE: Duration = ms(51);

const PAUSES: [Duration; 3] = [Duration::ZERO, ms(20), secs(1)];

/// A response whose rest comes after a while.
fn in_parts(rest: Duration) -> Response<Piece> {
    let (mut sender, response) = stream(503, &["why "]);
    tokio::spawn(async move {
        sleep(rest).await;
        sender.send_data(Bytes::from_static(b"it failed")).await.ok();
    });
    response
}

/// What is left of a response like this, and when: the circuit rejects the attempt that would have replaced it.
async fn returned(pause: Duration, rest: Duration) -> (Result<String, Error>, Duration) {
    let begun = now();
    let service = service_fn(move |_: Request<Replayed>| async move { Ok::<_, Error>(in_parts(rest)) });
    let retry = retry().backoff(Backoff::constant(pause)).build().unwrap();
    let stack = ServiceBuilder::new().layer(retry).layer(consecutive(1).build().unwrap()).service(service);
    let answer = stack.oneshot(get("/")).await.unwrap();
    let took = begun.elapsed();
    assert_eq!(answer.status(), 503);
    (text(answer).await, took)
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_response_is_waited_for_up_to_a_limit() {
    for pause in PAUSES {
        for (rest, waited) in [(SOON, SOON), (LATE, DRAIN_FOR)] {
            let (body, took) = returned(pause, rest).await;
            let expected = pause.max(waited);
            assert!((expected..expected + ms(2)).contains(&took), "{pause:?} {rest:?} {took:?}");
            match body {
                Ok(whole) => assert_eq!((whole.as_str(), rest), ("why it failed", SOON), "{pause:?}"),
                Err(error) => {
                    let cause = std::error::Error::source(&error).unwrap().to_string();
                    assert!(cause.contains("dropped") && rest == LATE, "{pause:?} {cause}");
                }
            }
        }
    }
}

/// A service with one place, whose first response asks for a pause of 20 seconds.
fn one_place(
    refusal: fn() -> Response<Piece>,
) -> (impl Service<Request<Small>, Response: Send, Error = Error, Future: Send> + Clone, BulkheadHandle) {
    let calls = Arc::new(AtomicUsize::new(0));
    let service = service_fn(move |_: Request<Replayed>| {
        let is_first = calls.fetch_add(1, SeqCst) == 0;
        async move { Ok::<_, Error>(if is_first { with_header(refusal(), "retry-after", "20") } else { empty(200) }) }
    });
    let bulkhead = BulkheadLayer::http(1).build().unwrap();
    let places = bulkhead.handle();
    let retry = retry().build().unwrap();
    (ServiceBuilder::new().layer(retry).layer(bulkhead).service(service), places)
}

type Refusal = fn() -> Response<Piece>;

/// How many places are taken when so much of the pause is over.
async fn taken_after(refusal: Refusal, times: [Duration; 2]) -> [usize; 2] {
    let (stack, places) = one_place(refusal);
    let call = tokio::spawn(stack.clone().oneshot(get("/")));
    let mut taken = [0; 2];
    let begun = now();
    for (taken, time) in taken.iter_mut().zip(times) {
        sleep_until(begun + time).await;
        *taken = places.in_flight();
    }
    assert!(!call.is_finished(), "it is still waiting");
    assert!(stack.oneshot(get("/")).await.is_ok(), "there is a place for another");
    call.await.unwrap().map(drop).unwrap();
    taken
}

#[tokio::test(start_paused = true)]
async fn a_response_holds_its_place_only_while_its_rest_is_read() {
    let rows: [(_, Refusal, _, _); 3] = [
        ("stalls", || silence(503), [SOON, LATE + ms(1)], [1, 0]),
        ("ends soon", || in_parts(ms(20)), [ms(19), ms(22)], [1, 0]),
        ("has ended", || server::text(503, "no"), [ms(2), LATE], [0, 0]),
    ];
    for (label, refusal, times, taken) in rows {
        assert_eq!(taken_after(refusal, times).await, taken, "it {label}");
    }
}
