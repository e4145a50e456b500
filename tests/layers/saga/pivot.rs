//! The step that cannot be undone.

use palisade::{Backoff, SagaState};

use super::world::{Fate, Faulty, World};
use super::{Done, memory, record, told, with_a_pivot};
use crate::support::now;
use crate::support::time::{DAY, SECOND};

#[tokio::test(start_paused = true)]
async fn the_failure_of_the_pivot_itself_compensates() {
    for fate in [Fate::Fails, Fate::IsRejected] {
        let world = World::new().let_be("p", [fate]);
        let saga = with_a_pivot(&world, &memory()).build().unwrap();
        let failed = saga.run("1", Done::default()).await.unwrap_err();
        assert_eq!((world.calls().as_str(), told(&failed).as_str()), ("a p a/undo ", "p -a !"));
        assert_eq!(saga.handle().sagas(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pivot_that_nobody_knows_the_end_of_is_listed() {
    let world = World::new().let_be("p", [Fate::Panics]);
    let saga = with_a_pivot(&world, &memory()).build().unwrap();
    let failed = saga.run("1", Done::default()).await.unwrap_err();
    assert_eq!((world.calls().as_str(), told(&failed).as_str()), ("a p a/undo ", "p -a !p"));
    let sagas = saga.handle().sagas();
    assert_eq!((sagas[0].state, &*sagas[0].uncompensated), (SagaState::Stuck, &["p".to_owned()][..]));
    assert!(saga.handle().forget("1").await.unwrap());
    assert_eq!(saga.handle().sagas(), []);
}

#[tokio::test(start_paused = true)]
async fn after_the_pivot_failures_are_tried_again() {
    let world = World::new().let_be("f", [Fate::Fails, Fate::IsRejected, Fate::Panics]);
    let saga = with_a_pivot(&world, &memory()).build().unwrap();
    let began = now();
    assert_eq!(saga.run("1", Done::default()).await.unwrap().0.join(""), "apf");
    assert_eq!((world.calls().as_str(), began.elapsed()), ("a p f f f f ", 3 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn after_the_pivot_a_step_is_stuck_after_24_hours() {
    for fate in [Fate::Fails, Fate::Hangs] {
        let world = World::new().let_be("f", [Fate::Fails]).let_be("f", [fate; 50]);
        let saga = with_a_pivot(&world, &memory()).backoff(Backoff::constant(DAY / 24)).build().unwrap();
        let began = now();
        let failed = saga.run("1", Done::default()).await.unwrap_err();
        assert_eq!((told(&failed).as_str(), began.elapsed()), ("f - !fpa", DAY), "{fate:?}");
        assert!(!world.calls().contains("undo"), "{}", world.calls());
        assert_eq!(saga.handle().sagas()[0].state, SagaState::Stuck);
        assert_eq!(saga.resume().await.unwrap().stuck, 1, "it stays so");
    }
}

#[tokio::test(start_paused = true)]
async fn the_24_hours_of_a_step_are_not_those_of_the_log() {
    let (world, log) = (World::new().let_be("f", [Fate::Fails; 20]), Faulty::new());
    let saga = with_a_pivot(&world, &log).backoff(Backoff::constant(DAY / 24)).build().unwrap();
    log.fail(2..22);
    let began = now();
    assert_eq!(saga.run("1", Done::default()).await.unwrap().0.join(""), "apf");
    assert_eq!(began.elapsed(), 40 * (DAY / 24));
}

#[tokio::test(start_paused = true)]
async fn a_log_that_failed_leaves_no_trace_of_it() {
    let (world, log) = (World::new().let_be("f", [Fate::Waits]), Faulty::new());
    let saga = with_a_pivot(&world, &log).backoff(Backoff::none()).in_place().build().unwrap();
    log.fail(2..4);
    let of_task = saga.clone();
    let run = tokio::spawn(async move { of_task.run("1", Done::default()).await });
    while !world.calls().ends_with("f ") {
        tokio::task::yield_now().await;
    }
    let status = saga.handle().sagas().remove(0);
    assert_eq!((status.state, status.error), (SagaState::Running, None));
    let since = record(&*log, "1").await.unwrap()[10..18].to_vec();
    assert_eq!(since, [0; 8], "a process that comes later has all of the time");
    world.open();
    run.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stuck_step_after_the_pivot_goes_on_by_hand() {
    let world = World::new().let_be("f", [Fate::Fails; 2]);
    let saga = with_a_pivot(&world, &memory()).give_up_after(SECOND).build().unwrap();
    saga.run("1", Done::default()).await.unwrap_err();
    assert_eq!(saga.retry("1").await.unwrap().0.join(""), "apf");
    assert_eq!((world.calls().as_str(), saga.handle().sagas()), ("a p f f f ", Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_pivot_is_done_again_whatever_is_set() {
    let world = World::new();
    let log = memory();
    let saga = with_a_pivot(&world, &log).in_place().compensate_unknown().build().unwrap();
    super::left_at("p", &world, &saga, "1").await;
    assert_eq!(saga.resume().await.unwrap().done, 1);
    assert_eq!(world.calls(), "a p p f ");
}
