//! The timeout, line by line of what it means.

#![expect(clippy::unwrap_used, reason = "what a test unwraps is what it claims")]

mod support;

use std::{
    cell::{Cell, RefCell},
    future::{Pending, Ready, pending, poll_fn, ready},
    marker::PhantomData,
    pin::pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::FutureExt;
use palisade::{Deadline, Elapsed, Error, TimeoutLayer};
use tokio::{
    sync::Semaphore,
    time::{Instant, advance, sleep},
};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt};
use tracing::Level;

use support::{Down, Strict, events::Events, strict};

const TARGET: &str = "palisade::timeout";
const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const TICK: Duration = Duration::from_nanos(1);

fn just_before(duration: Duration) -> Duration {
    duration.saturating_sub(TICK)
}

/// A service that never answers.
fn stuck() -> Strict<impl FnMut(()) -> Pending<Result<(), Down>> + Clone> {
    strict(|()| pending())
}

/// A service that answers at once.
fn prompt() -> Strict<impl FnMut(()) -> Ready<Result<&'static str, Down>> + Clone> {
    strict(|()| ready(Ok("paid")))
}

#[expect(clippy::disallowed_methods, reason = "a test reads the paused clock")]
fn now() -> Instant {
    Instant::now()
}

fn elapsed<T>(result: Result<T, Error>) -> Elapsed {
    match result {
        Err(Error::TimedOut(elapsed)) => elapsed,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was answered"),
    }
}

/// Moves the paused clock from within a poll.
fn advance_in_poll(duration: Duration) {
    assert_pending!(task::spawn(advance(duration)).poll());
}

/// Makes the call, as whoever polled the service ready.
fn call<S: Service<()>>(service: &mut S) -> S::Future {
    assert!(service.ready().now_or_never().is_some_and(|ready| ready.is_ok()));
    service.call(())
}

mod limit {
    use super::*;

    #[test]
    fn every_limit_makes_a_layer() {
        const LONGEST: TimeoutLayer = TimeoutLayer::new(Duration::MAX);
        for layer in [TimeoutLayer::new(Duration::ZERO), TimeoutLayer::new(TICK), LONGEST] {
            assert_eq!(layer.layer(prompt()).oneshot(()).now_or_never().unwrap().unwrap(), "paid");
        }
    }

    #[test]
    fn a_call_that_is_ready_at_once_needs_no_runtime() {
        let service = TimeoutLayer::new(SECOND).layer(prompt());
        assert_eq!(service.oneshot(()).now_or_never().unwrap().unwrap(), "paid");
    }

    #[test]
    fn an_error_that_is_there_at_once_is_passed_on() {
        let service = TimeoutLayer::new(SECOND).layer(strict(|()| ready(Err::<(), _>(Down(7)))));
        let error = service.oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(error.downcast::<Down>().unwrap(), Down(7));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_pends_until_one_tick_before_the_limit() {
        let mut call = task::spawn(TimeoutLayer::new(100 * MS).layer(stuck()).oneshot(()));
        assert_pending!(call.poll());
        advance(just_before(100 * MS)).await;
        assert_pending!(call.poll());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_ended_at_the_limit() {
        let mut call = task::spawn(TimeoutLayer::new(100 * MS).layer(stuck()).oneshot(()));
        assert_pending!(call.poll());
        advance(100 * MS).await;
        assert!(call.is_woken());
        elapsed(assert_ready!(call.poll()));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_just_before_the_limit_is_passed_on() {
        let service = strict(|()| async {
            sleep(99 * MS).await;
            Ok::<_, Down>("paid")
        });
        assert_eq!(TimeoutLayer::new(100 * MS).layer(service).oneshot(()).await.unwrap(), "paid");
    }

    #[tokio::test(start_paused = true)]
    async fn a_zero_limit_polls_once() {
        let polls = Rc::new(Cell::new(0));
        let counted = Rc::clone(&polls);
        let service = strict(move |()| {
            let polls = Rc::clone(&counted);
            poll_fn(move |_| {
                polls.set(polls.get() + 1);
                Poll::<Result<(), Down>>::Pending
            })
        });
        let mut call = task::spawn(TimeoutLayer::new(Duration::ZERO).layer(service).oneshot(()));
        elapsed(assert_ready!(call.poll()));
        assert_eq!(polls.get(), 1);
    }

    #[test]
    fn a_zero_limit_touches_no_timer() {
        let call = TimeoutLayer::new(Duration::ZERO).layer(stuck()).oneshot(());
        elapsed(call.now_or_never().expect("there is no runtime to wait in"));
    }

    #[test]
    fn a_zero_limit_within_a_zero_limit_polls_once() {
        let zero = TimeoutLayer::new(Duration::ZERO);
        let call = ServiceBuilder::new().layer(zero).layer(zero).service(stuck()).oneshot(());
        elapsed(call.now_or_never().expect("there is no runtime to wait in"));
    }

    #[test]
    fn a_zero_limit_around_a_longer_one_polls_once() {
        let stack = ServiceBuilder::new().layer(TimeoutLayer::new(Duration::ZERO)).layer(TimeoutLayer::new(SECOND));
        let ended = elapsed(stack.service(stuck()).oneshot(()).now_or_never().expect("there is no runtime to wait in"));
        assert_eq!(ended.limit(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_limit_is_as_good_as_never() {
        let service = strict(|()| async {
            sleep(1000 * DAY).await;
            Ok::<_, Down>("paid")
        });
        assert_eq!(TimeoutLayer::new(Duration::MAX).layer(service).oneshot(()).await.unwrap(), "paid");
    }

    #[tokio::test(start_paused = true)]
    async fn a_function_gives_each_request_its_limit() {
        let layer = TimeoutLayer::by_request(|limit: &Duration| *limit);
        let service = layer.layer(strict(|_: Duration| pending::<Result<(), Down>>()));
        for limit in [3 * SECOND, SECOND] {
            assert_eq!(elapsed(service.clone().oneshot(limit).await).limit(), limit);
        }
    }
}

mod clock {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_time_before_the_first_poll_does_not_count() {
        let mut service = TimeoutLayer::new(SECOND).layer(stuck());
        let mut call = task::spawn(call(&mut service));
        advance(10 * SECOND).await;
        assert_pending!(call.poll());
        advance(just_before(SECOND)).await;
        assert_pending!(call.poll());
    }

    #[tokio::test(start_paused = true)]
    async fn it_runs_from_the_end_of_the_first_poll() {
        let service = strict(|()| {
            let mut first = true;
            poll_fn(move |_| {
                if std::mem::take(&mut first) {
                    advance_in_poll(300 * MS);
                }
                Poll::<Result<(), Down>>::Pending
            })
        });
        let mut call = task::spawn(TimeoutLayer::new(SECOND).layer(service).oneshot(()));
        assert_pending!(call.poll());
        advance(just_before(SECOND)).await;
        assert_pending!(call.poll());
        advance(TICK).await;
        assert_eq!(elapsed(assert_ready!(call.poll())).elapsed(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn it_runs_from_the_moment_when_a_poll_asks_for_the_deadline() {
        let service = strict(|()| {
            let mut first = true;
            poll_fn(move |_| {
                if std::mem::take(&mut first) {
                    advance_in_poll(200 * MS);
                    Deadline::current();
                    advance_in_poll(300 * MS);
                }
                Poll::<Result<(), Down>>::Pending
            })
        });
        let start = now();
        elapsed(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await);
        assert_eq!(now() - start, 1200 * MS);
    }

    #[tokio::test(start_paused = true)]
    async fn it_runs_from_the_moment_when_the_call_itself_asks_for_the_deadline() {
        let inner = strict(|()| {
            Deadline::current();
            pending::<Result<(), Down>>()
        });
        let mut service = TimeoutLayer::new(SECOND).layer(inner);
        let mut call = task::spawn(call(&mut service));
        advance(400 * MS).await;
        assert_pending!(call.poll());
        advance(600 * MS).await;
        assert!(call.is_woken());
        assert_eq!(elapsed(assert_ready!(call.poll())).elapsed(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn asking_twice_does_not_start_it_again() {
        let inner = strict(|()| {
            let first = Deadline::current();
            async move {
                assert_eq!(Deadline::current(), first);
                sleep(10 * MS).await;
                assert_eq!(Deadline::current(), first);
                Ok::<_, Down>(())
            }
        });
        let mut service = TimeoutLayer::new(SECOND).layer(inner);
        let call = call(&mut service);
        advance(100 * MS).await;
        call.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn asking_later_does_not_start_it_again() {
        let service = strict(|()| async {
            sleep(400 * MS).await;
            Ok::<_, Down>(Deadline::current().unwrap().remaining())
        });
        assert_eq!(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await.unwrap(), 600 * MS);
    }

    #[tokio::test(start_paused = true)]
    async fn an_asking_call_that_is_past_its_limit_is_polled_once() {
        let inner = strict(|()| {
            Deadline::current();
            pending::<Result<(), Down>>()
        });
        let mut service = TimeoutLayer::new(SECOND).layer(inner);
        let mut call = task::spawn(call(&mut service));
        advance(3 * SECOND).await;
        assert_eq!(elapsed(assert_ready!(call.poll())).elapsed(), 3 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_began_before_does_not_backdate_the_timeout_around_it() {
        let mut early = task::spawn(TimeoutLayer::new(100 * SECOND).layer(stuck()).oneshot(()));
        assert_pending!(early.poll());
        advance(10 * SECOND).await;
        let early = Rc::new(RefCell::new(early));
        let around = TimeoutLayer::new(5 * SECOND).layer(strict(move |()| {
            let early = Rc::clone(&early);
            poll_fn(move |_| early.borrow_mut().poll())
        }));
        let start = now();
        elapsed(around.oneshot(()).await);
        assert_eq!(now() - start, 5 * SECOND);
    }
}

mod expiry {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_inner_future_is_dropped() {
        let alive = Arc::new(());
        let held = Arc::clone(&alive);
        let service = strict(move |()| {
            let held = Arc::clone(&held);
            async move {
                let answer = pending::<Result<(), Down>>().await;
                drop(held);
                answer
            }
        });
        let mut service = TimeoutLayer::new(SECOND).layer(service);
        let mut call = task::spawn(call(&mut service));
        drop(service);
        assert_pending!(call.poll());
        advance(SECOND).await;
        elapsed(assert_ready!(call.poll()));
        assert_eq!(Arc::strong_count(&alive), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_error_says_the_limit() {
        let ended = elapsed(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()).await);
        assert_eq!(ended.limit(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn the_error_says_the_time_that_really_elapsed() {
        let mut call = task::spawn(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()));
        assert_pending!(call.poll());
        advance(1300 * MS).await;
        let ended = elapsed(assert_ready!(call.poll()));
        assert_eq!((ended.limit(), ended.elapsed()), (SECOND, 1300 * MS));
    }

    #[tokio::test(start_paused = true)]
    async fn the_error_reads_as_both() {
        let text = TimeoutLayer::new(1500 * MS).layer(stuck()).oneshot(()).await.unwrap_err().to_string();
        assert!(text.contains("timed out after 1.5s of 1.5s"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_error_is_not_a_rejection() {
        let error = TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()).await.unwrap_err();
        assert!(error.is_timeout() && error.rejection().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_error_stays_what_it_is_through_a_foreign_layer() {
        let inner = TimeoutLayer::new(SECOND).layer(stuck()).map_err(BoxError::from);
        let ended = elapsed(TimeoutLayer::new(3 * SECOND).layer(inner).oneshot(()).await);
        assert_eq!(ended.limit(), SECOND);
    }
}

mod polling {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn polls_in_between_do_not_put_the_end_off() {
        let mut call = task::spawn(TimeoutLayer::new(100 * MS).layer(stuck()).oneshot(()));
        for _ in 0..10 {
            assert_pending!(call.poll());
            advance(10 * MS).await;
        }
        elapsed(assert_ready!(call.poll()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_spurious_wake_leaves_the_timer_armed() {
        let mut call = task::spawn(TimeoutLayer::new(100 * MS).layer(stuck()).oneshot(()));
        assert_pending!(call.poll());
        advance(50 * MS).await;
        assert_pending!(call.poll());
        advance(49 * MS).await;
        assert!(!call.is_woken());
        advance(MS).await;
        assert!(call.is_woken());
    }

    #[tokio::test(start_paused = true)]
    async fn a_future_moved_to_another_task_wakes_that_task() {
        let call = Box::pin(TimeoutLayer::new(100 * MS).layer(stuck()).oneshot(()));
        let mut one = task::spawn(call);
        assert_pending!(one.poll());
        let mut other = task::spawn(one.into_inner());
        assert_pending!(other.poll());
        advance(100 * MS).await;
        assert!(other.is_woken());
        elapsed(assert_ready!(other.poll()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_future_polled_first_in_one_task_is_ended_in_another() {
        let mut call = Box::pin(TimeoutLayer::new(100 * MS).layer(stuck()).oneshot(()));
        #[expect(clippy::async_yields_async, reason = "the call moves on to another task")]
        let call = tokio::spawn(async move {
            assert!(futures_util::poll!(&mut call).is_pending());
            call
        });
        let call = call.await.unwrap();
        assert_eq!(elapsed(tokio::spawn(call).await.unwrap()).elapsed(), 100 * MS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_uses_up_the_budget_of_its_task_is_ended() {
        let service = strict(|()| async {
            let semaphore = Semaphore::new(1);
            loop {
                // Each acquisition costs a part of the budget that tokio gives to a poll.
                drop(semaphore.acquire().await);
            }
            #[expect(unreachable_code, reason = "it gives the block its type")]
            Ok::<(), Down>(())
        });
        let call = tokio::spawn(TimeoutLayer::new(100 * MS).layer(service).oneshot(()));
        tokio::task::yield_now().await;
        for _ in 0..10 {
            advance(50 * MS).await;
        }
        assert!(call.is_finished());
    }
}

mod nested {
    use super::*;

    type Shared<F> = Rc<RefCell<Option<task::Spawn<F>>>>;

    /// A call of `inner`, made within a service and polled there by a task of its own, which outlives that service's call.
    fn observed<S>(inner: S) -> (Shared<S::Future>, impl Service<(), Response = S::Response, Error = S::Error>)
    where
        S: Service<()>,
    {
        let shared = Shared::default();
        let seen = Rc::clone(&shared);
        let mut inner = inner;
        let service = strict(move |()| {
            *shared.borrow_mut() = Some(task::spawn(call(&mut inner)));
            let shared = Rc::clone(&shared);
            poll_fn(move |_| shared.borrow_mut().as_mut().unwrap().poll())
        });
        (seen, service)
    }

    #[tokio::test(start_paused = true)]
    async fn where_the_outer_end_is_nearer_the_outer_one_ends_the_call() {
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(SECOND).name("outer").unwrap())
            .layer(TimeoutLayer::new(2 * SECOND).name("inner").unwrap());
        let events = Events::record();
        let ended = elapsed(stack.service(stuck()).oneshot(()).await);
        let names: Vec<_> = events.of(TARGET).iter().map(|event| event.field("name").to_owned()).collect();
        assert_eq!((names, ended.limit()), (vec!["outer".to_owned()], SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn where_both_ends_are_one_the_call_is_ended_once() {
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(SECOND).name("outer").unwrap())
            .layer(TimeoutLayer::new(SECOND).name("inner").unwrap());
        let events = Events::record();
        elapsed(stack.service(stuck()).oneshot(()).await);
        assert_eq!(events.of(TARGET).len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn where_the_inner_end_is_nearer_the_inner_one_ends_the_call() {
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(2 * SECOND).name("outer").unwrap())
            .layer(TimeoutLayer::new(SECOND).name("inner").unwrap());
        let events = Events::record();
        let ended = elapsed(stack.service(stuck()).oneshot(()).await);
        let names: Vec<_> = events.of(TARGET).iter().map(|event| event.field("name").to_owned()).collect();
        assert_eq!((names, ended.limit()), (vec!["inner".to_owned()], SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn an_inner_one_whose_end_is_further_off_arms_no_timer() {
        let (inner, service) = observed(TimeoutLayer::new(2 * SECOND).layer(stuck()));
        elapsed(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await);
        advance(10 * SECOND).await;
        assert!(!inner.borrow().as_ref().unwrap().is_woken());
    }

    #[tokio::test(start_paused = true)]
    async fn an_inner_one_whose_end_is_nearer_arms_a_timer() {
        let (inner, service) = observed(TimeoutLayer::new(SECOND).layer(stuck()));
        let mut call = task::spawn(TimeoutLayer::new(2 * SECOND).layer(service).oneshot(()));
        assert_pending!(call.poll());
        advance(SECOND).await;
        assert!(inner.borrow().as_ref().unwrap().is_woken());
    }

    #[tokio::test(start_paused = true)]
    async fn an_inner_one_is_bounded_by_what_the_outer_one_has_left() {
        let inner = TimeoutLayer::new(50 * MS).layer(stuck());
        let service = strict(move |()| {
            let inner = inner.clone();
            async move {
                sleep(80 * MS).await;
                inner.oneshot(()).await
            }
        });
        let ended = elapsed(TimeoutLayer::new(100 * MS).layer(service).oneshot(()).await);
        assert_eq!((ended.limit(), ended.elapsed()), (100 * MS, 100 * MS));
    }

    #[tokio::test(start_paused = true)]
    async fn an_inner_one_that_ended_leaves_the_outer_one_the_rest() {
        let inner = TimeoutLayer::new(60 * MS).layer(stuck());
        let service = strict(move |()| {
            let inner = inner.clone();
            async move {
                for _ in 0..3 {
                    elapsed(inner.clone().oneshot(()).await);
                }
                Ok::<_, Down>(())
            }
        });
        let start = now();
        let ended = elapsed(TimeoutLayer::new(150 * MS).layer(service).oneshot(()).await);
        assert_eq!((ended.limit(), now() - start), (150 * MS, 150 * MS));
    }

    #[tokio::test(start_paused = true)]
    async fn three_end_with_the_nearest() {
        for limits in [[1, 2, 3], [2, 1, 3], [3, 2, 1], [3, 1, 2]] {
            let [outer, middle, inner] = limits.map(|seconds| TimeoutLayer::new(seconds * SECOND));
            let stack = ServiceBuilder::new().layer(outer).layer(middle).layer(inner);
            let ended = elapsed(stack.service(stuck()).oneshot(()).await);
            assert_eq!((ended.limit(), ended.elapsed()), (SECOND, SECOND), "{limits:?}");
        }
    }
}

/// An inner service that is ready, or never.
#[derive(Clone)]
struct Gate {
    readiness: Poll<Result<(), Down>>,
    polls: Rc<Cell<u32>>,
}

impl Gate {
    fn new(readiness: Poll<Result<(), Down>>) -> Self {
        Self { readiness, polls: Rc::default() }
    }
}

impl Service<()> for Gate {
    type Response = ();
    type Error = Down;
    type Future = Ready<Result<(), Down>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
        self.polls.set(self.polls.get() + 1);
        self.readiness
    }

    fn call(&mut self, (): ()) -> Self::Future {
        ready(Ok(()))
    }
}

/// An inner service that takes its time to get ready, and then to answer. A clone starts not ready.
struct Slow {
    wait: Duration,
    timer: Option<std::pin::Pin<Box<tokio::time::Sleep>>>,
    ready: bool,
}

impl Slow {
    fn new(wait: Duration) -> Self {
        Self { wait, timer: None, ready: false }
    }
}

impl Clone for Slow {
    fn clone(&self) -> Self {
        Self::new(self.wait)
    }
}

impl Service<()> for Slow {
    type Response = &'static str;
    type Error = Down;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<&'static str, Down>>>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        let wait = self.wait;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(wait)));
        timer.as_mut().poll(cx).map(|()| {
            self.ready = true;
            Ok(())
        })
    }

    fn call(&mut self, (): ()) -> Self::Future {
        assert!(self.ready, "called without having been polled ready");
        let wait = self.wait;
        Box::pin(async move {
            sleep(wait).await;
            Ok("paid")
        })
    }
}

mod readiness {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_wait_for_it_is_not_in_the_limit() {
        assert_eq!(TimeoutLayer::new(100 * MS).layer(Slow::new(80 * MS)).oneshot(()).await.unwrap(), "paid");
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_is_not_ready_is_not_ready_behind_a_timeout() {
        let mut service = TimeoutLayer::new(Duration::ZERO).layer(Gate::new(Poll::Pending));
        assert!(service.ready().now_or_never().is_none());
    }

    #[test]
    fn its_error_is_passed_on() {
        let mut service = TimeoutLayer::new(SECOND).layer(Gate::new(Poll::Ready(Err(Down(7)))));
        let error = service.ready().now_or_never().unwrap().map(drop).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Down(7)));
    }

    #[tokio::test(start_paused = true)]
    async fn covered_it_shares_the_limit_with_the_call() {
        let layer = TimeoutLayer::new(100 * MS).cover_readiness();
        let ended = elapsed(layer.layer(Slow::new(80 * MS)).oneshot(()).await);
        assert_eq!((ended.limit(), ended.elapsed()), (100 * MS, 100 * MS));
    }

    #[tokio::test(start_paused = true)]
    async fn covered_it_may_take_its_part_of_the_limit() {
        let layer = TimeoutLayer::new(100 * MS).cover_readiness();
        assert_eq!(layer.layer(Slow::new(49 * MS)).oneshot(()).await.unwrap(), "paid");
    }

    #[tokio::test(start_paused = true)]
    async fn covered_it_is_ended_at_the_limit() {
        let layer = TimeoutLayer::new(100 * MS).cover_readiness();
        assert_eq!(elapsed(layer.layer(Gate::new(Poll::Pending)).oneshot(()).await).elapsed(), 100 * MS);
    }

    #[tokio::test(start_paused = true)]
    async fn covered_it_is_bounded_for_each_request() {
        let layer = TimeoutLayer::by_request(|(): &()| 100 * MS).cover_readiness();
        assert_eq!(elapsed(layer.layer(Gate::new(Poll::Pending)).oneshot(()).await).limit(), 100 * MS);
    }

    #[test]
    fn covered_its_error_is_the_answer() {
        let service = TimeoutLayer::new(SECOND).cover_readiness().layer(Gate::new(Poll::Ready(Err(Down(7)))));
        let error = service.oneshot(()).now_or_never().unwrap().unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Down(7)));
    }

    #[test]
    fn covered_it_is_not_asked_for_before_the_call() {
        let gate = Gate::new(Poll::Pending);
        let polls = Rc::clone(&gate.polls);
        let mut service = TimeoutLayer::new(SECOND).cover_readiness().layer(gate);
        assert!(service.ready().now_or_never().unwrap().is_ok());
        assert_eq!(polls.get(), 0);
    }

    #[test]
    fn covered_it_is_awaited_on_the_instance_that_is_called() {
        // `strict` panics when a clone is called that was not itself polled ready.
        let mut service = TimeoutLayer::new(SECOND).cover_readiness().layer(prompt());
        for _ in 0..2 {
            assert_eq!(call(&mut service).now_or_never().unwrap().unwrap(), "paid");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn covered_it_may_ask_for_the_deadline() {
        #[derive(Clone)]
        struct Asking;
        impl Service<()> for Asking {
            type Response = ();
            type Error = Down;
            type Future = Ready<Result<(), Down>>;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Down>> {
                assert_eq!(Deadline::current().map(Deadline::remaining), Some(SECOND));
                Poll::Ready(Ok(()))
            }

            fn call(&mut self, (): ()) -> Self::Future {
                ready(Ok(()))
            }
        }
        TimeoutLayer::new(SECOND).cover_readiness().layer(Asking).oneshot(()).await.unwrap();
    }
}

mod send {
    use super::*;

    struct Is<T>(PhantomData<T>);

    trait NotSend {
        fn send(&self) -> bool {
            false
        }
    }

    impl<T> NotSend for Is<T> {}

    impl<T: Send> Is<T> {
        #[expect(clippy::unused_self, reason = "it hides the method of the trait where there is one")]
        fn send(&self) -> bool {
            true
        }
    }

    fn is<T>(_: &T) -> Is<T> {
        Is(PhantomData)
    }

    #[test]
    fn the_future_is_send_where_the_inner_one_is() {
        let future = call(&mut TimeoutLayer::new(SECOND).layer(prompt()));
        assert!(is(&future).send());
    }

    #[test]
    fn the_future_is_not_send_where_the_inner_one_is_not() {
        let service = strict(|()| ready(Ok::<_, Down>(Rc::new(()))));
        let future = call(&mut TimeoutLayer::new(SECOND).layer(service));
        assert!(!is(&future).send());
    }

    #[test]
    fn the_future_that_covers_readiness_is_send_where_the_service_is() {
        let future = call(&mut TimeoutLayer::new(SECOND).cover_readiness().layer(prompt()));
        assert!(is(&future).send());
    }

    #[test]
    fn the_future_that_covers_readiness_is_not_send_where_the_service_is_not() {
        let gate = Gate::new(Poll::Pending);
        let future = call(&mut TimeoutLayer::new(SECOND).cover_readiness().layer(gate));
        assert!(!is(&future).send());
    }
}

mod events {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_end_of_a_call_is_told_with_its_limit_and_time() {
        let events = Events::record();
        let mut call = pin!(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()));
        assert!(futures_util::poll!(&mut call).is_pending());
        advance(1500 * MS).await;
        call.await.unwrap_err();
        let [event] = &events.of(TARGET)[..] else { panic!("{:?}", events.all()) };
        let fields = ["name", "limit", "elapsed"].map(|name| event.field(name));
        assert_eq!((event.level, fields), (Level::DEBUG, ["timeout", "1s", "1.5s"]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_is_shown() {
        let events = Events::record();
        TimeoutLayer::new(SECOND).name("payments").unwrap().layer(stuck()).oneshot(()).await.unwrap_err();
        assert_eq!(events.of(TARGET)[0].field("name"), "payments");
    }

    #[test]
    fn an_answer_is_not_told() {
        let events = Events::record();
        TimeoutLayer::new(SECOND).layer(prompt()).oneshot(()).now_or_never().unwrap().unwrap();
        assert_eq!(events.all(), []);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_went_away_is_not_told_as_a_timeout() {
        let events = Events::record();
        let mut call = task::spawn(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()));
        assert_pending!(call.poll());
        advance(2 * SECOND).await;
        drop(call);
        assert_eq!(events.all(), []);
    }

    #[test]
    fn a_name_must_be_of_1_to_64_bytes() {
        let layer = TimeoutLayer::new(SECOND);
        assert_eq!(layer.name("").unwrap_err().setting(), "name");
        assert_eq!(layer.name("x".repeat(65)).unwrap_err().setting(), "name");
        assert!(layer.name("x".repeat(64)).is_ok());
    }
}
