//! For how long the rest of an answer that is retried is read: it holds a connection, and places of the layers below.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use palisade::{Backoff, BulkheadHandle, BulkheadLayer, Error};
use tokio::time::{Instant, sleep};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use crate::{
    circuit::consecutive,
    client::{Replayed, Small, get, ms, retry, secs, text},
    server::{self, Piece, empty, silence, stream, with_header},
};

/// For how long it is read at most; less and more than that.
const DRAIN_FOR: Duration = ms(50);
const SOON: Duration = ms(49);
const LATE: Duration = ms(51);

const PAUSES: [Duration; 3] = [Duration::ZERO, ms(20), secs(1)];

#[expect(clippy::disallowed_methods, reason = "tests measure")]
fn now() -> Instant {
    Instant::now()
}

/// An answer whose rest comes after a while.
fn in_parts(rest: Duration) -> Response<Piece> {
    let (mut sender, response) = stream(503, &["why "]);
    tokio::spawn(async move {
        sleep(rest).await;
        sender.send_data(Bytes::from_static(b"it failed")).await.ok();
    });
    response
}

/// What is left of an answer like this, and when: the circuit rejects the attempt that would have replaced it.
async fn returned(pause: Duration, rest: Duration) -> (Result<String, Error>, Duration) {
    let begun = now();
    let service = service_fn(move |_: Request<Replayed>| async move { Ok::<_, Error>(in_parts(rest)) });
    let retry = retry().backoff(Backoff::constant(pause)).build().unwrap();
    let breaker = consecutive(1).build().unwrap();
    let stack = ServiceBuilder::new().layer(retry).layer(breaker).service(service);
    let answer = stack.oneshot(get("/")).await.unwrap();
    let took = begun.elapsed();
    assert_eq!(answer.status(), 503);
    (text(answer).await, took)
}

/// Whether it took so long, to the tick of the timer.
fn about(took: Duration, expected: Duration) -> bool {
    (expected..expected + ms(2)).contains(&took)
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_ends_soon_is_whole_when_it_is_returned_after_all() {
    for pause in PAUSES {
        let (body, took) = returned(pause, SOON).await;
        assert_eq!(body.unwrap(), "why it failed", "{pause:?}");
        assert!(about(took, pause.max(SOON)), "{pause:?} {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_ends_too_late_is_not_waited_for_and_says_what_it_lacks() {
    for pause in PAUSES {
        let (body, took) = returned(pause, LATE).await;
        let error = body.unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("dropped"), "{pause:?} {cause}");
        assert!(about(took, pause.max(DRAIN_FOR)), "{pause:?} {took:?}");
    }
}

/// A service with one place, whose first answer asks for a pause of 20 seconds.
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

/// How many places are taken when so much of the pause is over.
async fn taken_after(refusal: fn() -> Response<Piece>, times: [Duration; 2]) -> [usize; 2] {
    let (stack, places) = one_place(refusal);
    let call = tokio::spawn(stack.clone().oneshot(get("/")));
    let mut taken = [0; 2];
    let begun = now();
    for (taken, time) in taken.iter_mut().zip(times) {
        tokio::time::sleep_until(begun + time).await;
        *taken = places.in_flight();
    }
    assert!(!call.is_finished(), "it is still waiting");
    assert!(stack.oneshot(get("/")).await.is_ok(), "there is a place for another");
    call.await.unwrap().map(drop).unwrap();
    taken
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_stalls_holds_its_place_for_no_longer_than_its_rest_is_read() {
    assert_eq!(taken_after(|| silence(503), [SOON, LATE + ms(1)]).await, [1, 0]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_ends_soon_holds_its_place_for_no_longer_than_that() {
    assert_eq!(taken_after(|| in_parts(ms(20)), [ms(19), ms(22)]).await, [1, 0]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_has_ended_holds_no_place_while_another_attempt_is_waited_for() {
    assert_eq!(taken_after(|| server::text(503, "no"), [ms(2), LATE]).await, [0, 0]);
}
