//! A panic of the service's own propagates, counts as a failure, and leaks nothing.

use super::*;

/// Makes a call, and catches its panic.
async fn catch(stack: &Stack) -> Box<dyn Any + Send> {
    AssertUnwindSafe(stack.call_clone(1)).catch_unwind().await.expect_err("the panic was swallowed")
}

#[test]
fn a_panic_propagates_as_it_is_and_leaves_nothing() {
    holds_over(stack, async |build| {
        let unready = Inner::default().will_be([Panics]);
        for inner in PANICS.map(|panics| Inner::default().answers([panics])).into_iter().chain([unready]) {
            let stack = build.over(inner);
            assert!(is_by_plan(&*catch(&stack).await));
            assert_eq!(Deadline::current(), None);
            stack.handles.assert_at_rest();
        }
    });
}

#[test]
fn a_panic_of_a_call_or_a_probe_counts_as_one_failure() {
    holds_over(circuit, async |build| {
        for panics in PANICS {
            let stack = build.over(Inner::default().answers([panics; 2]));
            let circuit = stack.handles.circuit();
            catch(&stack).await;
            let counts = circuit.snapshot().counts;
            assert_eq!((counts.calls, counts.failures), (1, 1), "{panics:?}");
            stack.handles.trip();
            catch(&stack).await;
            assert_eq!(circuit.phase(), Phase::Open, "{panics:?}");
            stack.handles.assert_at_rest();
        }
    });
}

#[test]
fn a_call_dropped_while_another_panic_unwinds_is_neutral() {
    holds_for(stack, Inner::hanging, async |stack| {
        let calls = stack.hold(1);
        let unwound = catch_unwind(AssertUnwindSafe(move || {
            let _calls = calls;
            panic!("another panic");
        }));
        assert!(unwound.is_err());
        assert!(stack.handles.all::<CircuitHandle>().all(|circuit| circuit.snapshot().counts.calls == 0));
        stack.handles.assert_at_rest();
    });
}

#[test]
fn a_panic_leaves_the_deadline_around_as_it_was() {
    let inner = || Inner::default().answers([PanicsInPoll]);
    holds_for(stack, inner, async |stack| {
        let deadline = Deadline::after(Duration::from_secs(3));
        let after = async {
            catch(&stack).await;
            Deadline::current()
        };
        assert_eq!(deadline.scope(after).await, Some(deadline));
    });
}

#[test]
fn panics_free_the_places_for_the_next_calls() {
    let inner = || Inner::default().answers([PanicsInPoll; 2 * PLACES]);
    holds_for(places, inner, async |stack| {
        for _ in 0..2 * PLACES {
            catch(&stack).await;
        }
        stack.assert_well().await;
    });
}

#[test]
fn a_caught_panic_leaves_waiters_their_turn() {
    let inner = || Inner::default().answers([PanicsInSecondPoll]);
    holds_for(queue, inner, async |stack| {
        let queue = stack.handles.queue();
        queue.resize(1);
        let [mut panics, mut waiter] = [1, 5].map(|request| stack.begin(request));
        assert!(panics.poll().is_pending());
        assert!(calls::go(&mut waiter).is_pending());
        assert_eq!(queue.queued(), 1);
        catch_unwind(AssertUnwindSafe(|| calls::go(&mut panics).is_ready())).expect_err("the panic was swallowed");
        drop(panics);
        assert!(waiter.is_woken());
        assert_eq!(calls::end(&mut waiter).unwrap(), 5);
    });
}
