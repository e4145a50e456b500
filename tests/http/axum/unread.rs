//! What a circuit counts of answers that a server drops before their end. No socket is needed.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::response::IntoResponse;
use http::header::CONTENT_TYPE;
use http_body::{Frame, SizeHint};
use palisade::http::AnswerLayer;
use tower::ServiceExt;

use super::*;

/// Two frames of a byte.
#[derive(Clone, Copy, Debug)]
struct Two {
    left: u64,
    tells_its_length: bool,
}

const TOLD: Two = Two { left: 2, tells_its_length: true };
const UNTOLD: Two = Two { left: 2, tells_its_length: false };

impl http_body::Body for Two {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(left) = self.left.checked_sub(1) else { return Poll::Ready(None) };
        self.left = left;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b".")))))
    }

    fn size_hint(&self) -> SizeHint {
        if self.tells_its_length { SizeHint::with_exact(self.left) } else { SizeHint::new() }
    }
}

impl IntoResponse for Two {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "application/grpc")], Body::new(self)).into_response()
    }
}

fn answering(answer: Two) -> Router {
    Router::new().route("/", get(async move || answer))
}

/// Asks, and drops the answer when so many frames were read.
async fn read(router: Router, frames: usize) {
    let Ok(response) = router.oneshot(Request::new(Body::empty())).await;
    let mut body = response.into_body();
    for _ in 0..frames {
        body.frame().await.unwrap().unwrap();
    }
}

/// How many calls are counted, and how many of them as failures.
fn counted(circuit: &CircuitHandle) -> (u64, u64) {
    let counts = circuit.snapshot().counts;
    (counts.calls, counts.failures)
}

#[tokio::test]
async fn an_answer_that_nobody_began_to_read_counts_by_its_head_if_its_length_was_told() {
    for (answer, frames, counts) in [(TOLD, 0, (1, 0)), (UNTOLD, 0, (0, 0)), (TOLD, 1, (0, 0)), (UNTOLD, 1, (0, 0))] {
        let breaker = CircuitBreakerLayer::http("unread").build().unwrap();
        let circuit = breaker.handle();
        read(answering(answer).layer((AnswerLayer::http(), breaker)), frames).await;
        assert_eq!(counted(&circuit), counts, "{answer:?} after {frames}");
    }
}

#[tokio::test]
async fn an_answer_of_grpc_that_nobody_began_to_read_counts_nothing() {
    for answer in [TOLD, UNTOLD] {
        let breaker = CircuitBreakerLayer::grpc("unread").build().unwrap();
        let circuit = breaker.handle();
        read(answering(answer).layer((AnswerLayer::http(), breaker)), 0).await;
        assert_eq!(counted(&circuit), (0, 0), "{answer:?}");
    }
}
