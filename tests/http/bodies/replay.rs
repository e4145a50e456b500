//! What a first attempt sends, and what a later one sends again. That it is the whole is claimed in `model`.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};
use http_body::Body;
use http_body_util::Full;
use palisade::http::ReplayBody;

use crate::bodies::{Scripted, Sent, Step, data, error, is_over, poll, replayed, send, trailers, two};

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
fn what_was_kept_is_sent_again_as_one_frame() {
    let [mut first, mut second] = two(Scripted::new((0..100).map(|byte| Step::data([byte]))));
    send(&mut first);
    assert_eq!(data(&mut second), (0..100).collect::<Vec<u8>>());
    assert!(is_over(&mut second));
}

#[test]
fn an_error_of_the_source_is_its_readers_and_ends_the_replays() {
    let [mut first, mut second] = two(Scripted::new([Step::data("a"), Step::Error]));
    assert_eq!(send(&mut first), Sent { data: b"a".into(), trailers: None, error: Some("the source broke".into()) });
    assert!(!second.reclaim());
    assert!(error(&mut second).contains("failed while it was first read"));
    assert!(is_over(&mut second));
}

#[test]
fn after_a_panic_of_the_source_no_attempt_seems_whole() {
    let [mut first, mut second] = two(Scripted::new([Step::data("a"), Step::Panic, Step::data("b")]));
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
fn a_clone_of_an_attempt_that_is_over_starts_anew() {
    let mut first = replayed(Scripted::new([Step::data("a")]));
    send(&mut first);
    let mut second = first.clone();
    drop(first);
    assert_eq!(send(&mut second).data, b"a");
}

#[test]
fn data_that_is_not_bytes_arrives_whole() {
    let data = Buf::chain(&b"he"[..], &b"llo"[..]);
    let mut first = ReplayBody::new(Full::new(data), 5);
    let polled = Pin::new(&mut first).poll_frame(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Ready(Some(Ok(frame))) if frame.data_ref().unwrap() == "hello"));
}

#[test]
fn it_is_send_and_sync_for_every_body_that_is_send() {
    fn check<T: Send + Sync + Unpin>() {}
    check::<ReplayBody<Cell<u8>>>();
}
