//! What is around the call below: that of the one who began it, but for deadlines.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use palisade::{CoalesceLayer, Criticality, Deadline, Error, TimeoutLayer};
use tokio::time::timeout;
use tokio_test::{assert_ready, task};
use tower::{Layer, Service, ServiceExt, service_fn};
use tracing::{Instrument, Metadata, Span, info_span};

use super::{by_tens, call};
use crate::spans::Spans;
use crate::support::Down;
use crate::support::inner::Answer::After;
use crate::support::inner::Inner;

const SECOND: Duration = Duration::from_secs(1);

/// What a call sees around it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    deadline: Option<Deadline>,
    class: Criticality,
    span: Option<&'static str>,
}

impl Seen {
    fn now() -> Self {
        let span = Span::current().metadata().map(Metadata::name);
        Self { deadline: Deadline::current(), class: Criticality::current(), span }
    }
}

/// A call that is polled four times, and responds with what it saw in each.
async fn looks(_: u32) -> Result<Vec<Seen>, Down> {
    let mut seen = Vec::new();
    poll_fn(|cx| {
        seen.push(Seen::now());
        cx.waker().wake_by_ref();
        if seen.len() < 4 { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    Ok(seen)
}

#[tokio::test(start_paused = true)]
async fn a_call_has_what_is_around_the_one_who_began_it_and_no_deadline() {
    let service = CoalesceLayer::by(|_: &u32| ()).layer(service_fn(looks));
    let _spans = Spans::record();
    let begin = |class: Criticality, span: Span| {
        let mut service = service.clone();
        let call = class.scope(async move { service.call(1).await }.instrument(span));
        task::spawn(Box::pin(Deadline::after(SECOND).scope(call)))
    };
    let mut first = begin(Criticality::Sheddable, info_span!("began"));
    let mut second = begin(Criticality::CriticalPlus, info_span!("joined"));
    assert!(first.poll().is_pending() && second.poll().is_pending() && second.poll().is_pending());
    let calls = [&mut first, &mut second].map(|call| assert_ready!(call.poll()).unwrap());
    let seen = Seen { deadline: None, class: Criticality::Sheddable, span: Some("began") };
    assert_eq!(calls, [vec![seen.clone(); 4], vec![seen; 4]]);
}

#[tokio::test(start_paused = true)]
async fn each_waits_to_its_own_deadline() {
    let (layer, inner) = (CoalesceLayer::by(|_: &u32| ()), Inner::default());
    let slow = service_fn(move |request: u32| {
        let inner = inner.clone();
        async move {
            tokio::time::sleep(5 * SECOND).await;
            inner.oneshot(request).await
        }
    });
    let service = layer.layer(slow);
    let impatient = TimeoutLayer::new(SECOND).layer(service.clone()).oneshot(1);
    let patient = TimeoutLayer::new(10 * SECOND).layer(service).oneshot(2);
    let (impatient, patient) = tokio::join!(impatient, patient);
    assert!(impatient.unwrap_err().is_timeout());
    assert_eq!(patient.unwrap(), 1, "it was begun by the one who has left");
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_callers_all_ran_out_of_time_is_dropped() {
    let (layer, inner) = (by_tens(), Inner::hanging());
    let calls = [1, 2].map(|request| timeout(SECOND, call(&layer, &inner, request)));
    let results = futures_util::future::join_all(calls).await;
    assert!(results.iter().all(Result::is_err));
    assert_eq!((inner.calls(), inner.alive()), (1, 0));
}

#[test]
fn the_deadline_around_who_polls_is_as_it_was() {
    let (layer, inner) = (by_tens(), Inner::default().answers([After(1, Ok(1))]));
    let deadline = Deadline::after(SECOND);
    let after = Rc::new(Cell::new(None));
    let seen = Rc::clone(&after);
    let service = layer.layer(inner);
    let mut caller = task::spawn(Box::pin(deadline.scope(async move {
        let result: Result<u32, Error> = service.oneshot(1).await;
        seen.set(Deadline::current());
        result
    })));
    assert!(caller.poll().is_pending());
    assert!(caller.poll().is_ready());
    assert_eq!(after.get(), Some(deadline));
}
