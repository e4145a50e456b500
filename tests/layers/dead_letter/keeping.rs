//! How much a queue keeps, and what can be done with its letters.

use super::*;
use palisade::dead_letter::Sink;

#[tokio::test(start_paused = true)]
async fn a_full_queue_loses_new_letters_and_tells_it() {
    let (events, store) = (EventLog::of_thread(), Slow::of_polls(0));
    let letters = queue(&store).capacity(2).open().await.unwrap();
    fill(&letters, 1..=3).await;
    assert_eq!((listed(&letters).await, losses(&events)), (vec![1, 2], vec!["full".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn the_oldest_letters_make_room_where_that_is_set() {
    let (events, store) = (EventLog::of_thread(), Slow::of_polls(0));
    let letters = queue(&store).capacity(2).when_full(WhenFull::Oldest).open().await.unwrap();
    fill(&letters, 1..=4).await;
    assert_eq!(listed(&letters).await, [3, 4]);
    assert_eq!(losses(&events), ["evicted", "evicted"]);
    store.fail(0..1);
    fill(&letters, [5]).await;
    assert_eq!(listed(&letters).await, [3, 4], "what was to make room stays where storing fails");
    drop(letters);
    assert_eq!(listed(&opened(&store).await).await, [3, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_call_fails_for_want_of_room_in_a_queue_that_is_set_to() {
    let letters = queue(&Slow::of_polls(0)).capacity(1).when_full(WhenFull::Fail).open().await.unwrap();
    let service = DeadLetterLayer::new(letters).layer(coded(&[REJECTED]));
    assert_eq!(code(&service.clone().oneshot(1).await), REJECTED);
    let error = service.oneshot(2).await.unwrap_err();
    assert!(matches!(error, Error::Service(_)) && error.rejection().is_some());
}

#[tokio::test(start_paused = true)]
async fn calls_wait_for_room_and_each_that_is_freed_is_taken() {
    let letters = queue(&Slow::of_polls(1)).capacity(2).when_full(WhenFull::Wait).open().await.unwrap();
    fill(&letters, 1..=2).await;
    let mut waiting: Vec<_> = (3..=5).map(|n| tokio_test::task::spawn(Box::pin(fill(&letters, [n])))).collect();
    assert!(waiting.iter_mut().all(|call| call.poll().is_pending()));
    drop(waiting.remove(0));
    for id in ids(&letters).await {
        assert!(letters.remove(id).await.unwrap());
    }
    for call in waiting {
        timeout(SECOND, call).await.unwrap();
    }
    assert_eq!(listed(&letters).await, [4, 5]);
}

#[tokio::test(start_paused = true)]
async fn letters_are_bounded_by_their_size_too() {
    let (events, store) = (EventLog::of_thread(), Slow::of_polls(0));
    let letters = opened(&store).await;
    fill(&letters, [1]).await;
    let size = letters.bytes();
    assert!((40..200).contains(&size));
    drop(letters);
    let letters = queue(&store).max_bytes(2 * size).open().await.unwrap();
    fill(&letters, 2..=3).await;
    assert_eq!((listed(&letters).await, letters.bytes()), (vec![1, 2], 2 * size));
    drop(letters);
    let letters = queue(&store).max_bytes(size - 1).when_full(WhenFull::Wait).open().await.unwrap();
    assert_eq!(letters.waiting(), 2, "what is in the store stays");
    fill(&letters, [4]).await;
    assert_eq!(losses(&events), ["full", "too_large"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_encoded_is_lost_and_told() {
    let (events, letters) = (EventLog::of_thread(), opened(&Slow::of_polls(0)).await);
    fill(&letters, [NO_BYTES]).await;
    assert_eq!((letters.waiting(), losses(&events)), (0, vec!["not_encoded".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_letter_is_taken_out_once() {
    let letters = opened(&Slow::of_polls(1)).await;
    fill(&letters, 1..=2).await;
    let [first, second] = ids(&letters).await[..] else { panic!("two letters") };
    let (one, other) = futures_util::join!(letters.take(first), letters.take(first));
    assert_eq!((one.unwrap().map(|letter| letter.request), other.unwrap().is_none()), (Some(1), true));
    assert_eq!((letters.take(first).await.unwrap(), letters.remove(first).await.unwrap()), (None, false));
    assert!(letters.remove(second).await.unwrap());
    assert_eq!((letters.waiting(), letters.bytes()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_letter_is_parked_and_unparked_by_hand() {
    let (events, store) = (EventLog::of_thread(), Slow::of_polls(0));
    let letters = opened(&store).await;
    fill(&letters, 1..=2).await;
    let id = ids(&letters).await[0];
    assert_eq!((letters.unpark(id).await.unwrap(), letters.park(id).await.unwrap()), (false, true));
    assert!(!letters.park(id).await.unwrap());
    assert_eq!((letters.waiting(), letters.parked()), (1, 1));
    drop(letters);
    let letters = opened(&store).await;
    assert_eq!((letters.waiting(), letters.parked()), (1, 1), "it is parked in the store");
    let all = letters.list(None, 9).await.unwrap();
    assert_eq!((all[0].is_parked, all[1].is_parked), (true, false));
    assert!(letters.unpark(id).await.unwrap());
    assert_eq!((letters.waiting(), listed(&letters).await), (2, vec![1, 2]));
    let parked: Vec<_> = events.all().into_iter().filter(|event| event.field("message") == "letter parked").collect();
    assert_eq!((parked.len(), parked[0].field("reason"), parked[0].level), (1, "by_hand", Level::WARN));
}

#[tokio::test(start_paused = true)]
async fn a_list_is_as_long_as_it_may_and_goes_on_where_it_ended() {
    let letters = opened(&Slow::of_polls(0)).await;
    fill(&letters, 1..=5).await;
    let requests = async |after, limit| {
        let page = letters.list(after, limit).await.unwrap();
        page.into_iter().map(|listed| (listed.id, listed.letter.unwrap().request)).unzip::<_, _, Vec<_>, Vec<_>>()
    };
    let (ids, first) = requests(None, 2).await;
    assert_eq!(first, [1, 2]);
    assert_eq!(requests(Some(ids[1]), 9).await.1, [3, 4, 5]);
    assert!(requests(None, 0).await.1.is_empty());
}

/// Makes as many bytes as a number says.
#[derive(Debug)]
struct Sized;

impl Codec<usize> for Sized {
    fn encode(&self, bytes: &usize) -> Result<Vec<u8>, BoxError> {
        Ok(vec![0; *bytes])
    }

    fn decode(&self, bytes: &[u8]) -> Result<usize, BoxError> {
        Ok(bytes.len())
    }
}

#[tokio::test(start_paused = true)]
async fn a_small_letter_takes_room_that_is_too_small_for_large_ones() {
    let letters = DeadLetters::builder("queue", Slow::of_polls(0), Sized).max_bytes(2_000).when_full(WhenFull::Wait);
    let letters = letters.open().await.unwrap();
    let service = DeadLetterLayer::new(letters.clone()).layer(strict(|_| ready(Err::<u32, _>(Down(1)))));
    let calls = |sizes: &[usize]| -> Vec<_> {
        sizes.iter().map(|bytes| tokio_test::task::spawn(service.clone().oneshot(*bytes))).collect()
    };
    assert!(calls(&[500, 600]).iter_mut().all(|call| call.poll().is_ready()));
    let mut waiting = calls(&[1_600, 1_500, 900, 1_700]);
    assert!(waiting.iter_mut().all(|call| call.poll().is_pending()));
    let first = letters.list(None, 1).await.unwrap()[0].id;
    assert!(letters.remove(first).await.unwrap());
    let mut polls = 0;
    while let Some(call) = waiting.iter().position(tokio_test::task::Spawn::is_woken) {
        polls += 1;
        if waiting[call].poll().is_ready() {
            drop(waiting.remove(call));
        }
    }
    assert!(polls < 10, "{polls} polls");
    assert_eq!(waiting.len(), 3, "the small one is stored");
}

#[tokio::test(start_paused = true)]
async fn a_reason_that_somebody_made_long_is_cut() {
    let (kept, letters) = (Kept::default(), opened(&Slow::of_polls(0)).await);
    DeadLetterLayer::new(kept.sink()).layer(coded(&[1])).oneshot(1).await.unwrap_err();
    let letter = DeadLetter::clone(&kept.all()[0]);
    for reason in ["ä".repeat(100_000), "ä".repeat(200), String::new()] {
        let mut letter = letter.clone();
        letter.reason = Reason::TimedOut(reason.clone());
        letters.store(letter).await.unwrap();
        let stored = letters.take(kept.all()[0].id).await.unwrap().unwrap();
        assert!(reason.starts_with(stored.reason.text()));
        assert_eq!(stored.reason.text().chars().count(), reason.chars().count().min(200));
    }
}
