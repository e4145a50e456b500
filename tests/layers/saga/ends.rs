//! How sagas end.

use palisade::SagaError;

use super::world::{Fate, Faulty, World};
use super::{Done, memory, three, told, with_a_group};
use crate::support::now;

#[tokio::test(start_paused = true)]
async fn steps_run_in_order_and_the_last_context_is_returned() {
    let world = World::new();
    let saga = three(&world, &memory()).build().unwrap();
    let done = saga.run("1", Done::default()).await.unwrap();
    assert_eq!((world.calls().as_str(), done.0.join("").as_str()), ("a b c ", "abc"));
    assert_eq!(saga.handle().sagas(), []);
}

#[tokio::test(start_paused = true)]
async fn the_failed_step_is_compensated_first_unless_nothing_was_sent() {
    for (fate, calls, error) in [
        (Fate::Fails, "a b c c/undo b/undo a/undo ", "c -cba !"),
        (Fate::Panics, "a b c c/undo b/undo a/undo ", "c -cba !"),
        (Fate::IsRejected, "a b c b/undo a/undo ", "c -ba !"),
    ] {
        let world = World::new().let_be("c", [fate]);
        let saga = three(&world, &memory()).build().unwrap();
        let failed = saga.run("1", Done::default()).await.unwrap_err();
        assert_eq!((world.calls().as_str(), told(&failed).as_str()), (calls, error), "{fate:?}");
        assert_eq!(saga.handle().sagas(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_saga_whose_first_step_is_rejected_leaves_nothing_to_undo() {
    let world = World::new().let_be("a", [Fate::IsRejected]);
    let saga = three(&world, &memory()).build().unwrap();
    assert_eq!(told(&saga.run("1", Done::default()).await.unwrap_err()), "a - !");
    assert_eq!(world.calls(), "a ");
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_step_comes_back_whole() {
    let world = World::new().let_be("b", [Fate::IsRejected]);
    let saga = three(&world, &memory()).build().unwrap();
    let failed = saga.run("1", Done::default()).await.unwrap_err();
    let text = failed.to_string();
    assert_eq!(
        text,
        "step `b` failed: custom `limit` rejected the call: its limit is reached; what was done is undone"
    );
    let SagaError::Failed { error, .. } = failed else { panic!("{text}") };
    assert!(error.rejection().is_some());
}

#[tokio::test(start_paused = true)]
async fn a_layer_above_does_not_take_a_rejected_step_for_the_saga() {
    let world = World::new().let_be("b", [Fate::IsRejected]);
    let saga = three(&world, &memory()).build().unwrap();
    let failed = saga.run("1", Done::default()).await.unwrap_err();
    let lifted = palisade::Error::Service(Box::new(failed));
    assert!(lifted.rejection().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_saga_of_n_steps_writes_n_and_one_times() {
    let (world, log) = (World::new(), Faulty::new());
    three(&world, &log).build().unwrap().run("1", Done::default()).await.unwrap();
    assert_eq!(log.writes(), 4);
}

#[tokio::test(start_paused = true)]
async fn steps_in_parallel_run_at_the_same_time_and_merge() {
    let world = World::new().let_be("l", [Fate::Takes]).let_be("r", [Fate::Takes]);
    let saga = with_a_group(&world, &memory()).build().unwrap();
    let began = now();
    let done = saga.run("1", Done::default()).await.unwrap();
    assert_eq!((world.calls().as_str(), done.0.join("").as_str()), ("a l r z ", "alrz"));
    assert_eq!(began.elapsed(), crate::support::time::SECOND);
}

#[tokio::test(start_paused = true)]
async fn when_one_in_parallel_fails_the_others_are_awaited() {
    let world = World::new().let_be("l", [Fate::IsRejected]).let_be("r", [Fate::Takes]);
    let saga = with_a_group(&world, &memory()).build().unwrap();
    let began = now();
    let failed = saga.run("1", Done::default()).await.unwrap_err();
    assert_eq!(began.elapsed(), crate::support::time::SECOND);
    assert_eq!(world.calls(), "a l r r/undo a/undo ");
    assert_eq!(told(&failed), "l -ra !");
}

#[tokio::test(start_paused = true)]
async fn a_group_is_compensated_in_reverse_order_as_one_place() {
    let world = World::new().let_be("z", [Fate::Fails]);
    let saga = with_a_group(&world, &memory()).build().unwrap();
    saga.run("1", Done::default()).await.unwrap_err();
    assert_eq!(world.calls(), "a l r z z/undo r/undo l/undo a/undo ");
}
