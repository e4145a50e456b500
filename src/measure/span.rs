//! A `tracing` span for each attempt of a call.

use std::borrow::Cow;

use tracing::field::Empty;
use tracing::{Span, info_span};

use super::guard::dropped;
use crate::call::{AdmissionLayer, Admit, AtOnce, Builder, Guard, Plain, Settings};
use crate::context;
use crate::error::{ConfigError, Rejection};
use crate::name::Name;
use crate::outcome::Outcome;
use crate::registry::Listing;
use crate::source::Kind;
use crate::state::calls::Ended;

/// Wraps services in a `tracing` span for each attempt of a call.
///
/// The span has the target `palisade::measure`, the level `info`, the name `attempt`, and the fields `name`, `attempt`, from 1, and
/// `outcome`, the [word](Ended::as_str) for how the attempt ended. It is entered while the inner service runs, and lasts until the
/// call ends; with `http` and `grpc` that is the end of the response's body. Put it inside of a retry, or each call is one attempt.
///
/// # Examples
///
/// ```
/// use palisade::{RetryLayer, measure::SpanLayer};
/// use tower::ServiceBuilder;
///
/// # fn main() -> Result<(), palisade::ConfigError> {
/// let stack = ServiceBuilder::new()
///     .layer(RetryLayer::builder("orders").build()?)
///     .layer(SpanLayer::new("orders")?);
/// # drop(stack);
/// # Ok(())
/// # }
/// ```
pub type SpanLayer<E = Plain> = AdmissionLayer<Spans, E>;

impl SpanLayer {
    /// Spans attempts to their responses, under a name of 1 to 64 bytes.
    ///
    /// # Errors
    ///
    /// When the name is not legal.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Result<Self, ConfigError> {
        Self::builder(name).build()
    }

    /// Starts to build a layer of spans with a name of 1 to 64 bytes.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> Builder<SpanSettings> {
        Builder::new(name.into(), SpanSettings(()))
    }
}

/// The settings of spans: none but those that every builder has.
#[derive(Clone, Copy, Debug)]
pub struct SpanSettings(());

impl Settings for SpanSettings {
    const KIND: Kind = Kind::Measure;

    type Limit = Spans;
    type Entry = AtOnce;

    /// It counts nothing, so it is not listed.
    fn limit(self, listing: Listing) -> Spans {
        Spans(listing.name())
    }
}

/// Lets every call pass, in a span of its own.
#[derive(Clone, Copy, Debug)]
pub struct Spans(Name);

impl<Request> Admit<Request> for Spans {
    type Guard = SpanGuard;

    fn admit(&self, _: &Request) -> Result<SpanGuard, Rejection> {
        let attempt = context::attempt_number();
        let span = info_span!(target: "palisade::measure", "attempt", name = self.0.as_str(), attempt, outcome = Empty);
        Ok(SpanGuard { span, has_ended: false })
    }
}

/// The span of an attempt.
#[derive(Debug)]
#[must_use = "a guard that is dropped ends its span"]
pub struct SpanGuard {
    span: Span,
    has_ended: bool,
}

impl SpanGuard {
    fn end(&mut self, ended: Ended) {
        self.has_ended = true;
        self.span.record("outcome", ended.as_str());
    }
}

impl Guard for SpanGuard {
    const OUTLIVES_CALL: bool = false;

    // What `Span::enter` returns borrows the span, or keeps a call from being sent between threads.
    fn enters(&mut self) {
        self.span.with_subscriber(|(span, subscriber)| subscriber.enter(span));
    }

    fn leaves(&mut self) {
        self.span.with_subscriber(|(span, subscriber)| subscriber.exit(span));
    }

    fn panicked(&mut self) {
        self.end(Ended::Failure);
    }

    fn settle(mut self, outcome: Outcome) {
        self.end(outcome.into());
    }

    fn unsent(mut self, _: Option<Rejection>) {
        self.end(Ended::Rejected);
    }
}

impl Drop for SpanGuard {
    fn drop(&mut self) {
        if !self.has_ended {
            self.end(dropped());
        }
    }
}
