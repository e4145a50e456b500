//! The settings of a retry.

use std::borrow::Cow;
use std::time::Duration;

use super::layer::RetryLayer;
use super::per_key::{BudgetPerKey, SharedBudget};
use super::rules::{self, Core, Rules};
use crate::backoff::{Backoff, generator};
use crate::call::budget::Budget;
use crate::call::copies::AsIs;
use crate::error::ConfigError;
use crate::name::Name;
use crate::objective::BudgetGate;
use crate::registry::Registry;
use crate::setting::{Setting, Value};
use crate::source::Kind;
use crate::state::attempts::Attempts;

/// Builds a [`RetryLayer`].
#[derive(Clone, Debug)]
#[must_use]
pub struct RetryBuilder<R = Rules, B = SharedBudget> {
    settings: Settings,
    pub(crate) rules: R,
    budgets: B,
}

#[derive(Clone, Debug)]
struct Settings {
    name: Cow<'static, str>,
    max_attempts: u32,
    backoff: Backoff,
    max_retry_after: Duration,
    spending: Spending,
    gate: Option<BudgetGate>,
    retries_rejected: bool,
    seed: Option<u64>,
    registry: Registry,
}

#[derive(Clone, Debug)]
enum Spending {
    Own,
    Shared(Budget),
    Unbounded,
}

impl Settings {
    fn attempts(&self) -> Attempts {
        Attempts::new(self.max_attempts, self.max_retry_after.into(), self.backoff, generator(self.seed))
    }
}

impl RetryLayer {
    /// Starts to build a retry. Events show its name, of 1 to 64 bytes.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> RetryBuilder {
        let settings = Settings {
            name: name.into(),
            max_attempts: 3,
            backoff: Backoff::exponential(Duration::from_millis(50), Duration::from_secs(20)),
            max_retry_after: Duration::from_secs(30),
            spending: Spending::Own,
            gate: None,
            retries_rejected: false,
            seed: None,
            registry: Registry::global(),
        };
        RetryBuilder { settings, rules: Rules::default(), budgets: SharedBudget }
    }
}

impl<R, B> RetryBuilder<R, B> {
    /// Sets the name that events show.
    ///
    /// Defaults to the name that [`builder`](RetryLayer::builder) was given.
    pub fn name(mut self, name: Name) -> Self {
        self.settings.name = name.as_str().into();
        self
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.settings.registry = registry.clone();
        self
    }

    /// Makes at most this many attempts, the first one included.
    ///
    /// At least 1, which never retries. Raise it only under a deadline. Defaults to 3.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = attempts;
        self
    }

    /// Waits by this backoff before each retry.
    ///
    /// Defaults to 50 milliseconds doubling to 20 seconds, with [`Jitter::Full`](crate::Jitter::Full).
    #[doc(alias = "wait_duration")]
    pub fn backoff(mut self, backoff: Backoff) -> Self {
        self.settings.backoff = backoff;
        self
    }

    /// Stops when the service asks for a longer pause than this.
    ///
    /// The retry obeys a shorter pause and adds its backoff, so that clients do not all come back at once. Defaults to 30
    /// seconds.
    pub fn max_retry_after(mut self, pause: Duration) -> Self {
        self.settings.max_retry_after = pause;
        self
    }

    /// Spends from this budget, which other layers may share.
    ///
    /// Defaults to a budget of its own, with the defaults of [`Budget::builder`].
    pub fn budget(self, budget: Budget) -> RetryBuilder<R> {
        self.spend(Spending::Shared(budget), SharedBudget)
    }

    /// Gives each key a budget of its own; `by` takes the key from a request.
    ///
    /// The budget of a key is full at first and has the settings of `budget`. Set it where one client, tenant or host that fails
    /// must not spend the retries of the others. `http::host` takes the host of a request. There is room for 1,000 keys. A key
    /// that was not used for 5 minutes goes when another key needs its room, once its budget is full again. While there is no
    /// room for a key, its calls spend `budget` itself. Layers built by clones of this builder share all these budgets. Defaults
    /// to one budget for all calls.
    ///
    /// # Examples
    ///
    /// ```
    /// use palisade::{Budget, RetryLayer};
    ///
    /// #[derive(Clone)]
    /// struct Request { tenant: u32 }
    ///
    /// # fn main() -> Result<(), palisade::ConfigError> {
    /// let layer = RetryLayer::builder("orders")
    ///     .budget_per_key(|request: &Request| request.tenant, Budget::builder().capacity(20).build()?)
    ///     .build()?;
    /// # drop(layer);
    /// # Ok(())
    /// # }
    /// ```
    pub fn budget_per_key<Request, K, By>(self, by: By, budget: Budget) -> RetryBuilder<R, BudgetPerKey<K, By>>
    where
        By: Fn(&Request) -> K,
    {
        let budgets = BudgetPerKey::new(by, budget.clone());
        self.spend(Spending::Shared(budget), budgets)
    }

    /// Retries without a budget.
    ///
    /// In an outage, that multiplies the load by `max_attempts`. Defaults to a budget.
    pub fn without_budget(self) -> RetryBuilder<R> {
        self.spend(Spending::Unbounded, SharedBudget)
    }

    /// Stops retries while this gate of an [objective](crate::objective) is closed.
    ///
    /// Set it only where an overload makes calls fail: there each retry is one call more. Where failures pass by themselves, retries hide
    /// them, and without retries the budget burns faster. Defaults to none.
    pub fn budget_gate(mut self, gate: BudgetGate) -> Self {
        self.settings.gate = Some(gate);
        self
    }

    fn spend<D>(self, spending: Spending, budgets: D) -> RetryBuilder<R, D> {
        RetryBuilder { settings: Settings { spending, ..self.settings }, rules: self.rules, budgets }
    }

    /// Also retries calls that a layer below rejected, after the pause that the layer asks for.
    ///
    /// Defaults to stopping at a rejection.
    pub fn retry_rejected(mut self) -> Self {
        self.settings.retries_rejected = true;
        self
    }

    /// Seeds the jitter, so that a run can be repeated. Defaults to the system's randomness.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = Some(seed);
        self
    }

    /// Replaces all rules that were set before.
    #[cfg(feature = "http")]
    pub(crate) fn rules<Q>(self, rules: Q) -> RetryBuilder<Q, B> {
        RetryBuilder { settings: self.settings, rules, budgets: self.budgets }
    }

    pub(crate) fn settings(&self) -> Vec<Setting> {
        let Settings { spending, gate, retries_rejected, .. } = &self.settings;
        let budget = match spending {
            Spending::Own => Value::from(Budget::builder().to_string()),
            Spending::Shared(_) => "shared".into(),
            Spending::Unbounded => Value::Off,
        };
        rules::list(&self.settings.attempts(), budget, gate.is_some(), *retries_rejected)
    }

    /// Builds the layer, with a full budget if the budget is its own.
    ///
    /// # Errors
    ///
    /// When a setting is not legal. The error names the setting, its value, and what would be legal.
    pub fn build(self) -> Result<RetryLayer<R, B>, ConfigError> {
        let attempts = self.settings.attempts();
        let Settings { name, max_attempts, backoff, spending, gate, retries_rejected, registry, .. } = self.settings;
        let name = Name::new(name).map_err(|error| error.of("retry"))?;
        ConfigError::unless(max_attempts >= 1, "max_attempts", max_attempts, "at least 1")
            .and_then(|()| backoff.check("backoff"))
            .map_err(|error| error.named(name.as_str()).of("retry"))?;
        let budget = match spending {
            Spending::Own => Some(Budget::default()),
            Spending::Shared(budget) => Some(budget),
            Spending::Unbounded => None,
        };
        let listing = registry.listing(Kind::Retry, name);
        let core = Core { row: listing.row(), attempts, budget, gate, retries_rejected };
        Ok(RetryLayer::new(core, &listing, self.rules, self.budgets))
    }
}

impl<C, K, P, B> RetryBuilder<Rules<C, K, P>, B> {
    /// Decides by a [`Classify`](crate::Classify), most often a closure, what a result means.
    ///
    /// Set it wherever a failure arrives as an `Ok` response. Defaults to [`DefaultClassifier`](crate::DefaultClassifier).
    #[doc(alias = "should_handle")]
    #[doc(alias = "retry_on_result")]
    pub fn classify<D>(self, classifier: D) -> RetryBuilder<Rules<D, K, P>, B> {
        let Self { settings, rules: Rules { keep, retry_if, .. }, budgets } = self;
        RetryBuilder { settings, rules: Rules { classifier, keep, retry_if }, budgets }
    }

    /// Copies requests by a function `Fn(&Request) -> Option<Request>`.
    ///
    /// A request that it does not copy is sent once. Set it for requests that are not `Clone`, or costly to clone. Defaults to
    /// [`CloneRequest`](super::CloneRequest).
    pub fn copy_request<L>(self, copy: L) -> RetryBuilder<Rules<C, AsIs<L>, P>, B> {
        let Self { settings, rules: Rules { classifier, retry_if, .. }, budgets } = self;
        RetryBuilder { settings, rules: Rules { classifier, keep: AsIs(copy), retry_if }, budgets }
    }

    /// Asks a function `Fn(&Request, Result<&Response, &Error>) -> bool` before each retry.
    ///
    /// Set it where a request may be sent again only if its result shows that the service did not act on it. Defaults to
    /// [`Always`](super::Always).
    pub fn retry_if<Q>(self, retry_if: Q) -> RetryBuilder<Rules<C, K, Q>, B> {
        let Self { settings, rules: Rules { classifier, keep, .. }, budgets } = self;
        RetryBuilder { settings, rules: Rules { classifier, keep, retry_if }, budgets }
    }
}
