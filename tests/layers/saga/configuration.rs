//! Steps and settings that are not legal.

use std::time::Duration;

use palisade::{Backoff, ConfigError, Saga, SagaBuilder};

use super::world::World;
use super::{Done, Lines, builder, memory, step, undo};
use crate::support::time::SECOND;

type Change = fn(SagaBuilder<Done>, &World) -> SagaBuilder<Done>;

fn wrong(change: Change) -> ConfigError {
    change(builder(&memory()), &World::new()).build().expect_err("it is not legal")
}

#[test]
fn steps_that_are_not_legal_are_told_by_name() {
    let rows: [(Change, &str); 11] = [
        (|saga, _| saga, "`step` is given 0 times, but must be given for 1 to 1,000 steps"),
        (
            |saga, w| saga.step("a", step(w), undo(w)).step("a", step(w), undo(w)),
            "`step` is \"a\", but must be the name of no other step, without `/`, and not `undo`",
        ),
        (
            |saga, w| saga.step("a/b", step(w), undo(w)),
            "`step` is \"a/b\", but must be the name of no other step, without `/`, and not `undo`",
        ),
        (
            |saga, w| saga.step("undo", step(w), undo(w)),
            "`step` is \"undo\", but must be the name of no other step, without `/`, and not `undo`",
        ),
        (|saga, w| saga.step("", step(w), undo(w)), "`name` is \"\", but must be 1 to 64 bytes"),
        (
            |saga, w| saga.forward("a", step(w)).pivot("p", step(w)),
            "`forward` is \"a\" before the pivot, without a compensation, but must be after the pivot",
        ),
        (
            |saga, w| saga.step("a", step(w), undo(w)).forward("f", step(w)),
            "`forward` is \"f\" before the pivot, without a compensation, but must be after the pivot",
        ),
        (
            |saga, w| saga.pivot("p", step(w)).pivot("q", step(w)),
            "`pivot` is given 2 times, but must be given once at most",
        ),
        (
            |saga, w| saga.pivot("p", step(w)).step("a", step(w), undo(w)),
            "`step` is \"a\" after the pivot, but must be before it, or `forward`",
        ),
        (
            |saga, w| saga.in_parallel(|_, b| b, |group| group).step("a", step(w), undo(w)),
            "`in_parallel` is without steps, but must be given one step or more",
        ),
        (
            |saga, w| saga.in_parallel(|_, b| b, |group| group.forward("f", step(w))),
            "`forward` is \"f\" before the pivot, without a compensation, but must be after the pivot",
        ),
    ];
    for (change, expected) in rows {
        assert_eq!(wrong(change).to_string().split_once(": ").unwrap().1, expected);
    }
}

#[test]
fn settings_that_are_not_legal_are_told_by_name() {
    let rows: [(Change, &str); 4] = [
        (|saga, _| saga.backoff(Backoff::exponential(2 * SECOND, SECOND)), "backoff"),
        (|saga, _| saga.capacity(0), "capacity"),
        (|saga, _| saga.capacity(1_000_001), "capacity"),
        (|saga, _| saga.keep_ended(1_000_001), "keep_ended"),
    ];
    for (change, expected) in rows {
        let error = wrong(change);
        assert_eq!(error.setting(), expected);
        assert!(error.to_string().starts_with("saga `order`: "), "{error}");
    }
    let nameless = Saga::<Done>::builder("", memory(), Lines).build().unwrap_err();
    assert_eq!(nameless.to_string(), "saga: `name` is \"\", but must be 1 to 64 bytes");
}

#[tokio::test(start_paused = true)]
async fn times_of_any_length_are_legal() {
    for time in [Duration::ZERO, Duration::MAX] {
        let world = World::new().let_be("a", [super::Fate::Fails]);
        let saga = builder(&memory()).step("a", step(&world), undo(&world));
        let saga = saga.give_up_after(time).backoff(Backoff::constant(time)).build().unwrap();
        assert_eq!(super::told(&saga.run("1", Done::default()).await.unwrap_err()), "a -a !");
    }
}
