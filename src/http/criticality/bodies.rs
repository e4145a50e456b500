//! Response bodies that are polled in the scope of their call's criticality.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};

use crate::context::CriticalityScope;
use crate::criticality::{By, Carry, CriticalityLayer, Rank};
use crate::state::criticality::Criticality;

/// Carries how much a call matters also into the polls of its response's body.
#[derive(Clone, Copy, Debug)]
pub struct Bodies<R>(pub(super) R);

impl<F> CriticalityLayer<Bodies<By<F>>> {
    /// Says by a function of the request how much each call matters, whatever is around the call.
    ///
    /// Unlike with [`by`](CriticalityLayer::by), the body of the response is polled in the scope too. It serves HTTP and gRPC.
    pub fn http(function: F) -> Self {
        Self::of(Bodies(By::new(function)))
    }
}

impl<B, R: Rank<Request<B>>> Rank<Request<B>> for Bodies<R> {
    fn rank(&self, request: &mut Request<B>) -> Criticality {
        self.0.rank(request)
    }
}

impl<B, R> Carry<Response<B>> for Bodies<R> {
    type Response = Response<CriticalityScope<B>>;

    fn carry(class: Criticality, response: Response<B>) -> Self::Response {
        response.map(|body| class.scope(body))
    }
}

impl<B: Body> Body for CriticalityScope<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let _scope = this.class.enter();
        this.inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
