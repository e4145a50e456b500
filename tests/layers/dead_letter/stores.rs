//! Stores that fail or are slow, and futures that are dropped meanwhile.

use palisade::test_util::drop_after;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_replay_ends_when_the_store_fails_and_can_be_taken_up() {
    let (seen, store) = (Seen::default(), Slow::of_polls(1));
    let letters = opened(&store).await;
    fill(&letters, 1..=3).await;
    store.fail(1..2);
    assert!(matches!(letters.replay(seen.service(Ok)).run().await, Err(ReplayError::Store(_))));
    assert_eq!((seen.all(), letters.waiting()), (vec![1, 2], 2), "a letter stays until its removal is written");
    letters.replay(seen.service(Ok)).until_empty().await.unwrap();
    assert_eq!(seen.all(), [1, 2, 2, 3]);
}

/// What a queue and its replay do until the store fails at one of its writes, and after that. Returns whether it did.
async fn with_failure(nth: usize) -> bool {
    let (seen, store) = (Seen::default(), Slow::of_polls(1));
    let letters = queue(&store).max_replays(3).open().await.unwrap();
    store.fail(nth..nth + 1);
    let layer = DeadLetterLayer::new(letters.clone()).accept(|letter: &DeadLetter<u32>| letter.request);
    let service = layer.layer(coded(&[REJECTED]));
    let mut accepted = Vec::new();
    for request in 1..=4 {
        accepted.extend(service.clone().oneshot(request).await);
    }
    let sent = seen.service(|request| if request == 2 { Err(down()) } else { Ok(request) });
    while letters.replay(sent.clone()).until_empty().await.is_err() {}
    let failed = store.writes.load(SeqCst) > nth;
    for request in &accepted {
        assert!(seen.all().contains(request), "{request} was lost, at {nth}");
    }
    assert_eq!((letters.waiting(), letters.parked()), (0, usize::from(accepted.contains(&2))), "{nth}");
    drop((letters, layer, service));
    let letters = opened(&store).await;
    assert_eq!((letters.waiting(), letters.parked()), (0, usize::from(accepted.contains(&2))), "{nth}");
    failed
}

#[tokio::test(start_paused = true)]
async fn nothing_that_was_accepted_is_lost_whichever_write_fails() {
    let mut nth = 0;
    while with_failure(nth).await {
        nth += 1;
    }
    assert!(nth >= 10, "{nth} writes");
}

/// Drops a call after so many polls, while its letter is being stored. Returns whether it had not ended.
async fn dropped_call(polls: usize, when_full: WhenFull) -> bool {
    let (events, seen, store) = (EventLog::of_thread(), Seen::default(), Slow::of_polls(3));
    let letters = queue(&store).capacity(1).when_full(when_full).open().await.unwrap();
    if when_full == WhenFull::Oldest {
        fill(&letters, [1]).await;
    }
    let mut service = DeadLetterLayer::new(letters.clone()).layer(coded(&[REJECTED]));
    let ended = drop_after(polls, service.ready().await.unwrap().call(2)).await.is_some();
    letters.replay(seen.service(Ok)).until_empty().await.unwrap();
    assert_eq!((letters.waiting(), letters.bytes()), (0, 0), "{polls}");
    assert!(!ended || seen.all().contains(&2));
    let is_told = losses(&events) == ["evicted"];
    assert!(when_full == WhenFull::Lose || is_told != seen.all().contains(&1), "{polls}: one that makes room is told");
    fill(&letters, [3]).await;
    assert_eq!(listed(&letters).await, [3], "{polls}: there is room");
    drop((letters, service));
    assert_eq!(listed(&opened(&store).await).await, [3], "{polls}");
    !ended
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_while_it_stores_leaves_no_half() {
    for when_full in [WhenFull::Lose, WhenFull::Oldest] {
        let mut polls = 0;
        while dropped_call(polls, when_full).await {
            polls += 1;
        }
        assert!(polls > 2);
    }
}

/// Drops a replay after so many polls, and runs another. Returns whether the first had not ended.
async fn dropped_replay(polls: usize) -> bool {
    let (seen, store) = (Seen::default(), Slow::of_polls(2));
    let letters = queue(&store).key(|request| request % 2).max_replays(2).open().await.unwrap();
    fill(&letters, 1..=5).await;
    let service = seen.service(|request| if request == 2 { Err(down()) } else { Ok(request) });
    let replay = letters.replay(service).backoff(Backoff::none());
    let ended = drop_after(polls, replay.clone().until_empty()).await.is_some();
    replay.until_empty().await.unwrap();
    assert!((1..=5).all(|request| seen.all().contains(&request)), "{polls}");
    let odd: Vec<_> = seen.all().into_iter().filter(|request| request % 2 == 1).collect();
    assert!(odd.is_sorted(), "{polls}: {odd:?}");
    assert_eq!((letters.waiting(), letters.parked()), (0, 1), "{polls}");
    !ended
}

#[tokio::test(start_paused = true)]
async fn a_replay_that_is_dropped_at_any_poll_is_taken_up_by_the_next() {
    let mut polls = 0;
    while dropped_replay(polls).await {
        polls += 1;
    }
    assert!(polls > 5, "{polls}");
}

#[test]
fn a_replay_that_waits_is_polled_when_there_is_something_to_do() {
    paused(async {
        let letters = opened(&Slow::of_polls(0)).await;
        let mut replay = tokio_test::task::spawn(Box::pin(letters.replay(coded(&[200])).run()));
        assert!(replay.poll().is_pending());
        advance(3_600 * SECOND).await;
        assert!(!replay.is_woken());
        fill(&letters, [1]).await;
        assert!(replay.is_woken() && replay.poll().is_pending());
        assert_eq!(letters.waiting(), 0);
    });
}
