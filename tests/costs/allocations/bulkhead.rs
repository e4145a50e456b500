//! What a bulkhead allocates.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::pending;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::poll;
use palisade::{Adaptive, BulkheadBuilder, BulkheadLayer, Criticality, CriticalityLayer, Deadline, QueueBuilder};
use tower::{Layer, Service, service_fn};

use crate::allocations::claims::{Claims, ROUNDS, call};
use crate::allocations::services::{Ask, End, Reply, inner};

const GOOD: [(Ask, End); 1] = [(Ask::Good, End::Good)];
const REJECTED: [(Ask, End); 1] = [(Ask::Good, End::Rejected)];
const MAX_WAIT: Duration = Duration::from_secs(1);

pub(crate) async fn claim(claims: &mut Claims) {
    without_queue(claims).await;
    with_queue(claims).await;
    adaptive(claims).await;
    waits(claims).await;
    keeps_a_deadline(claims).await;
    a_queue_that_moves(claims, 11, 0..=0).await;
    // A node of the tree that the queue is for several waiters.
    a_queue_that_moves(claims, 1000, 0..=ROUNDS / 5).await;
}

async fn without_queue(claims: &mut Claims) {
    let service = &mut BulkheadLayer::new(1).layer(inner());
    claims.calls("bulkhead, room", 0, service, GOOD).await;
    claims.calls("bulkhead, room, bad replies", 0, service, [(Ask::Bad, End::Bad)]).await;
    claims.calls("bulkhead, room, errors", 1, service, [(Ask::Break, End::Broken)]).await;
    claims.calls("bulkhead, full", 0, &mut BulkheadLayer::new(0).layer(inner()), REJECTED).await;
    let shared = one().share(Criticality::Sheddable, 0.5).build().unwrap().layer(inner());
    let sheddable = &mut CriticalityLayer::by(|_: &Ask| Criticality::Sheddable).layer(shared);
    claims.calls("bulkhead, a share with room", 0, sheddable, GOOD).await;
}

/// Rounds that end at once after ten samples, and with each drop: what ends them allocates nothing either.
async fn adaptive(claims: &mut Claims) {
    for adaptive in [Adaptive::gradient(), Adaptive::vegas(), Adaptive::aimd()] {
        for round in [Duration::ZERO, MAX_WAIT] {
            let builder = || BulkheadLayer::builder(20).adaptive(adaptive.clone().round(round));
            let service = &mut builder().build().unwrap().layer(inner());
            claims.calls("adaptive bulkhead, room", 0, service, GOOD).await;
            claims.calls("adaptive bulkhead, drops", 1, service, [(Ask::Break, End::Broken)]).await;
        }
    }
    let full = BulkheadLayer::builder(1).adaptive(Adaptive::gradient()).build().unwrap();
    let _place = full.handle().try_enter().unwrap();
    claims.calls("adaptive bulkhead, full", 0, &mut full.layer(inner()), REJECTED).await;
}

async fn with_queue(claims: &mut Claims) {
    let layer = |builder: QueueBuilder| builder.build().unwrap();
    let service = &mut layer(one().max_queue(1)).layer(inner());
    claims.calls("bulkhead, queue, room", 0, service, GOOD).await;
    claims.calls("bulkhead, queue, errors", 1, service, [(Ask::Break, End::Broken)]).await;
    let full = &mut layer(BulkheadLayer::builder(0).max_queue(0)).layer(inner());
    claims.calls("bulkhead, queue full", 0, full, REJECTED).await;
    let never = &mut layer(BulkheadLayer::builder(0).max_wait(MAX_WAIT).max_queue(1)).layer(inner());
    claims.calls("bulkhead, waited too long", 0, never, REJECTED).await;
}

const fn one() -> BulkheadBuilder {
    BulkheadLayer::builder(1)
}

async fn waits(claims: &mut Claims) {
    for (limit, builder) in [("", one().max_queue(1)), (", with a limit", one().max_wait(MAX_WAIT))] {
        let layer = builder.build().unwrap();
        let (service, bulkhead) = (&mut layer.layer(inner()), layer.handle());
        let admitted = async || {
            let place = bulkhead.try_enter().unwrap();
            let mut waiting = pin!(call(service, Ask::Good));
            assert!(poll!(waiting.as_mut()).is_pending());
            drop(place);
            assert_eq!(waiting.await, End::Good);
        };
        claims.each(&format!("bulkhead, waits and enters{limit}"), 0, admitted).await;
        let leaves = async || {
            let _place = bulkhead.try_enter().unwrap();
            let mut waiting = pin!(call(service, Ask::Good));
            assert!(poll!(waiting.as_mut()).is_pending());
        };
        claims.each(&format!("bulkhead, is dropped while it waits{limit}"), 0, leaves).await;
    }
}

async fn keeps_a_deadline(claims: &mut Claims) {
    let service = &mut BulkheadLayer::new(1).layer(service_fn(|()| pending::<Result<(), Infallible>>()));
    let deadline = Deadline::after(MAX_WAIT);
    let hangs = async || {
        let mut hangs = pin!(deadline.scope(service.call(())));
        assert!(poll!(hangs.as_mut()).is_pending());
    };
    claims.each("bulkhead, keeps a deadline", 0, hangs).await;
}

/// In each round the first in the queue, who was handed the place, ends, and hands it on; another joins.
async fn a_queue_that_moves(claims: &mut Claims, waiters: usize, claimed: RangeInclusive<usize>) {
    let layer = one().max_queue(waiters).build().unwrap();
    let (mut service, bulkhead) = (layer.layer(inner()), layer.handle());
    let place = bulkhead.try_enter().unwrap();
    let mut queue: VecDeque<_> = (0..waiters).map(|_| Box::pin(service.call(Ask::Good))).collect();
    for waiting in &mut queue {
        assert!(poll!(waiting.as_mut()).is_pending());
    }
    drop(place);
    let round = async || {
        let mut first = queue.pop_front().unwrap();
        assert!(matches!(poll!(first.as_mut()), Poll::Ready(Ok(Reply::Good))));
        first.set(service.call(Ask::Good));
        assert!(poll!(first.as_mut()).is_pending());
        queue.push_back(first);
    };
    claims.all(&format!("bulkhead, a queue of {waiters} that moves"), claimed, round).await;
}
