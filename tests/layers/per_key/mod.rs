//! A circuit breaker or a bulkhead for each key.

mod bulkheads;
#[cfg(feature = "http")]
mod hosts;
mod idle;
mod keys;
mod panics;
mod room;
#[cfg(feature = "http")]
mod shown;
mod threads;

use std::any::Any;
use std::future::{Pending, Ready, pending, ready};
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use futures_util::future::Either;
use palisade::bulkhead::BulkheadSettings;
use palisade::call::Plain;
use palisade::circuit_breaker::{Circuit, CircuitSettings};
use palisade::test_util::EventLog;
use palisade::{
    Backoff, BulkheadHandle, BulkheadLayer, CircuitBreakerBuilder, CircuitBreakerLayer, CircuitHandle, Error, Jitter,
    Name, PerKeyBuilder, PerKeyHandle, PerKeyLayer, Phase, RejectionReason,
};
use tokio::time::advance;
use tower::{Layer, Service, ServiceExt, service_fn};
use tracing::Level;

use crate::support::services::{FAILS, begin, panics};
use crate::support::time::SECOND;
use crate::support::{Down, Strict, now, reason, strict};

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

fn inner() -> Inner {
    strict(|ask| match ask {
        Answer(host) => Either::Left(ready(Ok(host))),
        Fail(host) => Either::Left(ready(Err(Down(host)))),
        Hang(_) => Either::Right(pending()),
    })
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

/// Calls that are answered, one for each of these hosts.
async fn answer<L>(layer: &L, hosts: impl IntoIterator<Item = u32>)
where
    L: Layer<Inner, Service: Service<Ask, Response = u32, Error = Error>>,
{
    for host in hosts {
        assert_eq!(ask(layer, Answer(host)).await.expect("it passes"), host);
    }
}

async fn trip(layer: &Breakers, host: u32) {
    for _ in 0..2 {
        assert!(matches!(ask(layer, Fail(host)).await, Err(Error::Service(_))), "the circuit is closed before");
    }
}

fn phase(circuits: &Circuits, host: u32) -> Option<Phase> {
    circuits.get(&host).map(|circuit| circuit.phase())
}

fn sorted<H>(handle: &PerKeyHandle<u32, H>) -> Vec<u32> {
    let mut keys = handle.keys();
    keys.sort_unstable();
    keys
}

/// Asks for another key, and tells which keys there are then.
async fn keys_after_another<L>(layer: &L, keys: impl Fn() -> Vec<u32>) -> Vec<u32>
where
    L: Layer<Inner, Service: Service<Ask, Response = u32, Error = Error>>,
{
    ask(layer, Answer(99)).await.ok();
    keys()
}

/// A full layer of the keys 1 and 2.
async fn full() -> (Breakers, Circuits) {
    let layer = breakers();
    answer(&layer, [1, 2]).await;
    let handle = layer.handle();
    (layer, handle)
}

type Places = PerKeyHandle<u32, BulkheadHandle>;

fn bulkheads() -> PerKeyBuilder<BulkheadSettings, Plain, u32, Host> {
    BulkheadLayer::builder(2)
        .name(Name::new("places").expect("it is legal"))
        .per_key(host as Host)
        .capacity(2)
        .idle(IDLE)
}
