//! What the laws hold for: each layer alone, the five in order, and the five in wrong orders.

use std::rc::Rc;
use std::time::Duration;

use palisade::fallback::Value;
use palisade::{Error, FallbackLayer, Replicas, TimeoutLayer, fallback};
use tower::layer::layer_fn;
use tower::util::BoxCloneService;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use crate::calls::{self, Call};
use crate::laws::{At, Row};
use crate::layers::{Replicated, STALE, breaker, each_layer, limit, places, queue, retry, total};
use crate::remains::{Handles, Watched};
use crate::support::Down;
use crate::support::inner::Inner;

macro_rules! rows {
    ($($name:ident: $layer:expr;)+) => {
        &[
            $((stringify!($name), |inner, _| alone($layer, inner)),)+
            #[cfg(feature = "moka")]
            ("cache", |inner, _| alone($crate::layers::cache(), inner)),
            #[cfg(feature = "chaos")]
            ("chaos_that_is_off", |inner, _| alone($crate::layers::chaos(None), inner)),
            #[cfg(feature = "chaos")]
            ("chaos_that_is_on", |inner, _| alone($crate::layers::chaos(Some(Duration::ZERO)), inner)),
            #[cfg(feature = "chaos")]
            ("chaos_that_delays", chaos_that_delays),
            ("replicas", replicas),
            ("replicas_in_the_middle", replicas_in_the_middle),
            ("fallback_to_a_future", fallback_to_a_future),
            ("fallback_to_a_service", fallback_to_a_service),
            ("five_in_order", five_in_order),
            ("five_upside_down", five_upside_down),
            ("five_with_retry_inside_the_breaker", five_with_retry_inside_the_breaker),
        ]
    };
}

pub(crate) const ROWS: &[Row] = each_layer!(rows!);

pub(crate) type Boxed = BoxCloneService<u32, u32, Error>;

/// A service over [`Inner`], with all that there is to look at.
pub(crate) struct Stack {
    pub(crate) service: Boxed,
    /// Another service, of a clone of the same layer.
    pub(crate) twin: Boxed,
    pub(crate) handles: Handles,
    /// The service in a timeout of ours.
    pub(crate) limited: Rc<dyn Fn(Duration) -> Boxed>,
}

impl Stack {
    /// Readies the service, and calls it.
    pub(crate) async fn call(&mut self, request: u32) -> Result<u32, Error> {
        self.service.ready().await?.call(request).await
    }

    /// Readies a clone of the service, and calls that.
    pub(crate) fn call_clone(&self, request: u32) -> impl Future<Output = Result<u32, Error>> + Send + use<> {
        self.service.clone().oneshot(request)
    }

    /// A call that is still to be polled.
    pub(crate) fn begin(&self, request: u32) -> Call {
        calls::begin(self.call_clone(request))
    }

    /// So many calls that have come as far as they can, and hang there.
    pub(crate) fn hold(&self, calls: usize) -> Vec<Call> {
        let mut calls: Vec<_> = (0..calls).map(|_| self.begin(1)).collect();
        for call in &mut calls {
            assert!(calls::go(call).is_pending(), "a call does not hang");
        }
        calls
    }

    /// Asserts that a call does well, and that nothing is left of it.
    pub(crate) async fn assert_well(&self) {
        assert_eq!(self.call_clone(7).await.unwrap(), 7);
        self.handles.assert_at_rest();
    }
}

/// The services of a layer.
fn stack<S: Clone, L>(layer: &L, handles: Handles, inner: S) -> Stack
where
    L: Layer<S> + Clone,
    L::Service: Service<u32, Response = u32, Error = Error, Future: Send + 'static> + Clone + Send + 'static,
{
    let service = Boxed::new(layer.layer(inner.clone()));
    let twin = Boxed::new(layer.clone().layer(inner));
    let below = service.clone();
    let limited = Rc::new(move |limit| Boxed::new(TimeoutLayer::new(limit).layer(below.clone())));
    Stack { service, twin, handles, limited }
}

fn alone<L>(layer: L, inner: Inner) -> Stack
where
    L: Layer<BoxCloneService<u32, u32, Down>> + Clone + Watched,
    L::Service: Service<u32, Response = u32, Error = Error, Future: Send + 'static> + Clone + Send + 'static,
{
    let handles = layer.watch(Handles::of(&inner));
    let tallies = &handles.tallies;
    let below = ServiceBuilder::new()
        .map_request(tallies.sent.count())
        .map_request(tallies.passed.count())
        .map_result(tallies.ended.count())
        .service(inner);
    let layer = ServiceBuilder::new().map_request(tallies.asked.count()).layer(layer);
    stack(&layer, handles, BoxCloneService::new(below))
}

#[cfg(feature = "chaos")]
fn chaos_that_delays(inner: Inner, _: At) -> Stack {
    let stack = alone(crate::layers::chaos(Some(crate::layers::PAUSE)), inner);
    Stack { handles: stack.handles.with(crate::remains::Delays), ..stack }
}

fn replicated(inner: &Inner) -> (Replicas<Inner>, Handles) {
    let replicas = Replicated.layer(inner.clone());
    let handles = Handles::of(inner).with(replicas.handle());
    (replicas, handles)
}

fn replicas(inner: Inner, _: At) -> Stack {
    let (replicas, handles) = replicated(&inner);
    stack(&layer_fn(move |_| replicas.clone()), handles, inner)
}

fn replicas_in_the_middle(inner: Inner, _: At) -> Stack {
    let (replicas, handles) = replicated(&inner);
    let (retry, places) = (retry(), places());
    let handles = handles.and(&limit()).and(&retry).and(&places);
    let layer = ServiceBuilder::new()
        .layer(total())
        .layer(retry)
        .map_request(handles.tallies.sent.count())
        .layer(places)
        .layer(layer_fn(move |_: Inner| replicas.clone()));
    stack(&layer, handles, inner)
}

fn fallback_to_a_future(inner: Inner, _: At) -> Stack {
    let other = inner.clone();
    let step = fallback::future_of(
        |&request: &u32| request,
        move |request, _: Result<&u32, &Error>| other.clone().oneshot(request),
    );
    stack(&FallbackLayer::new(step), Handles::of(&inner), inner)
}

fn fallback_to_a_service(inner: Inner, _: At) -> Stack {
    stack(&FallbackLayer::new(fallback::service(inner.clone())), Handles::of(&inner), inner)
}

fn five_in_order(inner: Inner, _: At) -> Stack {
    let (queue, retry, breaker, places) = (queue(), retry(), breaker(), places());
    let handles = Handles::of(&inner).and(&value()).and(&limit()).and(&queue).and(&retry).and(&breaker).and(&places);
    let tallies = &handles.tallies;
    let layer = ServiceBuilder::new()
        .layer(value())
        .layer(total())
        .layer(queue)
        .layer(retry)
        .map_request(tallies.sent.count())
        .map_request(tallies.asked.count())
        .layer(breaker)
        .map_request(tallies.passed.count())
        .map_result(tallies.ended.count())
        .layer(places)
        .layer(limit());
    stack(&layer, handles, inner)
}

fn five_upside_down(inner: Inner, _: At) -> Stack {
    let (queue, retry, breaker, places) = (queue(), retry(), breaker(), places());
    let handles = Handles::of(&inner).and(&value()).and(&limit()).and(&queue).and(&retry).and(&breaker).and(&places);
    let tallies = &handles.tallies;
    let layer = ServiceBuilder::new()
        .layer(limit())
        .layer(places)
        .map_request(tallies.asked.count())
        .layer(breaker)
        .map_request(tallies.passed.count())
        .map_result(tallies.ended.count())
        .layer(retry)
        .map_request(tallies.sent.count())
        .layer(queue)
        .layer(total().cover_readiness())
        .layer(value());
    stack(&layer, handles, inner)
}

fn five_with_retry_inside_the_breaker(inner: Inner, _: At) -> Stack {
    let (queue, retry, breaker) = (queue(), retry(), breaker());
    let handles = Handles::of(&inner).and(&value()).and(&limit()).and(&queue).and(&retry).and(&breaker);
    let tallies = &handles.tallies;
    let layer = ServiceBuilder::new()
        .map_request(tallies.asked.count())
        .layer(breaker)
        .map_request(tallies.passed.count())
        .map_result(tallies.ended.count())
        .layer(value())
        .layer(retry)
        .map_request(tallies.sent.count())
        .layer(total())
        .layer(queue);
    stack(&layer, handles, inner)
}

fn value() -> FallbackLayer<Value<u32>> {
    FallbackLayer::value(STALE)
}
