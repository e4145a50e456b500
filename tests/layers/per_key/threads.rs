//! Threads whose calls come for a few keys at the same time, with room for fewer.

use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::Context;

use futures_util::future::BoxFuture;
use palisade::call::{Fork, Settings};

use super::*;
use crate::support::services::call;

const THREADS: u32 = 8;
const CALLS: u32 = 2_000;
const HOSTS: u32 = 6;
const CAPACITY: usize = 3;
const PLACES: usize = 2;

/// How many calls of each key are inside, and the most that ever were.
#[derive(Debug, Default)]
struct Gauge {
    now: [AtomicUsize; HOSTS as usize],
    most: AtomicUsize,
}

/// A call that is inside until it is dropped.
struct Inside(Arc<Gauge>, usize);

impl Inside {
    fn enter(gauge: &Arc<Gauge>, host: usize) -> Self {
        let now = gauge.now[host].fetch_add(1, SeqCst) + 1;
        gauge.most.fetch_max(now, SeqCst);
        Self(Arc::clone(gauge), host)
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.now[self.1].fetch_sub(1, SeqCst);
    }
}

/// A service that is gauged.
#[derive(Clone)]
struct Gauged(Arc<Gauge>);

impl Service<Ask> for Gauged {
    type Response = u32;
    type Error = Down;
    type Future = BoxFuture<'static, Result<u32, Down>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, ask: Ask) -> Self::Future {
        let inside = Inside::enter(&self.0, host(&ask) as usize);
        Box::pin(async move {
            let _inside = inside;
            thread::yield_now();
            if let Hang(_) = ask { pending().await } else { Ok(host(&ask)) }
        })
    }
}

/// Makes calls to one key and another; some are answered, and some are held for a while and dropped.
fn calls(mut service: impl Service<Ask, Response = u32, Error = Error>, places: &Places, first: u32) {
    let mut held = VecDeque::new();
    for number in first..first + CALLS {
        let host = number * number / 3 % HOSTS;
        let mut call = call(&mut service, if number % 3 == 0 { Hang(host) } else { Answer(host) });
        if call.poll().is_pending() {
            held.push_back(call);
        }
        if held.len() > 2 || number % 7 == 0 {
            held.pop_front();
        }
        assert!(places.len() <= CAPACITY && places.keys().len() <= CAPACITY);
    }
}

fn assert_never_too_many<T>(builder: PerKeyBuilder<T, Plain, u32, Host>)
where
    T: Settings<Limit: Fork<Handle = BulkheadHandle>>,
    PerKeyLayer<u32, Host, T::Limit, Plain, T::Entry>:
        Layer<Gauged, Service: Service<Ask, Response = u32, Error = Error>> + Sync,
{
    let layer =
        builder.capacity(CAPACITY).idle(Duration::ZERO).reject_when_full().build().expect("its settings are legal");
    let (places, gauge) = (layer.handle(), Arc::<Gauge>::default());
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (layer, places, service) = (&layer, &places, Gauged(Arc::clone(&gauge)));
            scope.spawn(move || calls(layer.layer(service), places, thread));
        }
    });
    assert_eq!(gauge.most.load(SeqCst), PLACES, "as many as there may be met");
    for own in places.keys().iter().filter_map(|key| places.get(key)) {
        assert_eq!((own.in_flight(), own.queued()), (0, 0));
    }
}

#[test]
fn neither_keys_nor_calls_of_a_key_are_ever_more_than_fit() {
    assert_never_too_many(BulkheadLayer::builder(PLACES).per_key(host as Host));
}

#[test]
fn nor_are_they_where_calls_wait_in_a_queue() {
    assert_never_too_many(BulkheadLayer::builder(PLACES).max_queue(3).per_key(host as Host));
}
