//! Letters that go to a receiver in the process.

use super::*;
use palisade::dead_letter::{Channel, LetterLost};
use tokio::sync::mpsc;

fn failing(channel: Channel<u32>) -> impl Service<u32, Response = u32, Error = Error, Future: Send> + Clone {
    DeadLetterLayer::new(channel).layer(coded(&[REJECTED]))
}

#[tokio::test(start_paused = true)]
async fn a_letter_for_which_there_is_no_room_is_lost_and_told() {
    let (events, (sender, mut receiver)) = (EventLog::of_thread(), mpsc::channel(1));
    let service = failing(channel(sender));
    for request in 1..=2 {
        assert_eq!(code(&service.clone().oneshot(request).await), REJECTED);
    }
    assert_eq!(receiver.try_recv().unwrap().request, 1);
    assert_eq!((receiver.try_recv().is_err(), losses(&events)), (true, vec!["full".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_room_where_that_is_set() {
    let (sender, mut receiver) = mpsc::channel(1);
    let mut service = failing(channel(sender).or_wait());
    assert!(call(&mut service, 1).poll().is_ready());
    let mut second = call(&mut service, 2);
    assert!(second.poll().is_pending());
    assert_eq!(receiver.recv().await.unwrap().request, 1);
    assert!(second.is_woken() && second.poll().is_ready());
    assert_eq!(receiver.recv().await.unwrap().request, 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_fails_for_want_of_room_where_that_is_set() {
    let (sender, receiver) = mpsc::channel(1);
    let service = failing(channel(sender).or_fail());
    assert_eq!(code(&service.clone().oneshot(1).await), REJECTED);
    let error = service.clone().oneshot(2).await.unwrap_err();
    let lost = error.downcast_ref::<LetterLost>().unwrap();
    assert!(matches!(lost.lost(), Lost::Full) && lost.before().is_some());
    assert_eq!(error.rejection(), Some(rejected()), "layers above see that nothing was sent");
    drop(receiver);
    let error = service.oneshot(3).await.unwrap_err();
    assert!(matches!(error.downcast_ref::<LetterLost>().unwrap().lost(), Lost::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_response_that_is_a_failure_becomes_an_error_where_calls_fail() {
    let (sender, receiver) = mpsc::channel(1);
    drop(receiver);
    let layer = DeadLetterLayer::new(channel(sender).or_fail()).classify(|_: Result<&u32, &Error>| Outcome::Failed);
    let error = layer.layer(coded(&[200])).oneshot(1).await.unwrap_err();
    assert!(error.downcast_ref::<LetterLost>().unwrap().before().is_none());
    assert_eq!(chain(&error).last().unwrap().to_string(), "nobody takes letters any more");
}
