//! What a first attempt sends, and what a later one sends again.

use std::{
    cell::Cell,
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::{Buf, Bytes, buf::Chain};
use http_body::{Body, Frame};
use palisade::http::ReplayBody;

use crate::bodies::{Scripted, Sent, Step, data, error, is_over, poll, replayed, send, trailers};

#[test]
fn the_first_attempt_sends_the_very_frames_of_the_source() {
    let frames = [Bytes::from(vec![1; 100]), Bytes::from(vec![2; 200])];
    let mut first = replayed(Scripted::new(frames.clone().map(Step::Data)));
    for frame in frames {
        assert_eq!(data(&mut first).as_ptr(), frame.as_ptr());
    }
    assert!(is_over(&mut first));
}

#[test]
fn each_later_attempt_sends_data_and_trailers_again() {
    let source = Scripted::new([Step::data("he"), Step::data("llo"), Step::Trailers(trailers())]);
    let mut first = replayed(source);
    let (mut second, mut third) = (first.clone(), first.clone());
    let whole = Sent { data: b"hello".into(), trailers: Some(trailers()), error: None };
    assert_eq!(send(&mut first), whole);
    drop(first);
    assert!(second.reclaim());
    assert_eq!(send(&mut second), whole);
    drop(second);
    assert!(third.reclaim());
    assert_eq!(send(&mut third), whole);
}

#[test]
fn what_was_kept_is_sent_again_as_one_frame() {
    let mut first = replayed(Scripted::new((0..100).map(|byte| Step::data([byte]))));
    let mut second = first.clone();
    send(&mut first);
    assert_eq!(data(&mut second), (0..100).collect::<Vec<u8>>());
    assert!(is_over(&mut second));
}

#[test]
fn after_an_attempt_dropped_half_way_the_next_sends_what_was_kept_and_goes_on() {
    let source = Scripted::new(["a", "b", "c", "d"].map(Step::data));
    let polls = source.polls();
    let mut first = replayed(source);
    let mut second = first.clone();
    assert_eq!((data(&mut first), data(&mut first)), ("a".into(), "b".into()));
    drop(first);
    assert_eq!(data(&mut second), "ab");
    assert_eq!(polls(), 2, "the source gives each frame once");
    assert_eq!(send(&mut second).data, b"cd");
}

#[test]
fn an_attempt_dropped_before_its_first_poll_costs_nothing() {
    let first = replayed(Scripted::new([Step::data("a")]));
    let mut second = first.clone();
    drop(first);
    assert!(second.reclaim());
    assert_eq!(send(&mut second).data, b"a");
}

#[test]
fn an_empty_frame_is_not_the_end() {
    let mut first = replayed(Scripted::new(["", "a", "", "b", ""].map(Step::data)));
    let mut second = first.clone();
    assert_eq!(data(&mut first), "");
    assert_eq!(send(&mut first).data, b"ab");
    assert_eq!(send(&mut second).data, b"ab");
}

#[test]
fn a_source_that_pends_makes_the_attempt_pend() {
    let mut first = replayed(Scripted::new([Step::Pending, Step::data("a"), Step::Pending]));
    assert!(poll(&mut first).is_pending());
    assert_eq!(data(&mut first), "a");
    assert!(poll(&mut first).is_pending());
    assert!(is_over(&mut first));
}

#[test]
fn an_error_of_the_source_is_its_readers_and_ends_the_replays() {
    let mut first = replayed(Scripted::new([Step::data("a"), Step::Error]));
    let mut second = first.clone();
    assert_eq!(send(&mut first), Sent { data: b"a".into(), trailers: None, error: Some("the source broke".into()) });
    assert!(!second.reclaim());
    assert!(error(&mut second).contains("failed while it was first read"));
    assert!(is_over(&mut second));
}

#[test]
fn after_a_panic_of_the_source_no_attempt_sends_less_than_the_whole() {
    let mut first = replayed(Scripted::new([Step::data("a"), Step::Panic, Step::data("b")]));
    let mut second = first.clone();
    data(&mut first);
    catch_unwind(AssertUnwindSafe(|| poll(&mut first))).unwrap_err();
    assert!(error(&mut first).contains("failed"), "and the source is left alone");
    assert!(!second.reclaim());
    assert!(error(&mut second).contains("failed"));
}

#[test]
fn an_attempt_that_is_over_stays_over() {
    for steps in [vec![Step::data("a")], vec![Step::Trailers(trailers())], vec![Step::Error]] {
        let mut first = replayed(Scripted::new(steps));
        send(&mut first);
        assert!(is_over(&mut first) && is_over(&mut first));
    }
}

#[test]
fn a_clone_of_an_attempt_that_is_over_starts_from_the_first_byte() {
    let mut first = replayed(Scripted::new([Step::data("a")]));
    send(&mut first);
    let mut second = first.clone();
    drop(first);
    assert_eq!(send(&mut second).data, b"a");
}

#[test]
fn data_that_is_not_bytes_arrives_whole() {
    struct Chained(Option<Chain<&'static [u8], &'static [u8]>>);
    impl Body for Chained {
        type Data = Chain<&'static [u8], &'static [u8]>;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
            Poll::Ready(self.0.take().map(|data| Ok(Frame::data(data))))
        }
    }
    let data = Buf::chain(&b"he"[..], &b"llo"[..]);
    let mut first = ReplayBody::new(Chained(Some(data)), 5);
    let mut cx = Context::from_waker(Waker::noop());
    let polled = Pin::new(&mut first).poll_frame(&mut cx);
    assert!(matches!(polled, Poll::Ready(Some(Ok(frame))) if frame.data_ref().unwrap() == "hello"));
}

#[test]
fn it_is_send_and_sync_for_every_body_that_is_send() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<ReplayBody<Cell<u8>>>();
}
