//! Nothing is sent whose time is over, and every timeout ends its call alone.

use super::*;

/// A stack that waits itself for the readiness of the inner service, and how many calls it sends before.
type Waits = (&'static str, fn(Inner) -> Boxed, usize);

const WAITS: [Waits; 4] = [
    ("a queue", |inner| Boxed::new(layers::queue().layer(inner)), 0),
    ("a timeout of readiness", |inner| Boxed::new(TimeoutLayer::new(2 * SECOND).cover_readiness().layer(inner)), 0),
    ("a retry", |inner| Boxed::new(hasty().layer(inner)), 1),
    ("a fallback", |inner| Boxed::new(FallbackLayer::new(fallback::service(inner.clone())).layer(inner)), 1),
];

fn hasty() -> RetryLayer {
    RetryLayer::builder("retry").backoff(Backoff::none()).build().unwrap()
}

/// Fails so many calls, and then stalls until it is woken.
fn stalls_after(calls: usize) -> Inner {
    let (ready, fails) = (vec![Ready; calls], vec![After(0, Err(Down(1))); calls]);
    Inner::default().will_be(ready).will_be([Stalled]).answers(fails)
}

#[test]
fn a_call_readied_at_its_deadline_is_not_sent() {
    for (name, build, before) in WAITS {
        for (readied, is_sent) in [(just_before(SECOND), true), (SECOND, false), (just_before(2 * SECOND), false)] {
            paused(async {
                let inner = stalls_after(before);
                let deadline = Deadline::after(SECOND);
                let mut call = calls::begin(deadline.scope(build(inner.clone()).oneshot(5)));
                assert!(calls::go(&mut call).is_pending(), "{name}");
                advance(readied).await;
                inner.wake();
                let result = calls::end(&mut call);
                assert_eq!(inner.calls(), before + usize::from(is_sent), "{name}, readied after {readied:?}");
                assert_eq!(result.as_ref().ok(), is_sent.then_some(&5), "{name}, readied after {readied:?}");
                let was_sent = result.err().and_then(|error| error.elapsed().map(Elapsed::was_sent));
                assert!(is_sent || before > 0 || was_sent == Some(false), "{name}, readied after {readied:?}");
            });
        }
    }
}

#[test]
fn a_call_that_has_not_waited_is_sent_at_its_deadline() {
    for (name, build, _) in WAITS {
        paused(async {
            let inner = Inner::default();
            let result = Deadline::after(Duration::ZERO).scope(build(inner.clone()).oneshot(5)).await;
            assert_eq!((result.ok(), inner.calls()), (Some(5), 1), "{name}");
        });
    }
}

/// The timeout around is never polled again, as in a task whose thread is blocked.
#[test]
fn a_timeout_ends_its_call_alone_where_one_around_cannot() {
    holds_for(limit, Inner::hanging, async |stack| {
        let mut call = stack.begin(1);
        let around = TimeoutLayer::new(SECOND).layer(service_fn(|()| {
            assert!(calls::go(&mut call).is_pending());
            pending::<Result<(), Error>>()
        }));
        let mut around = task::spawn(around.oneshot(()));
        assert_pending!(around.poll());
        let mut ended = None;
        for _ in 0..100 {
            advance(SECOND).await;
            if ended.is_none() && call.is_woken() {
                ended = match calls::go(&mut call) {
                    Poll::Ready(result) => Some(result),
                    Poll::Pending => None,
                };
            }
        }
        assert!(matches!(ended, Some(Ok(STALE) | Err(Error::TimedOut(_)))), "{ended:?}");
    });
}
