//! What a saga does next.

mod marks;
mod model;
mod times;

use crate::state::saga::{Course, End, Failure, Mark, Next, Plan, Standing, Unknown};

/// Steps one after another, with a pivot if there is one.
fn plan(steps: usize, pivot: Option<usize>) -> Plan {
    let mut plan = Plan::default();
    for step in 0..steps {
        plan.add(1);
        if pivot == Some(step) {
            plan.set_pivot();
        }
    }
    plan
}

/// One step, two in parallel, and one more.
fn with_a_group() -> Plan {
    let mut plan = Plan::default();
    for steps in [1, 2, 1] {
        plan.add(steps);
    }
    plan
}

/// A saga in which these steps have succeeded.
fn after(plan: &Plan, done: usize) -> Standing {
    let mut standing = Standing::new(plan);
    (0..done).for_each(|step| standing.succeed(step, plan));
    standing
}

/// The rest of the way back, if every compensation succeeds.
fn back(mut standing: Standing, plan: &Plan) -> (Vec<usize>, Next) {
    let mut undone = Vec::new();
    while let Next::Undo(step) = standing.next(plan) {
        standing.undo(step);
        undone.push(step);
    }
    (undone, standing.next(plan))
}

const UNDONE: Next = Next::Ended(End::Undone);
const STUCK: Next = Next::Ended(End::Stuck);

#[test]
fn steps_run_in_order_and_then_it_is_done() {
    let plan = plan(2, None);
    assert_eq!(after(&plan, 0).next(&plan), Next::Run(vec![0]));
    assert_eq!(after(&plan, 1).next(&plan), Next::Run(vec![1]));
    assert_eq!(after(&plan, 2).next(&plan), Next::Ended(End::Done));
}

#[test]
fn the_failed_step_is_compensated_first_unless_nothing_was_sent() {
    let plan = plan(3, None);
    for (failure, expected) in [(Failure::Unclear, vec![1, 0]), (Failure::NotSent, vec![0])] {
        let mut standing = after(&plan, 1);
        standing.fail(1, failure, &plan);
        assert_eq!(back(standing, &plan), (expected, UNDONE), "{failure:?}");
    }
}

#[test]
fn a_rejection_proves_nothing_where_it_was_begun_before() {
    let plan = plan(1, None);
    let mut standing = Standing::new(&plan);
    standing.resume(Unknown::Redo, &plan);
    standing.fail(0, Failure::NotSent, &plan);
    assert_eq!(back(standing, &plan), (vec![0], UNDONE));
}

#[test]
fn steps_in_parallel_are_one_place_on_the_way_back() {
    let plan = with_a_group();
    let mut standing = after(&plan, 1);
    assert_eq!(standing.next(&plan), Next::Run(vec![1, 2]));
    standing.fail(1, Failure::NotSent, &plan);
    standing.succeed(2, &plan);
    assert_eq!(back(standing, &plan), (vec![2, 0], UNDONE));
}

#[test]
fn of_a_group_that_was_left_what_is_not_done_is_done_again() {
    let plan = with_a_group();
    let mut standing = after(&plan, 1);
    standing.succeed(2, &plan);
    standing.resume(Unknown::Redo, &plan);
    assert_eq!(standing.next(&plan), Next::Run(vec![1]));
}

#[test]
fn the_failure_of_the_pivot_itself_compensates() {
    let plan = plan(3, Some(1));
    let mut standing = after(&plan, 1);
    standing.fail(1, Failure::NotSent, &plan);
    assert_eq!(back(standing, &plan), (vec![0], UNDONE));
}

#[test]
fn a_pivot_that_may_be_done_while_the_rest_is_undone_is_stuck() {
    let plan = plan(3, Some(1));
    let mut standing = after(&plan, 1);
    standing.fail(1, Failure::Unclear, &plan);
    assert_eq!(back(standing.clone(), &plan), (vec![0], STUCK));
    standing.undo(0);
    assert_eq!(standing.uncompensated().collect::<Vec<_>>(), [1]);
    standing.retry(&plan);
    assert_eq!(standing.next(&plan), STUCK, "nothing can be done about it");
}

#[test]
fn after_the_pivot_a_failed_step_is_done_again() {
    let plan = plan(3, Some(1));
    let mut standing = after(&plan, 2);
    standing.fail(2, Failure::Unclear, &plan);
    assert_eq!(standing.next(&plan), Next::Run(vec![2]));
    standing.leave(2);
    assert_eq!(standing.next(&plan), STUCK);
    standing.retry(&plan);
    assert_eq!(standing.next(&plan), Next::Run(vec![2]));
}

#[test]
fn an_end_that_is_not_written_is_unknown_and_compensated() {
    let plan = plan(3, None);
    let mut standing = after(&plan, 2);
    standing.lose(1, &plan);
    assert_eq!(back(standing, &plan), (vec![1, 0], UNDONE), "the third has not begun");
}

#[test]
fn a_step_whose_end_is_unknown_is_done_again_or_compensated() {
    let plan = plan(3, None);
    let [mut redone, mut undone] = [after(&plan, 1), after(&plan, 1)];
    assert_eq!(redone.resume(Unknown::Redo, &plan), None);
    assert_eq!(redone.next(&plan), Next::Run(vec![1]));
    assert_eq!(undone.resume(Unknown::Compensate, &plan), Some(1));
    assert_eq!(back(undone, &plan), (vec![1, 0], UNDONE));
}

#[test]
fn a_pivot_whose_end_is_unknown_is_always_done_again() {
    let plan = plan(2, Some(1));
    let mut standing = after(&plan, 1);
    assert_eq!(standing.resume(Unknown::Compensate, &plan), None);
    assert_eq!(standing.next(&plan), Next::Run(vec![1]));
}

#[test]
fn a_compensation_whose_time_is_over_is_left_and_the_next_runs() {
    let plan = plan(3, None);
    let mut standing = after(&plan, 2);
    standing.fail(2, Failure::Unclear, &plan);
    standing.undo(2);
    standing.leave(1);
    assert_eq!(standing.next(&plan), Next::Undo(0));
    standing.undo(0);
    assert_eq!(standing.next(&plan), STUCK);
    assert_eq!((standing.compensated().collect::<Vec<_>>(), standing.uncompensated().next()), (vec![2, 0], Some(1)));
    standing.retry(&plan);
    assert_eq!(back(standing, &plan), (vec![1], UNDONE));
}

#[test]
fn a_saga_that_goes_back_never_goes_forward() {
    let plan = with_a_group();
    let mut standing = after(&plan, 1);
    standing.fail(1, Failure::Unclear, &plan);
    standing.succeed(2, &plan);
    for unknown in [Unknown::Redo, Unknown::Compensate] {
        standing.resume(unknown, &plan);
        assert_eq!((standing.course, standing.next(&plan)), (Course::Back, Next::Undo(2)));
        assert_eq!(standing.marks[3], Mark::Waiting);
    }
}
