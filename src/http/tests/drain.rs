//! Claims about responses that are set aside.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use http_body_util::channel::Channel;
use http_body_util::{Empty, Full, StreamBody};
use tokio_test::task::spawn;
use tower::BoxError;

use crate::error::{By, Elapsed, Error};
use crate::http::DrainedBody;

const LIMIT: usize = 16 * 1024;
const DROPPED: &str = "the rest of this response was dropped when the call was tried again";

type Read = Result<Frame<Bytes>, BoxError>;

fn data(data: impl IntoIterator<Item: Into<Vec<u8>>>) -> Vec<Read> {
    data.into_iter().map(|data| Ok(Frame::data(data.into().into()))).collect()
}

fn trailers(value: &str) -> HeaderMap {
    HeaderMap::from_iter([(http::header::ETAG, value.parse().expect("it is printable"))])
}

/// A body of these frames, which holds a clone of `place` until it is dropped.
fn body<I: IntoIterator<Item = Read>>(
    place: &Arc<()>,
    frames: I,
) -> DrainedBody<impl Body<Data = Bytes, Error = BoxError> + Unpin + use<I>> {
    let place = Arc::clone(place);
    let frames: Vec<Read> = frames.into_iter().collect();
    DrainedBody::streaming(StreamBody::new(
        stream::iter(frames).inspect(move |_| assert!(Arc::strong_count(&place) > 0)),
    ))
}

fn poll_rest<B: Body<Error: Into<BoxError> + 'static> + Unpin>(body: &mut DrainedBody<B>) -> Poll<()> {
    body.poll_rest(&mut Context::from_waker(Waker::noop()))
}

fn poll<B: Body<Error: Into<BoxError> + 'static> + Unpin>(
    body: &mut DrainedBody<B>,
) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
    Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Given {
    data: Vec<u8>,
    trailers: Option<HeaderMap>,
    error: Option<String>,
}

/// What is given until nothing is left.
fn given<B: Body<Error: Into<BoxError> + 'static> + Unpin>(body: &mut DrainedBody<B>) -> Given {
    let mut given = Given::default();
    for _ in 0..1000 {
        let was_at_end = body.is_end_stream();
        let polled = poll(body);
        assert!(!was_at_end || matches!(polled, Poll::Ready(None)), "{polled:?} at its end");
        match polled {
            Poll::Pending => panic!("it pends"),
            Poll::Ready(None) => return given,
            Poll::Ready(Some(Err(error))) => given.error = Some(source_of(&error)),
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => given.data.extend_from_slice(&data),
                Err(frame) => given.trailers = frame.into_trailers().ok(),
            },
        }
    }
    panic!("a body without end");
}

fn source_of(error: &Error) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

fn whole(data: impl Into<Vec<u8>>) -> Given {
    Given { data: data.into(), ..Given::default() }
}

fn cut(data: impl Into<Vec<u8>>) -> Given {
    Given { error: Some(DROPPED.into()), ..whole(data) }
}

#[test]
fn a_body_that_is_not_set_aside_streams_its_very_frames() {
    let frame = Bytes::from(vec![7; 100]);
    let mut kept = DrainedBody::streaming(Full::new(frame.clone()));
    assert_eq!(kept.size_hint().exact(), Some(100));
    assert!(!kept.is_end_stream());
    let polled = poll(&mut kept);
    let Poll::Ready(Some(Ok(given))) = polled else { panic!("{polled:?}") };
    assert_eq!(given.data_ref().unwrap().as_ptr(), frame.as_ptr());
    assert!(kept.is_end_stream());
}

#[test]
fn an_error_of_a_body_that_streams_is_its_own() {
    let mut kept = body(&Arc::new(()), [Err("broken".into())]);
    assert_eq!(given(&mut kept).error.as_deref(), Some("broken"));
}

#[test]
fn a_small_body_lets_go_of_its_connection_and_is_given_whole() {
    let place = Arc::new(());
    let end = Ok(Frame::trailers(trailers("x")));
    let mut kept = body(&place, data(["he", "", "llo"]).into_iter().chain([end]));
    assert_eq!(Arc::strong_count(&place), 2);
    assert!(poll_rest(&mut kept).is_ready());
    assert_eq!(Arc::strong_count(&place), 1);
    assert_eq!(kept.size_hint().lower(), 5);
    assert_eq!(given(&mut kept), Given { trailers: Some(trailers("x")), ..whole("hello") });
}

#[test]
fn a_body_is_kept_up_to_the_limit_and_dropped_one_byte_above() {
    for frame in [1000, LIMIT] {
        let place = Arc::new(());
        let read = |bytes: usize| data(vec![9; bytes].chunks(frame));
        let mut kept = body(&place, read(LIMIT));
        assert!(poll_rest(&mut kept).is_ready());
        assert_eq!(kept.size_hint().exact(), Some(LIMIT as u64));
        assert_eq!(given(&mut kept), whole(vec![9; LIMIT]));

        let mut kept = body(&place, read(LIMIT + 1));
        assert!(poll_rest(&mut kept).is_ready());
        assert_eq!(Arc::strong_count(&place), 1, "dropped at once");
        assert_eq!(kept.size_hint().exact(), None);
        assert_eq!(given(&mut kept), cut(vec![9; LIMIT / frame * frame]));
    }
}

#[test]
fn a_body_of_too_many_frames_is_dropped_however_small_they_are() {
    for (frames, expected) in [(64, whole("x".repeat(64))), (65, cut("x".repeat(64)))] {
        let mut kept = body(&Arc::new(()), data(vec!["x"; frames]));
        assert!(poll_rest(&mut kept).is_ready());
        assert_eq!(given(&mut kept), expected);
    }
    let mut endless =
        DrainedBody::streaming(StreamBody::new(stream::repeat_with(|| Read::Ok(Frame::data(Bytes::new())))));
    assert!(poll_rest(&mut endless).is_ready());
    assert_eq!(given(&mut endless), cut(""));
}

#[test]
fn trailers_of_more_than_the_limit_are_dropped() {
    for (size, expected) in [(LIMIT - 4, None), (LIMIT - 3, Some(DROPPED.into()))] {
        let mut kept = body(&Arc::new(()), [Ok(Frame::trailers(trailers(&"x".repeat(size))))]);
        assert!(poll_rest(&mut kept).is_ready());
        let given = given(&mut kept);
        assert_eq!(given.trailers.is_some(), expected.is_none());
        assert_eq!(given.error, expected);
    }
}

#[test]
fn a_body_that_fails_gives_what_was_read_and_its_own_error() {
    let place = Arc::new(());
    let mut kept = body(&place, data(["he"]).into_iter().chain([Err("broken".into())]).chain(data(["llo"])));
    assert!(poll_rest(&mut kept).is_ready());
    assert_eq!(Arc::strong_count(&place), 1);
    assert_eq!(given(&mut kept), Given { error: Some("broken".into()), ..whole("he") });
}

#[test]
fn an_error_of_ours_stays_what_it_is() {
    let elapsed = Elapsed::new(std::time::Duration::ZERO, std::time::Duration::ZERO, By::Limit);
    for is_set_aside in [false, true] {
        let source = stream::iter([Err::<Frame<Bytes>, _>(Error::from(elapsed))]);
        let mut kept = DrainedBody::streaming(StreamBody::new(source));
        assert!(!is_set_aside || poll_rest(&mut kept).is_ready());
        assert!(matches!(poll(&mut kept), Poll::Ready(Some(Err(error))) if error.is_timeout()));
    }
}

#[test]
fn the_rest_dropped_by_hand_is_an_error_after_what_was_read() {
    let (mut sender, source) = Channel::<Bytes>::new(4);
    let mut kept = DrainedBody::streaming(source);
    sender.try_send(Frame::data("he".into())).unwrap();
    assert!(poll_rest(&mut kept).is_pending());
    kept.drop_rest();
    assert!(sender.try_send(Frame::data("llo".into())).is_err(), "the body is gone");
    assert!(poll_rest(&mut kept).is_ready());
    assert!(!kept.is_end_stream());
    assert_eq!((kept.size_hint().lower(), kept.size_hint().upper()), (2, None));
    assert_eq!(given(&mut kept), cut("he"));
}

#[test]
fn a_rest_that_was_not_waited_for_streams_on() {
    let (mut sender, source) = Channel::<Bytes>::new(4);
    let mut kept = DrainedBody::streaming(source);
    sender.try_send(Frame::data("he".into())).unwrap();
    let mut waits = spawn(());
    assert!(waits.enter(|cx, _| kept.poll_rest(cx)).is_pending());
    sender.try_send(Frame::data("llo".into())).unwrap();
    assert!(waits.is_woken());
    drop(sender);
    assert_eq!(given(&mut kept), whole("hello"));
}

#[test]
fn an_empty_body_ends_without_an_error_however_it_is_set_aside() {
    let mut read = DrainedBody::streaming(Empty::<Bytes>::new());
    assert!(poll_rest(&mut read).is_ready());
    let mut dropped = DrainedBody::streaming(Empty::<Bytes>::new());
    dropped.drop_rest();
    for kept in [&mut read, &mut dropped, &mut DrainedBody::default()] {
        assert!(kept.is_end_stream());
        assert_eq!(kept.size_hint().exact(), Some(0));
        assert_eq!(given(kept), Given::default());
    }
}

#[test]
fn dropping_the_rest_of_what_was_read_whole_loses_nothing() {
    let mut kept = DrainedBody::streaming(Full::new(Bytes::from("hello")));
    assert!(poll_rest(&mut kept).is_ready());
    kept.drop_rest();
    assert_eq!(kept.size_hint().exact(), Some(5));
    assert_eq!(given(&mut kept), whole("hello"));
}

#[test]
fn a_size_that_is_a_lie_decides_nothing() {
    struct Lying<B>(B, SizeHint);
    impl<B: Body + Unpin> Body for Lying<B> {
        type Data = B::Data;
        type Error = B::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
            Pin::new(&mut self.0).poll_frame(cx)
        }

        fn size_hint(&self) -> SizeHint {
            self.1
        }
    }
    for told in [0, 1000, u64::MAX] {
        let frames = stream::iter(data(["he", "llo"]));
        let mut kept = DrainedBody::streaming(Lying(StreamBody::new(frames), SizeHint::with_exact(told)));
        assert_eq!(kept.size_hint().exact(), Some(told));
        assert!(poll_rest(&mut kept).is_ready());
        assert_eq!(kept.size_hint().exact(), Some(5));
        assert_eq!(given(&mut kept), whole("hello"));
    }
}
