//! Which attempt the source belongs to.

use std::pin::Pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::channel::Channel;
use palisade::http::ReplayBody;
use tokio_test::task::spawn;

use crate::bodies::{CAP, Scripted, Step, data, error, is_over, replayed, send, two};

const CUT_OFF: &str = "cut off because a later attempt";

#[test]
fn an_attempt_still_under_way_goes_on_until_the_next_is_polled() {
    let source = Scripted::new(["a", "b", "c"].map(Step::data));
    let polls = source.polls();
    let [mut first, mut second] = two(source);
    data(&mut first);
    assert!(second.reclaim());
    assert_eq!(data(&mut first), "b");
    assert_eq!(data(&mut second), "ab");
    assert!(!first.is_end_stream(), "hyper would take what it sent for the whole");
    assert!(error(&mut first).contains(CUT_OFF));
    assert_eq!(polls(), 2);
    assert!(is_over(&mut first));
    assert_eq!(send(&mut second).data, b"c");
}

#[test]
fn an_attempt_that_outgrows_the_next_ones_copy_is_cut_off() {
    let mut first = ReplayBody::new(Scripted::new(["a", "b", "c", "d"].map(Step::data)), 2);
    let mut second = first.clone();
    assert!(second.reclaim());
    assert_eq!(["a", "b", "c"].map(|_| data(&mut first)), ["a", "b", "c"]);
    assert!(error(&mut first).contains(CUT_OFF));
    assert_eq!(send(&mut second).data, b"abcd");
    assert!(!second.clone().reclaim(), "more than the cap was sent");
}

#[test]
fn a_clone_made_after_the_copy_was_freed_harms_no_reader() {
    let mut first = replayed(Scripted::new(["a", "b", "c"].map(Step::data)));
    drop(first.clone());
    assert_eq!(["a", "b"].map(|_| data(&mut first)), ["a", "b"]);
    let mut late = first.clone();
    assert!(!late.reclaim());
    assert!(error(&mut late).contains("outgrew"));
    assert_eq!(send(&mut first).data, b"c");
}

#[test]
fn an_earlier_attempt_never_gets_the_source_back() {
    let first = replayed(Scripted::new(["a", "b"].map(Step::data)));
    let (mut second, mut third) = (first.clone(), first.clone());
    data(&mut third);
    assert!(!second.reclaim());
    assert!(error(&mut second).contains(CUT_OFF));
    drop(second);
    assert_eq!(send(&mut third).data, b"b");
}

#[test]
fn an_attempt_cut_off_is_not_at_its_end_when_the_source_is() {
    let [mut first, mut second] = two(Scripted::new(["a", "b"].map(Step::data)));
    data(&mut first);
    send(&mut second);
    assert!(!first.is_end_stream());
    assert_eq!(first.size_hint().exact(), None);
    assert!(error(&mut first).contains(CUT_OFF));
}

#[test]
fn an_attempt_that_has_sent_all_stays_at_its_end() {
    let [mut first, mut second] = two(Scripted::new([Step::data("a")]).telling_its_end());
    data(&mut first);
    assert!(first.is_end_stream());
    assert!(second.reclaim());
    assert!(first.is_end_stream() && is_over(&mut first));
    assert_eq!(send(&mut second).data, b"a");
}

#[test]
fn an_attempt_that_has_begun_cannot_be_sent_whole_again() {
    let mut first = replayed(Scripted::new(["a", "b"].map(Step::data)));
    assert!(first.reclaim());
    data(&mut first);
    assert!(!first.reclaim());
}

type Waiting = ReplayBody<Channel<Bytes>>;

fn poll_in(task: &mut tokio_test::task::Spawn<&mut Waiting>) -> Poll<Option<String>> {
    task.enter(|cx, mut body| match Pin::new(&mut **body).poll_frame(cx) {
        Poll::Pending => Poll::Pending,
        Poll::Ready(None) => Poll::Ready(None),
        Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(format!("{:?}", frame.into_data().unwrap()))),
        Poll::Ready(Some(Err(error))) => Poll::Ready(Some(error.to_string())),
    })
}

#[test]
fn an_attempt_that_waits_is_woken_when_it_loses_the_source() {
    let (_sender, source) = Channel::new(1);
    let mut first = Waiting::new(source, CAP);
    let mut second = first.clone();
    let mut task = spawn(&mut first);
    assert!(poll_in(&mut task).is_pending());
    assert!(second.reclaim());
    assert!(!task.is_woken());
    assert!(poll_in(&mut spawn(&mut second)).is_pending());
    assert!(task.is_woken(), "its connection would wait for ever");
    assert!(matches!(poll_in(&mut task), Poll::Ready(Some(error)) if error.contains(CUT_OFF)));
}

/// A task that looks at its body while it is being woken.
struct Looking(Waiting);

impl Wake for Looking {
    fn wake(self: Arc<Self>) {
        assert!(!self.0.is_end_stream());
    }
}

#[test]
fn an_attempt_that_loses_the_source_is_not_woken_under_a_lock() {
    let (_sender, source) = Channel::new(1);
    let mut first = Waiting::new(source, CAP);
    let waker = Waker::from(Arc::new(Looking(first.clone())));
    assert!(Pin::new(&mut first).poll_frame(&mut Context::from_waker(&waker)).is_pending());
    let (done, polled) = mpsc::channel();
    let mut second = first.clone();
    thread::spawn(move || done.send(poll_in(&mut spawn(&mut second)).is_pending()));
    assert_eq!(polled.recv_timeout(Duration::from_secs(20)), Ok(true), "it waits for its own lock");
}

#[test]
fn the_source_wakes_the_attempt_that_polled_last() {
    let (mut sender, source) = Channel::new(1);
    let mut first = Waiting::new(source, CAP);
    let mut second = first.clone();
    let mut old = spawn(&mut first);
    assert!(poll_in(&mut old).is_pending());
    let mut new = spawn(&mut second);
    assert!(poll_in(&mut new).is_pending());
    assert!(matches!(poll_in(&mut old), Poll::Ready(Some(_))));
    assert!(!new.is_woken());
    sender.try_send(Frame::data("a".into())).unwrap();
    assert!(new.is_woken());
    assert!(matches!(poll_in(&mut new), Poll::Ready(Some(data)) if data.contains('a')));
}
