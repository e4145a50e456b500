//! What a circuit counts of responses that a server drops before their end. No socket is needed.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use palisade::CircuitBreakerLayer;
use palisade::http::AnswerLayer;
use tower::ServiceExt;

use crate::circuit::{built, counted, counting};

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

/// Asks, and drops the response when so many frames were read.
async fn read(router: Router, frames: usize) {
    let Ok(response) = router.oneshot(Request::new(Body::empty())).await;
    let mut body = response.into_body();
    for _ in 0..frames {
        body.frame().await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_response_of_which_nobody_wants_more_counts() {
    for (answer, frames) in [(TOLD, 0), (UNTOLD, 0), (TOLD, 1), (UNTOLD, 1)] {
        let (breaker, circuit) = built(counting());
        read(answering(answer).layer((AnswerLayer::http(), breaker)), frames).await;
        assert_eq!(counted(&circuit), (1, 0), "{answer:?} after {frames}");
        let breaker = CircuitBreakerLayer::grpc("unread").build().unwrap();
        let circuit = breaker.handle();
        read(answering(answer).layer((AnswerLayer::http(), breaker)), frames).await;
        assert_eq!(counted(&circuit), (frames as u64, 0), "of gRPC, if a message came: {answer:?} after {frames}");
    }
}
