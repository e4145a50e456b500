//! The layer: its parts in their order.

use std::borrow::Cow;
use std::time::Duration;

use tower::Layer;
use tower::layer::util::Identity;

use super::part::{Built, BuiltCircuitBreaker, BuiltRetry};
use crate::bulkhead::BulkheadLayer;
use crate::circuit_breaker::CircuitBreakerLayer;
use crate::error::ConfigError;
use crate::name::Name;
use crate::registry::Registry;
use crate::retry::RetryBuilder;
use crate::timeout::TimeoutLayer;

/// Wraps services in a standard stack.
///
/// It holds what stands around the whole call (`W`), the retry (`R`), and what stands around each attempt (`A`). Calls end as `E`
/// says. Services made by one layer, and their clones, share its state: one circuit, one budget, the places of one bulkhead.
///
/// A setter that changes a part builds this part anew and leaves the state of the others alone. So take the
/// [handles](Self::handles) last.
#[derive(Clone, Debug)]
#[must_use]
pub struct StandardLayer<E, W, R, A> {
    pub(super) name: Name,
    pub(super) end: E,
    pub(super) whole: W,
    pub(super) retry: R,
    pub(super) attempt: A,
    /// What lists the parts.
    pub(super) registry: Registry,
}

/// The standard stack of a client, as it begins. `D` carries deadlines.
pub type Client<E, D, R> = StandardLayer<
    E,
    (Identity, Identity, D, TimeoutLayer<Duration, E>, Identity),
    BuiltRetry<R>,
    (Identity, BuiltCircuitBreaker<E>, Identity, Identity, TimeoutLayer<Duration, E>, D),
>;

/// The standard stack of a server, as it begins. `N` turns errors into responses, and `D` takes deadlines from requests.
pub type Server<E, N, D> = StandardLayer<
    E,
    (N, Identity, D, TimeoutLayer<Duration, E>, Identity),
    Identity,
    (Identity, Identity, Identity, BulkheadLayer<E>, Identity, Identity),
>;

const TOTAL: Duration = Duration::from_secs(30);
const ATTEMPT: Duration = Duration::from_secs(10);

impl<E: Clone, D, R: Clone> Client<E, D, R> {
    pub(crate) fn new(
        name: Cow<'static, str>,
        end: E,
        (taken, sent): (D, D),
        retry: impl FnOnce(&'static str) -> RetryBuilder<R>,
    ) -> Result<Self, ConfigError> {
        let name = Name::new(name).map_err(|error| error.of("standard stack"))?;
        let circuit = CircuitBreakerLayer::builder(name.as_str()).end(end.clone());
        let circuit = BuiltCircuitBreaker::build(circuit)?;
        let retry = BuiltRetry::build(retry(name.as_str()))?;
        let empty = StandardLayer {
            name,
            end,
            whole: (Identity::new(), Identity::new(), taken, Identity::new(), Identity::new()),
            retry,
            attempt: (Identity::new(), circuit, Identity::new(), Identity::new(), Identity::new(), sent),
            registry: Registry::global(),
        };
        Ok(empty.total_timeout(TOTAL).attempt_timeout(ATTEMPT))
    }
}

#[cfg(feature = "http")]
impl<E: Clone, N, D> Server<E, N, D> {
    pub(crate) fn new(max_concurrent: usize, end: E, answers: N, deadlines: D) -> Self {
        let empty = StandardLayer {
            name: Name::of("server"),
            end,
            whole: (answers, Identity::new(), deadlines, Identity::new(), Identity::new()),
            retry: Identity::new(),
            attempt: <(Identity, Identity, Identity, Identity, Identity, Identity)>::default(),
            registry: Registry::global(),
        };
        empty.total_timeout(TOTAL).bulkhead(max_concurrent)
    }
}

impl<S, E, W, R, A> Layer<S> for StandardLayer<E, W, R, A>
where
    A: Layer<S>,
    R: Layer<A::Service>,
    W: Layer<R::Service>,
{
    type Service = W::Service;

    fn layer(&self, inner: S) -> W::Service {
        self.whole.layer(self.retry.layer(self.attempt.layer(inner)))
    }
}

impl<E, W, R, A> StandardLayer<E, W, R, A> {
    /// Sends each call once.
    ///
    /// The inner service need not be `Clone` then. With HTTP and gRPC it takes the caller's own body, so the type of a body that can be
    /// sent again is left open: write `palisade::http::standard::<()>("orders")`. Defaults to a retry.
    pub fn without_retry(self) -> StandardLayer<E, W, Identity, A> {
        self.with_retry(Identity::new())
    }

    fn with_retry<Q>(self, retry: Q) -> StandardLayer<E, W, Q, A> {
        let Self { name, end, whole, retry: _, attempt, registry } = self;
        StandardLayer { name, end, whole, retry, attempt, registry }
    }

    pub(super) fn map_whole<V>(self, map: impl FnOnce(W) -> V) -> StandardLayer<E, V, R, A> {
        let Self { name, end, whole, retry, attempt, registry } = self;
        StandardLayer { name, end, whole: map(whole), retry, attempt, registry }
    }

    pub(super) fn map_attempt<B>(self, map: impl FnOnce(A) -> B) -> StandardLayer<E, W, R, B> {
        let Self { name, end, whole, retry, attempt, registry } = self;
        StandardLayer { name, end, whole, retry, attempt: map(attempt), registry }
    }
}

impl<E: Clone, W, R, A> StandardLayer<E, W, R, A> {
    pub(super) fn timeout(&self, limit: Duration) -> TimeoutLayer<Duration, E> {
        TimeoutLayer::new(limit).name(self.name).registry(&self.registry).end(self.end.clone())
    }
}

impl<E, W, R, B, A> StandardLayer<E, W, BuiltRetry<R, B>, A> {
    /// Changes the retry by the setters of its [builder](RetryBuilder).
    ///
    /// A budget of its own is full again. Defaults to [the settings of a retry](crate::retry#settings).
    ///
    /// # Errors
    ///
    /// When a setting is not legal. The error names the setting, its value, and what would be legal.
    pub fn retry<Q: Clone, C: Clone>(
        self,
        change: impl FnOnce(RetryBuilder<R, B>) -> RetryBuilder<Q, C>,
    ) -> Result<StandardLayer<E, W, BuiltRetry<Q, C>, A>, ConfigError> {
        let Self { name, end, whole, retry: Built { builder, .. }, attempt, registry } = self;
        let retry = BuiltRetry::build(change(builder))?;
        Ok(StandardLayer { name, end, whole, retry, attempt, registry })
    }
}

impl<E, N, F, D, T, Q, R, G, C, H, B, L, O> StandardLayer<E, (N, F, D, T, Q), R, (G, C, H, B, L, O)> {
    /// Takes no deadline from requests, and sends none.
    ///
    /// Set it where the service must not see the header. Defaults to carrying deadlines with HTTP and gRPC.
    pub fn without_deadlines(self) -> StandardLayer<E, (N, F, Identity, T, Q), R, (G, C, H, B, L, Identity)> {
        self.with_deadlines(Identity::new(), Identity::new())
    }

    pub(crate) fn with_deadlines<U, V>(
        self,
        taken: U,
        sent: V,
    ) -> StandardLayer<E, (N, F, U, T, Q), R, (G, C, H, B, L, V)> {
        self.map_whole(|(answers, fallback, _, total, rate)| (answers, fallback, taken, total, rate)).map_attempt(
            |(hedge, circuit, throttle, bulkhead, limit, _)| (hedge, circuit, throttle, bulkhead, limit, sent),
        )
    }
}
