//! The deadline: the time a call has left, as every layer below sees it.

#![expect(clippy::unwrap_used, reason = "what a test unwraps is what it claims")]

mod support;

use std::{
    cell::Cell,
    future::{Pending, Ready, pending, poll_fn, ready},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, join, lazy},
};
use palisade::{
    Backoff, BulkheadLayer, CircuitBreakerLayer, CircuitHandle, Deadline, Elapsed, Error, Phase, Rejection,
    RejectionReason, RetryLayer, TimeoutLayer,
};
use tokio::time::{Instant, advance, sleep};
use tokio_test::{assert_pending, assert_ready, task};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

use support::{Down, Strict, strict};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
const TICK: Duration = Duration::from_nanos(1);

fn just_before(duration: Duration) -> Duration {
    duration.saturating_sub(TICK)
}

/// A service that never answers.
fn stuck() -> Strict<impl FnMut(()) -> Pending<Result<(), Down>> + Clone> {
    strict(|()| pending())
}

/// What is left of the nearest deadline.
fn left() -> Option<Duration> {
    Deadline::current().map(Deadline::remaining)
}

/// A service that answers what is left when it is polled.
fn asking() -> Strict<impl FnMut(()) -> BoxFuture<'static, Result<Option<Duration>, Down>> + Clone> {
    strict(|()| async { Ok(left()) }.boxed())
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

/// Makes the call, as whoever polled the service ready.
fn call<S: Service<()>>(service: &mut S) -> S::Future {
    assert!(service.ready().now_or_never().is_some_and(|ready| ready.is_ok()));
    service.call(())
}

mod value {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_the_instant_it_was_made_of() {
        let instant = now() + SECOND;
        assert_eq!(Deadline::at(instant).instant(), instant);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_duration_it_is_that_far_off() {
        assert_eq!(Deadline::after(SECOND).instant(), now() + SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn what_remains_shrinks_with_time() {
        let deadline = Deadline::after(SECOND);
        advance(400 * MS).await;
        assert_eq!(deadline.remaining(), 600 * MS);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_remains_from_the_moment_on() {
        let deadline = Deadline::after(SECOND);
        advance(just_before(SECOND)).await;
        assert_eq!(deadline.remaining(), TICK);
        advance(TICK).await;
        assert_eq!(deadline.remaining(), Duration::ZERO);
        advance(SECOND).await;
        assert_eq!(deadline.remaining(), Duration::ZERO);
    }

    #[test]
    fn the_longest_duration_is_as_good_as_never() {
        assert!(Deadline::after(Duration::MAX).remaining() > 29 * YEAR);
    }

    #[tokio::test(start_paused = true)]
    async fn the_sooner_one_is_the_lesser_one() {
        assert!(Deadline::after(SECOND) < Deadline::after(SECOND + TICK));
    }
}

mod current {
    use super::*;

    #[test]
    fn there_is_none_outside() {
        assert_eq!(Deadline::current(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_poll_below_a_timeout_sees_it() {
        assert_eq!(TimeoutLayer::new(SECOND).layer(asking()).oneshot(()).await.unwrap(), Some(SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_below_a_timeout_sees_it() {
        let service = strict(|()| ready(Ok::<_, Down>(left())));
        assert_eq!(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await.unwrap(), Some(SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn a_later_poll_sees_what_is_left() {
        let service = strict(|()| async {
            sleep(300 * MS).await;
            Ok::<_, Down>(left())
        });
        assert_eq!(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await.unwrap(), Some(700 * MS));
    }

    #[tokio::test(start_paused = true)]
    async fn below_a_scope_it_is_the_one_carried() {
        let deadline = Deadline::after(SECOND);
        assert_eq!(deadline.scope(async { Deadline::current() }).await, Some(deadline));
    }

    #[tokio::test(start_paused = true)]
    async fn of_nested_timeouts_the_nearest_counts() {
        for [outer, inner] in [[1, 2], [2, 1], [1, 1]] {
            let stack =
                ServiceBuilder::new().layer(TimeoutLayer::new(outer * SECOND)).layer(TimeoutLayer::new(inner * SECOND));
            assert_eq!(stack.service(asking()).oneshot(()).await.unwrap(), Some(SECOND), "{outer} around {inner}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_nested_scopes_the_nearest_counts() {
        for [outer, inner] in [[1, 2], [2, 1]] {
            let nested = Deadline::after(inner * SECOND).scope(async { left() });
            assert_eq!(Deadline::after(outer * SECOND).scope(nested).await, Some(SECOND), "{outer} around {inner}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_scope_and_a_timeout_within_the_nearest_counts() {
        for [outer, inner] in [[1, 2], [2, 1]] {
            let call = TimeoutLayer::new(inner * SECOND).layer(asking()).oneshot(());
            let seen = Deadline::after(outer * SECOND).scope(call).await.unwrap();
            assert_eq!(seen, Some(SECOND), "{outer} around {inner}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_timeout_and_a_scope_within_the_nearest_counts() {
        for [outer, inner] in [[1, 2], [2, 1]] {
            let deadline = Deadline::after(inner * SECOND);
            let service = strict(move |()| deadline.scope(async { Ok::<_, Down>(left()) }));
            let seen = TimeoutLayer::new(outer * SECOND).layer(service).oneshot(()).await.unwrap();
            assert_eq!(seen, Some(SECOND), "{outer} around {inner}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_outside_sees_only_its_own() {
        let inner = TimeoutLayer::new(SECOND).layer(asking());
        let service = strict(move |()| {
            let inner = inner.clone();
            async move {
                let within = inner.oneshot(()).await?;
                Ok::<_, Error>((within, left()))
            }
        });
        let seen = TimeoutLayer::new(2 * SECOND).layer(service).oneshot(()).await.unwrap();
        assert_eq!(seen, (Some(SECOND), Some(2 * SECOND)));
    }

    #[tokio::test(start_paused = true)]
    async fn asking_deep_below_starts_the_clock_of_every_timeout_around() {
        let asking = strict(|()| {
            Deadline::current();
            ready(Ok::<_, Down>(()))
        });
        let inner = TimeoutLayer::new(2 * SECOND).layer(asking);
        let service = strict(move |()| {
            let asked = call(&mut inner.clone());
            async move {
                asked.await?;
                Ok::<_, Error>(left())
            }
        });
        let mut service = TimeoutLayer::new(SECOND).layer(service);
        let call = call(&mut service);
        advance(300 * MS).await;
        assert_eq!(call.await.unwrap(), Some(700 * MS));
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_that_is_called_after_somebody_asked_has_its_whole_limit() {
        let service = strict(|()| {
            Deadline::current();
            // The clock moves on before the first poll ends.
            advance(300 * MS).now_or_never();
            call(&mut TimeoutLayer::new(SECOND).layer(stuck()))
        });
        let began = now();
        elapsed(TimeoutLayer::new(10 * SECOND).layer(service).oneshot(()).await);
        assert_eq!(now() - began, 1_300 * MS);
    }
}

mod scope {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_spawned_task_sees_the_one_carried_into_it() {
        let service = strict(|()| async {
            let deadline = Deadline::current().unwrap();
            let seen = tokio::spawn(deadline.scope(async { Deadline::current() })).await.unwrap();
            Ok::<_, Down>(seen == Some(deadline))
        });
        assert!(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_spawned_task_sees_none_by_itself() {
        let service = strict(|()| async { Ok::<_, Down>(tokio::spawn(async { Deadline::current() }).await.unwrap()) });
        assert_eq!(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await.unwrap(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_nothing_by_itself() {
        let scoped = Deadline::after(SECOND).scope(async {
            sleep(3 * SECOND).await;
            left()
        });
        assert_eq!(scoped.await, Some(Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn it_holds_in_every_poll() {
        let mut scoped = task::spawn(Deadline::after(SECOND).scope(poll_fn(|_| match left() {
            Some(Duration::ZERO) => Poll::Ready(()),
            Some(_) => Poll::Pending,
            None => panic!("it was lost"),
        })));
        assert_pending!(scoped.poll());
        assert_pending!(scoped.poll());
        advance(SECOND).await;
        assert_ready!(scoped.poll());
    }
}

mod restored {
    use super::*;

    #[test]
    fn after_a_call() {
        let mut service = TimeoutLayer::new(SECOND).layer(stuck());
        drop(call(&mut service));
        assert_eq!(Deadline::current(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_poll_that_pends() {
        let mut call = task::spawn(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()));
        assert_pending!(call.poll());
        assert_eq!(Deadline::current(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_poll_that_asked() {
        let call = TimeoutLayer::new(SECOND).layer(asking()).oneshot(());
        assert!(call.now_or_never().unwrap().unwrap().is_some());
        assert_eq!(Deadline::current(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_end_of_a_call() {
        elapsed(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()).await);
        assert_eq!(Deadline::current(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_scope() {
        Deadline::after(SECOND).scope(async {}).await;
        assert_eq!(Deadline::current(), None);
    }

    #[expect(unreachable_code, reason = "it gives the closure its type")]
    fn panicking_in_call() -> Strict<impl FnMut(()) -> Ready<Result<(), Down>>> {
        strict(|()| {
            Deadline::current();
            panic!("in call");
            ready(Ok(()))
        })
    }

    fn panicking_in_poll() -> Strict<impl FnMut(()) -> BoxFuture<'static, Result<(), Down>>> {
        strict(|()| {
            let panicking = async {
                Deadline::current();
                panic!("in poll")
            };
            panicking.boxed()
        })
    }

    #[test]
    fn after_a_panic_in_call() {
        let mut service = TimeoutLayer::new(SECOND).layer(panicking_in_call());
        catch_unwind(AssertUnwindSafe(|| drop(call(&mut service)))).unwrap_err();
        assert_eq!(Deadline::current(), None);
    }

    #[test]
    fn after_a_panic_in_poll() {
        let call = TimeoutLayer::new(SECOND).layer(panicking_in_poll()).oneshot(());
        catch_unwind(AssertUnwindSafe(|| call.now_or_never())).unwrap_err();
        assert_eq!(Deadline::current(), None);
    }

    #[test]
    fn after_a_panic_in_a_scope() {
        let scoped = Deadline::after(SECOND).scope(lazy(|_| -> () { panic!("in a scope") }));
        catch_unwind(AssertUnwindSafe(|| scoped.now_or_never())).unwrap_err();
        assert_eq!(Deadline::current(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn to_the_one_around_after_a_panic_below() {
        let service = strict(|()| async {
            let call = TimeoutLayer::new(SECOND).layer(panicking_in_poll()).oneshot(());
            catch_unwind(AssertUnwindSafe(|| call.now_or_never())).unwrap_err();
            Ok::<_, Down>(left())
        });
        assert_eq!(TimeoutLayer::new(3 * SECOND).layer(service).oneshot(()).await.unwrap(), Some(3 * SECOND));
    }
}

mod interleaved {
    use super::*;

    /// A service that asks at each of its polls, and wants to be polled again.
    fn curious() -> Strict<impl FnMut(()) -> BoxFuture<'static, Result<Vec<Duration>, Down>>> {
        strict(|()| {
            let asking = async {
                let mut seen = Vec::new();
                for _ in 0..3 {
                    seen.push(left().expect("it is below a timeout"));
                    tokio::task::yield_now().await;
                }
                Ok(seen)
            };
            asking.boxed()
        })
    }

    #[tokio::test(start_paused = true)]
    async fn two_calls_in_one_task_each_see_their_own() {
        let one = TimeoutLayer::new(SECOND).layer(curious()).oneshot(());
        let other = TimeoutLayer::new(2 * SECOND).layer(curious()).oneshot(());
        let (one, other) = join(one, other).await;
        assert_eq!((one.unwrap(), other.unwrap()), (vec![SECOND; 3], vec![2 * SECOND; 3]));
    }

    #[tokio::test(start_paused = true)]
    async fn two_tasks_on_one_thread_each_see_their_own() {
        let one = tokio::spawn(TimeoutLayer::new(SECOND).layer(curious()).call_at_once());
        let other = tokio::spawn(TimeoutLayer::new(2 * SECOND).layer(curious()).call_at_once());
        let (one, other) = join(one, other).await;
        assert_eq!((one.unwrap().unwrap(), other.unwrap().unwrap()), (vec![SECOND; 3], vec![2 * SECOND; 3]));
    }

    trait CallAtOnce: Service<()> + Sized {
        fn call_at_once(mut self) -> Self::Future {
            call(&mut self)
        }
    }

    impl<S: Service<()>> CallAtOnce for S {}

    #[tokio::test(start_paused = true)]
    async fn a_call_without_one_sees_none_beside_a_call_with_one() {
        let with = TimeoutLayer::new(SECOND).layer(curious()).oneshot(());
        let without = async {
            let mut seen = Vec::new();
            for _ in 0..3 {
                seen.push(left());
                tokio::task::yield_now().await;
            }
            seen
        };
        assert_eq!(join(with, without).await.1, [None; 3]);
    }
}

mod carried {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_timeout_below_ends_the_call_at_it() {
        let start = now();
        let call = TimeoutLayer::new(10 * SECOND).layer(stuck()).oneshot(());
        elapsed(Deadline::after(SECOND).scope(call).await);
        assert_eq!(now() - start, SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_below_ends_the_call_no_tick_before() {
        let call = TimeoutLayer::new(10 * SECOND).layer(stuck()).oneshot(());
        let mut call = task::spawn(Deadline::after(SECOND).scope(call));
        assert_pending!(call.poll());
        advance(just_before(SECOND)).await;
        assert_pending!(call.poll());
    }

    #[tokio::test(start_paused = true)]
    async fn the_error_says_what_it_left() {
        let deadline = Deadline::after(SECOND);
        advance(400 * MS).await;
        let ended = elapsed(deadline.scope(TimeoutLayer::new(10 * SECOND).layer(stuck()).oneshot(())).await);
        assert_eq!((ended.limit(), ended.elapsed()), (600 * MS, 600 * MS));
    }

    #[tokio::test(start_paused = true)]
    async fn a_nearer_limit_below_ends_the_call_itself() {
        let call = TimeoutLayer::new(SECOND).layer(stuck()).oneshot(());
        assert_eq!(elapsed(Deadline::after(10 * SECOND).scope(call).await).limit(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_has_passed_polls_once() {
        let deadline = Deadline::after(SECOND);
        advance(3 * SECOND).await;
        let mut call = task::spawn(deadline.scope(TimeoutLayer::new(10 * SECOND).layer(stuck()).oneshot(())));
        elapsed(assert_ready!(call.poll()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_is_ready_at_once_passes_under_one_that_has_passed() {
        let deadline = Deadline::at(now());
        let call = TimeoutLayer::new(10 * SECOND).layer(asking()).oneshot(());
        assert_eq!(deadline.scope(call).await.unwrap(), Some(Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn the_farthest_one_bounds_nothing() {
        let call = TimeoutLayer::new(SECOND).layer(stuck()).oneshot(());
        assert_eq!(elapsed(Deadline::after(Duration::MAX).scope(call).await).limit(), SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn in_a_spawned_task_a_timeout_ends_the_call_at_it() {
        let start = now();
        let call = Deadline::after(SECOND).scope(TimeoutLayer::new(10 * SECOND).layer(stuck()).oneshot(()));
        elapsed(tokio::spawn(call).await.unwrap());
        assert_eq!(now() - start, SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn between_two_timeouts_it_bounds_the_inner_one() {
        let start = now();
        let inner = TimeoutLayer::new(10 * SECOND).layer(stuck());
        let deadline = Deadline::after(SECOND);
        let service = strict(move |()| deadline.scope(inner.clone().oneshot(())));
        elapsed(TimeoutLayer::new(5 * SECOND).layer(service).oneshot(()).await);
        assert_eq!(now() - start, SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn of_two_timeouts_the_outer_one_ends_the_call_at_it() {
        let inner = TimeoutLayer::new(20 * SECOND).layer(stuck());
        let service = strict(move |()| inner.clone().oneshot(()).inspect(|_| panic!("the inner one ended it")));
        let call = TimeoutLayer::new(10 * SECOND).layer(service).oneshot(());
        assert!(elapsed(Deadline::after(SECOND).scope(call).await).by_caller());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_under_way_that_comes_under_it_is_ended_at_it() {
        let mut call = task::spawn(Box::pin(TimeoutLayer::new(10 * SECOND).layer(stuck()).oneshot(())));
        assert_pending!(call.poll());
        let start = now();
        elapsed(Deadline::after(SECOND).scope(call.into_inner()).await);
        assert_eq!(now() - start, SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_under_way_that_leaves_it_has_its_own_limit() {
        let mut call = Box::pin(TimeoutLayer::new(10 * SECOND).layer(stuck()).oneshot(()));
        let mut scoped = task::spawn(Deadline::after(SECOND).scope(&mut call));
        assert_pending!(scoped.poll());
        drop(scoped);
        assert_eq!(elapsed(call.await).elapsed(), 10 * SECOND);
    }
}

mod a_breaker_below {
    use super::*;

    /// A breaker that opens at the first failure.
    fn brittle() -> (CircuitBreakerLayer, CircuitHandle) {
        let layer = CircuitBreakerLayer::consecutive(1);
        let handle = layer.handle();
        (layer, handle)
    }

    /// What a circuit counts by the rate, which shows each call.
    fn counting() -> (CircuitBreakerLayer, CircuitHandle) {
        let layer = CircuitBreakerLayer::builder("breaker").build().unwrap();
        let handle = layer.handle();
        (layer, handle)
    }

    fn counts(circuit: &CircuitHandle) -> (u64, u64) {
        let counts = circuit.snapshot().counts;
        (counts.calls, counts.failures)
    }

    #[tokio::test(start_paused = true)]
    async fn counts_a_call_that_the_limit_ended_as_a_failure() {
        let (breaker, circuit) = brittle();
        let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(breaker);
        elapsed(stack.service(stuck()).oneshot(()).await);
        assert_eq!(circuit.phase(), Phase::Open);
    }

    #[tokio::test(start_paused = true)]
    async fn does_not_count_a_call_that_a_carried_deadline_ended() {
        let (breaker, circuit) = counting();
        let stack = ServiceBuilder::new().layer(TimeoutLayer::new(10 * SECOND)).layer(breaker);
        elapsed(Deadline::after(SECOND).scope(stack.service(stuck()).oneshot(())).await);
        assert_eq!(counts(&circuit), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn above_a_timeout_does_not_count_what_that_ended_at_a_carried_deadline() {
        let (breaker, circuit) = counting();
        let stack = ServiceBuilder::new().layer(breaker).layer(TimeoutLayer::new(10 * SECOND));
        let ended = elapsed(Deadline::after(SECOND).scope(stack.service(stuck()).oneshot(())).await);
        assert!(ended.by_caller());
        assert_eq!(counts(&circuit), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn above_a_timeout_counts_what_that_ended_at_its_own_limit() {
        let (breaker, circuit) = counting();
        let stack = ServiceBuilder::new().layer(breaker).layer(TimeoutLayer::new(SECOND));
        let ended = elapsed(Deadline::after(10 * SECOND).scope(stack.service(stuck()).oneshot(())).await);
        assert!(!ended.by_caller());
        assert_eq!(counts(&circuit), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn counts_a_call_that_a_limit_ended_before_a_carried_deadline() {
        let (breaker, circuit) = counting();
        let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(breaker);
        elapsed(Deadline::after(10 * SECOND).scope(stack.service(stuck()).oneshot(())).await);
        assert_eq!(counts(&circuit), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn counts_a_call_that_the_outer_of_two_limits_ended() {
        let (breaker, circuit) = counting();
        let stack =
            ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(TimeoutLayer::new(10 * SECOND)).layer(breaker);
        elapsed(stack.service(stuck()).oneshot(()).await);
        assert_eq!(counts(&circuit), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn does_not_count_a_call_that_a_carried_deadline_ended_through_two_timeouts() {
        let (breaker, circuit) = counting();
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(10 * SECOND))
            .layer(TimeoutLayer::new(20 * SECOND))
            .layer(breaker);
        elapsed(Deadline::after(SECOND).scope(stack.service(stuck()).oneshot(())).await);
        assert_eq!(counts(&circuit), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn counts_a_call_that_a_limit_around_a_farther_scope_ended() {
        let (breaker, circuit) = counting();
        let inner = ServiceBuilder::new().layer(TimeoutLayer::new(20 * SECOND)).layer(breaker).service(stuck());
        let deadline = Deadline::after(10 * SECOND);
        let service = strict(move |()| deadline.scope(inner.clone().oneshot(())));
        elapsed(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await);
        assert_eq!(counts(&circuit), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn counts_a_call_that_a_limit_ended_through_a_scope_of_its_own_deadline() {
        let (breaker, circuit) = counting();
        let inner = ServiceBuilder::new().layer(TimeoutLayer::new(20 * SECOND)).layer(breaker).service(stuck());
        let service = strict(move |()| Deadline::current().unwrap().scope(inner.clone().oneshot(())));
        elapsed(TimeoutLayer::new(SECOND).layer(service).oneshot(()).await);
        assert_eq!(counts(&circuit), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn does_not_count_a_call_whose_caller_went_away() {
        let (breaker, circuit) = counting();
        let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(breaker);
        let mut call = task::spawn(stack.service(stuck()).oneshot(()));
        assert_pending!(call.poll());
        advance(2 * SECOND).await;
        drop(call);
        assert_eq!(counts(&circuit), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn does_not_count_a_call_that_is_dropped_after_another_ran_out_of_time() {
        let (breaker, circuit) = counting();
        elapsed(TimeoutLayer::new(SECOND).layer(stuck()).oneshot(()).await);
        let mut abandoned = task::spawn(breaker.layer(stuck()).oneshot(()));
        assert_pending!(abandoned.poll());
        drop(abandoned);
        assert_eq!(counts(&circuit), (0, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn does_not_count_a_call_that_is_dropped_after_an_expiry_that_panicked() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                panic!("in drop");
            }
        }
        let service = strict(|()| async {
            let _bomb = Bomb;
            pending::<Result<(), Down>>().await
        });
        let mut cut = task::spawn(TimeoutLayer::new(SECOND).layer(service).oneshot(()));
        assert_pending!(cut.poll());
        advance(SECOND).await;
        catch_unwind(AssertUnwindSafe(|| drop(cut.poll()))).unwrap_err();

        let (breaker, circuit) = counting();
        let mut abandoned = task::spawn(breaker.layer(stuck()).oneshot(()));
        assert_pending!(abandoned.poll());
        drop(abandoned);
        assert_eq!(counts(&circuit), (0, 0));
    }
}

mod obeyed {
    use super::*;

    fn reason(error: &Error) -> Option<RejectionReason> {
        error.rejection().map(Rejection::reason)
    }

    /// A full bulkhead where calls wait for `max_wait`.
    fn full(max_wait: Duration) -> BulkheadLayer<palisade::bulkhead::Queue> {
        BulkheadLayer::builder(0).max_queue(1).max_wait(max_wait).build().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn by_the_wait_of_a_bulkhead() {
        let start = now();
        let stack = ServiceBuilder::new().layer(TimeoutLayer::new(SECOND)).layer(full(10 * SECOND));
        let error = stack.service(stuck()).oneshot(()).await.unwrap_err();
        assert_eq!((reason(&error), now() - start), (Some(RejectionReason::WaitedTooLong), SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn by_the_wait_of_a_bulkhead_in_a_spawned_task() {
        let start = now();
        let call = Deadline::after(SECOND).scope(full(10 * SECOND).layer(stuck()).oneshot(()));
        let error = tokio::spawn(call).await.unwrap().unwrap_err();
        assert_eq!((reason(&error), now() - start), (Some(RejectionReason::WaitedTooLong), SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn by_a_retry() {
        let start = now();
        let retry = RetryLayer::builder("retry").backoff(Backoff::constant(SECOND)).build().unwrap();
        let service = strict(|()| ready(Err::<(), _>(Down(1))));
        let calls = service.calls();
        let stack = ServiceBuilder::new().layer(TimeoutLayer::new(1500 * MS)).layer(retry);
        let error = stack.service(service).oneshot(()).await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Down(1)));
        assert_eq!((calls.count(), now() - start), (2, SECOND));
    }

    #[tokio::test(start_paused = true)]
    async fn by_a_retry_in_a_spawned_task() {
        let retry = RetryLayer::builder("retry").backoff(Backoff::constant(SECOND)).build().unwrap();
        let service = strict(|()| ready(Err::<(), _>(Down(1))));
        let calls = service.calls();
        let call = Deadline::after(1500 * MS).scope(retry.layer(service).oneshot(()));
        tokio::spawn(call).await.unwrap().unwrap_err();
        assert_eq!(calls.count(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn by_each_attempt_in_its_turn() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let service = strict(move |()| {
            log.lock().unwrap().push(left().unwrap());
            pending::<Result<(), Down>>()
        });
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(1000 * MS))
            .layer(RetryLayer::builder("retry").backoff(Backoff::constant(100 * MS)).build().unwrap())
            .layer(TimeoutLayer::new(400 * MS));
        elapsed(stack.service(service).oneshot(()).await);
        // The attempts begin at 0 and 500 ms, and at the deadline there is none.
        assert_eq!(*seen.lock().unwrap(), [400 * MS, 400 * MS]);
    }

    #[tokio::test(start_paused = true)]
    async fn by_a_last_attempt_that_has_less_than_its_own_limit() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let service = strict(move |()| {
            log.lock().unwrap().push(left().unwrap());
            pending::<Result<(), Down>>()
        });
        let stack = ServiceBuilder::new()
            .layer(TimeoutLayer::new(700 * MS))
            .layer(RetryLayer::builder("retry").backoff(Backoff::constant(100 * MS)).build().unwrap())
            .layer(TimeoutLayer::new(400 * MS));
        assert_eq!(elapsed(stack.service(service).oneshot(()).await).limit(), 700 * MS);
        assert_eq!(*seen.lock().unwrap(), [400 * MS, 200 * MS]);
    }

    #[tokio::test(start_paused = true)]
    async fn by_nobody_who_is_not_below() {
        thread_local!(static SEEN: Cell<bool> = const { Cell::new(false) });
        let service = TimeoutLayer::new(SECOND).layer(strict(|()| ready(Ok::<_, Down>(()))));
        let around = strict(move |()| {
            SEEN.set(Deadline::current().is_some());
            service.clone().oneshot(())
        });
        around.oneshot(()).await.unwrap();
        assert!(!SEEN.get());
    }
}
