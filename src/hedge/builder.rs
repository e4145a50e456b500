//! The settings of a hedge.

use std::borrow::Cow;
use std::time::Duration;

use super::layer::HedgeLayer;
use super::rules::{Core, Rules};
use crate::call::budget::Budget;
use crate::call::copies::AsIs;
use crate::error::ConfigError;
use crate::name::Name;
use crate::objective::BudgetGate;
use crate::registry::Registry;
use crate::source::Kind;
use crate::state::hedge::Delay;
use crate::state::hedge::latencies::Latencies;
use crate::time::Clock;

/// Builds a [`HedgeLayer`].
#[derive(Clone, Debug)]
#[must_use]
pub struct HedgeBuilder<R = Rules> {
    settings: Settings,
    rules: R,
}

#[derive(Clone, Debug)]
struct Settings {
    name: Cow<'static, str>,
    after: After,
    min_delay: Duration,
    max_hedges: u32,
    budget: Option<Budget>,
    gate: Option<BudgetGate>,
    registry: Registry,
}

#[derive(Clone, Copy, Debug)]
enum After {
    Delay(Duration),
    Quantile(f64),
}

impl HedgeLayer {
    /// Starts to build a hedge. Events show its name, of 1 to 64 bytes.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> HedgeBuilder {
        let settings = Settings {
            name: name.into(),
            after: After::Quantile(0.95),
            min_delay: Duration::from_millis(1),
            max_hedges: 1,
            budget: None,
            gate: None,
            registry: Registry::global(),
        };
        HedgeBuilder { settings, rules: Rules::default() }
    }
}

impl<R> HedgeBuilder<R> {
    /// Sets the name that events show.
    ///
    /// Defaults to the name that [`builder`](HedgeLayer::builder) was given.
    pub fn name(mut self, name: Name) -> Self {
        self.settings.name = name.as_str().into();
        self
    }

    /// Sets the registry that lists it. Defaults to [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.settings.registry = registry.clone();
        self
    }

    /// Starts another attempt when the one before has not ended after this time.
    ///
    /// It runs from the first poll of the call. Zero starts it at once, if the first poll does not end the call. Set it where you know
    /// how long the service takes, or where few calls come. Defaults to a [quantile](Self::after_quantile).
    #[doc(alias = "delay")]
    #[doc(alias = "hedging_delay")]
    pub const fn after(mut self, delay: Duration) -> Self {
        self.settings.after = After::Delay(delay);
        self
    }

    /// Starts another attempt when the one before has not ended after the time within which this share of first attempts succeed.
    ///
    /// It runs from the first poll of the call. In (0, 1): with 0.95, about one call of twenty is hedged. What counts are the last 30
    /// seconds, and while they hold fewer than 20 successes, no call is hedged. Defaults to 0.95.
    #[doc(alias = "percentile")]
    pub const fn after_quantile(mut self, share: f64) -> Self {
        self.settings.after = After::Quantile(share);
        self
    }

    /// Waits at least this long, however short the [quantile](Self::after_quantile) is.
    ///
    /// Raise it where calls are so short that a timer is late for them. Defaults to 1 millisecond.
    pub const fn min_delay(mut self, delay: Duration) -> Self {
        self.settings.min_delay = delay;
        self
    }

    /// Starts at most so many attempts after the first, each a delay after the one before.
    ///
    /// 0 starts none. `maxAttempts` of gRPC counts the first one too, so it is one more. Defaults to 1.
    #[doc(alias = "max_attempts")]
    #[doc(alias = "max_hedged_attempts")]
    pub const fn max_hedges(mut self, hedges: u32) -> Self {
        self.settings.max_hedges = hedges;
        self
    }

    /// Spends from this budget, which other layers may share, such as a retry.
    ///
    /// Each layer deposits for each call that it gets: where a retry around shares the budget, a call brings its share twice, and each retry
    /// once more. Give it a smaller `ratio` then.
    ///
    /// Defaults to a budget of its own of 10 tokens, which gains 0.1 a call and 1 a second.
    pub fn budget(mut self, budget: Budget) -> Self {
        self.settings.budget = Some(budget);
        self
    }

    /// Starts no hedge while this gate of an [objective](crate::objective) is closed. Defaults to none.
    pub fn budget_gate(mut self, gate: BudgetGate) -> Self {
        self.settings.gate = Some(gate);
        self
    }

    pub(crate) fn map<Q>(self, rules: impl FnOnce(R) -> Q) -> HedgeBuilder<Q> {
        HedgeBuilder { settings: self.settings, rules: rules(self.rules) }
    }

    /// Builds the layer, with a full budget if the budget is its own.
    ///
    /// # Errors
    ///
    /// When a setting is not legal. The error names the setting, its value, and what would be legal.
    pub fn build(self) -> Result<HedgeLayer<R>, ConfigError> {
        let Settings { name, after, min_delay, max_hedges, budget, gate, registry } = self.settings;
        let name = Name::new(name).map_err(|error| error.of(Kind::Hedge.as_str()))?;
        let delay = match after {
            After::Delay(delay) => Delay::Fixed(delay.into()),
            After::Quantile(share) => {
                ConfigError::unless(share > 0.0 && share < 1.0, "after_quantile", share, "more than 0 and less than 1")
                    .map_err(|error| error.named(name.as_str()).of(Kind::Hedge.as_str()))?;
                Delay::Quantile(Box::new(Latencies::new(share, min_delay.into())))
            }
        };
        let budget = match budget {
            Some(budget) => budget,
            None => Budget::builder().capacity(10).ratio(0.1).per_second(1.0).build()?,
        };
        let listing = registry.listing(Kind::Hedge, name);
        let core = Core { row: listing.row(), delay, max_hedges, budget, gate, clock: Clock::start() };
        Ok(HedgeLayer::new(core, &listing, self.rules))
    }
}

impl<C, K, H> HedgeBuilder<Rules<C, K, H>> {
    /// Decides by a [`Classify`](crate::Classify), most often a closure, what a result means.
    ///
    /// Set it wherever a failure arrives as an `Ok` response. Defaults to [`DefaultClassifier`](crate::DefaultClassifier).
    pub fn classify<D>(self, classifier: D) -> HedgeBuilder<Rules<D, K, H>> {
        self.map(|Rules { keep, hedge_if, .. }| Rules { classifier, keep, hedge_if })
    }

    /// Copies requests by a function `Fn(&Request) -> Option<Request>`.
    ///
    /// A request that it does not copy is sent once. Set it for requests that are not `Clone`, or costly to clone. Defaults to
    /// [`CloneRequest`](super::CloneRequest).
    pub fn copy_request<L>(self, copy: L) -> HedgeBuilder<Rules<C, AsIs<L>, H>> {
        self.map(|Rules { classifier, hedge_if, .. }| Rules { classifier, keep: AsIs(copy), hedge_if })
    }

    /// Hedges only those requests for which a function `Fn(&Request) -> bool` returns `true`.
    ///
    /// Set it where some requests must not arrive twice. Defaults to [`Always`](super::Always).
    pub fn hedge_if<Q>(self, hedge_if: Q) -> HedgeBuilder<Rules<C, K, Q>> {
        self.map(|Rules { classifier, keep, .. }| Rules { classifier, keep, hedge_if })
    }
}
