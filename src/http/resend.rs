//! What is kept of HTTP requests and responses between attempts.

use std::{
    marker::PhantomData,
    task::{Context, Poll},
};

use http::{HeaderMap, Request, Response};
use http_body::Body;
use tower::BoxError;

use super::{
    DrainedBody, ReplayBody,
    idempotent::may_arrive_twice,
    replay::{Begun, CAP},
};
use crate::{
    Deadline, grpc,
    retry::{KeepRequest, KeepResponse},
};

const PREVIOUS_ATTEMPTS: &str = "grpc-previous-rpc-attempts";

/// Which attempt of a call a request is sent for, from 1.
///
/// It stands in the extensions of requests below a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(pub u32);

/// Keeps requests with a [`ReplayBody`], which the service within takes as a `B`.
///
/// `B` is a [`ReplayBody`] itself, or what can be made of one: the bodies of axum, tonic and reqwest, each with its feature.
#[derive(Debug)]
pub struct Resend<B> {
    pub(crate) max_body: usize,
    /// Whether attempts tell the server in a header how many there were before.
    pub(crate) counts: bool,
    pub(crate) sent: PhantomData<fn() -> B>,
}

impl<B> Clone for Resend<B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B> Copy for Resend<B> {}

impl<B> Resend<B> {
    pub(super) const fn http() -> Self {
        Self { max_body: CAP, counts: false, sent: PhantomData }
    }

    pub(crate) const fn grpc() -> Self {
        Self { counts: true, ..Self::http() }
    }
}

#[diagnostic::do_not_recommend]
impl<A, B> KeepRequest<Request<A>> for Resend<B>
where
    A: Body + Unpin,
    A::Error: Into<BoxError>,
    B: From<ReplayBody<A>>,
{
    type Kept = Request<ReplayBody<A>>;
    type Sent = Request<B>;

    fn begin(&self, request: Request<A>, is_sent_once: bool) -> Self::Kept {
        let cap = if is_sent_once { 0 } else { self.max_body };
        let mut request = request.map(|body| ReplayBody::new(body, cap));
        if cfg!(feature = "reqwest") && !self.counts && !may_arrive_twice(&request) {
            let begun = Begun::default();
            request.body_mut().tell(begun.clone());
            request.extensions_mut().insert(begun);
        }
        if self.counts {
            begin_timeout(&mut request);
        }
        request
    }

    fn copy(&self, kept: &Self::Kept) -> Option<Self::Kept> {
        Some(kept.clone())
    }

    fn reclaim(&self, kept: &Self::Kept) -> bool {
        kept.body().reclaim()
    }

    /// Numbers the attempt only now: most copies are never sent, and they have the less to copy.
    fn send(&self, mut kept: Self::Kept, attempt: u32) -> Request<B> {
        kept.extensions_mut().insert(Attempt(attempt));
        if self.counts {
            count_previous(kept.headers_mut(), attempt - 1);
        }
        kept.map(B::from)
    }

    fn deadline(&self, kept: &Self::Kept) -> Option<Deadline> {
        kept.extensions().get().copied()
    }
}

impl<B, R> KeepResponse<Response<R>> for Resend<B>
where
    R: Body + Unpin,
    R::Error: Into<BoxError> + 'static,
{
    type Answer = Response<DrainedBody<R>>;

    fn answer(&self, response: Response<R>) -> Self::Answer {
        response.map(DrainedBody::streaming)
    }

    fn poll_rest(&self, answer: &mut Self::Answer, cx: &mut Context<'_>) -> Poll<()> {
        answer.body_mut().poll_rest(cx)
    }

    fn drop_rest(&self, answer: &mut Self::Answer) {
        answer.body_mut().drop_rest();
    }
}

fn count_previous(headers: &mut HeaderMap, previous: u32) {
    if previous == 0 {
        // It may tell of the attempts of a caller before.
        headers.remove(PREVIOUS_ATTEMPTS);
    } else {
        headers.insert(PREVIOUS_ATTEMPTS, previous.into());
    }
}

/// Starts the clock of a `grpc-timeout` now, and not anew with each attempt.
fn begin_timeout<B>(request: &mut Request<B>) {
    let stated = grpc::TIMEOUT.stated(request).map(Deadline::after);
    let nearest = stated.into_iter().chain(request.extensions().get().copied()).min();
    if let Some(nearest) = nearest {
        request.extensions_mut().insert::<Deadline>(nearest);
    }
}
