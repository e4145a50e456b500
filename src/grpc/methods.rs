//! Which methods may be called twice.

use http::Request;

use crate::debug::debug_by_type;
use crate::hedge::HedgeIf;

/// Hedges the methods for which a function returns `true`.
///
/// Made by [`HedgeLayer::grpc`](crate::HedgeLayer::grpc).
#[derive(Clone, Copy)]
pub struct Methods<M>(pub(super) M);

impl<M: Fn(&str) -> bool, B> HedgeIf<Request<B>> for Methods<M> {
    fn allows(&self, request: &Request<B>) -> bool {
        self.0(request.uri().path())
    }
}

debug_by_type! { Methods<M> }
