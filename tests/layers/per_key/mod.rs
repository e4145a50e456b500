//! A circuit breaker or a bulkhead for each key.

mod bulkheads;
mod idle;
mod keys;
mod panics;
mod room;
mod shown;

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
    bulkhead::{BulkheadSettings, Queue},
    call::{InTurn, Plain},
    circuit_breaker::{Circuit, CircuitSettings},
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
type Breakers = PerKeyLayer<u32, Host, Circuit>;
type BreakersBuilder = PerKeyBuilder<CircuitSettings, Plain, u32, Host>;
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

/// A full layer of the keys 1 and 2.
async fn full() -> (Breakers, Circuits) {
    let layer = breakers();
    for host in [1, 2] {
        ask(&layer, Answer(host)).await.expect("its circuit is closed");
    }
    let handle = layer.handle();
    (layer, handle)
}

type Places = PerKeyHandle<u32, BulkheadHandle>;

fn bulkheads() -> PerKeyBuilder<BulkheadSettings, Plain, u32, Host> {
    BulkheadLayer::builder(2).name("places").per_key(host as Host).capacity(2).idle(IDLE)
}
