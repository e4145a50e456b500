//! Faults of HTTP: responses that break off, or that come slowly.

mod spoilt;

use std::borrow::Cow;

use http::Response;

pub use self::spoilt::{Cut, SpoiltBody};
use super::Http;
use crate::chaos::{ChaosBuilder, ChaosLayer, Fault, FaultRate};
use crate::state::chaos::Effect;
use crate::state::chaos::counted::FaultKind;

impl<Request, B> ChaosLayer<Request, Response<B>, Http> {
    /// Starts to build a layer of faults for HTTP, where faults may spoil the [body](SpoiltBody) of a response, too.
    ///
    /// Errors and events show its name, of 1 to 64 bytes. It does nothing until its handle starts the faults.
    pub fn http(name: impl Into<Cow<'static, str>>) -> ChaosBuilder<Request, Response<B>, Http> {
        ChaosLayer::builder(name).spoiling(Http::default())
    }
}

impl<Request, B> Fault<Request, Response<B>> {
    /// Breaks responses off half way: after half of their `Content-Length`, or after the first frame of a body without one.
    ///
    /// The body then fails with a [`Cut`]. It needs a layer that [`ChaosLayer::http`] or [`grpc`](ChaosLayer::grpc) has begun.
    pub fn abort(rate: impl Into<FaultRate>) -> Self {
        Self::new(Effect::End(FaultKind::Abort), rate)
    }

    /// Lets so many bytes of a response's body pass in a second, in pieces of a tenth of a second.
    ///
    /// It needs a layer that [`ChaosLayer::http`] or [`grpc`](ChaosLayer::grpc) has begun.
    pub fn slow_body(rate: impl Into<FaultRate>, bytes_per_second: u64) -> Self {
        Self::new(Effect::SlowBody(bytes_per_second), rate)
    }
}

impl<Request, B, C> ChaosBuilder<Request, Response<B>, Http<C>> {
    /// Breaks this share of the responses off half way. See [`Fault::abort`].
    pub fn abort(self, rate: impl Into<FaultRate>) -> Self {
        self.fault(Fault::abort(rate))
    }

    /// Lets this share of the bodies come slowly. See [`Fault::slow_body`].
    pub fn slow_body(self, rate: impl Into<FaultRate>, bytes_per_second: u64) -> Self {
        self.fault(Fault::slow_body(rate, bytes_per_second))
    }
}
