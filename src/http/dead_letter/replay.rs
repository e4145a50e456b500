//! Replays of HTTP calls.

use std::task::{Context, Poll};

use http::Request;
use tower::Service;

use crate::context::DeadLetterId;
use crate::dead_letter::Replay;
use crate::http::HttpClassifier;

impl<B: 'static, S, C> Replay<Request<B>, S, C> {
    /// Judges replays by their [status](HttpClassifier), and puts the [`DeadLetterId`] into the extensions of requests.
    ///
    /// A replay ends at the head of its response. Defaults to judging by errors alone.
    pub fn http(self) -> Replay<Request<B>, WithLetterId<S>, HttpClassifier> {
        self.map(|inner, _| (WithLetterId { inner }, HttpClassifier::new()))
    }
}

/// Puts the [`DeadLetterId`] of the letter that is replayed into the extensions of its request.
#[derive(Clone, Copy, Debug)]
pub struct WithLetterId<S> {
    inner: S,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for WithLetterId<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        if let Some(id) = DeadLetterId::current() {
            request.extensions_mut().insert(id);
        }
        self.inner.call(request)
    }
}
