//! The layer: the steps for the services it makes.

use std::borrow::Cow;

use tower::Layer;

use super::{ByOutcome, Fallback, Or, Value, value};
use crate::{ConfigError, DefaultClassifier, Name};

/// Wraps services in a [`Fallback`].
///
/// It has no state, so there is nothing to share.
#[derive(Clone, Debug)]
#[must_use]
pub struct FallbackLayer<F, T = ByOutcome> {
    step: F,
    take: T,
    name: Name,
}

impl<F> FallbackLayer<F> {
    /// Answers by this step where the call failed.
    pub const fn new(step: F) -> Self {
        Self { step, take: ByOutcome(DefaultClassifier), name: Name::of("fallback") }
    }
}

impl<Response> FallbackLayer<Value<Response>> {
    /// Answers a clone of `response` where the call failed.
    pub fn value(response: Response) -> Self {
        Self::new(value(response))
    }
}

impl<F, T> FallbackLayer<F, T> {
    /// Sets what events call it: 1 to 64 bytes. Defaults to `fallback`.
    ///
    /// # Errors
    ///
    /// When the name is empty or too long.
    pub fn name(self, name: impl Into<Cow<'static, str>>) -> Result<Self, ConfigError> {
        Ok(Self { name: Name::new(name).map_err(|error| error.of("fallback"))?, ..self })
    }

    /// Says by a [`Classify`](crate::Classify) what a result means, most often a closure.
    ///
    /// The fallback is taken for `Transient`, `Throttled` and `Failed`, and for every rejection. Needed wherever a failure
    /// arrives as an `Ok` response. Defaults to [`DefaultClassifier`].
    #[doc(alias = "should_handle")]
    pub fn classify<C>(self, classifier: C) -> FallbackLayer<F, ByOutcome<C>> {
        self.take_if(ByOutcome(classifier))
    }

    /// Says by a function `Fn(Result<&Response, &Error>) -> bool` when the fallback is taken, in place of a classifier.
    ///
    /// Set it to let some rejections or timeouts pass. Defaults to taking it for all, and for failures.
    pub fn take_if<U>(self, take: U) -> FallbackLayer<F, U> {
        FallbackLayer { step: self.step, take, name: self.name }
    }
}

impl<F, T: Clone> FallbackLayer<F, T> {
    /// Tries `next` when the steps so far failed too: by an error, or by a response that was said to be a failure *before*
    /// this.
    ///
    /// The answer of the last step is the answer, whatever it is. Defaults to no further step.
    pub fn or<N>(self, next: N) -> FallbackLayer<Or<F, N, T>, T> {
        let step = Or::new(self.step, next, self.take.clone());
        FallbackLayer { step, take: self.take, name: self.name }
    }
}

impl<S, F: Clone, T: Clone> Layer<S> for FallbackLayer<F, T> {
    type Service = Fallback<S, F, T>;

    fn layer(&self, inner: S) -> Self::Service {
        Fallback::new(inner, self.step.clone(), self.take.clone(), self.name)
    }
}
