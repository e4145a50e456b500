//! The layer: the steps of the services that it makes.

use super::fallback_if::ByOutcome;
use super::handle::FallbackHandle;
use super::or::Or;
use super::shared::{Core, Settings};
use super::value::{Value, value};
use crate::cached_arc::CachedArc;
use crate::call::Plain;
use crate::error::ConfigError;
use crate::name::Name;
use crate::objective::Objective;
use crate::outcome::DefaultClassifier;
use crate::registry::{Registry, Row};

/// Wraps services in a [`Fallback`](super::Fallback).
///
/// Services made by one layer, and their clones, are switched by one handle.
#[derive(Clone, Debug)]
#[must_use]
pub struct FallbackLayer<F, T = ByOutcome, M = Plain> {
    pub(super) step: F,
    pub(super) condition: T,
    pub(super) mark: M,
    pub(super) core: CachedArc<Core>,
    /// Where its answers count as degraded.
    pub(super) objective: Option<&'static Row>,
}

impl<F> FallbackLayer<F> {
    /// Takes this step when the call failed.
    pub fn new(step: F) -> Self {
        let (condition, mark) = (ByOutcome(DefaultClassifier), Plain::new(DefaultClassifier));
        Self { step, condition, mark, core: Core::new(Settings::default()), objective: None }
    }
}

impl<Response> FallbackLayer<Value<Response>> {
    /// Answers with a clone of `response` when the call failed.
    pub fn value(response: Response) -> Self {
        Self::new(value(response))
    }
}

impl<F, T, M> FallbackLayer<F, T, M> {
    /// A handle to switch it by hand, and to look at it.
    ///
    /// Take it when the layer is finished: [`name`](Self::name), [`registry`](Self::registry), [`rehearse`](Self::rehearse) and
    /// [`seed`](Self::seed) make a new instance, which it does not switch.
    pub fn handle(&self) -> FallbackHandle {
        FallbackHandle { core: self.core.clone() }
    }

    /// Sets what events and the registry call it. Defaults to `fallback`.
    pub fn name(self, name: Name) -> Self {
        Self { core: self.core.set(|settings| settings.name = name), ..self }
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(self, registry: &Registry) -> Self {
        Self { core: self.core.set(|settings| settings.registry = registry.clone()), ..self }
    }

    /// Runs the steps also beside this share of the calls, from 0 to 1, and counts how they end.
    ///
    /// A fallback that is never taken may not work when it must. A rehearsal sees what the steps see when the fallback is to
    /// [answer always](super::FallbackHandle::always). Its answer is thrown away, and so is a panic. When the call has ended it is
    /// dropped, if it has not ended by then; when the call fails, the steps are taken anew. It runs in the future of the call, so it
    /// takes time of the task that polls it. It is [`Sheddable`](crate::Criticality::Sheddable), and what is around the call does not
    /// hear of its attempts. Set it to a small share, such as 0.01, and only where the steps change nothing. Defaults to 0.
    ///
    /// # Errors
    ///
    /// When the rate is not from 0 to 1.
    pub fn rehearse(self, rate: f64) -> Result<Self, ConfigError> {
        ConfigError::unless((0.0..=1.0).contains(&rate), "rehearse", rate, "0 to 1")
            .map_err(|error| error.of(self.core.row.kind().as_str()).named(self.core.row.name().as_str()))?;
        Ok(Self { core: self.core.set(|settings| settings.rehearse = rate), ..self })
    }

    /// Seeds the draws that decide which calls rehearse, for runs that repeat. Defaults to the system's randomness.
    pub fn seed(self, seed: u64) -> Self {
        Self { core: self.core.set(|settings| settings.seed = Some(seed)), ..self }
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
    pub fn classify<C>(self, classifier: C) -> FallbackLayer<F, ByOutcome<C>, M> {
        self.fallback_if(ByOutcome(classifier))
    }

    /// Decides by a function `Fn(Result<&Response, &Error>) -> bool`, in place of a classifier, when the fallback is taken.
    ///
    /// Set it to return some rejections or timeouts to the caller. Defaults to taking the fallback for all of them, and for
    /// failures.
    pub fn fallback_if<U>(self, condition: U) -> FallbackLayer<F, U, M> {
        let Self { step, condition: _, mark, core, objective } = self;
        FallbackLayer { step, condition, mark, core, objective }
    }

    /// Notes in each answer that it is [`Degraded`](super::Degraded), by a [`Mark`](crate::call::Mark), most often a closure.
    ///
    /// Set it for responses of your own that have a place for it. Defaults to doing nothing, and with HTTP and gRPC to putting it into
    /// the extensions of the response.
    pub fn mark<N>(self, mark: N) -> FallbackLayer<F, T, N> {
        let Self { step, condition, mark: _, core, objective } = self;
        FallbackLayer { step, condition, mark, core, objective }
    }
}

impl<F, T: Clone, M> FallbackLayer<F, T, M> {
    /// Tries `next` when all steps before it failed.
    ///
    /// A step fails by an error, or by a response that is a failure by the [`classify`](Self::classify) or
    /// [`fallback_if`](Self::fallback_if) that was set *before* this. The result of the last step is the result, whatever it is.
    /// Defaults to no further step.
    pub fn or<N>(self, next: N) -> FallbackLayer<Or<F, N, T>, T, M> {
        let Self { step: first, condition, mark, core, objective } = self;
        FallbackLayer { step: Or { first, next, condition: condition.clone() }, condition, mark, core, objective }
    }
}
