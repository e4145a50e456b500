//! A limit that is found. How, is decided in `src/state/adaptive`, and claimed in `src/state/tests/adaptive`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use palisade::{Adaptive, Criticality, LimitAlgorithm, Outcome, PerKeyHandle, Round};

use super::*;

/// Wants as much as it may get, and half after a drop.
struct Eager;

impl LimitAlgorithm for Eager {
    fn after(&mut self, round: &Round) -> f64 {
        if round.drops > 0 { round.limit / 2.0 } else { round.limit * 2.0 }
    }
}

fn eager() -> Adaptive {
    Adaptive::by(|| Eager).round(LONG)
}

/// The rounds that an algorithm was told.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Round>>>);

impl Told {
    fn rounds(&self) -> MutexGuard<'_, Vec<Round>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The samples and the drops of the first round, if one has ended.
    fn first(&self) -> Option<(u64, u64)> {
        self.rounds().first().map(|round| (round.samples, round.drops))
    }
}

/// Keeps the limit, and what it was told.
fn keeping() -> (Adaptive, Told) {
    struct Keep(Told);
    impl LimitAlgorithm for Keep {
        fn after(&mut self, round: &Round) -> f64 {
            self.0.rounds().push(*round);
            round.limit
        }
    }
    let told = Told::default();
    let kept = told.clone();
    (Adaptive::by(move || Keep(kept.clone())).round(LONG), told)
}

/// Ends ten calls that were all begun before.
fn ten_at_once<S>(service: &mut S)
where
    S: Service<Ask, Response = u32, Error = Error>,
{
    let mut calls = [(); 10].map(|()| call(service, Ask::Answer));
    assert!(calls.iter_mut().all(is_answered));
}

#[tokio::test(start_paused = true)]
async fn its_limit_grows_while_it_is_used_and_shrinks_with_drops() {
    let layer = BulkheadLayer::builder(20).adaptive(eager()).build().unwrap();
    let (mut service, handle) = (layer.layer(inner()), layer.handle());
    ten_at_once(&mut service);
    assert_eq!(handle.limit(), 20, "its time has not passed");
    advance(LONG).await;
    ten_at_once(&mut service);
    assert_eq!(handle.limit(), 40);
    service.ready().await.unwrap().call(Ask::Fail).await.unwrap_err();
    assert_eq!(handle.limit(), 20);
    assert_eq!(handle.last_round().map(|round| (round.drops, round.limit.to_bits())), Some((1, 40_f64.to_bits())));
    assert_eq!((handle.in_flight(), handle.queued()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_counts_from_its_admission_to_its_end() {
    let (adaptive, told) = keeping();
    let layer = BulkheadLayer::builder(1).max_wait(YEAR).adaptive(adaptive).build().unwrap();
    let slow = strict(|()| async {
        tokio::time::sleep(LONG).await;
        Ok::<_, Down>(())
    });
    // The second waits a tenth of a second for its place.
    for _ in 0..5 {
        let (one, two) = (layer.layer(slow.clone()).oneshot(()), layer.layer(slow.clone()).oneshot(()));
        let (one, two) = tokio::join!(one, two);
        one.and(two).unwrap();
    }
    let told: Vec<_> = told.rounds().iter().map(|round| (round.samples, round.mean, round.min)).collect();
    assert_eq!(told, [(10, LONG, LONG)]);
}

/// The samples and drops of a round with a call of this outcome and nine successes, if they end one.
async fn counted(outcome: Outcome) -> Option<(u64, u64)> {
    let (adaptive, told) = keeping();
    let by_code = move |result: Result<&u32, &Error>| if result.is_ok() { Outcome::Success } else { outcome };
    let layer = BulkheadLayer::builder(20).classify(by_code).adaptive(adaptive).build().expect("legal");
    let mut service = layer.layer(inner());
    advance(LONG).await;
    for ask in [Ask::Fail].into_iter().chain([Ask::Answer; 9]) {
        assert!(call(&mut service, ask).poll().is_ready());
    }
    told.first()
}

#[tokio::test(start_paused = true)]
async fn an_outcome_decides_whether_a_call_is_a_sample_or_a_drop() {
    for (outcome, expected) in [
        (Outcome::Success, Some((10, 0))),
        (Outcome::Transient, Some((0, 1))),
        (Outcome::Throttled { retry_after: None }, Some((0, 1))),
        (Outcome::Failed, None),
        (Outcome::Ignored, None),
    ] {
        assert_eq!(counted(outcome).await, expected, "{outcome:?}");
    }
}

/// The limit, which a drop halves, after a call that hangs inside of `inside` was ended by a timeout.
async fn after_a_timeout<S>(inside: S, handle: &BulkheadHandle) -> usize
where
    S: Service<Ask, Response = u32, Error = Error>,
{
    assert!(inside.oneshot(Ask::Hang).await.is_err());
    handle.limit()
}

#[tokio::test(start_paused = true)]
async fn a_timeout_inside_and_one_around_are_drops_and_a_callers_deadline_is_none() {
    let layer = || BulkheadLayer::builder(20).adaptive(eager()).build().unwrap();
    let (inside, around, by_caller) = (layer(), layer(), layer());
    let timed = inside.layer(TimeoutLayer::new(LONG).layer(inner()));
    assert_eq!(after_a_timeout(timed, &inside.handle()).await, 10);
    let timed = TimeoutLayer::new(LONG).layer(around.layer(inner()));
    assert_eq!(after_a_timeout(timed, &around.handle()).await, 10);
    let call = TimeoutLayer::new(YEAR).layer(by_caller.layer(inner())).oneshot(Ask::Hang);
    tokio::time::timeout(LONG, call).await.unwrap_err();
    assert_eq!((by_caller.handle().limit(), by_caller.handle().in_flight()), (20, 0));
}

/// Half of the limit that ran out is the queue's, so the service is not to blame.
#[tokio::test(start_paused = true)]
async fn a_timeout_around_is_no_drop_for_a_call_that_had_less_than_half_of_it() {
    for (waited, rest, limit) in [(50, 50, 20), (51, 49, 40)] {
        let layer = BulkheadLayer::builder(40).max_wait(YEAR).adaptive(eager()).build().unwrap();
        let handle = layer.handle();
        let places: Vec<_> = std::iter::from_fn(|| handle.try_enter().ok()).collect();
        let mut call = spawn(TimeoutLayer::new(LONG).layer(layer.layer(inner())).oneshot(Ask::Hang));
        assert!(call.poll().is_pending());
        advance(waited * MILLI).await;
        drop(places);
        assert!(call.poll().is_pending());
        advance(rest * MILLI).await;
        assert!(call.poll().is_ready());
        assert_eq!(handle.limit(), limit, "{waited} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_panics_or_is_rejected_below_is_neither_sample_nor_drop() {
    let (adaptive, told) = keeping();
    let layer = BulkheadLayer::builder(20).adaptive(adaptive).build().unwrap();
    let mut service = layer.layer(inner());
    drop(begin(&mut service, Ask::Hang));
    drop(call(&mut service, Ask::Hang));
    for ask in [Ask::PanicInCall, Ask::PanicInPoll] {
        assert!(panics(|| drop(begin(&mut service, ask))));
    }
    let refused = layer.layer(BulkheadLayer::new(0).layer(inner()));
    refused.oneshot(Ask::Answer).await.unwrap_err();
    assert!(told.rounds().is_empty());
    advance(LONG).await;
    ten_at_once(&mut service);
    assert_eq!((told.first(), layer.handle().in_flight()), (Some((10, 0)), 0));
}

#[tokio::test(start_paused = true)]
async fn a_place_of_a_handle_is_held_and_is_no_sample() {
    let (adaptive, told) = keeping();
    let layer = BulkheadLayer::builder(20).adaptive(adaptive).build().unwrap();
    let (mut service, handle) = (layer.layer(inner()), layer.handle());
    let places = [(); 10].map(|()| handle.try_enter().unwrap());
    drop([(); 9].map(|()| handle.try_enter().unwrap()));
    advance(LONG).await;
    for _ in 0..10 {
        assert!(is_answered(&mut call(&mut service, Ask::Answer)));
    }
    drop(places);
    let round = told.rounds()[0];
    assert_eq!((round.samples, round.max_in_flight), (10, 11));
}

#[tokio::test(start_paused = true)]
async fn growth_wakes_those_who_wait() {
    let layer = BulkheadLayer::builder(10).max_queue(10).adaptive(eager()).build().unwrap();
    let (mut service, handle) = (layer.layer(inner()), layer.handle());
    ten_at_once(&mut service);
    let mut held: [_; 10] = begin_all(&mut service, Ask::Hang);
    let waiting: [_; 5] = begin_all(&mut service, Ask::Hang);
    advance(LONG).await;
    // One that goes away ends the round.
    drop(std::mem::replace(&mut held[0], call(&mut service, Ask::Hang)));
    assert_eq!((handle.limit(), handle.queued()), (20, 0));
    assert!(waiting.iter().all(Spawn::is_woken));
}

/// Where higher classes fill more than that share, a larger limit would not help.
#[tokio::test(start_paused = true)]
async fn a_round_tells_whether_the_limit_or_a_share_of_it_held_a_call_back() {
    for (places, held_back) in [(4, false), (5, true), (6, false), (19, false)] {
        let (adaptive, told) = keeping();
        let layer = BulkheadLayer::builder(20).share(Criticality::Sheddable, 0.25).adaptive(adaptive).build().unwrap();
        let (mut service, handle) = (layer.layer(inner()), layer.handle());
        let held: Vec<_> = (0..places).map(|_| handle.try_enter().unwrap()).collect();
        let asked = Criticality::Sheddable.scope(async { service.ready().await?.call(Ask::Answer).await });
        assert_eq!(asked.await.is_ok(), places < 5);
        drop(held);
        advance(LONG).await;
        for _ in 0..10 {
            assert!(is_answered(&mut call(&mut service, Ask::Answer)));
        }
        assert_eq!(told.rounds()[0].held_back, held_back, "beside {places} of 5");
    }
}

/// Under no lock, because it is the user's code.
#[tokio::test(start_paused = true)]
async fn what_makes_an_algorithm_may_look_at_the_keys() {
    let keys = Arc::new(std::sync::OnceLock::<PerKeyHandle<u32, BulkheadHandle>>::new());
    let seen = Arc::clone(&keys);
    let adaptive = Adaptive::by(move || {
        assert!(seen.get().is_none_or(|keys| keys.keys() == [1]));
        Eager
    });
    let layer = BulkheadLayer::builder(20).adaptive(adaptive).per_key(|key: &u32| *key).build().unwrap();
    assert!(keys.set(layer.handle()).is_ok());
    layer.layer(strict(|_| ready(Err::<u32, _>(Down(1))))).oneshot(1).await.unwrap_err();
    assert_eq!(layer.handle().get(&1).map(|handle| handle.limit()), Some(10));
}

#[tokio::test(start_paused = true)]
async fn each_key_finds_a_limit_of_its_own() {
    let layer = BulkheadLayer::builder(20).adaptive(eager()).per_key(|key: &u32| *key).build().unwrap();
    let keys = layer.handle();
    let service = layer.layer(strict(|key| ready(if key == 1 { Err(Down(1)) } else { Ok(key) })));
    for (key, limit) in [(1, 10), (2, 20), (1, 5), (3, 20)] {
        drop(service.clone().oneshot(key).await);
        assert_eq!(keys.get(&key).map(|handle| handle.limit()), Some(limit), "{key}");
        advance(MILLI).await;
    }
}

/// A limit that was found is no reason to keep a key.
#[tokio::test(start_paused = true)]
async fn a_key_whose_limit_has_changed_makes_room_when_it_is_idle() {
    let layer = BulkheadLayer::builder(20).max_queue(1).adaptive(eager()).per_key(|key: &u32| *key);
    let layer = layer.capacity(1).idle(LONG).build().unwrap();
    let (keys, service) = (layer.handle(), layer.layer(strict(|_| ready(Err::<u32, _>(Down(1))))));
    for key in [1, 2] {
        service.clone().oneshot(key).await.unwrap_err();
        assert_eq!((keys.keys(), keys.get(&key).map(|handle| handle.limit())), (vec![key], Some(10)));
        advance(LONG).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_is_told_with_its_reason() {
    let events = EventLog::of_thread();
    let layer = BulkheadLayer::builder(20).adaptive(eager()).build().unwrap();
    layer.layer(inner()).oneshot(Ask::Fail).await.unwrap_err();
    layer.handle().resize(usize::MAX);
    let told = events.of("palisade::bulkhead");
    let told: Vec<_> = told.iter().map(|event| (event.level, event.field("limit"), event.field("reason"))).collect();
    assert_eq!(told, [(Level::DEBUG, "10", "adapted"), (Level::INFO, "1000", "by_hand")]);
}

#[test]
fn a_limit_by_hand_stays_within_the_bounds() {
    let handle = BulkheadLayer::builder(20).adaptive(Adaptive::gradient().min(3).max(30)).build().unwrap().handle();
    for (asked, got) in [(0, 3), (31, 30), (7, 7)] {
        handle.resize(asked);
        assert_eq!(handle.limit(), got);
    }
}

#[test]
fn a_plain_bulkhead_has_no_rounds() {
    assert_eq!(BulkheadLayer::new(1).handle().last_round(), None);
}

/// What an algorithm holds is gone with its layer, though threads keep what layers share.
#[tokio::test(start_paused = true)]
async fn an_algorithm_of_ones_own_is_gone_with_its_layer() {
    let (adaptive, told) = keeping();
    let layer = BulkheadLayer::builder(20).adaptive(adaptive).build().unwrap();
    ten_at_once(&mut layer.layer(inner()));
    drop(layer);
    assert_eq!(Arc::strong_count(&told.0), 1);
}

/// A server of ten workers, asked twice as often as it can answer for a minute; a call takes 10 ms at a worker.
#[tokio::test(start_paused = true)]
async fn an_overloaded_server_is_kept_near_its_capacity() {
    let workers = Arc::new(tokio::sync::Semaphore::new(10));
    let server = strict(move |()| {
        let workers = Arc::clone(&workers);
        async move {
            let _worker = workers.acquire().await.unwrap();
            tokio::time::sleep(10 * MILLI).await;
            Ok::<_, Down>(())
        }
    });
    for (name, adaptive) in [("gradient", Adaptive::gradient()), ("vegas", Adaptive::vegas())] {
        let layer = BulkheadLayer::builder(20).adaptive(adaptive).build().unwrap();
        let (service, handle) = (layer.layer(server.clone()), layer.handle());
        let mut series = Vec::new();
        for tick in 0..60_000 {
            for _ in 0..2 {
                tokio::spawn(service.clone().oneshot(()));
            }
            tokio::time::sleep(MILLI).await;
            if tick % 1_000 == 0 {
                series.push(handle.limit());
            }
        }
        assert!(series[50..].iter().all(|limit| (8..=40).contains(limit)), "{name}: {series:?}");
    }
}
