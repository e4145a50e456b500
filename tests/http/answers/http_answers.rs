//! The answers themselves, with the clock paused.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll},
    time::Duration,
};

use http::{Response, StatusCode, header::RETRY_AFTER};
use palisade::{
    Error,
    http::{AnswerLayer, answer_to},
};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::answers::{
    SECOND, crowded, rejected,
    support::{Down, strict},
    timed_out,
};

async fn retry_after(left: Duration) -> Option<String> {
    let response = answer_to::<()>(&rejected(left).await);
    response.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_rounded_up_and_at_least_a_second() {
    let nano = Duration::from_nanos(1);
    let cases = [
        (nano, "1"),
        (SECOND, "1"),
        (SECOND + nano, "2"),
        (Duration::from_nanos(2_999_999_999), "3"),
        (90 * SECOND, "90"),
    ];
    for (left, told) in cases {
        assert_eq!(retry_after(left).await.as_deref(), Some(told), "{left:?}");
    }
    assert!(retry_after(Duration::MAX).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_told_only_where_it_is_known() {
    for error in [crowded().await, timed_out().await, Error::Service(Down(1).into())] {
        assert!(answer_to::<()>(&error).headers().is_empty(), "{error:?}");
    }
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
async fn an_answer_of_the_services_own_passes_untouched() {
    let inner = strict(|()| ready(Ok::<_, Down>(Response::builder().status(503).body("own").unwrap())));
    let Ok(response) = AnswerLayer::http().layer(inner).oneshot(()).await;
    assert_eq!((response.status().as_u16(), response.headers().len(), *response.body()), (503, 0, "own"));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_fail_is_welcome() {
    let inner = service_fn(|()| async { Ok::<_, Infallible>(Response::new(1)) });
    let Ok(response) = AnswerLayer::http().layer(inner).oneshot(()).await;
    assert_eq!(*response.body(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_function_is_given_the_error_whole() {
    let layer = AnswerLayer::new(|error: Error| Response::new(error.downcast_ref::<Down>().copied()));
    let inner = strict(|()| ready(Err::<Response<Option<Down>>, _>(Down(7))));
    let Ok(response) = layer.layer(inner).oneshot(()).await;
    assert_eq!(*response.body(), Some(Down(7)));
}
