//! A circuit breaker or a bulkhead for each key.

use crate::support;
#[cfg(feature = "http")]
mod hosts;
mod threads;

use std::{
    cell::Cell,
    convert::Infallible,
    future::{Pending, Ready, pending, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use futures_util::future::Either;
use palisade::{
    Backoff, BulkheadHandle, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitHandle, Error, Jitter,
    PerKeyBuilder, PerKeyHandle, PerKeyLayer, Phase, Rejection, RejectionReason,
    bulkhead::{NoQueue, Queue},
};
use support::{Down, Strict, events::Events, strict};
use tokio::time::{Instant, advance};
use tokio_test::task::{Spawn, spawn};
use tower::{Layer, Service, ServiceExt, service_fn};
use tracing::Level;

const SECOND: Duration = Duration::from_secs(1);
const OPEN: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_secs(60);
/// A second less than [`IDLE`].
const NEARLY: Duration = Duration::from_secs(59);
const TARGET: &str = "palisade::per_key";

/// What the inner service is to do for a host.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Answer(u32),
    Fail(u32),
    Hang(u32),
}

use Ask::{Answer, Fail, Hang};

#[expect(clippy::trivially_copy_pass_by_ref, reason = "keys are taken by reference")]
fn host(ask: &Ask) -> u32 {
    match *ask {
        Answer(host) | Fail(host) | Hang(host) => host,
    }
}

type Host = fn(&Ask) -> u32;
type Reply = Either<Ready<Result<u32, Down>>, Pending<Result<u32, Down>>>;
type Inner = Strict<fn(Ask) -> Reply>;
type Breakers = PerKeyLayer<CircuitBreakerLayer, u32, Host>;
type BreakersBuilder = PerKeyBuilder<CircuitBreakerLayer, u32, Host>;
type Circuits = PerKeyHandle<u32, CircuitHandle>;

fn reply(ask: Ask) -> Reply {
    match ask {
        Answer(host) => Either::Left(ready(Ok(host))),
        Fail(host) => Either::Left(ready(Err(Down(host)))),
        Hang(_) => Either::Right(pending()),
    }
}

fn inner() -> Inner {
    strict(reply)
}

/// Opens at two failures in a row, for ten seconds.
fn pattern() -> CircuitBreakerBuilder {
    CircuitBreakerLayer::builder("upstream")
        .without_failure_rate()
        .consecutive(2)
        .probes(2)
        .open_for(Backoff::constant(OPEN))
}

/// Room for two keys.
fn builder() -> BreakersBuilder {
    pattern().per_key(host as Host).capacity(2).idle(IDLE)
}

fn breakers() -> Breakers {
    builder().build().expect("its settings are legal")
}

/// Calls an inner service of its own once.
async fn ask<L>(layer: &L, ask: Ask) -> Result<u32, Error>
where
    L: Layer<Inner, Service: Service<Ask, Response = u32, Error = Error>>,
{
    layer.layer(inner()).oneshot(ask).await
}

/// A call that was polled once and is pending.
fn begin<L>(layer: &L, ask: Ask) -> Spawn<<L::Service as Service<Ask>>::Future>
where
    L: Layer<Inner, Service: Service<Ask, Response = u32, Error = Error>>,
{
    let mut service = layer.layer(inner());
    assert!(service.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready(), "the inner service always is");
    let mut call = spawn(service.call(ask));
    assert!(call.poll().is_pending(), "a call to be pending is over");
    call
}

async fn trip(layer: &Breakers, host: u32) {
    for _ in 0..2 {
        assert!(matches!(ask(layer, Fail(host)).await, Err(Error::Service(_))), "the circuit is closed before");
    }
}

fn reason<T>(result: Result<T, Error>) -> Option<RejectionReason> {
    result.err().and_then(|error| error.rejection().map(Rejection::reason))
}

fn phase(circuits: &Circuits, host: u32) -> Option<Phase> {
    circuits.get(&host).map(|circuit| circuit.phase())
}

fn sorted<H>(handle: &PerKeyHandle<u32, H>) -> Vec<u32> {
    let mut keys = handle.keys();
    keys.sort_unstable();
    keys
}

/// Whether there is room for another key.
async fn makes_room<L>(layer: &L, keys: impl Fn() -> Vec<u32>) -> bool
where
    L: Layer<Inner, Service: Service<Ask, Response = u32, Error = Error>>,
{
    ask(layer, Answer(99)).await.ok();
    keys().contains(&99)
}

#[tokio::test(start_paused = true)]
async fn keys_do_not_see_each_others_failures() {
    let layer = breakers();
    trip(&layer, 1).await;
    assert_eq!(reason(ask(&layer, Answer(1)).await), Some(RejectionReason::CircuitOpen));
    assert_eq!(ask(&layer, Answer(2)).await.unwrap(), 2);
    assert_eq!([1, 2].map(|host| phase(&layer.handle(), host)), [Some(Phase::Open), Some(Phase::Closed)]);
}

#[tokio::test(start_paused = true)]
async fn services_of_a_layer_and_of_its_clones_share_the_circuit_of_a_key() {
    let layer = breakers();
    let mut service = layer.layer(inner());
    let mut cloned = service.clone();
    let mut other = layer.clone().layer(inner());
    service.ready().await.unwrap().call(Fail(1)).await.unwrap_err();
    cloned.ready().await.unwrap().call(Fail(1)).await.unwrap_err();
    assert_eq!(reason(other.ready().await.unwrap().call(Answer(1)).await), Some(RejectionReason::CircuitOpen));
}

/// The strict service panics when a clone of it is called without having been polled ready.
#[tokio::test(start_paused = true)]
async fn only_a_service_that_was_polled_ready_is_called() {
    let service = inner();
    let calls = service.calls();
    let mut first = breakers().layer(service);
    first.ready().await.unwrap();
    let mut second = first.clone();
    second.ready().await.unwrap().call(Answer(1)).await.unwrap();
    first.call(Answer(1)).await.unwrap();
    assert_eq!(calls.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_asks_for_no_readiness_beside_the_callers() {
    #[derive(Clone, Default)]
    struct Counting(Rc<Cell<u32>>);
    impl Service<Ask> for Counting {
        type Response = u32;
        type Error = Infallible;
        type Future = Ready<Result<u32, Infallible>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            self.0.set(self.0.get() + 1);
            Poll::Ready(Ok(()))
        }
        fn call(&mut self, ask: Ask) -> Self::Future {
            ready(Ok(host(&ask)))
        }
    }
    let counting = Counting::default();
    breakers().layer(counting.clone()).oneshot(Answer(1)).await.unwrap();
    assert_eq!(counting.0.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_of_a_key_sends_nothing() {
    let layer = breakers();
    trip(&layer, 1).await;
    let service = inner();
    let calls = service.calls();
    assert!(layer.layer(service).oneshot(Answer(1)).await.is_err());
    assert_eq!(calls.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_error_of_readiness_is_passed_on_and_is_no_keys() {
    struct Unready;
    impl Service<Ask> for Unready {
        type Response = u32;
        type Error = Down;
        type Future = Reply;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
            Poll::Ready(Err(Down(5)))
        }
        fn call(&mut self, ask: Ask) -> Reply {
            reply(ask)
        }
    }
    let layer = breakers();
    ask(&layer, Answer(1)).await.unwrap();
    for _ in 0..2 {
        let error = layer.layer(Unready).oneshot(Answer(1)).await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Down(5)));
    }
    assert_eq!(phase(&layer.handle(), 1), Some(Phase::Closed));
}

#[tokio::test(start_paused = true)]
async fn the_handle_knows_the_keys_that_calls_came_for() {
    let layer = breakers();
    let handle = layer.handle();
    assert_eq!((handle.name().as_str(), handle.capacity()), ("upstream", 2));
    assert!(handle.is_empty() && handle.get(&1).is_none());
    ask(&layer, Answer(1)).await.unwrap();
    ask(&layer, Answer(2)).await.unwrap();
    assert_eq!((handle.len(), sorted(&handle), handle.is_empty()), (2, vec![1, 2], false));
    assert!(handle.get(&3).is_none());
}

#[tokio::test(start_paused = true)]
async fn a_handle_of_a_key_steers_its_circuit_and_no_other() {
    let layer = breakers();
    ask(&layer, Answer(1)).await.unwrap();
    ask(&layer, Answer(2)).await.unwrap();
    layer.handle().get(&1).unwrap().force_open();
    assert_eq!(reason(ask(&layer, Answer(1)).await), Some(RejectionReason::ForcedOpen));
    assert_eq!(ask(&layer, Answer(2)).await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_circuit_of_a_key_begins_when_its_first_call_comes() {
    let layer = breakers();
    advance(OPEN).await;
    ask(&layer, Answer(1)).await.unwrap();
    #[expect(clippy::disallowed_methods, reason = "the clock is paused")]
    let now = Instant::now();
    assert_eq!(layer.handle().get(&1).unwrap().snapshot().since, now);
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_window_is_each_keys_own() {
    let rate = || CircuitBreakerLayer::builder("upstream").min_calls(3);
    for pattern in [rate(), rate().count_window(3), rate().time_window(SECOND, 10), rate().slow_rate(0.5, SECOND)] {
        let layer = pattern.per_key(host as Host).build().unwrap();
        advance(OPEN).await;
        for host in [1, 2, 1, 2] {
            ask(&layer, Fail(host)).await.unwrap_err();
        }
        let counts = |host| layer.handle().get(&host).map(|circuit| circuit.snapshot().counts.failures);
        assert_eq!([counts(1), counts(2)], [Some(2), Some(2)], "{layer:?}");
        ask(&layer, Fail(1)).await.unwrap_err();
        assert_eq!([1, 2].map(|host| phase(&layer.handle(), host)), [Some(Phase::Open), Some(Phase::Closed)]);
    }
}

/// How long the circuits of ten keys stay open.
async fn open_times(seed: u64) -> Vec<Duration> {
    let backoff = Backoff::constant(OPEN).jitter(Jitter::Full);
    let layer = pattern().open_for(backoff).seed(seed).per_key(host as Host).build().expect("its settings are legal");
    let mut times = Vec::new();
    for host in 0..10 {
        trip(&layer, host).await;
        times.extend(layer.handle().get(&host).and_then(|circuit| circuit.snapshot().retry_after));
    }
    times
}

#[tokio::test(start_paused = true)]
async fn keys_draw_jitter_of_their_own_and_the_same_again_by_the_same_seed() {
    let mut times = open_times(1).await;
    assert_eq!(times, open_times(1).await);
    assert_ne!(times, open_times(2).await);
    times.sort_unstable();
    times.dedup();
    assert_eq!(times.len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_key_without_room_passes_unprotected() {
    let layer = breakers();
    for host in [1, 2] {
        ask(&layer, Answer(host)).await.unwrap();
    }
    for _ in 0..100 {
        assert!(matches!(ask(&layer, Fail(3)).await, Err(Error::Service(_))));
    }
    assert_eq!(ask(&layer, Answer(3)).await.unwrap(), 3);
    assert_eq!(sorted(&layer.handle()), [1, 2]);
    trip(&layer, 1).await;
    assert_eq!(phase(&layer.handle(), 1), Some(Phase::Open), "those with room are protected as before");
}

#[tokio::test(start_paused = true)]
async fn a_key_without_room_passes_a_bulkhead_without_limit() {
    let layer = BulkheadLayer::builder(1).per_key(host as Host).capacity(1).build().unwrap();
    ask(&layer, Answer(1)).await.unwrap();
    let calls: Vec<_> = (0..100).map(|_| begin(&layer, Hang(2))).collect();
    assert_eq!(ask(&layer, Answer(2)).await.unwrap(), 2);
    drop(calls);
    let held = begin(&layer, Hang(1));
    assert_eq!(reason(ask(&layer, Answer(1)).await), Some(RejectionReason::Full));
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn a_key_without_room_is_an_event_and_once_a_minute_a_warning() {
    let layer = breakers();
    let events = Events::record();
    for host in [1, 2] {
        ask(&layer, Answer(host)).await.unwrap();
    }
    assert_eq!(events.all(), [], "to build a layer, and to admit a key, is none");
    let flood = async || {
        for host in 3..6 {
            ask(&layer, Answer(host)).await.unwrap();
        }
    };
    flood().await;
    advance(NEARLY).await;
    for host in [1, 2] {
        ask(&layer, Answer(host)).await.unwrap();
    }
    flood().await;
    advance(SECOND).await;
    flood().await;
    let told = events.of(TARGET);
    let warned: Vec<_> = told.iter().map(|event| event.level == Level::WARN).collect();
    assert_eq!(warned, [true, false, false, false, false, false, true, false, false]);
    assert!(told.iter().all(|event| [Level::WARN, Level::DEBUG].contains(&event.level)));
    let fields = ["name", "capacity", "outcome", "message"].map(|field| told[0].field(field));
    assert_eq!(fields, ["upstream", "2", "passed", "no room for another key"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_without_room_is_rejected_where_it_is_set_so() {
    let layer = builder().reject_when_full().build().unwrap();
    for host in [1, 2] {
        ask(&layer, Answer(host)).await.unwrap();
    }
    let events = Events::record();
    let service = inner();
    let calls = service.calls();
    let error = layer.layer(service).oneshot(Answer(3)).await.unwrap_err();
    let rejection = *error.rejection().unwrap();
    assert_eq!((rejection.reason(), rejection.layer()), (RejectionReason::KeysFull, "per key"));
    assert_eq!((rejection.name().as_str(), rejection.retry_after()), ("upstream", None));
    assert_eq!(error.to_string(), "per key `upstream` rejected the call: it has no room for another key");
    assert_eq!(rejection.reason().as_str(), "keys_full");
    assert_eq!(calls.count(), 0);
    assert_eq!(events.of(TARGET)[0].field("outcome"), "rejected");
    assert_eq!(ask(&layer, Answer(1)).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn bulkheads_reject_a_key_without_room_where_it_is_set_so() {
    let layer = BulkheadLayer::builder(1).per_key(host as Host).capacity(1).reject_when_full().build().unwrap();
    ask(&layer, Answer(1)).await.unwrap();
    assert_eq!(reason(ask(&layer, Answer(2)).await), Some(RejectionReason::KeysFull));
    let queueing = BulkheadLayer::builder(1)
        .max_wait(SECOND)
        .per_key(host as Host)
        .capacity(1)
        .reject_when_full()
        .build()
        .unwrap();
    ask(&queueing, Answer(1)).await.unwrap();
    assert_eq!(reason(ask(&queueing, Answer(2)).await), Some(RejectionReason::KeysFull));
}

/// A full layer of the keys 1 and 2.
async fn full() -> (Breakers, Circuits) {
    let layer = breakers();
    for host in [1, 2] {
        ask(&layer, Answer(host)).await.expect("its circuit is closed");
    }
    let handle = layer.handle();
    (layer, handle)
}

/// Lets the idle time pass for key 2 and not for key 1; tells whether there is room for another then.
async fn second_goes(layer: &Breakers) -> bool {
    advance(IDLE).await;
    ask(layer, Answer(1)).await.expect("its circuit is closed");
    let handle = layer.handle();
    makes_room(layer, || sorted(&handle)).await
}

#[tokio::test(start_paused = true)]
async fn a_key_makes_room_when_it_was_idle_for_long_enough() {
    let (layer, handle) = full().await;
    advance(NEARLY).await;
    ask(&layer, Answer(1)).await.unwrap();
    assert!(!makes_room(&layer, || sorted(&handle)).await, "a second too soon");
    advance(SECOND).await;
    assert!(makes_room(&layer, || sorted(&handle)).await);
    assert_eq!(sorted(&handle), [1, 99]);
}

#[tokio::test(start_paused = true)]
async fn a_look_at_the_keys_does_not_make_them_young_again() {
    let (layer, handle) = full().await;
    advance(NEARLY).await;
    assert!(handle.get(&2).is_some());
    assert_eq!(handle.keys().len(), 2);
    advance(SECOND).await;
    assert!(makes_room(&layer, || sorted(&handle)).await);
}

#[tokio::test(start_paused = true)]
async fn a_key_with_a_call_in_flight_stays() {
    let (layer, handle) = full().await;
    let call = begin(&layer, Hang(2));
    assert!(!second_goes(&layer).await);
    assert!(handle.get(&2).is_some());
    drop(call);
    assert!(second_goes(&layer).await);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_guard_is_held_stays() {
    let (layer, handle) = full().await;
    let guard = handle.get(&2).unwrap().try_enter().unwrap();
    assert!(!second_goes(&layer).await);
    guard.success();
    assert!(second_goes(&layer).await);
}

#[tokio::test(start_paused = true)]
async fn a_handle_that_is_held_keeps_no_key() {
    let (layer, handle) = full().await;
    let held = [handle.get(&2), handle.get(&2), handle.get(&2).clone()];
    assert!(second_goes(&layer).await);
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn a_guard_that_is_held_keeps_its_key_whatever_became_of_its_handle() {
    let (layer, handle) = full().await;
    let held = handle.get(&2).unwrap();
    let guard = held.try_enter().unwrap();
    assert!(!second_goes(&layer).await);
    drop(held);
    assert!(!second_goes(&layer).await);
    drop(guard);
    assert!(second_goes(&layer).await);
}

#[tokio::test(start_paused = true)]
async fn a_handle_of_a_key_that_was_let_go_of_works_on_what_it_had() {
    let (layer, handle) = full().await;
    let held = handle.get(&2).unwrap();
    assert!(second_goes(&layer).await);
    held.force_open();
    assert_eq!(held.phase(), Phase::ForcedOpen);
    assert!(held.try_enter().is_err());
    advance(IDLE).await;
    assert_eq!(ask(&layer, Answer(2)).await.unwrap(), 2, "the key came back without it");
    assert_eq!(phase(&handle, 2), Some(Phase::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_circuit_that_a_held_handle_opened_stays_open() {
    let layer = pattern().open_for(Backoff::constant(2 * IDLE)).per_key(host as Host).capacity(2).idle(IDLE).build();
    let layer = layer.unwrap();
    ask(&layer, Answer(1)).await.unwrap();
    ask(&layer, Answer(2)).await.unwrap();
    let held = layer.handle().get(&2).unwrap();
    for _ in 0..2 {
        held.try_enter().unwrap().failure();
    }
    assert!(!second_goes(&layer).await);
    assert_eq!(phase(&layer.handle(), 2), Some(Phase::Open));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_found_in_use_is_idle_from_then_on() {
    let (layer, handle) = full().await;
    let call = begin(&layer, Hang(2));
    assert!(!second_goes(&layer).await);
    drop(call);
    advance(NEARLY).await;
    ask(&layer, Answer(1)).await.unwrap();
    assert!(!makes_room(&layer, || sorted(&handle)).await, "a second too soon");
    advance(SECOND).await;
    assert!(makes_room(&layer, || sorted(&handle)).await);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_circuit_was_set_by_hand_stays_until_it_is_reset() {
    let by_hand = [CircuitHandle::force_open, CircuitHandle::force_closed, CircuitHandle::metrics_only];
    for set in by_hand {
        let (layer, handle) = full().await;
        set(&handle.get(&2).unwrap());
        assert!(!second_goes(&layer).await);
        handle.get(&2).unwrap().reset();
        assert!(second_goes(&layer).await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_circuit_is_open_stays_until_its_time_is_over() {
    let layer = pattern().open_for(Backoff::constant(2 * IDLE)).per_key(host as Host).capacity(2).idle(IDLE).build();
    let layer = layer.unwrap();
    ask(&layer, Answer(1)).await.unwrap();
    trip(&layer, 2).await;
    assert!(!second_goes(&layer).await);
    assert_eq!(phase(&layer.handle(), 2), Some(Phase::Open));
    advance(NEARLY).await;
    ask(&layer, Answer(1)).await.unwrap();
    assert!(!makes_room(&layer, || sorted(&layer.handle())).await, "a second too soon");
    advance(SECOND).await;
    assert!(makes_room(&layer, || sorted(&layer.handle())).await);
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_open_circuit_was_reset_makes_room_when_it_is_idle_however_long_it_was_to_be_open() {
    for open in [2 * IDLE, Duration::MAX] {
        let layer = pattern().open_for(Backoff::constant(open)).per_key(host as Host).capacity(1).idle(IDLE).build();
        let layer = layer.unwrap();
        trip(&layer, 1).await;
        advance(IDLE).await;
        assert!(!makes_room(&layer, || sorted(&layer.handle())).await);
        layer.handle().get(&1).unwrap().reset();
        advance(IDLE).await;
        assert!(makes_room(&layer, || sorted(&layer.handle())).await, "{open:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_whose_circuit_is_half_open_makes_room() {
    let (layer, handle) = full().await;
    trip(&layer, 2).await;
    advance(OPEN).await;
    ask(&layer, Answer(2)).await.unwrap();
    assert_eq!(phase(&handle, 2), Some(Phase::HalfOpen), "one probe of two came back");
    assert!(second_goes(&layer).await);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_let_go_of_comes_back_closed() {
    let (layer, handle) = full().await;
    trip(&layer, 2).await;
    assert!(second_goes(&layer).await);
    advance(IDLE).await;
    ask(&layer, Fail(2)).await.unwrap_err();
    let snapshot = handle.get(&2).unwrap().snapshot();
    assert_eq!((snapshot.phase, snapshot.counts.consecutive), (Phase::Closed, 1));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_floods_do_not_use_stays_protected_in_a_full_map() {
    let layer = builder().capacity(1).idle(Duration::ZERO).build().unwrap();
    let held = begin(&layer, Hang(1));
    for host in 2..1000 {
        ask(&layer, Answer(host)).await.unwrap();
    }
    assert_eq!(layer.handle().keys(), [1]);
    drop(held);
}

type Places = PerKeyHandle<u32, BulkheadHandle>;

fn bulkheads() -> PerKeyBuilder<BulkheadLayer<NoQueue>, u32, Host> {
    BulkheadLayer::builder(2).name("places").per_key(host as Host).capacity(2).idle(IDLE)
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_limits_each_key_on_its_own() {
    let layer = bulkheads().build().unwrap();
    let calls = [1, 1, 2].map(|host| begin(&layer, Hang(host)));
    assert_eq!(reason(ask(&layer, Answer(1)).await), Some(RejectionReason::Full));
    assert_eq!(ask(&layer, Answer(2)).await.unwrap(), 2);
    let in_flight = |host| layer.handle().get(&host).map(|places| places.in_flight());
    assert_eq!([in_flight(1), in_flight(2)], [Some(2), Some(1)]);
    drop(calls);
    assert_eq!(ask(&layer, Answer(1)).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_is_held_keeps_its_bulkhead_and_a_handle_does_not() {
    let layer = bulkheads().capacity(1).build().unwrap();
    let handle: Places = layer.handle();
    ask(&layer, Answer(1)).await.unwrap();
    let held = handle.get(&1).unwrap();
    let place = held.try_enter().unwrap();
    advance(IDLE).await;
    assert!(!makes_room(&layer, || sorted(&handle)).await);
    drop(place);
    advance(IDLE).await;
    assert!(makes_room(&layer, || sorted(&handle)).await);
    assert_eq!((held.in_flight(), held.limit()), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn a_bulkhead_that_was_resized_stays_until_it_has_its_first_size_again() {
    let layer = bulkheads().build().unwrap();
    let handle: Places = layer.handle();
    let goes = async || {
        advance(IDLE).await;
        makes_room(&layer, || sorted(&handle)).await
    };
    ask(&layer, Answer(1)).await.unwrap();
    handle.get(&1).unwrap().resize(3);
    let room_for_another = goes().await;
    assert!(room_for_another && handle.get(&1).is_some());
    handle.get(&1).unwrap().resize(2);
    advance(IDLE).await;
    ask(&layer, Answer(2)).await.unwrap();
    assert_eq!(sorted(&handle), [2]);
}

#[tokio::test(start_paused = true)]
async fn each_key_has_a_queue_of_its_own_and_who_waits_in_it_keeps_the_key() {
    let layer: PerKeyLayer<BulkheadLayer<Queue>, u32, Host> =
        BulkheadLayer::builder(1).max_queue(1).per_key(host as Host).capacity(2).idle(IDLE).build().unwrap();
    let handle = layer.handle();
    let first = begin(&layer, Hang(1));
    let mut waits = begin(&layer, Answer(1));
    assert_eq!(reason(ask(&layer, Answer(1)).await), Some(RejectionReason::QueueFull));
    assert_eq!(ask(&layer, Answer(2)).await.unwrap(), 2);
    let own = handle.get(&1).unwrap();
    assert_eq!((own.in_flight(), own.queued()), (1, 1));
    drop(own);
    advance(IDLE).await;
    ask(&layer, Answer(3)).await.unwrap();
    assert_eq!(sorted(&handle), [1, 3]);
    drop(first);
    assert!(waits.is_woken());
    assert!(matches!(waits.poll(), Poll::Ready(Ok(1))));
    drop(waits);
    advance(IDLE).await;
    ask(&layer, Answer(4)).await.unwrap();
    assert_eq!(sorted(&handle), [4]);
}

#[test]
fn there_are_never_more_keys_than_fit_while_four_threads_bring_their_own() {
    const CAPACITY: usize = 8;
    let layer = Arc::new(builder().capacity(CAPACITY).idle(Duration::ZERO).build().unwrap());
    thread::scope(|scope| {
        for thread in 0..4 {
            let layer = Arc::clone(&layer);
            scope.spawn(move || {
                let mut service = layer.layer(service_fn(|ask: Ask| ready(Ok::<_, Infallible>(host(&ask)))));
                for number in 0..2_000 {
                    let asked = thread * 2_000 + number;
                    assert!(service.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready());
                    let answer = spawn(service.call(Answer(asked))).poll();
                    assert!(matches!(answer, Poll::Ready(Ok(host)) if host == asked));
                    assert!(layer.handle().keys().len() <= CAPACITY);
                }
            });
        }
    });
    assert_eq!(layer.handle().len(), layer.handle().keys().len());
}

#[tokio::test(start_paused = true)]
async fn a_key_function_that_panics_leaves_nothing_behind() {
    let layer = pattern().per_key(|ask: &Ask| if let Fail(_) = ask { panic!("no key") } else { host(ask) }).build();
    let layer = layer.unwrap();
    let mut service = layer.layer(inner());
    service.ready().await.unwrap();
    assert!(catch_unwind(AssertUnwindSafe(|| service.call(Fail(1)))).is_err());
    assert!(layer.handle().is_empty());
    assert_eq!(service.ready().await.unwrap().call(Answer(1)).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_service_is_a_failure_of_its_key() {
    let layer = breakers();
    let mut service = layer.layer(service_fn(|ask: Ask| -> Ready<Result<u32, Down>> { panic!("{ask:?}") }));
    for _ in 0..2 {
        service.ready().await.unwrap();
        assert!(catch_unwind(AssertUnwindSafe(|| service.call(Answer(1)))).is_err());
    }
    assert_eq!(phase(&layer.handle(), 1), Some(Phase::Open));
}

#[test]
fn a_layer_without_room_for_a_key_is_not_built() {
    let error = builder().capacity(0).build().unwrap_err();
    assert_eq!((error.setting(), error.value()), ("capacity", "0"));
    assert_eq!(error.to_string(), "per key `upstream`: `capacity` is 0, but must be at least 1");
}

#[test]
fn settings_that_are_not_legal_for_each_key_are_an_error_once_at_build() {
    let error = pattern().probes(0).per_key(host as Host).build().unwrap_err();
    assert_eq!(error.to_string(), "circuit breaker `upstream`: `probes` is 0, but must be 1 to 1,023");
    let error = BulkheadLayer::builder(1).name("").per_key(host as Host).build().unwrap_err();
    assert_eq!(error.setting(), "name");
}

#[tokio::test(start_paused = true)]
async fn the_largest_settings_are_legal() {
    let layer = builder().capacity(usize::MAX).idle(Duration::MAX).build().unwrap();
    let unlimited = BulkheadLayer::builder(usize::MAX).per_key(host as Host).idle(IDLE).build().unwrap();
    for host in [1, 2] {
        ask(&layer, Answer(host)).await.unwrap();
        ask(&unlimited, Answer(host)).await.unwrap();
        advance(IDLE).await;
    }
    assert_eq!(sorted(&layer.handle()), [1, 2]);
    assert_eq!(sorted(&unlimited.handle()), [2]);
}

#[test]
fn what_is_shown_names_the_layer() {
    let layer = breakers();
    assert_eq!(
        format!("{layer:?}"),
        r#"PerKeyLayer { name: "upstream", keys: Keys { len: 0, capacity: 2, .. }, full: Pass, .. }"#
    );
    assert!(format!("{:?}", layer.handle()).contains("upstream"));
    assert!(format!("{:?}", builder()).contains("capacity: 2"));
}
