//! What answers tell, and what they leave to the events.

use std::future::ready;

use http::{Response, header::RETRY_AFTER};
use palisade::{Error, FallbackLayer, fallback, grpc::AnswerBody, http::AnswerLayer};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::answers::{
    SECOND,
    body::Frames,
    crowded,
    grpc::text,
    rejected,
    support::{Down, events::Events},
    timed_out,
};

/// A service that fails so, behind a fallback that fails too.
fn behind_a_fallback(error: Error) -> impl Service<(), Response = Response<Frames>, Error = Error> {
    let mut error = Some(error);
    let failing = service_fn(move |()| ready(Err::<Response<Frames>, _>(error.take().unwrap())));
    FallbackLayer::new(fallback::function(|_| Err(Down(2)))).layer(failing)
}

#[tokio::test(start_paused = true)]
async fn where_a_fallback_failed_too_the_answer_is_that_of_what_failed_before() {
    for (error, status) in [
        (rejected(SECOND).await, 503),
        (crowded().await, 503),
        (timed_out().await, 504),
        (Error::Service(Down(1).into()), 500),
    ] {
        let pause = error.rejection().and_then(palisade::Rejection::retry_after);
        let Ok(answer) = AnswerLayer::http().layer(behind_a_fallback(error)).oneshot(()).await;
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers().contains_key(RETRY_AFTER), pause.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn so_it_is_for_grpc() {
    for (error, code, pushback) in [
        (rejected(SECOND).await, "14", Some("1000")),
        (crowded().await, "8", None),
        (timed_out().await, "4", None),
        (Error::Service(Down(1).into()), "13", None),
    ] {
        let answer: Result<Response<AnswerBody<Frames>>, _> =
            AnswerLayer::grpc().layer(behind_a_fallback(error)).oneshot(()).await;
        let Ok(answer) = answer;
        assert_eq!(text(answer.headers(), "grpc-status"), Some(code));
        assert_eq!(text(answer.headers(), "grpc-retry-pushback-ms"), pushback);
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_tells_the_error_that_callers_are_not_shown() {
    let events = Events::record();
    let failing = service_fn(|()| ready(Err::<Response<Frames>, _>(Down(1))));
    let Ok(answer) = AnswerLayer::http().layer(failing).oneshot(()).await;
    assert_eq!(answer.status(), 500);
    let told = events.of("palisade::answer");
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].field("message"), told[0].field("error")), ("answered", "the service failed: down 1"));
}
