//! The layer: the steps for the services it makes.

use tower::Layer;

use super::fallback_if::ByOutcome;
use super::or::Or;
use super::service::Fallback;
use super::value::{Value, value};
use crate::name::Name;
use crate::objective::Objective;
use crate::outcome::DefaultClassifier;
use crate::registry::{Entry, Registry, Row};
use crate::source::Kind;

/// Wraps services in a [`Fallback`].
///
/// It has no state, so its services share nothing.
#[derive(Clone, Debug)]
#[must_use]
pub struct FallbackLayer<F, T = ByOutcome> {
    step: F,
    condition: T,
    entry: Entry,
    /// Where its answers count as degraded.
    objective: Option<&'static Row>,
}

impl<F> FallbackLayer<F> {
    /// Takes this step when the call failed.
    pub fn new(step: F) -> Self {
        let entry = Entry::new(Kind::Fallback, Name::of("fallback"), Vec::new());
        Self { step, condition: ByOutcome(DefaultClassifier), entry, objective: None }
    }
}

impl<Response> FallbackLayer<Value<Response>> {
    /// Answers with a clone of `response` when the call failed.
    pub fn value(response: Response) -> Self {
        Self::new(value(response))
    }
}

impl<F, T> FallbackLayer<F, T> {
    /// Sets what events and the registry call it. Defaults to `fallback`.
    pub fn name(self, name: Name) -> Self {
        Self { entry: self.entry.named(name), ..self }
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { entry: self.entry.listed_in(registry), ..self }
    }

    /// Counts its answers as degraded at an [objective](crate::objective).
    ///
    /// Set it where a measure inside feeds the objective, which does not see these answers. Defaults to none.
    pub fn objective(self, objective: &Objective) -> Self {
        Self { objective: Some(objective.row()), ..self }
    }

    /// Decides by a [`Classify`](crate::Classify), most often a closure, what a result means.
    ///
    /// The fallback is taken for `Transient`, `Throttled` and `Failed`, and for every rejection. Set it wherever a failure arrives
    /// as an `Ok` response. Defaults to [`DefaultClassifier`].
    #[doc(alias = "should_handle")]
    pub fn classify<C>(self, classifier: C) -> FallbackLayer<F, ByOutcome<C>> {
        self.fallback_if(ByOutcome(classifier))
    }

    /// Decides by a function `Fn(Result<&Response, &Error>) -> bool`, in place of a classifier, when the fallback is taken.
    ///
    /// Set it to return some rejections or timeouts to the caller. Defaults to taking the fallback for all of them, and for
    /// failures.
    pub fn fallback_if<U>(self, condition: U) -> FallbackLayer<F, U> {
        FallbackLayer { step: self.step, condition, entry: self.entry, objective: self.objective }
    }
}

impl<F, T: Clone> FallbackLayer<F, T> {
    /// Tries `next` when all steps before it failed.
    ///
    /// A step fails by an error, or by a response that is a failure by the [`classify`](Self::classify) or
    /// [`fallback_if`](Self::fallback_if) that was set *before* this. The result of the last step is the result, whatever it is.
    /// Defaults to no further step.
    pub fn or<N>(self, next: N) -> FallbackLayer<Or<F, N, T>, T> {
        let Self { step: first, condition, entry, objective } = self;
        FallbackLayer { step: Or { first, next, condition: condition.clone() }, condition, entry, objective }
    }
}

impl<S, F: Clone, T: Clone> Layer<S> for FallbackLayer<F, T> {
    type Service = Fallback<S, F, T>;

    fn layer(&self, inner: S) -> Self::Service {
        Fallback::new(inner, self.step.clone(), self.condition.clone(), self.entry.clone(), self.objective)
    }
}
