//! Replays: in which order, how often, and what stops them.

use super::*;
use crate::support::services::up;

#[tokio::test(start_paused = true)]
async fn letters_of_a_key_are_replayed_in_order_and_removed() {
    let (seen, store) = (Seen::default(), Slow::of_polls(2));
    let letters = opened(&store).await;
    fill(&letters, 1..=20).await;
    letters.replay(seen.service(Ok)).until_empty().await.unwrap();
    assert_eq!(seen.all(), (1..=20).collect::<Vec<_>>());
    assert_eq!((letters.waiting(), letters.bytes()), (0, 0));
    drop(letters);
    assert_eq!(opened(&store).await.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hung_replay_holds_its_key_and_no_other() {
    let seen = Seen::default();
    let letters = queue(&Slow::of_polls(1)).key(|request| request % 2).open().await.unwrap();
    fill(&letters, 1..=6).await;
    let kept = Arc::clone(&seen.0);
    let service = service_fn(move |request: u32| {
        kept.lock().unwrap().push(request);
        async move {
            if request == 1 {
                std::future::pending::<()>().await;
            }
            Ok::<_, Error>(request)
        }
    });
    timeout(SECOND, letters.replay(service).run()).await.unwrap_err();
    assert_eq!((seen.all(), listed(&letters).await), (vec![1, 2, 4, 6], vec![1, 3, 5]));
}

#[tokio::test(start_paused = true)]
async fn as_many_run_at_once_as_may() {
    let letters = queue(&Slow::of_polls(1)).key(|request| *request).open().await.unwrap();
    fill(&letters, 1..=9).await;
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen_most = Arc::clone(&most);
    let service = service_fn(move |request: u32| {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        async move {
            most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
            sleep(SECOND).await;
            now.fetch_sub(1, SeqCst);
            Ok::<_, Error>(request)
        }
    });
    letters.replay(service).concurrency(3).until_empty().await.unwrap();
    assert_eq!(seen_most.load(SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn a_letter_is_parked_after_so_many_failures_and_the_next_goes() {
    let (seen, events, store) = (Seen::default(), EventLog::of_thread(), Slow::of_polls(1));
    let letters = queue(&store).max_replays(3).open().await.unwrap();
    fill(&letters, 1..=2).await;
    let service = seen.service(|request| if request == 1 { Err(down()) } else { Ok(request) });
    letters.replay(service.clone()).until_empty().await.unwrap();
    assert_eq!((seen.all(), letters.parked()), (vec![1, 1, 1, 2], 1));
    assert_eq!(events.all().last().map(|event| event.field("result").to_owned()), Some("succeeded".to_owned()));
    let parked = letters.list(None, 1).await.unwrap().remove(0);
    assert_eq!((parked.is_parked, parked.replays), (true, 3));
    drop(letters);
    let letters = queue(&store).max_replays(3).open().await.unwrap();
    letters.replay(service.clone()).until_empty().await.unwrap();
    assert_eq!((seen.all().len(), letters.parked()), (4, 1), "it stays parked");
    letters.unpark(parked.id).await.unwrap();
    letters.replay(service).until_empty().await.unwrap();
    assert_eq!((seen.all().len(), letters.parked()), (7, 1), "it has all its replays again");
}

#[tokio::test(start_paused = true)]
async fn failures_are_remembered_in_the_store() {
    let (seen, store) = (Seen::default(), Slow::of_polls(0));
    for _ in 0..3 {
        let letters = queue(&store).max_replays(3).open().await.unwrap();
        if seen.all().is_empty() {
            fill(&letters, [1]).await;
        }
        let replay = letters.replay(seen.service(|_| Err(down()))).backoff(Backoff::constant(60 * SECOND));
        timeout(SECOND, replay.until_empty()).await.ok();
    }
    assert_eq!((seen.all().len(), opened(&store).await.parked()), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failed_replay_waits_by_the_backoff() {
    let letters = opened(&Slow::of_polls(0)).await;
    fill(&letters, [1]).await;
    let times = Arc::new(Mutex::new(Vec::new()));
    let (noted, start) = (Arc::clone(&times), crate::support::now());
    let service = strict(move |_| {
        noted.lock().unwrap().push((crate::support::now() - start).as_secs());
        ready(Err::<u32, _>(down()))
    });
    let backoff = Backoff::exponential(SECOND, 4 * SECOND).jitter(palisade::Jitter::None);
    letters.replay(service).backoff(backoff).until_empty().await.unwrap();
    assert_eq!(*times.lock().unwrap(), [0, 1, 3, 7, 11]);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_replay_counts_none_and_waits_as_it_is_told() {
    use palisade::CircuitBreakerLayer;

    let (seen, letters) = (Seen::default(), queue(&Slow::of_polls(0)).max_replays(1).open().await.unwrap());
    fill(&letters, 1..=2).await;
    let breaker = CircuitBreakerLayer::builder("breaker").build().unwrap();
    let (circuit, start) = (breaker.handle(), crate::support::now());
    circuit.force_open();
    let replay = letters.replay(breaker.layer(seen.service(Ok))).backoff(Backoff::constant(60 * SECOND));
    let mut replay = tokio_test::task::spawn(Box::pin(replay.until_empty()));
    for _ in 0..100 {
        assert!(replay.poll().is_pending());
        advance(60 * SECOND).await;
    }
    assert_eq!((letters.parked(), seen.all().len()), (0, 0));
    circuit.reset();
    timeout(61 * SECOND, replay).await.unwrap().unwrap();
    assert_eq!(seen.all(), [1, 2]);
    assert!(crate::support::now() - start >= 6_000 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_replay_comes_again_when_it_may() {
    use palisade::{Rate, RateLimitLayer};

    let letters = opened(&Slow::of_polls(0)).await;
    fill(&letters, 1..=3).await;
    let (rate, start) = (RateLimitLayer::builder("rate", Rate::per(100 * SECOND, 1)).burst(1), crate::support::now());
    let replay = letters.replay(rate.build().unwrap().layer(up::<u32>())).backoff(Backoff::constant(SECOND));
    replay.until_empty().await.unwrap();
    assert_eq!((crate::support::now() - start).as_secs(), 200);
}

#[tokio::test(start_paused = true)]
async fn what_is_parked_and_unparked_by_hand_is_seen_by_a_replay_that_runs() {
    let (seen, letters) = (Seen::default(), opened(&Slow::of_polls(0)).await);
    fill(&letters, 1..=2).await;
    let id = ids(&letters).await[0];
    let service = seen.service(|request| if request == 1 { Err(down()) } else { Ok(request) });
    let replay = letters.replay(service).backoff(Backoff::constant(60 * SECOND));
    let mut replay = tokio_test::task::spawn(Box::pin(replay.run()));
    assert!(replay.poll().is_pending());
    assert_eq!(seen.all(), [1]);
    letters.park(id).await.unwrap();
    assert!(replay.is_woken() && replay.poll().is_pending());
    assert_eq!(seen.all(), [1, 2], "the next of its key goes");
    letters.unpark(id).await.unwrap();
    assert!(replay.is_woken() && replay.poll().is_pending());
    assert_eq!(seen.all(), [1, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_shared_call_is_of_the_letter_that_began_it() {
    use palisade::CoalesceLayer;

    let seen = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&seen);
    let inner = service_fn(move |_: u32| {
        let noted = Arc::clone(&noted);
        async move {
            // Who joins may poll the call once.
            yield_now().await;
            yield_now().await;
            *noted.lock().unwrap() = Some(DeadLetterId::current());
            Ok::<_, Error>(1)
        }
    });
    let service = CoalesceLayer::by((|_| 0) as fn(&u32) -> u32).layer(inner);
    let id: DeadLetterId = "1d".parse().unwrap();
    let mut first = tokio_test::task::spawn(id.scope(service.clone().oneshot(1)));
    assert!(first.poll().is_pending());
    let mut second = tokio_test::task::spawn(service.oneshot(1));
    assert!(second.poll().is_pending());
    drop(first);
    second.await.unwrap();
    assert_eq!(*seen.lock().unwrap(), Some(Some(id)));
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_paces_replays() {
    use palisade::{Rate, RateLimitLayer};

    let letters = opened(&Slow::of_polls(0)).await;
    fill(&letters, 1..=11).await;
    let (rate, start) = (RateLimitLayer::builder("rate", Rate::per_second(1)).burst(1), crate::support::now());
    let service = rate.max_wait(10 * SECOND).build().unwrap().layer(up::<u32>());
    letters.replay(service).until_empty().await.unwrap();
    assert_eq!((crate::support::now() - start).as_secs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_queue_is_replayed_once_at_a_time() {
    let letters = opened(&Slow::of_polls(1)).await;
    fill(&letters, [1]).await;
    let mut first = tokio_test::task::spawn(Box::pin(letters.replay(hung::<u32>()).run()));
    assert!(first.poll().is_pending());
    assert!(matches!(letters.clone().replay(coded(&[200])).until_empty().await, Err(ReplayError::Running)));
    drop(first);
    letters.replay(coded(&[200])).until_empty().await.unwrap();
    assert_eq!(letters.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn letters_that_come_are_replayed_while_it_runs() {
    let (seen, letters) = (Seen::default(), opened(&Slow::of_polls(1)).await);
    let replay = letters.replay(seen.service(Ok));
    let filled = async {
        for request in 1..=3 {
            sleep(SECOND).await;
            fill(&letters, [request]).await;
        }
    };
    timeout(10 * SECOND, async { futures_util::join!(replay.run(), filled) }).await.unwrap_err();
    assert_eq!((seen.all(), letters.waiting()), (vec![1, 2, 3], 0));
}

#[tokio::test(start_paused = true)]
async fn a_replay_makes_no_second_letter_and_is_not_accepted() {
    let letters = queue(&Slow::of_polls(1)).max_replays(2).open().await.unwrap();
    let layer = DeadLetterLayer::new(letters.clone()).accept(|_: &DeadLetter<u32>| 1_000).accept_unclear();
    let service = layer.layer(coded(&[1]));
    assert_eq!(service.clone().oneshot(7).await.unwrap(), 1_000);
    timeout(3_600 * SECOND, letters.replay(service).until_empty()).await.unwrap().unwrap();
    assert_eq!((letters.waiting(), letters.parked()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn all_replays_carry_the_id_of_the_letter() {
    let letters = queue(&Slow::of_polls(1)).max_replays(3).open().await.unwrap();
    fill(&letters, [1]).await;
    let (ids, kept) = (ids(&letters).await, Kept::default());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let service = service_fn(move |_| {
        let noted = Arc::clone(&noted);
        async move {
            yield_now().await;
            noted.lock().unwrap().extend(DeadLetterId::current());
            Err::<u32, _>(down())
        }
    });
    letters.replay(DeadLetterLayer::new(kept.sink()).layer(service)).until_empty().await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [ids[0]; 3]);
    assert!(kept.all().iter().all(|letter| letter.id == ids[0]), "for another sink it is the same letter");
    assert_eq!(DeadLetterId::current(), None);
}

#[tokio::test(start_paused = true)]
async fn no_deadline_of_who_polls_is_around_a_replay() {
    use palisade::Deadline;

    let letters = opened(&Slow::of_polls(1)).await;
    fill(&letters, [1]).await;
    let service = strict(|_: u32| ready(if Deadline::current().is_none() { Ok(1) } else { Err(down()) }));
    let replay = letters.replay(service).until_empty();
    Deadline::after(SECOND).scope(replay).await.unwrap();
    assert_eq!((letters.waiting(), letters.parked()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_makes_the_service_panic_is_parked_in_the_end() {
    use std::panic::AssertUnwindSafe;

    let letters = queue(&Slow::of_polls(1)).max_replays(3).open().await.unwrap();
    fill(&letters, 1..=2).await;
    let service = strict(|request: u32| {
        assert_ne!(request, 1, "on purpose");
        ready(Ok::<_, Error>(request))
    });
    for _ in 0..3 {
        AssertUnwindSafe(letters.replay(service.clone()).until_empty()).catch_unwind().await.unwrap_err();
    }
    letters.replay(service).until_empty().await.unwrap();
    assert_eq!((letters.waiting(), letters.parked()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_is_replayed_can_be_neither_taken_nor_parked() {
    let letters = opened(&Slow::of_polls(0)).await;
    fill(&letters, [1]).await;
    let id = ids(&letters).await[0];
    let mut replay = tokio_test::task::spawn(Box::pin(letters.replay(hung::<u32>()).run()));
    assert!(replay.poll().is_pending());
    assert_eq!((letters.take(id).await.unwrap(), letters.park(id).await.unwrap()), (None, false));
    assert!(!letters.remove(id).await.unwrap());
    drop(replay);
    assert!(letters.take(id).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn only_replays_that_were_woken_are_polled() {
    let letters = queue(&Slow::of_polls(0)).key(|request| *request).open().await.unwrap();
    fill(&letters, 1..=100).await;
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&polls);
    let service = service_fn(move |request: u32| {
        let counted = Arc::clone(&counted);
        let mut call = Box::pin(async move {
            sleep(request * SECOND).await;
            Ok::<_, Error>(request)
        });
        std::future::poll_fn(move |cx| {
            counted.fetch_add(1, SeqCst);
            call.as_mut().poll(cx)
        })
    });
    letters.replay(service).concurrency(100).until_empty().await.unwrap();
    assert_eq!(polls.load(SeqCst), 200, "each when it begins and when it ends");
}
