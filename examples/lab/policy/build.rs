//! The layers of a policy, in the order that the crate's page gives.

use palisade::{
    Budget, BulkheadHandle, CircuitBreakerLayer, CircuitHandle, ConfigError, Error, FallbackLayer, RetryLayer,
};
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceExt, service_fn};

use super::Policy;
use super::layers::{Read, handle};
use super::settings::{Bulkhead, Degradation, Hedge, RateLimit, Timeout};
use crate::call::{Answer, ByFailure, Call};

/// A box for each layer that is there. With `option_layer` instead each layer would double the type, and nine take all memory of the
/// compiler.
pub(crate) type Boxed = BoxCloneSyncService<Call, Answer, Error>;

/// The layers around a service, and what can be seen of them.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) service: Boxed,
    pub(crate) circuit: Option<CircuitHandle>,
    pub(crate) budget: Option<Budget>,
    /// That around each attempt, or the queue where there is none.
    pub(crate) bulkhead: Option<BulkheadHandle>,
}

impl Policy {
    /// Builds the layers around a service. All that they draw is drawn from the seed.
    pub(crate) fn build(&self, seed: u64, service: Boxed) -> Result<Stack, ConfigError> {
        let fallback = self.fallback.map(|_| FallbackLayer::value(Answer::Degraded).classify(ByFailure));
        let rate_limit = self.rate_limit.map(RateLimit::build).transpose()?;
        let queue = self.queue.map(Bulkhead::build).transpose()?;
        let retry = self.retry.map(|retry| retry.build(seed)).transpose()?;
        let hedge = self.hedge.map(Hedge::build).transpose()?;
        let breaker = self.circuit_breaker.map(|breaker| breaker.build(seed)).transpose()?;
        let throttle = self.throttle.map(|throttle| throttle.build(seed)).transpose()?;
        let bulkhead = self.bulkhead.map(Bulkhead::build).transpose()?;
        let circuit = breaker.as_ref().map(CircuitBreakerLayer::handle);
        let budget = retry.as_ref().and_then(RetryLayer::budget);
        let limit = bulkhead.as_ref().or(queue.as_ref()).map(handle);
        let read: [Option<(_, Read)>; 3] = [
            circuit.as_ref().map(|circuit| ("circuit_breaker", Box::new(circuit.signal()) as Read)),
            throttle.as_ref().map(|throttle| ("throttle", Box::new(throttle.handle().signal()) as Read)),
            limit.as_ref().map(|limit| ("bulkhead", Box::new(limit.signal()) as Read)),
        ];

        // From the innermost to the outermost.
        let service = around(service, self.attempt_timeout.map(Timeout::build));
        let service = around(service, bulkhead);
        let service = around(service, throttle);
        let service = around(service, breaker);
        let service = around(service, hedge);
        let service = around(service, retry);
        let service = around(service, queue);
        let service = around(service, rate_limit);
        let service = around(service, self.total_timeout.map(Timeout::build));
        let service = match self.degradation {
            Some(degradation) => degradation.around(service, read.into_iter().flatten().collect())?,
            None => service,
        };
        let service = around(service, fallback);
        Ok(Stack { service, circuit, budget, bulkhead: limit })
    }
}

impl Degradation {
    /// The calls of the feature pass its layer, and the others do not.
    fn around(self, service: Boxed, read: Vec<(&'static str, Read)>) -> Result<Boxed, ConfigError> {
        let feature = Boxed::new(self.build(read)?.layer(service.clone()));
        let chosen = move |call: Call| {
            let service = if self.is_of_feature(&call) { &feature } else { &service };
            service.clone().oneshot(call)
        };
        Ok(Boxed::new(service_fn(chosen)))
    }
}

fn around<L>(inner: Boxed, layer: Option<L>) -> Boxed
where
    L: Layer<Boxed>,
    L::Service: Service<Call, Response = Answer, Error = Error, Future: Send> + Clone + Send + Sync + 'static,
{
    match layer {
        Some(layer) => Boxed::new(layer.layer(inner)),
        None => inner,
    }
}
