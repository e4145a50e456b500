//! The responses themselves, with the clock paused.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io::{self, ErrorKind};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use palisade::http::{AnswerLayer, answer_to};
use palisade::test_util::EventLog;
use palisade::{Error, FallbackLayer, fallback};
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

use crate::errors::{Over, crowded, failed, rejected, timed_out, too_often};
use crate::patience::secs;
use crate::support::{Down, strict};

fn retry_after<B>(answer: &Response<B>) -> Option<&str> {
    answer.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap())
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_rounded_up_and_at_least_a_second() {
    let nano = Duration::from_nanos(1);
    for (left, told) in [
        (nano, "1"),
        (secs(1), "1"),
        (secs(1) + nano, "2"),
        (Duration::from_nanos(2_999_999_999), "3"),
        (secs(90), "90"),
    ] {
        assert_eq!(retry_after(&answer_to::<()>(&rejected(left).await)), Some(told), "{left:?}");
    }
    assert!(retry_after(&answer_to::<()>(&rejected(Duration::MAX).await)).is_some());
}

fn io(kind: ErrorKind) -> io::Error {
    kind.into()
}

/// What a body over its limit fails with.
async fn too_large() -> BoxError {
    Limited::new(Full::<Bytes>::from("more than that"), 4).collect().await.unwrap_err()
}

/// Also where a fallback failed too: the response is that of what failed before.
#[tokio::test(start_paused = true)]
async fn each_error_has_its_status_and_a_pause_only_where_it_is_known() {
    for (error, status, pause) in [
        (rejected(secs(1)).await, 503, Some("1")),
        (crowded().await, 503, None),
        (too_often(secs(7)).await, 429, Some("7")),
        (timed_out().await, 504, None),
        (failed(Down(1)), 500, None),
        (failed(io(ErrorKind::NotFound)), 500, None),
        (failed(io(ErrorKind::ConnectionRefused)), 502, None),
        (failed(io(ErrorKind::ConnectionReset)), 502, None),
        (failed(Over(io(ErrorKind::BrokenPipe).into())), 502, None),
        (failed(io(ErrorKind::TimedOut)), 504, None),
        (failed(Over(too_large().await)), 413, None),
    ] {
        let shown = format!("{error:?}");
        let mut error = Some(error);
        let answer = answer_to::<()>(error.as_ref().unwrap());
        assert_eq!((answer.status().as_u16(), retry_after(&answer)), (status, pause), "{shown}");
        assert_eq!(answer.headers().len(), usize::from(pause.is_some()), "{shown}");
        let failing = service_fn(move |()| ready(Err::<Response<()>, _>(error.take().unwrap())));
        let behind = FallbackLayer::new(fallback::function(|_| Err(Down(2)))).layer(failing);
        let Ok(answer) = AnswerLayer::http().layer(behind).oneshot(()).await;
        assert_eq!((answer.status().as_u16(), retry_after(&answer)), (status, pause), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_tells_the_error_that_callers_are_not_shown() {
    let events = EventLog::of_thread();
    let Ok(answer) =
        AnswerLayer::http().layer(service_fn(|()| ready(Err::<Response<()>, _>(Down(1))))).oneshot(()).await;
    assert_eq!(answer.status(), 500);
    let told = events.of("palisade::answer");
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].field("message"), told[0].field("error")), ("answered", "the service failed: down 1"));
}

/// Cannot be readied, and must not be called then.
#[derive(Clone)]
struct Unready;

impl Service<()> for Unready {
    type Response = Response<String>;
    type Error = Down;
    type Future = Ready<Result<Response<String>, Down>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
        Poll::Ready(Err(Down(1)))
    }

    fn call(&mut self, (): ()) -> Self::Future {
        unreachable!("it never was ready")
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_be_readied_is_answered_for_each_call() {
    let mut service = AnswerLayer::http().layer(Unready);
    for _ in 0..2 {
        let Ok(response) = service.ready().await.unwrap().call(()).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_of_the_services_own_passes_untouched() {
    let inner = strict(|()| ready(Ok::<_, Down>(Response::builder().status(503).body("own").unwrap())));
    let Ok(response) = AnswerLayer::http().layer(inner).oneshot(()).await;
    assert_eq!((response.status().as_u16(), response.headers().len(), *response.body()), (503, 0, "own"));
    let cannot_fail = service_fn(|()| ready(Ok::<_, Infallible>(Response::new(1))));
    let Ok(response) = AnswerLayer::http().layer(cannot_fail).oneshot(()).await;
    assert_eq!(*response.body(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_function_is_given_the_error_whole() {
    let layer = AnswerLayer::new(|error: Error| Response::new(error.downcast_ref::<Down>().copied()));
    let inner = strict(|()| ready(Err::<Response<Option<Down>>, _>(Down(7))));
    let Ok(response) = layer.layer(inner).oneshot(()).await;
    assert_eq!(*response.body(), Some(Down(7)));
}

#[tokio::test(start_paused = true)]
async fn an_error_of_ours_in_another_has_its_own_status_and_pause() {
    for (error, status, pause) in [(rejected(secs(1)).await, 503, Some("1")), (timed_out().await, 504, None)] {
        let answer = answer_to::<()>(&failed(Over(error.into())));
        assert_eq!((answer.status().as_u16(), retry_after(&answer)), (status, pause));
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_fallback_in_another_error_tells_what_came_before() {
    let full = service_fn(|()| async { Err::<Response<()>, _>(timed_out().await) });
    let both = FallbackLayer::new(fallback::function(|_| Err(Down(2)))).layer(full).oneshot(()).await.unwrap_err();
    assert_eq!(answer_to::<()>(&failed(Over(both.into()))).status(), StatusCode::GATEWAY_TIMEOUT);
}
