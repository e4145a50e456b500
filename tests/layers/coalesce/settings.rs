//! What can be set, and what is seen of it.

use palisade::test_util::EventLog;
use palisade::{CoalesceLayer, ConfigError, Error, RejectionReason};
use tracing::Level;

use super::{Key, Sharing, by_tens, call, callers, come, end};
use crate::support::inner::Answer::Held;
use crate::support::inner::Inner;
use crate::support::reason;

fn at_most(waiters: usize) -> Sharing {
    CoalesceLayer::builder("catalog", (|request| request / 10) as Key)
        .max_waiters(waiters)
        .build()
        .expect("the name is legal")
}

#[test]
fn one_more_than_may_wait_is_rejected() {
    for waiters in 0..3 {
        let (layer, inner) = (at_most(waiters), Inner::default().ever_answers(Held(Ok(9))));
        let mut sharing = callers(&layer, &inner, u32::try_from(waiters).unwrap() + 1);
        let result = end(&mut call(&layer, &inner, 5));
        assert_eq!(reason(&result), Some(RejectionReason::TooManyWaiters), "{waiters}");
        assert!(matches!(result, Err(Error::Rejected(rejection)) if rejection.layer() == "coalesce"));
        let mut other = call(&layer, &inner, 10);
        assert!(other.poll().is_pending(), "another key has room");
        // Who leaves makes room.
        drop(sharing.pop());
        assert!(call(&layer, &inner, 5).poll().is_pending(), "{waiters}");
    }
}

#[test]
fn a_caller_who_left_makes_room_and_by_default_all_have_room() {
    let inner = Inner::default().ever_answers(Held(Ok(9)));
    let layer = by_tens();
    let sharing = come(&layer, &inner, 2_000);
    assert_eq!((layer.handle().flights(), layer.handle().waiting()), (200, 1_800));
    drop(sharing);
    assert_eq!((layer.handle().flights(), layer.handle().waiting(), layer.handle().shared()), (0, 0, 1_800));
}

#[test]
fn as_many_may_wait_as_can_be_counted() {
    let (layer, inner) = (at_most(usize::MAX), Inner::default());
    let mut sharing = come(&layer, &inner, 10);
    assert!(sharing.iter_mut().all(|caller| end(caller).is_ok()));
    assert_eq!(inner.calls(), 1);
}

#[test]
fn a_rejection_is_told_and_sharing_is_not() {
    let events = EventLog::of_thread();
    let (layer, inner) = (at_most(1), Inner::default());
    let mut sharing = come(&layer, &inner, 2);
    assert_eq!(events.all(), []);
    end(&mut call(&layer, &inner, 3)).unwrap_err();
    let [rejected] = &events.of("palisade::coalesce")[..] else { panic!("{:?}", events.all()) };
    assert_eq!((rejected.field("name"), rejected.field("reason")), ("catalog", "too_many_waiters"));
    assert_eq!(rejected.level, Level::DEBUG);
    assert!(sharing.iter_mut().all(|caller| end(caller).is_ok()));
}

#[test]
fn a_name_that_is_not_legal_is_an_error() {
    let built: Result<Sharing, ConfigError> = CoalesceLayer::builder("", (|request| *request) as Key).build();
    assert_eq!(built.unwrap_err().to_string(), "coalesce: `name` is \"\", but must be 1 to 64 bytes");
}
