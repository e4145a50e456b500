//! Each layer from its settings.

use palisade::bulkhead::{AdaptiveQueueLayer, QueueBuilder, QueueLayer};
use palisade::call::Plain;
use palisade::retry::Rules;
use palisade::{
    BudgetBuilder, BulkheadHandle, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, ConfigError,
    FeatureLayer, HedgeBuilder, HedgeLayer, Jitter, Mode, PacingLayer, RateLimitBuilder, RateLimitLayer, RetryBuilder,
    RetryLayer, ThrottleBuilder, ThrottleLayer, TimeoutLayer,
};
use tower::util::Either;

use super::settings::{
    Adaptive, Algorithm, Backoff, Budget, Bulkhead, CircuitBreaker, Degradation, Hedge, RateLimit, Retry, Spread,
    Throttle, Timeout,
};
use crate::call::{ByFailure, Call};
use crate::span::Span;

/// What the layers call that which is behind them.
const NAME: &str = "upstream";

type Judged = Plain<ByFailure>;
pub(super) type Read = Box<dyn Fn() -> f64 + Send + Sync>;
pub(super) type AnyBulkhead = Either<QueueLayer<Judged>, AdaptiveQueueLayer<Judged>>;

/// Sets what a file sets.
fn set<B, V>(builder: B, value: Option<V>, set: impl FnOnce(B, V) -> B) -> B {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
}

/// Switches off what a file switches off.
fn off<B>(builder: B, is_off: bool, off: impl FnOnce(B) -> B) -> B {
    if is_off { off(builder) } else { builder }
}

impl Degradation {
    /// The layer of the feature.
    pub(super) fn build(self, read: Vec<(&'static str, Read)>) -> Result<FeatureLayer, ConfigError> {
        let Self { percent: _, enter_at, leave_at, enter_after, leave_after } = self;
        let mode = set(set(Mode::new("degraded"), enter_at, Mode::enter_at), leave_at, Mode::leave_at);
        let mode = set(mode, enter_after, |mode, Span(time)| mode.enter_after(time));
        let mode = set(mode, leave_after, |mode, Span(time)| mode.leave_after(time));
        let mode = read.into_iter().fold(mode, |mode, (name, read)| mode.signal(name, read));
        let degradation = palisade::Degradation::builder(NAME).mode(mode).feature("feature", "degraded").build()?;
        Ok(FeatureLayer::new(&degradation, "feature"))
    }

    /// Whether a call is of the feature. They come evenly among the others.
    pub(super) const fn is_of_feature(self, call: &Call) -> bool {
        call.number.wrapping_mul(self.percent) % 100 < self.percent
    }
}

impl Timeout {
    pub(super) fn build(self) -> TimeoutLayer {
        TimeoutLayer::new(self.after.0)
    }
}

impl RateLimit {
    pub(super) fn build(self) -> Result<PacingLayer<Judged>, ConfigError> {
        let builder =
            RateLimitLayer::builder(NAME, palisade::Rate::per_second(self.per_second)).max_wait(self.max_wait.0);
        let builder = set(builder, self.burst, RateLimitBuilder::burst);
        off(builder, self.heed_throttling, RateLimitBuilder::heed_throttling).classify(ByFailure).build()
    }
}

impl Retry {
    pub(super) fn build(self, seed: u64) -> Result<RetryLayer<Rules<ByFailure>>, ConfigError> {
        let budget = self.budget.map(Budget::build).transpose()?;
        let builder = set(RetryLayer::builder(NAME), self.max_attempts, RetryBuilder::max_attempts);
        let builder = set(builder, self.backoff, |retry, backoff| retry.backoff(backoff.into()));
        let builder = set(builder, self.max_retry_after, |retry, Span(pause)| retry.max_retry_after(pause));
        let builder = set(builder, budget, RetryBuilder::budget);
        let builder = off(builder, self.without_budget, RetryBuilder::without_budget);
        let builder = off(builder, self.retry_rejected, RetryBuilder::retry_rejected);
        builder.seed(seed).classify(ByFailure).build()
    }
}

impl Hedge {
    pub(super) fn build(self) -> Result<HedgeLayer<palisade::hedge::Rules<ByFailure>>, ConfigError> {
        let budget = self.budget.map(Budget::build).transpose()?;
        let builder = set(HedgeLayer::builder(NAME), self.after, |hedge, Span(delay)| hedge.after(delay));
        let builder = set(builder, self.after_quantile, HedgeBuilder::after_quantile);
        let builder = set(builder, self.min_delay, |hedge, Span(delay)| hedge.min_delay(delay));
        let builder = set(builder, self.max_hedges, HedgeBuilder::max_hedges);
        set(builder, budget, HedgeBuilder::budget).classify(ByFailure).build()
    }
}

impl Budget {
    fn build(self) -> Result<palisade::Budget, ConfigError> {
        let builder = set(palisade::Budget::builder(), self.capacity, BudgetBuilder::capacity);
        let builder = set(builder, self.ratio, BudgetBuilder::ratio);
        set(builder, self.per_second, BudgetBuilder::per_second).build()
    }
}

impl From<Backoff> for palisade::Backoff {
    fn from(Backoff { base, cap, factor, jitter }: Backoff) -> Self {
        let backoff = set(Self::exponential(base.0, cap.0), factor, Self::factor);
        set(backoff, jitter, |backoff, jitter| backoff.jitter(jitter.into()))
    }
}

impl From<Spread> for Jitter {
    fn from(spread: Spread) -> Self {
        match spread {
            Spread::None => Self::None,
            Spread::Equal => Self::Equal,
            Spread::Full => Self::Full,
        }
    }
}

impl CircuitBreaker {
    pub(super) fn build(self, seed: u64) -> Result<CircuitBreakerLayer<Judged>, ConfigError> {
        type Builder = CircuitBreakerBuilder;
        let builder = set(CircuitBreakerLayer::builder(NAME), self.failure_rate, Builder::failure_rate);
        let builder = off(builder, self.without_failure_rate, Builder::without_failure_rate);
        let builder = set(builder, self.throttled_rate, Builder::throttled_rate);
        let builder = off(builder, self.without_throttled_rate, Builder::without_throttled_rate);
        let builder = set(builder, self.slow_rate, |circuit, slow| circuit.slow_rate(slow.rate, slow.slow_after.0));
        let builder = set(builder, self.consecutive, Builder::consecutive);
        let builder = off(builder, self.without_consecutive, Builder::without_consecutive);
        let builder = set(builder, self.min_calls, Builder::min_calls);
        let builder =
            set(builder, self.time_window, |circuit, window| circuit.time_window(window.span.0, window.buckets));
        let builder = set(builder, self.count_window, Builder::count_window);
        let builder = set(builder, self.open_for, |circuit, backoff| circuit.open_for(backoff.into()));
        let builder = set(builder, self.max_retry_after, |circuit, Span(most)| circuit.max_retry_after(most));
        let builder = set(builder, self.probes, Builder::probes);
        let builder = set(builder, self.half_open_for, |circuit, Span(duration)| circuit.half_open_for(duration));
        builder.seed(seed).classify(ByFailure).build()
    }
}

impl Throttle {
    pub(super) fn build(self, seed: u64) -> Result<ThrottleLayer<Judged>, ConfigError> {
        let builder = set(ThrottleLayer::builder(NAME), self.k, ThrottleBuilder::k);
        let builder = set(builder, self.max_rejection, ThrottleBuilder::max_rejection);
        let builder =
            set(builder, self.time_window, |throttle, window| throttle.time_window(window.span.0, window.buckets));
        builder.seed(seed).classify(ByFailure).build()
    }
}

impl Bulkhead {
    pub(super) fn build(self) -> Result<AnyBulkhead, ConfigError> {
        let builder = BulkheadLayer::builder(self.max_concurrent).max_queue(self.max_queue);
        let builder = set(builder, self.max_wait, |queue, Span(wait)| queue.max_wait(wait)).classify(ByFailure);
        Ok(match self.adaptive {
            None => Either::Left(builder.build()?),
            Some(adaptive) => Either::Right(QueueBuilder::adaptive(builder, adaptive.into()).build()?),
        })
    }
}

impl From<Adaptive> for palisade::Adaptive {
    fn from(Adaptive { algorithm, min, max, round }: Adaptive) -> Self {
        let adaptive = match algorithm {
            Algorithm::Gradient => Self::gradient(),
            Algorithm::Vegas => Self::vegas(),
            Algorithm::Aimd => Self::aimd(),
        };
        let adaptive = set(set(adaptive, min, Self::min), max, Self::max);
        set(adaptive, round, |adaptive, Span(round)| adaptive.round(round))
    }
}

pub(super) fn handle(bulkhead: &AnyBulkhead) -> BulkheadHandle {
    match bulkhead {
        Either::Left(fixed) => fixed.handle(),
        Either::Right(adaptive) => adaptive.handle(),
    }
}
