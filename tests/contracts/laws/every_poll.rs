//! Every poll is a place to drop.

use super::*;

/// More polls than any call here needs.
const POLLS: usize = 60;

/// The time between the polls of a call that hangs.
const LEAP: Duration = Duration::from_secs(3);

/// What had become of a call when it was dropped.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Pending,
    Over,
    Panicked,
}

/// How a call finds the circuit, and the inner service.
type Beginning = (fn(&Handles), Readiness);

/// Leaves the circuit closed.
fn closed(_: &Handles) {}

/// The next call finds the open time over, and is a probe.
fn open(handles: &Handles) {
    handles.trip();
}

/// The next call is a probe, and the service is polled ready for it beforehand.
fn half_open(handles: &Handles) {
    handles.trip();
    handles.all::<CircuitHandle>().for_each(|circuit| drop(circuit.try_enter().unwrap()));
}

const BEGINNINGS: [Beginning; 6] =
    [(closed, Ready), (closed, Late), (open, Ready), (half_open, Ready), (half_open, Late), (open, Late)];

/// Runs what may panic by the service's plan, and only by that.
fn caught<T>(run: impl FnOnce() -> T) -> Option<T> {
    let result = catch_unwind(AssertUnwindSafe(run));
    result.inspect_err(|panic| assert!(is_by_plan(&**panic))).ok()
}

/// Makes a call, polls it `polls` times with a pause after each, and drops it.
async fn poll_and_drop(stack: &Stack, polls: usize, pause: Duration) -> End {
    let mut service = stack.service.clone();
    let service = service.ready().await.unwrap();
    let Some(mut call) = caught(|| calls::begin(service.call(1))) else { return End::Panicked };
    for _ in 0..polls {
        match caught(|| call.poll()) {
            Some(Poll::Pending) => advance(pause).await,
            Some(Poll::Ready(_)) => return End::Over,
            None => return End::Panicked,
        }
    }
    End::Pending
}

/// Drops a call of a fresh stack before its first poll, and after its n-th for every n until it is done. Each time, asserts that
/// nothing is left of it and that another call does well.
///
/// At last, asserts that a call which is not dropped ends as expected.
async fn at_every_poll(build: Build, plan: &[Answer], beginnings: &[Beginning], expected: End) {
    // Each attempt that hangs may be cut.
    let cuts = plan.iter().filter(|answer| **answer == Never).count() as u64;
    let pause = if cuts > 0 { LEAP } else { PAUSE };
    for (number, (begin, readiness)) in beginnings.iter().enumerate() {
        let mut end = End::Pending;
        for polls in 0..POLLS {
            let stack = build.over(Inner::default().ever(*readiness).answers(plan.iter().copied()));
            begin(&stack.handles);
            end = poll_and_drop(&stack, polls, pause).await;
            // Before the circuit is asked, because it counts that.
            let drops = u64::from(end == End::Pending && !plain(&stack.handles));
            stack.handles.assert_tallied(Ended { panics: u64::from(end == End::Panicked), cuts, drops });
            stack.handles.assert_at_rest();
            stack.handles.inner.recover();
            stack.assert_well().await;
            if end != End::Pending {
                break;
            }
        }
        assert_eq!(end, expected, "{plan:?}, beginning {number}");
    }
}

#[test]
fn a_call_dropped_at_any_poll_leaves_nothing() {
    let plans: [&[Answer]; 7] = [
        &[Echo],
        &[After(3, Ok(3))],
        &[After(2, Err(Down(1))), After(2, Err(Down(2))), After(2, Ok(3))],
        &[After(0, Err(Down(1))), After(1, Err(Down(2))), After(0, Ok(3))],
        &[After(1, Err(Down(1))), After(1, Err(Down(2))), After(1, Err(Down(3)))],
        // Over HTTP these are statuses.
        &[After(1, Ok(503)), After(0, Err(Down(1))), After(1, Ok(200))],
        &[After(0, Ok(500))],
    ];
    holds_over(stack, async |build| {
        for plan in plans {
            at_every_poll(build, plan, &BEGINNINGS, End::Over).await;
        }
    });
}

#[test]
fn a_call_that_hangs_leaves_nothing_at_any_poll() {
    holds_over(limit, async |build| {
        at_every_poll(build, &[Never; 3], &BEGINNINGS, End::Over).await;
        at_every_poll(build, &[After(1, Err(Down(1))), Never, Never], &BEGINNINGS[..2], End::Over).await;
    });
}

#[test]
fn a_call_that_panics_leaves_nothing_at_any_poll() {
    holds_over(stack, async |build| {
        for panics in PANICS {
            // The last is rejected, because the service is not ready.
            at_every_poll(build, &[panics], &BEGINNINGS[..5], End::Panicked).await;
        }
    });
}

#[test]
fn a_second_attempt_that_panics_leaves_nothing_at_any_poll() {
    let stacks = Cell::new(0);
    holds_over(stack, async |build| {
        let sent = build.over(Inner::default().answers([After(1, Err(Down(1)))]));
        sent.call_clone(1).await.ok();
        if sent.handles.inner.calls() == 2 {
            stacks.set(stacks.get() + 1);
            for panics in PANICS {
                at_every_poll(build, &[After(1, Err(Down(1))), panics], &BEGINNINGS[..2], End::Panicked).await;
            }
        }
    });
    assert!(stacks.get() > 5, "few stacks send a second attempt: {stacks:?}");
}

#[test]
fn a_waiter_dropped_at_any_poll_leaves_the_queue() {
    holds_over(queue, async |build| {
        for polls in 0..POLLS {
            let stack = build.over(Inner::default());
            let queue = stack.handles.queue();
            let places: Vec<_> = (0..PLACES).map(|_| queue.try_enter().unwrap()).collect();
            let end = poll_and_drop(&stack, polls, LEAP / 2).await;
            let left = (queue.in_flight(), queue.queued(), stack.handles.inner.calls());
            assert_eq!(left, (PLACES, 0, 0), "after {polls} polls");
            drop(places);
            stack.handles.assert_at_rest();
            stack.assert_well().await;
            if end == End::Over {
                return;
            }
        }
        panic!("the wait never ends");
    });
}

/// Drops the first of two waiters after `polls` polls, with the only place freed after `freed` of them. The second gets the
/// place. Returns whether the first was done.
async fn first_of_two_waiters(stack: &Stack, freed: usize, polls: usize) -> bool {
    let queue = stack.handles.queue();
    queue.resize(1);
    let mut place = queue.try_enter().ok();
    let [mut first, mut second] = [1, 2].map(|request| stack.begin(request));
    let mut done = false;
    for poll in 0..polls {
        place.take_if(|_| poll == freed);
        done = done || first.poll().is_ready();
        if poll == 0 {
            assert_pending!(second.poll());
        }
        advance(PAUSE).await;
        assert!(stack.handles.inner.alive() <= 1);
    }
    place.take_if(|_| polls == freed);
    drop(first);
    stack.handles.inner.recover();
    if place.is_some() && polls > 0 {
        assert!(!second.is_woken());
    }
    drop(place);
    assert!(second.is_woken() || polls == 0);
    assert_eq!(calls::end(&mut second).unwrap(), 2);
    done
}

#[test]
fn a_waiter_dropped_at_any_poll_leaves_its_turn_to_the_next() {
    holds_over(queue, async |build| {
        for freed in 0..4 {
            let mut done = false;
            for polls in 0..POLLS {
                let stack = build.over(Inner::default().answers([After(3, Ok(1))]));
                done = first_of_two_waiters(&stack, freed, polls).await;
                stack.handles.assert_at_rest();
                if done {
                    break;
                }
            }
            assert!(done, "the call never ends");
        }
    });
}
